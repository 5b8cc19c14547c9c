//! The answer: the best of all programs seen, with agreement worked out over the best few.

use std::sync::Arc;

use super::candidates::Candidate;
use super::mutation::probes;
use super::{Answer, Evidence, Run};
use crate::{Job, Limits, Report, TestReport, Verdict};

/// How many generated inputs the candidates are compared on.
const PROBES: usize = 10;

/// Probes may lie outside what a program is meant for and make it run for ever; that, too,
/// is a behaviour, and not worth waiting long for.
const PROBE_SECONDS: f64 = 1.0;

impl Run<'_> {
    /// The best program by the answer order (DESIGN.md 5.5): visible tests passed, agreement
    /// with other candidates, opinion and value, fewer lines, first found. With the number
    /// of programs run to find out; unless programs are to be compared, agreement is left out.
    pub(super) fn answer(&self, compare: bool) -> (Option<Answer>, u64) {
        let ranked = self.candidates.ranked();
        let passing = ranked.iter().take_while(|c| c.report.all_passed()).count();
        let compared = passing.min(self.search.config.agreement);
        let mut best = 0;
        let mut evidence = Evidence::default();
        let mut runs = 0;
        if compared > 1 && compare {
            let clusters = self.cluster(&ranked[..compared], &mut runs);
            if let Some((winner, agreed)) = clusters {
                best = winner;
                evidence = agreed;
            }
        }
        let answer = ranked.into_iter().nth(best).map(|c| Answer {
            evidence: Evidence {
                passed: c.report.passed(),
                tests: c.report.tests.len(),
                opinion: c.opinion.as_ref().map(|o| o.score),
                reason: c
                    .opinion
                    .as_ref()
                    .map_or(String::new(), |o| o.reason.clone()),
                ..evidence
            },
            program: c.program,
            report: c.report,
            node: c.node,
            version: c.version,
        });
        (answer, runs)
    }

    /// Groups candidates by what they do on generated inputs (CodeT's consensus, Chen et al.
    /// 2022, on behaviour in place of generated tests). A group weighs the sum of its
    /// members' odds; the answer is the best member of the heaviest group. Odds, because the
    /// groups exclude each other: many weak candidates that agree by accident must not
    /// outvote one that the policy is nearly sure of.
    fn cluster(&self, candidates: &[Candidate], runs: &mut u64) -> Option<(usize, Evidence)> {
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
        let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
        for (i, report) in reports.iter().enumerate() {
            let Some(report) = report else { continue };
            let weight = candidates[i]
                .opinion
                .as_ref()
                .map_or(1.0, |o| odds(o.score));
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
        // Of two groups of one weight the one whose best member ranks higher.
        let (members, weight) = groups
            .into_iter()
            .reduce(|a, b| if b.1 > a.1 { b } else { a })?;
        let evidence = Evidence {
            agreeing: members.len(),
            compared,
            probes: tests.len(),
            agreement: weight / total,
            ..Evidence::default()
        };
        Some((members[0], evidence))
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
