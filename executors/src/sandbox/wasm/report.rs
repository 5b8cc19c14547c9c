//! From what a module did to verdicts.

use cogitree_engine::{Checker, ProgramError, Test, TestReport, Value, Verdict};

use super::super::instance::End;
use super::super::stop::Stop;
use super::super::verdict;
use super::run::Outcome;

/// The report of a run.
pub(super) fn of_run(outcome: Outcome, test: &Test, checker: &Checker) -> TestReport {
    let mut report = verdict::evidence(outcome.entry);
    let (kind, how) = match &outcome.end {
        End::Returned | End::Exited(0) => {
            verdict::judge(&mut report, Some(Value::None), test, checker);
            return report;
        }
        End::Stopped(Stop::Timeout) => return with(report, Verdict::Timeout, None),
        End::Stopped(Stop::Memory) => return with(report, Verdict::MemoryLimit, None),
        End::Stopped(Stop::Output) => return with(report, Verdict::OutputLimit, None),
        End::Stopped(stop @ (Stop::Done | Stop::Protocol)) => ("Trap", stop.to_string()),
        End::Exited(status) => ("Exit", format!("the program left with status {status}")),
        End::StackFull => ("Trap", "call stack exhausted".to_owned()),
        End::Crashed(how) => ("Trap", how.trim_start_matches("wasm trap: ").to_owned()),
    };
    // A program that fails after it was refused something fails for that.
    match outcome.denied {
        _ if outcome.short_of_memory => with(report, Verdict::MemoryLimit, None),
        Some(what) => {
            let message = format!("the sandbox refuses `{what}`; then: {how}");
            with(report, Verdict::Denied, Some(error("Refused", message)))
        }
        None => with(report, Verdict::RuntimeError, Some(error(kind, how))),
    }
}

/// The report of a module that is refused unread.
pub(super) fn too_large(bytes: usize, largest: usize) -> TestReport {
    let message = format!("the module has {bytes} bytes; the limit is {largest}");
    let error = error("ModuleTooLarge", message);
    with(
        TestReport::new(Verdict::Denied),
        Verdict::Denied,
        Some(error),
    )
}

/// The report of a program that could not be started.
pub(super) fn unfit(error: ProgramError) -> TestReport {
    let report = TestReport::new(Verdict::RuntimeError);
    with(report, Verdict::RuntimeError, Some(error))
}

fn with(report: TestReport, verdict: Verdict, error: Option<ProgramError>) -> TestReport {
    TestReport {
        verdict,
        error,
        ..report
    }
}

fn error(kind: &str, message: String) -> ProgramError {
    ProgramError {
        kind: kind.into(),
        message,
        line: None,
        source_line: None,
    }
}
