//! Transpositions: equal states are one, and the tree becomes a graph.
//!
//! # Representation
//! Every slot of a block of siblings is an *edge*. The first slot with a key and a depth is
//! also the *state* that it leads to; one that comes later is an *alias*, whose link names the
//! state and nothing else. Depth belongs to a state as the key does, so that every edge leads
//! one step down: there is no cycle to look for, and a reward has travelled equally far on
//! every path to a state.
//!
//! An edge has visits, in-flight marks and a prior (in its [`Node`](super::Node)); a state has
//! claim, closure, children, best reward and ties (in the node and ties of its slot), and
//! what is in `state`. Slots find their states in a hash trie (`trie`).
//!
//! # Statistics
//! Q(s) = (Σ own rewards + Σₐ N(s,a)·γ·Q(s·a)) / N(s), over the edges a out of s: visits are
//! of the edge, the value is of the state it leads to, whatever path found it. This is UCT2 of
//! Childs, Brodeur & Kocsis 2008 ("Transpositions and Move Groups in Monte Carlo Tree
//! Search") in the idempotent form of KataGo ("Monte-Carlo Graph Search from First
//! Principles"): a backup does not add a reward to each ancestor, it computes each state of
//! its path anew from what is below (`value`).
//!
//! # Invariants, beside those of the tree
//! 1. With no ticket alive, visits(s) = own evaluations(s) + Σ visits(edges out of s) =
//!    Σ visits(edges into s), the root counting as an edge into itself.
//! 2. With no ticket alive, Q(s) is the formula above at the time of the last tell through s.
//! 3. No two states have the same key and depth.
//! 4. Of the reasons for which a node is open, each edge to a closed state has been taken
//!    away once.

mod closing;
mod state;
mod trie;
mod value;

use once_cell::race::OnceBox;

use super::arena::{Arena, SLOTS, locate};
use super::node::{Node, state as bits};
use super::siblings::{Leads, States};
use super::{NodeId, Tree, pause};
use crate::backup::Statistic;
use crate::sync::{AtomicU32, Ordering};
use state::{Identity, Totals};

/// What a tree has more when it merges states.
pub(super) struct Graph<P> {
    key: Box<dyn Fn(&P) -> u128 + Send + Sync>,
    /// As many as the arena has.
    chunks: Box<[OnceBox<Chunk>]>,
    /// The roots of the tries: ids, or 0.
    tries: Box<[AtomicU32]>,
}

/// What belongs to consecutive slots; 80 bytes each.
struct Chunk {
    totals: Box<[Totals]>,
    identities: Box<[Identity]>,
}

impl Chunk {
    fn new() -> Self {
        Chunk {
            totals: (0..SLOTS).map(|_| Totals::default()).collect(),
            identities: (0..SLOTS).map(|_| Identity::default()).collect(),
        }
    }
}

/// What the children of one expansion are.
pub(super) struct Offspring<'t, P> {
    graph: &'t Graph<P>,
    depth: u32,
    keys: Vec<u128>,
}

impl<P> Tree<P> {
    /// The same tree, in which children with the same key at the same depth lead to one state:
    /// what is found below it on one path is known on all. To be called on a fresh tree. Costs
    /// 80 bytes a node more, and O(branching) for each step of a tell.
    ///
    /// An id then names an *edge*; [`state`](Self::state) says to which state it leads. Of equal
    /// payloads the first is kept. Every ticket should be told with the same discount.
    ///
    /// ```
    /// use cogitree_engine::tree::{Ask, Guide, Tree};
    /// use cogitree_engine::Backup;
    ///
    /// // Sums: 1 + 2 and 2 + 1 are the same.
    /// let tree = Tree::new(0u32, 100).merging(|&sum| sum.into());
    /// let guide: Guide = Guide::default();
    /// for _ in 0..30 {
    ///     let ticket = match tree.ask(&guide) {
    ///         Ask::Expand(mut ticket) if ticket.depth() < 2 => {
    ///             let sum = *ticket.payload();
    ///             ticket.expand([1, 2].map(|step| (sum + step, 1.0))).unwrap();
    ///             if !ticket.descend(&guide) {
    ///                 continue;
    ///             }
    ///             ticket
    ///         }
    ///         Ask::Expand(ticket) | Ask::Evaluate(ticket) => ticket,
    ///         Ask::Busy | Ask::Closed => break,
    ///     };
    ///     ticket.tell(0.5, &guide.backup).unwrap();
    /// }
    /// let states = tree.graph();
    /// assert_eq!((states.node_count(), states.edge_count()), (6, 6));
    /// ```
    ///
    /// # Panics
    /// When the tree was expanded or told before.
    #[must_use]
    pub fn merging(self, key: impl Fn(&P) -> u128 + Send + Sync + 'static) -> Self {
        let root = self.node(NodeId::ROOT).statistics.count();
        assert!(
            self.len() == 1 && root.visits() == 0,
            "states can be merged in a fresh tree only"
        );
        let capacity = self.nodes.capacity();
        let graph = Graph {
            key: Box::new(key),
            chunks: (0..self.nodes.chunks()).map(|_| OnceBox::new()).collect(),
            tries: trie::roots(capacity),
        };
        graph.make_room(0, 1);
        Tree {
            graph: Some(Box::new(graph)),
            ..self
        }
    }

    /// The state that an edge leads to, by the id of the slot that is both; without
    /// [`merging`](Self::merging) every node is a state of its own.
    ///
    /// # Panics
    /// When the id is of another tree and this one is smaller.
    #[inline]
    pub fn state(&self, id: NodeId) -> NodeId {
        match self.graph {
            None => id,
            Some(_) => self.enter(id, self.node(id)).0,
        }
    }

    /// The state that an edge leads to, and its node.
    #[inline]
    pub(super) fn enter<'t>(&'t self, id: NodeId, edge: &'t Node) -> (NodeId, &'t Node) {
        match self.graph.as_ref().and(edge.link.get().alias()) {
            None => (id, edge),
            Some(state) => (NodeId(state), self.node(NodeId(state))),
        }
    }

    /// Works out what children with these payloads are, before anything is changed: the key is
    /// the caller's and may panic.
    pub(super) fn offspring(&self, at: NodeId, children: &[(P, f64)]) -> Option<Offspring<'_, P>> {
        let graph = self.graph.as_deref()?;
        Some(Offspring {
            graph,
            depth: graph.identity(at.0).depth() + 1,
            keys: children.iter().map(|(p, _)| (graph.key)(p)).collect(),
        })
    }
}

impl<P> Offspring<'_, P> {
    /// Room for what belongs to the slots of these children, the first of which is given.
    pub(super) fn make_room(&self, first: u32) {
        self.graph.make_room(first, self.keys.len() as u32);
    }

    /// Makes a slot the state of the `nth` child, or an edge to the state that there is; the
    /// payload if it is of no use then. Prior and parent of the slot must be written and the
    /// parent's `open` raised: from here on others may come to the state through the trie.
    pub(super) fn settle(&self, tree: &Tree<P>, id: u32, nth: usize, payload: P) -> Option<P> {
        let graph = self.graph;
        let slot = tree.nodes.slot(id);
        let mut payload = Some(payload);
        graph.identity(id).set(self.keys[nth], self.depth);
        let state = graph.find_or_insert(id, || {
            if let Some(payload) = payload.take() {
                let _ = slot.payload().set(payload);
            }
        });
        pause::point();
        if state != id {
            slot.node().link.set(bits::ALIAS | u64::from(state) << 32);
            if !graph.join(state, id) {
                // The state is closed. The expansion itself holds the parent open.
                tree.ties(slot.ties().parent())
                    .open
                    .fetch_sub(1, Ordering::AcqRel);
            }
            pause::point();
        }
        payload
    }
}

impl<P> Graph<P> {
    /// Makes sure that there is room for `n` ≥ 1 slots from `first` on.
    fn make_room(&self, first: u32, n: u32) {
        for chunk in locate(first).0..=locate(first + n - 1).0 {
            self.chunks[chunk].get_or_init(|| {
                pause::point();
                Box::new(Chunk::new())
            });
        }
    }

    fn chunk(&self, id: u32) -> (&Chunk, usize) {
        let (chunk, at) = locate(id);
        match self.chunks.get(chunk).and_then(OnceBox::get) {
            Some(chunk) => (chunk, at),
            None => super::arena::nowhere(id),
        }
    }

    /// What a state has beside its node.
    #[inline]
    pub(super) fn totals(&self, id: u32) -> &Totals {
        let (chunk, at) = self.chunk(id);
        &chunk.totals[at]
    }

    /// What a slot is.
    #[inline]
    pub(super) fn identity(&self, id: u32) -> &Identity {
        let (chunk, at) = self.chunk(id);
        &chunk.identities[at]
    }
}

/// The states of a tree, as its edges see them.
pub(super) struct Merged<'t, P> {
    pub(super) nodes: &'t Arena<P>,
    pub(super) graph: &'t Graph<P>,
}

impl<P> States for Merged<'_, P> {
    fn look(&self, id: u32, edge: &Node, statistic: Statistic) -> Leads {
        let to = edge.link.get().alias();
        let (state, node) = match to {
            None => (id, edge),
            Some(state) => (state, self.nodes.slot(state).node()),
        };
        Leads {
            state,
            free: node.statistics.count().is_free(),
            value: match statistic {
                Statistic::Mean => self.graph.totals(state).mean(),
                Statistic::Max => node.best.get(),
            },
        }
    }
}
