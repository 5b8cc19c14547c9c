//! Closing a state takes a reason to be open from the parent of every edge into it.
//!
//! The aliases of a state are a list to which expansions add (Treiber 1986) until the state is
//! closed and the list sealed. An edge is either in the list when it is sealed, and whoever
//! closes the state takes its reason away, or it comes too late, and whoever adds it does.

use smallvec::{SmallVec, smallvec};

use super::super::{NodeId, Tree, pause};
use super::Graph;
use super::state::SEALED;
use crate::sync::Ordering;

impl<P> Graph<P> {
    /// Adds an alias to the edges into a state; false when the state is closed.
    pub(super) fn join(&self, state: u32, alias: u32) -> bool {
        let next = &self.identity(alias).next;
        self.identity(state)
            .aliases
            // Release: the alias has its parent, which is open for it.
            .fetch_update(Ordering::Release, Ordering::Relaxed, |head| {
                next.store(head, Ordering::Relaxed);
                (head != SEALED).then_some(alias)
            })
            .is_ok()
    }

    /// The aliases of a state, to which none will be added.
    fn seal(&self, state: u32) -> impl Iterator<Item = u32> + '_ {
        let head = self.identity(state).aliases.swap(SEALED, Ordering::Acquire);
        let alias = |id: u32| (id != 0 && id != SEALED).then_some(id);
        std::iter::successors(alias(head), move |&id| {
            alias(self.identity(id).next.load(Ordering::Relaxed))
        })
    }
}

impl<P> Tree<P> {
    /// Closes a state, and every one above that was open for it alone. With a list of what is
    /// to be closed in place of recursion: a path may be long, and states have many parents.
    pub(in super::super) fn close_states(&self, graph: &Graph<P>, id: NodeId) {
        let mut todo: SmallVec<[NodeId; 8]> = smallvec![id];
        while let Some(at) = todo.pop() {
            if !self.node(at).statistics.close() {
                continue;
            }
            pause::point();
            for edge in std::iter::once(at.0).chain(graph.seal(at.0)) {
                let Some(parent) = self.parent(NodeId(edge)) else {
                    continue;
                };
                pause::point();
                if self.ties(parent).open.fetch_sub(1, Ordering::AcqRel) == 1 {
                    todo.push(parent);
                }
            }
        }
    }
}
