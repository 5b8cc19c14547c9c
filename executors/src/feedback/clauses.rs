//! Described differences in words.

use cogitree_engine::{Difference, Value};

use super::text::{VALUE, shown, visible};

/// The first difference, and another one if that says more.
pub(super) fn telling(differences: &[Difference]) -> Vec<&Difference> {
    use Difference::{Elements, Empty, Extra, Missing, Prefix, Type};
    let Some((first, rest)) = differences.split_first() else {
        return Vec::new();
    };
    let mut told = vec![first];
    told.extend(rest.iter().find(|d| match (first, d) {
        (Empty, _) => false,
        (_, Type { .. }) | (Prefix, Missing(_)) => true,
        (Missing(_), Extra(_)) | (Missing(_) | Extra(_), Elements { .. }) => true,
        _ => false,
    }));
    told
}

/// A difference in words, about the actual result. `None` for what the values say by themselves.
pub(super) fn clause(difference: &Difference, actual: &Value, expected: &Value) -> Option<String> {
    let text = matches!(expected, Value::Str(_));
    let (parts, part) = match (text, expected) {
        (true, _) => ("characters", "character"),
        (_, Value::Dict(_)) => ("keys", "key"),
        _ => ("elements", "element"),
    };
    Some(match difference {
        Difference::Type { actual, expected } => {
            format!("it is of type {actual}, not {expected}")
        }
        Difference::OffBy(off) if *off > 0.0 => format!("it is {} too small", plain(*off)),
        Difference::OffBy(off) => format!("it is {} too large", plain(-off)),
        Difference::Sign => "it has the wrong sign".into(),
        Difference::Rounding => "it is rounded differently".into(),
        Difference::Negated => "it is the opposite".into(),
        Difference::Reversed => "it is in reverse order".into(),
        Difference::Permuted => format!("it has the right {parts} in another order"),
        Difference::Missing(missing) => format!("it lacks {}", some(missing)),
        Difference::Extra(extra) => format!("it should not contain {}", some(extra)),
        Difference::Prefix => "it ends too early".into(),
        Difference::Case => "it differs in upper and lower case only".into(),
        Difference::Whitespace => "it differs in white space only".into(),
        Difference::Empty if *actual == Value::None => "nothing was returned".into(),
        Difference::Empty => "it is empty".into(),
        Difference::Elements { first } if parts == "keys" => entry(actual, expected, *first),
        Difference::Elements { first } => {
            match (element(actual, *first), element(expected, *first)) {
                (Some(a), Some(e)) => format!("the {part} at index {first} is `{a}`, not `{e}`"),
                _ => format!("the {part} at index {first} is different"),
            }
        }
        _ => return None,
    })
}

/// What is different about one entry of a dictionary.
fn entry(actual: &Value, expected: &Value, index: usize) -> String {
    let (Value::Dict(a), Value::Dict(e)) = (actual, expected) else {
        return "an entry is different".into();
    };
    let Some((key, right)) = e.get(index) else {
        return "an entry is different".into();
    };
    let wrong = a.iter().find(|(k, _)| k.same(key)).map(|(_, v)| v);
    format!(
        "the value of `{}` is `{}`, not `{}`",
        shown(key, VALUE / 4),
        wrong.map_or(String::new(), |w| shown(w, VALUE / 4)),
        shown(right, VALUE / 4)
    )
}

fn element(value: &Value, index: usize) -> Option<String> {
    let element = match value {
        Value::Str(s) => return s.chars().nth(index).map(|c| visible(&c.to_string())),
        v => v.items()?.get(index)?,
    };
    Some(shown(element, VALUE / 4))
}

fn some(values: &[Value]) -> String {
    let shown: Vec<String> = values
        .iter()
        .map(|v| format!("`{}`", shown(v, VALUE / 4)))
        .collect();
    shown.join(", ")
}

/// A number without needless decimals.
fn plain(number: f64) -> String {
    format!("{}", (number * 1e9).round() / 1e9)
}
