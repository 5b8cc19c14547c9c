//! Examples that name their inputs instead of calling: `Input: [4, 2]` with `Output: 2` on a
//! later line, and `For lst = [4, 2], k = 1 the output should be 2`.

use cogitree_engine::{Signature, Value};

use crate::problem::python::{self, Call};

/// The labelled examples of a docstring, in order. What cannot be read is no example.
pub(super) fn examples(docstring: &str, signature: &Signature) -> Vec<(Call, Value)> {
    let mut found = Vec::new();
    let mut rest = docstring;
    while let Some((_, after)) = rest.split_once("Input:") {
        let block = after.split("Input:").next().unwrap_or(after);
        if let Some((input, output)) = block.split_once("Output:")
            && let Some((result, _)) = literal(output.trim_start())
            && let Some(args) = arguments(input.trim(), signature)
        {
            found.push((call(signature, args), result));
        }
        rest = after;
    }
    for line in docstring.lines() {
        if let Some(sentence) = line.trim().strip_prefix("For ")
            && let Some((input, output)) = sentence.split_once(" should be ")
            && let Some((result, _)) = literal(output.trim_start())
            && let Some(args) = arguments(input, signature)
        {
            found.push((call(signature, args), result));
        }
    }
    found
}

fn call(signature: &Signature, args: Vec<Value>) -> Call {
    Call {
        function: signature.name.clone(),
        args,
        keywords: Vec::new(),
    }
}

/// The arguments that a text begins with: one literal for the only parameter, or each
/// parameter's name with its value (`s = "ab", k : 2`), in order.
fn arguments(mut text: &str, signature: &Signature) -> Option<Vec<Value>> {
    let parameters = &signature.parameters;
    if parameters.len() == 1
        && let Some((value, rest)) = literal(text)
        && rest.trim().is_empty()
    {
        return Some(vec![value]);
    }
    let mut args = Vec::new();
    for parameter in parameters {
        let name = text.get(..parameter.name.len())?;
        if !name.eq_ignore_ascii_case(&parameter.name) {
            return None;
        }
        let after = text[name.len()..].trim_start().strip_prefix(['=', ':'])?;
        let (value, rest) = literal(after.trim_start())?;
        args.push(value);
        text = rest.trim_start_matches([',', ' ', '\n']);
    }
    Some(args)
}

/// The literal that a text begins with, and what follows it.
fn literal(text: &str) -> Option<(Value, &str)> {
    let end = match text.chars().next()? {
        '(' | '[' | '{' => python::end_of_call(text, 0)?,
        quote @ ('\'' | '"') => 2 + text[1..].find(quote)?,
        _ => text
            .find(|c: char| c.is_whitespace() || c == ',')
            .unwrap_or(text.len()),
    };
    let (source, rest) = text.split_at_checked(end)?;
    // A full stop ends a sentence, not a number.
    let source = source.strip_suffix('.').unwrap_or(source);
    Some((python::value(source)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(docstring: &str, header: &str) -> Vec<String> {
        examples(docstring, &python::from_header(header).unwrap())
            .into_iter()
            .map(|(c, v)| format!("{} {v}", Value::Tuple(c.args)))
            .collect()
    }

    #[test]
    fn inputs_with_outputs_are_read() {
        let text = "Example 1:\n  Input: [4,2]\n  Output: [2, 1]\n  Explanation: 2 is least\n\
                    Example 2:\n  Input: []\n  Output: []";
        assert_eq!(shown(text, "def f(xs)"), ["([4, 2],) [2, 1]", "([],) []"]);
        let text = "Input:\n  grid : [[0, 1],\n  [1, 1]]\n  size : 2\nOutput: 6\n";
        assert_eq!(
            shown(text, "def f(grid, size)"),
            ["([[0, 1], [1, 1]], 2) 6"]
        );
        assert_eq!(
            shown("Input: a = 1, b = 'x'\nOutput: 2", "def f(a, b)"),
            ["(1, 'x') 2"]
        );
    }

    #[test]
    fn sentences_with_names_are_read() {
        let text = "For N = 150, the sum will be 6 and the output should be \"110\".\n\
                    For s = \"abc\", c = \"b\" the result should be ('ac', False)";
        assert_eq!(shown(text, "def f(n)"), ["(150,) '110'"]);
        assert_eq!(shown(text, "def f(s, c)"), ["('abc', 'b') ('ac', False)"]);
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "Input: a list of numbers\nOutput: their sum",
            "Input: 1, 2\nOutput: 3",
            "For each x = y it should be 1",
            "For a = 1 it should be fine",
            "Output: 1\nInput: 2",
            "Input: [1\nOutput: 2",
        ] {
            assert_eq!(shown(text, "def f(a)"), Vec::<String>::new(), "{text}");
        }
    }
}
