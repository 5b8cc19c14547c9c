//! What a program did on one test, step by step.

use serde::{Deserialize, Serialize};

/// What a program did on one test, line by line, with the values that changed; made by
/// [`Sandbox::trace`](crate::Sandbox::trace).
///
/// A short run is there whole. Of a long one there are its beginning and its end, and of a program
/// that loops for ever also some looks in between. Everything here was told by the program's own
/// interpreter: a program that sets out to can falsify its trace, and a reader must not trust it
/// with more than being read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Pieces of the run, in order, within each of which nothing is left out; the first begins where
    /// the test begins.
    pub parts: Vec<Vec<Step>>,
    /// How many calls and backward jumps there were: a measure of the whole run's length.
    pub length: u64,
}

impl Trace {
    /// All steps that there are, in order.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.parts.iter().flatten()
    }

    /// True when nothing of the run is left out.
    pub fn is_whole(&self) -> bool {
        self.parts.len() == 1
    }
}

/// One step of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happened.
    pub event: Event,
    /// The call that it happened in: calls of the program's functions are numbered as they are met,
    /// so that those of a recursion are kept apart.
    pub call: u32,
    /// The function's name, `Class.method` for a method, `<module>` for the program outside of any.
    pub function: String,
    /// How many calls of the program's functions were running, this one included; at least 1.
    pub depth: u32,
    /// The line of the program, counted from 1.
    pub line: u32,
    /// The basic block that the line is part of.
    pub block: Block,
    /// The local values that this step changed, in the order of the function's names.
    pub changes: Vec<Change>,
}

/// What happened in a [`Step`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A function was called; the changes are its arguments.
    Called,
    /// The call was running already when this part of the trace begins; the changes are all its
    /// values.
    Found,
    /// A line was run; the changes are what it did, calls that it made included.
    Line,
    /// The call ended with a value; `None` where it is not plain data.
    Returned(Option<String>),
    /// A generator yielded a value; `None` where it is not plain data.
    Yielded(Option<String>),
    /// An exception of this type was raised here, or passed through from a call.
    Raised(String),
}

/// A basic block of a function: code that is entered at its beginning only, and left at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its number within the function, in the order of the compiled code, from 0.
    pub number: u32,
    /// Its first line.
    pub first: u32,
    /// Its last line.
    pub last: u32,
}

/// A local value that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The variable's name.
    pub name: String,
    /// Its value now, as Python writes it, cut where it is long. Only plain data and instances of the
    /// program's own classes are told; modules, functions, classes and the like never.
    pub value: String,
}
