//! Every program seen, once each, and the order among them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::stages::Share;
use crate::tree::NodeId;
use crate::{Feedback, Opinion, Program, Report};

/// What is known of a program.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) program: Arc<Program>,
    pub(crate) report: Arc<Report>,
    pub(crate) feedback: Arc<Feedback>,
    pub(crate) opinion: Option<Opinion>,
    pub(crate) advisory: Option<Share>,
    pub(crate) value: f64,
    pub(crate) node: NodeId,
    pub(crate) version: usize,
    /// Order of discovery.
    pub(crate) rank: usize,
    /// How often the policy offered it.
    pub(crate) offered: u32,
}

impl Candidate {
    /// The policy's opinion in [0, 1]; 0 without one.
    fn score(&self) -> f64 {
        self.opinion.as_ref().map_or(0.0, |o| o.score)
    }

    /// How advisory tests speak for it, in (0, 1]: (passed + 1) / (tests + 1), so that they never
    /// veto; 1 where there are none, and half where the machinery failed on them.
    pub(crate) fn advised(&self, any: bool) -> f64 {
        match self.advisory {
            Some(share) => (share.passed + 1) as f64 / (share.tests + 1) as f64,
            None if any => 0.5,
            None => 1.0,
        }
    }
}

/// The programs of a search by the fingerprint of their normalised source.
///
/// Behind a mutex: it is touched once for every program run, which costs a thousand times as
/// much, and never on the path through the tree.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    by_source: HashMap<u64, Candidate>,
    best_fraction: f64,
    /// The best opinion of a program that passes all visible tests.
    best_score: Option<f64>,
    /// Simulations concluded since that was found.
    waited: u64,
}

impl Candidates {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record of an equal program, if one was run before.
    pub(crate) fn find(&self, program: &Program) -> Option<Candidate> {
        self.lock().by_source.get(&program.fingerprint()).cloned()
    }

    /// Records a program; false when an equal one was recorded before. Of two chains that
    /// lead to one program, the one with the better opinion is kept as its origin.
    pub(crate) fn record(&self, mut candidate: Candidate) -> bool {
        let mut seen = self.lock();
        seen.best_fraction = seen.best_fraction.max(candidate.report.pass_fraction());
        if candidate.report.all_passed() && seen.best_score.is_none_or(|b| candidate.score() > b) {
            seen.best_score = Some(candidate.score());
            seen.waited = 0;
        }
        let rank = seen.by_source.len();
        match seen.by_source.entry(candidate.program.fingerprint()) {
            Entry::Vacant(slot) => {
                candidate.rank = rank;
                slot.insert(candidate);
                true
            }
            Entry::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.offered += 1;
                if candidate.score() > known.score() {
                    candidate.rank = known.rank;
                    candidate.offered = known.offered;
                    *known = candidate;
                }
                false
            }
        }
    }

    /// Counts that a program was offered once more, and another was asked for in its place.
    pub(crate) fn repeat(&self, program: &Program) {
        if let Some(known) = self.lock().by_source.get_mut(&program.fingerprint()) {
            known.offered += 1;
        }
    }

    /// Counts a simulation; how many there were since the best program that passes all
    /// visible tests was found, `None` while there is none.
    pub(crate) fn wait(&self) -> Option<u64> {
        let mut seen = self.lock();
        seen.waited += 1;
        seen.best_score.map(|_| seen.waited)
    }

    /// The best share of visible tests passed by any program so far, in [0, 1].
    pub(crate) fn best_fraction(&self) -> f64 {
        self.lock().best_fraction
    }

    /// All programs, the best first: visible tests passed, then advisory tests (if there are any),
    /// then the policy's opinion, then how often it was offered, fewer lines, the value, and the one
    /// found first. Of programs that fail, the value comes before how often they were offered.
    /// Agreement, which stands before opinion in the answer order, is worked out over the best of
    /// these.
    pub(crate) fn ranked(&self, advised: bool) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = self.lock().by_source.values().cloned().collect();
        all.sort_by(|a, b| {
            (b.report.passed().cmp(&a.report.passed()))
                .then(b.advised(advised).total_cmp(&a.advised(advised)))
                .then(b.score().total_cmp(&a.score()))
                .then_with(|| {
                    let value = b.value.total_cmp(&a.value);
                    let offered = b.offered.cmp(&a.offered);
                    let lines = a.program.code_lines().cmp(&b.program.code_lines());
                    if a.report.all_passed() {
                        offered.then(lines).then(value)
                    } else {
                        value.then(offered).then(lines)
                    }
                })
                .then(a.rank.cmp(&b.rank))
        });
        all
    }
}
