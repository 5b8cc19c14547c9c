//! Tickets: the right and the duty to finish one simulation.

use smallvec::SmallVec;

use super::descent::Guide;
use super::graph::Graph;
use super::node::{Block, state};
use super::statistics::Count;
use super::{Node, NodeId, Tree, TreeError, pause};
use crate::backup::Backup;
use crate::selection::SelectionRule;

/// The ids from the root to the node that is held.
pub(super) type Path = SmallVec<[u32; 12]>;

/// What a ticket holds of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The node's claim: its evaluation or its one expansion.
    Claim,
    /// One of the expansions that the law of widening allows.
    Growth,
    /// Nothing.
    Nothing,
}

/// One simulation in flight: holds a leaf and the in-flight marks of its path.
///
/// Told or dropped, at any time, from any thread, in any order relative to other tickets;
/// dropping (also while a panic unwinds) clears the marks and the claim without a visit.
#[must_use = "a dropped ticket is a simulation thrown away"]
pub struct Ticket<'t, P> {
    pub(super) tree: &'t Tree<P>,
    path: Path,
    held: Held,
    /// Children that were published with this ticket.
    added: Option<Block>,
}

impl<P> std::fmt::Debug for Ticket<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket(node {})", self.node())
    }
}

impl<'t, P> Ticket<'t, P> {
    /// A ticket without marks.
    #[inline]
    pub(super) fn new(tree: &'t Tree<P>) -> Self {
        Ticket {
            tree,
            path: Path::new(),
            held: Held::Nothing,
            added: None,
        }
    }

    /// Goes down an edge: marks it; the state that it leads to, and its count as it was before.
    #[inline(always)]
    pub(super) fn mark(&mut self, id: NodeId, edge: &'t Node) -> (NodeId, &'t Node, Count) {
        self.path.push(id.0);
        let count = edge.statistics.mark();
        match &self.tree.graph {
            None => (id, edge, count),
            Some(graph) => self.mark_state(graph, id, edge),
        }
    }

    /// Out of the way of trees that merge nothing.
    #[inline(never)]
    fn mark_state(
        &self,
        graph: &Graph<P>,
        id: NodeId,
        edge: &'t Node,
    ) -> (NodeId, &'t Node, Count) {
        let (at, node) = self.tree.enter(id, edge);
        (at, node, graph.totals(at.0).statistics.mark())
    }

    /// Takes the marks of an edge and of its state away.
    fn unmark(&self, id: u32) {
        self.tree.nodes.slot(id).node().statistics.unmark();
        if let Some(graph) = &self.tree.graph {
            let state = self.tree.state(NodeId(id));
            graph.totals(state.0).statistics.unmark();
        }
    }

    /// Goes up again, taking the mark away; false when that was the root.
    pub(super) fn turn_back(&mut self) -> bool {
        if let Some(id) = self.path.pop() {
            self.unmark(id);
        }
        !self.path.is_empty()
    }

    #[inline]
    pub(super) fn hold(&mut self, held: Held) {
        self.held = held;
    }

    /// The edges from the root to the node that is held.
    #[cfg(test)]
    pub(super) fn edges(&self) -> &[u32] {
        &self.path
    }

    /// The node that is held: where states are merged, the state.
    pub fn node(&self) -> NodeId {
        let last = self.path.last().copied().unwrap_or(0);
        self.tree.state(NodeId(last))
    }

    /// Steps from the root to it.
    pub fn depth(&self) -> usize {
        self.path.len() - 1
    }

    /// Its payload.
    pub fn payload(&self) -> &'t P {
        self.tree.payload(self.node())
    }

    /// Publishes children of the held node, in the order given, with priors (any finite,
    /// non-negative numbers; they are normalised). Without any, nothing more will be asked for
    /// at the node: it is closed, or with widening is when its children are.
    ///
    /// # Errors
    /// A bad prior or a full tree; nothing is added then.
    pub fn expand(
        &mut self,
        children: impl IntoIterator<Item = (P, f64)>,
    ) -> Result<(), TreeError> {
        let added = self.tree.publish(self.node(), children)?;
        if added.is_none() || self.tree.widening.is_none() {
            self.tree.node(self.node()).link.set(state::EXPANDED);
            pause::point();
            self.tree.grown(self.node());
        }
        self.added = added;
        Ok(())
    }

    /// Moves the ticket to the child that the guide prefers of those that nobody has evaluated
    /// or holds (of those just added, if any), claiming it and letting the parent go. False,
    /// with nothing changed, when there is no such child.
    pub fn descend<R: SelectionRule>(&mut self, guide: &Guide<R>) -> bool {
        let tree = self.tree;
        let at = self.node();
        let mut avoid: SmallVec<[u32; 4]> = SmallVec::new();
        if tree.widening.is_some()
            && let Some(added) = self.added
        {
            let young = added.first..added.first + added.len;
            let old = tree.children(at).filter(|c| !young.contains(&c.0));
            avoid.extend(old.map(|c| tree.state(c).0));
            if tree.graph.is_some() {
                // A new edge may lead to a state that an old one leads to.
                let new = |s: &u32| young.clone().any(|c| tree.state(NodeId(c)).0 == *s);
                avoid.retain(|s| !new(s));
            }
        }
        loop {
            let parent = tree.node(at);
            let count = tree.count(at, parent).without_own_mark();
            let depth = self.depth() as u32;
            let Some((child, edge)) = tree.select(at, parent, depth, count, guide, &avoid) else {
                return false;
            };
            let (state, node) = tree.enter(child, edge);
            if node.link.get().has(state::EVALUATED) {
                avoid.push(state.0);
                continue;
            }
            if !node.statistics.claim() {
                continue;
            }
            if node.link.get().has(state::EVALUATED) {
                node.statistics.release();
                avoid.push(state.0);
                continue;
            }
            self.go_down(child, edge);
            return true;
        }
    }

    /// Lets go of the node for a child that was claimed.
    pub(super) fn go_down(&mut self, child: NodeId, edge: &'t Node) {
        self.let_go();
        pause::point();
        self.mark(child, edge);
        self.held = Held::Claim;
        pause::point();
    }

    /// The first of the children that were published with this ticket.
    pub(crate) fn first_added(&self) -> Option<NodeId> {
        self.added.map(|block| NodeId(block.first))
    }

    /// Backs a reward in [0, 1] up from the held node to the root, clears the marks, and
    /// marks the node as evaluated. `backup` says how the reward fades with the distance.
    ///
    /// # Errors
    /// A reward outside [0, 1] or NaN; the marks are cleared all the same.
    pub fn tell(mut self, reward: f64, backup: &Backup) -> Result<(), TreeError> {
        self.back_up(reward, backup, state::EVALUATED)
    }

    /// As [`tell`](Self::tell), and closes the node: nothing below it is worth trying.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_and_close(mut self, reward: f64, backup: &Backup) -> Result<(), TreeError> {
        let (tree, node) = (self.tree, self.node());
        // Before the claim is let go, so that nobody expands the node meanwhile.
        self.back_up(reward, backup, state::EVALUATED | state::EXPANDED)?;
        tree.close(node);
        Ok(())
    }

    /// Gives the simulation up and closes the node: it cannot be evaluated at all.
    pub fn close(self) {
        let node = self.node();
        let slot = self.tree.node(node);
        slot.link.set(state::EVALUATED | state::EXPANDED);
        self.tree.close(node);
    }

    /// Backs up, and sets state bits of the held node.
    fn back_up(&mut self, reward: f64, backup: &Backup, bits: u64) -> Result<(), TreeError> {
        if !(0.0..=1.0).contains(&reward) {
            return Err(TreeError::Reward(reward));
        }
        let held = std::mem::replace(&mut self.held, Held::Nothing);
        let path = std::mem::take(&mut self.path);
        if let Some(graph) = &self.tree.graph {
            (self.tree).back_up_states(graph, &path, held, reward, backup, bits);
            if held == Held::Growth {
                self.tree
                    .end_growth(self.tree.state(NodeId(path[path.len() - 1])));
            }
            return Ok(());
        }
        let mut reward = reward;
        let mut ids = path.iter().rev();
        if let Some(&id) = ids.next() {
            let leaf = self.tree.nodes.slot(id).node();
            leaf.best.offer(reward);
            leaf.link.set(bits);
            pause::point();
            if held == Held::Claim {
                leaf.statistics.visit_and_release(reward);
            } else {
                leaf.statistics.visit(reward);
            }
        }
        for &id in ids {
            reward *= backup.discount;
            let node = self.tree.nodes.slot(id).node();
            node.best.offer(reward);
            node.statistics.visit(reward);
            pause::point();
        }
        if held == Held::Growth {
            self.tree.end_growth(NodeId(path[path.len() - 1]));
        }
        Ok(())
    }

    /// Lets go of the node; the marks stay.
    fn let_go(&mut self) {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Claim => self.tree.node(self.node()).statistics.release(),
            Held::Growth => self.tree.end_growth(self.node()),
            Held::Nothing => {}
        }
    }
}

impl<P> Drop for Ticket<'_, P> {
    fn drop(&mut self) {
        if self.path.is_empty() {
            return;
        }
        self.let_go();
        for &id in &self.path {
            self.unmark(id);
        }
    }
}
