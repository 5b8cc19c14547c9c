//! Everything about a search that can be chosen.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::outcome::Cost;
use super::stages::{Acceptance, Keep, Reviewed, Target, Thinking, Valued};
use crate::account::Limits;
use crate::{Backup, FeedbackLevel, Money, Rule, Widening};

/// The configuration of a [`Search`](super::Search). `Default` is what the embedded policy is searched
/// with, whose thoughts cost nothing; [presets](crate::Preset) are for language models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// The selection rule. Default [`PUcb`](crate::PUcb).
    pub rule: Rule,
    /// The backup. Default maximum, undiscounted.
    pub backup: Backup,
    /// How simulations share the machine. Default waves.
    pub schedule: Schedule,
    /// What may be spent.
    pub budget: Budget,
    /// Simulations in flight at once, ≥ 1: the size of a wave. Default 8.
    pub in_flight: usize,
    /// Let what is in flight grow with the search: after N simulations no more than the larger of
    /// 4 and N/4, up to `in_flight`. Worth it where the budget is not many times `in_flight`: the
    /// first simulations are then chosen by what the ones before them told. Default off.
    pub ramp: bool,
    /// CPU threads for the stages that compute on this machine; 0 takes one for each core.
    pub threads: usize,
    /// How many thoughts a policy is asked for at once. Default 24.
    pub width: usize,
    /// Ask for more thoughts at a node as it is visited more often; a policy is shown those it
    /// has offered there. Without it each node is expanded once. Default none.
    pub widening: Option<Widening>,
    /// Longest chain of thoughts. Default 6.
    pub depth: usize,
    /// How often a node is tried for which the policy has no usable answer before it is given up,
    /// each time with another seed; with more than 1 the root never is, as long as there is a budget.
    /// At least 1, the default: for a policy that says the same each time.
    pub attempts: u32,
    /// On each level no more than this many nodes are gone on from: those with the best rewards of
    /// the ones evaluated by then. Take it with [`Breadth`](crate::Breadth), which evaluates a level
    /// before it goes below it where branching is even. 0, the default, for no limit.
    pub beam: usize,
    /// Where the policy is asked for thoughts. Default everywhere.
    pub thinking: Thinking,
    /// Have the policy walk a proposed chain through an example before it is written down. Where
    /// it does not hold and the policy has a better last thought, that one is tried, once. Costs a
    /// call a node. Default off.
    pub rehearse: bool,
    /// How often a failed thought may be rethought in one simulation; 0 turns rethinking
    /// off. Default 2.
    pub rethinks: usize,
    /// Which thought of a failed chain is rethought. Default the last.
    pub target: Target,
    /// Which version of a thought is built upon. Default the best.
    pub keep: Keep,
    /// How often the policy is asked for something different, with what was tried named, when a
    /// program was run before or a rethought version equals an earlier one. Default 1.
    pub again: usize,
    /// Which programs the policy reviews. Its score is their value, its reasons become part of the
    /// feedback where a program is gone on from, and nothing is tried below one that it
    /// [abandons](crate::Decision::Abandon). Default those that pass the visible tests.
    pub review: Reviewed,
    /// How many tests of its own the policy is asked for when the search begins. Programs that pass
    /// every visible test are run on them. They advise: about one in nine is wrong. Default 0.
    pub advisory: usize,
    /// When a program that passes every visible test is accepted. Default by the policy's opinion.
    pub accept: Acceptance,
    /// Go on from a program that passes every visible test and is not accepted: rethink it and
    /// build upon it. Without it, the default, nothing is tried below a program that passes.
    pub go_on: bool,
    /// How much of a report is put into words. Default `diff`.
    pub feedback: FeedbackLevel,
    /// The weight of the value model's estimate in a reward, in [0, 1]; the rest is the
    /// share of visible tests passed. Default 0.5.
    pub value_weight: f64,
    /// How strongly the value model corrects the priors of offered thoughts: each is multiplied by
    /// (v / (1 − v))^foresight, v being what the model [foresees](crate::ValueModel::foresee) in
    /// [0.01, 0.99]. At least 0, at most 10. Default 0: not asked.
    pub foresight: f64,
    /// A failed program is rethought only where its estimated value is at least this, in [0, 1].
    /// Default 0: whatever it is.
    pub rethink_above: f64,
    /// Nothing is tried below a program whose estimated value is less than this, in [0, 1], and it is
    /// not rethought: what a critic's decision to abandon does. Default 0: never.
    pub abandon_below: f64,
    /// Of which programs the value is part of the reward. Default of all.
    pub valued: Valued,
    /// The weight of advisory tests in the share of tests passed, in [0, 1]; a program that fails a
    /// visible test passes none of them. Default 0: they count in the answer only.
    pub advisory_weight: f64,
    /// End as soon as a program passes every visible test and the policy accepts it (or has
    /// no opinion). Default true.
    pub stop_when_solved: bool,
    /// End when a program passes every visible test and this many simulations in a row have
    /// found none that is better by the policy's opinion; 0 turns it off. Default 200.
    pub patience: u64,
    /// How many of the programs that pass the visible tests are compared by their behaviour
    /// on generated inputs when the search ends; 0 turns it off. Default 16.
    pub agreement: usize,
    /// How strongly the estimated value of a program counts when the answer is chosen: without an opinion
    /// of the policy its voice weighs as often as it was offered, times (v / (1 − v))^trust with v in
    /// [0.01, 0.99]. At least 0, at most 10. Default 0: values only break ties.
    pub trust: f64,
    /// How many questions an [`Arbiter`](crate::Arbiter) is asked at the most, where there is one.
    /// Default 5.
    pub questions: usize,
    /// How many of the programs that pass the visible tests and behave differently the policy compares
    /// with each other, in pairs, when the search ends; n programs cost n·(n − 1)/2 calls. 0, the
    /// default, turns it off; else at least 2.
    pub compare: usize,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        SearchConfig {
            rule: Rule::default(),
            backup: Backup::default(),
            schedule: Schedule::default(),
            budget: Budget::default(),
            in_flight: 8,
            ramp: false,
            threads: 0,
            width: 24,
            widening: None,
            depth: 6,
            attempts: 1,
            beam: 0,
            thinking: Thinking::default(),
            rehearse: false,
            rethinks: 2,
            target: Target::Last,
            keep: Keep::default(),
            again: 1,
            review: Reviewed::default(),
            advisory: 0,
            accept: Acceptance::default(),
            go_on: false,
            feedback: FeedbackLevel::default(),
            value_weight: 0.5,
            foresight: 0.0,
            rethink_above: 0.0,
            abandon_below: 0.0,
            valued: Valued::default(),
            advisory_weight: 0.0,
            stop_when_solved: true,
            patience: 200,
            agreement: 16,
            trust: 0.0,
            questions: 5,
            compare: 0,
            seed: 0,
        }
    }
}

/// How simulations are run side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// Each worker runs simulations back to back. The highest throughput; the result depends
    /// on timing when there is more than one worker.
    Eager,
    /// As many leaves as may be in flight are selected one after another, evaluated in
    /// parallel, and told in the order in which they were asked. The result depends on the
    /// seed and on `in_flight`, not on the number of threads.
    #[default]
    Waves,
}

/// What a search may spend; it ends when any part is used up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Simulations. Default 1000.
    pub simulations: u64,
    /// Programs run. Default unlimited.
    pub executions: Option<u64>,
    /// Calls of a model. Default unlimited. A policy whose calls cost nothing makes none.
    pub calls: Option<u64>,
    /// Tokens of these calls, in and out. Default unlimited.
    pub tokens: Option<u64>,
    /// Money that these calls cost. Default unlimited.
    pub money: Option<Money>,
    /// Wall time. Default unlimited. A search that ends by it is not reproducible.
    pub time: Option<Duration>,
    /// Nodes of the tree. Default 4 million.
    pub nodes: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            simulations: 1000,
            executions: None,
            calls: None,
            tokens: None,
            money: None,
            time: None,
            nodes: 4_000_000,
        }
    }
}

impl Budget {
    /// What is left of it after a search has spent this in this time; `None` where nothing of some part is.
    /// What nodes there may be is for each tree.
    ///
    /// ```
    /// use cogitree_engine::{Budget, Cost};
    /// let budget = Budget { simulations: 10, ..Budget::default() };
    /// let mut cost = Cost::default();
    /// # let elapsed = std::time::Duration::ZERO;
    /// assert_eq!(budget.less(&cost, elapsed), Some(budget));
    /// cost.simulations = 10;
    /// assert_eq!(budget.less(&cost, elapsed), None);
    /// ```
    pub fn less(&self, cost: &Cost, elapsed: Duration) -> Option<Budget> {
        let rest = |limit: Option<u64>, spent: u64| match limit {
            None => Some(None),
            Some(limit) => limit.checked_sub(spent).filter(|n| *n > 0).map(Some),
        };
        let usage = &cost.usage;
        let money = match self.money {
            None => None,
            Some(money) if money > usage.money => Some(money - usage.money),
            Some(_) => return None,
        };
        let time = match self.time {
            None => None,
            Some(time) if time > elapsed => Some(time - elapsed),
            Some(_) => return None,
        };
        Some(Budget {
            simulations: rest(Some(self.simulations), cost.simulations)??,
            executions: rest(self.executions, cost.executions)?,
            calls: rest(self.calls, usage.calls)?,
            tokens: rest(self.tokens, usage.tokens())?,
            money,
            time,
            nodes: self.nodes,
        })
    }

    /// What calls may use up.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            calls: self.calls,
            tokens: self.tokens,
            money: self.money,
        }
    }
}

/// A configuration that makes no sense.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{field} must be {expected}, not {given}")]
pub struct ConfigError {
    /// The field's name.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
    /// What was given.
    pub given: String,
}

impl SearchConfig {
    /// How many calls a simulation makes at the most, where each operator makes one and nothing is
    /// asked for again: a proposal and its rehearsal, a program with its review, and for each
    /// rethink a thought, a program and its review.
    pub(crate) fn calls_of_a_simulation(&self) -> u64 {
        let proposal = u64::from(self.thinking != Thinking::Nowhere) + u64::from(self.rehearse);
        let program = 1 + u64::from(self.review != Reviewed::Never);
        proposal + program + self.rethinks as u64 * (1 + program)
    }

    /// Checks every range.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |field, expected, given: &dyn ToString| {
            Err(ConfigError {
                field,
                expected,
                given: given.to_string(),
            })
        };
        if self.budget.simulations == 0 {
            return fail("simulations", "at least 1", &self.budget.simulations);
        }
        if self.budget.executions == Some(0) {
            return fail("executions", "at least 1", &0);
        }
        for (field, given) in [("calls", self.budget.calls), ("tokens", self.budget.tokens)] {
            if given == Some(0) {
                return fail(field, "at least 1", &0);
            }
        }
        if self.budget.money == Some(Money(0)) {
            return fail("money", "more than nothing", &0);
        }
        if self.budget.time.is_some_and(|t| t.is_zero()) {
            return fail("time", "longer than 0 s", &"0 s");
        }
        if self.in_flight == 0 {
            return fail("in_flight", "at least 1", &self.in_flight);
        }
        if self.width == 0 {
            return fail("width", "at least 1", &self.width);
        }
        if let Some((field, expected, given)) = self.rule.out_of_range() {
            return fail(field, expected, &given);
        }
        if let Some(law) = self.widening {
            if !(law.c > 0.0 && law.c.is_finite()) {
                return fail("widening.c", "greater than 0", &law.c);
            }
            if !(law.alpha > 0.0 && law.alpha <= 1.0) {
                return fail("widening.alpha", "greater than 0, at most 1", &law.alpha);
            }
        }
        if self.depth == 0 {
            return fail("depth", "at least 1", &self.depth);
        }
        if self.attempts == 0 {
            return fail("attempts", "at least 1", &self.attempts);
        }
        if self.rethinks > 200 {
            return fail("rethinks", "at most 200", &self.rethinks);
        }
        if self.again > 100 {
            return fail("again", "at most 100", &self.again);
        }
        if self.advisory > 1000 {
            return fail("advisory", "at most 1000", &self.advisory);
        }
        if self.advisory == 0 && self.accept == Acceptance::Advisory {
            return fail("advisory", "at least 1 where `accept` asks for it", &0);
        }
        if self.compare == 1 || self.compare > 100 {
            return fail("compare", "0, or between 2 and 100", &self.compare);
        }
        for (field, weight) in [
            ("value_weight", self.value_weight),
            ("advisory_weight", self.advisory_weight),
            ("rethink_above", self.rethink_above),
            ("abandon_below", self.abandon_below),
        ] {
            if !(0.0..=1.0).contains(&weight) {
                return fail(field, "between 0 and 1", &weight);
            }
        }
        for (field, power) in [("foresight", self.foresight), ("trust", self.trust)] {
            if !(0.0..=10.0).contains(&power) {
                return fail(field, "between 0 and 10", &power);
            }
        }
        if !(0.0..=1.0).contains(&self.backup.discount) {
            return fail("backup.discount", "between 0 and 1", &self.backup.discount);
        }
        Ok(())
    }
}
