//! The end of a simulation: what came of it is published, all at once.

use std::sync::atomic::Ordering;

use super::candidates::Candidate;
use super::evaluation::{Evaluation, Fault, Try};
use super::journal::Page;
use super::simulation::Asked;
use super::stages::Keep;
use super::{Event, Run, StopReason};

impl<'s> Run<'s> {
    /// Publishes an evaluation: versions, candidates, journal, and the reward to the tree.
    pub(super) fn conclude(&self, asked: Asked<'s>, evaluation: Evaluation) {
        let Asked {
            simulation, ticket, ..
        } = asked;
        let node = ticket.node();
        let config = &self.search.config;
        let keep = config.keep;
        let deep = self.tree.stats(node).depth as usize >= config.depth;
        // Open for the whole evaluation: which program is the first of equals, what was spent,
        // and whether that ends the search depend on the order.
        let mut page = self.journal.open();
        self.ledger
            .rethinks
            .fetch_add(evaluation.rethinks, Ordering::Relaxed);
        self.charge(&mut page, simulation, node, &evaluation.meter);
        if let Some(rehearsal) = evaluation.rehearsal {
            page.write(Event::Rehearsed {
                simulation,
                node,
                rehearsal,
            });
        }
        let line = self.tree.payload(node);
        let mut repeats = evaluation.repeats.into_iter().peekable();
        let mut turn_down = |page: &mut Page<'_>, version: usize| {
            while let Some(repeat) = repeats.next_if(|r| r.version == version) {
                self.ledger.repeats.fetch_add(1, Ordering::Relaxed);
                self.candidates.repeat(&repeat.program);
                page.write(Event::Repeated {
                    simulation,
                    node,
                    program: repeat.program,
                    of: repeat.of,
                });
            }
        };
        let versions = evaluation.tries.len();
        // The reward that is told.
        let mut best: Option<f64> = None;
        let (mut passed, mut accepted) = (false, false);
        for (version, this) in evaluation.tries.into_iter().enumerate() {
            turn_down(&mut page, version);
            let Try {
                tried,
                reused,
                accepted: this_accepted,
                ..
            } = this;
            best = Some(match keep {
                Keep::Best => best.unwrap_or(0.0).max(tried.reward),
                Keep::Latest => tried.reward,
            });
            passed |= tried.report.all_passed();
            accepted |= this_accepted;
            let fresh = self.candidates.record(Candidate {
                program: tried.program.clone(),
                report: tried.report.clone(),
                feedback: tried.explained.clone(),
                opinion: tried.opinion.clone(),
                advisory: tried.advisory,
                value: tried.value,
                node,
                version,
                rank: 0,
                offered: 1,
            });
            let counter = if fresh {
                &self.ledger.executions
            } else {
                &self.ledger.repeats
            };
            counter.fetch_add(1, Ordering::Relaxed);
            page.write(Event::Ran {
                simulation,
                node,
                version,
                thought: tried.thought.clone(),
                chain: tried.chain.clone(),
                program: tried.program.clone(),
                verdicts: tried.report.tests.iter().map(|t| t.verdict).collect(),
                feedback: tried.feedback.text.clone(),
                repeated: reused.is_some() || !fresh,
                reused,
                opinion: tried.opinion.clone(),
                advisory: tried.advisory,
                value: tried.value,
                reward: tried.reward,
            });
            let standing = match keep {
                Keep::Best => tried.reward,
                // Of equals the later one stands.
                Keep::Latest => 1.0,
            };
            line.versions.publish(tried, standing);
        }
        turn_down(&mut page, versions);
        if best.is_some() || evaluation.fault.is_none() {
            // Something of it came through.
            self.failures.store(0, Ordering::Relaxed);
        }
        match evaluation.fault {
            None => {}
            Some(Fault::DeadEnd(why)) if best.is_none() => {
                page.abandon(simulation, node, why);
                if self.gives_up(node) {
                    ticket.close();
                }
                return;
            }
            Some(Fault::Spent) if best.is_none() => {
                page.abandon(
                    simulation,
                    node,
                    "too little is left of the budget".to_owned(),
                );
                return;
            }
            // A rethought version that could not be written down takes nothing from the
            // versions that were run.
            Some(Fault::DeadEnd(_) | Fault::Spent) => {}
            Some(Fault::Infrastructure(why)) => {
                self.fault(&mut page, simulation, node, why.clone());
                if best.is_none() {
                    page.abandon(simulation, node, why);
                    return;
                }
            }
            Some(Fault::Fatal(why)) => {
                self.stop(StopReason::Failed(why.clone()));
                if best.is_none() {
                    page.abandon(simulation, node, why);
                    return;
                }
            }
        }
        let reward = best.unwrap_or(0.0);
        self.place_in_beam(node, reward);
        self.ledger.simulations.fetch_add(1, Ordering::Relaxed);
        page.write(Event::Told {
            simulation,
            node,
            reward,
            cost: self.ledger.cost(),
            best: self.candidates.best_fraction(),
        });
        let waited = self.candidates.wait();
        if accepted && config.stop_when_solved {
            self.stop(StopReason::Solved);
        } else if config.patience > 0 && waited.is_some_and(|n| n >= config.patience) {
            self.stop(StopReason::Converged);
        }
        drop(page);
        let backup = &config.backup;
        // Below a program that passes there is nothing to repair.
        let finished = accepted || passed && !config.go_on;
        let abandoned = (line.versions.current()).is_some_and(|tried| self.abandons(tried));
        let told = if finished || abandoned || deep {
            ticket.tell_and_close(reward, backup)
        } else {
            ticket.tell(reward, backup)
        };
        debug_assert!(told.is_ok(), "rewards are clamped: {told:?}");
    }
}
