//! The lines of a record.

use cogitree_engine::{
    Booking, Opinion, PolicyError, Preference, Program, Proposal, Refined, Rehearsal, Resource,
    Test, Thought,
};
use serde::{Deserialize, Serialize};

use super::key::Key;

/// The version of the format that is written, and the only one that is read. It is raised when a line
/// changes, and when a request says what it did not.
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) cogitree_record: u32,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) request: Key,
    /// The problem's id, for people.
    pub(super) problem: String,
    /// The calls that were asked for on the way to the answer, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) calls: Vec<Booking>,
    pub(super) answer: Answer,
}

/// What a policy answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Propose(Vec<Proposal>),
    Implement(Program),
    Rethink(Option<Thought>),
    Refine(Option<Refined>),
    Review(Option<Opinion>),
    Rehearse(Option<Rehearsal>),
    DesignTests(Vec<Test>),
    Compare(Option<Preference>),
    /// No usable answer, and why.
    Unusable(String),
    /// No answer came, for reasons outside.
    Unavailable(String),
    /// The last call was not granted.
    Spent(Resource),
}

/// What an operator answers with.
pub(super) trait Recordable: Clone {
    fn into_answer(self) -> Answer;
    /// `None` for what another operator answered.
    fn from_answer(answer: &Answer) -> Option<Self>;
    /// Replaces numbers that JSON has no word for by ones that mean the same to a search.
    fn sayable(self) -> Self {
        self
    }
}

macro_rules! recordable {
    ($answer:ident, $kind:ty, $sayable:expr) => {
        impl Recordable for $kind {
            fn into_answer(self) -> Answer {
                Answer::$answer(self)
            }
            fn from_answer(answer: &Answer) -> Option<Self> {
                match answer {
                    Answer::$answer(this) => Some(this.clone()),
                    _ => None,
                }
            }
            fn sayable(self) -> Self {
                let sayable: fn($kind) -> $kind = $sayable;
                sayable(self)
            }
        }
    };
}

// A search leaves out proposals whose prior is negative or no number.
recordable!(Propose, Vec<Proposal>, |mut proposals| {
    for proposal in &mut proposals {
        if !proposal.prior.is_finite() {
            proposal.prior = -1.0;
        }
    }
    proposals
});
recordable!(Implement, Program, |program| program);
recordable!(Rethink, Option<Thought>, |thought| thought);
recordable!(Refine, Option<Refined>, |refined| refined);
// It takes an opinion without a score for none.
recordable!(Review, Option<Opinion>, |opinion| {
    opinion.filter(|o| o.score.is_finite())
});
recordable!(Rehearse, Option<Rehearsal>, |rehearsal| rehearsal);
recordable!(DesignTests, Vec<Test>, |tests| tests);
recordable!(Compare, Option<Preference>, |preference| preference);

impl Answer {
    /// The answer as a policy gives it; `None` for what is not to be recorded: a policy that failed
    /// has not answered.
    pub(super) fn of<R: Recordable>(answer: &Result<R, PolicyError>) -> Option<Answer> {
        match answer {
            Ok(answer) => Some(answer.clone().into_answer()),
            Err(PolicyError::Unusable(why)) => Some(Answer::Unusable(why.clone())),
            Err(PolicyError::Unavailable(why)) => Some(Answer::Unavailable(why.clone())),
            Err(PolicyError::Spent(resource)) => Some(Answer::Spent(*resource)),
            Err(_) => None,
        }
    }
}
