//! What belongs to a slot in a tree that merges states, beside its node: what every simulation
//! on its way touches (32 bytes), and what only growth and closing do (48 bytes).

use crate::sync::{AtomicU32, AtomicU64, Ordering};

use super::super::statistics::Statistics;

/// In the word of a value: version (38) | mean (26).
const MEAN_BITS: u32 = 26;
const MEAN_UNIT: f64 = ((1u64 << MEAN_BITS) - 1) as f64;

/// What a state has over all edges into it.
#[repr(align(32))]
#[derive(Default)]
pub(crate) struct Totals {
    /// Visits and in-flight marks over all edges into the state (claim and closure are in its
    /// node); the sum is that of its own rewards.
    pub(crate) statistics: Statistics,
    /// Own evaluations.
    own: AtomicU64,
    value: AtomicU64,
}

/// Which state a slot is, its place among others with such a hash, and the edges into it.
pub(crate) struct Identity {
    key: [AtomicU64; 2],
    /// The states that come after this one in the trie, by two bits of their hash; 0: none.
    pub(super) branches: [AtomicU32; 4],
    depth: AtomicU32,
    /// Of a state: the youngest alias, 0, or [`SEALED`].
    pub(super) aliases: AtomicU32,
    /// Of an alias: the one before it.
    pub(super) next: AtomicU32,
}

/// The state is closed: no edge is added to its list. No slot has this id.
pub(super) const SEALED: u32 = u32::MAX;

#[cfg(not(loom))]
const _: () = assert!(size_of::<Totals>() == 32 && size_of::<Identity>() == 48);

impl Default for Identity {
    fn default() -> Self {
        Identity {
            key: [AtomicU64::new(0), AtomicU64::new(0)],
            branches: std::array::from_fn(|_| AtomicU32::new(0)),
            depth: AtomicU32::new(0),
            aliases: AtomicU32::new(0),
            next: AtomicU32::new(0),
        }
    }
}

impl Identity {
    /// Written before the slot is in the trie, and never after.
    pub(super) fn set(&self, key: u128, depth: u32) {
        self.key[0].store(key as u64, Ordering::Relaxed);
        self.key[1].store((key >> 64) as u64, Ordering::Relaxed);
        self.depth.store(depth, Ordering::Relaxed);
    }

    pub(crate) fn key(&self) -> u128 {
        let [low, high] = [0, 1].map(|i| u128::from(self.key[i].load(Ordering::Relaxed)));
        high << 64 | low
    }

    /// Steps from the root.
    pub(crate) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }
}

impl Totals {
    /// An evaluation of the state itself.
    pub(super) fn evaluate(&self, reward: f64) {
        self.statistics.add(reward);
        // Release: who counts the evaluation sees its reward.
        self.own.fetch_add(1, Ordering::Release);
    }

    /// How many own evaluations there are, and the sum of their rewards.
    pub(crate) fn own(&self) -> (u64, f64) {
        let n = self.own.load(Ordering::Acquire);
        (n, self.statistics.total())
    }

    /// Q: the value as last computed; 0 before the first visit.
    #[inline]
    pub(crate) fn mean(&self) -> f64 {
        let mean = self.value.load(Ordering::Relaxed) & ((1 << MEAN_BITS) - 1);
        mean as i64 as f64 * (1.0 / MEAN_UNIT)
    }

    /// The number of visits that the value includes. Acquire: pairs with
    /// [`publish`](Self::publish), so that the best reward that was offered before is seen.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.value.load(Ordering::Acquire) >> MEAN_BITS
    }

    /// Replaces the value unless the one there includes as many visits.
    pub(super) fn publish(&self, version: u64, mean: f64) {
        let mean = (mean * MEAN_UNIT).round() as u64;
        let word = version << MEAN_BITS | mean;
        let _ = self
            .value
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |there| {
                (there >> MEAN_BITS < version).then_some(word)
            });
    }
}
