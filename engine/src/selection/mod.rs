//! Selection rules: which child a simulation goes down to.
//!
//! Every rule counts simulations in flight as visits that are not observed yet (Liu et al.
//! 2020): n + o in place of n, with the value left as observed.

mod p_ucb;
mod uct;
mod wu_uct;

use serde::{Deserialize, Serialize};

pub use p_ucb::PUcb;
pub use uct::Uct;
pub use wu_uct::WuUct;

/// What a rule knows of the node whose children are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParentStats {
    /// N: visits of the node.
    pub visits: u32,
    /// O: in-flight visits of all its children.
    pub in_flight: u32,
    /// Its backed-up value, in [0, 1].
    pub value: f64,
}

/// What a rule knows of a child.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChildStats {
    /// n: visits.
    pub visits: u32,
    /// o: in-flight visits.
    pub in_flight: u32,
    /// Q: backed-up value in [0, 1]; `None` before the first visit.
    pub value: Option<f64>,
    /// p: prior among its siblings, in [0, 1].
    pub prior: f64,
}

impl ChildStats {
    /// n + o as a float.
    pub fn samples(&self) -> f64 {
        f64::from(self.visits) + f64::from(self.in_flight)
    }
}

impl ParentStats {
    /// N + O as a float.
    pub fn samples(&self) -> f64 {
        f64::from(self.visits) + f64::from(self.in_flight)
    }
}

/// Scores a child; the highest score is selected, ties go to the higher prior, then to the
/// older child.
///
/// A score may be infinite and must not be NaN. It should rise with the child's value and
/// prior and fall with its samples, and depend on nothing but its arguments: one rule serves
/// all workers at once.
pub trait SelectionRule: Send + Sync {
    /// The score of `child` among the children of `parent`. O(1).
    fn score(&self, parent: &ParentStats, child: &ChildStats) -> f64;
}

/// The published rules, as configuration.
///
/// ```
/// use cogitree_engine::Rule;
/// let rule: Rule = serde_json::from_str(r#"{"wu_uct": {"c": 0.7}}"#).unwrap();
/// assert_eq!(rule.name(), "wu_uct");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// See [`Uct`].
    Uct(Uct),
    /// See [`WuUct`].
    WuUct(WuUct),
    /// See [`PUcb`].
    PUcb(PUcb),
}

impl Default for Rule {
    fn default() -> Self {
        Rule::PUcb(PUcb::default())
    }
}

impl Rule {
    /// The rule's name in configuration files.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Uct(_) => "uct",
            Rule::WuUct(_) => "wu_uct",
            Rule::PUcb(_) => "p_ucb",
        }
    }
}

impl SelectionRule for Rule {
    fn score(&self, parent: &ParentStats, child: &ChildStats) -> f64 {
        match self {
            Rule::Uct(r) => r.score(parent, child),
            Rule::WuUct(r) => r.score(parent, child),
            Rule::PUcb(r) => r.score(parent, child),
        }
    }
}
