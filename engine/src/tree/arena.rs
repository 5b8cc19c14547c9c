//! An append-only arena whose slots never move.
//!
//! Slots live in chunks of 1024, so that no allocation is large. A chunk is allocated by
//! whoever first needs it; of several that race, one wins and the others drop theirs
//! ([`OnceBox`]), so nobody waits for a suspended allocator. A reference to a slot stays good
//! while the arena lives.
//!
//! In a chunk the nodes have an array of their own, apart from their ties and payloads, so
//! that a descent reads no more than it needs: ten siblings are 400 bytes in a row.
//!
//! Orderings: ids are handed out by a relaxed read-modify-write; a slot's *contents* are
//! published by whoever links its id somewhere (the `link` word of the parent, with
//! `Release`), not by the arena.

use std::sync::OnceLock;

use once_cell::race::OnceBox;

use super::node::{Node, Ties};
use super::pause;
use crate::sync::{AtomicU32, Ordering};

/// log₂ of the slots in a chunk: 57 KB without payloads, so that who comes to its end is held
/// up for some ten microseconds only. Under loom every atomic is expensive: four slots.
const BITS: u32 = if cfg!(loom) { 2 } else { 10 };
pub(super) const SLOTS: usize = 1 << BITS;

pub(crate) struct Arena<P> {
    chunks: Box<[OnceBox<Chunk<P>>]>,
    len: AtomicU32,
    capacity: u32,
}

/// The parts of consecutive nodes. The nodes are in the chunk itself: from the directory to a
/// node is one step less for a descent, which takes it at every level.
pub(crate) struct Chunk<P> {
    pub(crate) nodes: [Node; SLOTS],
    ties: Box<[Ties]>,
    payloads: Box<[OnceLock<P>]>,
}

impl<P> Chunk<P> {
    fn new() -> Self {
        Chunk {
            nodes: std::array::from_fn(|_| Node::default()),
            ties: (0..SLOTS).map(|_| Ties::default()).collect(),
            payloads: (0..SLOTS).map(|_| OnceLock::new()).collect(),
        }
    }
}

/// One node.
pub(crate) struct Slot<'a, P> {
    chunk: &'a Chunk<P>,
    at: usize,
}

impl<'a, P> Slot<'a, P> {
    #[inline]
    pub(crate) fn node(&self) -> &'a Node {
        &self.chunk.nodes[self.at]
    }

    #[inline]
    pub(crate) fn ties(&self) -> &'a Ties {
        &self.chunk.ties[self.at]
    }

    #[inline]
    pub(crate) fn payload(&self) -> &'a OnceLock<P> {
        &self.chunk.payloads[self.at]
    }
}

impl<P> Arena<P> {
    /// An empty arena that will hold at most `capacity` slots, at least 1.
    pub(crate) fn new(capacity: u32) -> Self {
        let capacity = capacity.max(1);
        let chunks = locate(capacity - 1).0 + 1;
        Arena {
            chunks: (0..chunks).map(|_| OnceBox::new()).collect(),
            len: AtomicU32::new(0),
            capacity,
        }
    }

    /// Reserves `n` ≥ 1 consecutive ids and makes sure that their slots exist; `None` when the
    /// arena is full (nothing is reserved then).
    pub(crate) fn reserve(&self, n: u32) -> Option<u32> {
        let first = self
            .len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |len| {
                len.checked_add(n).filter(|&end| end <= self.capacity)
            })
            .ok()?;
        pause::point();
        for chunk in locate(first).0..=locate(first + n - 1).0 {
            self.chunks[chunk].get_or_init(|| {
                pause::point();
                Box::new(Chunk::new())
            });
        }
        Some(first)
    }

    /// The slot of an id that was reserved.
    ///
    /// # Panics
    /// When its chunk does not exist.
    #[inline]
    pub(crate) fn slot(&self, id: u32) -> Slot<'_, P> {
        let (chunk, at) = self.chunk(id);
        Slot { chunk, at }
    }

    /// The chunk of an id that was reserved, and its place there.
    ///
    /// # Panics
    /// When the chunk does not exist.
    #[inline]
    pub(crate) fn chunk(&self, id: u32) -> (&Chunk<P>, usize) {
        let (chunk, at) = locate(id);
        match self.chunks.get(chunk).and_then(OnceBox::get) {
            Some(chunk) => (chunk, at),
            None => nowhere(id),
        }
    }

    /// How many chunks there may be.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// How many slots there may be.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// How many ids were handed out.
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }
}

#[cold]
pub(super) fn nowhere(id: u32) -> ! {
    panic!("there is no node {id} in this tree")
}

/// The chunk of an id and its place there.
#[inline]
pub(super) fn locate(id: u32) -> (usize, usize) {
    ((id >> BITS) as usize, id as usize & (SLOTS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_map_to_slots_without_gap_or_overlap() {
        let mut expected = (0, 0);
        for id in 0..500_000 {
            assert_eq!(locate(id), expected);
            expected.1 += 1;
            if expected.1 == SLOTS {
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
