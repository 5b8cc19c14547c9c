//! Is an answer right? Decided here, in Rust, on plain data: never by code that the program under
//! test could have touched.

use std::borrow::Cow;

use cogitree_engine::{Checker, Value};

/// Whether `actual` counts as the `expected` value.
pub(crate) fn accepts(checker: &Checker, actual: &Value, expected: &Value) -> bool {
    if let (Checker::Exact, Some(a), Some(e)) = (checker, large(actual), large(expected)) {
        return a == e;
    }
    match checker {
        Checker::Tolerance { absolute, relative } => within(actual, expected, *absolute, *relative),
        Checker::Unordered => same_unordered(actual, expected),
        Checker::Tokens | Checker::Lines => match (actual, expected) {
            (Value::Str(a), Value::Str(e)) => accepts_text(checker, a, e),
            _ => actual.same(expected),
        },
        _ => actual.same(expected),
    }
}

/// What is compared without order is not compared entry by entry where it has more of them, which
/// would take a time quadratic in a number that the program under test may decide.
const LARGE: usize = 200;

/// The entries of a large set or dictionary in an order of their own; equal exactly when
/// [`Value::same`] says that the two are. `None` for any other value.
fn large(value: &Value) -> Option<Vec<String>> {
    let mut entries: Vec<String> = match value {
        Value::Set(v) | Value::FrozenSet(v) if v.len() > LARGE => v.iter().map(key).collect(),
        Value::Dict(d) if d.len() > LARGE => {
            d.iter().map(|(k, v)| key(k) + ":" + &key(v)).collect()
        }
        _ => return None,
    };
    entries.sort_unstable();
    Some(entries)
}

/// A text that two values share exactly when they are the same.
fn key(value: &Value) -> String {
    let all = |v: &[Value]| v.iter().map(key).collect::<Vec<_>>();
    match value {
        Value::Bool(b) => u8::from(*b).to_string(),
        // Nothing is the same as these.
        Value::Opaque { .. } => format!("{value:p}"),
        Value::Float(f) if f.is_nan() => format!("{value:p}"),
        Value::Float(f) => integral(*f).unwrap_or_else(|| value.to_string()),
        Value::Complex(re, im) if *im == 0.0 => key(&Value::Float(*re)),
        Value::List(v) => format!("[{}]", all(v).join(",")),
        Value::Tuple(v) => format!("({})", all(v).join(",")),
        Value::Set(v) | Value::FrozenSet(v) => {
            let mut entries = all(v);
            entries.sort_unstable();
            format!("{{{}}}", entries.join(","))
        }
        Value::Dict(d) => {
            let mut entries: Vec<String> = d.iter().map(|(k, v)| key(k) + ":" + &key(v)).collect();
            entries.sort_unstable();
            format!("d{{{}}}", entries.join(","))
        }
        other => other.to_string(),
    }
}

/// The decimal text of a float that is an integer.
fn integral(f: f64) -> Option<String> {
    use num_traits::FromPrimitive;
    let whole = f.is_finite() && f.fract() == 0.0;
    whole
        .then(|| num_bigint::BigInt::from_f64(f))
        .flatten()
        .map(|i| i.to_string())
}

/// Whether the text `actual` counts as the `expected` one.
pub(crate) fn accepts_text(checker: &Checker, actual: &str, expected: &str) -> bool {
    match checker {
        Checker::Tokens => actual.split_whitespace().eq(expected.split_whitespace()),
        Checker::Lines => {
            let lines = |text| str::lines(text).map(str::trim);
            lines(actual.trim()).eq(lines(expected.trim()))
        }
        Checker::Tolerance { absolute, relative } => {
            let (mut a, mut e) = (actual.split_whitespace(), expected.split_whitespace());
            loop {
                match (a.next(), e.next()) {
                    (None, None) => return true,
                    (Some(a), Some(e)) if a == e => {}
                    (Some(a), Some(e)) => match (a.parse(), e.parse()) {
                        (Ok(a), Ok(e)) if close(a, e, *absolute, *relative) => {}
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
    if a.len() > LARGE {
        let sorted = |values: &[Value]| {
            let mut keys: Vec<String> = values.iter().map(key).collect();
            keys.sort_unstable();
            keys
        };
        return sorted(a) == sorted(e);
    }
    let mut left: Vec<Cow<'_, Value>> = e.iter().map(Cow::Borrowed).collect();
    a.iter().all(|x| {
        left.iter()
            .position(|y| x.same(y))
            .map(|i| left.swap_remove(i))
            .is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOLERANT: Checker = Checker::Tolerance {
        absolute: 1e-6,
        relative: 1e-9,
    };

    fn float(f: f64) -> Value {
        Value::Float(f)
    }
    fn int(i: i64) -> Value {
        Value::Int(i)
    }
    fn list(v: &[i64]) -> Value {
        Value::List(v.iter().map(|&i| int(i)).collect())
    }

    #[test]
    fn tolerance_is_for_floats() {
        for (a, e, right) in [
            (float(0.1 + 0.2), float(0.3), true),
            (float(1e-7), int(0), true),
            (int(0), float(1e-7), true),
            (int(3), int(4), false),
            (float(f64::NAN), float(f64::NAN), false),
            (float(f64::INFINITY), float(f64::INFINITY), true),
            (float(f64::INFINITY), float(1.0), false),
            (float(1.0), float(f64::INFINITY), false),
            (float(1.0), Value::Str("1".into()), false),
            (float(1.0), Value::None, false),
            (float(1e12), float(1e12 + 100.0), true),
            (float(1e12), float(1e12 + 10_000.0), false),
        ] {
            assert_eq!(accepts(&TOLERANT, &a, &e), right, "{a} for {e}");
            let nested = |v: Value| Value::Dict(vec![(int(1), Value::List(vec![v]))]);
            assert_eq!(accepts(&TOLERANT, &nested(a), &nested(e)), right);
        }
    }

    #[test]
    fn texts_forgive_white_space_as_the_checker_says() {
        use Checker::{Exact, Lines, Tokens, Unordered};
        for (checker, a, e, right) in [
            (Exact, "a \nb\n\n", "a\nb", true),
            (Exact, "a\r\nb\r\n", "a\nb\n", true),
            (Exact, " a", "a", false),
            (Exact, "a\n\nb", "a\nb", false),
            (Tokens, " a\n\nb ", "a b", true),
            (Tokens, "ab", "a b", false),
            (Lines, "\n  a \n b\n\n", "a\nb", true),
            (Lines, "a\n\nb", "a\nb", false),
            (Lines, "a b", "a\nb", false),
            (Lines, "a  b", "a b", false),
            (Unordered, "b\na\n", "a\nb\n", true),
            (Unordered, "b\nb\n", "a\nb\n", false),
            (TOLERANT, "0.3000000001 x", "0.3 x", true),
            (TOLERANT, "0.31", "0.3", false),
            (TOLERANT, "nan", "0.3", false),
            (TOLERANT, "NaN", "nan", false),
            (TOLERANT, "inf", "Infinity", true),
            (TOLERANT, "inf", "1e308", false),
            (TOLERANT, "-inf", "inf", false),
            (TOLERANT, "1 2", "1", false),
        ] {
            assert_eq!(accepts_text(&checker, a, e), right, "{a:?} for {e:?}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::None),
            any::<bool>().prop_map(Value::Bool),
            (-2i64..3).prop_map(Value::Int),
            (-2i64..3).prop_map(|i| Value::Float(i as f64 / 2.0)),
            "[ab:,]{0,2}".prop_map(Value::Str),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let many = proptest::collection::vec(inner.clone(), 0..3);
            prop_oneof![
                many.clone().prop_map(Value::List),
                many.clone().prop_map(Value::Tuple),
                many.prop_map(|mut v| {
                    v.dedup_by(|a, b| a.same(b));
                    Value::Set(v)
                }),
                (inner.clone(), inner).prop_map(|(k, v)| Value::Dict(vec![(k, v)])),
            ]
        })
    }

    proptest! {
        #[test]
        fn exact_is_reflexive_and_symmetric(a in value(), b in value()) {
            prop_assert!(accepts(&Checker::Exact, &a, &a));
            prop_assert!(accepts(&TOLERANT, &a, &a));
            prop_assert_eq!(accepts(&Checker::Exact, &a, &b), accepts(&Checker::Exact, &b, &a));
        }

        /// What is exactly right is right for every checker.
        #[test]
        fn exact_is_the_strictest(a in value(), b in value()) {
            if accepts(&Checker::Exact, &a, &b) {
                prop_assert!(accepts(&TOLERANT, &a, &b) && accepts(&Checker::Unordered, &a, &b));
            }
        }

        #[test]
        fn order_does_not_matter_unordered(mut v in proptest::collection::vec(-3i64..3, 0..8)) {
            let a = list(&v);
            v.reverse();
            prop_assert!(accepts(&Checker::Unordered, &a, &list(&v)));
            v.push(9);
            prop_assert!(!accepts(&Checker::Unordered, &a, &list(&v)));
        }

        #[test]
        fn keys_are_equal_exactly_when_values_are_the_same(a in value(), b in value()) {
            prop_assert_eq!(key(&a) == key(&b), a.same(&b), "{} {}", a, b);
        }
    }

    #[test]
    fn large_values_are_compared_in_good_time() {
        let set = |n: i64| Value::Set((0..n).map(int).collect());
        let floats = Value::Set((0..100_000).rev().map(|i| float(i as f64)).collect());
        assert!(accepts(&Checker::Exact, &set(100_000), &floats));
        assert!(!accepts(&Checker::Exact, &set(100_000), &set(100_001)));
        let lists = |n: i64, step: i64| list(&(0..n).map(|i| i * step % n).collect::<Vec<_>>());
        assert!(accepts(
            &Checker::Unordered,
            &lists(100_000, 7),
            &lists(100_000, 1)
        ));
        assert!(!accepts(
            &Checker::Unordered,
            &lists(100_000, 2),
            &lists(100_000, 1)
        ));
    }
}
