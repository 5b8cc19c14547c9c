//! The search tree: shared by all workers, never locked.
//!
//! # Representation
//! Nodes live in an append-only arena (`arena`) and are named by 32-bit ids. A node is 40
//! bytes that every simulation on its way reads, and apart from them 24 that only growth and
//! closing touch (`node`), and a payload. An expansion publishes a *block* of children with
//! consecutive ids by one compare-and-swap on the `link` word of the parent; further blocks
//! are put in front of it, so several workers may widen one node at once.
//!
//! # Protocol
//! [`Tree::ask`] descends from the root by a selection rule, adding an *in-flight* mark to
//! every node on the way ("Watch the Unobserved", Liu et al. 2020), and claims a leaf. The
//! [`Ticket`] is told a reward, which is backed up along the path and clears the marks, or
//! is dropped, which only clears them.
//!
//! Equal states may be [merged](Tree::merging): then the tree is a graph, nodes are edges and
//! states, and `graph` has what differs.
//!
//! # Invariants
//! 1. With no ticket alive, every in-flight count is 0, no node is claimed and no expansion
//!    is pending.
//! 2. With no ticket alive, visits(n) = evaluations of n itself + Σ visits(children of n), n
//!    being a state where equal ones are merged.
//! 3. A reader never sees a child whose prior, parent and payload are not complete.
//! 4. One evaluation of a node is claimed by at most one ticket at once, and so is its first
//!    expansion, unless the tree widens.
//! 5. With widening, children + pending expansions never pass the bound that the law set when
//!    the last of them was asked for, unless all children were closed then.
//! 6. A node is closed exactly when nothing is left to do at or below it.
//! 7. The look of a node is empty, or it is what its counts make of it.
//! 8. No operation waits for another worker: every loop either ends or was overtaken by the
//!    progress of another.
//!
//! Cost: a descent is O(depth × branching); memory is 64 bytes a node plus the payload.

mod alone;
mod arena;
mod closing;
mod descent;
mod export;
mod graph;
mod growth;
mod look;
mod node;
mod pause;
mod retrace;
mod shape;
pub(crate) mod siblings;
mod statistics;
mod ticket;
mod versions;
mod view;
mod walk;

use thiserror::Error;

pub use alone::Alone;
pub use descent::{Ask, Guide};
pub use shape::Shape;
pub use ticket::Ticket;
pub use versions::Versions;
pub use view::{NodeStats, StateStats, TreeEdge, TreeGraph, TreeNode};

use crate::selection::Widening;
use arena::Arena;
use graph::Graph;
use look::Form;
pub(crate) use node::{Block, Node};
use node::{Ties, state};
pub(crate) use statistics::{Count, Statistics};

/// Names a node of a [`Tree`]. Stable while the tree lives.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct NodeId(u32);

impl NodeId {
    /// The root of every tree.
    pub const ROOT: NodeId = NodeId(0);

    /// The id as a number: 0 for the root, counted in order of creation.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for NodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a tree cannot take.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum TreeError {
    /// A reward outside [0, 1], or NaN.
    #[error("a reward must lie in [0, 1], but {0} was told")]
    Reward(f64),
    /// A prior that is negative, infinite or NaN.
    #[error("a prior must be a finite number that is not negative, but {0} was given")]
    Prior(f64),
    /// The tree has as many nodes as it may have.
    #[error("the tree is full ({0} nodes)")]
    Full(u32),
    /// More children in one expansion than a link can name.
    #[error("one expansion may add at most {limit} children, but {0} were given", limit = node::MAX_BLOCK)]
    TooMany(usize),
}

/// A search tree over payloads of type `P`.
///
/// ```
/// use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};
/// use cogitree_engine::{Backup, PUcb};
///
/// let tree = Tree::new("root", 1_000);
/// let guide = Guide::new(PUcb::default(), Backup::max());
/// // The root is expanded first; the better prior is then evaluated.
/// let Ask::Expand(mut ticket) = tree.ask(&guide) else { panic!() };
/// ticket.expand([("left", 0.2), ("right", 0.8)]).unwrap();
/// assert!(ticket.descend(&guide));
/// assert_eq!(*ticket.payload(), "right");
/// ticket.tell(0.5, &guide.backup).unwrap();
/// assert_eq!(tree.stats(NodeId::ROOT).visits, 1);
/// ```
pub struct Tree<P> {
    nodes: Arena<P>,
    widening: Option<Widening>,
    /// What the looks of the nodes were made for.
    form: Option<Form>,
    /// Of a tree that merges equal states.
    graph: Option<Box<Graph<P>>>,
}

impl<P> std::fmt::Debug for Tree<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tree({} nodes)", self.len())
    }
}

impl<P> Tree<P> {
    /// A tree of one node, the root, which needs no evaluation; it will hold at most
    /// `capacity` nodes (and at least the root).
    pub fn new(root: P, capacity: u32) -> Self {
        let tree = Tree {
            nodes: Arena::new(capacity),
            widening: None,
            form: None,
            graph: None,
        };
        // An empty arena has room for one.
        tree.nodes.reserve(1);
        let slot = tree.nodes.slot(0);
        slot.node().prior.set(1.0);
        slot.node().link.set(state::EVALUATED);
        let _ = slot.payload().set(root);
        tree
    }

    /// The same tree, in which a node may be expanded again and again as `widening` allows;
    /// without it each node is expanded once.
    pub fn widening(self, widening: Widening) -> Self {
        Tree {
            widening: Some(widening),
            ..self
        }
    }

    /// How many nodes there are, aliases of merged states included. O(1).
    pub fn len(&self) -> usize {
        self.nodes.len() as usize
    }

    /// Never true: there is always a root.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The payload of a node.
    ///
    /// # Panics
    /// When the id is of another tree and this one is smaller.
    #[inline]
    pub fn payload(&self, id: NodeId) -> &P {
        match self.nodes.slot(self.state(id).0).payload().get() {
            Some(p) => p,
            None => panic!("there is no node {id} in this tree"),
        }
    }

    /// The children of a node, oldest first (those of one expansion in the order given).
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let link = self.node(self.state(id)).link.get();
        let mut blocks: Vec<Block> = siblings::blocks(&self.nodes, link).collect();
        blocks.reverse();
        blocks
            .into_iter()
            .flat_map(|b| (b.first..b.first + b.len).map(NodeId))
    }

    /// The parent of a node; `None` for the root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id != NodeId::ROOT).then(|| self.ties(id).parent())
    }

    /// The nodes from the root to `id`, both included.
    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path: Vec<NodeId> =
            std::iter::successors(Some(id), |&at| self.parent(at)).collect();
        path.reverse();
        path
    }

    /// Visits and marks of a state.
    #[inline]
    fn count(&self, at: NodeId, node: &Node) -> Count {
        match &self.graph {
            None => node.statistics.count(),
            Some(graph) => graph.totals(at.0).statistics.count(),
        }
    }

    /// The mean value of a state with `visits` ≥ 1.
    #[inline]
    fn mean(&self, at: NodeId, node: &Node, visits: u64) -> f64 {
        match &self.graph {
            None => node.statistics.mean(visits),
            Some(graph) => graph.totals(at.0).mean(),
        }
    }

    #[inline]
    fn node(&self, id: NodeId) -> &Node {
        self.nodes.slot(id.0).node()
    }

    fn ties(&self, id: NodeId) -> &Ties {
        self.nodes.slot(id.0).ties()
    }
}

#[cfg(test)]
mod tests;
