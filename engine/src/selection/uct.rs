//! `uct`: upper confidence bounds applied to trees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bonus, Children, InFlight, ParentStats, SelectionRule};

/// Q + c·√(ln N / n): Kocsis & Szepesvári 2006. Blind to priors (ties apart); a child
/// without samples comes first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Uct {
    /// The exploration constant, ≥ 0. Default √2.
    pub c: f64,
    /// How simulations in flight count. Default not at all, as published.
    pub in_flight: InFlight,
}

impl Default for Uct {
    fn default() -> Self {
        Uct {
            c: std::f64::consts::SQRT_2,
            in_flight: InFlight::Ignored,
        }
    }
}

impl SelectionRule for Uct {
    #[inline]
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let total = self.in_flight.total(parent.visits, parent.in_flight);
        let weight = self.weight(total);
        let value = parent.value as f32;
        // One loop for each way of counting, so that none has to ask which it is.
        match self.in_flight {
            InFlight::Ignored => {
                children.best_by(|child| bound(child.visits, child.value_or(value), weight))
            }
            InFlight::Unobserved => {
                children.best_by(|child| bound(child.samples(), child.value_or(value), weight))
            }
            InFlight::VirtualLoss { .. } => children.best_by(|child| {
                let (n, q) = self.in_flight.count(child, value);
                bound(n, q, weight)
            }),
        }
    }

    fn bonus(&self) -> Option<Bonus> {
        Some(Bonus::Root)
    }

    #[inline]
    fn weight(&self, samples: f64) -> f32 {
        width(self.c, samples)
    }
}

/// c·√(ln N), and a little more than 0 where that is 0.
#[inline]
pub(super) fn width(c: f64, samples: f64) -> f32 {
    (c as f32 * (samples as f32).max(1.0).ln().sqrt()).max(1e-30)
}

/// q + weight/√n, where a child without samples comes first.
#[inline]
pub(super) fn bound(n: f32, q: f32, weight: f32) -> f32 {
    q + weight * Bonus::Root.exploration(1.0, n)
}
