//! The questions that an arbiter is asked, and what its rulings say of the programs.

use super::agreement::{Group, same_behaviour};
use super::arbiter::{expecting, learnt, length};
use super::{Behaviour, Question, Ruled, Ruling, Run};
use crate::{Report, Test, TestReport, Value};

/// Whether a result is wrong.
type IsWrong<'q> = Box<dyn Fn(&TestReport) -> bool + 'q>;

/// How often in a row an arbiter may be unsure before it is left alone.
const UNSURE: usize = 3;

impl Run<'_> {
    /// Asks the arbiter, if there is one, where groups disagree that no ruling contradicts, until it has
    /// had its questions or one such group is left. `groups` are in the order of their support, `shown`
    /// is what each does on the probes. Gives for each group which rulings it contradicts.
    pub(super) fn put_questions(
        &self,
        probes: &[Test],
        groups: &[Group],
        shown: &[&Report],
        rulings: &mut Vec<Ruled>,
    ) -> Vec<Vec<bool>> {
        let mut contradicts: Vec<Vec<bool>> = vec![Vec::new(); groups.len()];
        let Some(arbiter) = &self.search.arbiter else {
            return contradicts;
        };
        let (most, mut number, mut unsure) = (self.search.config.questions, 0, 0);
        let mut open: Vec<usize> = (0..probes.len()).collect();
        open.sort_by_key(|&probe| length(&probes[probe]));
        while number < most && unsure < UNSURE && !self.search.cancel.is_cancelled() {
            let standing: Vec<usize> = (0..groups.len())
                .filter(|&g| !contradicts[g].contains(&true))
                .collect();
            let Some(probe) = telling(&open, &standing, shown) else {
                break;
            };
            open.retain(|&other| other != probe);
            number += 1;
            let results = results(probe, &standing, groups, shown);
            let question = Question {
                number,
                most,
                input: probes[probe].clone(),
                results,
            };
            let ruling = arbiter.rule(&self.search.problem, &question);
            let Some((test, wrong)) = judged(&ruling, &question) else {
                match ruling {
                    Ruling::Enough => break,
                    _ => unsure += 1,
                }
                continue;
            };
            unsure = 0;
            let mut refuted = 0;
            for (group, shown) in shown.iter().enumerate() {
                let contradiction = shown.tests.get(probe).is_none_or(&wrong);
                if contradiction && standing.contains(&group) {
                    refuted += groups[group].members.len();
                }
                contradicts[group].push(contradiction);
            }
            rulings.push(Ruled {
                known: test.is_some(),
                test: test.unwrap_or_else(|| probes[probe].clone()),
                refuted,
                contradicted: false,
            });
        }
        contradicts
    }
}

/// The shortest input on which the best two of the standing groups differ that differ at all.
fn telling(open: &[usize], standing: &[usize], shown: &[&Report]) -> Option<usize> {
    let (&best, others) = standing.split_first()?;
    let differ = |a: usize, b: usize, probe: usize| {
        let [x, y] = [a, b].map(|group| shown[group].tests.get(probe));
        x.zip(y).is_some_and(|(x, y)| !same_behaviour(x, y))
    };
    // Where both give a result there is something to choose from.
    let both = |a: usize, b: usize, probe: usize| {
        let passed = |g: usize| {
            shown[g]
                .tests
                .get(probe)
                .is_some_and(|t| t.verdict.passed())
        };
        passed(a) && passed(b)
    };
    others.iter().find_map(|&other| {
        let mut telling = open.iter().copied().filter(|&p| differ(best, other, p));
        let first = telling.clone().next();
        telling.find(|&p| both(best, other, p)).or(first)
    })
}

/// What the standing groups do on a probe, each behaviour once.
fn results(
    probe: usize,
    standing: &[usize],
    groups: &[Group],
    shown: &[&Report],
) -> Vec<Behaviour> {
    let mut results: Vec<Behaviour> = Vec::new();
    for &group in standing {
        let Some(report) = shown[group].tests.get(probe) else {
            continue;
        };
        let programs = groups[group].members.len();
        match (results.iter_mut()).find(|known| same_behaviour(&known.shown, report)) {
            Some(known) => known.programs += programs,
            None => results.push(Behaviour {
                shown: report.clone(),
                programs,
            }),
        }
    }
    results
}

/// The test that a ruling gives, and which results it says are wrong; `None` where it says nothing.
fn judged<'q>(ruling: &'q Ruling, question: &'q Question) -> Option<(Option<Test>, IsWrong<'q>)> {
    match ruling {
        Ruling::Right(index) => {
            let right = &question.results.get(*index)?.shown;
            let test = right
                .verdict
                .passed()
                .then(|| learnt(&question.input, right));
            Some((
                test.flatten(),
                Box::new(|shown| !same_behaviour(shown, right)),
            ))
        }
        Ruling::Expected(value) => {
            let test = expecting(&question.input, value)?;
            Some((Some(test), Box::new(|shown| !gives(shown, value))))
        }
        Ruling::Wrong => {
            let among = |shown: &TestReport| {
                (question.results.iter()).any(|known| same_behaviour(&known.shown, shown))
            };
            Some((None, Box::new(among)))
        }
        Ruling::Unsure | Ruling::Enough => None,
    }
}

/// Whether a program gave this value, or printed it.
fn gives(shown: &TestReport, value: &Value) -> bool {
    shown.verdict.passed()
        && match (&shown.actual, value) {
            (Some(actual), value) => actual.same(value),
            (None, Value::Str(text)) => shown.stdout.trim_end() == text.trim_end(),
            (None, _) => false,
        }
}
