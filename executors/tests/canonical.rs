//! The canonical solutions of public benchmarks pass their own tests in the sandbox. Where the data
//! is not at hand there is nothing to run.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use cogitree_engine::{Executor, Job, Limits, Program, Report, Test};
use common::{SANDBOX, function, json_lines, shared};
use serde_json::Value as Json;

/// Tests of the data that hold for 64-bit hashes only: they compare an order that a set decides.
const BY_SET_ORDER: [&str; 2] = ["341", "642"];

/// Runs every problem; returns how many passed, and the misses in words.
fn all(problems: Vec<(String, String, String, Vec<Test>)>) -> Vec<String> {
    let total = problems.len();
    let (mut misses, mut times): (Vec<String>, Vec<Duration>) = Default::default();
    for (id, entry, source, tests) in problems {
        let start = Instant::now();
        let report: Report = SANDBOX
            .run(&Job {
                interface: &function(&entry),
                program: &Program::new(source),
                tests: &tests,
                checker: &Default::default(),
                // Some of the solutions need seconds even natively.
                limits: Limits {
                    seconds: 30.0,
                    ..Limits::default()
                },
            })
            .unwrap();
        times.push(start.elapsed());
        if !report.all_passed() && !BY_SET_ORDER.contains(&id.as_str()) {
            misses.push(format!("{id}: {report:?}"));
        }
    }
    times.sort();
    eprintln!(
        "{total} programs, {} misses; median {:?}, 90 % {:?}, all {:?}",
        misses.len(),
        times[total / 2],
        times[total * 9 / 10],
        times.iter().sum::<Duration>()
    );
    misses
}

fn text<'a>(json: &'a Json, field: &str) -> &'a str {
    json[field].as_str().unwrap()
}

#[test]
fn human_eval() {
    let Some(path) = shared("data/he_problems.jsonl.gz") else {
        return;
    };
    let problems = json_lines(&path).into_iter().map(|p| {
        let entry = text(&p, "entry_point").to_owned();
        let source = format!("{}{}", text(&p, "prompt"), text(&p, "canonical_solution"));
        let code = format!("{}\ncheck({entry})", text(&p, "test"));
        let id = text(&p, "task_id").to_owned();
        (id, entry, source, vec![Test::Assert { code }])
    });
    let misses = all(problems.collect());
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn mbpp() {
    let Some(path) = shared("data/mbpp_problems.jsonl.gz") else {
        return;
    };
    let problems = json_lines(&path).into_iter().map(|p| {
        let setup = p["test_setup_code"].as_str().unwrap_or_default();
        let tests = p["test_list"].as_array().unwrap();
        let tests = tests.iter().map(|t| Test::Assert {
            code: format!("{setup}\n{}", t.as_str().unwrap()),
        });
        // The function that the tests call.
        let called = p["test_list"][0].as_str().unwrap();
        let entry = text(&p, "code")
            .split("def ")
            .filter_map(|part| part.split('(').next())
            .find(|name| !name.is_empty() && called.contains(&format!("{name}(")))
            .unwrap_or_default()
            .to_owned();
        let id = p["task_id"].to_string();
        (id, entry, text(&p, "code").to_owned(), tests.collect())
    });
    let misses = all(problems.collect());
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
