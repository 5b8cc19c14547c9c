//! Tickets: the right and the duty to finish one simulation.

use super::node::state;
use super::{NodeId, Tree, TreeError};
use crate::backup::Backup;
use crate::selection::SelectionRule;

/// One simulation in flight: holds a claim on a leaf and the in-flight marks of its path.
///
/// Told or dropped, at any time, from any thread, in any order relative to other tickets;
/// dropping (also while a panic unwinds) clears the marks and the claim without a visit.
#[must_use = "a dropped ticket is a simulation thrown away"]
pub struct Ticket<'t, P> {
    tree: &'t Tree<P>,
    leaf: NodeId,
    live: bool,
}

impl<P> std::fmt::Debug for Ticket<'_, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket(node {})", self.leaf)
    }
}

impl<'t, P> Ticket<'t, P> {
    /// A ticket on a leaf whose claim and marks the caller has just taken.
    pub(super) fn claimed(tree: &'t Tree<P>, leaf: NodeId) -> Self {
        Ticket {
            tree,
            leaf,
            live: true,
        }
    }

    /// The node that is held.
    pub fn node(&self) -> NodeId {
        self.leaf
    }

    /// Its payload.
    pub fn payload(&self) -> &'t P {
        self.tree.payload(self.leaf)
    }

    /// Publishes children of the held node, in the order given, with priors (any finite,
    /// non-negative numbers; they are normalised). Without any, the node is closed: nothing
    /// will be tried below it.
    ///
    /// # Errors
    /// A bad prior or a full tree; nothing is added then.
    pub fn expand(
        &mut self,
        children: impl IntoIterator<Item = (P, f64)>,
    ) -> Result<(), TreeError> {
        let children: Vec<(P, f64)> = children.into_iter().collect();
        let first = self.tree.push_children(self.leaf, children)?;
        self.tree.node(self.leaf).set(state::EXPANDED);
        if first.is_none() {
            self.tree.close(self.leaf);
        }
        Ok(())
    }

    /// Moves the ticket to the child that `rule` prefers, claiming it and letting the parent
    /// go. False, with nothing changed, when there is no child that is free.
    pub fn descend<R: SelectionRule + ?Sized>(&mut self, rule: &R, backup: &Backup) -> bool {
        while let Some(child) = self.tree.select(self.leaf, rule, backup) {
            if self.tree.node(child).set(state::CLAIMED) {
                self.tree.node(child).mark();
                self.tree.node(self.leaf).clear(state::CLAIMED);
                self.leaf = child;
                return true;
            }
        }
        false
    }

    /// Backs a reward in [0, 1] up from the held node to the root, clears the marks, and
    /// marks the node as evaluated. `backup` says how the reward fades with the distance.
    ///
    /// # Errors
    /// A reward outside [0, 1] or NaN; the marks are cleared all the same.
    pub fn tell(mut self, reward: f64, backup: &Backup) -> Result<(), TreeError> {
        if !(0.0..=1.0).contains(&reward) {
            return Err(TreeError::Reward(reward));
        }
        self.live = false;
        let mut reward = reward;
        let mut at = Some(self.leaf);
        while let Some(id) = at {
            self.tree.node(id).back_up(reward);
            reward *= backup.discount;
            at = self.tree.parent(id);
        }
        let node = self.tree.node(self.leaf);
        node.set(state::EVALUATED);
        node.clear(state::CLAIMED);
        Ok(())
    }

    /// As [`tell`](Self::tell), and closes the node: nothing below it is worth trying.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_and_close(self, reward: f64, backup: &Backup) -> Result<(), TreeError> {
        let (tree, leaf) = (self.tree, self.leaf);
        self.tell(reward, backup)?;
        tree.node(leaf).set(state::EXPANDED);
        tree.close(leaf);
        Ok(())
    }

    /// Gives the simulation up and closes the node: it cannot be evaluated at all.
    pub fn close(self) {
        let node = self.tree.node(self.leaf);
        node.set(state::EVALUATED | state::EXPANDED);
        self.tree.close(self.leaf);
    }
}

impl<P> Drop for Ticket<'_, P> {
    fn drop(&mut self) {
        if self.live {
            self.tree.node(self.leaf).clear(state::CLAIMED);
            self.tree.unmark_path(self.leaf);
        }
    }
}
