//! Keeps the trace of a test as it comes, and reads it when the test is over.
//!
//! What comes is untrusted, and may be a flood: it is kept as text, the first and the last of it,
//! and only that is read.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::stop::Stop;
use crate::trace::{Block, Change, Event, Step, Trace};

/// The kinds of message, see `guest/cogitree_guest/tracing.py`.
pub(super) const EVENT: u8 = 6;
pub(super) const STEPS: u8 = 7;

/// Events kept from the beginning, and from the end.
pub(super) const HEAD: usize = 300;
pub(super) const TAIL: usize = 700;

/// Longest event kept, in bytes: together with the numbers above it bounds the whole at 16 MB.
const LONGEST: usize = 16 << 10;

/// All that is kept of a trace, in bytes.
pub(super) const LARGEST: u64 = ((HEAD + TAIL) * (LONGEST + 16)) as u64;

/// Events after which the instance is ended: the end is followed line by line for as long.
const MOST: u64 = 20_000;

/// What has been told of a trace so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Recorder {
    head: Vec<Box<str>>,
    tail: VecDeque<Box<str>>,
    /// Events so far, those that were not kept included.
    events: u64,
    /// Steps so far, as the guest counts them.
    steps: u64,
    /// The fuel used when they were told last.
    fuel: u64,
    /// Whether the guest has left something out.
    gaps: bool,
}

impl Recorder {
    /// How much of a message is looked at.
    pub(super) fn readable(data: &[u8]) -> &[u8] {
        &data[..data.len().min(LONGEST + 1)]
    }

    /// Takes in a message of one of the kinds above.
    pub(super) fn take(&mut self, kind: u8, data: &[u8], fuel: u64) -> Result<(), Stop> {
        if kind == STEPS {
            self.fuel = fuel;
            let steps = std::str::from_utf8(data).ok().and_then(|t| t.parse().ok());
            self.steps = steps.unwrap_or(self.steps);
            return Ok(());
        }
        self.events += 1;
        if self.events > MOST {
            return Err(Stop::Done);
        }
        if data.len() > LONGEST {
            return Ok(());
        }
        // What is no text is no event either.
        let Ok(data) = std::str::from_utf8(data) else {
            return Ok(());
        };
        self.gaps |= data == GAP;
        if self.head.len() < HEAD {
            self.head.push(data.into());
        } else {
            if self.tail.len() == TAIL {
                self.tail.pop_front();
            }
            self.tail.push_back(data.into());
        }
        Ok(())
    }

    /// Steps of the whole run, where the guest did not tell of each line; else `None`.
    pub(super) fn left_out(&self) -> Option<u64> {
        self.gaps.then_some(self.steps)
    }

    /// Whether most of the fuel that was used was used after the last step that is known of: the
    /// program hangs in a single one.
    pub(super) fn hangs(&self, fuel: u64) -> bool {
        self.fuel < fuel / 2
    }

    /// Reads what was kept. Whatever is not of the format is passed over.
    pub(super) fn read(&self) -> Trace {
        let mut reading = Reading::default();
        self.head.iter().for_each(|data| reading.take(data));
        if self.events > (self.head.len() + self.tail.len()) as u64 {
            reading.gap();
        }
        self.tail.iter().for_each(|data| reading.take(data));
        reading.gap();
        Trace {
            parts: reading.parts,
            length: self.steps,
        }
    }
}

/// What the guest sends where it leaves something out.
const GAP: &str = "[5]";

/// One event as the guest tells it. Untrusted.
#[derive(Deserialize)]
struct Told(
    u8,
    u32,
    String,
    u32,
    u32,
    u32,
    u32,
    u32,
    Map<String, serde_json::Value>,
    Option<String>,
);

#[derive(Default)]
struct Reading {
    parts: Vec<Vec<Step>>,
    part: Vec<Step>,
    /// Where in this part the last line of each call is: it made the changes that are seen next.
    last: HashMap<u32, usize>,
    known: HashSet<u32>,
}

impl Reading {
    fn gap(&mut self) {
        self.last.clear();
        self.known.clear();
        if !self.part.is_empty() {
            self.parts.push(std::mem::take(&mut self.part));
        }
    }

    fn take(&mut self, data: &str) {
        if data == GAP {
            return self.gap();
        }
        let Ok(told) = serde_json::from_str::<Told>(data) else {
            return;
        };
        let Told(what, call, function, depth, line, number, first, last, changes, text) = told;
        let event = match what {
            0 => Event::Called,
            1 => Event::Line,
            2 => Event::Returned(text),
            3 => Event::Yielded(text),
            4 => Event::Raised(text.unwrap_or_default()),
            _ => return,
        };
        let changes: Vec<Change> = changes
            .into_iter()
            .filter_map(|(name, value)| match value {
                serde_json::Value::String(value) => Some(Change { name, value }),
                _ => None,
            })
            .collect();
        let mut step = Step {
            event,
            call,
            function,
            depth: depth.max(1),
            line,
            block: Block {
                number,
                first,
                last,
            },
            changes: Vec::new(),
        };
        let new = self.known.insert(call);
        match self.last.get(&call) {
            _ if step.event == Event::Called => step.changes = changes,
            Some(&at) => merge(&mut self.part[at].changes, changes),
            None if new => self.part.push(Step {
                event: Event::Found,
                changes,
                ..step.clone()
            }),
            // The defaults of a call are told with it; nothing was run since.
            None => step.changes = changes,
        }
        if step.event == Event::Line {
            self.last.insert(call, self.part.len());
        }
        self.part.push(step);
    }
}

/// Adds changes of the same line: of one value only the last counts.
fn merge(changes: &mut Vec<Change>, more: Vec<Change>) {
    for change in more {
        match changes.iter_mut().find(|c| c.name == change.name) {
            Some(old) => old.value = change.value,
            None => changes.push(change),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(what: u8, call: u32, line: u32, changes: &str) -> String {
        format!(r#"[{what},{call},"f",1,{line},0,1,9,{{{changes}}},null]"#)
    }

    fn recorded(messages: &[String]) -> Recorder {
        let mut recorder = Recorder::default();
        for message in messages {
            recorder.take(EVENT, message.as_bytes(), 0).unwrap();
        }
        recorder
    }

    #[test]
    fn a_change_belongs_to_the_line_that_made_it() {
        let trace = recorded(&[
            event(0, 1, 1, r#""x":"1""#),
            event(1, 1, 2, ""),
            event(1, 2, 8, ""),
            event(1, 1, 3, r#""y":"2""#),
            event(2, 1, 3, r#""y":"3""#),
        ])
        .read();
        let seen: Vec<(u32, String)> = trace
            .steps()
            .map(|s| {
                let changes = s.changes.iter().map(|c| format!("{}={}", c.name, c.value));
                (s.line, changes.collect())
            })
            .collect();
        let expected = [
            (1, "x=1"),
            (2, "y=2"),
            (8, ""),
            (8, ""),
            (3, "y=3"),
            (3, ""),
        ];
        assert_eq!(seen, expected.map(|(l, c)| (l, c.to_owned())));
        assert_eq!(trace.parts[0][2].event, Event::Found);
        assert!(trace.is_whole());
    }

    #[test]
    fn the_beginning_and_the_end_of_a_flood_are_kept() {
        let messages: Vec<String> = (0..5_000).map(|i| event(1, 1, i, "")).collect();
        let recorder = recorded(&messages);
        let trace = recorder.read();
        let lines: Vec<u32> = trace.steps().map(|s| s.line).collect();
        assert_eq!((lines[0], *lines.last().unwrap()), (0, 4_999));
        assert_eq!(trace.parts.len(), 2);
        assert!(!trace.is_whole());
        let mut flooded = recorder;
        let over = (0..MOST).find_map(|_| flooded.take(EVENT, b"[]", 0).err());
        assert_eq!(over, Some(Stop::Done));
        assert_eq!(flooded.head.len() + flooded.tail.len(), HEAD + TAIL);
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let mut recorder = Recorder::default();
        let long = format!("[{}]", "1,".repeat(LONGEST));
        recorder.take(EVENT, long.as_bytes(), 0).unwrap();
        assert!(recorder.head.is_empty() && recorder.tail.is_empty());
        assert_eq!(Recorder::readable(long.as_bytes()).len(), LONGEST + 1);
    }

    proptest! {
        #[test]
        fn any_messages_are_read_without_a_panic(
            messages in proptest::collection::vec((6u8..8, ".{0,40}"), 0..20),
            events in proptest::collection::vec((0u8..7, 0u32..3, any::<u32>()), 0..20),
        ) {
            let mut recorder = Recorder::default();
            for (kind, text) in messages {
                recorder.take(kind, text.as_bytes(), 0).unwrap();
            }
            for (what, call, line) in events {
                let text = event(what, call, line, r#""a":"1""#);
                recorder.take(EVENT, text.as_bytes(), 0).unwrap();
            }
            recorder.read();
        }
    }
}
