//! Texts in pieces: the words of prose, and the words of a program.
//!
//! Neither is checked for being what it is taken for: any text has pieces, in time linear in what is
//! looked at.

/// The longest beginning of a text that is looked at, in bytes.
pub(super) const LONGEST: usize = 16 << 10;

/// The beginning of a text, at most [`LONGEST`] bytes.
pub(super) fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// The words of prose in lower case: letters and digits between anything else. `snake_case` is two
/// words, a plural `s` is cut, and a long number is `#`.
pub(super) fn prose(text: &str) -> impl Iterator<Item = String> {
    beginning(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(word)
}

/// One word as it is compared.
pub(super) fn word(text: &str) -> String {
    const LONG: usize = 24;
    if text.len() > 3 && text.bytes().all(|b| b.is_ascii_digit()) {
        return "#".to_owned();
    }
    let lower = text[..text.floor_char_boundary(LONG)].to_lowercase();
    match lower.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem.to_owned(),
        _ => lower,
    }
}

/// A piece of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The beginning of a line that has code, with the width of its indentation.
    Line(usize),
    /// A name or a keyword.
    Name(&'a str),
    /// A number as written.
    Number(&'a str),
    /// What stands between quotes.
    Text(&'a str),
    /// Text between three quotes, with them.
    Long(&'a str),
    /// An operator or a bracket; two characters where they are one operator.
    Sign(&'a str),
    /// A comment.
    Comment,
}

/// The pieces of a program in their order.
pub(super) fn code(text: &str) -> Vec<Piece<'_>> {
    let mut lexer = Lexer {
        text: beginning(text),
        at: 0,
    };
    let mut pieces = Vec::new();
    let mut indent = Some(0);
    while let Some(c) = lexer.peek() {
        match c {
            '\n' => {
                lexer.at += 1;
                indent = Some(lexer.skip(|c| matches!(c, ' ' | '\t')).len());
            }
            c if c.is_whitespace() => lexer.at += c.len_utf8(),
            _ => {
                if c != '#'
                    && let Some(width) = indent.take()
                {
                    pieces.push(Piece::Line(width));
                }
                pieces.push(lexer.piece(c));
            }
        }
    }
    pieces
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes what is next as long as it is wanted.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn piece(&mut self, first: char) -> Piece<'a> {
        if first == '#' {
            self.skip(|c| c != '\n');
            Piece::Comment
        } else if first.is_ascii_digit() {
            Piece::Number(self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_')))
        } else if first.is_alphanumeric() || first == '_' {
            Piece::Name(self.skip(|c| c.is_alphanumeric() || c == '_'))
        } else if matches!(first, '"' | '\'') {
            self.quoted(first)
        } else {
            self.sign(first)
        }
    }

    fn quoted(&mut self, quote: char) -> Piece<'a> {
        let rest = self.rest();
        let triple = if quote == '"' { "\"\"\"" } else { "'''" };
        if let Some(inner) = rest.strip_prefix(triple) {
            let end = inner.find(triple).map_or(rest.len(), |end| end + 6);
            self.at += end;
            return Piece::Long(&rest[..end]);
        }
        let mut escaped = false;
        for (i, c) in rest.char_indices().skip(1) {
            if c == '\n' {
                // Not closed: the line ends it.
                self.at += i;
                return Piece::Text(&rest[1..i]);
            }
            if c == quote && !escaped {
                self.at += i + 1;
                return Piece::Text(&rest[1..i]);
            }
            escaped = c == '\\' && !escaped;
        }
        self.at = self.text.len();
        Piece::Text(&rest[1..])
    }

    fn sign(&mut self, first: char) -> Piece<'a> {
        const PAIRS: [&str; 13] = [
            "==", "!=", "<=", ">=", "**", "//", "->", ":=", "+=", "-=", "*=", "<<", ">>",
        ];
        let rest = self.rest();
        let length = match rest.get(..2) {
            Some(pair) if PAIRS.contains(&pair) => 2,
            _ => first.len_utf8(),
        };
        self.at += length;
        Piece::Sign(&rest[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::Piece::*;
    use super::*;

    #[test]
    fn prose_is_words() {
        let words: Vec<String> = prose("Return the sums of word_lists, 12345 or 7!").collect();
        assert_eq!(
            words,
            ["return", "the", "sum", "of", "word", "list", "#", "or", "7"]
        );
    }

    #[test]
    fn a_program_is_pieces() {
        assert_eq!(
            code("def f(x):  # of x\n    return x**2 != '\\'a'\n"),
            [
                Line(0),
                Name("def"),
                Name("f"),
                Sign("("),
                Name("x"),
                Sign(")"),
                Sign(":"),
                Comment,
                Line(4),
                Name("return"),
                Name("x"),
                Sign("**"),
                Number("2"),
                Sign("!="),
                Text("\\'a"),
            ]
        );
    }

    #[test]
    fn what_is_not_closed_ends_somewhere() {
        assert_eq!(code("'ab\nc"), [Line(0), Text("ab"), Line(0), Name("c")]);
        assert_eq!(
            code("x\n'''ab\nc"),
            [Line(0), Name("x"), Line(0), Long("'''ab\nc")]
        );
        assert_eq!(code("\"é"), [Line(0), Text("é")]);
        assert_eq!(code("'''"), [Line(0), Long("'''")]);
    }

    #[test]
    fn only_the_beginning_of_a_long_text_is_looked_at() {
        let long = "é".repeat(LONGEST);
        assert_eq!(beginning(&long).len(), LONGEST);
        assert!(code(&"(".repeat(1 << 20)).len() <= LONGEST + 1);
    }
}
