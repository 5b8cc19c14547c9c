//! The levels of feedback as the command line names them.

use clap::ValueEnum;
use cogitree::FeedbackLevel;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FeedbackName {
    /// Nothing
    None,
    /// The verdict of each test
    Verdict,
    /// And, of one test that fails, how the result differs from the expected one
    Diff,
    /// And what the program did step by step on that test (programs in Python)
    Trace,
}

impl FeedbackName {
    /// As it is written on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FeedbackName::None => "none",
            FeedbackName::Verdict => "verdict",
            FeedbackName::Diff => "diff",
            FeedbackName::Trace => "trace",
        }
    }
}

impl From<FeedbackName> for FeedbackLevel {
    fn from(name: FeedbackName) -> Self {
        match name {
            FeedbackName::None => FeedbackLevel::None,
            FeedbackName::Verdict => FeedbackLevel::Verdict,
            FeedbackName::Diff => FeedbackLevel::Diff,
            FeedbackName::Trace => FeedbackLevel::Trace,
        }
    }
}
