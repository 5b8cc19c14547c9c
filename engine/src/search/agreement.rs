//! The answer: the best of all programs seen, with agreement worked out over the best few.

use std::sync::Arc;

use super::candidates::Candidate;
use super::mutation::probes;
use super::{Answer, Evidence, Run};
use crate::{Job, Limits, Meter, Report, TestReport, Verdict};

/// How many generated inputs the candidates are compared on.
const PROBES: usize = 10;

/// Probes may lie outside what a program is meant for and make it run for ever; that, too,
/// is a behaviour, and not worth waiting long for.
const PROBE_SECONDS: f64 = 1.0;

/// A program that may become the answer, of several that behave differently.
pub(super) struct Finalist {
    /// Its place among the candidates, the best first.
    pub(super) candidate: usize,
    pub(super) evidence: Evidence,
}

impl Run<'_> {
    /// The best program by the answer order (DESIGN.md 5.5): visible tests passed, agreement
    /// with other candidates and advisory tests, opinion and value, fewer lines, first found; of
    /// the best few that behave differently, the one that the policy prefers. With the number
    /// of programs run to find out; without meters for calls nothing is compared any more.
    pub(super) fn answer(&self, meter: Option<impl FnMut() -> Meter>) -> (Option<Answer>, u64) {
        let ranked = self.candidates.ranked(!self.advice().is_empty());
        let passing = ranked.iter().take_while(|c| c.report.all_passed()).count();
        let compared = passing.min(self.search.config.agreement);
        let mut runs = 0;
        let clusters = if compared > 1 && meter.is_some() {
            self.cluster(&ranked[..compared], &mut runs)
        } else {
            None
        };
        let alone = |candidate| Finalist {
            candidate,
            evidence: Evidence::default(),
        };
        let mut finalists = clusters.unwrap_or_else(|| (0..passing.max(1)).map(alone).collect());
        if let Some(meter) = meter.filter(|_| passing > 1) {
            self.compare(&ranked, &mut finalists, meter);
        }
        let best = finalists.into_iter().next();
        let answer = best.and_then(
            |Finalist {
                 candidate,
                 evidence,
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
        (answer, runs)
    }

    /// Groups candidates by what they do on generated inputs (CodeT's consensus, Chen et al.
    /// 2022, on behaviour in place of generated tests). A group weighs the sum of its
    /// members' odds, each times how the advisory tests speak for it; the answer is the best member
    /// of the heaviest group. Odds, because the groups exclude each other: many weak candidates
    /// that agree by accident must not outvote one that the policy is nearly sure of. The best
    /// members of all groups, the heaviest group first; `None` where nothing can be compared.
    fn cluster(&self, candidates: &[Candidate], runs: &mut u64) -> Option<Vec<Finalist>> {
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
        let advised = !self.advice().is_empty();
        let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
        for (i, report) in reports.iter().enumerate() {
            let Some(report) = report else { continue };
            let weight = candidates[i]
                .opinion
                .as_ref()
                .map_or(1.0, |o| odds(o.score));
            let weight = weight * candidates[i].advised(advised);
            let same = |group: &&mut (Vec<usize>, f64)| {
                reports[group.0[0]]
                    .as_ref()
                    .is_some_and(|other| behave_alike(report, other))
            };
            match groups.iter_mut().find(same) {
                Some(group) => {
                    group.0.push(i);
                    group.1 += weight;
                }
                None => groups.push((vec![i], weight)),
            }
        }
        let total: f64 = groups.iter().map(|g| g.1).sum();
        let compared = groups.iter().map(|g| g.0.len()).sum();
        // Stable: of two groups of one weight the one whose best member ranks higher.
        groups.sort_by(|a, b| b.1.total_cmp(&a.1));
        let finalist = |(members, weight): (Vec<usize>, f64)| Finalist {
            candidate: members[0],
            evidence: Evidence {
                agreeing: members.len(),
                compared,
                probes: tests.len(),
                agreement: weight / total,
                ..Evidence::default()
            },
        };
        (!groups.is_empty()).then(|| groups.into_iter().map(finalist).collect())
    }
}

/// The odds p / (1 − p) of an opinion, kept finite.
fn odds(score: f64) -> f64 {
    let p = score.clamp(1e-6, 1.0 - 1e-6);
    p / (1.0 - p)
}

/// Whether two reports on the same probes show the same results.
fn behave_alike(a: &Report, b: &Report) -> bool {
    let alike = |x: &TestReport, y: &TestReport| {
        x.verdict == y.verdict
            && match x.verdict {
                Verdict::Passed => match (&x.actual, &y.actual) {
                    (Some(v), Some(w)) => v.same(w),
                    _ => x.stdout == y.stdout,
                },
                _ => true,
            }
    };
    a.tests.len() == b.tests.len() && a.tests.iter().zip(&b.tests).all(|(x, y)| alike(x, y))
}
