//! The answer: the best of all programs seen, with agreement worked out over the best few.

use std::sync::Arc;

use super::candidates::Candidate;
use super::mutation::probes;
use super::{Answer, Evidence, Ruled, Run};
use crate::{Job, Limits, Meter, Report, TestReport};

/// How many generated inputs the candidates are compared on.
const PROBES: usize = 40;

/// Probes may lie outside what a program is meant for and make it run for ever; that is not worth
/// waiting long for. On inputs of a few elements a program needs a thousandth of it.
const PROBE_SECONDS: f64 = 0.2;

/// A program that may become the answer, of several that behave differently.
pub(super) struct Finalist {
    /// Its place among the candidates, the best first.
    pub(super) candidate: usize,
    pub(super) evidence: Evidence,
    /// Which of an arbiter's rulings it contradicts.
    pub(super) contradicts: Vec<bool>,
}

impl Finalist {
    fn refuted(&self) -> usize {
        self.contradicts.iter().filter(|c| **c).count()
    }
}

/// What is chosen when a search ends.
pub(super) struct Chosen {
    pub(super) answer: Option<Answer>,
    /// How many programs were run to find out.
    pub(super) probes: u64,
    /// What an arbiter said on the way.
    pub(super) rulings: Vec<Ruled>,
}

/// Programs that do the same on every probe, the best first, by their places among the candidates.
pub(super) struct Group {
    pub(super) members: Vec<usize>,
    pub(super) weight: f64,
}

impl Run<'_> {
    /// The best program by the answer order (DESIGN.md 5.5): visible tests passed, agreement
    /// with other candidates and advisory tests, opinion and value, fewer lines, first found; of
    /// the best few that behave differently, the one that the policy prefers. Where an arbiter is there
    /// to be asked, what contradicts its rulings stands behind what does not. Without meters for calls
    /// nothing is compared any more.
    pub(super) fn answer(&self, meter: Option<impl FnMut() -> Meter>) -> Chosen {
        let ranked = self.candidates.ranked(!self.advice().is_empty());
        let passing = ranked.iter().take_while(|c| c.report.all_passed()).count();
        let compared = passing.min(self.search.config.agreement);
        let mut runs = 0;
        let mut rulings = Vec::new();
        let clusters = if compared > 1 && meter.is_some() {
            self.cluster(&ranked[..compared], &mut runs, &mut rulings)
        } else {
            None
        };
        let alone = |candidate| Finalist {
            candidate,
            evidence: Evidence::default(),
            contradicts: Vec::new(),
        };
        let mut finalists = clusters.unwrap_or_else(|| (0..passing.max(1)).map(alone).collect());
        if let Some(meter) = meter.filter(|_| passing > 1) {
            let least = finalists.first().map_or(0, Finalist::refuted);
            let standing = finalists.partition_point(|f| f.refuted() == least);
            self.compare(&ranked, &mut finalists[..standing], meter);
        }
        let best = finalists.into_iter().next();
        if let Some(best) = &best {
            for (ruled, contradicts) in rulings.iter_mut().zip(&best.contradicts) {
                ruled.contradicted = *contradicts;
            }
        }
        let answer = best.and_then(
            |Finalist {
                 candidate,
                 evidence,
                 ..
             }| {
                let c = ranked.into_iter().nth(candidate)?;
                Some(Answer {
                    evidence: Evidence {
                        passed: c.report.passed(),
                        tests: c.report.tests.len(),
                        opinion: c.opinion.as_ref().map(|o| o.score),
                        reason: c
                            .opinion
                            .as_ref()
                            .map_or(String::new(), |o| o.reason.clone()),
                        advisory: c.advisory,
                        ..evidence
                    },
                    program: c.program,
                    report: c.report,
                    node: c.node,
                    version: c.version,
                })
            },
        );
        Chosen {
            answer,
            probes: runs,
            rulings,
        }
    }

    /// Groups candidates by what they do on generated inputs (CodeT's consensus, Chen et al.
    /// 2022, on behaviour in place of generated tests). A group weighs the sum of its
    /// members' odds, each times how the advisory tests speak for it. Odds, because the groups
    /// exclude each other: many weak candidates that agree by accident must not outvote one that
    /// the policy is nearly sure of. Each group has the support of all by the share of the inputs on
    /// which they give the same result, so that the answer carries the least risk (MBR-EXEC, Shi et
    /// al. 2022, arXiv 2204.11454); where none is given nothing is said, as the input may not be one
    /// that a program is meant for. The best members of all groups, the one with the most support
    /// first, what an arbiter speaks against behind the others; `None` where nothing can be compared.
    fn cluster(
        &self,
        candidates: &[Candidate],
        runs: &mut u64,
        rulings: &mut Vec<Ruled>,
    ) -> Option<Vec<Finalist>> {
        let problem = &self.search.problem;
        let tests = probes(&problem.tests, PROBES, self.search.config.seed);
        if tests.is_empty() {
            return None;
        }
        let limits = Limits {
            seconds: problem.limits.seconds.min(PROBE_SECONDS),
            ..problem.limits
        };
        let programs: Vec<Arc<_>> = candidates.iter().map(|c| c.program.clone()).collect();
        *runs += programs.len() as u64;
        let reports: Vec<Option<Report>> = self.workers.map(programs, |program| {
            let job = Job {
                limits,
                ..Job::visible(problem, &program).probing(&tests)
            };
            self.workers.compute(|| self.search.executor.run(&job)).ok()
        });
        let groups = self.grouped(candidates, &reports);
        let total: f64 = groups.iter().map(|g| g.weight).sum();
        let compared = groups.iter().map(|g| g.members.len()).sum();
        let groups = ordered(groups, &reports);
        let shown = |group: &Group| reports[group.members[0]].as_ref();
        let shown: Vec<&Report> = groups.iter().filter_map(shown).collect();
        let contradictions = self.put_questions(&tests, &groups, &shown, rulings);
        let finalist = |(group, contradicts): (Group, Vec<bool>)| Finalist {
            candidate: group.members[0],
            evidence: Evidence {
                agreeing: group.members.len(),
                compared,
                probes: tests.len(),
                agreement: group.weight / total,
                ..Evidence::default()
            },
            contradicts,
        };
        let pairs = groups.into_iter().zip(contradictions);
        let mut finalists: Vec<Finalist> = pairs.map(finalist).collect();
        // Stable: support decides among those that contradict as many rulings.
        finalists.sort_by_key(Finalist::refuted);
        (!finalists.is_empty()).then_some(finalists)
    }

    /// The candidates in groups that do the same on every probe; those whose report is missing are left
    /// out.
    fn grouped(&self, candidates: &[Candidate], reports: &[Option<Report>]) -> Vec<Group> {
        let advised = !self.advice().is_empty();
        let mut groups: Vec<Group> = Vec::new();
        for (i, report) in reports.iter().enumerate() {
            let Some(report) = report else { continue };
            let weight = self.weight(&candidates[i]) * candidates[i].advised(advised);
            let same = |group: &&mut Group| {
                reports[group.members[0]]
                    .as_ref()
                    .is_some_and(|other| behave_alike(report, other))
            };
            match groups.iter_mut().find(same) {
                Some(group) => {
                    group.members.push(i);
                    group.weight += weight;
                }
                None => groups.push(Group {
                    members: vec![i],
                    weight,
                }),
            }
        }
        groups
    }

    /// How much a candidate's voice weighs, advisory tests apart: its odds by the policy's opinion, else
    /// how often it was offered, times its value's odds to the power of
    /// [`trust`](crate::SearchConfig::trust).
    fn weight(&self, candidate: &Candidate) -> f64 {
        let trust = self.search.config.trust;
        match &candidate.opinion {
            Some(opinion) => odds(opinion.score),
            None if trust > 0.0 => {
                let value = candidate.value.clamp(0.01, 0.99);
                f64::from(candidate.offered) * odds(value).powf(trust)
            }
            None => f64::from(candidate.offered),
        }
    }
}

/// The groups in the order of their support, the most first.
fn ordered(groups: Vec<Group>, reports: &[Option<Report>]) -> Vec<Group> {
    let shown: Vec<(&Report, f64)> = (groups.iter())
        .filter_map(|g| Some((reports[g.members[0]].as_ref()?, g.weight)))
        .collect();
    let mut groups: Vec<(f64, Group)> = supports(&shown).into_iter().zip(groups).collect();
    // Stable: of two groups alike in both the one whose best member ranks higher.
    groups.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(y.weight.total_cmp(&x.weight)));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The odds p / (1 − p) of an opinion, kept finite.
fn odds(score: f64) -> f64 {
    let p = score.clamp(1e-6, 1.0 - 1e-6);
    p / (1.0 - p)
}

/// Whether two reports on the same probes show the same.
fn behave_alike(a: &Report, b: &Report) -> bool {
    let mut pairs = a.tests.iter().zip(&b.tests);
    a.tests.len() == b.tests.len() && pairs.all(|(x, y)| same_behaviour(x, y))
}

/// Whether both did the same on a probe: gave the same result, or failed in the same way.
pub(super) fn same_behaviour(x: &TestReport, y: &TestReport) -> bool {
    x.verdict == y.verdict && (!x.verdict.passed() || same_result(x, y))
}

/// The support of each group, given its report on the probes and its weight: the weights of all, each
/// by the share of probes on which both give the same result.
fn supports(groups: &[(&Report, f64)]) -> Vec<f64> {
    let share = |a: &Report, b: &Report| {
        let pairs = a.tests.iter().zip(&b.tests);
        pairs.filter(|(x, y)| same_result(x, y)).count() as f64 / a.tests.len().max(1) as f64
    };
    let of = |(mine, _): &(&Report, f64)| {
        let by = |(theirs, weight): &(&Report, f64)| weight * share(mine, theirs);
        groups.iter().map(by).sum()
    };
    groups.iter().map(of).collect()
}

/// Whether both gave a result, and the same.
fn same_result(x: &TestReport, y: &TestReport) -> bool {
    x.verdict.passed()
        && y.verdict.passed()
        && match (&x.actual, &y.actual) {
            (Some(v), Some(w)) => v.same(w),
            _ => x.stdout == y.stdout,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Value, Verdict};

    /// A report of results; `None` where the program raised an error.
    fn report(results: &[Option<i64>]) -> Report {
        let test = |result: &Option<i64>| TestReport {
            actual: result.map(Value::Int),
            ..TestReport::new(match result {
                Some(_) => Verdict::Passed,
                None => Verdict::RuntimeError,
            })
        };
        Report {
            tests: results.iter().map(test).collect(),
        }
    }

    #[test]
    fn who_agrees_on_most_inputs_has_more_support_than_a_larger_group_apart() {
        // Two that differ from each other on one input of four, and one apart from both.
        let a = report(&[Some(1), Some(2), Some(3), Some(4)]);
        let b = report(&[Some(1), Some(2), Some(3), Some(5)]);
        let apart = report(&[Some(7), Some(7), Some(7), Some(7)]);
        assert_eq!(
            supports(&[(&a, 2.0), (&b, 2.0), (&apart, 3.0)]),
            [2.0 + 0.75 * 2.0, 2.0 + 0.75 * 2.0, 3.0]
        );
    }

    #[test]
    fn errors_agree_with_nothing_not_even_with_themselves() {
        let fails = report(&[None, None, None, Some(4)]);
        let gives = report(&[Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(supports(&[(&fails, 4.0), (&gives, 2.0)]), [1.5, 3.0]);
        assert!(
            behave_alike(&fails, &fails),
            "it is a behaviour all the same"
        );
    }
}
