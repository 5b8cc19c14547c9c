//! `uct`: upper confidence bounds applied to trees.

use serde::{Deserialize, Serialize};

use super::{ChildStats, ParentStats, SelectionRule};

/// Q + c·√(ln N / n): Kocsis & Szepesvári 2006. Blind to priors (ties apart) and to what is
/// in flight; a child without visits comes first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Uct {
    /// The exploration constant, ≥ 0. Default √2.
    pub c: f64,
}

impl Default for Uct {
    fn default() -> Self {
        Uct {
            c: std::f64::consts::SQRT_2,
        }
    }
}

impl SelectionRule for Uct {
    fn score(&self, parent: &ParentStats, child: &ChildStats) -> f64 {
        match child.value {
            None => f64::INFINITY,
            Some(q) => {
                let ln_n = f64::from(parent.visits.max(1)).ln();
                q + self.c * (ln_n / f64::from(child.visits.max(1))).sqrt()
            }
        }
    }
}
