//! A policy that answers from a log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::{
    Chain, Implement, Meter, Operator, Policy, PolicyError, Program, Proposal, Propose, Rethink,
    Thought, Usage,
};

use super::{Log, NormalForm, Repair, Shown, Task};
use crate::draw::Draws;

/// Answers from a [`Log`], and from nothing else.
///
/// - The first thoughts are the recorded first answers of the task, without replacement, in the order
///   of a shuffle. The order depends on the shuffle and the task alone, so every search on one shuffle
///   draws from one ledger: its n-th draw is the n-th of every other.
/// - A program that failed is thought about again only as it was in the log: by a recorded repair of a
///   program of the same [`NormalForm`] that was shown the same kind of feedback. Its explanation is
///   the thought.
/// - What is not in the log is refused ([`PolicyError::Unusable`]) and counted
///   ([`missed`](LogPolicy::missed)). Nothing is made up.
///
/// A draw costs what it was recorded to cost when its program is asked for; to offer it costs
/// nothing.
#[derive(Debug)]
pub struct LogPolicy {
    log: Arc<Log>,
    shuffle: u64,
    shown: Option<Shown>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    repairs: AtomicU64,
    no_record: AtomicU64,
    exhausted: AtomicU64,
    others: AtomicU64,
}

/// Requests that a log could not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// Requests to think about a program that failed.
    pub repairs: u64,
    /// Of these, those for which no repair of such a program is recorded at all.
    pub no_record: u64,
    /// Of these, those for which all recorded repairs had been used.
    pub exhausted: u64,
    /// Requests for another program of a thought; a log has one.
    pub others: u64,
}

impl LogPolicy {
    /// Answers from a log, in the order of a shuffle.
    pub fn new(log: Arc<Log>, shuffle: u64) -> Self {
        LogPolicy {
            log,
            shuffle,
            shown: None,
            counts: Counts::default(),
        }
    }

    /// Takes only repairs whose model was shown this kind of feedback. Default any.
    pub fn shown(mut self, shown: Shown) -> Self {
        self.shown = Some(shown);
        self
    }

    /// What was asked in vain so far.
    pub fn missed(&self) -> Missed {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Missed {
            repairs: read(&self.counts.repairs),
            no_record: read(&self.counts.no_record),
            exhausted: read(&self.counts.exhausted),
            others: read(&self.counts.others),
        }
    }

    fn task(&self, chain: &Chain<'_>) -> Result<&Task, PolicyError> {
        let id = &chain.problem.id;
        (self.log.task(id)).ok_or_else(|| no_record(&format!("of the task {id:?}")))
    }

    /// The repairs of a program, in the order of the shuffle.
    fn repairs<'t>(
        &self,
        task: &'t Task,
        chain: &Chain<'_>,
        program: &Program,
    ) -> Vec<(Encoded, &'t Repair)> {
        let form = NormalForm::of(&program.source);
        let Some(repairs) = task.repairs.get(&form) else {
            return Vec::new();
        };
        let wanted = |r: &Repair| self.shown.is_none_or(|shown| shown == r.feedback);
        (self.draws(chain, b"repairs").text(&format!("{form:?}")))
            .permutation(repairs.len())
            .into_iter()
            .filter(|&at| wanted(&repairs[at]))
            .map(|at| (Encoded::Repair(form, at), &repairs[at]))
            .collect()
    }

    /// The order of the first answers in this shuffle.
    fn order(&self, task: &Task, chain: &Chain<'_>) -> Vec<usize> {
        self.draws(chain, b"draws").permutation(task.draws.len())
    }

    /// A program without a thought: the n-th draw.
    fn draw(&self, task: &Task, chain: &Chain<'_>, n: usize) -> Result<Program, PolicyError> {
        let draw = (self.order(task, chain).get(n))
            .and_then(|at| task.draws.get(*at))
            .ok_or_else(|| no_record("of another first answer"))?;
        charge(chain.meter, Operator::Implement, draw.cost)?;
        Ok(draw.program.as_ref().clone())
    }

    /// A program without a thought of its own: the n-th repair of the one above, its explanation
    /// and all.
    fn repair(
        &self,
        chain: &Chain<'_>,
        failed: &Program,
        n: usize,
    ) -> Result<Program, PolicyError> {
        let thoughts = self.next(chain, failed, |_| false, usize::MAX)?;
        let Some(Encoded::Repair(form, at)) = thoughts.get(n).and_then(Encoded::read) else {
            self.counts.exhausted.fetch_add(1, Ordering::Relaxed);
            return Err(no_record("of another repair of this program"));
        };
        let repair = (self.task(chain)?.repairs.get(&form).and_then(|r| r.get(at)))
            .ok_or_else(|| no_record("of this repair"))?;
        charge(
            chain.meter,
            Operator::Implement,
            repair.thinking + repair.writing,
        )?;
        Ok(repair.program.as_ref().clone())
    }

    fn draws(&self, chain: &Chain<'_>, what: &[u8]) -> Draws {
        Draws::of(self.shuffle).bytes(what).text(&chain.problem.id)
    }

    /// The next repairs of a program that are not among those already offered.
    fn next(
        &self,
        chain: &Chain<'_>,
        program: &Program,
        offered: impl Fn(&Thought) -> bool,
        width: usize,
    ) -> Result<Vec<Thought>, PolicyError> {
        let task = self.task(chain)?;
        self.counts.repairs.fetch_add(1, Ordering::Relaxed);
        let repairs = self.repairs(task, chain, program);
        if repairs.is_empty() {
            self.counts.no_record.fetch_add(1, Ordering::Relaxed);
            return Err(no_record("of a repair of this program"));
        }
        let thoughts: Vec<Thought> = (repairs.into_iter())
            .map(|(encoded, repair)| encoded.thought(repair.explanation.clone()))
            .filter(|thought| !offered(thought))
            .take(width)
            .collect();
        if thoughts.is_empty() {
            self.counts.exhausted.fetch_add(1, Ordering::Relaxed);
            return Err(no_record("of another repair of this program"));
        }
        Ok(thoughts)
    }
}

impl Policy for LogPolicy {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let chain = &ask.chain;
        let thoughts = if let Some(outcome) = ask.outcome {
            let offered = |t: &Thought| ask.siblings.contains(t) || chain.thoughts.contains(t);
            self.next(chain, outcome.program, offered, ask.width)?
        } else {
            let order = self.order(self.task(chain)?, chain);
            let rest = order.into_iter().enumerate().skip(ask.siblings.len());
            let thought =
                |(n, at)| Encoded::Draw(at).thought(format!("Draw {} of the log.", n + 1));
            rest.take(ask.width).map(thought).collect()
        };
        let proposal = |thought| Proposal {
            thought,
            prior: 1.0,
        };
        Ok(thoughts.into_iter().map(proposal).collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let task = self.task(&ask.chain)?;
        if !ask.tried.is_empty() {
            self.counts.others.fetch_add(1, Ordering::Relaxed);
            return Err(no_record("of another program for this thought"));
        }
        let chain = &ask.chain;
        let meter = chain.meter;
        let thought = chain.thoughts.last();
        if let Some(number) = thought.and_then(blank) {
            return match chain.above {
                None => self.draw(task, chain, number),
                Some(failed) => self.repair(chain, failed.program, number),
            };
        }
        let (program, cost) = match thought.and_then(Encoded::read) {
            Some(Encoded::Draw(at)) => (task.draws.get(at)).map(|d| (&d.program, d.cost)),
            Some(Encoded::Repair(form, at)) => (task.repairs.get(&form))
                .and_then(|repairs| repairs.get(at))
                .map(|r| (&r.program, r.writing)),
            None => None,
        }
        .ok_or_else(|| no_record("of this thought"))?;
        charge(meter, Operator::Implement, cost)?;
        Ok(program.as_ref().clone())
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let chain = &ask.chain;
        let offered = |t: &Thought| ask.tried.contains(t) || chain.thoughts.contains(t);
        let next = self.next(chain, ask.outcome.program, offered, 1)?.pop();
        if let Some(Encoded::Repair(form, at)) = next.as_ref().and_then(Encoded::read)
            && let Some(repair) = self.task(chain)?.repairs.get(&form).and_then(|r| r.get(at))
        {
            charge(chain.meter, Operator::Rethink, repair.thinking)?;
        }
        Ok(next)
    }
}

/// The number of a thought without words.
fn blank(thought: &Thought) -> Option<usize> {
    thought
        .is_blank()
        .then(|| thought.encoding.as_deref()?.parse().ok())?
}

fn charge(meter: &Meter, operator: Operator, cost: Usage) -> Result<(), PolicyError> {
    meter.begin(operator, cost)?.settle(cost);
    Ok(())
}

fn no_record(what: &str) -> PolicyError {
    PolicyError::Unusable(format!("the log has no record {what}"))
}

/// Which entry of a task a thought is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoded {
    Draw(usize),
    Repair(NormalForm, usize),
}

impl Encoded {
    fn thought(self, text: impl Into<Arc<str>>) -> Thought {
        let code = match self {
            Encoded::Draw(at) => format!("draw {at}"),
            Encoded::Repair(form, at) => format!("repair {} {at}", form.to_hex()),
        };
        Thought::encoded(text, code)
    }

    fn read(thought: &Thought) -> Option<Encoded> {
        let code = thought.encoding.as_deref()?;
        let mut words = code.split(' ');
        Some(match words.next()? {
            "draw" => Encoded::Draw(words.next()?.parse().ok()?),
            "repair" => {
                let form = NormalForm::from_hex(words.next()?)?;
                Encoded::Repair(form, words.next()?.parse().ok()?)
            }
            _ => return None,
        })
    }
}
