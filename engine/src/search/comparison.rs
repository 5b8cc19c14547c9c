//! The end of a search: the best few programs of different behaviour, compared by the policy.

use super::agreement::Finalist;
use super::candidates::Candidate;
use super::evaluation::guarded;
use super::stages::Share;
use super::{Event, Run};
use crate::tree::NodeId;
use crate::{Attempt, Compare, Meter, Operator, PolicyError, Preference, Which};

impl Run<'_> {
    /// Has the policy compare the first few finalists in pairs, one after another, while the account
    /// lasts, and moves the one that it prefers most often to the front; of equals the first.
    pub(super) fn compare(
        &self,
        ranked: &[Candidate],
        finalists: &mut [Finalist],
        mut meter: impl FnMut() -> Meter,
    ) {
        let count = finalists.len().min(self.search.config.compare);
        let mut shares = vec![Share::default(); count];
        'pairs: for i in 0..count {
            for j in i + 1..count {
                let pair = [finalists[i].candidate, finalists[j].candidate].map(|c| &ranked[c]);
                let Some(preference) = self.prefer(pair, &meter()) else {
                    break 'pairs;
                };
                let Some(preference) = preference else {
                    continue;
                };
                shares[i].tests += 1;
                shares[j].tests += 1;
                match preference.which {
                    Which::First => shares[i].passed += 1,
                    Which::Second => shares[j].passed += 1,
                }
            }
        }
        let mut best = 0;
        for (i, share) in shares.iter().enumerate() {
            if share.tests > 0 {
                finalists[i].evidence.preferred = Some(*share);
            }
            if share.passed > shares[best].passed {
                best = i;
            }
        }
        finalists[..(best + 1).min(count)].rotate_right(1.min(count));
    }

    /// Which of two programs the policy prefers, if it does; `None` where it cannot be asked.
    fn prefer(
        &self,
        [first, second]: [&Candidate; 2],
        meter: &Meter,
    ) -> Option<Option<Preference>> {
        let search = self.search;
        let ask = Compare {
            problem: &search.problem,
            first: attempt(first),
            second: attempt(second),
            seed: search.config.seed,
            meter,
        };
        let compare = || search.policy.compare(&ask);
        let compared = guarded(|| meter.request(Operator::Compare, compare))
            .unwrap_or_else(|panic| Err(PolicyError::Fatal(panic)));
        let mut page = self.journal.open();
        let asked = self.asked.load(std::sync::atomic::Ordering::Relaxed);
        self.charge(&mut page, asked, NodeId::ROOT, meter);
        let preference = match compared {
            Ok(preference) => preference,
            Err(PolicyError::Unusable(_)) => None,
            Err(_) => return None,
        };
        page.write(Event::Compared {
            first: (first.node, first.version),
            second: (second.node, second.version),
            preference: preference.clone(),
        });
        Some(preference)
    }
}

fn attempt(candidate: &Candidate) -> Attempt<'_> {
    Attempt {
        program: &candidate.program,
        report: &candidate.report,
        feedback: &candidate.feedback,
    }
}
