//! Looking at a tree: the statistics of a node, a walk, the principal line, and the whole as a
//! petgraph graph. All of it may be taken while a search runs: what was published when the
//! look came by is in it.

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
#[derive(Clone, Debug, Serialize)]
pub struct TreeNode<'t, P> {
    /// Its id in the tree.
    pub id: NodeId,
    /// Its parent; `None` for the root.
    pub parent: Option<NodeId>,
    /// Its place among its siblings, oldest first.
    pub place: usize,
    /// Its statistics when it was looked at.
    #[serde(flatten)]
    pub stats: NodeStats,
    /// Its payload.
    pub payload: &'t P,
}

/// An edge of a [`TreeGraph`]: the place of the child among its siblings, oldest first.
pub type TreeEdge = usize;

/// A tree as a petgraph graph.
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

    /// The nodes at and below one, each before its children, siblings oldest first. O(nodes)
    /// in all.
    ///
    /// ```
    /// # use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};
    /// let tree = Tree::new("root", 10);
    /// let guide: Guide = Guide::default();
    /// # let Ask::Expand(mut ticket) = tree.ask(&guide) else { panic!() };
    /// ticket.expand([("left", 0.5), ("right", 0.5)]).unwrap();
    /// let payloads: Vec<_> = tree.walk(NodeId::ROOT).map(|node| *node.payload).collect();
    /// assert_eq!(payloads, ["root", "left", "right"]);
    /// ```
    pub fn walk(&self, from: NodeId) -> impl Iterator<Item = TreeNode<'_, P>> {
        let mut todo = vec![(from, self.parent(from), 0, self.depth(from))];
        std::iter::from_fn(move || {
            let (id, parent, place, depth) = todo.pop()?;
            let first = todo.len();
            let children = self.children(id).enumerate();
            todo.extend(children.map(|(place, child)| (child, Some(id), place, depth + 1)));
            todo[first..].reverse();
            Some(TreeNode {
                id,
                parent,
                place,
                stats: self.stats_at(id, depth),
                payload: self.payload(id),
            })
        })
    }

    /// The principal line: from the root, always on to the child with the most visits, and of
    /// two such to the one with the better mean. Without the root; empty before the first
    /// visit.
    pub fn principal_line(&self) -> Vec<NodeId> {
        let best_child = |&at: &NodeId| {
            let visited = self.children(at).map(|child| {
                let statistics = &self.node(child).statistics;
                let visits = statistics.count().visits();
                (visits, statistics.mean(visits.max(1)), child)
            });
            visited
                .filter(|&(visits, ..)| visits > 0)
                // The first of equals: the oldest.
                .reduce(|a, b| if (b.0, b.1) > (a.0, a.1) { b } else { a })
                .map(|(_, _, child)| child)
        };
        std::iter::successors(best_child(&NodeId::ROOT), best_child).collect()
    }

    /// The tree as a petgraph graph, for petgraph's algorithms and exports. O(nodes).
    pub fn graph(&self) -> TreeGraph<'_, P> {
        let mut graph = DiGraph::new();
        // The way from the root to the last node added.
        let mut above: Vec<NodeIndex> = Vec::new();
        for node in self.walk(NodeId::ROOT) {
            above.truncate(node.stats.depth as usize);
            let place = node.place;
            let at = graph.add_node(node);
            if let Some(&parent) = above.last() {
                graph.add_edge(parent, at, place);
            }
            above.push(at);
        }
        graph
    }
}
