//! Writing for people: programs, verdicts, wrapped text.

use std::fmt::Display;
use std::io::{self, Write};

use cogitree::{Interface, Problem, Test, TestReport};

use super::style;

/// The width to wrap at: the terminal's, at most 100.
pub(crate) fn width() -> usize {
    console::Term::stdout()
        .size_checked()
        .map_or(96, |(_, columns)| usize::from(columns))
        .min(100)
}

/// A heading.
pub(crate) fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{}", style::bold(text))
}

/// A program, indented, with colours on a terminal.
pub(crate) fn program(out: &mut dyn Write, source: &str) -> io::Result<()> {
    for line in style::python(source.trim_end()).lines() {
        let indent = if line.is_empty() { "" } else { "    " };
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}

/// Text wrapped at the terminal's width with a hanging indent; its line breaks are kept, and
/// control characters, which programs under test could have put there, are shown.
pub(crate) fn paragraph(
    out: &mut dyn Write,
    first: &str,
    rest: &str,
    text: &str,
) -> io::Result<()> {
    let room = width()
        .saturating_sub(console::measure_text_width(rest))
        .max(24);
    let mut lead = first;
    for line in printable(text).lines() {
        for part in wrap(line, room) {
            writeln!(out, "{lead}{part}")?;
            lead = rest;
        }
    }
    Ok(())
}

/// The text without characters that could steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

fn wrap(line: &str, room: usize) -> Vec<String> {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut lines = vec![indent.clone()];
    for word in line.split_whitespace() {
        let current = lines
            .last_mut()
            .map_or(0, |l| console::measure_text_width(l));
        let is_fresh = current == indent.len();
        if !is_fresh && current + 1 + console::measure_text_width(word) > room {
            lines.push(indent.clone());
        }
        if let Some(last) = lines.last_mut() {
            if last.len() > indent.len() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// The input of a test as a person would write it.
pub(crate) fn input(problem: &Problem, test: &Test) -> String {
    match test {
        Test::Call { args, .. } => {
            let name = match &problem.interface {
                Interface::Function(s) => s.name.as_str(),
                _ => "program",
            };
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            shortened(&format!("{name}({})", args.join(", ")), 72)
        }
        Test::Stdio { input, .. } => shortened(&format!("stdin {input:?}"), 72),
        Test::Assert { code } => shortened(code.lines().next_back().unwrap_or(""), 72),
        _ => String::new(),
    }
}

/// A text cut in its middle to at most `limit` characters.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let half = (limit - 3) / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head} … {tail}")
}

/// One line for each test: its verdict, its input and, where it failed, what came of it.
pub(crate) fn verdicts(
    out: &mut dyn Write,
    problem: &Problem,
    tests: &[Test],
    reports: &[TestReport],
) -> io::Result<()> {
    for (test, report) in tests.iter().zip(reports) {
        let mark = if report.verdict.passed() {
            style::good(format!("✓ {:13}", report.verdict.name()))
        } else {
            style::bad(format!("✗ {:13}", report.verdict.name()))
        };
        write!(out, "  {mark} {}", printable(&input(problem, test)))?;
        if !report.verdict.passed() {
            let got = match (&report.actual, &report.error) {
                (_, Some(e)) => Some(e.kind.clone()),
                (Some(v), None) => Some(v.to_string()),
                (None, None) if matches!(test, Test::Stdio { .. }) => {
                    Some(format!("{:?}", report.stdout))
                }
                _ => None,
            };
            if let Some(got) = got {
                write!(
                    out,
                    " {} {}",
                    style::dim("→"),
                    printable(&shortened(&got, 48))
                )?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `1 test`, `2 tests`.
pub(crate) fn count(n: impl Into<u64> + Display, noun: &str) -> String {
    let n: u64 = n.into();
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}
