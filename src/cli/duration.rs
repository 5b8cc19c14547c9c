//! Times as people write them.

use std::time::Duration;

/// Reads `30`, `30s`, `2m`, `1.5h`, `250ms`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wanted = || "give a time such as 30s, 2m or 1.5h".to_owned();
    let text = text.trim();
    let split = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wanted()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wanted())?;
    if number.is_nan() || number <= 0.0 {
        return Err("the time must be longer than 0".to_owned());
    }
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wanted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("1.5h"), Ok(Duration::from_secs(5400)));
        for bad in ["", "0", "-3s", "3 parsecs", "nan", "inf", "1e300h"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
