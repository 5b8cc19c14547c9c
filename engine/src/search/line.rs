//! The payload of a search tree: one thought with all its versions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::Tried;
use crate::tree::Versions;
use crate::{Meter, Operator, Spending, Thought};

/// A thought at a node of a search tree.
#[derive(Debug)]
pub struct Line {
    /// The thought as it was proposed; empty at the root.
    pub proposed: Thought,
    /// The versions that were tried, the proposed one first.
    pub versions: Versions<Tried>,
    /// Nothing where no call cost anything.
    costs: OnceLock<Box<Mutex<Costs>>>,
    /// How often the policy had no usable answer for it. Read and counted while the journal is open.
    unusable: AtomicU32,
}

/// What calls cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Costs {
    pub(crate) spending: Spending,
    pub(crate) time: BTreeMap<Operator, Duration>,
}

impl Costs {
    /// What a meter has counted.
    pub(crate) fn of(meter: &Meter) -> Self {
        Costs {
            spending: meter.spending(),
            time: meter.time(),
        }
    }

    pub(crate) fn add(&mut self, other: &Costs) {
        self.spending.merge(&other.spending);
        for (operator, time) in &other.time {
            *self.time.entry(*operator).or_default() += *time;
        }
    }
}

impl Line {
    pub(crate) fn new(proposed: Thought, rethinks: usize) -> Self {
        Line {
            proposed,
            versions: Versions::new(1 + rethinks),
            costs: OnceLock::new(),
            unusable: AtomicU32::new(0),
        }
    }

    /// How often the policy had no usable answer for it.
    pub(crate) fn unusable(&self) -> u32 {
        self.unusable.load(Ordering::Relaxed)
    }

    /// Counts one more time that it had none.
    pub(crate) fn count_unusable(&self) -> u32 {
        self.unusable.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn charge(&self, costs: &Costs) {
        if !costs.spending.is_zero() {
            let mine = self.costs.get_or_init(Box::default);
            mine.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(costs);
        }
    }

    fn costs(&self) -> Costs {
        self.costs.get().map_or_else(Costs::default, |costs| {
            costs.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// What the policy's calls at this node cost, by operator: for its programs, and for the thoughts
    /// that follow it.
    pub fn spending(&self) -> Spending {
        self.costs().spending
    }

    /// How long these calls took, by operator; side by side they add up.
    pub fn time(&self) -> BTreeMap<Operator, Duration> {
        self.costs().time
    }

    /// The thought as it stands: the best version tried, else the proposed one.
    pub fn thought(&self) -> &Thought {
        self.versions
            .current()
            .map_or(&self.proposed, |t| &t.thought)
    }
}
