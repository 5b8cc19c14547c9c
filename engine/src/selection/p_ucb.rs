//! `p_ucb`: the prior-weighted bound of PG-TD and RethinkMCTS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bonus, Children, InFlight, ParentStats, SelectionRule};

/// Q + β(N)·p·√(ln N) / (1 + n) with β(N) = ln((N + c_base + 1) / c_base) + c: PG-TD (Zhang
/// et al. 2023), RethinkMCTS (Li et al. 2024).
///
/// At N = 1 the bonus is 0 for every child; the tie is then decided by the prior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PUcb {
    /// The exploration constant c, ≥ 0. Default 4, as in both papers.
    pub c: f64,
    /// How slowly the exploration grows with N, > 0. Default 10, as in both papers.
    pub c_base: f64,
    /// The value of a child without visits, in [0, 1]. Default 0, as in both papers.
    pub first_play: f64,
    /// How simulations in flight count. Default as samples that are not observed.
    pub in_flight: InFlight,
}

impl Default for PUcb {
    fn default() -> Self {
        PUcb {
            c: 4.0,
            c_base: 10.0,
            first_play: 0.0,
            in_flight: InFlight::default(),
        }
    }
}

impl SelectionRule for PUcb {
    #[inline]
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let weight = self.weight(self.in_flight.total(parent.visits, parent.in_flight));
        let first_play = self.first_play as f32;
        let bonus = Bonus::Prior { first_play };
        children.best_by(|child| {
            let (n, q) = self.in_flight.count(child, first_play);
            q + weight * bonus.exploration(child.prior, n)
        })
    }

    fn bonus(&self) -> Option<Bonus> {
        let first_play = self.first_play as f32;
        Some(Bonus::Prior { first_play })
    }

    #[inline]
    fn weight(&self, samples: f64) -> f32 {
        let total = samples.max(1.0);
        let beta = ((total + self.c_base + 1.0) / self.c_base).ln() + self.c;
        (beta * total.ln().sqrt()) as f32
    }
}
