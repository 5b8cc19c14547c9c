//! Backing up in a graph: each state of the path is computed anew from what is below it.
//!
//! Visits of one state are numbered by the addition that counts them, and its value carries
//! the number of the visit for which it was computed. That addition acquires what the visits
//! before it did (counts of edges and values below only grow in number and version), so a
//! value computed after visit v includes the visits 1 to v. A value takes the place of one with
//! a lower number only. So when the last visit was told, the value there includes all,
//! whichever workers were suspended meanwhile; and who finds that a later visit was included
//! has nothing left to do at that state.

use super::super::node::Link;
use super::super::siblings::blocks;
use super::super::ticket::Held;
use super::super::{NodeId, Tree, pause};
use super::Graph;
use crate::backup::Backup;

impl<P> Tree<P> {
    /// Backs a reward up along a path of edges, from its end to the root, turning the marks
    /// into visits; sets state bits at the end, whose link before is
    /// returned, and lets a claim there go.
    pub(in super::super) fn back_up_states(
        &self,
        graph: &Graph<P>,
        path: &[u32],
        held: Held,
        reward: f64,
        backup: &Backup,
        bits: u64,
    ) -> Link {
        let mut before = Link::default();
        for (steps, &edge) in path.iter().rev().enumerate() {
            let edge = self.node(NodeId(edge));
            let (state, node) = self.enter(NodeId(path[path.len() - 1 - steps]), edge);
            let totals = graph.totals(state.0);
            if steps == 0 {
                totals.evaluate(reward);
                node.best.offer(reward);
                before = node.link.set(bits);
                pause::point();
            }
            let visits = totals.statistics.pass();
            pause::point();
            self.revalue(graph, state, visits, backup);
            pause::point();
            // After the value, so that no parent counts a visit whose reward it cannot see
            // (loom found one that did).
            edge.statistics.pass();
            if steps == 0 && held == Held::Claim {
                node.statistics.release();
            }
            pause::point();
        }
        before
    }

    /// Computes value and best reward of a state, to include its first `visits` visits.
    /// O(children).
    fn revalue(&self, graph: &Graph<P>, at: NodeId, visits: u64, backup: &Backup) {
        let totals = graph.totals(at.0);
        if totals.version() >= visits {
            return;
        }
        let node = self.node(at);
        let (mut n, mut sum) = totals.own();
        for block in blocks(&self.nodes, node.link.get()) {
            for id in block.first..block.first + block.len {
                let edge = self.node(NodeId(id));
                let (state, child) = self.enter(NodeId(id), edge);
                let through = edge.statistics.passed();
                n += through;
                sum += through as f64 * backup.discount * graph.totals(state.0).mean();
                node.best.offer(backup.discount * child.best.get());
            }
        }
        pause::point();
        // A reward is added before it is counted: while that happens the sum is ahead.
        totals.publish(visits, (sum / n.max(1) as f64).min(1.0));
    }
}
