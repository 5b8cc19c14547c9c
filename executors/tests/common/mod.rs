//! One sandbox for all tests of a file, and short ways to run things in it.

#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cogitree_engine::{
    Checker, Executor, Interface, Job, Limits, Program, Report, Signature, Test, TestReport, Value,
};
use cogitree_executors::Sandbox;

pub static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    Sandbox::builder()
        .instances(4)
        .open(|step| eprintln!("{step}"))
        .expect("the sandbox opens")
});

pub const SHORT: Limits = Limits {
    seconds: 1.0,
    memory_mib: 256,
    output_kib: 64,
    source_kib: 256,
};

pub fn function(name: &str) -> Interface {
    Interface::Function(Signature::new(name, []))
}

pub fn call(args: impl IntoIterator<Item = Value>, expected: impl Into<Option<Value>>) -> Test {
    Test::Call {
        args: args.into_iter().collect(),
        expected: expected.into(),
    }
}

/// Runs `source`, whose entry point is `solve`.
pub fn run(source: &str, tests: &[Test]) -> Report {
    run_with(source, tests, SHORT)
}

pub fn run_with(source: &str, tests: &[Test], limits: Limits) -> Report {
    SANDBOX
        .run(&Job {
            interface: &function("solve"),
            program: &Program::new(source),
            tests,
            checker: &Checker::Exact,
            limits,
        })
        .expect("the sandbox runs")
}

pub fn script(source: &str, input: &str, expected: &str) -> TestReport {
    let test = Test::Stdio {
        input: input.into(),
        expected: Some(expected.into()),
    };
    let report = SANDBOX
        .run(&Job {
            interface: &Interface::Stdin,
            program: &Program::new(source),
            tests: &[test],
            checker: &Checker::Exact,
            limits: SHORT,
        })
        .expect("the sandbox runs");
    report.tests.into_iter().next().expect("one test")
}

/// The folder with material that is not part of the repository, if it is there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let given = std::env::var_os("COGITREE_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    [given, Some(beside)]
        .into_iter()
        .flatten()
        .map(|p| p.join(part))
        .find(|p| p.exists())
}
