//! What can be wrong with a problem, said so that its author can put it right.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where something stands: a file and, where known, a line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
}

impl Place {
    /// A whole file.
    pub fn file(path: &Path) -> Self {
        Place {
            file: path.to_path_buf(),
            line: None,
        }
    }

    /// A line of a file, counted from 1.
    pub fn line(path: &Path, line: usize) -> Self {
        Place {
            file: path.to_path_buf(),
            line: Some(line),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// A problem could not be read. `Display` gives the whole message: the file, the line, the
/// field, what is wrong with it and what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ProblemError(Box<Fault>);

impl ProblemError {
    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.0
    }
}

impl From<Fault> for ProblemError {
    fn from(fault: Fault) -> Self {
        ProblemError(Box::new(fault))
    }
}

/// What is wrong with a problem.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The file cannot be opened or read.
    #[error("{}: {why}. {remedy}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The file, or one line of it, is larger than any problem.
    #[error("{place}: {what} is larger than {} MiB, the most that is read. {remedy}", limit >> 20)]
    TooLarge {
        /// The file or the line.
        place: Place,
        /// What is too large.
        what: &'static str,
        /// The largest size accepted, in bytes.
        limit: u64,
        /// What to do.
        remedy: String,
    },
    /// The text is not in the format that the file's name promises.
    #[error("{place}: not valid {format}: {why}. {remedy}")]
    Malformed {
        /// Where.
        place: Place,
        /// `TOML`, `JSON`, …
        format: &'static str,
        /// What the parser says.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// A key that is not in the format.
    #[error("{place}: unknown key `{key}` in {table}. {remedy}")]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key.
        key: String,
        /// The table that it stands in.
        table: String,
        /// The nearest known key, or all of them.
        remedy: String,
    },
    /// A key that must be there is missing.
    #[error("{place}: {table} lacks `{key}`. {remedy}")]
    Missing {
        /// Where.
        place: Place,
        /// The key.
        key: &'static str,
        /// The table that should hold it.
        table: String,
        /// What to do.
        remedy: String,
    },
    /// A value that the format does not allow.
    #[error("{place}: {field} {why}. {remedy}")]
    Invalid {
        /// Where.
        place: Place,
        /// The field: `` `args` of test 2`` (counted from 1).
        field: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// A list of tests without a test.
    #[error(
        "{place}: there is no visible test, so a search could not tell a right program from a wrong one. {remedy}"
    )]
    NoTests {
        /// Where.
        place: Place,
        /// What to do.
        remedy: String,
    },
    /// A test whose arguments do not fit the signature.
    #[error("{place}: {field} {why}, but the signature is `{signature}`. {remedy}")]
    Arguments {
        /// Where.
        place: Place,
        /// The test.
        field: String,
        /// How the call differs.
        why: String,
        /// The header of the function.
        signature: String,
        /// What to do.
        remedy: String,
    },
    /// A test or a row that is about another function than the signature.
    #[error("{place}: {field} is about `{found}`, but the signature is `{signature}`. {remedy}")]
    EntryPoint {
        /// Where.
        place: Place,
        /// The field.
        field: String,
        /// The function that it names.
        found: String,
        /// The header of the function.
        signature: String,
        /// What to do.
        remedy: String,
    },
    /// Two tests that no program can pass both.
    #[error("{place}: {field} expects {second} of the input {input}, but {earlier}{} expects {first}. Correct one of them", at_line(*earlier_line))]
    Contradiction {
        /// Where the later test stands.
        place: Place,
        /// The later test.
        field: String,
        /// The earlier test.
        earlier: String,
        /// The line of the earlier test.
        earlier_line: Option<usize>,
        /// Their input.
        input: String,
        /// What the earlier test expects.
        first: String,
        /// What the later test expects.
        second: String,
    },
    /// A data set that does not hold the task asked for.
    #[error("{}: no task `{task}`. {}", file.display(), nearest_tasks(nearest, *tasks))]
    UnknownTask {
        /// The file.
        file: PathBuf,
        /// The task asked for.
        task: String,
        /// The nearest ids that it does hold, best first.
        nearest: Vec<String>,
        /// How many tasks it holds.
        tasks: usize,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or(String::new(), |l| format!(" on line {l}"))
}

fn nearest_tasks(nearest: &[String], tasks: usize) -> String {
    if tasks == 0 {
        return "The file holds no task at all".to_owned();
    }
    let names: Vec<String> = nearest.iter().map(|n| format!("`{n}`")).collect();
    format!("Nearest of its {tasks} tasks: {}", names.join(", "))
}

/// Something about a problem that is worth saying but stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// The candidates nearest to `word`, best first, at most `count`; an empty list where none
/// is near. Similarity is Jaro–Winkler's without regard to case.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    count: usize,
) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&word, &c.to_lowercase()), c))
        .filter(|(similarity, _)| *similarity > 0.78)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    ranked.truncate(count);
    ranked.into_iter().map(|(_, c)| c).collect()
}

/// A text of the author's, short and on one line, for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == MOST {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
