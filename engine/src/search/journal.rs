//! The journal: every step of a search, in order.
//!
//! The order is one in which the same search could have been run by a single worker, so that
//! it can be run again ([`Search::replay`](super::Search::replay)):
//! - What others can see is written before they can see it: a reward is backed up, and a node
//!   let go, after the entry.
//! - What depends on others is written after the look: a leaf is claimed before the entry.
//! - Steps whose result depends on their order (children, which take the next ids; programs,
//!   of which the first of equals counts; costs, stopping) are made while the journal is open.
//!
//! Workers may wait for each other here, for as long as such a step takes, and never inside
//! the tree.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::stages::Share;
use super::{Cost, Evidence, StopReason};
use crate::tree::NodeId;
use crate::{
    Failure, Opinion, Preference, Program, Refusal, Rehearsal, Spending, Test, Thought, Verdict,
};

/// One step of a search.
///
/// Not recorded: the configuration, the encodings of thoughts that were offered and never
/// tried, of a report all but the verdicts and what was said of it, what programs did on
/// generated inputs, and times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The policy was asked for advisory tests, before the first simulation.
    Designed {
        /// Those of its tests that can be run.
        tests: Vec<Test>,
    },
    /// A node is not gone on from: others of its level are better.
    Pruned {
        /// The node.
        node: NodeId,
    },
    /// A leaf was selected.
    Asked {
        /// The number of the simulation, from 0.
        simulation: u64,
        /// The leaf.
        node: NodeId,
        /// How many thoughts offered there before the policy will be shown: the oldest ones;
        /// 0 but where a node is widened.
        siblings: usize,
    },
    /// What the policy's calls of a stage cost, and how the last of them failed: of the proposal or of the evaluation whose entries
    /// follow; at the root, of the advisory tests (with 0 for the simulation) or of a comparison at
    /// the end (with the number of simulations asked). Not written where there is nothing to tell.
    Spent {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// What they cost, by operator.
        by: Spending,
        /// The call that was not granted, if the stage ended with one.
        refused: Option<Refusal>,
        /// The request that was not answered, if the stage ended with one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<Failure>,
    },
    /// A policy offered thoughts; they became children, with ids from `first` on.
    Proposed {
        /// The simulation.
        simulation: u64,
        /// The node that was expanded.
        node: NodeId,
        /// The first child; none where nothing was offered.
        first: Option<NodeId>,
        /// The offers: the thoughts in words, with their priors.
        thoughts: Vec<(Arc<str>, f64)>,
    },
    /// A simulation went on to a child of the node that it expanded.
    Descended {
        /// The simulation.
        simulation: u64,
        /// The child.
        node: NodeId,
    },
    /// The proposed chain was walked through an example.
    Rehearsed {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// What came of it.
        rehearsal: Rehearsal,
    },
    /// A program had been run before, and another one was asked for in its place.
    Repeated {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// The program.
        program: Arc<Program>,
        /// The node and the version with which it was run.
        of: (NodeId, usize),
    },
    /// A chain of thoughts was turned into a program, which was run.
    Ran {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// Which version of the node's thought: 0 as proposed, then one for each rethink.
        version: usize,
        /// The thought.
        thought: Thought,
        /// The whole chain, where one of the thoughts above was put anew in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chain: Option<Arc<[Thought]>>,
        /// The program.
        program: Arc<Program>,
        /// One verdict for each visible test.
        verdicts: Vec<Verdict>,
        /// What was said of it.
        feedback: String,
        /// True when the same program is on record already: its report was reused, or the two
        /// were run side by side.
        repeated: bool,
        /// The node and the version whose report was reused.
        reused: Option<(NodeId, usize)>,
        /// The policy's opinion, where it has one.
        opinion: Option<Opinion>,
        /// Advisory tests passed, of a program that passes every visible test.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        advisory: Option<Share>,
        /// The estimated value, in [0, 1].
        value: f64,
        /// The reward made of it, in [0, 1].
        reward: f64,
    },
    /// A simulation was backed up.
    Told {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// The reward, in [0, 1].
        reward: f64,
        /// What was spent so far, this simulation included.
        cost: Cost,
        /// The best share of visible tests passed so far, in [0, 1].
        best: f64,
    },
    /// A simulation ended without a visit: its node is a dead end, or something failed.
    Abandoned {
        /// The simulation.
        simulation: u64,
        /// The node.
        node: NodeId,
        /// Why, in words.
        why: String,
    },
    /// Something failed that is not a program's fault; the search went on.
    Fault {
        /// The simulation.
        simulation: u64,
        /// The node at which it happened.
        node: NodeId,
        /// What failed.
        message: String,
    },
    /// The policy compared two programs, after the last simulation.
    Compared {
        /// The node and the version of one.
        first: (NodeId, usize),
        /// The node and the version of the other.
        second: (NodeId, usize),
        /// Which it prefers, where it has an opinion.
        preference: Option<Preference>,
    },
    /// The search ended.
    Stopped {
        /// Why.
        reason: StopReason,
        /// What was spent in all.
        cost: Cost,
        /// The node and the version of the answer.
        answer: Option<(NodeId, usize)>,
        /// What speaks for it.
        evidence: Option<Evidence>,
    },
}

/// Told of every step of a search while it runs: in the journal's order, one at a time, from
/// whichever thread took it. Must be quick: the search waits for it.
pub trait Observer: Send + Sync {
    /// A step was taken.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

/// The journal of a search, kept in memory.
pub(crate) struct Journal<'s> {
    observers: &'s [Arc<dyn Observer>],
    events: Mutex<Vec<Event>>,
}

impl<'s> Journal<'s> {
    pub(crate) fn new(observers: &'s [Arc<dyn Observer>]) -> Self {
        Journal {
            observers,
            events: Mutex::default(),
        }
    }

    /// Opens the journal: nobody else writes until the page is dropped.
    pub(crate) fn open(&self) -> Page<'_> {
        Page {
            observers: self.observers,
            events: self.events.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write.
pub(crate) struct Page<'j> {
    observers: &'j [Arc<dyn Observer>],
    events: MutexGuard<'j, Vec<Event>>,
}

impl Page<'_> {
    pub(crate) fn write(&mut self, event: Event) {
        for observer in self.observers {
            observer.observe(&event);
        }
        self.events.push(event);
    }

    /// What was written so far.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}
