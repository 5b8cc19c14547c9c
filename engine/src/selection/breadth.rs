//! `breadth`: level by level.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Children, ParentStats, SelectionRule};

/// −(n + o): the child that was tried least, the likelier of two. On a tree of even
/// branching this is breadth-first search, as in Tree of Thoughts (Yao et al. 2023); with
/// `beam` it goes on below the best few children only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breadth {
    /// How many children of a node are gone on with once all have been tried, by value; 0 for
    /// all. Default 0.
    pub beam: usize,
}

impl SelectionRule for Breadth {
    fn choose(&self, _: &ParentStats, children: Children<'_>) -> Option<u32> {
        let mut values = Vec::new();
        if self.beam > 0 {
            let mut untried = false;
            children.for_each(|child| {
                untried |= child.free && child.visits == 0.0;
                if child.visits > 0.0 {
                    values.push(child.value);
                }
            });
            values.sort_unstable_by(|a: &f32, b| b.total_cmp(a));
            if untried {
                values.clear();
            }
        }
        // Who is not in the beam comes after all who are: a closed beam opens the rest.
        let last = self.beam.checked_sub(1).and_then(|i| values.get(i));
        children.best_by(|child| {
            let outside = last.is_some_and(|&last| child.visits > 0.0 && child.value < last);
            if outside {
                -1e30 - child.samples()
            } else {
                -child.samples()
            }
        })
    }
}
