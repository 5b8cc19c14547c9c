//! Progressive widening: how many children a node may have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A node gets another child while children + pending < c·(N + O)^alpha: Coulom 2007,
/// Couëtoux et al. 2011. Simulations in flight and expansions that are under way count, so
/// that several workers may widen one node at once and none goes too far.
///
/// ```
/// use cogitree_engine::Widening;
/// let widening = Widening { c: 1.0, alpha: 0.5 };
/// assert!(widening.allows(0, 1.0));
/// assert!(!widening.allows(2, 4.0));
/// assert!(widening.allows(2, 5.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Widening {
    /// The factor, > 0. Default 1.
    pub c: f64,
    /// The exponent, in (0, 1]. Default 0.5.
    pub alpha: f64,
}

impl Default for Widening {
    fn default() -> Self {
        Widening { c: 1.0, alpha: 0.5 }
    }
}

impl Widening {
    /// Whether a node with this many children (made and in the making) and samples N + O may
    /// have another. A node without children always may.
    pub fn allows(&self, children: u64, samples: f64) -> bool {
        children == 0 || (children as f64) < self.c * samples.powf(self.alpha)
    }
}
