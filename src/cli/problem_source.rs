//! The problem a command is about: a file of its own, or one task of a data set.

use std::path::PathBuf;

use clap::Args;

use cogitree::problem::{self, LoadedProblem};

use super::failure::Failure;
use super::style;

#[derive(Debug, Args)]
pub(crate) struct ProblemSource {
    /// A problem file, .toml or .json (see docs/problem-format.md)
    #[arg(
        value_name = "PROBLEM",
        required_unless_present = "from",
        conflicts_with = "from"
    )]
    pub(crate) problem: Option<PathBuf>,

    /// Take the problem from a data set instead: HumanEval or MBPP, .jsonl or .jsonl.gz
    #[arg(long, value_name = "FILE", requires = "task")]
    pub(crate) from: Option<PathBuf>,

    /// Which task of the data set, such as HumanEval/7
    #[arg(long, value_name = "ID", requires = "from")]
    pub(crate) task: Option<String>,
}

impl ProblemSource {
    /// Reads and checks the problem; oddities are said on standard error.
    pub(crate) fn load(&self) -> Result<LoadedProblem, Failure> {
        let loaded = match (&self.problem, &self.from, &self.task) {
            (Some(path), _, _) => problem::load(path)?,
            (None, Some(from), Some(task)) => problem::load_task(from, task)?,
            _ => {
                return Err(Failure::Message(
                    "name a problem file, or a data set with --from FILE --task ID".to_owned(),
                ));
            }
        };
        for warning in &loaded.warnings {
            style::warning(warning);
        }
        Ok(loaded)
    }

    /// The arguments that name the problem, for a command that can be typed again.
    pub(crate) fn as_arguments(&self) -> String {
        match (&self.problem, &self.from, &self.task) {
            (Some(path), _, _) => quoted(&path.display().to_string()),
            (None, Some(from), Some(task)) => {
                format!(
                    "--from {} --task {}",
                    quoted(&from.display().to_string()),
                    quoted(task)
                )
            }
            _ => String::new(),
        }
    }
}

/// A word that a shell reads as one word.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
