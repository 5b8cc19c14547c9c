//! `puct`: the rule of AlphaZero, with the first-play urgency of lc0 and KataGo.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Children, InFlight, ParentStats, SelectionRule};

/// Q + c(N)·p·√N / (1 + n) with c(N) = c + c_factor·ln((N + c_base + 1) / c_base): Silver et
/// al. 2018 (AlphaZero).
///
/// A child without visits counts with the value of its parent less
/// `first_play_reduction`·√(Σ p of the visited children): the more of the prior was tried,
/// the less is expected of the rest (lc0, KataGo).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Puct {
    /// The exploration constant c, ≥ 0. Default 1.25, as in AlphaZero.
    pub c: f64,
    /// How slowly the exploration grows with N, > 0. Default 19652, as in AlphaZero.
    pub c_base: f64,
    /// How much it grows, ≥ 0. Default 1, as in AlphaZero.
    pub c_factor: f64,
    /// The first-play reduction, in [0, 1]. Default 0.2, as in KataGo.
    pub first_play_reduction: f64,
    /// How simulations in flight count. Default as samples that are not observed; AlphaZero
    /// and lc0 take a virtual loss.
    pub in_flight: InFlight,
}

impl Default for Puct {
    fn default() -> Self {
        Puct {
            c: 1.25,
            c_base: 19652.0,
            c_factor: 1.0,
            first_play_reduction: 0.2,
            in_flight: InFlight::default(),
        }
    }
}

impl SelectionRule for Puct {
    #[inline]
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let total = self
            .in_flight
            .total(parent.visits, parent.in_flight)
            .max(1.0);
        let c = self.c + self.c_factor * ((total + self.c_base + 1.0) / self.c_base).ln();
        let width = (c * total.sqrt()) as f32;
        let mut tried = 0.0_f32;
        children.for_each(|child| {
            if child.visits > 0.0 {
                tried += child.prior;
            }
        });
        let reduction = self.first_play_reduction as f32 * tried.sqrt();
        let first_play = (parent.value as f32 - reduction).max(0.0);
        children.best_by(|child| {
            let (n, q) = self.in_flight.count(child, first_play);
            q + width * child.prior / (1.0 + n)
        })
    }
}
