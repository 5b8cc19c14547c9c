//! The calls of a part of a trace, told as lines of text.

use std::collections::HashMap;
use std::ops::Range;

use super::calls::{Call, Calls, Came, Line, Outcome};
use super::entries::{Entries, Weight};
use super::rounds::{self, Piece};
use super::{MODULE, SOURCE, assignment, cut, quoted_line, short, source_line, visible};

/// Calls that were running at the end are told from so many of the outermost and the innermost.
const OUTERMOST: usize = 2;
const INNERMOST: usize = 3;

/// Calls within calls, and loops within loops, told line by line.
const NESTED: usize = 4;

/// Unusual rounds told of one loop.
const UNUSUAL: usize = 4;

/// Calls told of one line, beside those that are told line by line.
const CALLS: usize = 3;

pub(super) struct Telling<'a> {
    pub(super) calls: &'a Calls<'a>,
    pub(super) source: &'a [&'a str],
    /// Whether this part is the end of the trace.
    pub(super) at_the_end: bool,
}

/// Where something is told.
#[derive(Clone, Copy)]
struct Place {
    indent: usize,
    weight: Weight,
    /// Calls and loops around it.
    nested: usize,
}

impl Place {
    fn inside(self) -> Place {
        Place {
            indent: self.indent + 1,
            nested: self.nested + 1,
            ..self
        }
    }
}

impl Telling<'_> {
    pub(super) fn tell(&self, entries: &mut Entries) {
        let shown = self.told_by_line();
        for &root in &self.calls.roots {
            self.chain(root, &shown, entries);
        }
    }

    /// The calls that are told line by line beside those running at the end: of each function the
    /// one that ended last.
    fn told_by_line(&self) -> Vec<bool> {
        let mut latest: HashMap<&str, usize> = HashMap::new();
        for (i, call) in self.calls.all.iter().enumerate() {
            let best = latest.entry(call.function).or_insert(i);
            if call.last >= self.calls.all[*best].last {
                *best = i;
            }
        }
        let mut told = vec![false; self.calls.all.len()];
        for i in latest.into_values() {
            told[i] = true;
        }
        told
    }

    /// A call and those in it that were running when the trace ended, one within the other.
    fn chain(&self, root: usize, shown: &[bool], entries: &mut Entries) {
        let mut chain = vec![root];
        while let Some(next) = chain.last().and_then(|&c| self.unfinished(c)) {
            chain.push(next);
        }
        let innermost = if self.at_the_end { INNERMOST } else { 0 };
        let left_out = OUTERMOST..chain.len().saturating_sub(innermost).max(OUTERMOST);
        let mut indent = 0;
        for (i, &call) in chain.iter().enumerate() {
            if left_out.contains(&i) {
                if i == left_out.start {
                    let text = format!(
                        "... and {} more calls, one within the other",
                        left_out.len()
                    );
                    entries.push(indent, Weight::Much, text);
                    indent += 1;
                }
                continue;
            }
            let place = Place {
                indent,
                weight: Weight::Much,
                nested: 0,
            };
            self.call(call, place, shown, chain.get(i + 1).copied(), entries);
            indent += 1;
        }
    }

    /// The call that the last line of this one made, and that did not return.
    fn unfinished(&self, call: usize) -> Option<usize> {
        let last = self.calls.all[call].lines.last()?;
        let next = *last.calls.last()?;
        let returned = matches!(self.calls.all[next].outcome, Some(Outcome::Returned(_)));
        (!returned).then_some(next)
    }

    fn call(
        &self,
        index: usize,
        place: Place,
        shown: &[bool],
        but: Option<usize>,
        entries: &mut Entries,
    ) {
        let call = &self.calls.all[index];
        entries.push(
            place.indent,
            Weight::Heading,
            format!("{}:", self.title(call)),
        );
        let lines = LinesOf {
            telling: self,
            call,
            shown,
            but,
        };
        lines.range(0..call.lines.len(), place.inside(), entries);
    }

    /// A call with its arguments.
    fn title(&self, call: &Call<'_>) -> String {
        let values: Vec<String> = call.values.iter().map(assignment).collect();
        let name = cut(&visible(call.function), SOURCE);
        match (call.function == MODULE, call.begun) {
            (true, true) => "the program".into(),
            (true, false) => format!("the program, later, with {}", values.join(", ")),
            (false, true) => format!("{name}({})", values.join(", ")),
            (false, false) if values.is_empty() => format!("in {name}, later"),
            (false, false) => format!("in {name}, later, with {}", values.join(", ")),
        }
    }
}

/// The lines of one call.
struct LinesOf<'a> {
    telling: &'a Telling<'a>,
    call: &'a Call<'a>,
    shown: &'a [bool],
    /// A call that is told elsewhere.
    but: Option<usize>,
}

impl LinesOf<'_> {
    fn range(&self, range: Range<usize>, place: Place, entries: &mut Entries) {
        for piece in rounds::pieces(&self.call.lines, range) {
            match piece {
                Piece::Straight(range) => self.straight(range, "", place, entries),
                Piece::Loop {
                    first,
                    last,
                    rounds,
                } => self.rounds(first, last, &rounds, place, entries),
            }
        }
    }

    fn rounds(
        &self,
        first: u32,
        last: u32,
        rounds: &[Range<usize>],
        place: Place,
        entries: &mut Entries,
    ) {
        let count = rounds.len();
        let lines = if first == last {
            format!("line {first}")
        } else {
            format!("lines {first} to {last}")
        };
        let goes_on = rounds
            .last()
            .is_some_and(|r| r.end + 1 >= self.call.lines.len());
        let many = match (count, self.call.begun) {
            (_, true) if goes_on && !self.telling.at_the_end => format!("the first {count} rounds"),
            (1, true) => "1 round".to_owned(),
            (_, true) => format!("{count} rounds"),
            (1, false) => "another round".to_owned(),
            (_, false) => format!("{count} more rounds"),
        };
        let heading = format!("the loop in {lines}, {many}:");
        entries.push(place.indent, Weight::Heading, heading);
        let at_the_end = self.telling.at_the_end;
        for i in rounds::telling(&self.call.lines, rounds, UNUSUAL, at_the_end) {
            let weight = match i {
                _ if i + 2 >= count && at_the_end => place.weight,
                0 => place.weight.min(Weight::Some),
                _ => Weight::Little,
            };
            let lead = match (self.call.begun, i + 1 == count) {
                (true, _) => format!("round {}: ", i + 1),
                (false, true) => "the last of them: ".to_owned(),
                (false, false) if i == 0 => "the first of them: ".to_owned(),
                (false, false) => "before that: ".to_owned(),
            };
            let inside = Place {
                weight,
                ..place.inside()
            };
            let pieces = rounds::pieces(&self.call.lines, rounds[i].start + 1..rounds[i].end);
            let nested = pieces.iter().any(|p| matches!(p, Piece::Loop { .. }));
            if !nested || place.nested >= NESTED {
                self.straight(rounds[i].clone(), &lead, inside, entries);
                continue;
            }
            self.straight(rounds[i].start..rounds[i].start + 1, &lead, inside, entries);
            self.range(rounds[i].start + 1..rounds[i].end, inside.inside(), entries);
        }
    }

    /// Lines without a loop: one entry for each block, or for all of them where they are a round.
    fn straight(&self, range: Range<usize>, lead: &str, place: Place, entries: &mut Entries) {
        let is_round = !lead.is_empty();
        let mut told: Vec<String> = Vec::new();
        let mut lead = lead;
        let mut flush = |told: &mut Vec<String>, entries: &mut Entries| {
            if !told.is_empty() {
                let text = format!("{lead}{}", told.join("; "));
                entries.push(place.indent, place.weight, text);
                told.clear();
                lead = "";
            }
        };
        let mut block = None;
        for line in &self.call.lines[range] {
            if !is_round && block != Some(line.block) {
                flush(&mut told, entries);
            }
            block = Some(line.block);
            if self.is_definition(line) {
                continue;
            }
            told.push(self.line(line, place));
            let by_line = line.calls.iter().filter(|&&c| self.is_by_line(c, place));
            for &call in by_line {
                flush(&mut told, entries);
                let inside = Place {
                    weight: place.weight.min(Weight::Some),
                    ..place.inside()
                };
                self.telling.call(call, inside, self.shown, None, entries);
            }
        }
        flush(&mut told, entries);
    }

    /// Whether a call is told line by line below its line.
    fn is_by_line(&self, call: usize, place: Place) -> bool {
        self.shown[call]
            && place.nested < NESTED
            && self.but != Some(call)
            && !self.telling.calls.all[call].lines.is_empty()
    }

    /// A line, what it changed, the calls that it made, and what came of it.
    fn line(&self, line: &Line<'_>, place: Place) -> String {
        let quoted = quoted_line(self.telling.source, line.line);
        let mut text = format!("line {}", line.line);
        if !quoted.is_empty() {
            text.push_str(&format!(" {quoted}"));
        }
        let mut what: Vec<String> = Vec::new();
        let calls: Vec<usize> = line
            .calls
            .iter()
            .copied()
            .filter(|&c| !self.is_by_line(c, place) && self.but != Some(c))
            .collect();
        let left_out = calls.len().saturating_sub(CALLS);
        if left_out > 0 {
            what.push(format!("{left_out} calls"));
        }
        what.extend(calls[left_out..].iter().map(|&c| self.called(c)));
        what.extend(line.changes.iter().map(assignment));
        what.extend(line.came.map(|came| match came {
            Came::Returned(value) => format!("returned {}", short(value)),
            Came::Yielded(value) => format!("yielded {}", short(value)),
            Came::Raised(kind) => format!("raised {}", visible(kind)),
        }));
        if !what.is_empty() {
            text.push_str(&format!(" {}", what.join(", ")));
        }
        text
    }

    /// A call in a few words.
    fn called(&self, index: usize) -> String {
        let call = &self.telling.calls.all[index];
        let title = self.telling.title(call);
        match call.outcome {
            Some(Outcome::Returned(_)) if call.function.ends_with("__init__") => title,
            Some(Outcome::Returned(Some(value))) => format!("{title} returned {}", short(value)),
            Some(Outcome::Returned(None)) => format!("{title} returned"),
            Some(Outcome::Raised(kind)) => format!("{title} raised {}", visible(kind)),
            None if self.telling.at_the_end => format!("{title} did not end"),
            None => title,
        }
    }

    /// Lines that only define something say nothing about a run.
    fn is_definition(&self, line: &Line<'_>) -> bool {
        let text = source_line(self.telling.source, line.line);
        let starts = ["def ", "async def ", "class ", "import ", "from ", "@"];
        starts.iter().any(|s| text.starts_with(s)) && line.changes.is_empty()
    }
}
