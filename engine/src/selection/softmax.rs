//! `softmax`: chance, weighted by value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Children, InFlight, ParentStats, SelectionRule};

/// Draws a child with probability ∝ p^prior_weight · exp(Q / temperature): the sampling of
/// moatless tree search and of Boltzmann exploration. A child without visits counts with the
/// value of its parent.
///
/// Drawn by the Gumbel-max trick, so it is one pass over the children.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Softmax {
    /// The temperature, > 0: low is greedy. Default 0.1.
    pub temperature: f64,
    /// The exponent of the prior, ≥ 0; 0 ignores priors. Default 1.
    pub prior_weight: f64,
    /// How simulations in flight count. Default as lost.
    pub in_flight: InFlight,
}

impl Default for Softmax {
    fn default() -> Self {
        Softmax {
            temperature: 0.1,
            prior_weight: 1.0,
            in_flight: InFlight::VirtualLoss {
                weight: 1.0,
                loss: 0.0,
            },
        }
    }
}

impl SelectionRule for Softmax {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        children.best_by(|child| {
            let (_, q) = self.in_flight.count(child, parent.value as f32);
            let gumbel = -(-parent.draw(child, parent.turn()).ln()).ln();
            let prior = self.prior_weight * f64::from(child.prior).ln();
            (f64::from(q) / self.temperature + prior + gumbel) as f32
        })
    }
}
