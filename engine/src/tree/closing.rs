//! Solved subtrees: where nothing is left to do, nothing more is spent.
//!
//! Each node counts the reasons for which it is open (`Ties::open`). All changes of one count
//! are read-modify-writes of one word, so of two workers that take the last two reasons
//! away exactly one sees zero and closes the node; flags on several children, each set by one
//! worker and read by the other, would need sequential consistency for that.

use super::node::{Link, state};
use super::{NodeId, Tree, pause};
use crate::sync::Ordering;

impl<P> Tree<P> {
    /// Closes a node, whatever is left below it, and every ancestor that was open for it alone.
    pub(super) fn close(&self, id: NodeId) {
        if let Some(graph) = &self.graph {
            return self.close_states(graph, id);
        }
        let mut at = id;
        while self.node(at).statistics.close() {
            self.node(at).look.clear();
            pause::point();
            let Some(parent) = self.parent(at) else {
                return;
            };
            if self.ties(parent).open.fetch_sub(1, Ordering::AcqRel) != 1 {
                return;
            }
            at = parent;
        }
    }

    /// Closes a node whose link was set to [`DONE`](state::DONE) and was `before` until then.
    pub(super) fn close_done(&self, id: NodeId, before: Link) {
        if !before.has(state::GROWN) {
            // The reason for which it was open by itself.
            self.let_go(id);
        }
        self.close(id);
    }

    /// Takes one reason away for which a node is open.
    pub(super) fn let_go(&self, at: NodeId) {
        if self.ties(at).open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close(at);
        }
    }

    /// No more children will come.
    pub(super) fn grown(&self, at: NodeId) {
        if !self.node(at).link.set(state::GROWN).has(state::GROWN) {
            self.let_go(at);
        }
    }
}
