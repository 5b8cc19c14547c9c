//! The steps of a part of a trace, put together as calls with their lines.

use std::collections::HashMap;

use crate::trace::{Change, Event, Step};

/// The calls of one part, in the order in which they were met.
pub(super) struct Calls<'a> {
    pub(super) all: Vec<Call<'a>>,
    /// Those that no other call of this part made.
    pub(super) roots: Vec<usize>,
}

pub(super) struct Call<'a> {
    pub(super) function: &'a str,
    /// False when it was running already when the part begins.
    pub(super) begun: bool,
    /// Its arguments, or all its values when it was running already.
    pub(super) values: &'a [Change],
    pub(super) lines: Vec<Line<'a>>,
    pub(super) outcome: Option<Outcome<'a>>,
    /// The index of its last step.
    pub(super) last: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Outcome<'a> {
    Returned(Option<&'a str>),
    Raised(&'a str),
}

pub(super) struct Line<'a> {
    pub(super) line: u32,
    pub(super) block: u32,
    pub(super) changes: &'a [Change],
    /// The calls that it made, by their index.
    pub(super) calls: Vec<usize>,
    /// What came of it.
    pub(super) came: Option<Came<'a>>,
}

#[derive(Clone, Copy)]
pub(super) enum Came<'a> {
    Returned(&'a str),
    Yielded(&'a str),
    Raised(&'a str),
}

impl<'a> Calls<'a> {
    pub(super) fn of(part: &'a [Step]) -> Self {
        let mut calls = Calls {
            all: Vec::new(),
            roots: Vec::new(),
        };
        let mut known: HashMap<u32, usize> = HashMap::new();
        let mut running: Vec<(u32, usize)> = Vec::new(); // with their depth
        for (at, step) in part.iter().enumerate() {
            while running
                .last()
                .is_some_and(|&(depth, _)| depth >= step.depth)
            {
                running.pop();
            }
            let index = *known.entry(step.call).or_insert_with(|| {
                calls.all.push(Call {
                    function: &step.function,
                    begun: step.event == Event::Called,
                    values: &[],
                    lines: Vec::new(),
                    outcome: None,
                    last: at,
                });
                let index = calls.all.len() - 1;
                // The caller is the one above, if it was met at all.
                let above = running.last().filter(|(depth, _)| depth + 1 == step.depth);
                match above.and_then(|&(_, c)| calls.all[c].lines.last_mut()) {
                    Some(line) => line.calls.push(index),
                    None => calls.roots.push(index),
                }
                index
            });
            running.push((step.depth, index));
            calls.all[index].take(step, at, part[..at].last());
        }
        calls
    }
}

impl<'a> Call<'a> {
    fn take(&mut self, step: &'a Step, at: usize, before: Option<&Step>) {
        self.last = at;
        match &step.event {
            Event::Called | Event::Found => self.values = &step.changes,
            Event::Line => {
                self.outcome = None; // an exception that was caught
                self.lines.push(Line {
                    line: step.line,
                    block: step.block.number,
                    changes: &step.changes,
                    calls: Vec::new(),
                    came: None,
                });
            }
            Event::Returned(value) => {
                self.outcome = Some(Outcome::Returned(value.as_deref()));
                self.came(value.as_deref().map(Came::Returned));
            }
            Event::Yielded(value) => self.came(value.as_deref().map(Came::Yielded)),
            Event::Raised(kind) => {
                self.outcome = Some(Outcome::Raised(kind));
                let passed_on = before
                    .is_some_and(|b| matches!(b.event, Event::Raised(_)) && b.call != step.call);
                if !passed_on {
                    self.came(Some(Came::Raised(kind)));
                }
            }
        }
    }

    fn came(&mut self, came: Option<Came<'a>>) {
        if let (Some(line), Some(came)) = (self.lines.last_mut(), came) {
            line.came = Some(came);
        }
    }
}
