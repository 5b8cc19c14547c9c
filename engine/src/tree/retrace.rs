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
        let mut ticket = Ticket::new(self, false);
        for at in self.path(id) {
            ticket.mark(at, self.node(at));
        }
        let node = self.node(id);
        // Where a node may be widened several tickets hold it at once. One that was taken just
        // before another found that nothing follows may come after it here, to a closed node:
        // what it offers is known by then, and the node stays closed.
        let (held, evaluate) = if self.widening.is_some() && node.link.get().has(state::EVALUATED) {
            (self.grow_again(id), false)
        } else {
            self.claim(node, false)?
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
        let Some((_, evaluate)) = tree.claim(node, false) else {
            return false;
        };
        if evaluate {
            self.go_down(child, node);
        } else {
            node.statistics.release();
        }
        evaluate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::Widening;
    use crate::tree::{Guide, NodeStats};

    fn quiet(tree: &Tree<u8>) -> Vec<NodeStats> {
        (0..tree.len() as u32)
            .map(|id| tree.stats(NodeId(id)))
            .collect()
    }

    #[test]
    fn what_is_held_or_done_is_not_given_again() {
        let tree = Tree::new(0, 10);
        let backup = Guide::<crate::Rule>::default().backup;
        assert!(tree.ask_at(NodeId(1)).is_none(), "there is no such node");
        let (mut first, evaluate) = tree.ask_at(NodeId::ROOT).unwrap();
        assert!(!evaluate);
        assert!(tree.ask_at(NodeId::ROOT).is_none(), "held");
        first.expand([(1, 0.5), (2, 0.5)]).unwrap();
        assert!(!first.descend_to(NodeId::ROOT) && !first.descend_to(NodeId(3)));
        let (second, evaluate) = tree.ask_at(NodeId(2)).unwrap();
        assert!(evaluate);
        assert!(!first.descend_to(NodeId(2)), "held");
        second.tell(0.5, &backup).unwrap();
        assert!(!first.descend_to(NodeId(2)), "evaluated");
        assert!(first.descend_to(NodeId(1)));
        first.tell(0.5, &backup).unwrap();
        let (third, evaluate) = tree.ask_at(NodeId(2)).unwrap();
        assert!(!evaluate, "free to be expanded");
        third.close();
        let before = quiet(&tree);
        assert!(tree.ask_at(NodeId::ROOT).is_none(), "expanded");
        assert!(tree.ask_at(NodeId(2)).is_none(), "closed");
        assert_eq!(quiet(&tree), before, "a refusal leaves no marks");
        assert_eq!((before[0].visits, before[0].in_flight), (2, 0));
    }

    #[test]
    fn expansions_of_a_widened_node_are_given_side_by_side() {
        let tree = Tree::new(0, 10).widening(Widening { c: 0.5, alpha: 0.5 });
        let (mut first, _) = tree.ask_at(NodeId::ROOT).unwrap();
        let (mut second, evaluate) = tree.ask_at(NodeId::ROOT).unwrap();
        assert!(!evaluate, "the law would have allowed one");
        first.expand([(1, 1.0)]).unwrap();
        second.expand([]).unwrap();
        drop(second);
        assert!(first.descend_to(NodeId(1)));
        first.close();
        assert!(tree.stats(NodeId::ROOT).closed);
        let (late, _) = tree.ask_at(NodeId::ROOT).unwrap();
        drop(late);
        let root = tree.stats(NodeId::ROOT);
        assert!(root.closed && root.in_flight == 0, "{root:?}");
    }
}
