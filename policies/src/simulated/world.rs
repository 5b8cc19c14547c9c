//! The world: problems, what is right, and which mistakes they invite.

use std::sync::Arc;

use cogitree_engine::{Checker, Interface, Limits, Parameter, Problem, Signature, Test, Value};

use super::{Odds, Simulated, SimulatedExecutor, SimulatedJudge};
use crate::draw::Draws;

/// A simulated world: its problems, and who thinks, runs and judges in it.
#[derive(Clone, Debug)]
pub struct World {
    rules: Arc<Rules>,
}

/// What is so in a world.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) odds: Odds,
    seed: u64,
}

/// What a program does, whatever its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Right,
    /// The mistake's number.
    Mistaken(u32),
}

impl World {
    /// A world by its odds and its seed.
    pub fn new(odds: Odds, seed: u64) -> Self {
        World {
            rules: Arc::new(Rules { odds, seed }),
        }
    }

    /// One of its problems; any number names one.
    pub fn problem(&self, number: u32) -> Problem {
        let test = |n: usize| Test::Call {
            args: vec![Value::Int(n as i64)],
            expected: Some(Value::Int(self.rules.value(number, n as i64))),
        };
        Problem {
            id: format!("simulated/{number}"),
            statement: format!("Write the function of problem {number}."),
            interface: Interface::Function(Signature::new("f", [Parameter::new("n")])),
            tests: (1..=self.rules.odds.visible).map(test).collect(),
            checker: Checker::Exact,
            limits: Limits::default(),
        }
    }

    /// Who thinks.
    pub fn policy(&self) -> Simulated {
        Simulated::new(self.rules.clone())
    }

    /// Who runs programs.
    pub fn executor(&self) -> SimulatedExecutor {
        SimulatedExecutor::new(self.rules.clone())
    }

    /// Who knows whether an answer is right. For the experiment, not for the search.
    pub fn judge(&self) -> SimulatedJudge {
        SimulatedJudge::new(self.rules.clone())
    }
}

impl Rules {
    /// Draws for something of a problem.
    pub(super) fn draws(&self, problem: u32, what: &str) -> Draws {
        Draws::of(self.seed).number(problem.into()).text(what)
    }

    /// The number of a problem of this world, by its id.
    pub(super) fn number(problem: &Problem) -> Option<u32> {
        problem.id.strip_prefix("simulated/")?.parse().ok()
    }

    /// How easy a problem is, in logits.
    pub(super) fn ease(&self, problem: u32) -> f64 {
        let Odds {
            ease, ease_spread, ..
        } = self.odds;
        ease + ease_spread * self.draws(problem, "ease").normal()
    }

    /// The right result.
    pub(super) fn value(&self, problem: u32, n: i64) -> i64 {
        let draws = self.draws(problem, "value").number(n as u64);
        draws.below(1000) as i64
    }

    /// What a program of a behaviour gives; `None` where it raises an error.
    pub(super) fn result(&self, problem: u32, behaviour: Behaviour, n: i64) -> Option<i64> {
        let right = self.value(problem, n);
        let Behaviour::Mistaken(mistake) = behaviour else {
            return Some(right);
        };
        let draws = self.draws(problem, "mistake").number(mistake.into());
        let extent = draws.text("extent").unit();
        let share = if draws.text("subtle").happens(self.odds.subtle) {
            0.02 + 0.28 * extent
        } else {
            0.5 + 0.5 * extent
        };
        let here = draws.number(n as u64);
        if !here.text("shows").happens(share) {
            return Some(right);
        }
        // One in five raises an error where it shows.
        let raises = draws.text("raises").happens(0.2);
        (!raises).then(|| right + 1 + here.text("by").below(50) as i64)
    }

    /// What a program does that is right with a probability.
    pub(super) fn behaviour(&self, draws: Draws, right: f64) -> Behaviour {
        if draws.text("right").happens(right) {
            return Behaviour::Right;
        }
        // By Zipf's law.
        let weights = (1..=self.odds.mistakes.max(1)).map(|n| 1.0 / f64::from(n));
        let mut at = draws.text("mistake").unit() * weights.clone().sum::<f64>();
        let mut mistake = 0;
        for (n, weight) in weights.enumerate() {
            mistake = n as u32;
            if at < weight {
                break;
            }
            at -= weight;
        }
        Behaviour::Mistaken(mistake)
    }
}
