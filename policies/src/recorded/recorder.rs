//! Writes down what a policy answers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cogitree_engine::{
    Chain, Compare, DesignTests, Implement, Meter, Opinion, Policy, PolicyError, Preference,
    Program, Proposal, Propose, Refined, Rehearsal, Rethink, Review, Test, Thought,
};

use super::RecordError;
use super::entry::{Answer, Entry, Recordable};
use super::file::Appender;
use super::key::Key;

/// A policy that writes down every request and its answer, to be played again by
/// [`Recorded`](super::Recorded).
///
/// An answer is in the file before the search sees it, so a search that was killed has left all that
/// it was told. To go on with a record adds to it. A request that is made again is asked again; where
/// it is answered as before nothing is written.
///
/// A record that cannot be written any more ends the search, as it would have holes.
///
/// ```no_run
/// use std::sync::Arc;
/// use cogitree_engine::{Executor, Policy, Problem, Search};
/// use cogitree_policies::{Recorded, Recorder};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (problem, executor): (Problem, Arc<dyn Executor>) = todo!();
/// # let policy: cogitree_policies::Sketcher = todo!();
/// let recorder = Recorder::open("search.jsonl".as_ref(), policy)?;
/// let first = Search::new(problem.clone(), Arc::new(recorder), executor.clone()).run()?;
///
/// let recorded = Recorded::open("search.jsonl".as_ref())?;
/// let again = Search::new(problem, Arc::new(recorded), executor).run()?;
/// assert_eq!(first.journal, again.journal);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder<P> {
    policy: P,
    cut: Option<usize>,
    record: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    file: Appender,
    /// The last answer to each request.
    last: HashMap<Key, Entry>,
}

impl<P: Policy> Recorder<P> {
    /// Records a policy into a file, which is made, or added to if it is a record.
    ///
    /// # Errors
    /// A file that cannot be written, or that is something else.
    pub fn open(path: &Path, policy: P) -> Result<Self, RecordError> {
        let (file, contents) = Appender::open(path)?;
        let entries = contents.entries.into_iter();
        Ok(Recorder {
            policy,
            cut: contents.cut,
            record: Mutex::new(Written {
                file,
                last: entries.map(|e| (e.request.clone(), e)).collect(),
            }),
        })
    }

    /// The number of the last line of an earlier record, if it was cut; it was removed.
    pub fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// The policy that is recorded.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    fn around<R: Recordable>(
        &self,
        request: Key,
        problem: &str,
        meter: &Meter,
        ask: impl FnOnce() -> Result<R, PolicyError>,
    ) -> Result<R, PolicyError> {
        let before = meter.bookings().len();
        let answer = ask().map(R::sayable);
        let Some(said) = Answer::of(&answer) else {
            return answer;
        };
        let entry = Entry {
            request,
            problem: problem.to_owned(),
            calls: meter.bookings().split_off(before),
            answer: said,
        };
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.last.get(&entry.request) != Some(&entry) {
            (record.file.write(&entry))
                .map_err(|e| PolicyError::Fatal(format!("the record cannot be written: {e}")))?;
            record.last.insert(entry.request.clone(), entry);
        }
        answer
    }
}

impl<P: Policy> Policy for Recorder<P> {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let chain = &ask.chain;
        self.around(Key::of_propose(ask), &chain.problem.id, chain.meter, || {
            self.policy.propose(ask)
        })
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let chain = &ask.chain;
        self.around(
            Key::of_implement(ask),
            &chain.problem.id,
            chain.meter,
            || self.policy.implement(ask),
        )
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let chain = &ask.chain;
        self.around(Key::of_rethink(ask), &chain.problem.id, chain.meter, || {
            self.policy.rethink(ask)
        })
    }

    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let chain = &ask.chain;
        self.around(Key::of_refine(ask), &chain.problem.id, chain.meter, || {
            self.policy.refine(ask)
        })
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let chain = &ask.chain;
        self.around(Key::of_review(ask), &chain.problem.id, chain.meter, || {
            self.policy.review(ask)
        })
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        self.around(
            Key::of_rehearse(chain),
            &chain.problem.id,
            chain.meter,
            || self.policy.rehearse(chain),
        )
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        self.around(
            Key::of_design_tests(ask),
            &ask.problem.id,
            ask.meter,
            || self.policy.design_tests(ask),
        )
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        self.around(Key::of_compare(ask), &ask.problem.id, ask.meter, || {
            self.policy.compare(ask)
        })
    }

    fn is_cpu_bound(&self) -> bool {
        self.policy.is_cpu_bound()
    }
}
