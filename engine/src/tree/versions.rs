//! Versions of a payload: immutable once published, the best one current, none ever lost.

use crate::sync::{AtomicU32, AtomicU64, Ordering};
use std::sync::OnceLock;

/// A small append-only list of versions with a *current* one: the version with the highest
/// score, the later of two equal ones.
///
/// A slot is taken by `fetch_add` and has one writer; the current version is a `fetch_max` on
/// score and index in one word, so that keeping the better one under races is one
/// instruction.
///
/// ```
/// use cogitree_engine::tree::Versions;
/// let v = Versions::new(4);
/// v.publish("first", 0.5);
/// v.publish("worse", 0.2);
/// assert_eq!(v.current(), Some(&"first"));
/// v.publish("as good", 0.5);
/// assert_eq!(v.current(), Some(&"as good"));
/// assert_eq!(v.iter().count(), 3);
/// ```
#[derive(Debug)]
pub struct Versions<T> {
    slots: Box<[OnceLock<T>]>,
    taken: AtomicU32,
    /// (score as fixed point + 1) << 8 | index; 0 while there is none.
    current: AtomicU64,
}

impl<T> Versions<T> {
    /// An empty list with room for `capacity` versions, 255 at the most.
    pub fn new(capacity: usize) -> Self {
        Versions {
            slots: (0..capacity.min(255)).map(|_| OnceLock::new()).collect(),
            taken: AtomicU32::new(0),
            current: AtomicU64::new(0),
        }
    }

    /// Adds a version with a score in [0, 1] (others are clamped); its index, or `None` when
    /// there is no room left.
    pub fn publish(&self, version: T, score: f64) -> Option<usize> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed) as usize;
        let slot = self.slots.get(index)?;
        let _ = slot.set(version);
        let fixed = (score.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u64 + 1;
        // Release: whoever reads the word sees the slot filled.
        self.current
            .fetch_max(fixed << 8 | index as u64, Ordering::Release);
        Some(index)
    }

    /// The index of the current version.
    pub fn current_index(&self) -> Option<usize> {
        let word = self.current.load(Ordering::Acquire);
        (word != 0).then_some((word & 0xff) as usize)
    }

    /// The current version.
    pub fn current(&self) -> Option<&T> {
        self.slots.get(self.current_index()?)?.get()
    }

    /// All versions, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(OnceLock::get)
    }
}
