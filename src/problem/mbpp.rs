//! One row of MBPP.
//!
//! Austin et al. 2021, "Program Synthesis with Large Language Models": a sentence, and a
//! list of asserts of which the first is shown here and the rest judge. The function's name
//! and arity are those of the first assert; its parameters have no names of their own.

use cogitree_engine::{Checker, Interface, Limits, Parameter, Problem, Signature, Test};
use serde::Deserialize;

use super::human_eval::place_all;
use super::python::{self, Assertion, Bound, Called, Close};
use super::validate;
use super::{Fault, LoadedProblem, Place, ProblemError};

/// The fields that are read, of the full set (`text`) and the sanitized one (`prompt`).
/// `code` is not one of them, nor is `challenge_test_list`, which the benchmark's own
/// figures leave out.
#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(alias = "prompt")]
    text: String,
    test_list: Vec<String>,
    #[serde(default)]
    test_setup_code: String,
    #[serde(default)]
    test_imports: Vec<String>,
}

/// The problem of a row: the first assert is visible, the others are hidden.
pub(super) fn load(row: Row, id: String, place: &Place) -> Result<LoadedProblem, ProblemError> {
    let setup = setup(&row);
    let asserts: Vec<String> = row
        .test_list
        .iter()
        .map(|t| t.trim().replace("\r\n", "\n"))
        .collect();
    let Some((first, rest)) = asserts.split_first() else {
        return Err(Fault::NoTests {
            place: place.clone(),
            remedy: "Add asserts to `test_list`".to_owned(),
        }
        .into());
    };
    let called = python::called_function(first, &python::definitions(&setup))
        .map_err(|e| format!("is not Python: {}", e.why))
        .and_then(|called| called.ok_or_else(|| "calls no function to write".to_owned()))
        .map_err(|why| -> ProblemError {
            Fault::Invalid {
                place: place.clone(),
                field: "the first assert of `test_list`".to_owned(),
                why,
                remedy: "It shows the function asked for: \"assert f(1) == 2\"".to_owned(),
            }
            .into()
        })?;
    let signature = signature(&called);

    let checker = common_tolerance(&asserts);
    let test = |source: &String| test(source, &signature, &setup, &checker);
    let visible = place_all(vec![test(first)], "assert", place);
    let mut hidden = place_all(rest.iter().map(test).collect(), "assert", place);
    for (i, t) in hidden.iter_mut().enumerate() {
        t.name = format!("assert {}", i + 2);
    }
    let mut warnings = Vec::new();
    let (tests, hidden) = validate::tests(visible, hidden, &checker, &mut warnings)?;
    Ok(LoadedProblem {
        problem: Problem {
            id,
            statement: row.text.trim().replace("\r\n", "\n"),
            interface: Interface::Function(signature),
            tests,
            checker,
            limits: Limits::default(),
        },
        hidden: (!hidden.is_empty()).then(|| hidden.into()),
        warnings,
        difficulty: None,
        note: None,
    })
}

/// What must run before the asserts.
fn setup(row: &Row) -> String {
    let mut code = String::new();
    for part in row.test_imports.iter().chain([&row.test_setup_code]) {
        let part = part.trim().replace("\r\n", "\n");
        if !part.is_empty() {
            code.push_str(&part);
            code.push('\n');
        }
    }
    code
}

/// A signature from a call alone: `a, b, c, …`, and the names of keywords.
fn signature(called: &Called) -> Signature {
    let positional = (0..called.positional).map(|i| match u8::try_from(i) {
        Ok(i) if i < 26 => char::from(b'a' + i).to_string(),
        _ => format!("a{i}"),
    });
    let names = positional.chain(called.keywords.iter().cloned());
    Signature::new(&called.function, names.map(Parameter::new))
}

/// Where every assert is of the form `abs(f(x) - y) < t` with one t, or `isclose` with the
/// same tolerances, that is the checker; else asserts of that form stay code.
fn common_tolerance(asserts: &[String]) -> Checker {
    let close = |source: &String| -> Option<Close> {
        match python::read_assert(source) {
            Ok(Assertion::Near(_, _, close)) => Some(close),
            _ => None,
        }
    };
    let all: Option<Vec<Close>> = asserts.iter().map(close).collect();
    match all.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|c| c == first) => Checker::Tolerance {
            absolute: first.absolute,
            relative: first.relative,
        },
        _ => Checker::Exact,
    }
}

/// One assert. What is no plain call that fits the signature stays code, behind the setup.
fn test(source: &str, signature: &Signature, setup: &str, checker: &Checker) -> Test {
    let plain = match python::read_assert(source) {
        Ok(Assertion::Equal(call, expected)) => Some((call, expected)),
        Ok(Assertion::Near(call, expected, _)) if *checker != Checker::Exact => {
            Some((call, expected))
        }
        _ => None,
    };
    if let Some((call, expected)) = plain
        && call.function == signature.name
        && let Ok(Bound::Args(args)) = python::bind(signature, call)
    {
        return Test::Call {
            args,
            expected: Some(expected),
        };
    }
    Test::Assert {
        code: format!("{setup}{source}\n"),
    }
}
