//! What a search ends with: the answer, its evidence, its cost, and the whole record.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::line::Line;
use super::stages::Share;
use super::{Event, Ruled};
use crate::tree::{NodeId, Tree};
use crate::{Feedback, Operator, Opinion, Program, Report, Resource, Spending, Thought, Usage};

/// Why a search ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// A program passed every visible test and was accepted.
    Solved,
    /// A program passes every visible test, and none better was found for long (the
    /// configured patience).
    Converged,
    /// The simulations allowed were made.
    Simulations,
    /// The executions allowed were made.
    Executions,
    /// So much of what calls use up was used that another call could not be made.
    Spent(Resource),
    /// The time allowed was used.
    Time,
    /// The tree has as many nodes as it may have.
    Nodes,
    /// Nothing was left to try.
    Exhausted,
    /// The caller cancelled.
    Cancelled,
    /// The policy or the executor cannot go on.
    Failed(String),
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            StopReason::Solved => "a program passed every visible test and was accepted",
            StopReason::Converged => {
                "a program passes every visible test and none better was found for long"
            }
            StopReason::Simulations => "the simulations allowed were made",
            StopReason::Executions => "the executions allowed were made",
            StopReason::Spent(resource) => {
                return write!(f, "the {resource} allowed do not suffice for another call");
            }
            StopReason::Time => "the time allowed was used",
            StopReason::Nodes => "the tree reached its largest size",
            StopReason::Exhausted => "nothing was left to try",
            StopReason::Cancelled => "it was cancelled",
            StopReason::Failed(why) => return write!(f, "it could not go on: {why}"),
        })
    }
}

/// What a search has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cost {
    /// Simulations told.
    pub simulations: u64,
    /// Programs run, repeated ones apart.
    pub executions: u64,
    /// Programs that had been run before and were not run again, those included in whose place
    /// another was asked for.
    pub repeats: u64,
    /// Calls of the policy for thoughts.
    pub proposals: u64,
    /// Calls of the policy for another thought.
    pub rethinks: u64,
    /// Programs run to compare the behaviour of candidates.
    pub probes: u64,
    /// What the policy's calls cost.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub usage: Usage,
}

/// The best program of a search, with why it was chosen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The program.
    pub program: Arc<Program>,
    /// Its report on the visible tests.
    pub report: Arc<Report>,
    /// What else speaks for it.
    pub evidence: Evidence,
    /// The node whose chain of thoughts it came from.
    pub node: NodeId,
    /// The version of that node's thought.
    pub version: usize,
}

/// What speaks for an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Visible tests passed.
    pub passed: usize,
    /// Visible tests in all.
    pub tests: usize,
    /// Of the programs compared on generated inputs, those that behaved like it, itself
    /// included; 0 when none were compared.
    pub agreeing: usize,
    /// How many programs were compared.
    pub compared: usize,
    /// On how many generated inputs.
    pub probes: usize,
    /// The share of the compared programs that behave like it, weighted by the policy's
    /// opinion of each, in [0, 1].
    pub agreement: f64,
    /// The policy's opinion, in [0, 1], where it has one.
    pub opinion: Option<f64>,
    /// The reasons the policy gave.
    pub reason: String,
    /// Advisory tests passed, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<Share>,
    /// Of the programs that the policy compared it with, those that it was preferred to; none where
    /// it was compared with none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Share>,
}

/// One version of a node's thought and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tried {
    /// The thought.
    pub thought: Thought,
    /// The whole chain that was tried, this thought its last, where one above was put anew in it
    /// ([`Target::Blamed`](crate::Target::Blamed)).
    pub chain: Option<Arc<[Thought]>>,
    /// The program made of the chain up to here.
    pub program: Arc<Program>,
    /// Its report on the visible tests.
    pub report: Arc<Report>,
    /// What was said of it, with the reasons of a review where it was to be gone on from.
    pub feedback: Arc<Feedback>,
    /// What was said of it without a review.
    pub(crate) explained: Arc<Feedback>,
    /// The policy's opinion, where it has one.
    pub opinion: Option<Opinion>,
    /// Advisory tests passed, of a program that passes every visible test.
    pub advisory: Option<Share>,
    /// The estimated value, in [0, 1].
    pub value: f64,
    /// The reward, in [0, 1].
    pub reward: f64,
}

/// Everything a search leaves.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The best program seen, if any program was run at all.
    pub answer: Option<Answer>,
    /// Whether the answer passes every visible test.
    pub solved: bool,
    /// What an [`Arbiter`](crate::Arbiter) said of inputs on which programs disagreed. Those whose right
    /// result it said are tests to search on with.
    pub rulings: Vec<Ruled>,
    /// Why the search ended.
    pub stop: StopReason,
    /// What was spent.
    pub cost: Cost,
    /// What the policy's calls cost, by operator. What they cost at a node: [`Line::spending`].
    pub spending: Spending,
    /// How long these calls took, by operator; side by side they add up.
    pub time: BTreeMap<Operator, Duration>,
    /// Wall time of the search.
    pub elapsed: Duration,
    /// Every step in order.
    pub journal: Vec<Event>,
    /// The tree.
    pub tree: Tree<Line>,
}

impl Outcome {
    /// The nodes that led to the answer, root excluded, each with all versions of its
    /// thought, oldest first, and the index of the version that was built upon.
    pub fn chain(&self) -> Vec<(NodeId, usize, Vec<&Tried>)> {
        let Some(answer) = &self.answer else {
            return Vec::new();
        };
        let path = self.tree.path(answer.node);
        path.into_iter()
            .skip(1)
            .map(|id| {
                let line = self.tree.payload(id);
                let used = if id == answer.node {
                    answer.version
                } else {
                    line.versions.current_index().unwrap_or(0)
                };
                (id, used, line.versions.iter().collect())
            })
            .collect()
    }
}
