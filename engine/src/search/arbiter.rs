//! Asking who knows: where programs that pass every visible test disagree, one answer settles much (the
//! finding of ConAIR: a few answers of a user give most of the gain).

use serde::{Deserialize, Serialize};

use crate::{Problem, Test, TestReport, Value};

/// Knows what a program should do, and is asked where good programs disagree: a person, or a reference.
///
/// Asked when the search ends, before the answer is chosen, at most
/// [`SearchConfig::questions`](crate::SearchConfig::questions) times. Programs that contradict a ruling
/// stand behind all that do not.
///
/// ```
/// use cogitree_engine::*;
///
/// /// Wants numbers doubled.
/// struct Doubles;
/// impl Arbiter for Doubles {
///     fn rule(&self, _: &Problem, question: &Question) -> Ruling {
///         let Test::Call { args, .. } = &question.input else { return Ruling::Unsure };
///         let [Value::Int(n)] = args.as_slice() else { return Ruling::Unsure };
///         Ruling::Expected(Value::Int(2 * n))
///     }
/// }
/// ```
pub trait Arbiter: Send + Sync {
    /// Says which result is right.
    fn rule(&self, problem: &Problem, question: &Question) -> Ruling;
}

/// An input on which the best programs give different results: of all such inputs the shortest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question {
    /// Which question of the search this is, from 1.
    pub number: usize,
    /// The most questions that there will be.
    pub most: usize,
    /// The input: a test without an expected result.
    pub input: Test,
    /// What programs do on it, at least two different things, those of the most supported program first.
    pub results: Vec<Behaviour>,
}

/// What some of the programs do on an input.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Behaviour {
    /// The result: a value or what was printed, or the error that was raised.
    pub shown: TestReport,
    /// How many programs do this, of those that no ruling contradicts.
    pub programs: usize,
}

/// What is said to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ruling {
    /// The result of this index is right.
    Right(usize),
    /// This value is, whether it is among the results or not.
    Expected(Value),
    /// None of the results is.
    Wrong,
    /// It is not known, or the input is none that a program is meant for. Another is asked about.
    Unsure,
    /// No more questions.
    Enough,
}

/// A question that was ruled on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ruled {
    /// The input, with the result that is right where that was said: another visible test.
    pub test: Test,
    /// Whether the right result is part of the test; else it is known only which are wrong.
    pub known: bool,
    /// How many programs the ruling contradicts, of those that none before it did.
    pub refuted: usize,
    /// Whether the answer contradicts it.
    pub contradicted: bool,
}

/// How long an input is to read.
pub(super) fn length(test: &Test) -> usize {
    match test {
        Test::Call { args, .. } => args.iter().map(|v| v.to_string().len() + 2).sum(),
        Test::Stdio { input, .. } => input.len(),
        _ => usize::MAX,
    }
}

/// The input with the result that is right, where it is of a kind that a test can expect.
pub(super) fn learnt(input: &Test, shown: &TestReport) -> Option<Test> {
    match (input, &shown.actual) {
        (Test::Call { .. }, Some(value)) => expecting(input, value),
        (Test::Stdio { input, .. }, _) => Some(Test::Stdio {
            input: input.clone(),
            expected: Some(shown.stdout.clone()),
        }),
        _ => None,
    }
}

/// The input with a value that is expected of it.
pub(super) fn expecting(input: &Test, value: &Value) -> Option<Test> {
    match (input, value) {
        (_, Value::Opaque { .. }) => None,
        (Test::Call { args, .. }, value) => Some(Test::Call {
            args: args.clone(),
            expected: Some(value.clone()),
        }),
        (Test::Stdio { input, .. }, Value::Str(text)) => Some(Test::Stdio {
            input: input.clone(),
            expected: Some(text.clone()),
        }),
        _ => None,
    }
}
