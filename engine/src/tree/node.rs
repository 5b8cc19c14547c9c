//! The hot part of a node: everything that selection and backup touch, on one cache line.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// No node: the end of a child list, the parent of the root.
pub(crate) const NIL: u32 = u32::MAX;

/// Value sums are fixed point, so that adding is one `fetch_add`: 2⁻³¹ of a reward. A sum of
/// 2³² visits with reward 1 stays below 2⁶³.
const VALUE_UNIT: f64 = (1u64 << 31) as f64;

/// State bits of a node.
pub(crate) mod state {
    /// Some ticket is evaluating or expanding the node.
    pub(crate) const CLAIMED: u32 = 1;
    /// The node's own evaluation was told (always set on the root, which has none).
    pub(crate) const EVALUATED: u32 = 2;
    /// Children were published.
    pub(crate) const EXPANDED: u32 = 4;
    /// Nothing is left to do at or below the node; selection passes it by.
    pub(crate) const CLOSED: u32 = 8;
}

/// Statistics and links of one node; 64 bytes.
///
/// `parent`, `depth`, `prior` and `next_sibling` are written by the creator before the node
/// is linked (`Release` on the list head) and never after, so relaxed reads behind an
/// `Acquire` of the head see them. The counters are independent monotone sums: a reader may
/// see one ahead of another, never a lost update.
#[repr(align(64))]
pub(crate) struct Node {
    pub(crate) visits: AtomicU32,
    pub(crate) in_flight: AtomicU32,
    value_sum: AtomicU64,
    best: AtomicU32,
    prior: AtomicU32,
    pub(crate) parent: AtomicU32,
    pub(crate) depth: AtomicU32,
    pub(crate) first_child: AtomicU32,
    pub(crate) next_sibling: AtomicU32,
    pub(crate) children: AtomicU32,
    pub(crate) state: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Node>() == 64);

impl Default for Node {
    fn default() -> Self {
        Node {
            visits: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
            value_sum: AtomicU64::new(0),
            best: AtomicU32::new(0),
            prior: AtomicU32::new(0),
            parent: AtomicU32::new(NIL),
            depth: AtomicU32::new(0),
            first_child: AtomicU32::new(NIL),
            next_sibling: AtomicU32::new(NIL),
            children: AtomicU32::new(0),
            state: AtomicU32::new(0),
        }
    }
}

impl Node {
    pub(crate) fn set_prior(&self, prior: f64) {
        self.prior
            .store((prior as f32).to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn prior(&self) -> f64 {
        f64::from(f32::from_bits(self.prior.load(Ordering::Relaxed)))
    }

    /// Adds one visit with a reward in [0, 1] and takes one in-flight mark away. The visit
    /// is added first, so that visits + in flight never dips.
    pub(crate) fn back_up(&self, reward: f64) {
        let best = (reward * f64::from(u32::MAX)) as u32;
        self.value_sum
            .fetch_add((reward * VALUE_UNIT) as u64, Ordering::Relaxed);
        self.best.fetch_max(best, Ordering::Relaxed);
        self.visits.fetch_add(1, Ordering::Relaxed);
        self.unmark();
    }

    pub(crate) fn mark(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn unmark(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn mean(&self) -> f64 {
        let visits = self.visits.load(Ordering::Relaxed);
        if visits == 0 {
            return 0.0;
        }
        self.value_sum.load(Ordering::Relaxed) as f64 / VALUE_UNIT / f64::from(visits)
    }

    pub(crate) fn best(&self) -> f64 {
        f64::from(self.best.load(Ordering::Relaxed)) / f64::from(u32::MAX)
    }

    pub(crate) fn has(&self, bit: u32) -> bool {
        self.state.load(Ordering::Acquire) & bit != 0
    }

    /// Sets a bit; true when it was not set before. `AcqRel`: what was written before the
    /// bit is seen by whoever reads it.
    pub(crate) fn set(&self, bit: u32) -> bool {
        self.state.fetch_or(bit, Ordering::AcqRel) & bit == 0
    }

    pub(crate) fn clear(&self, bit: u32) {
        self.state.fetch_and(!bit, Ordering::AcqRel);
    }
}
