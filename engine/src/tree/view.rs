//! Looking at a tree: statistics of a node, and the whole as a petgraph graph.

use crate::sync::Ordering;

use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

use super::{NodeId, Tree};

/// The statistics of one node at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NodeStats {
    /// Simulations that were told through the node.
    pub visits: u64,
    /// Simulations asked and not told yet.
    pub in_flight: u32,
    /// Mean of the rewards backed up, in [0, 1]; 0 without visits.
    pub mean: f64,
    /// Best reward backed up, in [0, 1].
    pub best: f64,
    /// The prior among its siblings, in [0, 1].
    pub prior: f64,
    /// Steps from the root.
    pub depth: u32,
    /// Number of children.
    pub children: u32,
    /// Nothing is left to try at or below it.
    pub closed: bool,
}

/// A node of a [`TreeGraph`].
#[derive(Clone, Debug)]
pub struct TreeNode<'t, P> {
    /// Its id in the tree.
    pub id: NodeId,
    /// Its statistics when the graph was made.
    pub stats: NodeStats,
    /// Its payload.
    pub payload: &'t P,
}

/// An edge of a [`TreeGraph`]: the place of the child among its siblings, oldest first.
pub type TreeEdge = usize;

/// A tree as a petgraph graph; node indices follow the order of creation.
pub type TreeGraph<'t, P> = DiGraph<TreeNode<'t, P>, TreeEdge>;

impl<P> Tree<P> {
    /// The statistics of a node. O(depth), for the depth.
    ///
    /// # Panics
    /// When the id is of another tree and this one is smaller.
    pub fn stats(&self, id: NodeId) -> NodeStats {
        self.stats_at(id, self.depth(id))
    }

    fn stats_at(&self, id: NodeId, depth: u32) -> NodeStats {
        let node = self.node(id);
        let count = node.statistics.count();
        let visits = count.visits();
        NodeStats {
            visits,
            in_flight: count.in_flight(),
            mean: if visits > 0 {
                node.statistics.mean(visits)
            } else {
                0.0
            },
            best: node.best.get(),
            prior: f64::from(node.prior.get()),
            depth,
            children: (self.ties(id).growth.load(Ordering::Relaxed) >> 32) as u32,
            closed: count.is_closed(),
        }
    }

    /// Steps from the root. O(depth).
    pub fn depth(&self, id: NodeId) -> u32 {
        std::iter::successors(self.parent(id), |&at| self.parent(at)).count() as u32
    }

    /// The tree as a petgraph graph, for petgraph's algorithms and exports. O(nodes). May be
    /// taken while a search runs: what was published when it began is in it.
    pub fn graph(&self) -> TreeGraph<'_, P> {
        let mut graph = DiGraph::new();
        let mut todo = vec![(NodeId::ROOT, 0, None::<(NodeIndex, usize)>)];
        while let Some((id, depth, above)) = todo.pop() {
            let at = graph.add_node(TreeNode {
                id,
                stats: self.stats_at(id, depth),
                payload: self.payload(id),
            });
            if let Some((parent, place)) = above {
                graph.add_edge(parent, at, place);
            }
            let children: Vec<NodeId> = self.children(id).collect();
            todo.extend(
                children
                    .into_iter()
                    .enumerate()
                    .rev()
                    .map(|(i, c)| (c, depth + 1, Some((at, i)))),
            );
        }
        graph
    }
}
