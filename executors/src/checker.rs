//! Is an answer right? Decided here, in Rust, on plain data: never by code that the program under
//! test could have touched.

use std::borrow::Cow;

use cogitree_engine::{Checker, Value};

/// Whether `actual` counts as the `expected` value.
pub(crate) fn accepts(checker: Checker, actual: &Value, expected: &Value) -> bool {
    match checker {
        Checker::Tolerance { absolute, relative } => within(actual, expected, absolute, relative),
        Checker::Unordered => same_unordered(actual, expected),
        _ => actual.same(expected),
    }
}

/// Whether the text `actual` counts as the `expected` one.
pub(crate) fn accepts_text(checker: Checker, actual: &str, expected: &str) -> bool {
    match checker {
        Checker::Tokens => actual.split_whitespace().eq(expected.split_whitespace()),
        Checker::Tolerance { absolute, relative } => {
            let (mut a, mut e) = (actual.split_whitespace(), expected.split_whitespace());
            loop {
                match (a.next(), e.next()) {
                    (None, None) => return true,
                    (Some(a), Some(e)) if a == e => {}
                    (Some(a), Some(e)) => match (a.parse(), e.parse()) {
                        (Ok(a), Ok(e)) if close(a, e, absolute, relative) => {}
                        _ => return false,
                    },
                    _ => return false,
                }
            }
        }
        Checker::Unordered => {
            let sorted = |text| {
                let mut lines: Vec<&str> = trimmed_lines(text);
                lines.sort_unstable();
                lines
            };
            sorted(actual) == sorted(expected)
        }
        _ => trimmed_lines(actual) == trimmed_lines(expected),
    }
}

/// The lines without white space at their ends, and without blank lines at the end.
fn trimmed_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

fn close(actual: f64, expected: f64, absolute: f64, relative: f64) -> bool {
    // Infinities of one sign are equal; their difference is NaN and would not be.
    actual == expected
        || (actual.is_finite()
            && expected.is_finite()
            && (actual - expected).abs() <= absolute.max(relative * expected.abs()))
}

fn within(actual: &Value, expected: &Value, absolute: f64, relative: f64) -> bool {
    use Value::{Complex, Dict, Float, List, Tuple};
    let all = |a: &[Value], e: &[Value]| {
        a.len() == e.len()
            && a.iter()
                .zip(e)
                .all(|(x, y)| within(x, y, absolute, relative))
    };
    match (actual, expected) {
        (List(a), List(e)) | (Tuple(a), Tuple(e)) => all(a, e),
        (Dict(a), Dict(e)) => {
            a.len() == e.len()
                && e.iter().all(|(k, v)| {
                    a.iter()
                        .any(|(l, w)| l.same(k) && within(w, v, absolute, relative))
                })
        }
        (Complex(a, b), Complex(c, d)) => {
            close(*a, *c, absolute, relative) && close(*b, *d, absolute, relative)
        }
        // Only floats are rounded: integers stay exact unless compared with a float.
        (Float(_), e) | (e, Float(_)) => match (actual.as_f64(), expected.as_f64()) {
            (Some(a), Some(b)) => close(a, b, absolute, relative),
            _ => actual.same(e) && expected.same(actual),
        },
        _ => actual.same(expected),
    }
}

fn same_unordered(actual: &Value, expected: &Value) -> bool {
    use Value::{List, Tuple};
    let ((List(a), List(e)) | (Tuple(a), Tuple(e))) = (actual, expected) else {
        return actual.same(expected);
    };
    if a.len() != e.len() {
        return false;
    }
    let mut left: Vec<Cow<'_, Value>> = e.iter().map(Cow::Borrowed).collect();
    a.iter().all(|x| {
        left.iter()
            .position(|y| x.same(y))
            .map(|i| left.swap_remove(i))
            .is_some()
    })
}
