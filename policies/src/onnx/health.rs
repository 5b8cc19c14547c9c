//! What became of the requests: counts, the first failure in words, and whether to go on asking.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

/// What a value model has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueCounts {
    /// States that an estimate was asked for.
    pub asked: u64,
    /// Of them, those answered from what is kept.
    pub kept: u64,
    /// Of them, those that the model answered.
    pub answered: u64,
    /// Of them, those that the model failed on.
    pub failed: u64,
    /// Of them, those without an answer in time.
    pub late: u64,
    /// Of them, those not asked about, since the model had failed too often.
    pub spared: u64,
    /// How often what had gathered was computed. `answered / batches` is the mean size of a batch.
    pub batches: u64,
}

/// Called with the first failure.
#[derive(Clone)]
pub(super) struct Hook(pub(super) Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Counts, and the memory of failures. The counters are independent of each other, so no order between
/// them is needed.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) asked: AtomicU64,
    pub(super) kept: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) spared: AtomicU64,
    /// Failures since the last answer.
    in_a_row: AtomicU32,
    given_up: AtomicBool,
    first: OnceLock<String>,
}

impl Health {
    pub(super) fn well(&self) {
        self.answered.fetch_add(1, Relaxed);
        self.in_a_row.store(0, Relaxed);
    }

    /// A failure: whether it is the first.
    pub(super) fn ill(
        &self,
        counter: &AtomicU64,
        patience: u32,
        why: impl FnOnce() -> String,
    ) -> bool {
        counter.fetch_add(1, Relaxed);
        if self.in_a_row.fetch_add(1, Relaxed).saturating_add(1) >= patience {
            self.given_up.store(true, Relaxed);
        }
        let mut first = false;
        self.first.get_or_init(|| {
            first = true;
            why()
        });
        first
    }

    pub(super) fn given_up(&self) -> bool {
        self.given_up.load(Relaxed)
    }

    pub(super) fn first(&self) -> Option<&str> {
        self.first.get().map(String::as_str)
    }

    pub(super) fn counts(&self, batches: u64) -> ValueCounts {
        ValueCounts {
            asked: self.asked.load(Relaxed),
            kept: self.kept.load(Relaxed),
            answered: self.answered.load(Relaxed),
            failed: self.failed.load(Relaxed),
            late: self.late.load(Relaxed),
            spared: self.spared.load(Relaxed),
            batches,
        }
    }
}
