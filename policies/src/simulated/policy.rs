//! Who thinks in a simulated world.

use std::sync::Arc;

use cogitree_engine::{
    Attempt, Chain, Compare, Decision, DesignTests, Implement, Meter, Operator, Opinion, Policy,
    PolicyError, Preference, Problem, Program, Proposal, Propose, Rehearsal, Rethink, Review, Test,
    Thought, Usage, Value, Which,
};

use super::plan::{idea, revised};
use super::program::Written;
use super::world::{Behaviour, Rules};
use crate::draw::Draws;

/// A simulated language model. Every call is asked of the meter, and costs tokens that are drawn like
/// all else.
#[derive(Clone, Debug)]
pub struct Simulated {
    rules: Arc<Rules>,
}

impl Simulated {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Simulated { rules }
    }

    fn number(problem: &Problem) -> Result<u32, PolicyError> {
        Rules::number(problem).ok_or_else(|| {
            PolicyError::Fatal(format!(
                "{:?} is no problem of a simulated world; `World::problem` makes them",
                problem.id
            ))
        })
    }

    /// Makes a call: its tokens by `draws`, more for a longer chain.
    fn call(
        &self,
        meter: &Meter,
        operator: Operator,
        draws: Draws,
        length: usize,
    ) -> Result<(), PolicyError> {
        let prompt = 300 + 150 * length as u64;
        let usage = Usage {
            calls: 1,
            prompt_tokens: prompt + draws.text("prompt").below(300),
            completion_tokens: 40 + draws.text("completion").below(360),
            ..Usage::default()
        };
        let most = Usage {
            prompt_tokens: prompt + 300,
            completion_tokens: 400,
            ..usage
        };
        let call = meter.begin(operator, most)?;
        if !self.rules.odds.latency.is_zero() {
            std::thread::sleep(self.rules.odds.latency);
        }
        call.settle(usage);
        Ok(())
    }

    /// Draws that differ from request to request.
    fn draws(&self, problem: u32, chain: &Chain<'_>, what: &str) -> Draws {
        let draws = self.rules.draws(problem, what).number(chain.seed);
        chain.thoughts.iter().fold(draws, |draws, thought| {
            draws.text(thought.encoding.as_deref().unwrap_or(&thought.text))
        })
    }

    /// What a program does; of one that is none, the first mistake.
    fn written(&self, problem: u32, program: &Program) -> Written {
        Written::read(&self.rules, program).unwrap_or(Written {
            problem,
            behaviour: Behaviour::Mistaken(0),
            spelling: 0,
        })
    }

    fn is_right(&self, problem: u32, outcome: &Attempt<'_>) -> bool {
        self.written(problem, outcome.program).behaviour == Behaviour::Right
    }
}

impl Policy for Simulated {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let chain = &ask.chain;
        let problem = Self::number(chain.problem)?;
        let draws = self
            .draws(problem, chain, "propose")
            .number(ask.siblings.len() as u64);
        self.call(chain.meter, Operator::Propose, draws, chain.thoughts.len())?;
        let sure = self.rules.odds.prior_correlation.clamp(0.0, 1.0);
        let proposal = |n: usize| {
            let own = draws.number(n as u64);
            let thought = idea(own.bits(), ask.outcome.as_ref());
            let mut thoughts = chain.thoughts.to_vec();
            thoughts.push(thought.clone());
            let spread = self.rules.odds.quality_spread.max(f64::MIN_POSITIVE);
            let quality = self.rules.quality(problem, &thoughts) / spread;
            let noise = (1.0 - sure * sure).sqrt() * own.text("prior").normal();
            Proposal {
                thought,
                prior: (sure * quality + noise).exp(),
            }
        };
        let mut proposals: Vec<Proposal> = (0..ask.width).map(proposal).collect();
        proposals.sort_by(|a, b| b.prior.total_cmp(&a.prior));
        Ok(proposals)
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let chain = &ask.chain;
        let problem = Self::number(chain.problem)?;
        let draws = self
            .draws(problem, chain, "implement")
            .number(ask.tried.len() as u64);
        self.call(
            chain.meter,
            Operator::Implement,
            draws,
            chain.thoughts.len(),
        )?;
        let odds = &self.rules.odds;
        // A repair starts from a program, and often ends there; less so where that was said.
        let start = ask.failed.or(chain.above);
        let repeat = odds.repeat / (1.0 + ask.tried.len() as f64);
        if let Some(start) = start
            && draws.text("repeat").happens(repeat)
        {
            return Ok(start.program.clone());
        }
        let quality = self.rules.quality(problem, chain.thoughts);
        let right = self.rules.chance(problem, quality);
        let written = Written {
            problem,
            behaviour: self.rules.behaviour(draws, right),
            spelling: draws.text("spelling").below(odds.spellings.max(1).into()) as u32,
        };
        Ok(written.program(&self.rules))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let chain = &ask.chain;
        let problem = Self::number(chain.problem)?;
        let draws = self
            .draws(problem, chain, "rethink")
            .number(ask.tried.len() as u64);
        self.call(chain.meter, Operator::Rethink, draws, chain.thoughts.len())?;
        let last = chain.thoughts.last();
        Ok(last.map(|thought| revised(thought, draws.bits(), &ask.outcome)))
    }

    /// The same of one program, whatever led to it. It sees that a program fails where it does.
    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let chain = &ask.chain;
        let problem = Self::number(chain.problem)?;
        let written = self.written(problem, ask.outcome.program);
        let draws = self
            .rules
            .draws(problem, "review")
            .text(&ask.outcome.program.source);
        self.call(chain.meter, Operator::Review, draws, chain.thoughts.len())?;
        let odds = &self.rules.odds;
        if !ask.outcome.report.all_passed() {
            // A poor thought is seen to be one as often as other judgements are right.
            let quality = self.rules.quality(problem, chain.thoughts);
            let poor = (quality < 0.0) == draws.text("seen").happens(odds.judgement);
            return Ok(Some(Opinion {
                score: 0.3 * self.rules.chance(problem, if poor { -1.0 } else { 1.0 }),
                decision: if poor {
                    Decision::Abandon
                } else {
                    Decision::Refine
                },
                reason: "It fails a visible test.".to_owned(),
            }));
        }
        let right = written.behaviour == Behaviour::Right;
        let accepts = draws.text("accepts").happens(if right {
            odds.sensitivity
        } else {
            1.0 - odds.specificity
        });
        // The probability that such a verdict is right, where half of the programs are; give or take.
        let (of_right, of_wrong) = if accepts {
            (odds.sensitivity, 1.0 - odds.specificity)
        } else {
            (1.0 - odds.sensitivity, odds.specificity)
        };
        let posterior = of_right / (of_right + of_wrong).max(f64::MIN_POSITIVE);
        let noise = 0.2 * (draws.text("noise").unit() - 0.5);
        Ok(Some(Opinion {
            score: (posterior + noise).clamp(0.0, 1.0),
            decision: if accepts {
                Decision::Accept
            } else {
                Decision::Refine
            },
            reason: "It passes the visible tests.".to_owned(),
        }))
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        let problem = Self::number(chain.problem)?;
        let draws = self.draws(problem, chain, "rehearse");
        self.call(chain.meter, Operator::Rehearse, draws, chain.thoughts.len())?;
        let good = self.rules.quality(problem, chain.thoughts) >= 0.0;
        let sound = good == draws.text("seen").happens(self.rules.odds.judgement);
        let better = || idea(draws.text("better").bits(), None);
        Ok(Some(Rehearsal {
            sound,
            notes: String::new(),
            better: (!sound).then(better),
        }))
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        let problem = Self::number(ask.problem)?;
        let draws = self.rules.draws(problem, "tests").number(ask.seed);
        self.call(ask.meter, Operator::DesignTests, draws, 0)?;
        let test = |i: usize| {
            let own = draws.number(i as u64);
            let n = 100 + own.text("input").below(900) as i64;
            let wrong = own.text("wrong").happens(self.rules.odds.wrong_test);
            let expected = self.rules.value(problem, n) + i64::from(wrong);
            Test::Call {
                args: vec![Value::Int(n)],
                expected: Some(Value::Int(expected)),
            }
        };
        Ok((0..ask.wanted).map(test).collect())
    }

    /// Where both are right, or both wrong, chance decides.
    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        let problem = Self::number(ask.problem)?;
        let draws = (self.rules.draws(problem, "compare"))
            .number(ask.seed)
            .text(&ask.first.program.source)
            .text(&ask.second.program.source);
        self.call(ask.meter, Operator::Compare, draws, 0)?;
        let (first, second) = (
            self.is_right(problem, &ask.first),
            self.is_right(problem, &ask.second),
        );
        let first_wins = match (first, second) {
            (true, false) => draws.text("seen").happens(self.rules.odds.judgement),
            (false, true) => !draws.text("seen").happens(self.rules.odds.judgement),
            _ => draws.text("coin").happens(0.5),
        };
        Ok(Some(Preference {
            which: if first_wins {
                Which::First
            } else {
                Which::Second
            },
            reason: String::new(),
        }))
    }

    fn is_cpu_bound(&self) -> bool {
        self.rules.odds.latency.is_zero()
    }
}
