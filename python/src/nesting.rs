//! A bound on how deep a text's syntax tree can become, measured before it is parsed.
//!
//! The parser and everything behind it recurse, and a stack that overflows aborts the whole
//! process. So a text is first measured from its characters alone: every token can add at
//! most one level to the tree, and a comma or the end of a line takes the tokens before it
//! out of the way of those after it.

use super::SyntaxError;

/// The most levels accepted. A level costs the parser below 1 KiB of stack in a release
/// build and a few in a debug build; a thread has 2 MiB at least.
const MAX_LEVELS: usize = 300;

/// Refuses a text whose tree could be deeper than [`MAX_LEVELS`].
pub(super) fn check(source: &str) -> Result<(), SyntaxError> {
    let mut line = 1;
    // Tokens since the last comma, for each open bracket; `total` is their sum.
    let mut open: Vec<usize> = vec![0];
    let mut total = 0usize;
    let mut at = 0;
    let mut in_word = false;
    let bytes = source.as_bytes();
    while let Some(&b) = bytes.get(at) {
        let mut levels = 0;
        match b {
            b'\'' | b'"' => {
                let end = end_of_string(bytes, at);
                let text = &bytes[at..end];
                // An f-string holds expressions: its brackets and operators count.
                if in_word && is_format_prefix(bytes, at) {
                    levels = text
                        .iter()
                        .filter(|b| b.is_ascii_punctuation() || b.is_ascii_whitespace())
                        .count();
                }
                line += text.iter().filter(|&&b| b == b'\n').count();
                at = end;
                in_word = false;
                total += levels;
                if let Some(top) = open.last_mut() {
                    *top += levels;
                }
                if total > MAX_LEVELS {
                    return Err(too_deep(line));
                }
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().take_while(|&&b| b != b'\n').count();
                continue;
            }
            b'(' | b'[' | b'{' => {
                open.push(1);
                total += 1;
                in_word = false;
            }
            b')' | b']' | b'}' => {
                if open.len() > 1 {
                    total -= open.pop().unwrap_or(0);
                }
                // What follows may hang on what was in the brackets: `f()()()`.
                levels = 1;
                in_word = false;
            }
            b',' | b';' => {
                reset(&mut open, &mut total);
                in_word = false;
            }
            b'\n' => {
                line += 1;
                let joined = at > 0 && bytes[at - 1] == b'\\';
                if open.len() == 1 && !joined {
                    reset(&mut open, &mut total);
                    // Blocks nest by indentation.
                    levels = bytes[at + 1..]
                        .iter()
                        .take_while(|b| b.is_ascii_whitespace() && **b != b'\n')
                        .count();
                }
                in_word = false;
            }
            b if b.is_ascii_whitespace() => in_word = false,
            b if b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 => {
                levels = usize::from(!in_word);
                in_word = true;
            }
            _ => {
                levels = 1;
                in_word = false;
            }
        }
        total += levels;
        if let Some(top) = open.last_mut() {
            *top += levels;
        }
        if total > MAX_LEVELS {
            return Err(too_deep(line));
        }
        at += 1;
    }
    Ok(())
}

fn too_deep(line: usize) -> SyntaxError {
    SyntaxError {
        line,
        why: "the code is nested too deep to be read".to_owned(),
    }
}

/// A comma keeps the bracket it stands in as one level.
fn reset(open: &mut [usize], total: &mut usize) {
    let keep = usize::from(open.len() > 1);
    if let Some(top) = open.last_mut() {
        *total = *total - *top + keep;
        *top = keep;
    }
}

/// True where the letters right before the quote at `quote` make it an f- or t-string.
fn is_format_prefix(bytes: &[u8], quote: usize) -> bool {
    bytes[..quote]
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphabetic())
        .take(3)
        .any(|b| matches!(b.to_ascii_lowercase(), b'f' | b't'))
}

/// The offset behind the string that begins with the quote at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let width = if triple { 3 } else { 1 };
    let mut at = start + width;
    while let Some(&b) = bytes.get(at) {
        if b == b'\\' {
            at += 2;
        } else if b == quote && (!triple || bytes[at..].starts_with(&[quote; 3])) {
            return at + width;
        } else if b == b'\n' && !triple {
            return at;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The offset behind the bracket that closes the one at `open`, strings skipped; `None`
/// where it is never closed.
pub fn end_of_call(source: &str, open: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut depth = 0usize;
    let mut at = open;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'\'' | b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The words of a text outside its strings and comments: names, keywords and numbers.
pub(super) fn words(source: &str) -> impl Iterator<Item = &str> {
    let bytes = source.as_bytes();
    let part_of_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&b) = bytes.get(at) {
            match b {
                b'\'' | b'"' => at = end_of_string(bytes, at),
                b'#' => at += bytes[at..].iter().take_while(|&&b| b != b'\n').count(),
                b if part_of_word(b) => {
                    let start = at;
                    at += bytes[at..].iter().take_while(|&&b| part_of_word(b)).count();
                    return source.get(start..at);
                }
                _ => at += 1,
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_passes() {
        let long_list = format!("assert f([{}]) == 1", "-1, ".repeat(10_000));
        let brackets_in_text = format!("assert f('{}') == 1", "(".repeat(10_000));
        for code in [
            long_list.as_str(),
            &brackets_in_text,
            "def f(x):\n    \"\"\"(((\n    \"\"\"\n    if x:\n        return g(x)(1)[2]\n",
            "x = 1 # ((((",
        ] {
            assert_eq!(check(code), Ok(()), "{}", &code[..code.len().min(60)]);
        }
    }

    #[test]
    fn every_way_of_nesting_is_refused() {
        let n = 100_000;
        let blocks: String = (0..1000)
            .map(|i| format!("{}if x:\n", " ".repeat(i)))
            .collect();
        for code in [
            "(".repeat(n),
            "[".repeat(n),
            "-".repeat(n),
            "not ".repeat(n),
            "1+".repeat(n),
            "2**".repeat(n),
            "f()".to_owned() + &"()".repeat(n),
            "a.".repeat(n),
            "1 if 1 else ".repeat(n),
            "lambda: ".repeat(n),
            "[1,".repeat(n),
            "1+\\\n".repeat(n),
            "f'{".to_owned() + &"(".repeat(n) + "}'",
            blocks,
        ] {
            assert!(check(&code).is_err(), "{}", &code[..40]);
        }
    }

    /// What passes the check can be parsed, read and dropped on a test's 2 MiB of stack.
    #[test]
    fn what_passes_fits_the_stack() {
        for (before, each, after) in [
            ("", "(", ""),
            ("", "[", ""),
            ("", "-", "1"),
            ("", "not ", "1"),
            ("", "1+", "1"),
            ("", "2**", "1"),
            ("f()", "()", ""),
            ("a", ".a", ""),
            ("", "1 if 1 else ", "1"),
            ("", "lambda: ", "1"),
            ("", "f(", "1"),
        ] {
            let nested = |n: usize| format!("{before}{}{after}", each.repeat(n));
            let most = (1..=MAX_LEVELS).rev().find(|&n| check(&nested(n)).is_ok());
            let code = nested(most.unwrap());
            let _ = crate::read_assert(&code);
            let closing: String = code
                .chars()
                .rev()
                .filter_map(|c| match c {
                    '(' => Some(')'),
                    '[' => Some(']'),
                    _ => None,
                })
                .collect();
            let _ = crate::value(&format!("{code}{closing}"));
        }
    }

    #[test]
    fn a_call_ends_at_its_bracket() {
        let text = "f(g(')'), [1]) == 2";
        assert_eq!(end_of_call(text, 1), Some(14));
        assert_eq!(end_of_call("f(1", 1), None);
    }
}
