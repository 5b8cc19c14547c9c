//! Virtual time: it passes with every question and every sleep, and nothing waits.

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

use super::super::super::stop::Stop;
use super::memory::{Answer, Call, Errno, Failure, MOST};

/// The numbers of the clocks; those of processor time run like the monotonic one.
const REALTIME: u32 = 0;
const LAST: u32 = 3;

/// Kinds of event, and the sizes of a question about one and of its answer.
const CLOCK: u8 = 0;
const QUESTION: u32 = 48;
const ANSWER: u32 = 32;

/// Something that is waited for.
struct Awaited {
    user: [u8; 8],
    kind: u8,
    /// The virtual time at which it comes; `None` when it is there already.
    due: Option<u64>,
    /// The error number that is its answer.
    errno: u16,
}

impl Call<'_> {
    pub(super) fn clock_res_get(&mut self, clock: u32, out: u32) -> Answer {
        known(clock)?;
        let resolution = HostMonotonicClock::resolution(&self.host.clock);
        Ok(self.write(out, &resolution.to_le_bytes())?)
    }

    pub(super) fn clock_time_get(&mut self, clock: u32, out: u32) -> Answer {
        known(clock)?;
        let time = if clock == REALTIME {
            self.real_time()
        } else {
            HostMonotonicClock::now(&self.host.clock)
        };
        Ok(self.write(out, &time.to_le_bytes())?)
    }

    /// Waits for the first of several things. Streams are always ready.
    pub(super) fn poll_oneoff(&mut self, list: u32, out: u32, count: u32, told: u32) -> Answer {
        if count == 0 || count > MOST {
            return Err(Errno::Invalid.into());
        }
        let awaited = (0..count)
            .map(|i| self.awaited(Self::after(list, QUESTION * i)?))
            .collect::<Result<Vec<_>, Errno>>()?;
        // With nothing there yet the time becomes that of what comes first.
        let first = awaited.iter().map(|a| a.due.unwrap_or(0)).min();
        let first = first.unwrap_or(0);
        if first > self.host.sleep_until {
            return Err(Failure::Ended(Stop::Timeout.into()));
        }
        self.host.clock.advance_to(first);
        let now = self.host.clock.read();
        let mut events = 0;
        for event in &awaited {
            if event.due.is_none_or(|due| due <= now) {
                let at = Self::after(out, ANSWER * events)?;
                let mut bytes = [0; ANSWER as usize];
                bytes[..8].copy_from_slice(&event.user);
                bytes[8..10].copy_from_slice(&event.errno.to_le_bytes());
                bytes[10] = event.kind;
                if event.kind != CLOCK {
                    bytes[16..24].copy_from_slice(&1_u64.to_le_bytes()); // one byte at the least
                }
                self.write(at, &bytes)?;
                events += 1;
            }
        }
        self.moved += u64::from(count * QUESTION + events * ANSWER);
        Ok(self.write(told, &events.to_le_bytes())?)
    }

    fn awaited(&mut self, at: u32) -> Result<Awaited, Errno> {
        let user = self.read(at)?;
        let [kind] = self.read(Self::after(at, 8)?)?;
        let number = self.read_u32(Self::after(at, 16)?)?; // a clock, or a descriptor
        let mut due = None;
        let errno = if kind == CLOCK {
            let time = self.read_u64(Self::after(at, 24)?)?;
            let [flags] = self.read(Self::after(at, 40)?)?;
            due = Some(self.due(number, time, flags & 1 == 1));
            known(number)
        } else {
            self.stream(number)
        };
        Ok(Awaited {
            user,
            kind,
            due: due.filter(|_| errno.is_ok()),
            errno: errno.err().map_or(0, |e| e as u16),
        })
    }

    /// The virtual time that a clock's time stands for.
    fn due(&mut self, clock: u32, time: u64, absolute: bool) -> u64 {
        let now = self.host.clock.read();
        match (absolute, clock) {
            (false, _) => now.saturating_add(time),
            (true, REALTIME) => now.saturating_add(time.saturating_sub(self.real_time())),
            (true, _) => time,
        }
    }

    /// Nanoseconds since 1970.
    fn real_time(&self) -> u64 {
        let time = HostWallClock::now(&self.host.clock).as_nanos();
        u64::try_from(time).unwrap_or(u64::MAX)
    }
}

fn known(clock: u32) -> Result<(), Errno> {
    (clock <= LAST).then_some(()).ok_or(Errno::Invalid)
}
