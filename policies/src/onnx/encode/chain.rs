//! Numbers on the chain of thoughts, and on what was before the program.

use cogitree_engine::State;

use super::lexer::prose;
use super::{flag, scaled, share};

pub(super) const NAMES: [&str; 10] = [
    "thoughts",
    "thought_words",
    "thought_blank",
    "above",
    "above_passed_share",
    "gained",
    "unchanged",
    "feedback_words",
    "thought_is_code",
    "unwritten",
];

pub(super) fn of(state: &State<'_>) -> [f32; NAMES.len()] {
    let chain = &state.chain;
    let last = chain.thoughts.last().map_or("", |t| &*t.text);
    let passed = |a: &cogitree_engine::Attempt<'_>| a.report.pass_fraction() as f32;
    let above = chain.above.as_ref();
    let before = above.map_or(0.0, passed);
    let same = |a: &cogitree_engine::Attempt<'_>| a.program.source == state.outcome.program.source;
    let looked_at = super::lexer::beginning(last);
    let signs = looked_at
        .matches(['(', ')', '=', '{', '}', '[', ']'])
        .count();
    [
        scaled(chain.thoughts.len() as f64, 16.0),
        scaled(prose(last).count() as f64, 500.0),
        flag(last.is_empty()),
        flag(above.is_some()),
        before,
        above.map_or(0.0, |_| passed(&state.outcome) - before),
        flag(above.is_some_and(same)),
        scaled(prose(&state.outcome.feedback.text).count() as f64, 500.0),
        (10.0 * share(signs, looked_at.len())).min(1.0),
        flag(state.outcome.report.tests.is_empty() && state.outcome.program.source.is_empty()),
    ]
}
