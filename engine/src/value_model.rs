//! Who judges: the [`ValueModel`] trait.

use crate::{Attempt, Chain, ValueError};

/// Estimates how promising the programs below a node are.
///
/// ```
/// use cogitree_engine::*;
///
/// /// Likes short programs.
/// struct Brevity;
/// impl ValueModel for Brevity {
///     fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
///         let lines = |s: &State<'_>| s.outcome.program.code_lines() as f64;
///         Ok(states.iter().map(|s| 1.0 / (1.0 + lines(s))).collect())
///     }
/// }
/// ```
pub trait ValueModel: Send + Sync {
    /// One number in [0, 1] for each state: the estimated probability that the best program
    /// at or below the node is right.
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError>;

    /// The same of chains whose last thought was just offered, before any is written down:
    /// [`SearchConfig::foresight`](crate::SearchConfig::foresight) corrects their priors by it. The
    /// default has nothing to say (`None`).
    fn foresee(&self, chains: &[Chain<'_>]) -> Result<Option<Vec<f64>>, ValueError> {
        let _ = chains;
        Ok(None)
    }
}

/// What a value model is shown: a chain and what came of its program.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The chain of thoughts.
    pub chain: Chain<'a>,
    /// Its program, report and feedback.
    pub outcome: Attempt<'a>,
}

/// A value model that trusts the visible tests and nothing else: the share of them that a program passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassFraction;

impl ValueModel for PassFraction {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        let share = |state: &State<'_>| state.outcome.report.pass_fraction();
        Ok(states.iter().map(share).collect())
    }
}

/// A value model that says the same of every state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConstantValue(pub f64);

impl ValueModel for ConstantValue {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        Ok(vec![self.0; states.len()])
    }
}
