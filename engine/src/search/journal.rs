//! The journal: every step of a search, in order.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::{Cost, StopReason};
use crate::tree::NodeId;
use crate::{Program, Thought, Verdict};

/// One step of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A leaf was selected.
    Asked {
        /// The number of the simulation, from 0.
        simulation: u64,
        /// The leaf.
        node: NodeId,
    },
    /// A policy offered thoughts; they became children, with ids from `first` on.
    Proposed {
        /// The node that was expanded.
        node: NodeId,
        /// The offers: the thoughts in words, with their priors.
        thoughts: Vec<(Arc<str>, f64)>,
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
        /// The program.
        program: Arc<Program>,
        /// One verdict for each visible test.
        verdicts: Vec<Verdict>,
        /// What was said of it.
        feedback: String,
        /// True when the same program had been run before and its report was reused.
        repeated: bool,
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
        /// The node at which it happened.
        node: NodeId,
        /// What failed.
        message: String,
    },
    /// The search ended.
    Stopped {
        /// Why.
        reason: StopReason,
    },
}

/// Told of every step of a search while it runs, from whichever thread took it. Must be
/// quick: the search waits for it.
pub trait Observer: Send + Sync {
    /// A step was taken.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

/// The journal of a search, kept in memory. Written after the tree was told, so that no
/// simulation waits for it inside the tree.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    events: Mutex<Vec<Event>>,
}

impl Journal {
    pub(crate) fn write(&self, event: Event) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
