//! One row of HumanEval.
//!
//! Chen et al. 2021, "Evaluating Large Language Models Trained on Code": a prompt that ends
//! in the header and docstring of the function to write, and a `check(candidate)`.

use cogitree_engine::{Checker, Interface, Limits, Problem, Test};
use serde::Deserialize;

use super::docstring;
use super::python::{self, Assertion, Bound};
use super::validate::{self, Placed};
use super::{Fault, LoadedProblem, Place, ProblemError, Warning};

/// The fields that are read. `canonical_solution` is not one of them.
#[derive(Deserialize)]
pub(super) struct Row {
    prompt: String,
    entry_point: String,
    test: String,
    #[serde(default)]
    visible_tests: Option<Vec<String>>,
}

/// The problem of a row. Visible are its `visible_tests`, or else the examples of the
/// docstring; hidden is its `check`.
pub(super) fn load(row: Row, id: String, place: &Place) -> Result<LoadedProblem, ProblemError> {
    let invalid = |field: &str, why: String, remedy: &str| -> ProblemError {
        Fault::Invalid {
            place: place.clone(),
            field: field.to_owned(),
            why,
            remedy: remedy.to_owned(),
        }
        .into()
    };
    let prompt = row.prompt.replace("\r\n", "\n");
    let prompt = python::from_prompt(&prompt, &row.entry_point)
        .map_err(|e| {
            let why = format!("is not Python: line {}: {}", e.line, e.why);
            invalid(
                "`prompt`",
                why,
                "It ends in the header and docstring of a function",
            )
        })?
        .map_err(|functions| {
            let why = format!("is `{}`, which the prompt does not define", row.entry_point);
            let names: Vec<String> = functions.iter().map(|f| format!("`{f}`")).collect();
            let remedy = match names.as_slice() {
                [] => "The prompt defines no function".to_owned(),
                _ => format!("The prompt defines {}", names.join(", ")),
            };
            invalid("`entry_point`", why, &remedy)
        })?;
    if !python::mentions(&row.test, "check") {
        let why = "does not define `check(candidate)`".to_owned();
        return Err(invalid(
            "`test`",
            why,
            "It is the code that judges a solution",
        ));
    }

    let mut warnings = Vec::new();
    let signature = prompt.signature;
    let visible = match row.visible_tests.filter(|t| !t.is_empty()) {
        Some(tests) => tests
            .iter()
            .filter_map(|source| match visible(source, &signature) {
                Ok(test) => Some(test),
                Err(why) => {
                    warnings.push(Warning {
                        place: place.clone(),
                        text: format!("a visible test of `{id}` is left out: {why}"),
                    });
                    None
                }
            })
            .collect(),
        None => docstring::examples(&prompt.docstring, &signature)
            .into_iter()
            .filter_map(|(call, expected)| match python::bind(&signature, call) {
                Ok(Bound::Args(args)) => Some(Test::Call {
                    args,
                    expected: Some(expected),
                }),
                _ => None,
            })
            .collect::<Vec<Test>>(),
    };
    if visible.is_empty() {
        return Err(Fault::NoTests {
            place: place.clone(),
            remedy: "The docstring shows no example that can be read: add a list \
                     `visible_tests` of asserts to the row"
                .to_owned(),
        }
        .into());
    }
    let visible = place_all(visible, "visible test", place);
    let hidden = vec![Placed {
        test: Test::Assert {
            code: format!("{}\n\ncheck({})\n", row.test.trim_end(), row.entry_point),
        },
        name: "the check".to_owned(),
        place: place.clone(),
    }];
    let (tests, hidden) = validate::tests(visible, hidden, &Checker::Exact, &mut warnings)?;
    let statement = match prompt.docstring.as_str() {
        "" => format!("Write `{}`.", signature.name),
        text => text.to_owned(),
    };
    Ok(LoadedProblem {
        problem: Problem {
            id,
            statement,
            interface: Interface::Function(signature),
            tests,
            checker: Checker::Exact,
            limits: Limits::default(),
        },
        hidden: Some(hidden.into()),
        warnings,
        difficulty: None,
        note: None,
    })
}

/// A visible assert. One that is no plain call of this function stays code.
fn visible(source: &str, signature: &cogitree_engine::Signature) -> Result<Test, String> {
    let code = source.trim().to_owned();
    let assertion = python::read_assert(&code).map_err(|e| e.why)?;
    if let Assertion::Equal(call, expected) = assertion
        && call.function == signature.name
        && let Bound::Args(args) = python::bind(signature, call)?
    {
        return Ok(Test::Call {
            args,
            expected: Some(expected),
        });
    }
    Ok(Test::Assert { code })
}

/// Gives each test of a row a name; they all stand on its line.
pub(super) fn place_all(tests: Vec<Test>, name: &str, place: &Place) -> Vec<Placed> {
    tests
        .into_iter()
        .enumerate()
        .map(|(i, test)| Placed {
            test,
            name: format!("{name} {}", i + 1),
            place: place.clone(),
        })
        .collect()
}
