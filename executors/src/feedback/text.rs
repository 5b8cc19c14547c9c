//! Values and texts of a program's, made fit to be read.

use cogitree_engine::Value;

/// Longest text of one value, in characters; longer ones are cut in the middle.
pub(super) const VALUE: usize = 240;

/// A value as Python writes it, cut in the middle.
pub(super) fn shown(value: &Value, longest: usize) -> String {
    cut(&visible(&value.to_string()), longest)
}

/// A text in quotes, cut in the middle.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shown(&Value::Str(text.into()), VALUE))
}

/// The text with characters that a terminal would obey, or that change the order in which others
/// are seen, made visible.
pub(super) fn visible(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| {
            if hidden(c) {
                format!("\\u{:04x}", u32::from(c))
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// At most `longest` characters: the beginning and the end.
pub(super) fn cut(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let half = (longest.saturating_sub(3)) / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head}...{tail}")
}
