//! A state as text, for models that read text.

use std::fmt::Write as _;

use cogitree_engine::State;

use super::description::Part;

/// The parts of a state as text, each cut to `most` bytes.
pub(super) fn text(state: &State<'_>, parts: &[Part], most: usize) -> String {
    let mut text = String::new();
    for part in parts {
        // Writing to a string cannot fail.
        let _ = match part {
            Part::Report => writeln!(text, "report\n{}", report(state)),
            Part::Program => writeln!(
                text,
                "program\n{}",
                cut(&state.outcome.program.source, most)
            ),
            Part::Feedback => writeln!(
                text,
                "feedback\n{}",
                cut(&state.outcome.feedback.text, most)
            ),
            Part::Statement => writeln!(
                text,
                "statement\n{}",
                cut(&state.chain.problem.statement, most)
            ),
            Part::Thoughts => {
                text.push_str("thoughts\n");
                let mut left = most;
                for thought in state.chain.thoughts {
                    let thought = cut(&thought.text, left);
                    left -= thought.len();
                    text.push_str(thought);
                    text.push('\n');
                }
                Ok(())
            }
        };
    }
    text
}

/// `2 of 3 passed: passed 2, wrong_answer 1`
fn report(state: &State<'_>) -> String {
    let tests = &state.outcome.report.tests;
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for test in tests {
        let kind = test.verdict.to_string();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds.sort();
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, n)| format!("{kind} {n}"))
        .collect();
    let passed = tests.iter().filter(|test| test.verdict.passed()).count();
    format!("{passed} of {} passed: {}", tests.len(), kinds.join(", "))
}

/// The start of a text, up to `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    &text[..end]
}
