//! `wu_uct`: UCT that watches the unobserved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::uct::{bound, width};
use super::{Bonus, Children, ParentStats, SelectionRule};

/// Q + c·√(ln(N + O) / (n + o)): Liu et al. 2020, "Watch the Unobserved". Simulations in
/// flight count as samples without a value, so that parallel workers spread without the
/// distortion of a virtual loss.
///
/// A child without any sample comes first; one that is in flight and has no value yet counts
/// with the value of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WuUct {
    /// The exploration constant, ≥ 0. Default √2.
    pub c: f64,
}

impl Default for WuUct {
    fn default() -> Self {
        WuUct {
            c: std::f64::consts::SQRT_2,
        }
    }
}

impl SelectionRule for WuUct {
    #[inline]
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let weight = self.weight(parent.samples());
        let value = parent.value as f32;
        children.best_by(|child| bound(child.samples(), child.value_or(value), weight))
    }

    fn bonus(&self) -> Option<Bonus> {
        Some(Bonus::Root)
    }

    #[inline]
    fn weight(&self, samples: f64) -> f32 {
        width(self.c, samples)
    }
}
