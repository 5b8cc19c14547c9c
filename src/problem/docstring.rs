//! The examples that a docstring gives in passing.

use cogitree_engine::{Signature, Value};

use super::python::{self, Assertion, Call};

mod labelled;

/// Words and arrows that stand between a call and its result, longer ones first.
const ARROWS: &[&str] = &[
    "should return",
    "should be",
    "# returns",
    "returns",
    "return",
    "# =>",
    "#=>",
    "==>",
    "-->",
    "==",
    "=>",
    "->",
    "➞",
    "→",
    "⇒",
    "=",
    "is",
    ":",
];

/// The calls with plain data and a plain result that a docstring shows: doctest sessions
/// (`>>> f(1)` and the lines below), `f(1) == 2`, `f(1) => 2`, `f(1) ➞ 2` and the like
/// within the text, and inputs and outputs by name. What cannot be read is no example, and
/// of two with the same input only the first is one: prose goes on to speak of its example.
pub(super) fn examples(docstring: &str, signature: &Signature) -> Vec<(Call, Value)> {
    let mut all: Vec<(Call, Value)> = Vec::new();
    let found = calls(docstring, &signature.name).into_iter();
    for (call, result) in found.chain(labelled::examples(docstring, signature)) {
        if all.iter().all(|(earlier, _)| *earlier != call) {
            all.push((call, result));
        }
    }
    all
}

/// The calls of `function` within a text, in order.
fn calls(docstring: &str, function: &str) -> Vec<(Call, Value)> {
    let lines: Vec<&str> = docstring.lines().collect();
    let mut found: Vec<(Call, Value)> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let mut from = 0;
        while let Some((start, end)) = next_call(line, function, from) {
            from = end;
            let call = &line[start..end];
            let rest = line[end..].trim_start_matches(['`', '\'', '"']).trim();
            let below = &lines[i + 1..];
            let prompt = line[..start].trim() == ">>>";
            let result = if rest.is_empty() && prompt {
                session_result(below)
            } else if rest.is_empty() {
                below.first().and_then(|l| after_arrow(l.trim()))
            } else {
                after_arrow(rest)
            };
            let Some(result) = result else { continue };
            if let Ok(Assertion::Equal(call, _)) =
                python::read_assert(&format!("assert {call} == 0"))
            {
                found.push((call, result));
            }
        }
    }
    found
}

/// The next call of `function` in a line, from the name to behind its closing bracket.
fn next_call(line: &str, function: &str, mut from: usize) -> Option<(usize, usize)> {
    loop {
        let start = from + line.get(from..)?.find(function)?;
        let open = start + function.len();
        let part_of_word =
            line[..start].ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c));
        if !part_of_word
            && line[open..].starts_with('(')
            && let Some(end) = python::end_of_call(line, open)
        {
            return Some((start, end));
        }
        from = open;
    }
}

/// What a doctest session prints: the fewest lines that are one literal.
fn session_result(below: &[&str]) -> Option<Value> {
    let mut text = String::new();
    for line in below.iter().take(20) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(">>>") {
            return None;
        }
        text.push_str(line);
        text.push('\n');
        if let Some(v) = python::value(&text) {
            return Some(v);
        }
    }
    None
}

/// The literal behind an arrow, with whatever prose follows it cut off.
fn after_arrow(text: &str) -> Option<Value> {
    let rest = ARROWS
        .iter()
        .find_map(|arrow| text.strip_prefix(arrow))?
        .trim_start()
        .trim_end_matches(['`', ';']);
    // A full stop ends a sentence, not a number.
    let rest = rest.strip_suffix('.').unwrap_or(rest);
    if let Some(v) = python::value(rest) {
        return Some(v);
    }
    match rest {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    rest.char_indices()
        .rev()
        .filter(|(_, c)| c.is_whitespace() || ",.;#()`".contains(*c))
        .take(64)
        // `2, f(3) == 4`: the comma belongs to the prose, it makes no tuple.
        .find_map(|(i, _)| python::value(rest.get(..i)?.trim_end_matches([',', ' '])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(docstring: &str) -> Vec<String> {
        examples(docstring, &Signature::new("f", []))
            .into_iter()
            .map(|(c, v)| format!("{} {v}", Value::Tuple(c.args)))
            .collect()
    }

    #[test]
    fn every_usual_form_is_read() {
        for (text, example) in [
            (">>> f([1, 2])\n[2, 1]", "([1, 2],) [2, 1]"),
            (">>> f(1)\n'a'\n>>> g(2)\n3", "(1,) 'a'"),
            (">>> f(1)\n[1,\n 2]\n", "(1,) [1, 2]"),
            ("f(1) == 2", "(1,) 2"),
            ("for example f('a)') => 'b' # why", "('a)',) 'b'"),
            ("f(1, 2) ➞ [3]", "(1, 2) [3]"),
            ("* f(1) -> None", "(1,) None"),
            ("f(1) = 2.", "(1,) 2"),
            ("f(1) should return 2 (since 1 + 1)", "(1,) 2"),
            ("`f(1)` returns `True`", ""),
            ("f(3)\n  ==> 4", "(3,) 4"),
            ("f(3)   # returns 'b'", "(3,) 'b'"),
            ("f(3) => true", "(3,) True"),
            ("f(1) = 2, since f(1) = 3 - 1", "(1,) 2"),
            ("f(x=3) == 4", "() 4"),
        ] {
            let want: &[&str] = if example.is_empty() { &[] } else { &[example] };
            assert_eq!(shown(text), want, "{text}");
        }
        assert_eq!(shown("f(1) = 2, f(2) = 3"), ["(1,) 2", "(2,) 3"]);
    }

    #[test]
    fn what_is_no_example_is_left_alone() {
        for text in [
            "calls f(x) for each x",
            "self.f(1) == 2",
            "if(1) == 2",
            ">>> f(1)\nTraceback (most recent call last):",
            ">>> f(1)\n\n2",
            "f(1 == 2",
            "f(1) is the first prime",
        ] {
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
        }
    }
}
