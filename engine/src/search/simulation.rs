//! One simulation, stage by stage.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::candidates::Candidate;
use super::journal::Page;
use super::line::Costs;
use super::{Event, Line, Run, StopReason, Tried};
use crate::tree::{Ask, NodeId, Ticket};
use crate::{
    Attempt, Chain, ExecutorError, Feedback, Implement, Job, Meter, Opinion, PolicyError, Program,
    Proposal, Propose, Report, Rethink, Review, State, Thought,
};

/// Failures of the executor in a row after which the search gives up.
const FAILURES_IN_A_ROW: u32 = 3;

/// A simulation that was asked for.
pub(super) struct Asked<'t> {
    pub(super) simulation: u64,
    pub(super) ticket: Ticket<'t, Line>,
    /// How many thoughts offered at the node the policy is shown.
    siblings: usize,
}

/// What [`Run::ask`] found.
pub(super) enum Next<'t> {
    Evaluate(Asked<'t>),
    Expand(Asked<'t>),
    Busy,
    Closed,
}

/// What came of evaluating a node, before anything of it is published.
pub(super) struct Evaluation {
    tries: Vec<Try>,
    rethinks: u64,
    /// Why it ended early, if it did.
    fault: Option<Fault>,
    meter: Meter,
}

/// What a policy offered.
pub(super) struct Offer {
    proposals: Result<Vec<Proposal>, PolicyError>,
    meter: Meter,
}

/// One version of the thought, run.
struct Try {
    tried: Tried,
    opinion: Option<Opinion>,
    value: f64,
    /// The node and the version whose report was reused.
    reused: Option<(NodeId, usize)>,
}

/// What an evaluation is told of the programs that it is about to run.
pub(super) enum Past<'j> {
    /// What is on record by then.
    Candidates,
    /// What the journal says: the entries of this evaluation.
    Journal(&'j [Event]),
}

/// An equal program that was run before.
pub(super) struct Known {
    pub(super) report: Arc<Report>,
    pub(super) feedback: Arc<Feedback>,
    pub(super) node: NodeId,
    pub(super) version: usize,
}

pub(super) enum Fault {
    /// This chain cannot be turned into a program.
    DeadEnd(String),
    /// The machinery failed; the node may be tried again.
    Infrastructure(String),
    /// Too little is left of the budget for another call.
    Spent,
    /// Nothing can be asked of the policy any more.
    Fatal(String),
}

impl From<PolicyError> for Fault {
    fn from(e: PolicyError) -> Self {
        match e {
            PolicyError::Unusable(why) => Fault::DeadEnd(why),
            PolicyError::Spent(_) => Fault::Spent,
            PolicyError::Fatal(why) => Fault::Fatal(why),
        }
    }
}

impl From<ExecutorError> for Fault {
    fn from(e: ExecutorError) -> Self {
        Fault::Infrastructure(e.to_string())
    }
}

impl<'s> Run<'s> {
    /// Selects a leaf.
    pub(super) fn ask(&self) -> Next<'s> {
        let (ticket, evaluate) = match self.tree.ask(&self.guide) {
            Ask::Evaluate(ticket) => (ticket, true),
            Ask::Expand(ticket) => (ticket, false),
            Ask::Busy => return Next::Busy,
            Ask::Closed => return Next::Closed,
        };
        if evaluate {
            Next::Evaluate(self.begin(ticket, 0))
        } else {
            let siblings = self.offered(ticket.node()).count();
            Next::Expand(self.begin(ticket, siblings))
        }
    }

    /// Begins a simulation at the leaf of a ticket.
    pub(super) fn begin(&self, ticket: Ticket<'s, Line>, siblings: usize) -> Asked<'s> {
        let mut page = self.journal.open();
        let simulation = self.asked.fetch_add(1, Ordering::Relaxed);
        page.write(Event::Asked {
            simulation,
            node: ticket.node(),
            siblings,
        });
        Asked {
            simulation,
            ticket,
            siblings,
        }
    }

    /// Asks the policy what could follow a node. Publishes nothing.
    pub(super) fn propose(&self, asked: &Asked<'s>, meter: Meter) -> Offer {
        let node = asked.ticket.node();
        let thoughts = self.thoughts(node);
        let line = self.tree.payload(node);
        // Others may have added to them since.
        let siblings: Vec<Thought> = self.offered(node).take(asked.siblings).cloned().collect();
        let ask = Propose {
            chain: self.chain(&thoughts, self.above(node), &meter),
            outcome: line.versions.current().map(attempt),
            siblings: &siblings,
            width: self.search.config.width,
        };
        let proposals = guarded(|| self.search.policy.propose(&ask))
            .unwrap_or_else(|p| Err(PolicyError::Fatal(p)));
        Offer { proposals, meter }
    }

    /// Publishes proposals as children and moves the ticket to the one selected; `None` when
    /// nothing follows the node.
    pub(super) fn expand(&self, asked: Asked<'s>, offer: Offer) -> Option<Asked<'s>> {
        let mut asked = self.publish(asked, offer)?;
        if asked.ticket.descend(&self.guide) {
            self.descended(&asked);
            Some(asked)
        } else {
            self.no_child(asked);
            None
        }
    }

    /// Publishes proposals as children; `None` when there are none.
    pub(super) fn publish(&self, mut asked: Asked<'s>, offer: Offer) -> Option<Asked<'s>> {
        let config = &self.search.config;
        let (simulation, node) = (asked.simulation, asked.ticket.node());
        // Open until the children are published: they take the next ids, and another worker
        // that widens the node must not offer the same thoughts meanwhile.
        let mut page = self.journal.open();
        self.ledger.proposals.fetch_add(1, Ordering::Relaxed);
        self.charge(&mut page, simulation, node, &offer.meter);
        let mut proposals = match offer.proposals {
            Ok(proposals) => proposals,
            Err(PolicyError::Unusable(why)) => {
                page.abandon(simulation, node, why);
                asked.ticket.close();
                return None;
            }
            Err(PolicyError::Spent(resource)) => {
                // The node may be expanded yet, by a simulation with a larger share.
                page.abandon(simulation, node, PolicyError::Spent(resource).to_string());
                return None;
            }
            Err(PolicyError::Fatal(why)) => {
                page.abandon(simulation, node, why.clone());
                self.stop(StopReason::Failed(why));
                return None;
            }
        };
        proposals.truncate(config.width);
        let known: Vec<&Thought> = self.offered(node).collect();
        let offered = proposals.len();
        proposals.retain(|p| !known.contains(&&p.thought));
        if offered > 0 && proposals.is_empty() {
            // There may be others: the node is not done with.
            page.abandon(simulation, node, "nothing new was offered".to_owned());
            return None;
        }
        proposals.retain(|p| p.prior.is_finite() && p.prior >= 0.0);
        let thoughts = proposals
            .iter()
            .map(|p| (p.thought.text.clone(), p.prior))
            .collect();
        let children = proposals
            .into_iter()
            .map(|p| (Line::new(p.thought, config.rethinks), p.prior));
        if let Err(full) = asked.ticket.expand(children) {
            page.abandon(simulation, node, full.to_string());
            self.stop(StopReason::Nodes);
            return None;
        }
        let first = asked.ticket.first_added();
        page.write(Event::Proposed {
            simulation,
            node,
            first,
            thoughts,
        });
        if first.is_none() {
            page.abandon(simulation, node, "nothing follows".to_owned());
            return None;
        }
        Some(asked)
    }

    /// Records that a ticket went down to a child.
    pub(super) fn descended(&self, asked: &Asked<'s>) {
        self.journal.open().write(Event::Descended {
            simulation: asked.simulation,
            node: asked.ticket.node(),
        });
    }

    /// Gives a simulation up that others left no child to.
    pub(super) fn no_child(&self, asked: Asked<'s>) {
        let why = "all children are in flight".to_owned();
        let node = asked.ticket.node();
        self.journal.open().abandon(asked.simulation, node, why);
    }

    /// Implements, runs, and while it fails rethinks the thought of a node. Publishes
    /// nothing, so that evaluations side by side cannot influence each other.
    pub(super) fn evaluate(&self, node: NodeId, past: &Past<'_>, meter: Meter) -> Evaluation {
        let mut evaluation = Evaluation {
            tries: Vec::new(),
            rethinks: 0,
            fault: None,
            meter: Meter::default(),
        };
        match guarded(|| self.try_versions(node, past, &meter, &mut evaluation)) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => evaluation.fault = Some(fault),
            Err(panic) => evaluation.fault = Some(Fault::Fatal(panic)),
        }
        Evaluation {
            meter,
            ..evaluation
        }
    }

    fn try_versions(
        &self,
        node: NodeId,
        past: &Past<'_>,
        meter: &Meter,
        evaluation: &mut Evaluation,
    ) -> Result<(), Fault> {
        let search = self.search;
        let mut thoughts = self.thoughts(node);
        let above = self.above(node);
        // The version that is thought about: the last one whose program was new.
        let mut base = 0;
        loop {
            let chain = self.chain(&thoughts, above, meter);
            let failed = evaluation.tries.get(base).map(|t| attempt(&t.tried));
            let program = search.policy.implement(&Implement {
                failed,
                ..chain.into()
            })?;
            let known = match past {
                Past::Candidates => self.candidates.find(&program).map(Known::from),
                Past::Journal(entries) => {
                    self.recall(entries.get(evaluation.tries.len()), &program)?
                }
            };
            let this = self.run_program(&chain, program, known)?;
            let (passed, repeated) = (this.tried.report.all_passed(), this.reused.is_some());
            evaluation.tries.push(this);
            let tries = &evaluation.tries;
            if !repeated {
                base = tries.len() - 1;
            }
            // What was proposed and run before was thought about where it first failed; a
            // rethought version that was run before calls for another one.
            let done = if repeated { tries.len() == 1 } else { passed };
            if done || evaluation.rethinks >= search.config.rethinks as u64 {
                return Ok(());
            }
            if let Some(last) = thoughts.last_mut() {
                *last = tries[base].tried.thought.clone();
            }
            let other = |(i, t): (usize, &Try)| (i != base).then(|| t.tried.thought.clone());
            let tried: Vec<Thought> = tries.iter().enumerate().filter_map(other).collect();
            let ask = Rethink {
                chain: self.chain(&thoughts, above, meter),
                outcome: attempt(&tries[base].tried),
                tried: &tried,
            };
            let known = |t: &Thought| tries.iter().any(|known| known.tried.thought == *t);
            let better = match search.policy.rethink(&ask) {
                Ok(Some(better)) if !known(&better) => better,
                Ok(_) | Err(PolicyError::Unusable(_)) => return Ok(()),
                Err(fatal) => return Err(fatal.into()),
            };
            evaluation.rethinks += 1;
            if let Some(last) = thoughts.last_mut() {
                *last = better;
            }
        }
    }

    /// Runs a program, or takes the report of an equal one.
    fn run_program(
        &self,
        chain: &Chain<'_>,
        program: Program,
        known: Option<Known>,
    ) -> Result<Try, Fault> {
        let search = self.search;
        let reused = known.as_ref().map(|known| (known.node, known.version));
        let program = Arc::new(program);
        let (report, feedback) = match known {
            Some(known) => (known.report, known.feedback),
            None => {
                let job = Job::visible(&search.problem, &program);
                let report = self.workers.compute(|| search.executor.run(&job))?;
                let feedback = if report.all_passed() {
                    Feedback::default()
                } else {
                    let level = search.config.feedback;
                    // At level `trace` it runs the program.
                    let executor = &search.executor;
                    self.workers
                        .compute(|| executor.explain(&search.problem, &program, &report, level))
                };
                (Arc::new(report), Arc::new(feedback))
            }
        };
        let outcome = Attempt {
            program: &program,
            report: &report,
            feedback: &feedback,
        };
        let opinion = if report.all_passed() {
            search
                .policy
                .review(&Review {
                    chain: *chain,
                    outcome,
                })
                .unwrap_or(None)
                .filter(|opinion| opinion.score.is_finite())
        } else {
            None
        };
        let value = self.value(chain, outcome, opinion.as_ref());
        let reward = self.reward(&report, value);
        let thought = chain
            .thoughts
            .last()
            .cloned()
            .unwrap_or_else(|| Thought::new(""));
        let tried = Tried {
            thought,
            program,
            report,
            feedback,
            reward,
        };
        Ok(Try {
            tried,
            opinion,
            value,
            reused,
        })
    }

    /// The estimated value: the policy's opinion of a program that passes, else the value
    /// model's estimate, else 0.
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
    fn reward(&self, report: &Report, value: f64) -> f64 {
        let w = self.search.config.value_weight;
        ((1.0 - w) * report.pass_fraction() + w * value).clamp(0.0, 1.0)
    }

    /// Publishes an evaluation: versions, candidates, journal, and the reward to the tree.
    pub(super) fn conclude(&self, asked: Asked<'s>, evaluation: Evaluation) {
        let Asked {
            simulation, ticket, ..
        } = asked;
        let node = ticket.node();
        let deep = self.tree.stats(node).depth as usize >= self.search.config.depth;
        // Open for the whole evaluation: which program is the first of equals, what was spent,
        // and whether that ends the search depend on the order.
        let mut page = self.journal.open();
        self.ledger
            .rethinks
            .fetch_add(evaluation.rethinks, Ordering::Relaxed);
        self.charge(&mut page, simulation, node, &evaluation.meter);
        let line = self.tree.payload(node);
        let mut best: Option<f64> = None;
        let (mut passed, mut accepted) = (false, false);
        for (version, this) in evaluation.tries.into_iter().enumerate() {
            let Try {
                tried,
                opinion,
                value,
                reused,
            } = this;
            best = Some(best.unwrap_or(0.0).max(tried.reward));
            if tried.report.all_passed() {
                passed = true;
                accepted |= opinion.as_ref().is_none_or(|o| o.accepts());
            }
            let fresh = self.candidates.record(Candidate {
                program: tried.program.clone(),
                report: tried.report.clone(),
                feedback: tried.feedback.clone(),
                opinion: opinion.clone(),
                value,
                node,
                version,
                rank: 0,
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
                program: tried.program.clone(),
                verdicts: tried.report.tests.iter().map(|t| t.verdict).collect(),
                feedback: tried.feedback.text.clone(),
                repeated: reused.is_some() || !fresh,
                reused,
                opinion,
                value,
                reward: tried.reward,
            });
            let reward = tried.reward;
            line.versions.publish(tried, reward);
        }
        match evaluation.fault {
            None => self.failures.store(0, Ordering::Relaxed),
            Some(Fault::DeadEnd(why)) if best.is_none() => {
                page.abandon(simulation, node, why);
                ticket.close();
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
                page.write(Event::Fault {
                    simulation,
                    node,
                    message: why.clone(),
                });
                if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
                    self.stop(StopReason::Failed(why.clone()));
                }
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
        self.ledger.simulations.fetch_add(1, Ordering::Relaxed);
        page.write(Event::Told {
            simulation,
            node,
            reward,
            cost: self.ledger.cost(),
            best: self.candidates.best_fraction(),
        });
        let config = &self.search.config;
        let waited = self.candidates.wait();
        if accepted && config.stop_when_solved {
            self.stop(StopReason::Solved);
        } else if config.patience > 0 && waited.is_some_and(|n| n >= config.patience) {
            self.stop(StopReason::Converged);
        }
        drop(page);
        let backup = &config.backup;
        // Below a program that passes there is nothing to repair.
        let told = if passed || deep {
            ticket.tell_and_close(reward, backup)
        } else {
            ticket.tell(reward, backup)
        };
        debug_assert!(told.is_ok(), "rewards are clamped: {told:?}");
    }

    /// The thoughts that were offered at a node that is widened, oldest first, as they were
    /// proposed.
    pub(super) fn offered(&self, node: NodeId) -> impl Iterator<Item = &'s Thought> {
        let tree = self.tree;
        let widening = self.search.config.widening.is_some();
        let children = widening.then(|| tree.children(node));
        children
            .into_iter()
            .flatten()
            .map(|child| &tree.payload(child).proposed)
    }

    /// The thoughts from the root to a node, each in its current version.
    fn thoughts(&self, node: NodeId) -> Vec<Thought> {
        let path = self.tree.path(node);
        path.into_iter()
            .skip(1)
            .map(|id| self.tree.payload(id).thought().clone())
            .collect()
    }

    /// The program above a node, and what came of it.
    fn above(&self, node: NodeId) -> Option<Attempt<'s>> {
        let parent = self.tree.parent(node)?;
        let tree = self.tree;
        tree.payload(parent).versions.current().map(attempt)
    }

    /// Writes down what the calls of a stage cost.
    fn charge(&self, page: &mut Page<'_>, simulation: u64, node: NodeId, meter: &Meter) {
        let costs = Costs::of(meter);
        let refused = meter.refusal();
        if costs.spending.is_zero() && refused.is_none() {
            return;
        }
        self.ledger.charge(&costs);
        self.tree.payload(node).charge(&costs);
        page.write(Event::Spent {
            simulation,
            node,
            by: costs.spending,
            refused,
        });
        if let Some(refusal) = refused {
            self.fall_short(refusal.resource, meter.is_alone());
        }
    }

    fn chain<'a>(
        &'a self,
        thoughts: &'a [Thought],
        above: Option<Attempt<'a>>,
        meter: &'a Meter,
    ) -> Chain<'a> {
        let texts = thoughts.iter().flat_map(|t| t.text.bytes().chain([0]));
        let seed = texts.fold(self.search.config.seed ^ 0xcbf2_9ce4_8422_2325, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        Chain {
            problem: &self.search.problem,
            thoughts,
            seed,
            above,
            meter,
        }
    }
}

impl From<Candidate> for Known {
    fn from(candidate: Candidate) -> Self {
        Known {
            report: candidate.report,
            feedback: candidate.feedback,
            node: candidate.node,
            version: candidate.version,
        }
    }
}

impl Page<'_> {
    fn abandon(&mut self, simulation: u64, node: NodeId, why: String) {
        self.write(Event::Abandoned {
            simulation,
            node,
            why,
        });
    }
}

fn attempt(tried: &Tried) -> Attempt<'_> {
    Attempt {
        program: &tried.program,
        report: &tried.report,
        feedback: &tried.feedback,
    }
}

/// Runs a caller's code; a panic in it becomes a message and ends no thread of ours.
fn guarded<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        format!("a policy, executor or value model panicked: {text}")
    })
}
