//! How a reward told at a leaf becomes the value of the nodes above it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which statistic of the rewards below a node is its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Statistic {
    /// The mean, as in UCT (Kocsis & Szepesvári 2006).
    Mean,
    /// The maximum, as in PG-TD (Zhang et al. 2023) and RethinkMCTS: the value of a line of
    /// thought is that of the best program it led to.
    #[default]
    Max,
}

/// A backup: a statistic, and a discount for every step that a reward travels.
///
/// ```
/// use cogitree_engine::Backup;
/// assert_eq!(Backup::mean().value(0.3, 0.9), 0.3);
/// assert_eq!(Backup::max().value(0.3, 0.9), 0.9);
/// assert_eq!(Backup::max().discounted(0.9).discount, 0.9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// The statistic.
    pub statistic: Statistic,
    /// The factor γ in [0, 1] for each step up; 1 keeps rewards as told.
    pub discount: f64,
}

impl Default for Backup {
    fn default() -> Self {
        Backup::max()
    }
}

impl Backup {
    /// The mean of all rewards.
    pub fn mean() -> Self {
        Backup {
            statistic: Statistic::Mean,
            discount: 1.0,
        }
    }

    /// The best of all rewards.
    pub fn max() -> Self {
        Backup {
            statistic: Statistic::Max,
            discount: 1.0,
        }
    }

    /// The same with discount `gamma` in [0, 1].
    pub fn discounted(self, gamma: f64) -> Self {
        Backup {
            discount: gamma.clamp(0.0, 1.0),
            ..self
        }
    }

    /// The value of a node with this mean and best reward.
    pub fn value(&self, mean: f64, best: f64) -> f64 {
        match self.statistic {
            Statistic::Mean => mean,
            Statistic::Max => best,
        }
    }
}
