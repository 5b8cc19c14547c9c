//! A node: what every simulation on its way reads (40 bytes, siblings side by side), and apart
//! from it what only growth and closing touch (24 bytes).
//!
//! Statistics, link and prior in arrays of their own were measured and are slower: a
//! simulation then touches three or four pages for each node in place of one, and a large tree
//! spends its time on misses of the page tables.

use super::NodeId;
use super::look::Look;
use super::statistics::{Best, Statistics};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// State bits of a node: the low byte of its link.
pub(crate) mod state {
    /// The node's own evaluation was told (always set on the root, which has none).
    pub(crate) const EVALUATED: u64 = 1;
    /// Children were published, or it is known that there are none.
    pub(crate) const EXPANDED: u64 = 2;
    /// No more children will be asked for.
    pub(crate) const GROWN: u64 = 4;
    /// All that a node can come to be: nothing is to be done at it itself.
    pub(crate) const DONE: u64 = EVALUATED | EXPANDED | GROWN;
    /// There are older blocks of children than the one in the link.
    pub(crate) const OLDER: u64 = 8;
    /// The slot is no state, only an edge to one that the link names where the first id is.
    pub(crate) const ALIAS: u64 = 16;
}

/// The most children that one expansion may publish.
pub(crate) const MAX_BLOCK: u32 = (1 << 24) - 1;

/// Consecutive ids that were published by one expansion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first: u32,
    pub(crate) len: u32,
}

/// State bits (8) | length (24) | first id (32) of the youngest block of children, in one
/// word: children and the states that depend on them change together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link(u64);

impl Link {
    #[inline]
    pub(crate) fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    #[inline]
    pub(crate) fn block(self) -> Option<Block> {
        let len = (self.0 >> 8) as u32 & MAX_BLOCK;
        (len > 0).then_some(Block {
            first: (self.0 >> 32) as u32,
            len,
        })
    }

    /// The state that an alias leads to.
    #[inline]
    pub(crate) fn alias(self) -> Option<u32> {
        self.has(state::ALIAS).then_some((self.0 >> 32) as u32)
    }

    fn with(self, block: Block) -> Link {
        let older = if self.block().is_some() {
            state::OLDER
        } else {
            0
        };
        let place = u64::from(block.first) << 32 | u64::from(block.len) << 8;
        Link(place | self.0 & 0xff | state::EXPANDED | older)
    }
}

/// What a simulation reads of a node.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Node {
    pub(crate) statistics: Statistics,
    pub(crate) link: LinkWord,
    pub(crate) look: Look,
    pub(crate) best: Best,
    pub(crate) prior: Prior,
}

/// The link of a node.
#[derive(Default)]
pub(crate) struct LinkWord(AtomicU64);

/// The prior of a node among its siblings. Written before the node is linked and never after.
#[derive(Default)]
pub(crate) struct Prior(AtomicU32);

/// What growth and closing touch; 24 bytes.
pub(crate) struct Ties {
    /// In the first node of a block: the block of siblings that was published before it.
    older: AtomicU64,
    /// children (32) | expansions in flight (32), for widening.
    pub(crate) growth: AtomicU64,
    /// Reasons for which the node is not closed: each child that is not closed, each
    /// expansion in flight, and one while more children may be asked for. Whoever takes the
    /// last one closes the node.
    pub(crate) open: AtomicU32,
    /// The parent's id; written before the node is linked and never after.
    pub(crate) parent: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Node>() == 40 && size_of::<Ties>() == 24);

impl Default for Ties {
    fn default() -> Self {
        Ties {
            older: AtomicU64::new(0),
            growth: AtomicU64::new(0),
            open: AtomicU32::new(1),
            parent: AtomicU32::new(0),
        }
    }
}

impl Ties {
    pub(crate) fn parent(&self) -> NodeId {
        NodeId(self.parent.load(Ordering::Relaxed))
    }

    pub(crate) fn older(&self) -> Option<Block> {
        let word = self.older.load(Ordering::Relaxed);
        let len = word as u32;
        (len > 0).then_some(Block {
            first: (word >> 32) as u32,
            len,
        })
    }

    fn set_older(&self, block: Option<Block>) {
        let word = block.map_or(0, |b| u64::from(b.first) << 32 | u64::from(b.len));
        self.older.store(word, Ordering::Relaxed);
    }
}

impl Prior {
    #[inline]
    pub(crate) fn set(&self, prior: f64) {
        self.0.store((prior as f32).to_bits(), Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl LinkWord {
    /// Acquire: pairs with the `Release` of [`publish`](Self::publish), so that the children
    /// are complete.
    #[inline]
    pub(crate) fn get(&self) -> Link {
        Link(self.0.load(Ordering::Acquire))
    }

    /// Sets bits; the link as it was before.
    #[inline]
    pub(crate) fn set(&self, bits: u64) -> Link {
        Link(self.0.fetch_or(bits, Ordering::AcqRel))
    }

    /// Puts a block in front of the children that are there. `ties` are those of the first
    /// node of the block. Release: publishes everything written to the children.
    pub(crate) fn publish(&self, block: Block, ties: &Ties) {
        let _ = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                let link = Link(word);
                if link.block().is_some() {
                    ties.set_older(link.block());
                }
                Some(link.with(block).0)
            });
    }
}
