//! What an instance has told so far: kept on this side as it comes, so that it survives whatever
//! becomes of the instance.

use std::time::{Duration, Instant};

use serde::Deserialize;

use super::stop::Stop;

/// How a test, or the loading of the program, ended, as the guest tells it. Untrusted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Ended {
    /// The value returned, in the text of [`crate::wire`].
    #[serde(default)]
    pub(super) value: Option<String>,
    /// The exception raised.
    #[serde(default)]
    pub(super) error: Option<Raised>,
    /// The value returned was too large to be sent.
    #[serde(default)]
    pub(super) too_large: bool,
}

/// An exception as the guest tells it. Untrusted.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Raised {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    /// `program` or `test`: whose code raised it.
    #[serde(default)]
    pub(super) at: Option<String>,
    /// Innermost line of the program.
    #[serde(default)]
    pub(super) program: Option<u32>,
    /// Innermost line of the test's code.
    #[serde(default)]
    pub(super) test: Option<u32>,
}

/// What is known of one test.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) ended: Option<Ended>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) time: Duration,
    pub(super) fuel: u64,
}

/// The messages of one instance, in order.
pub(super) struct Transcript {
    /// How many tests were asked for.
    asked: usize,
    /// Largest number of bytes kept of each stream, and of a value.
    largest: usize,
    /// Tests that have started; the last may be running.
    pub(super) entries: Vec<Entry>,
    /// True while the last entry's test runs.
    running: bool,
    /// Output before the first test; it is counted to that test.
    loading: Entry,
    /// Set when the program ended before its first test.
    pub(super) not_loaded: Option<Entry>,
    since: Instant,
}

impl Transcript {
    pub(super) fn new(asked: usize, largest: usize) -> Self {
        Transcript {
            asked,
            largest,
            entries: Vec::with_capacity(asked),
            running: false,
            loading: Entry::default(),
            not_loaded: None,
            since: Instant::now(),
        }
    }

    /// The longest message that a harness sends, in bytes: a value is text within text, which doubles
    /// at the most, beside what is told of an error. Longer ones need not be taken over whole.
    pub(super) fn longest(&self) -> usize {
        4 * self.largest + (64 << 10)
    }

    /// Takes in a message. Returns whether a time limit starts anew. An error ends the instance.
    pub(super) fn take(&mut self, kind: u8, data: &[u8], fuel: u64) -> Result<bool, Stop> {
        match kind {
            4 | 5 if data.len() > self.longest() => Err(Stop::Protocol),
            1 | 2 => self.output(kind, data).map(|()| false),
            3 => self.start(data).map(|()| true),
            4 => self.end(data, fuel).map(|()| true),
            5 => self.fail_to_load(data, fuel).map(|()| false),
            _ => Err(Stop::Protocol),
        }
    }

    /// Marks that the instance has ended: what was running by then used this time and fuel.
    pub(super) fn interrupt(&mut self, fuel: u64) {
        let loading = self.entries.is_empty();
        if self.not_loaded.is_some() || !(self.running || loading) {
            return;
        }
        let time = self.since.elapsed();
        let entry = self.current();
        entry.fuel = fuel;
        entry.time = time;
        self.running = false;
        if loading {
            self.not_loaded = Some(std::mem::take(&mut self.loading));
        }
    }

    fn current(&mut self) -> &mut Entry {
        self.entries.last_mut().unwrap_or(&mut self.loading)
    }

    fn output(&mut self, kind: u8, data: &[u8]) -> Result<(), Stop> {
        let largest = self.largest;
        let entry = self.current();
        let stream = if kind == 1 {
            &mut entry.stdout
        } else {
            &mut entry.stderr
        };
        let room = largest.saturating_sub(stream.len());
        stream.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Err(Stop::Output);
        }
        Ok(())
    }

    fn start(&mut self, data: &[u8]) -> Result<(), Stop> {
        let index = std::str::from_utf8(data).ok().and_then(|t| t.parse().ok());
        if self.running || index != Some(self.entries.len()) || self.entries.len() >= self.asked {
            return Err(Stop::Protocol);
        }
        let first = self.entries.is_empty();
        self.entries.push(if first {
            std::mem::take(&mut self.loading)
        } else {
            Entry::default()
        });
        if !first {
            self.since = Instant::now();
        }
        self.running = true;
        Ok(())
    }

    fn end(&mut self, data: &[u8], fuel: u64) -> Result<(), Stop> {
        let time = self.since.elapsed();
        let ended: Ended = serde_json::from_slice(data).map_err(|_| Stop::Protocol)?;
        if !self.running {
            return Err(Stop::Protocol);
        }
        self.running = false;
        let out_of_memory = ended.error.as_ref().is_some_and(Raised::out_of_memory);
        let entry = self.current();
        entry.ended = Some(ended);
        entry.fuel = fuel;
        entry.time = time;
        if self.entries.len() == self.asked {
            return Err(Stop::Done);
        }
        // What remains is better run where memory is whole.
        if out_of_memory {
            return Err(Stop::Memory);
        }
        Ok(())
    }

    fn fail_to_load(&mut self, data: &[u8], fuel: u64) -> Result<(), Stop> {
        let ended: Ended = serde_json::from_slice(data).map_err(|_| Stop::Protocol)?;
        // What did not load has an error: an end with a value would pass every test at once.
        if !self.entries.is_empty() || ended.error.is_none() {
            return Err(Stop::Protocol);
        }
        let mut entry = std::mem::take(&mut self.loading);
        entry.ended = Some(ended);
        entry.fuel = fuel;
        entry.time = self.since.elapsed();
        self.not_loaded = Some(entry);
        Err(Stop::Done)
    }
}

impl Raised {
    pub(super) fn out_of_memory(&self) -> bool {
        self.kind == "MemoryError"
    }
}

#[cfg(test)]
mod tests;
