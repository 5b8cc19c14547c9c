//! Invents inputs near the examples', on which programs that agree on the examples can still
//! be told apart.

use cogitree_engine::Value;

/// Up to `count` rows of arguments, by fixed changes of the given rows.
pub(crate) fn rows(given: &[Vec<Value>], count: usize) -> Vec<Vec<Value>> {
    let mut out: Vec<Vec<Value>> = Vec::new();
    let Some(_) = given.first() else { return out };
    for change in 0..count * 2 {
        let row = &given[change % given.len()];
        let new: Vec<Value> = row
            .iter()
            .enumerate()
            .map(|(i, v)| changed(v, change + i))
            .collect();
        if !given.contains(&new) && !out.contains(&new) {
            out.push(new);
        }
        if out.len() == count {
            break;
        }
    }
    out
}

fn changed(v: &Value, change: usize) -> Value {
    let sequence = |v: &[Value]| -> Vec<Value> {
        let mut v = v.to_vec();
        match change % 6 {
            0 => {
                // Another order, with a repetition.
                v.reverse();
                if let Some(x) = v.first().cloned() {
                    v.push(x);
                }
            }
            1 => {
                v.truncate(v.len().saturating_sub(1).max(1));
                if let Some(x) = v.first_mut() {
                    *x = changed(x, 1);
                }
            }
            2 => v
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = changed(x, i * 2 + 1)),
            3 => v = v.iter().chain(v.iter().take(2)).cloned().collect(),
            4 => v.truncate(2),
            _ => {
                let n = v.len();
                v.rotate_left(n / 2);
                v.iter_mut().step_by(2).for_each(|x| *x = changed(x, 3));
            }
        }
        v
    };
    match v {
        Value::Bool(b) => Value::Bool(*b ^ change.is_multiple_of(2)),
        Value::Int(i) => Value::Int(match change % 6 {
            0 => i.saturating_add(1),
            1 => (i / 2).max(1),
            2 => i.saturating_add(7),
            3 if i.unsigned_abs() < 1000 => i * 2,
            3 => i.saturating_sub(1),
            4 => 6,
            _ => i.saturating_add(3),
        }),
        Value::Float(f) => Value::Float(match change % 4 {
            0 => f + 1.5,
            1 => f / 2.0,
            2 => -f,
            _ => f * 3.0,
        }),
        Value::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            let binary = !s.is_empty() && chars.iter().all(|c| "01".contains(*c));
            let digits = !s.is_empty() && chars.iter().all(char::is_ascii_digit);
            let n = chars.len();
            Value::Str(match change % 6 {
                0 => chars.iter().rev().collect(),
                1 if n > 1 => chars[..n - 1].iter().collect(),
                2 if digits => format!("1{s}1"),
                2 => s
                    .chars()
                    .map(|c| {
                        if c.is_lowercase() {
                            c.to_ascii_uppercase()
                        } else {
                            c.to_ascii_lowercase()
                        }
                    })
                    .collect(),
                3 => format!(
                    "{s}{}",
                    chars.first().map_or(String::new(), char::to_string)
                ),
                4 if binary => s
                    .chars()
                    .map(|c| if c == '0' { '1' } else { '0' })
                    .collect(),
                4 if digits => format!("{s}7"),
                4 if n > 2 => format!(
                    "{} {}",
                    &chars[n / 2..].iter().collect::<String>(),
                    &chars[..n / 2].iter().collect::<String>()
                ),
                5 => chars.iter().chain(chars.iter().skip(n / 2)).collect(),
                _ if digits => format!("{s}0"),
                _ => format!("{s}e"),
            })
        }
        Value::List(v) => Value::List(sequence(v)),
        Value::Tuple(v) => {
            // Tuples often have a fixed length.
            if change.is_multiple_of(2) {
                Value::Tuple(
                    v.iter()
                        .enumerate()
                        .map(|(i, x)| changed(x, change + i))
                        .collect(),
                )
            } else {
                Value::Tuple(sequence(v))
            }
        }
        Value::Dict(d) => {
            let mut d = d.clone();
            if change.is_multiple_of(2) {
                d.reverse();
            } else {
                d.pop();
            }
            for (i, (_, v)) in d.iter_mut().enumerate() {
                *v = changed(v, change + i);
            }
            Value::Dict(d)
        }
        other => other.clone(),
    }
}
