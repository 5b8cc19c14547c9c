//! A search run again from its journal, one step after another.
//!
//! What the journal decides: which node each simulation was given and which child it went on
//! to (both depended on what was in flight), how many siblings a policy was shown, which
//! report was reused. From outside, and so from the journal too: faults of the machinery, and
//! an end by cancelling or by time. Everything else is done anew and must come out as recorded.

use std::cell::Cell;
use std::collections::HashMap;

use thiserror::Error;

use super::evaluation::{Fault, Known, Past};
use super::simulation::Asked;
use super::workers::Workers;
use super::{ConfigError, Ending, Event, Outcome, Run, Search, StopReason};
use crate::account::Recorded;
use crate::tree::NodeId;
use crate::{Meter, Program};

/// A journal that cannot be followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The configuration makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A step came out otherwise than recorded.
    #[error(
        "event {index} differs: recorded is {}, but the replay gave {}. The policy, the executor \
         or the value model does not answer as it did, or the configuration or the journal was \
         changed",
        json(.recorded.as_deref()), json(Some(.came.as_ref()))
    )]
    Differs {
        /// The place of the event in the journal, from 0.
        index: usize,
        /// What the journal says; nothing where it has ended.
        recorded: Option<Box<Event>>,
        /// What came.
        came: Box<Event>,
    },
    /// A step cannot be taken as recorded.
    #[error("event {index} cannot be: {why}. Recorded is {}", json(.recorded.as_deref()))]
    Impossible {
        /// The place of the event in the journal, from 0.
        index: usize,
        /// What the journal says; nothing where it has ended.
        recorded: Option<Box<Event>>,
        /// Why not.
        why: &'static str,
    },
    /// The replay was cancelled.
    #[error("the replay was cancelled before event {index}")]
    Cancelled {
        /// The place of the event in the journal, from 0.
        index: usize,
    },
}

fn json(event: Option<&Event>) -> String {
    event.map_or_else(
        || "nothing".to_owned(),
        |event| serde_json::to_string(event).unwrap_or_else(|_| format!("{event:?}")),
    )
}

impl Search {
    /// Runs the search again as its journal says, on one thread: the same tree, the same
    /// programs in the same order, the same answer and the same journal. Meant for the journal
    /// of an eager search, which depends on timing; one in waves can be followed as well.
    ///
    /// Problem, configuration, policy, executor and value model must be those of the search
    /// that wrote the journal; `in_flight`, `ramp`, `threads`, `schedule`, `rule` and the budget of
    /// time do not matter. Observers are told of every step again.
    ///
    /// # Errors
    /// The first event that cannot be followed, or that comes out otherwise: where a policy,
    /// an executor or a value model does not depend on its request alone, the replay says so.
    ///
    /// ```
    /// use cogitree_engine::*;
    /// # use std::sync::Arc;
    /// # struct Guess;
    /// # impl Policy for Guess {
    /// #     fn propose(&self, _: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
    /// #         Ok((1..=3).map(|k| Proposal { thought: Thought::new(format!("Add {k}.")), prior: 1.0 }).collect())
    /// #     }
    /// #     fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
    /// #         Ok(Program::new(ask.chain.thoughts.iter().map(|t| t.text.as_ref()).collect::<String>()))
    /// #     }
    /// # }
    /// # struct Judge;
    /// # impl Executor for Judge {
    /// #     fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
    /// #         let right = job.program.source == "Add 2.Add 3.";
    /// #         let verdict = if right { Verdict::Passed } else { Verdict::WrongAnswer };
    /// #         Ok(Report { tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect() })
    /// #     }
    /// # }
    /// # let problem = Problem {
    /// #     id: "five".into(),
    /// #     statement: "Add five.".into(),
    /// #     interface: Interface::Function(Signature::new("five", [Parameter::new("n")])),
    /// #     tests: vec![Test::Call { args: vec![Value::Int(2)], expected: Some(Value::Int(7)) }],
    /// #     checker: Checker::Exact,
    /// #     limits: Limits::default(),
    /// # };
    /// let config = SearchConfig { schedule: Schedule::Eager, threads: 4, ..SearchConfig::default() };
    /// let search = || Search::new(problem.clone(), Arc::new(Guess), Arc::new(Judge)).config(config.clone());
    /// let first = search().run()?;
    /// let again = search().replay(&first.journal)?;
    /// assert_eq!(again.journal, first.journal);
    /// assert_eq!(again.tree.len(), first.tree.len());
    ///
    /// let mut changed = first.journal.clone();
    /// let Event::Asked { node, .. } = &mut changed[0] else { panic!() };
    /// *node = first.answer.unwrap().node;
    /// let refused = search().replay(&changed).unwrap_err();
    /// assert!(refused.to_string().starts_with("event 0 cannot be"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replay(self, journal: &[Event]) -> Result<Outcome, ReplayError> {
        self.config.validate()?;
        let workers = Workers::new(1, true)?;
        self.drive(workers, |run| {
            let replay = Replay {
                run,
                recorded: journal,
                at: 0,
                in_flight: HashMap::new(),
                refused: Cell::new(false),
            };
            replay.follow()
        })
    }
}

/// A replay under way.
struct Replay<'r, 's> {
    run: &'r Run<'s>,
    recorded: &'r [Event],
    /// How many events came out as recorded.
    at: usize,
    /// By number.
    in_flight: HashMap<u64, Stage<'s>>,
    /// Whether a call was refused.
    refused: Cell<bool>,
}

/// What is next in a simulation.
enum Stage<'s> {
    Expand(Asked<'s>),
    Descend(Asked<'s>),
    Evaluate(Asked<'s>),
}

impl Replay<'_, '_> {
    fn follow(mut self) -> Result<Ending, ReplayError> {
        self.run.design_tests(&self.meter(self.recorded).0);
        self.compare()?;
        while let Some(event) = self.recorded.get(self.at) {
            if self.run.search.cancel.is_cancelled() {
                return Err(ReplayError::Cancelled { index: self.at });
            }
            match event {
                Event::Asked {
                    simulation,
                    node,
                    siblings,
                } => self.ask(*simulation, *node, *siblings)?,
                Event::Proposed { simulation, .. }
                | Event::Descended { simulation, .. }
                | Event::Rehearsed { simulation, .. }
                | Event::Repeated { simulation, .. }
                | Event::Ran { simulation, .. }
                | Event::Told { simulation, .. }
                | Event::Abandoned { simulation, .. }
                | Event::Fault { simulation, .. } => self.go_on(*simulation, event)?,
                Event::Spent { simulation, .. } if self.in_flight.contains_key(simulation) => {
                    self.go_on(*simulation, event)?;
                }
                Event::Pruned { node } => self.prune(*node)?,
                Event::Designed { .. } => {
                    return Err(self.impossible("tests are designed before the first simulation"));
                }
                Event::Spent { .. } | Event::Compared { .. } => return self.end(true),
                Event::Stopped { cost, .. } => return self.end(cost.probes > 0),
            }
            self.compare()?;
        }
        Err(self.impossible("the search has not ended"))
    }

    /// Gives a simulation the ticket that it was given.
    fn ask(&mut self, simulation: u64, node: NodeId, siblings: usize) -> Result<(), ReplayError> {
        let run = self.run;
        let (ticket, evaluate) = (run.tree.ask_at(node))
            .ok_or_else(|| self.impossible("there is nothing to do at that node"))?;
        let stage = if evaluate {
            Stage::Evaluate(run.begin(ticket, 0))
        } else {
            let offered = run.offered(node).count();
            Stage::Expand(run.begin(ticket, siblings.min(offered)))
        };
        self.in_flight.insert(simulation, stage);
        Ok(())
    }

    /// Closes a node that is outside the beam.
    fn prune(&mut self, node: NodeId) -> Result<(), ReplayError> {
        match self.run.tree.ask_at(node) {
            Some((ticket, false)) if !self.run.is_in_beam(node) => {
                self.run.prune(ticket);
                Ok(())
            }
            _ => Err(self.impossible("that node is not outside the beam")),
        }
    }

    /// The next step of a simulation, up to an entry of its own.
    fn go_on(&mut self, simulation: u64, event: &Event) -> Result<(), ReplayError> {
        let run = self.run;
        let stage = self
            .in_flight
            .remove(&simulation)
            .ok_or_else(|| self.impossible("that simulation is not in flight"))?;
        let next = match stage {
            Stage::Expand(asked) => {
                let (meter, _) = self.meter(&self.recorded[self.at..]);
                let offer = run.propose(&asked, meter);
                run.publish(asked, offer).map(Stage::Descend)
            }
            Stage::Descend(mut asked) => match event {
                Event::Descended { node, .. } => {
                    if !asked.ticket.descend_to(*node) {
                        return Err(self.impossible("that child is not free"));
                    }
                    run.descended(&asked);
                    Some(Stage::Evaluate(asked))
                }
                _ => {
                    run.no_child(asked);
                    None
                }
            },
            Stage::Evaluate(asked) => {
                let (meter, mut entries) = self.meter(&self.recorded[self.at..]);
                if let [Event::Rehearsed { .. }, rest @ ..] = entries {
                    entries = rest;
                }
                let past = Past::Journal(entries);
                let evaluation = run.evaluate(asked.ticket.node(), &past, meter);
                run.conclude(asked, evaluation);
                None
            }
        };
        self.in_flight.extend(next.map(|stage| (simulation, stage)));
        Ok(())
    }

    /// A meter that grants what was granted in the stage that comes next, and its entries.
    fn meter<'e>(&self, entries: &'e [Event]) -> (Meter, &'e [Event]) {
        let account = self.run.account.clone();
        match entries.split_first() {
            Some((
                Event::Spent {
                    refused, failed, ..
                },
                rest,
            )) => {
                self.refused.set(self.refused.get() || refused.is_some());
                let recorded = Recorded {
                    refused: *refused,
                    failed: failed.clone(),
                };
                (Meter::recorded(account, recorded), rest)
            }
            _ => (Meter::recorded(account, Recorded::default()), entries),
        }
    }

    /// The end, which may begin with comparisons.
    fn end(mut self, compare: bool) -> Result<Ending, ReplayError> {
        let Some(Event::Stopped {
            reason: recorded, ..
        }) = self.recorded.last()
        else {
            return Err(self.impossible("the search has not ended"));
        };
        if !self.in_flight.is_empty() {
            return Err(self.impossible("simulations are in flight"));
        }
        let reason = self
            .reason(recorded)
            .ok_or_else(|| self.impossible("nothing ends the search here"))?;
        let meter = || {
            let written = self.run.journal.open().events().len();
            self.meter(self.recorded.get(written..).unwrap_or(&[])).0
        };
        let ending = self.run.end(reason, compare.then_some(meter));
        self.compare()?;
        if self.at < self.recorded.len() {
            return Err(self.impossible("the search has ended"));
        }
        Ok(ending)
    }

    /// Why the search ends: as recorded where that may be, else what ended the replay. A worker
    /// may have found a budget used up before another's step ended the search, or after.
    fn reason(&self, recorded: &StopReason) -> Option<StopReason> {
        let run = self.run;
        let may_be = match recorded {
            StopReason::Cancelled | StopReason::Time => true,
            StopReason::Simulations | StopReason::Executions => run.is_spent(recorded),
            StopReason::Spent(resource) => {
                self.refused.get() || run.account.left().used_up() == Some(*resource)
            }
            StopReason::Exhausted => {
                run.stop_reason().is_none() && run.tree.stats(NodeId::ROOT).closed
            }
            _ => false,
        };
        if may_be {
            Some(recorded.clone())
        } else {
            run.stop_reason()
        }
    }

    /// Compares what was written since the last look.
    fn compare(&mut self) -> Result<(), ReplayError> {
        let page = self.run.journal.open();
        for came in &page.events()[self.at..] {
            let recorded = self.recorded.get(self.at);
            if recorded != Some(came) {
                return Err(ReplayError::Differs {
                    index: self.at,
                    recorded: recorded.cloned().map(Box::new),
                    came: Box::new(came.clone()),
                });
            }
            self.at += 1;
        }
        Ok(())
    }

    fn impossible(&self, why: &'static str) -> ReplayError {
        ReplayError::Impossible {
            index: self.at,
            recorded: self.recorded.get(self.at).cloned().map(Box::new),
            why,
        }
    }
}

impl Run<'_> {
    /// What the journal says of a program that is about to be run: where its report was taken
    /// from, or that the machinery failed.
    pub(super) fn recall(
        &self,
        entry: Option<&Event>,
        program: &Program,
    ) -> Result<Option<Known>, Fault> {
        match entry {
            Some(Event::Fault { message, .. }) => Err(Fault::Infrastructure(message.clone())),
            Some(
                Event::Ran {
                    reused: Some(of), ..
                }
                | Event::Repeated { of, .. },
            ) if of.0.index() < self.tree.len() => {
                let mut versions = self.tree.payload(of.0).versions.iter();
                let known = versions
                    .nth(of.1)
                    .filter(|tried| tried.program.fingerprint() == program.fingerprint());
                Ok(known.map(|tried| Known::of(tried, *of)))
            }
            _ => Ok(None),
        }
    }
}
