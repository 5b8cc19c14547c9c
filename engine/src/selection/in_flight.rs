//! How simulations in flight count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Child;

/// How a rule counts the o simulations in flight through a child, whose rewards are not
/// known yet.
///
/// ```
/// use cogitree_engine::{Child, InFlight};
/// let child = Child { visits: 3.0, in_flight: 1.0, value: 0.5, ..Child::default() };
/// assert_eq!(InFlight::Ignored.count(&child, 0.0), (3.0, 0.5));
/// assert_eq!(InFlight::Unobserved.count(&child, 0.0), (4.0, 0.5));
/// let lost = InFlight::VirtualLoss { weight: 1.0, loss: 0.0 };
/// assert_eq!(lost.count(&child, 0.0), (4.0, 0.375));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InFlight {
    /// Not at all: several workers choose alike.
    Ignored,
    /// As samples whose value is not observed: n + o, Q as it is (Liu et al. 2020, "Watch the
    /// Unobserved"). The default.
    #[default]
    Unobserved,
    /// As `weight` samples each with the value `loss` (Chaslot et al. 2008; Segal 2010 for
    /// larger weights).
    VirtualLoss {
        /// Samples that each simulation in flight counts as, > 0.
        weight: f64,
        /// Their value, in [0, 1].
        loss: f64,
    },
}

impl InFlight {
    /// The child's samples and value when what is in flight counts this way; `first` is the
    /// value before the first visit.
    #[inline]
    pub fn count(&self, child: &Child, first: f32) -> (f32, f32) {
        match *self {
            InFlight::Ignored => (child.visits, child.value_or(first)),
            InFlight::Unobserved => (child.samples(), child.value_or(first)),
            InFlight::VirtualLoss { .. } if child.in_flight == 0.0 => {
                (child.visits, child.value_or(first))
            }
            InFlight::VirtualLoss { weight, loss } => {
                let lost = weight as f32 * child.in_flight;
                let n = child.visits + lost;
                let q = (child.value * child.visits + loss as f32 * lost) / n;
                (n, if n > 0.0 { q } else { first })
            }
        }
    }

    /// The parent's samples, for `visits` and `in_flight` counted this way.
    #[inline]
    pub fn total(&self, visits: u64, in_flight: u32) -> f64 {
        let (n, o) = (visits as i64 as f64, f64::from(in_flight));
        match *self {
            InFlight::Ignored => n,
            InFlight::Unobserved => n + o,
            InFlight::VirtualLoss { weight, .. } => n + weight * o,
        }
    }
}
