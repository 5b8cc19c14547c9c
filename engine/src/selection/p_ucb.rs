//! `p_ucb`: the prior-weighted bound of PG-TD and RethinkMCTS.

use serde::{Deserialize, Serialize};

use super::{ChildStats, ParentStats, SelectionRule};

/// Q + β(N)·p·√(ln N) / (1 + n) with β(N) = ln((N + c_base + 1) / c_base) + c: PG-TD (Zhang
/// et al. 2023), RethinkMCTS (Li et al. 2024). N and n count what is in flight.
///
/// At N = 1 the bonus is 0 for every child; the tree then decides by the prior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PUcb {
    /// The exploration constant c, ≥ 0. Default 4, as in both papers.
    pub c: f64,
    /// How slowly the exploration grows with N, > 0. Default 10, as in both papers.
    pub c_base: f64,
    /// The value of a child without visits, in [0, 1]. Default 0, as in both papers.
    pub first_play: f64,
}

impl Default for PUcb {
    fn default() -> Self {
        PUcb {
            c: 4.0,
            c_base: 10.0,
            first_play: 0.0,
        }
    }
}

impl SelectionRule for PUcb {
    fn score(&self, parent: &ParentStats, child: &ChildStats) -> f64 {
        let n = parent.samples().max(1.0);
        let beta = ((n + self.c_base + 1.0) / self.c_base).ln() + self.c;
        let q = child.value.unwrap_or(self.first_play);
        q + beta * child.prior * n.ln().sqrt() / (1.0 + child.samples())
    }
}
