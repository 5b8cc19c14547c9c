//! The program in a recorded answer.

use super::normal_form::{defines_function, without_asserts};

/// The program in a chat model's answer, without the tests that it wrote for itself: the first fenced
/// block that defines a function, else the first block, else the whole answer.
pub(super) fn program(output: &str) -> String {
    let blocks = fenced(output);
    let code = (blocks.iter().copied())
        .find(|block| defines_function(block))
        .or(blocks.first().copied())
        .unwrap_or(output);
    without_asserts(code.trim_matches('\n'))
}

/// What stands between fences; the last one need not be closed.
fn fenced(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if line.trim_start().starts_with("```") {
            match begun.take() {
                Some(start) => blocks.push(&text[start..at]),
                None => begun = Some(next),
            }
        }
        at = next;
    }
    if let Some(start) = begun {
        blocks.push(&text[start..]);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn a_program_is_found_in_fences_or_without() {
        let code = "def f(x):\n    return x";
        assert_eq!(program(code), code);
        assert_eq!(
            program(&format!("Sure:\n```python\n{code}\n```\nDone.")),
            code
        );
        assert_eq!(
            program(&format!("```\npip install x\n```\n```py\n{code}\n```")),
            code
        );
        assert_eq!(program(&format!("Cut off:\n```python\n{code}")), code);
        assert_eq!(program(""), "");
    }

    #[test]
    fn tests_of_its_own_are_no_part_of_it() {
        let answer = "```python\ndef f(x):\n    assert x\n    return x\n\nassert f(1) == 2\n```";
        assert_eq!(program(answer), "def f(x):\n    assert x\n    return x\n\n");
    }
}
