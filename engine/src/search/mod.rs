//! The search: grows a tree of thoughts until a program solves the problem or the budget is
//! used up.
//!
//! ```text
//! ask ─► propose ─► implement ─► run ─► feedback ─► rethink? ─► value ─► tell
//!  tree   policy      policy    executor  executor    policy     value     tree
//! ```
//!
//! [`Search`] is the one object to drive: a builder, [`run`](Search::run), and an
//! [`Outcome`] whose public fields say what was found, why it stopped and what it cost.

mod advice;
mod agreement;
mod arbiter;
mod beam;
mod candidates;
mod comparison;
mod conclusion;
mod config;
mod evaluation;
mod flying;
mod journal;
mod line;
mod mutation;
mod outcome;
mod overlay;
mod random;
mod replay;
mod ruling;
mod schedule;
mod schema;
mod simulation;
mod stages;
mod trial;
mod workers;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub use arbiter::{Arbiter, Behaviour, Question, Ruled, Ruling};
pub use config::{Budget, ConfigError, Schedule, SearchConfig};
pub use journal::{Event, Observer};
pub use line::Line;
pub use outcome::{Answer, Cost, Evidence, Outcome, StopReason, Tried};
pub use overlay::OverlayError;
pub use replay::ReplayError;
pub use stages::{Acceptance, Keep, Reviewed, Share, Target, Thinking, Valued};

use crate::account::Account;
use crate::tree::{Guide, Tree};
use crate::{ConstantValue, Executor, Meter, Policy, Problem, Thought, ValueModel};
use advice::Advice;
use agreement::Chosen;
use beam::Levels;
use candidates::Candidates;
use flying::Flying;
use journal::Journal;
use line::Costs;
use workers::Workers;

/// Ends a search early from another thread; the search keeps its best answer so far.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the search to end. Programs that are running are waited for.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the search was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A search for a program that solves a problem.
///
/// ```
/// use cogitree_engine::*;
/// # struct Guess;
/// # impl Policy for Guess {
/// #     fn propose(&self, _: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
/// #         Ok((1..=3).map(|k| Proposal { thought: Thought::new(format!("Multiply by {k}.")), prior: 1.0 }).collect())
/// #     }
/// #     fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
/// #         Ok(Program::new(ask.chain.thoughts.iter().map(|t| t.text.as_ref()).collect::<String>()))
/// #     }
/// # }
/// # struct Judge;
/// # impl Executor for Judge {
/// #     fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
/// #         let right = job.program.source == "Multiply by 2.";
/// #         let verdict = if right { Verdict::Passed } else { Verdict::WrongAnswer };
/// #         Ok(Report { tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect() })
/// #     }
/// # }
/// let problem = Problem {
///     id: "double".into(),
///     statement: "Double the number.".into(),
///     interface: Interface::Function(Signature::new("double", [Parameter::new("n")])),
///     tests: vec![Test::Call { args: vec![Value::Int(2)], expected: Some(Value::Int(4)) }],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let outcome = Search::new(problem, Arc::new(Guess), Arc::new(Judge))
///     .simulations(10)
///     .run()
///     .unwrap();
/// assert!(outcome.solved);
/// assert_eq!(outcome.stop, StopReason::Solved);
/// # use std::sync::Arc;
/// ```
pub struct Search {
    problem: Problem,
    policy: Arc<dyn Policy>,
    executor: Arc<dyn Executor>,
    value: Arc<dyn ValueModel>,
    config: SearchConfig,
    observers: Vec<Arc<dyn Observer>>,
    arbiter: Option<Arc<dyn Arbiter>>,
    cancel: CancelToken,
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search")
            .field("problem", &self.problem.id)
            .field("config", &self.config)
            .finish()
    }
}

impl Search {
    /// A search with the default configuration and a constant value model.
    pub fn new(problem: Problem, policy: Arc<dyn Policy>, executor: Arc<dyn Executor>) -> Self {
        Search {
            problem,
            policy,
            executor,
            value: Arc::new(ConstantValue(0.0)),
            config: SearchConfig::default(),
            observers: Vec::new(),
            arbiter: None,
            cancel: CancelToken::default(),
        }
    }

    /// Replaces the whole configuration.
    pub fn config(mut self, config: SearchConfig) -> Self {
        self.config = config;
        self
    }

    /// Sets the number of simulations allowed.
    pub fn simulations(mut self, simulations: u64) -> Self {
        self.config.budget.simulations = simulations;
        self
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// Sets the value model.
    pub fn value_model(mut self, value: Arc<dyn ValueModel>) -> Self {
        self.value = value;
        self
    }

    /// Adds an observer, which is told of every step while the search runs.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Sets who is asked where programs that pass every visible test disagree.
    pub fn arbiter(mut self, arbiter: Arc<dyn Arbiter>) -> Self {
        self.arbiter = Some(arbiter);
        self
    }

    /// Sets the token by which the search can be ended early.
    pub fn cancel_token(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Runs the search to its end.
    ///
    /// # Errors
    /// Only a configuration that makes no sense. Whatever goes wrong later ends the search
    /// with [`StopReason::Failed`] and its best answer so far.
    pub fn run(self) -> Result<Outcome, ConfigError> {
        self.config.validate()?;
        let workers = Workers::new(self.config.threads, self.policy.is_cpu_bound())?;
        self.drive(workers, |run| {
            run.design_tests(&Meter::on(run.account.clone(), true));
            match run.search.config.schedule {
                Schedule::Eager => run.eager(),
                Schedule::Waves => run.waves(),
            }
            let reason = run.stop_reason().unwrap_or(StopReason::Exhausted);
            let meter = || Meter::on(run.account.clone(), true);
            let compares = !run.search.cancel.is_cancelled();
            Ok(run.end(reason, compares.then_some(meter)))
        })
    }

    /// Grows a tree, by whatever course, until it has an answer.
    fn drive<E>(
        self,
        workers: Workers,
        course: impl FnOnce(&Run<'_>) -> Result<Ending, E>,
    ) -> Result<Outcome, E> {
        let started = Instant::now();
        let mut tree = Tree::new(Line::new(Thought::new(""), 0), self.config.budget.nodes);
        if let Some(law) = self.config.widening {
            tree = tree.widening(law);
        }
        let run = Run {
            search: &self,
            tree: &tree,
            guide: Guide::new(
                self.config.rule.for_budget(self.config.budget.simulations),
                self.config.backup,
            )
            .seed(self.config.seed),
            workers,
            advice: OnceLock::new(),
            candidates: Candidates::default(),
            levels: Levels::default(),
            journal: Journal::new(&self.observers),
            ledger: Ledger::default(),
            account: Arc::new(Account::new(self.config.budget.limits())),
            flying: Flying::default(),
            stop: Mutex::new(None),
            stopping: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            deadline: self.config.budget.time.and_then(|t| started.checked_add(t)),
        };
        let Ending {
            reason,
            answer,
            rulings,
        } = course(&run)?;
        let cost = run.ledger.cost();
        let costs = run.ledger.costs();
        let journal = run.journal.into_events();
        Ok(Outcome {
            solved: answer.as_ref().is_some_and(|a| a.report.all_passed()),
            answer,
            rulings,
            stop: reason,
            cost,
            spending: costs.spending,
            time: costs.time,
            elapsed: started.elapsed(),
            journal,
            tree,
        })
    }
}

/// How a search ended.
struct Ending {
    reason: StopReason,
    answer: Option<Answer>,
    rulings: Vec<Ruled>,
}

/// The state of a running search that its workers share.
struct Run<'s> {
    search: &'s Search,
    tree: &'s Tree<Line>,
    guide: Guide,
    workers: Workers,
    /// The advisory tests, once they were asked for.
    advice: OnceLock<Advice>,
    candidates: Candidates,
    levels: Levels,
    journal: Journal<'s>,
    ledger: Ledger,
    account: Arc<Account>,
    flying: Flying,
    stop: Mutex<Option<StopReason>>,
    stopping: AtomicBool,
    /// Simulations asked so far.
    asked: AtomicU64,
    /// Failures of the executor in a row.
    failures: AtomicU32,
    deadline: Option<Instant>,
}

impl Run<'_> {
    /// Ends the search; the first reason counts.
    fn stop(&self, reason: StopReason) {
        // What fails then fails because of it.
        let cancelled = self.search.cancel.is_cancelled();
        let reason = match reason {
            StopReason::Failed(_) if cancelled => StopReason::Cancelled,
            reason => reason,
        };
        self.stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(reason);
        self.stopping.store(true, Ordering::Release);
    }

    fn stop_reason(&self) -> Option<StopReason> {
        self.stop
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether another simulation may begin; when not, the reason is recorded.
    fn may_go_on(&self) -> bool {
        let over = if self.search.cancel.is_cancelled() {
            StopReason::Cancelled
        } else if self.deadline.is_some_and(|d| Instant::now() >= d) {
            StopReason::Time
        } else if self.is_spent(&StopReason::Simulations) {
            StopReason::Simulations
        } else if self.is_spent(&StopReason::Executions) {
            StopReason::Executions
        } else if let Some(resource) = self.account.left().used_up() {
            StopReason::Spent(resource)
        } else {
            return !self.stopping.load(Ordering::Acquire);
        };
        self.stop(over);
        false
    }

    /// Whether the simulations or the executions allowed were made.
    fn is_spent(&self, part: &StopReason) -> bool {
        let budget = &self.search.config.budget;
        let (limit, made) = match part {
            StopReason::Simulations => (Some(budget.simulations), &self.asked),
            StopReason::Executions => (budget.executions, &self.ledger.executions),
            _ => return false,
        };
        limit.is_some_and(|limit| made.load(Ordering::Relaxed) >= limit)
    }

    /// Chooses the answer and ends the journal; without meters programs are not compared.
    fn end(&self, reason: StopReason, meter: Option<impl FnMut() -> Meter>) -> Ending {
        let Chosen {
            answer,
            probes,
            rulings,
        } = self.answer(meter);
        self.ledger.probes.store(probes, Ordering::Relaxed);
        self.journal.open().write(Event::Stopped {
            reason: reason.clone(),
            cost: self.ledger.cost(),
            answer: answer.as_ref().map(|a| (a.node, a.version)),
            evidence: answer.as_ref().map(|a| a.evidence.clone()),
        });
        Ending {
            reason,
            answer,
            rulings,
        }
    }
}

/// Counters of what was spent.
#[derive(Debug, Default)]
struct Ledger {
    simulations: AtomicU64,
    executions: AtomicU64,
    repeats: AtomicU64,
    proposals: AtomicU64,
    rethinks: AtomicU64,
    probes: AtomicU64,
    /// Of the stages that are in the journal.
    costs: Mutex<Costs>,
}

impl Ledger {
    fn charge(&self, costs: &Costs) {
        self.costs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(costs);
    }

    fn costs(&self) -> Costs {
        self.costs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn cost(&self) -> Cost {
        let read = |c: &AtomicU64| c.load(Ordering::Relaxed);
        Cost {
            simulations: read(&self.simulations),
            executions: read(&self.executions),
            repeats: read(&self.repeats),
            proposals: read(&self.proposals),
            rethinks: read(&self.rethinks),
            probes: read(&self.probes),
            usage: self.costs().spending.total(),
        }
    }
}

/// How long an eager worker that found the whole tree busy waits before it looks again,
/// unless a simulation is told sooner.
const BUSY_WAIT: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
