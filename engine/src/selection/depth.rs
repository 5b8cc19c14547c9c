//! `depth`: down one line until it ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Children, ParentStats, SelectionRule};

/// The child that was begun, until it is closed; then the likeliest of the others: depth-first
/// search with backtracking, as in Tree of Thoughts (Yao et al. 2023). Lines end where the
/// policy has nothing more or at the depth limit of the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Depth {}

impl SelectionRule for Depth {
    fn choose(&self, _: &ParentStats, children: Children<'_>) -> Option<u32> {
        children.best_by(|child| if child.visits > 0.0 { 1.0 } else { 0.0 })
    }
}
