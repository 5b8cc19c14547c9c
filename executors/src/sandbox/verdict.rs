//! From what an instance told, and how it ended, to verdicts.

use cogitree_engine::{Checker, Program, ProgramError, Test, TestReport, Value, Verdict};

use super::instance::End;
use super::stop::Stop;
use super::transcript::{Ended, Entry, Raised, Told};
use crate::{checker, wire};

/// The words by which the guest's refusals are recognised, see `guest/cogitree_guest/refusals.py`.
const REFUSAL: &str = "the sandbox refuses ";

/// The reports of the tests that an instance was asked to run: one for each that it started, so
/// for at least the first, and for all of them when the program did not load.
pub(super) fn of_told(
    told: Told,
    tests: &[Test],
    program: &Program,
    checker: &Checker,
) -> Vec<TestReport> {
    let report = |entry: Entry, test: &Test| match entry.ended.clone() {
        Some(ended) => of_ended(entry, &ended, test, program, checker),
        None => of_end(entry, &told.end),
    };
    match (told.not_loaded, tests) {
        // Loading does not depend on the test, so all end alike.
        (Some(entry), [first, ..]) => vec![report(entry, first); tests.len()],
        _ => {
            let started = told.entries.into_iter().zip(tests);
            started.map(|(entry, test)| report(entry, test)).collect()
        }
    }
}

/// The report of a test, or of loading, that the guest told the end of.
fn of_ended(
    entry: Entry,
    ended: &Ended,
    test: &Test,
    program: &Program,
    checker: &Checker,
) -> TestReport {
    let mut report = evidence(entry);
    if ended.too_large {
        report.verdict = Verdict::OutputLimit;
    } else if let Some(raised) = &ended.error {
        report.verdict = of_raised(raised);
        report.error = Some(program_error(raised, test, program));
    } else {
        let value = ended.value.as_deref().and_then(|t| wire::decode(t).ok());
        judge(&mut report, value, test, checker);
    }
    report
}

/// The report of a test, or of loading, during which the instance ended.
fn of_end(entry: Entry, end: &End) -> TestReport {
    let mut report = evidence(entry);
    let error = |kind: &str, message: String| {
        Some(ProgramError {
            kind: kind.into(),
            message,
            line: None,
            source_line: None,
        })
    };
    (report.verdict, report.error) = match end {
        End::Stopped(Stop::Timeout) => (Verdict::Timeout, None),
        End::Stopped(Stop::Memory) => (Verdict::MemoryLimit, None),
        End::Stopped(Stop::Output) => (Verdict::OutputLimit, None),
        End::Stopped(Stop::Protocol | Stop::Done) => (
            Verdict::RuntimeError,
            error(
                "SandboxError",
                "the program meddled with the sandbox".into(),
            ),
        ),
        End::Exited(status) => (
            Verdict::RuntimeError,
            error(
                "SystemExit",
                format!("the program left with status {status} before giving a result"),
            ),
        ),
        End::StackFull => (
            Verdict::RuntimeError,
            error("RecursionError", "the interpreter's stack is full".into()),
        ),
        End::Crashed(how) => (
            Verdict::RuntimeError,
            error("SystemError", format!("the interpreter crashed: {how}")),
        ),
        End::Returned => (
            Verdict::RuntimeError,
            error("SystemExit", "the program ended without a result".into()),
        ),
    };
    report
}

/// The report of a program that is refused unread.
pub(super) fn too_long(program: &Program, kib: u32) -> TestReport {
    TestReport {
        error: Some(ProgramError {
            kind: "SourceTooLong".into(),
            message: format!(
                "the program has {} bytes; the limit is {kib} KiB",
                program.source.len()
            ),
            line: None,
            source_line: None,
        }),
        ..TestReport::new(Verdict::Denied)
    }
}

pub(super) fn evidence(entry: Entry) -> TestReport {
    TestReport {
        stdout: String::from_utf8_lossy(&entry.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&entry.stderr).into_owned(),
        fuel: entry.fuel,
        loading_fuel: entry.loading_fuel,
        time: entry.time,
        ..TestReport::new(Verdict::RuntimeError)
    }
}

pub(super) fn judge(report: &mut TestReport, value: Option<Value>, test: &Test, checker: &Checker) {
    let by_program = matches!(checker, Checker::Program { .. });
    let right = match (test, &value) {
        // An answer, at any rate: whether it is right, the program is asked later.
        (Test::Call { .. } | Test::Stdio { .. }, Some(_)) if by_program => true,
        (Test::Call { expected, .. }, Some(actual)) => expected
            .as_ref()
            .is_none_or(|e| checker::accepts(checker, actual, e)),
        (Test::Stdio { expected, .. }, Some(_)) => expected
            .as_ref()
            .is_none_or(|e| checker::accepts_text(checker, &report.stdout, e)),
        (Test::Assert { .. }, Some(_)) => true,
        _ => false,
    };
    report.verdict = if right {
        Verdict::Passed
    } else {
        Verdict::WrongAnswer
    };
    if matches!(test, Test::Call { .. }) {
        report.actual = value;
    }
}

fn of_raised(raised: &Raised) -> Verdict {
    let by_test = raised.at.as_deref() == Some("test");
    if raised.out_of_memory() {
        Verdict::MemoryLimit
    } else if raised.kind == "PermissionError" && raised.message.contains(REFUSAL) {
        Verdict::Denied
    } else if by_test && raised.kind == "AssertionError" {
        Verdict::WrongAnswer
    } else {
        Verdict::RuntimeError
    }
}

fn program_error(raised: &Raised, test: &Test, program: &Program) -> ProgramError {
    let line_of = |source: &str, line: Option<u32>| {
        let index = (line? as usize).checked_sub(1)?;
        source.lines().nth(index).map(|l| l.trim().to_owned())
    };
    let mut message = raised.message.clone();
    if let (true, Test::Assert { code }) = (message.is_empty(), test) {
        // A bare `assert` says nothing: its text does.
        message = line_of(code, raised.test).unwrap_or_default();
    }
    ProgramError {
        kind: raised.kind.clone(),
        message,
        line: raised.program,
        source_line: line_of(&program.source, raised.program),
    }
}
