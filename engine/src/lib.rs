//! The engine of cogitree: Monte Carlo tree search over thoughts.
//!
//! The engine knows no files, no network and no sandbox. It has
//! - the words of the field as types: [`Problem`], [`Thought`], [`Program`], [`Report`],
//!   [`Verdict`], [`Feedback`], [`Answer`];
//! - the traits that others implement: [`Policy`] thinks, [`Executor`] runs programs,
//!   [`ValueModel`] judges;
//! - the [`tree`] that all workers share, with [`SelectionRule`]s and [`Backup`]s;
//! - the [`Search`] that drives them, and its [`Outcome`].
//!
//! A search sees a [`Problem`] and nothing else. Hidden tests are a type of the executors
//! crate, which this crate does not depend on and so cannot name.

mod account;
mod backup;
mod error;
mod executor;
mod feedback;
mod opinion;
mod policy;
mod preset;
mod problem;
mod program;
mod report;
mod request;
mod search;
mod selection;
mod sync;
mod thought;
pub mod tree;
mod value;
mod value_model;

pub use account::{
    Booking, Call, Failure, Meter, Money, Operator, Refusal, Resource, Spending, Usage,
};
pub use backup::{Backup, Statistic};
pub use error::{ExecutorError, PolicyError, ValueError};
pub use executor::{Executor, Job};
pub use feedback::{Difference, Feedback, FeedbackLevel, most_relevant};
pub use opinion::{Decision, Opinion, Preference, Rehearsal, Which};
pub use policy::Policy;
pub use preset::{Preset, UnknownPreset};
pub use problem::{Checker, Interface, Limits, Parameter, Problem, Signature, Test};
pub use program::Program;
pub use report::{ProgramError, Report, TestReport, Verdict};
pub use request::{Attempt, Chain, Compare, DesignTests, Implement, Propose, Rethink, Review};
pub use search::{
    Acceptance, Answer, Arbiter, Behaviour, Budget, CancelToken, ConfigError, Cost, Event,
    Evidence, Keep, Line, Observer, Outcome, OverlayError, Question, ReplayError, Reviewed, Ruled,
    Ruling, Schedule, Search, SearchConfig, Share, StopReason, Target, Thinking, Tried, Valued,
};
pub use selection::{
    Arms, BestFirst, Bonus, Breadth, Child, Children, Depth, Family, Gumbel, InFlight, PUcb,
    ParentStats, Puct, Rule, SelectionRule, Softmax, Thompson, Uct, UnknownRule, Widening, WuUct,
};
pub use thought::{Proposal, Refined, Thought};
pub use value::Value;
pub use value_model::{ConstantValue, PassFraction, State, ValueModel};
