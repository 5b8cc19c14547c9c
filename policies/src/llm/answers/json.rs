//! JSON as models write it.
//!
//! Read as well: text around it, single quotes, names without quotes, commas too many, line ends
//! instead of commas, line ends and quotes within texts, Python's `True`, `False` and `None`,
//! percentages, and an end that is cut off, where what was complete by then counts.

use std::ops::Range;

use serde_json::{Map, Number, Value as Json};

/// How deep objects and lists may stand in one another.
const MAX_DEPTH: usize = 32;

/// A brace of prose may seem to open a text that never ends and so to hide what follows. So often is
/// the text after such a brace looked at again; more would take quadratic time.
const MAX_AGAIN: usize = 16;

/// A value that stands in a text.
pub(super) struct Value {
    pub(super) json: Json,
    /// Where it stands.
    pub(super) span: Range<usize>,
    /// False where it was cut off or goes on with something that cannot be read.
    pub(super) whole: bool,
}

/// The outermost objects and lists of a text, in their order.
pub(super) fn values(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let (mut at, mut again) = (0, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find(['{', '['])) {
        let start = at + next;
        let mut reader = Reader { text, at: start };
        let read = reader.value(0);
        // Never backwards, so that the whole takes linear time.
        at = reader.at.max(start + 1);
        let (json, whole) = match read {
            Ok(json) => (json, true),
            Err(Some(json)) => (json, false),
            Err(None) => {
                if again < MAX_AGAIN {
                    again += 1;
                    at = start + 1;
                }
                continue;
            }
        };
        found.push(Value {
            json,
            span: start..reader.at,
            whole,
        });
    }
    found
}

/// What was read of a value before it ended or went wrong.
type Read = Result<Json, Option<Json>>;

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&skipped) {
            self.take();
        }
    }

    fn blank(&mut self) {
        self.skip(char::is_whitespace);
    }

    fn value(&mut self, depth: usize) -> Read {
        if depth > MAX_DEPTH {
            return Err(None);
        }
        self.blank();
        match self.peek().ok_or(None)? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            c if quote(c).is_some() => self.string().map(Json::String).ok_or(None),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Read {
        self.take();
        let mut members = Map::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            let key = match self.peek() {
                Some('}') => {
                    self.take();
                    return Ok(Json::Object(members));
                }
                Some(c) if quote(c).is_some() => self.string(),
                Some(_) => self.name(),
                None => None,
            };
            self.blank();
            let (Some(key), Some(':')) = (key, self.peek()) else {
                return Err(partly(members));
            };
            self.take();
            match self.value(depth + 1) {
                Ok(value) => {
                    members.insert(key, value);
                }
                Err(part) => {
                    // Lists and objects that were cut hold whole items yet; a text does not.
                    if let Some(part) = part {
                        members.insert(key, part);
                    }
                    return Err(partly(members));
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Read {
        self.take();
        let mut items = Vec::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            if self.peek() == Some(']') {
                self.take();
                return Ok(Json::Array(items));
            }
            match self.value(depth + 1) {
                Ok(item) => items.push(item),
                Err(part) => {
                    items.extend(part);
                    return Err((!items.is_empty()).then_some(Json::Array(items)));
                }
            }
        }
    }

    /// A text between quotes. A quote ends it only where what follows could follow a text, so that
    /// apostrophes and quotes inside do not.
    fn string(&mut self) -> Option<String> {
        let close = quote(self.take()?)?;
        let mut out = String::new();
        loop {
            match self.take()? {
                '\\' => self.escape(&mut out)?,
                c if c == close && self.ends_text() => return Some(out),
                c => out.push(c),
            }
        }
    }

    fn ends_text(&self) -> bool {
        let rest = self.text[self.at..].trim_start();
        let blank = &self.text[self.at..self.text.len() - rest.len()];
        rest.is_empty()
            || rest.starts_with([',', ':', '}', ']'])
            || (blank.contains('\n') && rest.starts_with(['"', '\'', '{']))
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        match self.take()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            c @ ('"' | '\'' | '\\' | '/') => out.push(c),
            'u' => {
                let unit = self.hexadecimal();
                out.push(self.character(unit));
            }
            // No escape of JSON's: `\d` of a pattern, `\(` of a formula.
            c => out.extend(['\\', c]),
        }
        Some(())
    }

    /// Four hexadecimal digits.
    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    /// The character of a UTF-16 unit, with the second of a pair taken from what follows.
    fn character(&mut self, unit: Option<u32>) -> char {
        let lost = char::REPLACEMENT_CHARACTER;
        let Some(unit) = unit else { return lost };
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).unwrap_or(lost);
        }
        let before = self.at;
        if self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            if let Some(second @ 0xdc00..0xe000) = self.hexadecimal() {
                let pair = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(pair).unwrap_or(lost);
            }
            self.at = before;
        }
        lost
    }

    fn name(&mut self) -> Option<String> {
        let start = self.at;
        self.skip(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let name = &self.text[start..self.at];
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// A number, a percentage, a fraction or one of the words that stand for a value.
    fn word(&mut self) -> Read {
        let start = self.at;
        self.skip(|c| c.is_alphanumeric() || matches!(c, '_' | '+' | '-' | '.' | '%' | '/'));
        let word = &self.text[start..self.at];
        if self.at == self.text.len() {
            // It may go on where the text was cut.
            return Err(None);
        }
        Ok(match word {
            "true" | "True" => Json::Bool(true),
            "false" | "False" => Json::Bool(false),
            "null" | "None" | "NaN" | "nan" => Json::Null,
            _ => match word.parse::<f64>() {
                Ok(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
                Err(_) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                    Json::String(word.to_owned())
                }
                Err(_) => return Err(None),
            },
        })
    }
}

fn partly(members: Map<String, Json>) -> Option<Json> {
    (!members.is_empty()).then_some(Json::Object(members))
}

/// The quote that closes what this one opens.
fn quote(c: char) -> Option<char> {
    match c {
        '"' | '\'' => Some(c),
        '“' => Some('”'),
        '‘' => Some('’'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<(Json, bool)> {
        values(text)
            .into_iter()
            .map(|v| (v.json, v.whole))
            .collect()
    }

    #[test]
    fn what_is_json_is_read_as_json() {
        for text in [
            r#"{"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "d\n\"e\" \u00e9 \ud83d\ude00 \\"}}"#,
            "[]",
            "{}",
            r#"[[1, [2]], {"x": {}}]"#,
            r#"{"code": "if a:\n    return {\"b\": [1]}\n"}"#,
        ] {
            let expected: Json = serde_json::from_str(text).unwrap();
            let [(found, true)] = &read(text)[..] else {
                panic!("{text}");
            };
            // Numbers are floats here.
            assert_eq!(same(found), same(&expected), "{text}");
        }
    }

    fn same(json: &Json) -> String {
        json.to_string().replace(".0", "")
    }

    #[test]
    fn what_models_write_instead_is_read_as_well() {
        for (text, expected) in [
            ("{'a': 'it's', 'b': True,}", json!({"a": "it's", "b": true})),
            (
                "Sure!\n```json\n{\"a\": 1.5}\n```\nBye {x}",
                json!({"a": 1.5}),
            ),
            (
                "{a: None, b-c: [1.5 2.5]}",
                json!({"a": null, "b-c": [1.5, 2.5]}),
            ),
            (
                "{\"a\": \"he said \"no\" to it\"}",
                json!({"a": "he said \"no\" to it"}),
            ),
            (
                "{\"a\": \"two\nlines\", \"b\": \"\\d+\"}",
                json!({"a": "two\nlines", "b": "\\d+"}),
            ),
            ("{“a”: “b”}", json!({"a": "b"})),
            (
                "{\"p\": 60%, \"q\": 8/10}",
                json!({"p": "60%", "q": "8/10"}),
            ),
            ("{\"a\": \"x\"\n \"b\": \"y\"}", json!({"a": "x", "b": "y"})),
            ("the set {'a, or so: {\"a\": 0.5}", json!({"a": 0.5})),
            ("{\"a\": \"x\" \"b\": \"y\"}", json!(null)),
        ] {
            let found = read(text);
            match expected {
                Json::Null => assert!(!found[0].1, "{text}"),
                expected => assert_eq!(found[0], (expected, true), "{text}"),
            }
        }
    }

    #[test]
    fn what_was_complete_before_the_end_counts() {
        let cut = r#"{"items": [{"t": "one", "p": 0.5}, {"t": "two", "p": 0."#;
        assert_eq!(
            read(cut),
            [(
                json!({"items": [{"t": "one", "p": 0.5}, {"t": "two"}]}),
                false
            )]
        );
        let bad = r#"[{"t": "one"}, {"t": !}, {"t": "three"}]"#;
        assert_eq!(
            read(bad),
            [
                (json!([{"t": "one"}]), false),
                (json!({"t": "three"}), true)
            ]
        );
        assert_eq!(read(r#"{"t": "cut in the mid"#), []);
    }

    #[test]
    fn no_nesting_is_too_deep() {
        for each in ["[", "{\"a\":", "[{\"a\":["] {
            let text = each.repeat(100_000);
            assert!(read(&text).is_empty(), "{each}");
        }
    }
}
