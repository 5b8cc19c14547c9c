//! The statistics of a node: how often it was visited, how often it is in flight, and what
//! it brought. Every update is one atomic addition; none is ever lost.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// closed (1) | claimed (1) | visits (38) | in flight (24): all that decides whether a node
/// may be chosen, and how often it was, is read at once, and a mark becomes a visit in one
/// step, so that n + o never dips.
const IN_FLIGHT_BITS: u32 = 24;
const VISIT: u64 = 1 << IN_FLIGHT_BITS;
const CLAIMED: u64 = 1 << 62;
const CLOSED: u64 = 1 << 63;

/// The most simulations in flight at once, and the most visits of a tree. The limits leave
/// room for marks that are set while a limit is found.
pub(crate) const MAX_IN_FLIGHT: u32 = 1 << 23;
pub(crate) const MAX_VISITS: u64 = (1 << 38) - (1 << 24);

/// Value sums are fixed point, so that adding is one `fetch_add`: 2⁻²⁴ of a reward. The sum
/// of 2³⁸ visits with reward 1 stays below 2⁶³.
const REWARD_UNIT: f64 = (1u64 << 24) as f64;

/// A reward in [0, 1] in the fixed point of a sum.
#[inline]
fn units(reward: f64) -> u64 {
    (reward * REWARD_UNIT) as i64 as u64
}

/// A reward in [0, 1] in the units of [`Best`].
#[inline]
fn share(reward: f64) -> u32 {
    (reward * f64::from(u32::MAX)) as i64 as u32
}

/// A reward that is told to many nodes, in the units of each statistic.
#[derive(Clone, Copy)]
pub(crate) struct Reward {
    units: u64,
    share: u32,
}

impl Reward {
    /// Of a reward in [0, 1].
    #[inline]
    pub(crate) fn of(reward: f64) -> Self {
        Reward {
            units: units(reward),
            share: share(reward),
        }
    }
}

/// What every simulation adds to at every node of its path; 16 bytes.
#[derive(Default)]
pub(crate) struct Statistics {
    count: AtomicU64,
    sum: AtomicU64,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Statistics>() == 16);

/// Visits, in-flight marks, claim and closure of a node at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(u64);

impl Count {
    #[inline]
    pub(crate) fn visits(self) -> u64 {
        (self.0 & (CLAIMED - 1)) >> IN_FLIGHT_BITS
    }

    #[inline]
    pub(crate) fn in_flight(self) -> u32 {
        self.0 as u32 & ((1 << IN_FLIGHT_BITS) - 1)
    }

    /// Some ticket is evaluating the node, or expanding it for the first time.
    #[inline]
    pub(crate) fn is_claimed(self) -> bool {
        self.0 & CLAIMED != 0
    }

    /// Nothing is left to do at or below the node.
    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// May be chosen.
    #[inline]
    pub(crate) fn is_free(self) -> bool {
        self.0 & (CLAIMED | CLOSED) == 0
    }

    /// The count as one that has a mark here sees the others.
    #[inline]
    pub(crate) fn without_own_mark(self) -> Self {
        Count(self.0 - u64::from(self.in_flight() > 0))
    }

    pub(crate) fn of(visits: u64, in_flight: u32, free: bool) -> Self {
        let held = if free { 0 } else { CLAIMED };
        Count(held | visits << IN_FLIGHT_BITS | u64::from(in_flight))
    }
}

impl Statistics {
    /// Statistics that are no part of a tree.
    pub(crate) fn of(count: Count, mean: f64) -> Self {
        let sum = count.visits() as f64 * mean * REWARD_UNIT;
        Statistics {
            count: AtomicU64::new(count.0),
            sum: AtomicU64::new(sum as u64),
        }
    }

    #[inline]
    pub(crate) fn count(&self) -> Count {
        Count(self.count.load(Ordering::Relaxed))
    }

    /// Adds a mark; the count as it was before.
    #[inline]
    pub(crate) fn mark(&self) -> Count {
        Count(self.count.fetch_add(1, Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn unmark(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }

    /// Turns a mark into a visit with a reward in [0, 1].
    #[inline]
    pub(crate) fn visit(&self, reward: f64) {
        self.add(reward);
        self.count.fetch_add(VISIT - 1, Ordering::Relaxed);
    }

    /// As a mark and a [`visit`](Self::visit), by a worker that is alone with the tree.
    #[inline]
    pub(crate) fn visit_alone(&self, reward: Reward) {
        let sum = self.sum.load(Ordering::Relaxed) + reward.units;
        self.sum.store(sum, Ordering::Relaxed);
        let count = self.count.load(Ordering::Relaxed) + VISIT;
        self.count.store(count, Ordering::Relaxed);
    }

    /// As [`visit`](Self::visit), and lets a claim go that is held. Release: the next to
    /// claim the node sees what this one did.
    #[inline]
    pub(crate) fn visit_and_release(&self, reward: f64) {
        self.add(reward);
        self.count
            .fetch_sub(CLAIMED - (VISIT - 1), Ordering::Release);
    }

    /// Turns a mark into a visit without a reward; the number of the visit. Release: whoever
    /// counts a later visit sees what was done before this one, and so (Acquire) does this one.
    #[inline]
    pub(crate) fn pass(&self) -> u64 {
        Count(self.count.fetch_add(VISIT - 1, Ordering::AcqRel)).visits() + 1
    }

    /// How many visits [`pass`](Self::pass) has counted. Acquire: what was done before each of
    /// them is seen.
    #[inline]
    pub(crate) fn passed(&self) -> u64 {
        Count(self.count.load(Ordering::Acquire)).visits()
    }

    /// Adds a reward in [0, 1] to the sum.
    #[inline]
    pub(crate) fn add(&self, reward: f64) {
        self.sum.fetch_add(units(reward), Ordering::Relaxed);
    }

    /// Takes the claim; false when another holds it. Acquire: pairs with its release.
    #[inline]
    pub(crate) fn claim(&self) -> bool {
        !Count(self.count.fetch_or(CLAIMED, Ordering::Acquire)).is_claimed()
    }

    /// Lets the claim go.
    #[inline]
    pub(crate) fn release(&self) {
        self.count.fetch_and(!CLAIMED, Ordering::Release);
    }

    /// Closes the node; false when it was closed before.
    #[inline]
    pub(crate) fn close(&self) -> bool {
        !Count(self.count.fetch_or(CLOSED, Ordering::AcqRel)).is_closed()
    }

    #[cfg(test)]
    pub(crate) fn set(&self, visits: u64, mean: f64) {
        let other = Statistics::of(Count::of(visits, 0, true), mean);
        self.count.store(other.count().0, Ordering::Relaxed);
        self.sum
            .store(other.sum.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The sum of the rewards, as exactly as it is kept.
    #[inline]
    pub(crate) fn total(&self) -> f64 {
        self.sum.load(Ordering::Relaxed) as i64 as f64 / REWARD_UNIT
    }

    /// The sum of the rewards.
    #[inline]
    pub(crate) fn sum(&self) -> f32 {
        self.sum.load(Ordering::Relaxed) as i64 as f32 * (1.0 / REWARD_UNIT) as f32
    }

    /// The mean reward over `visits` ≥ 1, in [0, 1].
    #[inline]
    pub(crate) fn mean(&self, visits: u64) -> f64 {
        // A reward is added just before its visit: while that happens the sum may be ahead.
        (self.total() / visits as i64 as f64).min(1.0)
    }
}

/// The best reward, in units of 1 / (2³² − 1).
#[derive(Default)]
pub(crate) struct Best(AtomicU32);

impl Best {
    /// Keeps a reward in [0, 1] if it is better.
    #[inline]
    pub(crate) fn offer(&self, reward: f64) {
        let reward = share(reward);
        // Most rewards are not the best: a load is cheaper than the loop behind `fetch_max`.
        if reward > self.0.load(Ordering::Relaxed) {
            self.0.fetch_max(reward, Ordering::Relaxed);
        }
    }

    /// The same, by a worker that is alone with the tree.
    #[inline]
    pub(crate) fn offer_alone(&self, reward: Reward) {
        if reward.share > self.0.load(Ordering::Relaxed) {
            self.0.store(reward.share, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> f64 {
        i64::from(self.0.load(Ordering::Relaxed)) as f64 * (1.0 / f64::from(u32::MAX))
    }
}
