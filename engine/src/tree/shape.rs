//! The shape of a tree: how deep, how wide, how much of it was tried.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{NodeId, Tree};

/// The shape of a tree or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shape {
    /// All nodes; where equal states are merged, each state once.
    pub nodes: u64,
    /// Nodes that a simulation was told through.
    pub visited: u64,
    /// Nodes at or below which nothing is left to try.
    pub closed: u64,
    /// How many visited nodes there are at each depth, counted from where the part begins.
    pub visited_by_depth: Vec<u64>,
    /// How many nodes have so many children, for nodes that have any.
    pub nodes_by_children: BTreeMap<u32, u64>,
}

impl Shape {
    /// Depth of the deepest visited node, from where the part begins; 0 without visits.
    pub fn depth(&self) -> usize {
        self.visited_by_depth.len().saturating_sub(1)
    }

    /// Mean number of children of the nodes that have any; 0 when none has.
    pub fn branching(&self) -> f64 {
        let expanded: u64 = self.nodes_by_children.values().sum();
        let children: u64 = self
            .nodes_by_children
            .iter()
            .map(|(&children, nodes)| u64::from(children) * nodes)
            .sum();
        children as f64 / expanded.max(1) as f64
    }
}

impl<P> Tree<P> {
    /// The shape of the subtree at a node (of the whole tree, at the root). O(its nodes).
    pub fn shape(&self, from: NodeId) -> Shape {
        let mut shape = Shape::default();
        let above = self.depth(from);
        for node in self.walk(from) {
            if node.repeated {
                continue;
            }
            let stats = node.stats;
            shape.nodes += 1;
            shape.closed += u64::from(stats.closed);
            if stats.state_visits() > 0 {
                shape.visited += 1;
                let depth = (stats.depth - above) as usize;
                if shape.visited_by_depth.len() <= depth {
                    shape.visited_by_depth.resize(depth + 1, 0);
                }
                shape.visited_by_depth[depth] += 1;
            }
            if stats.children > 0 {
                *shape.nodes_by_children.entry(stats.children).or_default() += 1;
            }
        }
        shape
    }
}
