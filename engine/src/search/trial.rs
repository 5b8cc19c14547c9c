//! One version of a thought on trial: its program is run, consulted about and reviewed, and its reward
//! is made of that.

use std::sync::Arc;

use super::evaluation::{Evaluating, Fault, Known, Past, Try};
use super::stages::{Acceptance, Reviewed, Share, Valued};
use super::{Event, Run, Tried};
use crate::{
    Attempt, Chain, Feedback, Job, Operator, Opinion, PolicyError, Program, Report, Review, State,
    Thought,
};

impl Evaluating<'_, '_> {
    /// Runs a program, or takes the report of an equal one. With what ends the evaluation after it.
    pub(super) fn run_program(
        &self,
        program: Program,
        known: Option<Known>,
        entry: usize,
    ) -> Result<(Try, Option<Fault>), Fault> {
        let run = self.run;
        let chain = self.chain();
        let reused = known.as_ref().filter(|known| !known.own).map(|k| k.at);
        let program = Arc::new(program);
        let mut fault = None;
        let (report, explained, advisory) = match known {
            Some(known) => (known.report, known.feedback, known.advisory),
            None => {
                let (report, feedback) = run.run_visible(&program)?;
                if report.all_passed() && !run.advice().is_empty() {
                    let (share, warning) = match self.consulted(&program, entry) {
                        Ok(advised) => advised,
                        Err(failed) => {
                            fault = Some(failed);
                            (None, None)
                        }
                    };
                    (report, warning.unwrap_or(feedback), share)
                } else {
                    (report, feedback, None)
                }
            }
        };
        let outcome = Attempt {
            program: &program,
            report: &report,
            feedback: &explained,
        };
        let mut opinion = None;
        let mut reviewed = fault.is_none();
        if reviewed {
            match run.review(&chain, outcome) {
                Ok(given) => opinion = given,
                Err(failed) => {
                    fault = Some(failed);
                    reviewed = false;
                }
            }
        }
        let value = run.value(&chain, outcome, opinion.as_ref());
        let reward = run.reward(&report, advisory, value);
        let accepted = reviewed && run.accepts(&report, opinion.as_ref(), advisory);
        let gone_on = !accepted && (run.search.config.go_on || !report.all_passed());
        let thought = chain
            .thoughts
            .last()
            .cloned()
            .unwrap_or_else(|| Thought::new(""));
        let tried = Tried {
            thought,
            chain: self.amended(),
            feedback: match opinion.as_ref().filter(|_| gone_on) {
                Some(opinion) => with_reason(&explained, opinion),
                None => explained.clone(),
            },
            explained,
            program,
            report,
            opinion,
            advisory,
            value,
            reward,
        };
        let this = Try {
            tried,
            thoughts: chain.thoughts.to_vec(),
            reused,
            accepted,
        };
        Ok((this, fault))
    }

    /// How a program fares on the advisory tests, and what is said of it where it is gone on from.
    #[allow(clippy::type_complexity)]
    fn consulted(
        &self,
        program: &Program,
        entry: usize,
    ) -> Result<(Option<Share>, Option<Arc<Feedback>>), Fault> {
        if let Past::Journal(entries) = self.past
            && let Some(failure) = failed_advice(entries.get(entry..))
        {
            return Err(Fault::Infrastructure(failure));
        }
        let report = self.run.consult(program)?;
        let go_on = self.run.search.config.go_on && !report.all_passed();
        let warning = go_on.then(|| self.run.warn(program, &report));
        Ok((Some(Share::from(&report)), warning))
    }
}

/// Where the journal says that the machinery failed on the advisory tests of the program whose entry
/// is the first: why.
fn failed_advice(entries: Option<&[Event]>) -> Option<String> {
    match entries? {
        [
            Event::Ran { advisory: None, .. },
            Event::Fault { message, .. },
            ..,
        ] => Some(message.clone()),
        _ => None,
    }
}

impl Run<'_> {
    fn run_visible(&self, program: &Program) -> Result<(Arc<Report>, Arc<Feedback>), Fault> {
        let search = self.search;
        let job = Job::visible(&search.problem, program);
        let report = self.workers.compute(|| search.executor.run(&job))?;
        let feedback = if report.all_passed() {
            Feedback::default()
        } else {
            let level = search.config.feedback;
            // At level `trace` it runs the program.
            let executor = &search.executor;
            self.workers
                .compute(|| executor.explain(&search.problem, program, &report, level))
        };
        Ok((Arc::new(report), Arc::new(feedback)))
    }

    /// The policy's opinion, where it is asked and has one.
    fn review(&self, chain: &Chain<'_>, outcome: Attempt<'_>) -> Result<Option<Opinion>, Fault> {
        let asked = match self.search.config.review {
            Reviewed::Passing => outcome.report.all_passed(),
            Reviewed::Always => true,
            Reviewed::Never => false,
        };
        if !asked {
            return Ok(None);
        }
        let review = Review {
            chain: *chain,
            outcome,
        };
        let ask = || self.search.policy.review(&review);
        match chain.meter.request(Operator::Review, ask) {
            Ok(opinion) => Ok(opinion.filter(|opinion| opinion.score.is_finite())),
            Err(PolicyError::Unusable(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the search may stop with a program.
    fn accepts(&self, report: &Report, opinion: Option<&Opinion>, advised: Option<Share>) -> bool {
        let well_advised = match self.search.config.accept {
            Acceptance::Opinion => true,
            Acceptance::Advisory => {
                self.advice().is_empty() || advised.is_some_and(Share::is_whole)
            }
        };
        report.all_passed() && well_advised && opinion.is_none_or(Opinion::accepts)
    }

    /// The estimated value: the policy's opinion of a program, else the value model's estimate,
    /// else 0.
    fn value(&self, chain: &Chain<'_>, outcome: Attempt<'_>, opinion: Option<&Opinion>) -> f64 {
        if let Some(opinion) = opinion {
            return opinion.score.clamp(0.0, 1.0);
        }
        let estimates = self.search.value.estimate(&[State {
            chain: *chain,
            outcome,
        }]);
        estimates
            .ok()
            .and_then(|v| v.first().copied())
            .filter(|v| v.is_finite())
            .map_or(0.0, |v| v.clamp(0.0, 1.0))
    }

    /// The reward of a report: the share of tests passed, mixed with the estimated value.
    fn reward(&self, report: &Report, advisory: Option<Share>, value: f64) -> f64 {
        let config = &self.search.config;
        let visible = report.pass_fraction();
        let a = config.advisory_weight;
        let share = if a > 0.0 && !self.advice().is_empty() {
            (1.0 - a) * visible + a * advisory.map_or(0.0, Share::fraction)
        } else {
            visible
        };
        let w = match config.valued {
            Valued::Passing if !report.all_passed() => 0.0,
            _ => config.value_weight,
        };
        ((1.0 - w) * share + w * value).clamp(0.0, 1.0)
    }
}

/// Feedback with what a review says of a program that it does not accept, for whoever goes on from it.
fn with_reason(explained: &Arc<Feedback>, opinion: &Opinion) -> Arc<Feedback> {
    if opinion.accepts() || opinion.reason.is_empty() {
        return explained.clone();
    }
    let mut feedback = Feedback::clone(explained);
    if !feedback.text.is_empty() {
        feedback.text.push('\n');
    }
    feedback.text.push_str("The review: ");
    feedback.text.push_str(&opinion.reason);
    Arc::new(feedback)
}
