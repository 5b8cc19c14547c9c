//! Problems: reading them from files and data sets, and checking them.
//!
//! | from | with |
//! |---|---|
//! | a TOML or JSON problem file (`docs/problem-format.md`) | [`load`], [`parse`] |
//! | one row of HumanEval or MBPP, `.jsonl` or `.jsonl.gz` | [`load_task`] |
//! | every row of such a file | [`Dataset`] |
//!
//! A problem that comes out of here is consistent: it has visible tests, their arguments fit
//! the signature, none contradicts another, and its id leads to no other folder (but for the
//! one slash of a benchmark's `HumanEval/7` it could be a file's name). What is not is
//! refused with a [`ProblemError`] that names the place and the remedy.

mod dataset;
mod docstring;
mod document;
mod error;
mod file;
mod human_eval;
mod mbpp;
mod read;
mod validate;

use std::path::Path;

use cogitree_engine::Problem;
use cogitree_executors::HiddenTests;
use cogitree_python as python;

pub use dataset::Dataset;
pub use document::Format;
pub use error::{Fault, Place, ProblemError, Warning};
pub use file::parse;

/// A plain value as Python writes it: `[1, 'a']`, `None`, `{2: 0.5}`. `None` where it is no literal.
///
/// ```
/// use cogitree::Value;
/// assert_eq!(cogitree::problem::value("-3"), Some(Value::Int(-3)));
/// assert_eq!(cogitree::problem::value("print(1)"), None);
/// ```
pub fn value(text: &str) -> Option<cogitree_engine::Value> {
    python::value(text)
}

/// A problem, and what only the judge may see.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadedProblem {
    /// What a search may know.
    pub problem: Problem,
    /// The hidden tests, where the problem has any: to be counted and judged by, not read.
    pub hidden: Option<HiddenTests>,
    /// What is odd about the problem but stops nothing, in the order of the file.
    pub warnings: Vec<Warning>,
    /// How hard its author thinks it is: `easy`, `medium` or `hard`.
    pub difficulty: Option<String>,
    /// A remark of its author.
    pub note: Option<String>,
}

/// Reads a problem file; the name's ending says whether it is TOML or JSON.
pub fn load(path: &Path) -> Result<LoadedProblem, ProblemError> {
    let format = Format::of(path)?;
    let text = read::whole(path)?;
    parse(&text, format, path)
}

/// Reads one task of a data set: `.jsonl` or `.jsonl.gz`, rows of HumanEval or MBPP.
///
/// `task` is the row's `task_id`, or the part of it after the last `/`: `HumanEval/7` and
/// `7` name the same task.
pub fn load_task(path: &Path, task: &str) -> Result<LoadedProblem, ProblemError> {
    Dataset::open(path)?.task(task)
}
