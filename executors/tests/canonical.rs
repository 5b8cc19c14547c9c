//! The canonical solutions of public benchmarks pass their own tests in the sandbox. Where the data
//! is not at hand there is nothing to run.

mod common;
#[path = "common/records.rs"]
mod records;

use cogitree_engine::{Executor, Job, Limits, Program};
use common::{SANDBOX, shared};
use records::{CANNOT, CANONICAL, Set};

/// Runs every solution of a set and lists those that do not pass.
fn all_pass(set: &Set) {
    let Some(cases) = shared("data").and_then(|f| set.cases(&f).expect("the data is read")) else {
        return;
    };
    let mut misses = Vec::new();
    for case in &cases {
        let report = SANDBOX
            .run(&Job {
                interface: &case.interface,
                program: &Program::new(case.source.as_str()),
                tests: &case.tests,
                checker: &Default::default(),
                // Some of the solutions need seconds even natively.
                limits: Limits {
                    seconds: 30.0,
                    ..Limits::default()
                },
            })
            .expect("the sandbox runs");
        if !report.all_passed() && !CANNOT.iter().any(|(id, _)| *id == case.id) {
            misses.push(format!("{}: {report:?}", case.id));
        }
    }
    assert!(!cases.is_empty());
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn human_eval() {
    all_pass(&CANONICAL[0]);
}

#[test]
fn mbpp() {
    all_pass(&CANONICAL[1]);
}

#[test]
fn leet_code() {
    all_pass(&CANONICAL[2]);
}
