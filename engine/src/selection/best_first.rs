//! `best_first`: always on from the best that was found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Children, ParentStats, SelectionRule};

/// Q, after every child was tried once: greedy best-first search along the tree, as in
/// CodeTree (Li et al. 2024). Take it with the maximum as backup: the child whose subtree
/// holds the best reward comes first. A child whose first simulation is in flight waits behind
/// its siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BestFirst {}

impl SelectionRule for BestFirst {
    fn choose(&self, _: &ParentStats, children: Children<'_>) -> Option<u32> {
        children.best_by(|child| {
            let first = if child.in_flight > 0.0 { -1.0 } else { 2.0 };
            child.value_or(first)
        })
    }
}
