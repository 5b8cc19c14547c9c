//! Which stages a simulation has, and what becomes of what they say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the policy is asked for thoughts. Elsewhere a node's children are
/// [blank](crate::Thought::blank): programs are written without a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Thinking {
    /// Everywhere.
    #[default]
    Everywhere,
    /// Not at the root: the first program is written as it comes, later ones by what is thought of it
    /// (Reflexion, LATS).
    BelowFirst,
    /// Nowhere: programs are drawn, or repaired from the one above (resampling, self-debugging).
    Nowhere,
}

/// Which programs the policy reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reviewed {
    /// Those that pass every visible test.
    #[default]
    Passing,
    /// All.
    Always,
    /// None.
    Never,
}

/// When a program that passes every visible test is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Acceptance {
    /// When the policy's review accepts it or there is no opinion.
    #[default]
    Opinion,
    /// When, besides, it passes every advisory test.
    Advisory,
}

/// Which version of a thought is built upon, and tells its reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Keep {
    /// The one with the best reward; of two equal ones the later.
    #[default]
    Best,
    /// The last one, even if it is worse. No version leaves the record.
    Latest,
}

/// Which thought of a failed chain is rethought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Target {
    /// The last one (RethinkMCTS).
    #[default]
    Last,
    /// The one that the feedback blames, by the policy's judgement. Below the node the chain is the
    /// one with that thought put anew; other branches keep theirs.
    Blamed,
}

/// Of which programs the estimated value is a part of the reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Valued {
    /// Of all.
    #[default]
    All,
    /// Of those that pass every visible test; the reward of another is its share of tests passed
    /// (RethinkMCTS).
    Passing,
}

/// Tests passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// How many.
    pub passed: usize,
    /// Of how many.
    pub tests: usize,
}

impl Share {
    /// Whether all were passed.
    pub fn is_whole(self) -> bool {
        self.passed == self.tests
    }

    /// As a number in [0, 1]; 1 where there are no tests.
    pub fn fraction(self) -> f64 {
        if self.tests == 0 {
            1.0
        } else {
            self.passed as f64 / self.tests as f64
        }
    }
}
