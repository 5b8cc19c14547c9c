//! Tickets for a search that is run again: taken where its journal says, and not where a rule
//! would go. For one worker at a time.

use super::node::state;
use super::{NodeId, Ticket, Tree};

impl<P> Tree<P> {
    /// A ticket for a node, as [`ask`](Tree::ask) gave it, and whether the node is to be
    /// evaluated; `None` where there is no such node or nothing to do at it.
    pub(crate) fn ask_at(&self, id: NodeId) -> Option<(Ticket<'_, P>, bool)> {
        if id.index() >= self.len() {
            return None;
        }
        let mut ticket = Ticket::new(self);
        for at in self.path(id) {
            ticket.mark(at, self.node(at));
        }
        let node = self.node(id);
        // Where a node may be widened several tickets hold it at once. One that was taken before
        // the node was closed, and is taken again after, does no harm: a closed node stays so.
        let (held, evaluate) = if self.widening.is_some() && node.link.get().has(state::EVALUATED) {
            (self.grow_again(id), false)
        } else {
            self.claim(node)?
        };
        ticket.hold(held);
        Some((ticket, evaluate))
    }
}

impl<P> Ticket<'_, P> {
    /// As [`descend`](Ticket::descend), to a given child; false, with nothing changed, where that
    /// is no child of the node or it is held or evaluated.
    pub(crate) fn descend_to(&mut self, child: NodeId) -> bool {
        let tree = self.tree;
        if child.index() >= tree.len() || tree.parent(child) != Some(self.node()) {
            return false;
        }
        let node = tree.node(child);
        match tree.claim(node) {
            Some((_, true)) => self.go_down(child, node),
            Some((_, false)) => {
                node.statistics.release();
                return false;
            }
            None => return false,
        }
        true
    }
}
