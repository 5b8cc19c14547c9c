//! Going over the children of a node.

use super::arena::Arena;
use super::node::{Block, Link, Node, state};
use crate::backup::Statistic;

/// Where siblings come from: a tree of any payload.
pub(crate) trait Source {
    /// The block of siblings that was published before the one beginning with `first`.
    fn older(&self, first: u32) -> Option<Block>;
    /// The longest run of siblings at the start of a block.
    fn run(&self, block: Block) -> &[Node];
}

/// Where the states are found that edges lead to, in a tree that merges equal ones.
pub(crate) trait States {
    /// What is known of the state that an edge leads to.
    fn look(&self, id: u32, edge: &Node, statistic: Statistic) -> Leads;
}

/// The state that an edge leads to.
pub(crate) struct Leads {
    pub(crate) state: u32,
    /// Neither claimed nor closed.
    pub(crate) free: bool,
    /// Its value; 0 before the first visit.
    pub(crate) value: f64,
}

impl<P> Source for Arena<P> {
    fn older(&self, first: u32) -> Option<Block> {
        self.slot(first).ties().older()
    }

    #[inline]
    fn run(&self, block: Block) -> &[Node] {
        let (chunk, at) = self.chunk(block.first);
        &chunk.nodes[at..chunk.nodes.len().min(at + block.len as usize)]
    }
}

/// The blocks of a node's children as they were when its link was read, youngest first.
pub(super) fn blocks<P>(arena: &Arena<P>, link: Link) -> impl Iterator<Item = Block> + '_ {
    // The link knows whether there is an older block, so that in the common case that there
    // is none the ties stay untouched.
    let mut more = link.has(state::OLDER);
    std::iter::successors(link.block(), move |block| {
        let older = more.then(|| arena.older(block.first)).flatten();
        more = older.is_some();
        older
    })
}
