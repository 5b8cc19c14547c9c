//! Numbers as models give them.

use serde_json::Value as Json;

/// A number: one of JSON's, or a text that says one (`0.7`, `70%`, `7/10`). Finite, whatever its
/// size and sign.
pub(super) fn number(json: &Json) -> Option<f64> {
    let number = match json {
        Json::Number(n) => n.as_f64()?,
        Json::String(text) => said(text)?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A number in words of a text that holds nothing else.
pub(super) fn said(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(percent) = text.strip_suffix('%') {
        return Some(percent.trim_end().parse::<f64>().ok()? / 100.0);
    }
    match text.split_once('/') {
        Some((part, whole)) => {
            let whole: f64 = whole.trim().parse().ok().filter(|w| *w > 0.0)?;
            Some(part.trim().parse::<f64>().ok()? / whole)
        }
        None => text.parse().ok(),
    }
}

/// A probability. What lies outside [0, 1] is none: 7 may be seven of ten or seven of a hundred.
/// What lies outside by rounding alone is put right.
pub(super) fn probability(json: &Json) -> Option<f64> {
    let p = number(json)?;
    (-1e-6..=1.0 + 1e-6).contains(&p).then(|| p.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_probability_is_said_in_many_ways() {
        for (said, expected) in [
            (json!(0.25), Some(0.25)),
            (json!(1), Some(1.0)),
            (json!(1.0000001), Some(1.0)),
            (json!("0.25"), Some(0.25)),
            (json!("25%"), Some(0.25)),
            (json!(" 7/10 "), Some(0.7)),
            (json!(7), None),
            (json!(-0.5), None),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!("1/0"), None),
            (json!("high"), None),
            (json!(null), None),
            (json!(true), None),
        ] {
            assert_eq!(probability(&said), expected, "{said}");
        }
    }
}
