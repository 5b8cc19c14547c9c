//! Answers from a record.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use cogitree_engine::{
    Chain, Compare, DesignTests, Implement, Meter, Operator, Opinion, Policy, PolicyError,
    Preference, Program, Proposal, Propose, Refined, Rehearsal, Rethink, Review, Test, Thought,
};

use super::RecordError;
use super::entry::{Answer, Entry, Recordable};
use super::file;
use super::key::Key;

/// A policy that answers from a record written by a [`Recorder`](super::Recorder), with no network.
///
/// Each request is answered as it was and charged what it cost; one that was answered several times
/// is answered in that order, and with the last answer from then on. A request that is not in the
/// record is refused ([`PolicyError::Unusable`], "no record …") and counted; nothing is made up.
///
/// With the same problem, configuration and seed a search in waves gives the same tree.
#[derive(Debug)]
pub struct Recorded {
    entries: HashMap<Key, Played>,
    cut: Option<usize>,
    misses: AtomicU64,
}

#[derive(Debug, Default)]
struct Played {
    entries: Vec<Entry>,
    /// How many were played.
    at: Mutex<usize>,
}

impl Recorded {
    /// Reads a record.
    ///
    /// # Errors
    /// The file and the line that cannot be read. A last line that was cut is left out:
    /// [`cut`](Recorded::cut) tells.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let file = File::open(path).map_err(|why| RecordError::File {
            file: path.to_path_buf(),
            why,
        })?;
        let contents = file::read(path, &file)?;
        let mut entries: HashMap<Key, Played> = HashMap::new();
        for entry in contents.entries {
            let played = entries.entry(entry.request.clone()).or_default();
            played.entries.push(entry);
        }
        Ok(Recorded {
            entries,
            cut: contents.cut,
            misses: AtomicU64::new(0),
        })
    }

    /// The number of the record's last line, if it was cut and left out.
    pub fn cut(&self) -> Option<usize> {
        self.cut
    }

    /// How many requests were not in the record so far.
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    fn play<R: Recordable>(
        &self,
        operator: Operator,
        request: &Key,
        problem: &str,
        meter: &Meter,
    ) -> Result<R, PolicyError> {
        let miss = |why: &str| {
            self.misses.fetch_add(1, Ordering::Relaxed);
            PolicyError::Unusable(format!(
                "no record of the request {request} ({operator}, problem {problem:?}){why}"
            ))
        };
        let entry = (self.entries.get(request))
            .and_then(Played::next)
            .ok_or_else(|| miss(""))?;
        for call in &entry.calls {
            match (meter.begin(call.operator, call.estimate), call.granted) {
                (Ok(begun), true) => {
                    if let Some(spent) = call.spent {
                        begun.settle(spent);
                    }
                }
                (Err(refused), true) => return Err(refused),
                (Err(_), false) => {}
                // Nobody knows what it would have brought.
                (Ok(_), false) => {
                    return Err(miss(
                        ": the budget did not suffice for it when it was recorded",
                    ));
                }
            }
        }
        match &entry.answer {
            Answer::Unusable(why) => Err(PolicyError::Unusable(why.clone())),
            Answer::Unavailable(why) => Err(PolicyError::Unavailable(why.clone())),
            Answer::Spent(resource) => Err(PolicyError::Spent(*resource)),
            answer => {
                R::from_answer(answer).ok_or_else(|| miss(": the entry is another operator's"))
            }
        }
    }
}

impl Played {
    fn next(&self) -> Option<&Entry> {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = self.entries.get(*at).or(self.entries.last());
        *at += 1;
        entry
    }
}

impl Policy for Recorded {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let Chain { problem, meter, .. } = ask.chain;
        self.play(Operator::Propose, &Key::of_propose(ask), &problem.id, meter)
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let Chain { problem, meter, .. } = ask.chain;
        let key = Key::of_implement(ask);
        self.play(Operator::Implement, &key, &problem.id, meter)
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let Chain { problem, meter, .. } = ask.chain;
        self.play(Operator::Rethink, &Key::of_rethink(ask), &problem.id, meter)
    }

    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let Chain { problem, meter, .. } = ask.chain;
        self.play(Operator::Rethink, &Key::of_refine(ask), &problem.id, meter)
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let Chain { problem, meter, .. } = ask.chain;
        self.play(Operator::Review, &Key::of_review(ask), &problem.id, meter)
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        let key = Key::of_rehearse(chain);
        self.play(Operator::Rehearse, &key, &chain.problem.id, chain.meter)
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        let key = Key::of_design_tests(ask);
        self.play(Operator::DesignTests, &key, &ask.problem.id, ask.meter)
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        let key = Key::of_compare(ask);
        self.play(Operator::Compare, &key, &ask.problem.id, ask.meter)
    }
}
