//! `uct`: upper confidence bounds applied to trees.

use serde::{Deserialize, Serialize};

use super::{Children, InFlight, ParentStats, SelectionRule};

/// Q + c·√(ln N / n): Kocsis & Szepesvári 2006. Blind to priors (ties apart); a child
/// without samples comes first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
        let width = (self.c * self.c * total.max(1.0).ln()) as f32;
        let value = parent.value as f32;
        // One loop for each way of counting, so that none has to ask which it is.
        match self.in_flight {
            InFlight::Ignored => {
                children.best_by(|child| bound(child.visits, child.value_or(value), width))
            }
            InFlight::Unobserved => {
                children.best_by(|child| bound(child.samples(), child.value_or(value), width))
            }
            InFlight::VirtualLoss { .. } => children.best_by(|child| {
                let (n, q) = self.in_flight.count(child, value);
                bound(n, q, width)
            }),
        }
    }
}

/// q + √(width / n), and +∞ at n = 0 (a division by 0 of a positive number; of 0, where c or
/// ln N is 0, it would be NaN).
#[inline]
pub(super) fn bound(n: f32, q: f32, width: f32) -> f32 {
    let bound = q + (width / n).sqrt();
    if n > 0.0 { bound } else { f32::INFINITY }
}
