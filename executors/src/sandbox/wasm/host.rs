//! The host's side of a running module.

use cogitree_engine::Limits;

use super::super::budget::Budget;
use super::super::clock::VirtualClock;
use super::super::deadline::Deadline;
use super::super::limiter::Memory;
use super::super::stop::Stop;

/// All that a module has beside its own memory.
pub(super) struct Host {
    pub(super) memory: Memory,
    pub(super) clock: VirtualClock,
    pub(super) input: Input,
    pub(super) stdout: Stream,
    pub(super) stderr: Stream,
    /// Which of the three streams are open.
    pub(super) open: [bool; 3],
    /// Bytes that stand for randomness: the same in every run with one seed.
    pub(super) chance: blake3::OutputReader,
    /// The first thing that was asked for and refused.
    pub(super) denied: Option<&'static str>,
    pub(super) deadline: Deadline,
    /// The latest virtual time that may be slept to.
    pub(super) sleep_until: u64,
}

impl Host {
    pub(super) fn new(input: &str, limits: &Limits, budget: &Budget, seed: u64) -> Self {
        let largest = (limits.output_kib as usize) << 10;
        Host {
            memory: Memory::new(limits),
            clock: VirtualClock::default(),
            input: Input {
                bytes: input.as_bytes().to_vec(),
                read: 0,
            },
            stdout: Stream::up_to(largest),
            stderr: Stream::up_to(largest),
            open: [true; 3],
            chance: blake3::Hasher::new()
                .update(b"module")
                .update(&seed.to_le_bytes())
                .finalize_xof(),
            denied: None,
            deadline: Deadline::after(budget.time),
            sleep_until: budget.sleep_until(0),
        }
    }
}

/// Standard input, as far as it was read.
pub(super) struct Input {
    bytes: Vec<u8>,
    read: usize,
}

impl Input {
    /// Fills a buffer as far as there is input, and says how far.
    pub(super) fn take(&mut self, buffer: &mut [u8]) -> u32 {
        let rest = &self.bytes[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        count as u32 // no larger than a memory of 32 bits
    }
}

/// What was written to a stream, up to a limit.
pub(super) struct Stream {
    pub(super) bytes: Vec<u8>,
    largest: usize,
}

impl Stream {
    fn up_to(largest: usize) -> Self {
        Stream {
            bytes: Vec::new(),
            largest,
        }
    }

    /// Takes in what is written, and says how much that is. What is over the limit ends the program.
    pub(super) fn put(&mut self, data: &[u8]) -> Result<u64, Stop> {
        let room = self.largest - self.bytes.len();
        self.bytes.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Err(Stop::Output);
        }
        Ok(data.len() as u64)
    }
}
