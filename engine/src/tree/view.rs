//! Looking at a tree: the statistics of a node, a walk, the principal line, and the whole as a
//! petgraph graph. All of it may be taken while a search runs: what was published when the
//! look came by is in it.

use std::collections::HashMap;

use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

use super::{NodeId, Tree};
use crate::sync::Ordering;

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
    /// Where equal states are merged, what the state has over all edges into it; visits,
    /// marks and prior above are then those of one edge, and the rest is of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateStats>,
}

/// Counts of a state over all edges into it, where [equal states are merged](Tree::merging).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateStats {
    /// Simulations that were told through the state.
    pub visits: u64,
    /// Simulations asked and not told yet.
    pub in_flight: u32,
}

impl NodeStats {
    /// Simulations that were told through the state, on whatever path.
    pub fn state_visits(&self) -> u64 {
        self.state.map_or(self.visits, |state| state.visits)
    }
}

/// A node of a [`TreeGraph`].
#[derive(Clone, Debug, Serialize)]
pub struct TreeNode<'t, P> {
    /// Its id in the tree.
    pub id: NodeId,
    /// Its parent; `None` for the root.
    pub parent: Option<NodeId>,
    /// The state that this is an edge to, if it is not one itself; only where [equal states
    /// are merged](Tree::merging).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<NodeId>,
    /// The state was shown before, with what is below it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
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

    pub(super) fn stats_at(&self, id: NodeId, depth: u32) -> NodeStats {
        let edge = self.node(id);
        let count = edge.statistics.count();
        let (at, node) = self.enter(id, edge);
        let over_all = self.count(at, node);
        let visits = over_all.visits();
        NodeStats {
            visits: count.visits(),
            in_flight: count.in_flight(),
            mean: if visits > 0 {
                self.mean(at, node, visits)
            } else {
                0.0
            },
            best: node.best.get(),
            prior: f64::from(edge.prior.get()),
            depth,
            children: (self.ties(at).growth.load(Ordering::Relaxed) >> 32) as u32,
            closed: node.statistics.count().is_closed(),
            state: self.graph.is_some().then(|| StateStats {
                visits,
                in_flight: over_all.in_flight(),
            }),
        }
    }

    /// Steps from the root. O(depth), or O(1) where equal states are merged.
    pub fn depth(&self, id: NodeId) -> u32 {
        if let Some(graph) = &self.graph {
            return graph.identity(id.0).depth();
        }
        std::iter::successors(self.parent(id), |&at| self.parent(at)).count() as u32
    }

    /// The principal line: from the root, always on to the child with the most visits, and of
    /// two such to the one with the better mean. Without the root; empty before the first
    /// visit.
    pub fn principal_line(&self) -> Vec<NodeId> {
        let best_child = |&at: &NodeId| {
            let visited = self.children(at).map(|child| {
                let edge = self.node(child);
                let visits = edge.statistics.count().visits();
                let (state, node) = self.enter(child, edge);
                (visits, self.mean(state, node, visits.max(1)), child)
            });
            visited
                .filter(|&(visits, ..)| visits > 0)
                // The first of equals: the oldest.
                .reduce(|a, b| if (b.0, b.1) > (a.0, a.1) { b } else { a })
                .map(|(_, _, child)| child)
        };
        std::iter::successors(best_child(&NodeId::ROOT), best_child).collect()
    }

    /// The tree as a petgraph graph, for petgraph's algorithms and exports. O(nodes). Where
    /// equal states are merged it has a node for each state, as the walk first came to it, and
    /// an edge for each edge.
    pub fn graph(&self) -> TreeGraph<'_, P> {
        let mut graph = DiGraph::new();
        // The way from the root to the last node added.
        let mut above: Vec<NodeIndex> = Vec::new();
        let mut states: HashMap<NodeId, NodeIndex> = HashMap::new();
        for node in self.walk(NodeId::ROOT) {
            above.truncate(node.stats.depth as usize);
            let place = node.place;
            let state = node.alias_of.unwrap_or(node.id);
            let at = match states.get(&state) {
                Some(&at) => at,
                None => graph.add_node(node),
            };
            if self.graph.is_some() {
                states.insert(state, at);
            }
            if let Some(&parent) = above.last() {
                graph.add_edge(parent, at, place);
            }
            above.push(at);
        }
        graph
    }
}
