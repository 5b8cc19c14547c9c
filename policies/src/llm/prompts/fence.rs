//! Fences that nothing inside them can close.

/// The longest run of backticks that is shown; what is longer is shortened, so that a text cannot
/// make its fence longer than itself.
const LONGEST_RUN: usize = 32;

/// A text between fences of backticks longer than any run of them inside it (CommonMark 0.31,
/// section 4.5), with the language said at the first.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let text = shortened(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let text = text.trim_end_matches(['\n', '\r']);
    format!("{fence}{language}\n{text}\n{fence}")
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for b in text.bytes() {
        run = if b == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn shortened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        if run <= LONGEST_RUN {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("text", "a\n"), "```text\na\n```");
        assert_eq!(fenced("", "a\n```\nb"), "````\na\n```\nb\n````");
        let long = fenced("", &"`".repeat(1000));
        assert_eq!(long.lines().next().map(str::len), Some(LONGEST_RUN + 1));
        assert_eq!(long.len(), 3 * LONGEST_RUN + 4);
    }

    proptest! {
        /// Read back by the rule of CommonMark: the first line that could close the fence is the
        /// last one.
        #[test]
        fn nothing_inside_closes_it(text in "([a`~ ]{0,4}(`{1,40})?\n?){0,12}") {
            let fenced = fenced("python", &text);
            let open = longest_run(fenced.lines().next().unwrap());
            let closes = |line: &str| {
                let line = line.trim();
                line.len() >= open && line.bytes().all(|b| b == b'`')
            };
            let closing = fenced.lines().skip(1).position(closes).unwrap();
            prop_assert_eq!(closing + 2, fenced.lines().count());
        }
    }
}
