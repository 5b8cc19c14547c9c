//! Numbers on the problem: how much the visible tests can show, and how much is asked for.

use cogitree_engine::{Checker, Interface, Problem, Test, Value};

use super::{TESTS, flag, scaled, share};

pub(super) const NAMES: [&str; 22] = [
    "tests",
    "one_test",
    "input_size",
    "expected_size",
    "expected_distinct",
    "expects_bool",
    "expects_none",
    "expects_integer",
    "expects_float",
    "expects_text",
    "expects_sequence",
    "expects_mapping",
    "tests_of_code",
    "reads_input",
    "parameters",
    "annotated",
    "exact",
    "statement_words",
    "statement_distinct",
    "statement_conditions",
    "statement_numbers",
    "statement_examples",
];

/// The most expected results that are compared with each other: every one with every other.
const COMPARED: usize = 16;

/// Words that say that a case is treated apart.
const CONDITIONS: [&str; 20] = [
    "if",
    "otherwise",
    "else",
    "except",
    "unless",
    "when",
    "only",
    "not",
    "without",
    "empty",
    "none",
    "negative",
    "zero",
    "invalid",
    "case",
    "edge",
    "ignore",
    "must",
    "assume",
    "note",
];

pub(super) fn of(problem: &Problem, statement: &[String]) -> [f32; NAMES.len()] {
    let tests = &problem.tests[..problem.tests.len().min(TESTS)];
    let expected: Vec<&Value> = (tests.iter())
        .filter_map(|test| match test {
            Test::Call { expected, .. } => expected.as_ref(),
            _ => None,
        })
        .collect();
    let expects =
        |is: fn(&Value) -> bool| share(expected.iter().filter(|v| is(v)).count(), tests.len());
    let few = &expected[..expected.len().min(COMPARED)];
    let distinct = (few.iter().enumerate()).filter(|(i, v)| !few[..*i].contains(v));
    let mean = |sum: usize, of: usize| sum as f64 / of.max(1) as f64;
    let count = |is: &dyn Fn(&str) -> bool| statement.iter().filter(|w| is(w)).count() as f64;
    let signature = problem.interface.signature();
    let parameters = signature.map_or(&[][..], |s| s.parameters.as_slice());
    let annotated = parameters.iter().filter(|p| p.annotation.is_some());
    let words: std::collections::HashSet<&String> = statement.iter().collect();
    let text = super::lexer::beginning(&problem.statement);
    [
        scaled(tests.len() as f64, TESTS as f64),
        flag(tests.len() == 1),
        scaled(mean(tests.iter().map(Test::weight).sum(), tests.len()), 1e4),
        scaled(
            mean(expected.iter().map(|v| v.weight()).sum(), expected.len()),
            1e4,
        ),
        share(distinct.count(), few.len()),
        expects(|v| matches!(v, Value::Bool(_))),
        expects(|v| matches!(v, Value::None)),
        expects(|v| matches!(v, Value::Int(_) | Value::BigInt(_))),
        expects(|v| matches!(v, Value::Float(_) | Value::Complex(..))),
        expects(|v| matches!(v, Value::Str(_) | Value::Bytes(_))),
        expects(|v| matches!(v, Value::List(_) | Value::Tuple(_))),
        expects(|v| matches!(v, Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_))),
        share(
            (tests.iter())
                .filter(|t| matches!(t, Test::Assert { .. }))
                .count(),
            tests.len(),
        ),
        flag(problem.interface == Interface::Stdin),
        scaled(parameters.len() as f64, 8.0),
        share(annotated.count(), parameters.len()),
        flag(problem.checker == Checker::Exact),
        scaled(statement.len() as f64, 1000.0),
        share(words.len(), statement.len()),
        scaled(count(&|w| CONDITIONS.contains(&w)), 30.0),
        scaled(
            count(&|w| w.bytes().all(|b| b.is_ascii_digit() || b == b'#')),
            100.0,
        ),
        scaled(text.matches(">>>").count() as f64, 10.0),
    ]
}
