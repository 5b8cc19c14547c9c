//! Tickets: the right and the duty to finish one simulation.

use smallvec::SmallVec;

use super::descent::Guide;
use super::graph::Graph;
use super::node::{Block, Link, state};
use super::statistics::{Count, Reward};
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
    /// Whether nobody else can have a ticket: then it leaves no marks and no claim.
    alone: bool,
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
    pub(super) fn new(tree: &'t Tree<P>, alone: bool) -> Self {
        Ticket {
            tree,
            path: Path::new(),
            held: Held::Nothing,
            alone,
            added: None,
        }
    }

    /// Goes down an edge: marks it; the state that it leads to, and its count as it was before.
    #[inline(always)]
    pub(super) fn mark(&mut self, id: NodeId, edge: &'t Node) -> (NodeId, &'t Node, Count) {
        self.path.push(id.0);
        if self.alone {
            return (id, edge, edge.statistics.count());
        }
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
        if self.alone {
            return;
        }
        self.tree.nodes.slot(id).node().statistics.unmark();
        if let Some(graph) = &self.tree.graph {
            let state = self.tree.state(NodeId(id));
            graph.totals(state.0).statistics.unmark();
        }
    }

    /// The count of a node on the path as others make it.
    #[inline]
    pub(super) fn others(&self, count: Count) -> Count {
        if self.alone {
            count
        } else {
            count.without_own_mark()
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
            let count = self.others(tree.count(at, parent));
            let depth = self.depth() as u32;
            let chosen = tree.select(at, parent, depth, count, guide, &avoid);
            let Some((child, edge)) = chosen else {
                return false;
            };
            let (state, node) = tree.enter(child, edge);
            if node.link.get().has(state::EVALUATED) {
                avoid.push(state.0);
                continue;
            }
            if self.alone {
                self.go_down(child, edge);
                return true;
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
        self.back_up(reward, backup, state::EVALUATED)?;
        Ok(())
    }

    /// As [`tell`](Self::tell), and closes the node: nothing below it is worth trying.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_and_close(mut self, reward: f64, backup: &Backup) -> Result<(), TreeError> {
        let (tree, node) = (self.tree, self.node());
        // With the evaluation, so that nobody expands the node meanwhile.
        let before = self.back_up(reward, backup, state::DONE)?;
        tree.close_done(node, before);
        Ok(())
    }

    /// Gives the simulation up and closes the node: it cannot be evaluated at all.
    pub fn close(self) {
        let node = self.node();
        let before = self.tree.node(node).link.set(state::DONE);
        self.tree.close_done(node, before);
    }

    /// Backs up, and sets state bits of the held node; its link before.
    fn back_up(&mut self, reward: f64, backup: &Backup, bits: u64) -> Result<Link, TreeError> {
        if !(0.0..=1.0).contains(&reward) {
            return Err(TreeError::Reward(reward));
        }
        if self.alone {
            let before = self.back_up_alone(reward, backup, bits);
            // Lets an expansion go that the law of widening allowed.
            self.let_go();
            return Ok(before);
        }
        let held = std::mem::replace(&mut self.held, Held::Nothing);
        let path = std::mem::take(&mut self.path);
        let before = match &self.tree.graph {
            Some(graph) => (self.tree).back_up_states(graph, &path, held, reward, backup, bits),
            None => self.back_up_shared(&path, held, reward, backup, bits),
        };
        if held == Held::Growth {
            let last = NodeId(path[path.len() - 1]);
            self.tree.end_growth(self.tree.state(last));
        }
        Ok(before)
    }

    fn back_up_shared(
        &self,
        path: &[u32],
        held: Held,
        mut reward: f64,
        backup: &Backup,
        bits: u64,
    ) -> Link {
        let leaf = self.tree.nodes.slot(path[path.len() - 1]).node();
        leaf.best.offer(reward);
        let before = leaf.link.set(bits);
        pause::point();
        if held == Held::Claim {
            leaf.statistics.visit_and_release(reward);
        } else {
            leaf.statistics.visit(reward);
        }
        leaf.look.clear();
        for &id in path[..path.len() - 1].iter().rev() {
            reward *= backup.discount;
            let node = self.tree.nodes.slot(id).node();
            node.best.offer(reward);
            node.statistics.visit(reward);
            node.look.clear();
            pause::point();
        }
        before
    }

    fn back_up_alone(&self, mut reward: f64, backup: &Backup, bits: u64) -> Link {
        let nodes = &self.tree.nodes;
        let leaf = nodes.slot(self.path[self.path.len() - 1]).node();
        let before = leaf.link.set(bits);
        let mut told = Reward::of(reward);
        for &id in self.path.iter().rev() {
            let node = nodes.slot(id).node();
            node.best.offer_alone(told);
            node.statistics.visit_alone(told);
            match self.tree.form {
                Some(form) => form.prepare(node),
                None => node.look.clear(),
            }
            if backup.discount != 1.0 {
                reward *= backup.discount;
                told = Reward::of(reward);
            }
        }
        before
    }

    /// Lets go of the node; the marks stay.
    fn let_go(&mut self) {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Claim if self.alone => {}
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
        if self.alone {
            return;
        }
        for &id in &self.path {
            self.unmark(id);
        }
    }
}
