//! A trace in words: what the program did on the test that failed, block by block, and the values at
//! the end. Loops are told by their first and last rounds and by those that went another way; what
//! does not fit is cut, the oldest and least telling first, and never the end.

mod calls;
mod entries;
mod rounds;
mod telling;

use cogitree_engine::{Feedback, Program, TestReport, Verdict};

use crate::trace::{Change, Event, Step, Trace};
use calls::Calls;
use entries::Entries;
use telling::Telling;

use super::text::{cut, visible};

/// Characters that a trace may have, however long the rest of the feedback is.
const LEAST: usize = 900;

/// Longest text of one value, and of a source line.
const VALUE: usize = 120;
const SOURCE: usize = 80;

/// So many values are told at the end, and of so many calls that an exception came through.
const VALUES: usize = 12;
const CALLERS: usize = 2;

/// Adds what the program did to the feedback on the test that it is about, as far as there is room in
/// `longest` characters.
pub(crate) fn add_trace(
    feedback: &mut Feedback,
    trace: &Trace,
    program: &Program,
    report: &TestReport,
    longest: usize,
) {
    let used = feedback.text.chars().count();
    let room = longest.saturating_sub(used).max(LEAST.min(longest / 2));
    if let Some(words) = words(trace, &program.source, report.verdict, room) {
        feedback.text.push('\n');
        feedback.text.push_str(&words);
    }
}

/// The trace in about `room` characters; `None` where there is nothing to tell.
fn words(trace: &Trace, source: &str, verdict: Verdict, room: usize) -> Option<String> {
    let source: Vec<&str> = source.lines().collect();
    let last = trace.steps().next_back()?;
    let closing = closing(trace, last, &source, verdict);
    let mut entries = Entries::default();
    // Of what is in between, the end says more.
    let end = trace.parts.len() - 1;
    for (i, part) in trace
        .parts
        .iter()
        .enumerate()
        .filter(|(i, _)| [0, end].contains(i))
    {
        if i > 0 {
            entries.gap();
        }
        Telling {
            calls: &Calls::of(part),
            source: &source,
            at_the_end: i == end,
        }
        .tell(&mut entries);
    }
    let opening = "Step by step on that test, each line with the values that it changed:";
    let used = opening.chars().count() + closing.chars().count() + 2;
    let told = entries.within(room.saturating_sub(used));
    // Where nothing but a gap is left, the closing line has said it.
    if told.trim() == "..." {
        return Some(closing);
    }
    Some(format!("{opening}\n{told}{closing}"))
}

/// Where it ended, and the values there.
fn closing(trace: &Trace, last: &Step, source: &[&str], verdict: Verdict) -> String {
    let steps: Vec<&Step> = trace.parts.last().into_iter().flatten().collect();
    // An exception is told of in each call that it passes through: the innermost comes first.
    let through = steps
        .iter()
        .rev()
        .take_while(|s| matches!(s.event, Event::Raised(_)))
        .count();
    if through > 0 {
        let raised = &steps[steps.len() - through..];
        let texts: Vec<String> = raised
            .iter()
            .take(1 + CALLERS)
            .enumerate()
            .map(|(i, step)| {
                let what = match (&step.event, i) {
                    (Event::Raised(kind), 0) => format!("{} was raised", visible(kind)),
                    _ => "called".into(),
                };
                format!("{what} {}", place(step, &steps, source))
            })
            .collect();
        return format!("{}.", texts.join("; "));
    }
    let what = match (&last.event, verdict) {
        (Event::Returned(Some(value)), _) if last.depth == 1 && last.function != MODULE => {
            format!("It returned {}", short(value))
        }
        (_, Verdict::Timeout) => "When it was ended, it was".into(),
        _ => "It ended".into(),
    };
    format!("{what} {}.", place(last, &steps, source))
}

/// A line with its function, its text, and the local values there.
fn place(step: &Step, steps: &[&Step], source: &[&str]) -> String {
    let mut text = format!("in line {}", step.line);
    let line = quoted_line(source, step.line);
    if !line.is_empty() {
        text.push_str(&format!(" {line}"));
    }
    if step.function != MODULE {
        text.push_str(&format!(" of {}", cut(&visible(&step.function), SOURCE)));
    }
    let mut values: Vec<&Change> = Vec::new();
    for change in steps
        .iter()
        .filter(|s| s.call == step.call)
        .flat_map(|s| &s.changes)
    {
        match values.iter_mut().find(|v| v.name == change.name) {
            Some(old) => *old = change,
            None => values.push(change),
        }
    }
    if !values.is_empty() {
        let more = values.len().saturating_sub(VALUES);
        let shown: Vec<String> = values.iter().take(VALUES).map(|c| assignment(c)).collect();
        text.push_str(&format!(", with {}", shown.join(", ")));
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
    }
    text
}

/// The name of a program's code outside of any function.
const MODULE: &str = "<module>";

/// A line of the program in quotes; empty if there is none.
fn quoted_line(source: &[&str], line: u32) -> String {
    let text = source_line(source, line);
    if text.is_empty() {
        return String::new();
    }
    format!("`{}`", cut(&visible(text), SOURCE))
}

fn source_line<'a>(source: &[&'a str], line: u32) -> &'a str {
    let index = (line as usize).checked_sub(1);
    index.and_then(|i| source.get(i)).map_or("", |l| l.trim())
}

fn assignment(change: &Change) -> String {
    format!("{} = {}", visible(&change.name), short(&change.value))
}

fn short(value: &str) -> String {
    cut(&visible(value), VALUE).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trace::{Block, Change};

    /// Steps that a program may forge: any calls, depths, lines and blocks.
    fn step() -> impl Strategy<Value = Step> {
        let event = prop_oneof![
            Just(Event::Called),
            Just(Event::Found),
            Just(Event::Line),
            Just(Event::Line),
            Just(Event::Returned(None)),
            Just(Event::Yielded(Some("1".into()))),
            Just(Event::Raised("E".into())),
        ];
        let number = prop_oneof![4 => 0u32..4, 1 => Just(u32::MAX)];
        let numbers = [number.clone(), number.clone(), number.clone(), number];
        let changes = proptest::collection::vec("[a-c\n\u{202e}]{0,3}", 0..3);
        (event, numbers, changes).prop_map(|(event, [call, depth, line, block], changes)| Step {
            event,
            call,
            function: if call == 0 { MODULE.into() } else { "f".into() },
            depth,
            line,
            block: Block {
                number: block,
                first: line,
                last: block,
            },
            changes: changes
                .into_iter()
                .map(|value| Change {
                    name: "x".into(),
                    value,
                })
                .collect(),
        })
    }

    proptest! {
        #[test]
        fn any_trace_is_put_into_words(
            parts in proptest::collection::vec(proptest::collection::vec(step(), 0..40), 0..4),
            verdict in prop_oneof![Just(Verdict::Timeout), Just(Verdict::WrongAnswer)],
        ) {
            let trace = Trace { parts, length: u64::MAX };
            let told = words(&trace, "a = 1\nb = 2\n\nc = 3", verdict, LEAST);
            prop_assert_eq!(told.is_some(), trace.steps().next().is_some());
            let text = told.unwrap_or_default();
            // What is at the end is kept whatever the room, so the bound is not exact.
            prop_assert!(text.chars().count() < LEAST + 8_000, "{}", text.len());
            prop_assert!(!text.contains('\u{202e}'), "{text}");
        }
    }
}
