//! How an actual result differs from the expected one, described.

use cogitree_engine::{Difference, Value};

/// Differences are sought among so many elements at most; finding them is quadratic.
const MANY: usize = 400;

/// So many missing or extra elements are named.
const NAMED: usize = 8;

/// The differences between two values that are not equal, most specific first. Empty when they are
/// equal, else never empty.
pub(crate) fn between(actual: &Value, expected: &Value) -> Vec<Difference> {
    if actual.same(expected) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if is_empty(actual) && !is_empty(expected) {
        found.push(Difference::Empty);
    }
    match (actual, expected) {
        (Value::Bool(_), Value::Bool(_)) => found.push(Difference::Negated),
        (Value::Str(a), Value::Str(e)) => strings(a, e, &mut found),
        (Value::Dict(a), Value::Dict(e)) => dictionaries(a, e, &mut found),
        _ => {
            if let (Some(a), Some(e)) = (number(actual), number(expected)) {
                numbers(a, e, &mut found);
            } else if let (Some(a), Some(e)) = (actual.items(), expected.items()) {
                if is_set(actual) || is_set(expected) {
                    membership(a, e, &mut found);
                } else {
                    sequences(a, e, &mut found);
                }
            }
        }
    }
    if actual.type_name() != expected.type_name() {
        found.push(Difference::Type {
            actual: actual.type_name().into(),
            expected: expected.type_name().into(),
        });
    }
    if found.is_empty() {
        found.push(Difference::Other);
    }
    found
}

/// The differences between two printed texts: as numbers where both are, else by lines.
pub(crate) fn between_texts(actual: &str, expected: &str) -> Vec<Difference> {
    let (a, e) = (actual.trim_end(), expected.trim_end());
    let mut found = Vec::new();
    if a.trim().is_empty() && !e.is_empty() {
        return vec![Difference::Empty];
    }
    if let (Ok(x), Ok(y)) = (a.trim().parse(), e.trim().parse()) {
        numbers(x, y, &mut found);
    } else if e.contains('\n') {
        let lines = |t: &str| -> Vec<Value> { t.lines().map(|l| Value::Str(l.into())).collect() };
        text_shape(a, e, &mut found);
        sequences(&lines(a), &lines(e), &mut found);
    } else {
        strings(a, e, &mut found);
    }
    if found.is_empty() {
        found.push(Difference::Other);
    }
    found
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Str(s) => s.is_empty(),
        Value::Bytes(b) => b.is_empty(),
        Value::Dict(d) => d.is_empty(),
        v => v.items().is_some_and(<[Value]>::is_empty),
    }
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::Set(_) | Value::FrozenSet(_))
}

/// Numbers proper: a truth value where a number is expected is a difference of type.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => value.as_f64(),
        _ => None,
    }
}

fn numbers(a: f64, e: f64, found: &mut Vec<Difference>) {
    if !a.is_finite() || !e.is_finite() {
        return;
    }
    if a == -e {
        found.push(Difference::Sign);
    }
    if rounded(a, e) {
        found.push(Difference::Rounding);
    }
    let off = e - a;
    if off != 0.0 {
        found.push(Difference::OffBy(off));
    }
}

/// Whether one of the numbers is the other, rounded to some decimals or cut to an integer.
fn rounded(a: f64, e: f64) -> bool {
    if a == e || (a.fract() == 0.0 && e.fract() == 0.0) {
        return false;
    }
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * y.abs().max(1.0);
    let to = |x: f64, decimals: i32| {
        let scale = 10f64.powi(decimals);
        (x * scale).round() / scale
    };
    (a - e).abs() <= 1e-6 * e.abs().max(1.0)
        || close(a.floor(), e)
        || close(a.ceil(), e)
        || close(e.floor(), a)
        || close(e.ceil(), a)
        || (0..=6).any(|d| close(to(a, d), e) || close(to(e, d), a))
}

/// Differences of white space and case.
fn text_shape(a: &str, e: &str, found: &mut Vec<Difference>) {
    let squeezed = |t: &str| t.split_whitespace().collect::<String>();
    if a.to_lowercase() == e.to_lowercase() {
        found.push(Difference::Case);
    } else if squeezed(a) == squeezed(e) {
        found.push(Difference::Whitespace);
    }
}

fn strings(a: &str, e: &str, found: &mut Vec<Difference>) {
    text_shape(a, e, found);
    let chars = |t: &str| -> Vec<Value> { t.chars().map(|c| Value::Str(c.to_string())).collect() };
    sequences(&chars(a), &chars(e), found);
}

fn sequences(a: &[Value], e: &[Value], found: &mut Vec<Difference>) {
    let same = |(x, y): (&Value, &Value)| x.same(y);
    if a.len() == e.len() && a.iter().zip(e).all(same) {
        return; // equal elements in sequences of different types
    }
    if a.len() == e.len() && a.iter().rev().zip(e).all(same) {
        found.push(Difference::Reversed);
    }
    if !a.is_empty() && a.len() < e.len() && a.iter().zip(e).all(same) {
        found.push(Difference::Prefix);
    }
    let first = a.iter().zip(e).position(|(x, y)| !x.same(y));
    match unmatched(a, e) {
        Some((missing, extra)) if missing.is_empty() && extra.is_empty() => {
            found.push(Difference::Permuted);
        }
        Some((missing, extra)) if a.len() != e.len() => name(missing, extra, found),
        Some((missing, extra)) => {
            found.extend(first.map(|first| Difference::Elements { first }));
            name(missing, extra, found);
        }
        None if a.len() == e.len() => {
            found.extend(first.map(|first| Difference::Elements { first }));
        }
        None => {}
    }
}

fn membership(a: &[Value], e: &[Value], found: &mut Vec<Difference>) {
    if let Some((missing, extra)) = unmatched(a, e) {
        name(missing, extra, found);
    }
}

fn dictionaries(a: &[(Value, Value)], e: &[(Value, Value)], found: &mut Vec<Difference>) {
    let keys = |d: &[(Value, Value)]| -> Vec<Value> { d.iter().map(|(k, _)| k.clone()).collect() };
    if a.len().max(e.len()) > MANY {
        return;
    }
    membership(&keys(a), &keys(e), found);
    let differs = |(k, v): &(Value, Value)| a.iter().any(|(l, w)| l.same(k) && !w.same(v));
    if let Some(first) = e.iter().position(differs) {
        found.push(Difference::Elements { first });
    }
}

fn name(missing: Vec<Value>, extra: Vec<Value>, found: &mut Vec<Difference>) {
    let some = |v: Vec<Value>| v.into_iter().take(NAMED).collect::<Vec<_>>();
    if !missing.is_empty() {
        found.push(Difference::Missing(some(missing)));
    }
    if !extra.is_empty() {
        found.push(Difference::Extra(some(extra)));
    }
}

/// The elements of `e` that `a` lacks, and those of `a` that `e` lacks, each counted. `None` when
/// there are too many to look.
fn unmatched(a: &[Value], e: &[Value]) -> Option<(Vec<Value>, Vec<Value>)> {
    if a.len().max(e.len()) > MANY {
        return None;
    }
    let mut extra: Vec<&Value> = a.iter().collect();
    let mut missing = Vec::new();
    for x in e {
        match extra.iter().position(|y| y.same(x)) {
            Some(i) => {
                extra.remove(i);
            }
            None => missing.push(x.clone()),
        }
    }
    Some((missing, extra.into_iter().cloned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Difference as D;
    use proptest::prelude::*;

    fn int(i: i64) -> Value {
        Value::Int(i)
    }
    fn text(s: &str) -> Value {
        Value::Str(s.into())
    }
    fn list(v: &[i64]) -> Value {
        Value::List(v.iter().map(|&i| int(i)).collect())
    }

    #[test]
    fn the_most_specific_difference_comes_first() {
        let cases = [
            (int(4), int(5), D::OffBy(1.0)),
            (int(-5), int(5), D::Sign),
            (Value::Float(2.6666), Value::Float(2.67), D::Rounding),
            (Value::Float(2.7), int(2), D::Rounding),
            (Value::Bool(true), Value::Bool(false), D::Negated),
            (Value::None, int(5), D::Empty),
            (list(&[]), list(&[1]), D::Empty),
            (list(&[3, 2, 1]), list(&[1, 2, 3]), D::Reversed),
            (list(&[2, 3, 1]), list(&[1, 2, 3]), D::Permuted),
            (list(&[1, 2]), list(&[1, 2, 3]), D::Prefix),
            (list(&[1, 3]), list(&[1, 2, 3]), D::Missing(vec![int(2)])),
            (list(&[1, 2, 2]), list(&[1, 2]), D::Extra(vec![int(2)])),
            (list(&[1, 2, 4]), list(&[1, 2, 3]), D::Elements { first: 2 }),
            (text("abc"), text("ABC"), D::Case),
            (text("a b"), text("ab"), D::Whitespace),
            (text("cba"), text("abc"), D::Reversed),
            (text("ab"), text("abc"), D::Prefix),
            (
                text("5"),
                int(5),
                D::Type {
                    actual: "str".into(),
                    expected: "int".into(),
                },
            ),
            (
                Value::Tuple(vec![int(1)]),
                list(&[1]),
                D::Type {
                    actual: "tuple".into(),
                    expected: "list".into(),
                },
            ),
            (
                Value::Set(vec![int(1)]),
                Value::Set(vec![int(1), int(2)]),
                D::Missing(vec![int(2)]),
            ),
            (
                Value::Dict(vec![(int(1), int(1))]),
                Value::Dict(vec![(int(1), int(2))]),
                D::Elements { first: 0 },
            ),
            (Value::Bytes(vec![1]), Value::Bytes(vec![2]), D::Other),
        ];
        for (actual, expected, first) in cases {
            let found = between(&actual, &expected);
            assert_eq!(found[0], first, "{actual} for {expected}: {found:?}");
        }
    }

    #[test]
    fn texts_are_compared_as_what_they_look_like() {
        assert_eq!(between_texts("4\n", "5\n")[0], D::OffBy(1.0));
        assert_eq!(between_texts("", "5\n")[0], D::Empty);
        assert_eq!(between_texts("b\na\n", "a\nb\n")[0], D::Reversed);
        assert_eq!(between_texts("a\n", "a\nb\n")[0], D::Prefix);
        assert_eq!(between_texts("YES", "yes")[0], D::Case);
    }

    proptest! {
        /// Whatever differs has at least one description, and equals have none.
        #[test]
        fn differences_are_described_exactly_when_there_are_any(
            a in proptest::collection::vec(-3i64..3, 0..5),
            b in proptest::collection::vec(-3i64..3, 0..5),
        ) {
            prop_assert_eq!(between(&list(&a), &list(&b)).is_empty(), a == b);
            let (a, b) = (format!("{a:?}"), format!("{b:?}"));
            prop_assert_eq!(between(&text(&a), &text(&b)).is_empty(), a == b);
        }
    }
}
