//! TOML and JSON as one tree of values, each of which knows where it stands.

use std::path::Path;

use cogitree_python::MAX_DIGITS;
use num_bigint::BigInt;

use super::{Fault, Place, ProblemError};

mod json;
mod toml;

/// The format of a problem file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON.
    Json,
}

impl Format {
    /// The format that a file's name promises.
    pub fn of(path: &Path) -> Result<Format, ProblemError> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let remedy = match extension.to_ascii_lowercase().as_str() {
            "toml" => return Ok(Format::Toml),
            "json" => return Ok(Format::Json),
            "jsonl" | "gz" => "A data set is read with --from FILE --task ID",
            _ => "Name the file .toml or .json, after the format that it is in",
        };
        Err(Fault::Unreadable {
            file: path.to_path_buf(),
            why: "a problem file ends in .toml or .json".to_owned(),
            remedy: remedy.to_owned(),
        }
        .into())
    }
}

/// How deep lists and tables may stand in one another. Everything behind this walks the
/// tree by recursion.
const MAX_DEPTH: usize = 64;

/// A value and the byte offset at which it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Integer(BigInt),
    Float(f64),
    Text(String),
    /// A date or time of TOML, which no program takes.
    Time(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: usize,
    pub(super) key: String,
    pub(super) value: Node,
}

impl Kind {
    /// What an author would call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Integer(_) | Kind::Float(_) => "a number",
            Kind::Text(_) => "text",
            Kind::Time(_) => "a date or time",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }
}

/// The text of a document and its name, to turn offsets into lines.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// The line of the file on which the text begins.
    pub(super) first_line: usize,
}

impl Source<'_> {
    /// The place of a byte offset.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = self.first_line + before.iter().filter(|&&b| b == b'\n').count();
        Place::line(self.path, line)
    }

    /// Parses the text.
    pub(super) fn tree(&self, format: Format) -> Result<Node, ProblemError> {
        match format {
            Format::Toml => toml::tree(self),
            Format::Json => json::tree(self),
        }
    }

    fn too_long(&self, at: usize) -> ProblemError {
        Fault::Malformed {
            place: self.place(at),
            format: "as a problem",
            why: format!("a number has more than {MAX_DIGITS} digits"),
            remedy: "Give a smaller one; Python would refuse it as well".to_owned(),
        }
        .into()
    }

    fn too_deep(&self, at: usize) -> ProblemError {
        Fault::Malformed {
            place: self.place(at),
            format: "as a problem",
            why: format!("lists and tables stand more than {MAX_DEPTH} deep in one another"),
            remedy: "Give a flatter test".to_owned(),
        }
        .into()
    }
}
