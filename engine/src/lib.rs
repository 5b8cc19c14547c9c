//! The engine of cogitree.
#![doc = "Domain types, the tree, selection rules and the search driver."]

mod error;
mod executor;
mod feedback;
mod policy;
mod problem;
mod program;
mod report;
mod thought;
mod value;
mod value_model;

pub use error::{ExecutorError, PolicyError, ValueError};
pub use executor::{Executor, Job};
pub use feedback::{Difference, Feedback, FeedbackLevel, most_relevant};
pub use policy::{Attempt, Chain, Opinion, Policy, Propose, Rethink, Review};
pub use problem::{Checker, Interface, Limits, Parameter, Problem, Signature, Test};
pub use program::Program;
pub use report::{ProgramError, Report, TestReport, Verdict};
pub use thought::{Proposal, Thought};
pub use value::Value;
pub use value_model::{ConstantValue, State, ValueModel};
