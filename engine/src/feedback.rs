//! Verbal feedback: what went wrong, in words, with the parts a policy can act on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Report, Test, TestReport, Value, Verdict};

/// How much of a report is put into words (the axes of ConvCodeWorld, Han et al. 2024).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeedbackLevel {
    /// Nothing.
    None,
    /// The verdict of each test.
    Verdict,
    /// The verdict, and for the most relevant failing test its input, the expected and the
    /// actual result and how they differ, or the error.
    #[default]
    Diff,
    /// That, and what the program did step by step on that test, with the values at each line.
    /// Costs another run of the program or two.
    Trace,
}

/// What a policy is told about a program that failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The feedback in words. Empty at level `none` or when everything passed.
    pub text: String,
    /// The index of the test that the words are about.
    pub test: Option<usize>,
    /// How the actual result of that test differs from the expected one, where both are
    /// known. Most specific first.
    pub differences: Vec<Difference>,
}

/// A described difference between an actual and an expected result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// Of another type.
    Type {
        /// Type name of the actual result.
        actual: String,
        /// Type name of the expected result.
        expected: String,
    },
    /// A number off by a constant: expected − actual.
    OffBy(f64),
    /// A number with the other sign.
    Sign,
    /// A number equal but for rounding.
    Rounding,
    /// The opposite truth value.
    Negated,
    /// The same elements or characters in reverse order.
    Reversed,
    /// The same elements or characters in another order.
    Permuted,
    /// Elements or characters of the expected result that the actual one lacks.
    Missing(Vec<Value>),
    /// Elements or characters of the actual result that are not expected.
    Extra(Vec<Value>),
    /// The actual result is a proper beginning of the expected one.
    Prefix,
    /// Equal but for upper and lower case.
    Case,
    /// Equal but for white space.
    Whitespace,
    /// The actual result is empty and the expected one is not, or it is `None`.
    Empty,
    /// The same length, but some elements have other values.
    Elements {
        /// The first index at which they differ.
        first: usize,
    },
    /// None of the above.
    Other,
}

impl Feedback {
    /// Feedback at level `verdict`: one clause for each kind of verdict, nothing of values.
    ///
    /// ```
    /// use cogitree_engine::{Feedback, Report, TestReport, Verdict};
    /// let report = Report { tests: vec![TestReport::new(Verdict::Timeout)] };
    /// assert_eq!(Feedback::of_verdicts(&report).text, "0 of 1 visible tests passed: 1 timeout.");
    /// ```
    pub fn of_verdicts(report: &Report) -> Feedback {
        if report.all_passed() {
            return Feedback::default();
        }
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for t in report.tests.iter().filter(|t| !t.verdict.passed()) {
            let name = t.verdict.name();
            match counts.iter_mut().find(|(n, _)| *n == name) {
                Some((_, c)) => *c += 1,
                None => counts.push((name, 1)),
            }
        }
        let kinds: Vec<String> = counts.iter().map(|(n, c)| format!("{c} {n}")).collect();
        let text = format!(
            "{} of {} visible tests passed: {}.",
            report.passed(),
            report.tests.len(),
            kinds.join(", ")
        );
        Feedback {
            text,
            test: most_relevant(&[], report),
            differences: Vec::new(),
        }
    }
}

/// The failing test worth talking about: a crash before a wrong value, then the smallest
/// input, then the first.
pub fn most_relevant(tests: &[Test], report: &Report) -> Option<usize> {
    let rank = |t: &TestReport| match t.verdict {
        Verdict::RuntimeError | Verdict::Denied => 0,
        Verdict::WrongAnswer => 1,
        _ => 2,
    };
    (0..report.tests.len())
        .filter(|&i| !report.tests[i].verdict.passed())
        .min_by_key(|&i| {
            (
                rank(&report.tests[i]),
                tests.get(i).map_or(0, Test::weight),
                i,
            )
        })
}
