//! From a key and a depth to the state: a lock-free hash trie that only grows.
//!
//! Each state is itself a node of the trie, with four branches; two bits of the hash choose
//! one ("An easy-to-implement, arena-friendly hash map", C. Wellons 2023,
//! <https://nullprogram.com/blog/2023/09/30/>). A slot is put in by one compare-and-swap on
//! the branch where its search ended, so of several with the same key the first is found by
//! all others: they pass the same branches. Nothing is moved or resized, no memory is handed
//! back, and so there is nothing to reclaim. A table of roots saves the first steps.
//!
//! Expected steps: log₄(states ÷ roots). Two states whose 64 bits of hash are all the same
//! only make a chain.

use super::Graph;
use crate::sync::{AtomicU32, Ordering};

/// The most roots: 256 KiB.
const MAX_ROOTS: u32 = if cfg!(loom) { 1 } else { 1 << 16 };

/// Empty tries, one for about four slots.
pub(super) fn roots(capacity: u32) -> Box<[AtomicU32]> {
    let roots = (capacity / 4).clamp(1, MAX_ROOTS).next_power_of_two();
    (0..roots).map(|_| AtomicU32::new(0)).collect()
}

/// A caller's key may be a plain number or a set of bits: all of it goes into all bits.
fn hash(key: u128, depth: u32) -> u64 {
    [(key >> 64) as u64, u64::from(depth)]
        .into_iter()
        .fold(mix(key as u64), |hash, part| mix(hash ^ part))
}

/// The finaliser of splitmix64 (Steele, Lea & Flood 2014).
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl<P> Graph<P> {
    /// The state with the key and depth of slot `id`: that slot itself if there is none yet.
    /// `complete` is called before the slot can be found by others.
    pub(super) fn find_or_insert(&self, id: u32, mut complete: impl FnMut()) -> u32 {
        let identity = self.identity(id);
        let (key, depth) = (identity.key(), identity.depth());
        let mut hash = hash(key, depth);
        let mut branch = &self.tries[hash as usize & (self.tries.len() - 1)];
        loop {
            // Acquire: pairs with the swap below; the slot that is found is complete.
            let mut there = branch.load(Ordering::Acquire);
            if there == 0 {
                complete();
                match branch.compare_exchange(0, id, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return id,
                    Err(other) => there = other,
                }
            }
            let other = self.identity(there);
            if other.key() == key && other.depth() == depth {
                return there;
            }
            branch = &other.branches[(hash >> 62) as usize];
            hash <<= 2;
        }
    }
}
