//! The journal of a search as a file: one event a line.

use std::path::Path;

use cogitree::{Event, Outcome};

use crate::cli::failure::Failure;

/// The journal as JSON lines.
pub(super) fn text(outcome: &Outcome) -> Result<String, Failure> {
    let mut text = String::new();
    for event in &outcome.journal {
        text.push_str(&serde_json::to_string(event).map_err(|e| {
            Failure::Message(format!("the journal cannot be written as JSON: {e}"))
        })?);
        text.push('\n');
    }
    Ok(text)
}

/// Reads a journal that `--journal` wrote.
pub(super) fn read(path: &Path) -> Result<Vec<Event>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::Message(format!(
            "{}: cannot be read: {e}. Name a file that --journal wrote",
            path.display()
        ))
    })?;
    let event = |(line, text): (usize, &str)| {
        serde_json::from_str(text).map_err(|e| {
            Failure::Message(format!(
                "{}, line {}: this is no event of a journal: {e}. Name a file that --journal wrote",
                path.display(),
                line + 1
            ))
        })
    };
    text.lines().enumerate().map(event).collect()
}
