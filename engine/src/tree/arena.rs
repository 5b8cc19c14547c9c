//! An append-only arena whose slots never move.
//!
//! Slots live in chunks of doubling size (1024, 2048, 4096, …), each allocated once behind a
//! [`OnceLock`] by whoever first needs it: 22 chunks reach all 32-bit ids, an index is found
//! by one `leading_zeros`, and a reference to a slot stays good while the arena lives.
//!
//! Orderings: ids are handed out by a relaxed `fetch_add`; a slot's *contents* are published
//! by whoever links its id somewhere (a child list, with `Release`), not by the arena.

use crate::sync::{AtomicU32, Ordering};
use std::sync::OnceLock;

/// Under loom every atomic is expensive: start with two slots.
const FIRST_BITS: u32 = if cfg!(loom) { 1 } else { 10 };
const CHUNKS: usize = (32 - FIRST_BITS) as usize;

pub(crate) struct Arena<T> {
    chunks: [OnceLock<Box<[T]>>; CHUNKS],
    len: AtomicU32,
    capacity: u32,
}

impl<T: Default> Arena<T> {
    /// An empty arena that will hold at most `capacity` slots.
    pub(crate) fn new(capacity: u32) -> Self {
        let reach = ((1u64 << 32) - (1 << FIRST_BITS)) as u32;
        Arena {
            chunks: [const { OnceLock::new() }; CHUNKS],
            len: AtomicU32::new(0),
            capacity: capacity.min(reach),
        }
    }

    /// Reserves `n` consecutive ids and makes sure that their slots exist; `None` when the
    /// arena is full (nothing is reserved then).
    pub(crate) fn reserve(&self, n: u32) -> Option<u32> {
        let first = self
            .len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |len| {
                len.checked_add(n).filter(|&end| end <= self.capacity)
            })
            .ok()?;
        self.ensure(first, n);
        Some(first)
    }

    /// Makes sure that the slots of `n` ids from `first` exist: for an arena that shares the
    /// ids of another.
    pub(crate) fn ensure(&self, first: u32, n: u32) {
        if n > 0 {
            for chunk in locate(first).0..=locate(first + n - 1).0 {
                self.chunks[chunk].get_or_init(|| {
                    (0..1usize << (chunk as u32 + FIRST_BITS))
                        .map(|_| T::default())
                        .collect()
                });
            }
        }
    }

    /// How many ids were handed out.
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    /// The slot of an id that [`reserve`](Self::reserve) gave out.
    pub(crate) fn get(&self, id: u32) -> &T {
        let (chunk, offset) = locate(id);
        match self.chunks[chunk].get() {
            Some(slots) => &slots[offset],
            None => panic!("node id {id} was never handed out by this tree"),
        }
    }
}

/// The chunk of an id and its place there.
fn locate(id: u32) -> (usize, usize) {
    let shifted = u64::from(id) + (1 << FIRST_BITS);
    let chunk = 63 - shifted.leading_zeros() - FIRST_BITS;
    (
        chunk as usize,
        (shifted - (1u64 << (chunk + FIRST_BITS))) as usize,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_map_to_slots_without_gap_or_overlap() {
        let mut expected = (0, 0);
        for id in 0..200_000 {
            assert_eq!(locate(id), expected);
            expected.1 += 1;
            if expected.1 == 1 << (expected.0 as u32 + FIRST_BITS) {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn a_full_arena_refuses_and_keeps_what_it_has() {
        let arena: Arena<u8> = Arena::new(10);
        assert_eq!(arena.reserve(8), Some(0));
        assert_eq!(arena.reserve(3), None);
        assert_eq!(arena.reserve(2), Some(8));
        assert_eq!(arena.reserve(1), None);
        assert_eq!(arena.len(), 10);
    }
}
