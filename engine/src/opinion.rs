//! What a [`Policy`](crate::Policy) thinks of programs and plans.

use serde::{Deserialize, Serialize};

use crate::Thought;

/// A policy's opinion of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Probability that the program is right, in [0, 1].
    pub score: f64,
    /// What to do with it.
    pub decision: Decision,
    /// Why, in words.
    pub reason: String,
}

impl Opinion {
    /// Whether the search may stop here.
    pub fn accepts(&self) -> bool {
        self.decision == Decision::Accept
    }
}

/// What is to become of a program (the critic's three answers in CodeTree, Li et al. 2024).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is right: the search may stop.
    Accept,
    /// It is worth going on from.
    #[default]
    Refine,
    /// It is not: nothing is tried below it.
    Abandon,
}

/// What came of walking a plan through an example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Whether the plan gives what is expected.
    pub sound: bool,
    /// What happened, in words.
    pub notes: String,
    /// A better last thought, where the plan does not hold and the policy has one.
    pub better: Option<Thought>,
}

/// Which of two programs is more likely right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// Which one.
    pub which: Which,
    /// Why, in words.
    pub reason: String,
}

/// One of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The first.
    First,
    /// The second.
    Second,
}
