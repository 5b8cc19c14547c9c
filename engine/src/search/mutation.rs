//! Inputs for comparing the behaviour of programs: type-aware mutations of the visible
//! tests' inputs (the idea of EvalPlus, Liu et al. 2023).

use super::random::SplitMix64;
use crate::{Test, Value};

/// Up to `count` probes made from the visible tests, without duplicates and without the
/// tests' own inputs. Types are kept, and an integer argument that was the length of
/// another argument stays so.
pub(crate) fn probes(tests: &[Test], count: usize, seed: u64) -> Vec<Test> {
    let sources: Vec<Test> = tests.iter().filter_map(Test::probe).collect();
    let mut made: Vec<Test> = Vec::new();
    if sources.is_empty() {
        return made;
    }
    let mut random = SplitMix64::new(seed);
    for attempt in 0..count * 8 {
        if made.len() == count {
            break;
        }
        let source = &sources[attempt % sources.len()];
        let rounds = 1 + attempt / (2 * sources.len()) % 3;
        let mutated = (0..rounds).fold(source.clone(), |t, _| mutate_test(&t, &mut random));
        if !sources.contains(&mutated) && !made.contains(&mutated) {
            made.push(mutated);
        }
    }
    made
}

fn mutate_test(test: &Test, random: &mut SplitMix64) -> Test {
    match test {
        Test::Call { args, .. } if !args.is_empty() => {
            let lengths = length_links(args);
            let mut args = args.clone();
            let free: Vec<usize> = (0..args.len())
                .filter(|i| lengths.iter().all(|(j, _)| j != i))
                .collect();
            let at = free[random.below(free.len())];
            args[at] = mutate(&args[at], random);
            for (number, container) in lengths {
                if let Some(len) = length(&args[container]) {
                    args[number] = Value::Int(len as i64);
                }
            }
            Test::Call {
                args,
                expected: None,
            }
        }
        Test::Stdio { input, .. } => {
            // Only numbers change, so that the format stays as it is.
            let mut tokens: Vec<String> = input
                .split_inclusive(char::is_whitespace)
                .map(Into::into)
                .collect();
            let numbers: Vec<usize> = (0..tokens.len())
                .filter(|&i| tokens[i].trim().parse::<i64>().is_ok())
                .collect();
            // The first number is usually a count.
            let pick = match numbers.len() {
                0 => None,
                1 => Some(numbers[0]),
                n => Some(numbers[1 + random.below(n - 1)]),
            };
            if let Some(i) = pick {
                let number: i64 = tokens[i].trim().parse().unwrap_or(0);
                let space: String = tokens[i].chars().filter(|c| c.is_whitespace()).collect();
                tokens[i] = format!("{}{space}", nearby(number, random));
            }
            Test::Stdio {
                input: tokens.concat(),
                expected: None,
            }
        }
        other => other.clone(),
    }
}

/// Pairs (number argument, container argument) where the number is the container's length.
/// Never all arguments: the container itself is free.
fn length_links(args: &[Value]) -> Vec<(usize, usize)> {
    let mut links = Vec::new();
    for (i, a) in args.iter().enumerate() {
        if let Value::Int(n) = a
            && let Some(j) = (0..args.len()).find(|&j| {
                length(&args[j]) == usize::try_from(*n).ok() && length(&args[j]).is_some()
            })
        {
            links.push((i, j));
        }
    }
    links
}

fn length(v: &Value) -> Option<usize> {
    match v {
        Value::Str(s) => Some(s.chars().count()),
        Value::Dict(d) => Some(d.len()),
        v => v.items().map(<[Value]>::len),
    }
}

fn nearby(i: i64, random: &mut SplitMix64) -> i64 {
    let changed = match random.below(5) {
        0 => i.saturating_add(1),
        1 => i.saturating_sub(1),
        2 => i.saturating_mul(2),
        3 => i / 2,
        _ => i.saturating_add(random.below(9) as i64 + 2),
    };
    // A sign that never occurs is often outside what a program is meant for.
    if i > 0 && changed <= 0 {
        1 + random.below(3) as i64
    } else if i == 0 {
        changed.abs()
    } else {
        changed
    }
}

/// A value of the same type, a small step away.
fn mutate(v: &Value, random: &mut SplitMix64) -> Value {
    match v {
        Value::Bool(b) => Value::Bool(!b),
        Value::Int(i) => Value::Int(nearby(*i, random)),
        Value::Float(f) => Value::Float(match random.below(4) {
            0 => f + 1.0,
            1 => f * 2.0,
            2 => f / 2.0,
            _ => f + 0.5,
        }),
        Value::Str(s) => Value::Str(mutate_text(s, random)),
        Value::List(v) => Value::List(mutate_items(v, random)),
        // A tuple of mixed types is a record: its length means something.
        Value::Tuple(v) if v.iter().any(|x| x.type_name() != v[0].type_name()) => {
            let mut v = v.clone();
            let at = random.below(v.len());
            v[at] = mutate(&v[at], random);
            Value::Tuple(v)
        }
        Value::Tuple(v) => Value::Tuple(mutate_items(v, random)),
        Value::Set(v) => {
            let mut out: Vec<Value> = Vec::new();
            for x in mutate_items(v, random) {
                if !out.contains(&x) {
                    out.push(x);
                }
            }
            Value::Set(out)
        }
        Value::Dict(d) if !d.is_empty() => {
            let mut d = d.clone();
            let at = random.below(d.len());
            if random.below(3) == 0 && d.len() > 1 {
                d.remove(at);
            } else {
                d[at].1 = mutate(&d[at].1, random);
            }
            Value::Dict(d)
        }
        other => other.clone(),
    }
}

fn mutate_items(items: &[Value], random: &mut SplitMix64) -> Vec<Value> {
    let mut v = items.to_vec();
    if v.is_empty() {
        return v;
    }
    let at = random.below(v.len());
    match random.below(6) {
        0 if v.len() > 1 => {
            v.remove(at);
        }
        1 => {
            let copy = v[random.below(items.len())].clone();
            v.insert(at, copy);
        }
        2 if v.len() > 1 => v.reverse(),
        3 if v.len() > 1 => {
            let other = random.below(items.len());
            v.swap(at, other);
        }
        4 => {
            let changed = mutate(&v[at], random);
            v.insert(at, changed);
        }
        _ => v[at] = mutate(&v[at], random),
    }
    v
}

fn mutate_text(s: &str, random: &mut SplitMix64) -> String {
    let mut chars: Vec<char> = s.chars().collect();
    if chars.is_empty() {
        return s.to_owned();
    }
    let (at, other) = (random.below(chars.len()), random.below(chars.len()));
    match random.below(6) {
        0 if chars.len() > 1 => {
            chars.remove(at);
        }
        1 => chars.insert(at, chars[other]),
        2 => chars.swap(at, other),
        3 => chars.reverse(),
        4 => {
            let c = chars[at];
            chars[at] = if c.is_lowercase() {
                c.to_uppercase().next().unwrap_or(c)
            } else {
                c.to_lowercase().next().unwrap_or(c)
            };
        }
        _ => {
            let c = chars[at];
            chars[at] = match c {
                'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(c as u8 + 1),
                'z' => 'a',
                'Z' => 'A',
                '9' => '0',
                c => c,
            };
        }
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_keep_types_and_lengths() {
        let list = Value::List(vec![Value::Int(3), Value::Int(5), Value::Int(9)]);
        let tests = [Test::Call {
            args: vec![list, Value::Int(3)],
            expected: Some(Value::Int(1)),
        }];
        let made = probes(&tests, 10, 1);
        assert_eq!(made.len(), 10);
        for t in &made {
            let Test::Call {
                args,
                expected: None,
            } = t
            else {
                panic!("{t:?}")
            };
            let Value::List(items) = &args[0] else {
                panic!("{t:?}")
            };
            assert_eq!(args[1], Value::Int(items.len() as i64));
            assert!(items.iter().all(|i| matches!(i, Value::Int(_))));
        }
        assert_eq!(
            made,
            probes(&tests, 10, 1),
            "the same seed gives the same probes"
        );
    }
}
