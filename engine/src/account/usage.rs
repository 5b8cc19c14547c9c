//! What calls cost.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

use super::Money;

/// What a policy is asked to do; calls are accounted for by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operator {
    /// [`Policy::propose`](crate::Policy::propose).
    Propose,
    /// [`Policy::rehearse`](crate::Policy::rehearse).
    Rehearse,
    /// [`Policy::implement`](crate::Policy::implement).
    Implement,
    /// [`Policy::rethink`](crate::Policy::rethink) and [`Policy::refine`](crate::Policy::refine).
    Rethink,
    /// [`Policy::review`](crate::Policy::review).
    Review,
    /// [`Policy::design_tests`](crate::Policy::design_tests).
    DesignTests,
    /// [`Policy::compare`](crate::Policy::compare).
    Compare,
}

impl Operator {
    /// Its name, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Operator::Propose => "propose",
            Operator::Rehearse => "rehearse",
            Operator::Implement => "implement",
            Operator::Rethink => "rethink",
            Operator::Review => "review",
            Operator::DesignTests => "design_tests",
            Operator::Compare => "compare",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What calls of a model cost. Sums are exact, whatever their order.
///
/// What is not known counts as 0 and is counted apart, so that "nothing" and "nobody said" differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Requests answered, each for any number of choices.
    pub calls: u64,
    /// Tokens of the prompts.
    pub prompt_tokens: u64,
    /// Of the prompts' tokens, those that the server had at hand and charges less for.
    pub cached_tokens: u64,
    /// Tokens of the answers, reasoning included.
    pub completion_tokens: u64,
    /// What it cost, by the price table.
    pub money: Money,
    /// Calls whose tokens the server did not tell.
    pub unmetered: u64,
    /// Calls whose price is not known.
    pub unpriced: u64,
}

impl Usage {
    /// Tokens in and out.
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    /// Whether it is nothing at all.
    pub fn is_zero(&self) -> bool {
        *self == Usage::default()
    }
}

impl Add for Usage {
    type Output = Usage;
    fn add(self, other: Usage) -> Usage {
        Usage {
            calls: self.calls.saturating_add(other.calls),
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            completion_tokens: self
                .completion_tokens
                .saturating_add(other.completion_tokens),
            money: self.money + other.money,
            unmetered: self.unmetered.saturating_add(other.unmetered),
            unpriced: self.unpriced.saturating_add(other.unpriced),
        }
    }
}

impl Sub for Usage {
    type Output = Usage;
    /// Nothing less than nothing.
    fn sub(self, other: Usage) -> Usage {
        Usage {
            calls: self.calls.saturating_sub(other.calls),
            prompt_tokens: self.prompt_tokens.saturating_sub(other.prompt_tokens),
            cached_tokens: self.cached_tokens.saturating_sub(other.cached_tokens),
            completion_tokens: self
                .completion_tokens
                .saturating_sub(other.completion_tokens),
            money: self.money - other.money,
            unmetered: self.unmetered.saturating_sub(other.unmetered),
            unpriced: self.unpriced.saturating_sub(other.unpriced),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        *self = *self + other;
    }
}

/// What was spent, by operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spending(pub BTreeMap<Operator, Usage>);

impl Spending {
    /// All of it.
    pub fn total(&self) -> Usage {
        self.0.values().fold(Usage::default(), |sum, u| sum + *u)
    }

    /// What one operator spent.
    pub fn of(&self, operator: Operator) -> Usage {
        self.0.get(&operator).copied().unwrap_or_default()
    }

    /// Whether nothing was spent.
    pub fn is_zero(&self) -> bool {
        self.0.values().all(Usage::is_zero)
    }

    /// Adds what an operator spent.
    pub fn add(&mut self, operator: Operator, usage: Usage) {
        *self.0.entry(operator).or_default() += usage;
    }

    /// Adds other spending.
    pub fn merge(&mut self, other: &Spending) {
        for (operator, usage) in &other.0 {
            self.add(*operator, *usage);
        }
    }
}

/// What calls use up and a budget may limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// Calls of a model.
    Calls,
    /// Tokens, in and out.
    Tokens,
    /// Money.
    Money,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Resource::Calls => "calls",
            Resource::Tokens => "tokens",
            Resource::Money => "money",
        })
    }
}
