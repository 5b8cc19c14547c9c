//! The search tree: shared by all workers, never locked.
//!
//! # Representation
//! Nodes live in an append-only arena (`arena`) and are named by 32-bit ids. The
//! hot part of a node is one cache line (`node`); its payload sits apart. Children
//! form a singly linked list: new ones are written completely, then pushed by a
//! compare-and-swap on the head of the list, so several workers may widen one node at once.
//!
//! # Protocol
//! [`Tree::ask`] descends from the root by a selection rule, adding an *in-flight* mark to
//! every node on the way ("Watch the Unobserved", Liu et al. 2020), and claims a leaf. The
//! [`Ticket`] is told a reward, which is backed up along the path and clears the marks, or
//! is dropped, which only clears them.
//!
//! # Invariants
//! 1. With no ticket alive, every in-flight count is 0 and no node is claimed.
//! 2. With no ticket alive, visits(n) = evaluations of n itself + Σ visits(children of n).
//! 3. A reader never sees a child whose prior, parent and payload are not complete.
//! 4. One evaluation and one expansion of a node are claimed by at most one ticket at once.
//! 5. No operation waits for another worker: every loop either ends or was overtaken by the
//!    progress of another.
//!
//! Cost: a descent is O(depth × branching); memory is 64 bytes a node plus the payload.

mod arena;
mod node;
mod ticket;
mod versions;
mod view;

use crate::sync::Ordering;
use std::sync::OnceLock;

use thiserror::Error;

pub use ticket::Ticket;
pub use versions::Versions;
pub use view::{NodeStats, TreeEdge, TreeGraph, TreeNode};

use crate::backup::Backup;
use crate::selection::{ChildStats, ParentStats, SelectionRule};
use arena::Arena;
use node::{NIL, Node, state};

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
}

/// What [`Tree::ask`] found.
#[derive(Debug)]
pub enum Ask<'t, P> {
    /// A node to be evaluated: work out its reward, then [`Ticket::tell`].
    Evaluate(Ticket<'t, P>),
    /// An evaluated leaf to be expanded: find its children, then [`Ticket::expand`].
    Expand(Ticket<'t, P>),
    /// Every way down ends at a node that another ticket holds. Ask again when one was told.
    Busy,
    /// Nothing is left to do in the whole tree.
    Closed,
}

/// A search tree over payloads of type `P`.
///
/// ```
/// use cogitree_engine::tree::{Ask, Tree};
/// use cogitree_engine::{Backup, PUcb};
///
/// let tree = Tree::new("root", 1_000);
/// let (rule, backup) = (PUcb::default(), Backup::max());
/// // The root is expanded first; the better prior is then evaluated.
/// let Ask::Expand(mut ticket) = tree.ask(&rule, &backup) else { panic!() };
/// ticket.expand([("left", 0.2), ("right", 0.8)]).unwrap();
/// assert!(ticket.descend(&rule, &backup));
/// assert_eq!(*ticket.payload(), "right");
/// ticket.tell(0.5, &backup).unwrap();
/// assert_eq!(tree.stats(cogitree_engine::tree::NodeId::ROOT).visits, 1);
/// ```
pub struct Tree<P> {
    nodes: Arena<Node>,
    /// Indexed by the ids that `nodes` gave out.
    payloads: Arena<OnceLock<P>>,
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
            nodes: Arena::new(capacity.max(1)),
            payloads: Arena::new(capacity.max(1)),
        };
        // An empty arena of capacity ≥ 1 has room for one.
        tree.nodes.reserve(1);
        tree.payloads.ensure(0, 1);
        tree.node(NodeId::ROOT).set_prior(1.0);
        tree.node(NodeId::ROOT).set(state::EVALUATED);
        let _ = tree.payloads.get(0).set(root);
        tree
    }

    /// How many nodes there are. O(1).
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
    pub fn payload(&self, id: NodeId) -> &P {
        match self.payloads.get(id.0).get() {
            Some(p) => p,
            None => panic!("node {id} is not published yet"),
        }
    }

    /// Descends by `rule` from the root and claims a leaf. O(depth × branching).
    pub fn ask<'t, R: SelectionRule + ?Sized>(&'t self, rule: &R, backup: &Backup) -> Ask<'t, P> {
        if self.node(NodeId::ROOT).has(state::CLOSED) {
            return Ask::Closed;
        }
        let mut at = NodeId::ROOT;
        self.node(at).mark();
        loop {
            let node = self.node(at);
            let bits = node.state.load(Ordering::Acquire);
            if bits & (state::EVALUATED | state::EXPANDED) != state::EVALUATED | state::EXPANDED {
                if !node.set(state::CLAIMED) {
                    // Lost to another worker: its siblings may still be free.
                    node.unmark();
                    match self.parent(at) {
                        Some(parent) => at = parent,
                        None => return Ask::Busy,
                    }
                    continue;
                }
                let ticket = Ticket::claimed(self, at);
                // The bits may have changed between the look and the claim.
                return match node.state.load(Ordering::Acquire) {
                    s if s & state::EVALUATED == 0 => Ask::Evaluate(ticket),
                    s if s & state::EXPANDED == 0 => Ask::Expand(ticket),
                    _ => {
                        drop(ticket);
                        self.ask(rule, backup)
                    }
                };
            }
            match self.select(at, rule, backup) {
                Some(child) => {
                    at = child;
                    self.node(at).mark();
                }
                None => {
                    self.unmark_path(at);
                    return if self.node(NodeId::ROOT).has(state::CLOSED) {
                        Ask::Closed
                    } else {
                        Ask::Busy
                    };
                }
            }
        }
    }

    /// The child with the best score that is neither closed nor held by another ticket.
    /// Equal scores are decided by the prior, then by age.
    fn select<R: SelectionRule + ?Sized>(
        &self,
        at: NodeId,
        rule: &R,
        backup: &Backup,
    ) -> Option<NodeId> {
        let node = self.node(at);
        let mut in_flight = 0;
        for child in self.children(at) {
            in_flight += self.node(child).in_flight.load(Ordering::Relaxed);
        }
        let parent = ParentStats {
            visits: node.visits.load(Ordering::Relaxed),
            in_flight,
            value: backup.value(node.mean(), node.best()),
        };
        let mut best: Option<((f64, f64), NodeId)> = None;
        for child in self.children(at) {
            let c = self.node(child);
            if c.has(state::CLOSED | state::CLAIMED) {
                continue;
            }
            let visits = c.visits.load(Ordering::Relaxed);
            let prior = c.prior();
            let score = rule.score(
                &parent,
                &ChildStats {
                    visits,
                    in_flight: c.in_flight.load(Ordering::Relaxed),
                    value: (visits > 0).then(|| backup.value(c.mean(), c.best())),
                    prior,
                },
            );
            let key = (score, prior);
            // `>=`: the list runs from the youngest to the oldest child.
            if best.is_none_or(|(b, _)| key >= b) {
                best = Some((key, child));
            }
        }
        best.map(|(_, child)| child)
    }

    /// The children of a node, youngest first.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        // Acquire: pairs with the Release of the push, so that the children are complete.
        let first = self.node(id).first_child.load(Ordering::Acquire);
        std::iter::successors((first != NIL).then_some(NodeId(first)), |at| {
            let next = self.node(*at).next_sibling.load(Ordering::Relaxed);
            (next != NIL).then_some(NodeId(next))
        })
    }

    /// The parent of a node; `None` for the root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.node(id).parent.load(Ordering::Relaxed);
        (parent != NIL).then_some(NodeId(parent))
    }

    /// The nodes from the root to `id`, both included.
    pub fn path(&self, id: NodeId) -> Vec<NodeId> {
        let mut path: Vec<NodeId> =
            std::iter::successors(Some(id), |&at| self.parent(at)).collect();
        path.reverse();
        path
    }

    /// Adds children below `at` and returns the id of the first; ids follow the order given.
    /// Priors are normalised over these children, and floored so that none is never tried.
    fn push_children(
        &self,
        at: NodeId,
        children: Vec<(P, f64)>,
    ) -> Result<Option<NodeId>, TreeError> {
        if let Some(&(_, bad)) = children.iter().find(|(_, p)| !(p.is_finite() && *p >= 0.0)) {
            return Err(TreeError::Prior(bad));
        }
        let n = children.len() as u32;
        if n == 0 {
            return Ok(None);
        }
        let full = || TreeError::Full(self.nodes.len());
        let first = self.nodes.reserve(n).ok_or_else(full)?;
        self.payloads.ensure(first, n);
        let total: f64 = children.iter().map(|(_, p)| p).sum();
        let floor = PRIOR_FLOOR / f64::from(n);
        let depth = self.node(at).depth.load(Ordering::Relaxed) + 1;
        for (id, (payload, prior)) in (first..).zip(children) {
            let share = if total > 0.0 {
                prior / total
            } else {
                1.0 / f64::from(n)
            };
            let node = self.nodes.get(id);
            node.set_prior(share.max(floor));
            node.parent.store(at.0, Ordering::Relaxed);
            node.depth.store(depth, Ordering::Relaxed);
            let _ = self.payloads.get(id).set(payload);
            self.push_child(at, id);
        }
        self.node(at).children.fetch_add(n, Ordering::Relaxed);
        Ok(Some(NodeId(first)))
    }

    fn push_child(&self, at: NodeId, id: u32) {
        let head = &self.node(at).first_child;
        let next = &self.nodes.get(id).next_sibling;
        // Release: publishes everything written to the child.
        let _ = head.fetch_update(Ordering::Release, Ordering::Relaxed, |first| {
            next.store(first, Ordering::Relaxed);
            Some(id)
        });
    }

    /// Takes the marks of a path away without a visit.
    fn unmark_path(&self, leaf: NodeId) {
        let mut at = Some(leaf);
        while let Some(id) = at {
            self.node(id).unmark();
            at = self.parent(id);
        }
    }

    /// Closes a node and every ancestor that has nothing left below it.
    fn close(&self, id: NodeId) {
        let mut at = Some(id);
        while let Some(id) = at {
            self.node(id).set(state::CLOSED);
            at = self.parent(id).filter(|&p| {
                self.node(p).has(state::EXPANDED)
                    && self.children(p).all(|c| self.node(c).has(state::CLOSED))
            });
        }
    }

    fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0)
    }
}

/// A child's prior is never below this share of an equal one, so that priors cannot forbid.
const PRIOR_FLOOR: f64 = 0.01;

#[cfg(test)]
mod tests;
