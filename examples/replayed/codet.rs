//! CodeT (Chen et al. 2022, arXiv 2207.10397), the peer of our order of answers: programs that pass the same
//! generated tests are a group, which scores the root of its programs times its tests.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cogitree::{Executor as _, Job, Limits, Problem, Program, Test};
use cogitree_python::{self as python, Assertion};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::Executor;

/// Asserts of a sample that are taken, as there.
const OF_A_SAMPLE: usize = 5;
/// The most tests of a problem, those that were generated most often.
const TESTS: usize = 100;

/// The generated tests of every problem.
pub(crate) struct Generated(BTreeMap<String, Vec<Test>>);

impl Generated {
    /// Reads the tests that a model generated for problems, which are known by their functions.
    pub(crate) fn read(path: &Path, problems: &[Problem]) -> Result<Generated, String> {
        #[derive(Deserialize)]
        struct Row {
            prompt: String,
            samples: Vec<String>,
        }
        let unreadable = |e: std::io::Error| format!("{}: cannot be read: {e}", path.display());
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let text = std::io::read_to_string(MultiGzDecoder::new(file)).map_err(unreadable)?;
        let mut all = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let row: Row = serde_json::from_str(line)
                .map_err(|e| format!("{}:{}: {e}", path.display(), number + 1))?;
            // What a sample continues.
            let asked = |p: &&Problem| {
                p.interface
                    .signature()
                    .is_some_and(|s| row.prompt.contains(&format!("correctness of {}\n", s.name)))
            };
            if let Some(problem) = problems.iter().find(asked) {
                all.insert(problem.id.clone(), tests(problem, &row.samples));
            }
        }
        Ok(Generated(all))
    }

    pub(crate) fn of(&self, problem: &Problem) -> &[Test] {
        self.0.get(&problem.id).map_or(&[], Vec::as_slice)
    }
}

fn tests(problem: &Problem, samples: &[String]) -> Vec<Test> {
    let name = problem
        .interface
        .signature()
        .map_or("", |s| s.name.as_str());
    // By the text of input and result: how often, and which was the first.
    let mut found: HashMap<String, (usize, usize, Test)> = HashMap::new();
    for sample in samples {
        let lines = sample.lines().filter(|line| line.starts_with("assert "));
        for line in lines.take(OF_A_SAMPLE) {
            let Ok(Assertion::Equal(call, expected)) = python::read_assert(line) else {
                continue;
            };
            if call.function != name || !call.keywords.is_empty() {
                continue;
            }
            let first = found.len();
            let key = format!("{:?} {expected}", call.args);
            let test = Test::Call {
                args: call.args,
                expected: Some(expected),
            };
            found.entry(key).or_insert((0, first, test)).0 += 1;
        }
    }
    let mut tests: Vec<_> = found.into_values().collect();
    tests.sort_by_key(|(often, first, _)| (std::cmp::Reverse(*often), *first));
    tests
        .into_iter()
        .map(|(_, _, test)| test)
        .take(TESTS)
        .collect()
}

/// The share of right programs in the best group: what a draw from it is worth. Every draw counts as a
/// program, equal ones too.
pub(crate) fn share(
    problem: &Problem,
    draws: &[&Program],
    tests: &[Test],
    right: impl Fn(&Program) -> bool,
    executor: &Executor,
) -> Result<f64, String> {
    let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut groups: BTreeMap<Vec<usize>, Vec<&Program>> = BTreeMap::new();
    for program in draws {
        let passed = match known.get(&program.fingerprint()) {
            Some(passed) => passed.clone(),
            None => {
                let passed = passed(problem, program, tests, executor)?;
                known.insert(program.fingerprint(), passed.clone());
                passed
            }
        };
        groups.entry(passed).or_default().push(program);
    }
    let score = |(passed, programs): &(&Vec<usize>, &Vec<&Program>)| {
        (programs.len() as f64).sqrt() * passed.len() as f64
    };
    let best = groups.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    Ok(best.map_or(0.0, |(_, programs)| {
        programs.iter().filter(|p| right(p)).count() as f64 / programs.len() as f64
    }))
}

/// Which of the tests a program passes.
fn passed(
    problem: &Problem,
    program: &Program,
    tests: &[Test],
    executor: &Executor,
) -> Result<Vec<usize>, String> {
    let mut passed = Vec::new();
    // A program that runs for ever does so on most tests.
    let mut late = HashSet::new();
    for (chunk, part) in tests.chunks(10).enumerate() {
        if late.len() >= 5 {
            break;
        }
        let job = Job {
            tests: part,
            limits: Limits {
                seconds: 0.2,
                ..problem.limits
            },
            ..Job::visible(problem, program)
        };
        let report = executor
            .run(&job)
            .map_err(|e| format!("{}: {e}", problem.id))?;
        for (i, test) in report.tests.iter().enumerate() {
            if test.verdict.passed() {
                passed.push(10 * chunk + i);
            } else if test.verdict == cogitree::Verdict::Timeout {
                late.insert(10 * chunk + i);
            }
        }
    }
    Ok(passed)
}
