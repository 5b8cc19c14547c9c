//! What every problem must satisfy, whatever file it came from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use cogitree_engine::{Checker, Test, Value};

use super::error::shown;
use super::{Fault, Place, ProblemError, Warning};

/// A test, with what to call it in a message.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) test: Test,
    /// `test 2`, `hidden test 1`.
    pub(super) name: String,
    pub(super) place: Place,
}

/// Refuses an id that could lead a file name astray, or break a line or a terminal.
pub(super) fn id(id: &str, place: &Place, field: &str) -> Result<(), ProblemError> {
    let why = if id.is_empty() {
        "is empty"
    } else if id.len() > 100 {
        "is longer than 100 bytes"
    } else if id
        .split(['/', '\\'])
        .any(|part| part == ".." || part == ".")
    {
        "leads to another folder"
    } else if id.contains(['/', '\\']) {
        "holds a path separator"
    } else if id.chars().any(char::is_control) {
        "holds a control character"
    } else if id.contains([':', '*', '?', '"', '<', '>', '|']) {
        "holds a character that file names cannot"
    } else {
        return Ok(());
    };
    Err(Fault::Invalid {
        place: place.clone(),
        field: field.to_owned(),
        why: format!("is \"{}\", which {why}", shown(id)),
        remedy: "An id is part of file names: use letters, digits, `_`, `-` and `.`".to_owned(),
    }
    .into())
}

/// Checks the tests against one another. Drops repeated ones, with a warning, and refuses
/// those that no program can pass both.
pub(super) fn tests(
    visible: Vec<Placed>,
    hidden: Vec<Placed>,
    checker: &Checker,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Test>, Vec<Test>), ProblemError> {
    let mut seen: HashMap<String, (Placed, bool)> = HashMap::new();
    let mut kept = (Vec::new(), Vec::new());
    let all = visible
        .into_iter()
        .map(|t| (t, false))
        .chain(hidden.into_iter().map(|t| (t, true)));
    for (placed, is_hidden) in all {
        match seen.entry(input(&placed.test)) {
            Entry::Vacant(v) => {
                v.insert((placed.clone(), is_hidden));
            }
            Entry::Occupied(o) => {
                let (earlier, was_hidden) = o.get();
                contradiction(earlier, &placed, checker)?;
                let text = if is_hidden == *was_hidden {
                    format!("{} repeats {} and is left out", placed.name, earlier.name)
                } else {
                    format!(
                        "{} is also visible ({}), so it judges nothing",
                        placed.name, earlier.name
                    )
                };
                warnings.push(Warning {
                    place: placed.place,
                    text,
                });
                if is_hidden == *was_hidden {
                    continue;
                }
            }
        }
        let side = if is_hidden { &mut kept.1 } else { &mut kept.0 };
        side.push(placed.test);
    }
    Ok(kept)
}

/// The same for two tests exactly where they give a program the same input. Arguments that
/// are equal but of different types (`1` and `1.0`) are different inputs.
fn input(test: &Test) -> String {
    match test {
        Test::Call { args, .. } => {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            format!("call {}", args.join(", "))
        }
        Test::Stdio { input, .. } => format!("stdin {input}"),
        Test::Assert { code } => format!("code {code}"),
        _ => format!("{test:?}"),
    }
}

fn contradiction(earlier: &Placed, later: &Placed, checker: &Checker) -> Result<(), ProblemError> {
    let (input, first, second) = match (&earlier.test, &later.test) {
        (
            Test::Call {
                args,
                expected: Some(a),
            },
            Test::Call {
                expected: Some(b), ..
            },
        ) if !agree(a, b, checker) => (
            Value::Tuple(args.clone()).to_string(),
            a.to_string(),
            b.to_string(),
        ),
        (
            Test::Stdio {
                input,
                expected: Some(a),
            },
            Test::Stdio {
                expected: Some(b), ..
            },
        ) if !same_text(a, b, checker) => (
            Value::Str(input.clone()).to_string(),
            Value::Str(a.clone()).to_string(),
            Value::Str(b.clone()).to_string(),
        ),
        _ => return Ok(()),
    };
    Err(Fault::Contradiction {
        place: later.place.clone(),
        field: later.name.clone(),
        earlier: earlier.name.clone(),
        earlier_line: earlier.place.line,
        input: shown(&input),
        first: shown(&first),
        second: shown(&second),
    }
    .into())
}

/// True where some answer could count as right for both. Errs on the side of true: it only
/// decides whether two tests are called a contradiction.
fn agree(a: &Value, b: &Value, checker: &Checker) -> bool {
    // NaN differs from itself, yet both tests say the same.
    if a.same(b) || a.to_string() == b.to_string() {
        return true;
    }
    match (checker, a, b) {
        (Checker::Tolerance { .. }, _, _) => near(a, b, checker),
        (
            Checker::Unordered,
            Value::List(x) | Value::Tuple(x),
            Value::List(y) | Value::Tuple(y),
        ) => x.len() == y.len() && x.iter().all(|v| y.iter().any(|w| v.same(w))),
        (Checker::Program { .. }, _, _) => true,
        (Checker::Tokens | Checker::Lines, Value::Str(x), Value::Str(y)) => {
            same_text(x, y, checker)
        }
        _ => false,
    }
}

/// An answer between two numbers can be within tolerance of both.
fn near(a: &Value, b: &Value, checker: &Checker) -> bool {
    let Checker::Tolerance { absolute, relative } = checker else {
        return false;
    };
    match (a, b) {
        (Value::Dict(x), Value::Dict(y)) => x.len() == y.len(),
        _ => match (a.items(), b.items(), a.as_f64(), b.as_f64()) {
            (Some(x), Some(y), _, _) => {
                x.len() == y.len()
                    && x.iter()
                        .zip(y)
                        .all(|(v, w)| v.same(w) || near(v, w, checker))
            }
            (_, _, Some(x), Some(y)) => {
                (x - y).abs() <= 2.0 * absolute.max(relative * x.abs().max(y.abs()))
            }
            _ => false,
        },
    }
}

fn same_text(a: &str, b: &str, checker: &Checker) -> bool {
    let lines = |t: &str| -> Vec<String> {
        t.trim_end()
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect()
    };
    match checker {
        Checker::Exact => lines(a) == lines(b),
        Checker::Lines => a
            .trim()
            .lines()
            .map(str::trim)
            .eq(b.trim().lines().map(str::trim)),
        Checker::Program { .. } => true,
        Checker::Tokens => a.split_whitespace().eq(b.split_whitespace()),
        Checker::Unordered => {
            let (mut a, mut b) = (lines(a), lines(b));
            a.sort_unstable();
            b.sort_unstable();
            a == b
        }
        // Numbers within text may differ.
        _ => a.split_whitespace().count() == b.split_whitespace().count(),
    }
}
