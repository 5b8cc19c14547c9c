//! How close a wrong answer is to the right one.

use cogitree_engine::{State, Test, ValueError, ValueModel};

use super::language::object::Object;

/// A value model that gives partial credit: for each visible test how close the actual
/// result is to the expected one, in [0, 1], and the mean of that.
///
/// Closeness looks at the type, the length, shared elements and their order, and numeric
/// distance. A result that equals the expected one counts 1, none at all (a crash) 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closeness;

impl ValueModel for Closeness {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        Ok(states.iter().map(estimate).collect())
    }
}

fn estimate(state: &State<'_>) -> f64 {
    let tests = &state.chain.problem.tests;
    let reports = &state.outcome.report.tests;
    if tests.is_empty() {
        return 0.0;
    }
    let sum: f64 = tests
        .iter()
        .zip(reports)
        .map(|(test, report)| {
            if report.verdict.passed() {
                return 1.0;
            }
            let near = match (test, &report.actual) {
                (
                    Test::Call {
                        expected: Some(e), ..
                    },
                    Some(a),
                ) => match (Object::from_value(a), Object::from_value(e)) {
                    (Some(a), Some(e)) => objects(&a, &e),
                    _ => 0.0,
                },
                (
                    Test::Stdio {
                        expected: Some(e), ..
                    },
                    _,
                ) => objects(
                    &Object::str(report.stdout.trim_end()),
                    &Object::str(e.trim_end()),
                ),
                _ => 0.0,
            };
            // Close is not right.
            0.9 * near
        })
        .sum();
    (sum / tests.len() as f64).clamp(0.0, 1.0)
}

/// How close one value is to another, in [0, 1].
pub(crate) fn objects(a: &Object, b: &Object) -> f64 {
    if a.same(b) {
        return 1.0;
    }
    if let (Ok(x), Ok(y)) = (a.float(), b.float()) {
        if matches!(a, Object::Bool(_)) || matches!(b, Object::Bool(_)) {
            return 0.1;
        }
        let scale = 1.0 + x.abs().max(y.abs());
        return 0.1 + 0.5 * (1.0 - ((x - y).abs() / scale).min(1.0));
    }
    match (sequence(a), sequence(b)) {
        (Some(x), Some(y)) => {
            let kind = if a.type_name() == b.type_name() {
                0.2
            } else {
                0.1
            };
            kind + 0.7 * similarity(&x, &y)
        }
        _ if a.type_name() == b.type_name() => 0.1,
        _ => 0.0,
    }
}

fn sequence(o: &Object) -> Option<Vec<Object>> {
    Some(match o {
        Object::Str(s) => s
            .chars()
            .map(super::language::evaluator::character)
            .collect(),
        Object::List(l) => l.borrow().clone(),
        Object::Tuple(t) => t.to_vec(),
        Object::Set(t) => t.borrow().keys().map(|k| k.0.clone()).collect(),
        Object::Dict(d) => d
            .borrow()
            .table
            .iter()
            .map(|(k, v)| Object::tuple(vec![k.0.clone(), v.clone()]))
            .collect(),
        _ => return None,
    })
}

/// Shared elements, common beginning and end, and length, in [0, 1].
fn similarity(x: &[Object], y: &[Object]) -> f64 {
    let (x, y) = (&x[..x.len().min(64)], &y[..y.len().min(64)]);
    let longer = x.len().max(y.len()).max(1) as f64;
    let shorter = x.len().min(y.len()) as f64;
    let mut left: Vec<&Object> = y.iter().collect();
    let mut shared = 0.0;
    for a in x {
        if let Some(i) = left.iter().position(|b| b.same(a)) {
            left.swap_remove(i);
            shared += 1.0;
        }
    }
    let head = x.iter().zip(y).take_while(|(a, b)| a.same(b)).count();
    let tail = x
        .iter()
        .rev()
        .zip(y.iter().rev())
        .take_while(|(a, b)| a.same(b))
        .count();
    let ordered = (head + tail).min(x.len()).min(y.len()) as f64;
    0.5 * shared / longer + 0.3 * ordered / longer + 0.2 * shorter / longer
}
