//! Evaluating a node: its chain is written down and run, and while it fails thought about again.
//! Publishes nothing, so that evaluations side by side cannot influence each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::candidates::Candidate;
use super::stages::{Share, Target};
use super::{Event, Run, Tried};
use crate::tree::NodeId;
use crate::{
    Attempt, Chain, Decision, ExecutorError, Feedback, Implement, Meter, Operator, PolicyError,
    Program, Refined, Rehearsal, Report, Rethink, Thought,
};

/// What came of evaluating a node, before anything of it is published.
pub(super) struct Evaluation {
    pub(super) rehearsal: Option<Rehearsal>,
    pub(super) tries: Vec<Try>,
    /// Programs that had been run before and in whose place others were asked for.
    pub(super) repeats: Vec<Repeat>,
    pub(super) rethinks: u64,
    /// Why it ended early, if it did.
    pub(super) fault: Option<Fault>,
    pub(super) meter: Meter,
}

/// One version of the chain, run.
pub(super) struct Try {
    pub(super) tried: Tried,
    /// The chain.
    pub(super) thoughts: Vec<Thought>,
    /// The node and the version whose report was reused.
    pub(super) reused: Option<(NodeId, usize)>,
    pub(super) accepted: bool,
}

/// A program that had been run before.
pub(super) struct Repeat {
    /// The version that it was offered for.
    pub(super) version: usize,
    pub(super) program: Arc<Program>,
    /// The node and the version with which it was run.
    pub(super) of: (NodeId, usize),
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
    /// Without what a review said.
    pub(super) feedback: Arc<Feedback>,
    pub(super) advisory: Option<Share>,
    pub(super) at: (NodeId, usize),
    /// In this very evaluation, and so on no record yet.
    pub(super) own: bool,
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
            PolicyError::Unavailable(_) => Fault::Infrastructure(e.to_string()),
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

/// A program to be run, or to be taken from the record.
struct Written {
    program: Program,
    known: Option<Known>,
    /// What ended the asking for another one.
    fault: Option<Fault>,
}

/// An evaluation under way.
pub(super) struct Evaluating<'r, 's> {
    pub(super) run: &'r Run<'s>,
    node: NodeId,
    pub(super) past: &'r Past<'r>,
    meter: &'r Meter,
    /// The chain as it was found.
    found: Vec<Thought>,
    /// The version that is tried.
    thoughts: Vec<Thought>,
    above: Option<Attempt<'s>>,
    /// How often the policy had no usable answer for this node.
    attempt: u32,
}

impl Run<'_> {
    /// Rehearses, implements, runs, and while it fails rethinks the thought of a node.
    pub(super) fn evaluate(&self, node: NodeId, past: &Past<'_>, meter: Meter) -> Evaluation {
        let mut evaluation = Evaluation {
            rehearsal: None,
            tries: Vec::new(),
            repeats: Vec::new(),
            rethinks: 0,
            fault: None,
            meter: Meter::default(),
        };
        let found = self.thoughts(node);
        let evaluating = Evaluating {
            run: self,
            node,
            past,
            meter: &meter,
            thoughts: found.clone(),
            found,
            above: self.above(node),
            attempt: self.tree.payload(node).unusable(),
        };
        match guarded(|| evaluating.try_versions(&mut evaluation)) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => evaluation.fault = Some(fault),
            Err(panic) => evaluation.fault = Some(Fault::Fatal(panic)),
        }
        Evaluation {
            meter,
            ..evaluation
        }
    }
}

impl Evaluating<'_, '_> {
    pub(super) fn chain(&self) -> Chain<'_> {
        self.run
            .chain(&self.thoughts, self.above, self.attempt, self.meter)
    }

    fn try_versions(mut self, evaluation: &mut Evaluation) -> Result<(), Fault> {
        let config = &self.run.search.config;
        evaluation.rehearsal = self.rehearse()?;
        // The version that is thought about: the last one whose program was new.
        let mut base = 0;
        loop {
            let Written {
                program,
                known,
                fault: unwritten,
            } = self.write(&evaluation.tries, base, &mut evaluation.repeats)?;
            let entry = evaluation.tries.len() + evaluation.repeats.len();
            let (this, fault) = self.run_program(program, known, entry)?;
            let repeated = this.reused.is_some();
            let passed = this.tried.report.all_passed();
            let over = this.accepted || passed && !config.go_on;
            let abandoned = self.run.abandons(&this.tried);
            let worth_a_rethink = this.tried.value >= config.rethink_above;
            evaluation.tries.push(this);
            if let Some(fault) = fault.or(unwritten) {
                return Err(fault);
            }
            let tries = &evaluation.tries;
            if !repeated {
                base = tries.len() - 1;
            }
            // What was proposed and run before was thought about where it first failed; a
            // rethought version that was run before calls for another one.
            let done = if repeated { tries.len() == 1 } else { over };
            let spent = evaluation.rethinks >= config.rethinks as u64;
            if done || abandoned || !worth_a_rethink || spent {
                return Ok(());
            }
            if !self.rethink(tries, base)? {
                return Ok(());
            }
            evaluation.rethinks += 1;
        }
    }

    /// The chain that is tried, where another of its thoughts than the last is not as it was found.
    pub(super) fn amended(&self) -> Option<Arc<[Thought]>> {
        let above = self.found.len().saturating_sub(1);
        let same = self.thoughts[..above] == self.found[..above];
        (!same).then(|| self.thoughts.as_slice().into())
    }

    /// Walks the proposed chain through an example; a better last thought takes the place of one
    /// that does not hold.
    fn rehearse(&mut self) -> Result<Option<Rehearsal>, Fault> {
        let blank = self.thoughts.last().is_none_or(Thought::is_blank);
        if !self.run.search.config.rehearse || blank {
            return Ok(None);
        }
        let policy = &self.run.search.policy;
        let rehearse = || policy.rehearse(&self.chain());
        let rehearsal = match self.meter.request(Operator::Rehearse, rehearse) {
            Ok(rehearsal) => rehearsal,
            Err(PolicyError::Unusable(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let better = rehearsal.as_ref().filter(|r| !r.sound);
        if let Some(better) = better.and_then(|r| r.better.clone()) {
            if let Some(last) = self.thoughts.last_mut() {
                *last = better;
            }
        }
        Ok(rehearsal)
    }

    /// Has the chain written down: while that was done before, as something else.
    fn write(
        &self,
        tries: &[Try],
        base: usize,
        repeats: &mut Vec<Repeat>,
    ) -> Result<Written, Fault> {
        let search = self.run.search;
        let mut tried: Vec<Arc<Program>> = Vec::new();
        let mut last: Option<(Program, Known)> = None;
        loop {
            let ask = Implement {
                chain: self.chain(),
                failed: tries.get(base).map(|t| attempt(&t.tried)),
                tried: &tried,
            };
            let implement = || search.policy.implement(&ask);
            let written = self.meter.request(Operator::Implement, implement);
            let program = match (written, last.take()) {
                (Ok(program), None) => program,
                (Ok(program), Some((before, known))) => {
                    repeats.push(Repeat {
                        version: tries.len(),
                        program: Arc::new(before),
                        of: known.at,
                    });
                    program
                }
                // There is no other.
                (Err(error), Some((program, known))) => {
                    let fault = match error {
                        PolicyError::Unusable(_) => None,
                        error => Some(error.into()),
                    };
                    return Ok(Written {
                        program,
                        known: Some(known),
                        fault,
                    });
                }
                (Err(error), None) => return Err(error.into()),
            };
            let known = self.find(&program, tries, repeats.len())?;
            let same = |other: &Arc<Program>| other.fingerprint() == program.fingerprint();
            let over = tried.iter().any(same) || tried.len() >= search.config.again;
            match known {
                Some(known) if !over => {
                    tried.push(Arc::new(program.clone()));
                    last = Some((program, known));
                }
                known => {
                    return Ok(Written {
                        program,
                        known,
                        fault: None,
                    });
                }
            }
        }
    }

    /// An equal program that was run before, elsewhere or in this evaluation.
    fn find(
        &self,
        program: &Program,
        tries: &[Try],
        repeats: usize,
    ) -> Result<Option<Known>, Fault> {
        let elsewhere = match self.past {
            Past::Candidates => self.run.candidates.find(program).map(Known::from),
            Past::Journal(entries) => {
                // Each program so far has an entry, run or turned down.
                let entry = entries.get(tries.len() + repeats);
                self.run.recall(entry, program)?
            }
        };
        let own = || {
            let fingerprint = program.fingerprint();
            let mut tries = tries.iter().enumerate();
            let (version, same) =
                tries.find(|(_, t)| t.tried.program.fingerprint() == fingerprint)?;
            Some(Known {
                own: true,
                ..Known::of(&same.tried, (self.node, version))
            })
        };
        Ok(elsewhere.or_else(own))
    }

    /// Puts a thought of the version at `base` anew; false where the policy gives up.
    fn rethink(&mut self, tries: &[Try], base: usize) -> Result<bool, Fault> {
        self.thoughts.clone_from(&tries[base].thoughts);
        let search = self.run.search;
        // What other versions have in the place of a thought of this one.
        let others = tries
            .iter()
            .flat_map(|t| t.thoughts.iter().zip(&self.thoughts));
        let mut tried: Vec<Thought> = (others.filter(|(other, this)| other != this))
            .map(|(other, _)| other.clone())
            .collect();
        for _ in 0..=search.config.again {
            let ask = Rethink {
                chain: self.chain(),
                outcome: attempt(&tries[base].tried),
                tried: &tried,
            };
            let refine = || match search.config.target {
                Target::Blamed => search.policy.refine(&ask),
                Target::Last => {
                    let last = ask.chain.thoughts.len().saturating_sub(1);
                    let better = search.policy.rethink(&ask)?;
                    Ok(better.map(|thought| Refined { at: last, thought }))
                }
            };
            match self.meter.request(Operator::Rethink, refine) {
                Ok(Some(Refined { at, thought })) if at < self.thoughts.len() => {
                    let before = std::mem::replace(&mut self.thoughts[at], thought);
                    if !tries.iter().any(|known| known.thoughts == self.thoughts) {
                        return Ok(true);
                    }
                    // Named once more, so that the next request is another one.
                    tried.push(std::mem::replace(&mut self.thoughts[at], before));
                }
                // It gives up, or there is no such thought.
                Ok(_) | Err(PolicyError::Unusable(_)) => return Ok(false),
                Err(fatal) => return Err(fatal.into()),
            }
        }
        Ok(false)
    }
}

impl Run<'_> {
    /// Whether the policy, or the value model in its place, sees nothing worth going on from.
    pub(super) fn abandons(&self, tried: &Tried) -> bool {
        let decision = tried.opinion.as_ref().map(|o| o.decision);
        decision == Some(Decision::Abandon) || tried.value < self.search.config.abandon_below
    }
}

impl Known {
    pub(super) fn of(tried: &Tried, at: (NodeId, usize)) -> Self {
        Known {
            report: tried.report.clone(),
            feedback: tried.explained.clone(),
            advisory: tried.advisory,
            at,
            own: false,
        }
    }
}

impl From<Candidate> for Known {
    fn from(candidate: Candidate) -> Self {
        Known {
            report: candidate.report,
            feedback: candidate.feedback,
            advisory: candidate.advisory,
            at: (candidate.node, candidate.version),
            own: false,
        }
    }
}

pub(super) fn attempt(tried: &Tried) -> Attempt<'_> {
    Attempt {
        program: &tried.program,
        report: &tried.report,
        feedback: &tried.feedback,
    }
}

/// Runs a caller's code; a panic in it becomes a message and ends no thread of ours.
pub(super) fn guarded<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        format!("a policy, executor or value model panicked: {text}")
    })
}
