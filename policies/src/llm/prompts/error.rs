//! What can be wrong with a folder of prompts.

use std::path::PathBuf;

use thiserror::Error;

/// A folder of prompts that cannot be used: what is wrong, where, and what to do about it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PromptError {
    /// The folder or a file in it cannot be read.
    #[error("{path}: cannot be read: {why}", path = path.display())]
    Unreadable {
        /// The folder or the file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A file that is no template of ours.
    #[error(
        "{path}: no prompt has this name. The files of a folder of prompts are {known} (`cogitree prompts` says what each is for)",
        path = path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The names that there are.
        known: String,
    },
    /// A template that is not one, or that uses what it is not given.
    #[error("{path}, line {line}: {why}{hint}", path = path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// The line in it, from 1.
        line: usize,
        /// What is wrong.
        why: String,
        /// What there is instead, or nothing.
        hint: String,
    },
}
