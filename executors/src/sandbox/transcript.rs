//! What an instance has told so far: kept on this side as it comes, so that it survives whatever
//! becomes of the instance.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::instance::End;
use super::recorder::Recorder;
use super::stop::Stop;

/// How a test, or the loading of the program, ended, as the guest tells it. Untrusted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) ended: Option<Ended>,
    #[serde(with = "text")]
    pub(super) stdout: Vec<u8>,
    #[serde(with = "text")]
    pub(super) stderr: Vec<u8>,
    pub(super) time: Duration,
    pub(super) fuel: u64,
    /// Fuel of loading the program, where it was loaded for this test.
    pub(super) loading_fuel: u64,
}

/// Output between processes: as the text that it is read as in the end.
mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&String::from_utf8_lossy(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(d).map(String::into_bytes)
    }
}

/// What an instance told in all, and how it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// The tests that were started, in order. Only the last may have been interrupted.
    pub(super) entries: Vec<Entry>,
    /// Set when the program ended before its first test; then there is no entry.
    pub(super) not_loaded: Option<Entry>,
    pub(super) end: End,
    /// The trace, if one was asked for.
    pub(super) recorder: Option<Recorder>,
    /// Fuel used since the last test began; 0 where it is not metered.
    pub(super) fuel: u64,
    /// True when it was ended for sleeping too long: it had time and fuel left.
    pub(super) slept: bool,
}

impl Told {
    /// Whether this can be the answer to a job of so many tests.
    pub(super) fn answers(&self, tests: usize) -> bool {
        match self.not_loaded {
            Some(_) => self.entries.is_empty(),
            None => (1..=tests).contains(&self.entries.len()),
        }
    }
}

/// The messages of one instance, in order.
pub(super) struct Transcript {
    /// How many tests were asked for.
    asked: usize,
    /// Largest number of bytes kept of each stream, and of a value.
    largest: usize,
    /// Tests that have started; the last may be running.
    entries: Vec<Entry>,
    /// True while the last entry's test runs.
    running: bool,
    /// Output before the first test; it is counted to that test.
    loading: Entry,
    /// True once loading has begun.
    loads: bool,
    /// Set when the program ended before its first test.
    not_loaded: Option<Entry>,
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
            loads: false,
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
        // A result of the largest size, quoted, and what comes with it; more is no harness's.
        let longest = self.largest.saturating_mul(2).saturating_add(1 << 16);
        if data.len() > longest && matches!(kind, 4 | 5) {
            return Err(Stop::Output);
        }
        match kind {
            4 | 5 if data.len() > self.longest() => Err(Stop::Protocol),
            1 | 2 => self.output(kind, data).map(|()| false),
            3 => self.start(data, fuel).map(|()| true),
            4 => self.end(data, fuel).map(|()| true),
            5 => self.fail_to_load(data, fuel).map(|()| false),
            8 => self.load().map(|()| true),
            _ => Err(Stop::Protocol),
        }
    }

    /// Marks that the instance has ended: what was running by then used this time and fuel.
    pub(super) fn interrupt(&mut self, fuel: u64) {
        let loading = self.entries.is_empty();
        if self.not_loaded.is_some() || !(self.running || loading) {
            return;
        }
        if loading {
            self.not_loaded = Some(self.loaded(fuel));
            return;
        }
        let time = self.since.elapsed();
        let entry = self.current();
        entry.fuel = fuel;
        entry.time = time;
        self.running = false;
    }

    /// What is known of loading, which used so much fuel.
    fn loaded(&mut self, fuel: u64) -> Entry {
        let mut entry = std::mem::take(&mut self.loading);
        entry.time = self.since.elapsed();
        entry.loading_fuel = if self.loads { fuel } else { 0 };
        entry
    }

    /// All that was told by an instance that ended so.
    pub(super) fn told(self, end: End) -> Told {
        Told {
            entries: self.entries,
            not_loaded: self.not_loaded,
            end,
            recorder: None,
            fuel: 0,
            slept: false,
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

    /// The program is about to be loaded: what was used until then is the interpreter's.
    fn load(&mut self) -> Result<(), Stop> {
        // Once only, or a program could give itself time without end.
        if self.loads || !self.entries.is_empty() {
            return Err(Stop::Protocol);
        }
        self.loads = true;
        self.since = Instant::now();
        Ok(())
    }

    fn start(&mut self, data: &[u8], fuel: u64) -> Result<(), Stop> {
        let index = std::str::from_utf8(data).ok().and_then(|t| t.parse().ok());
        if self.running || index != Some(self.entries.len()) || self.entries.len() >= self.asked {
            return Err(Stop::Protocol);
        }
        let entry = if self.entries.is_empty() {
            self.loaded(fuel)
        } else {
            Entry::default()
        };
        self.entries.push(entry);
        self.since = Instant::now();
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
        let mut entry = self.loaded(fuel);
        entry.ended = Some(ended);
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
