//! Colours and marks, used sparingly, and only on a terminal that wants them.

use std::fmt::Display;

use console::{Style, StyledObject};
use rustpython_ruff_python_ast::token::TokenKind;

/// A styled text for standard output.
pub(crate) fn bold(text: impl Display) -> StyledObject<String> {
    Style::new().bold().apply_to(text.to_string())
}

pub(crate) fn dim(text: impl Display) -> StyledObject<String> {
    Style::new().dim().apply_to(text.to_string())
}

pub(crate) fn good(text: impl Display) -> StyledObject<String> {
    Style::new().green().apply_to(text.to_string())
}

pub(crate) fn bad(text: impl Display) -> StyledObject<String> {
    Style::new().red().apply_to(text.to_string())
}

pub(crate) fn changed(text: impl Display) -> StyledObject<String> {
    Style::new().yellow().apply_to(text.to_string())
}

/// Prints an error to standard error.
pub(crate) fn error(message: &str) {
    let label = Style::new().red().bold().for_stderr().apply_to("error:");
    eprintln!("{label} {message}");
}

/// Prints a warning to standard error.
pub(crate) fn warning(message: &dyn Display) {
    let label = Style::new()
        .yellow()
        .bold()
        .for_stderr()
        .apply_to("warning:");
    eprintln!("{label} {message}");
}

/// Python source with colours on a terminal, as it is elsewhere.
pub(crate) fn python(source: &str) -> String {
    if !console::colors_enabled() {
        return source.to_owned();
    }
    let Ok(parsed) = rustpython_ruff_python_parser::parse_module(source) else {
        return source.to_owned();
    };
    let mut out = String::with_capacity(source.len() * 2);
    let mut end = 0;
    for token in parsed.tokens().iter() {
        use rustpython_ruff_text_size::Ranged;
        let range = token.range();
        let (start, stop) = (range.start().to_usize(), range.end().to_usize());
        out.push_str(&source[end..start]);
        let text = &source[start..stop];
        let style = match token.kind() {
            TokenKind::Comment => Some(Style::new().dim()),
            TokenKind::String => Some(Style::new().green()),
            TokenKind::Int | TokenKind::Float | TokenKind::Complex => Some(Style::new().cyan()),
            TokenKind::True | TokenKind::False | TokenKind::None => Some(Style::new().cyan()),
            kind if kind.is_keyword() => Some(Style::new().magenta()),
            _ => None,
        };
        match style {
            Some(style) => out.push_str(&style.apply_to(text).to_string()),
            None => out.push_str(text),
        }
        end = stop;
    }
    out.push_str(&source[end..]);
    out
}
