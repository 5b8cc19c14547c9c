//! Runs the Sketcher's programs in Rust, without a sandbox.

use cogitree_engine::{
    Checker, Executor, ExecutorError, Interface, Job, ProgramError, Report, Test, TestReport,
    Value, Verdict,
};

use super::language::evaluator::{Functions, Interpreter};
use super::language::lower;
use super::language::object::{Fault, Object};
use super::language::syntax::Stmt;
use super::matching;

/// Work allowed for one test, in units of the evaluator (about one a node).
const FUEL: u64 = 3_000_000;

/// An executor for the small Python that the Sketcher writes, evaluated in Rust: for tests
/// and measurements of the search that need no sandbox. What it does not know is a
/// `runtime_error` of kind `NotInDryRun`; it never runs a program's asserts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DryRun;

impl Executor for DryRun {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        if let Checker::Program { .. } = job.checker {
            return Err(ExecutorError(
                "the problem's checker is a program, which a dry run has no sandbox for".to_owned(),
            ));
        }
        let module = lower::module(&job.program.source);
        let tests = job
            .tests
            .iter()
            .map(|t| match &module {
                Ok(m) => test(m, t, job),
                Err(e) => failed("SyntaxError", &e.0),
            })
            .collect();
        Ok(Report { tests })
    }
}

fn failed(kind: &str, message: &str) -> TestReport {
    let mut r = TestReport::new(Verdict::RuntimeError);
    r.error = Some(ProgramError {
        kind: kind.to_owned(),
        message: message.to_owned(),
        line: None,
        source_line: None,
    });
    r
}

fn fault(f: Fault) -> TestReport {
    match f {
        Fault::Raised(kind) => failed(kind, ""),
        Fault::Unknown => failed("NotInDryRun", ""),
        Fault::Fuel => TestReport::new(Verdict::Timeout),
    }
}

fn test(module: &[Stmt], test: &Test, job: &Job<'_>) -> TestReport {
    let none = Functions::new();
    let mut me = Interpreter::new(&none, FUEL);
    if let Test::Stdio { input, .. } = test {
        me.input = input.lines().map(str::to_owned).collect();
    }
    if let Err(f) = me.load(module) {
        return fault(f);
    }
    let outcome = match (test, job.interface) {
        (Test::Call { args, expected }, Interface::Function(s)) => {
            let args: Option<Vec<Object>> = args.iter().map(Object::from_value).collect();
            let Some(args) = args else {
                return fault(Fault::Unknown);
            };
            me.call_named(&s.name, args).map(|v| (v, expected.as_ref()))
        }
        _ => return fault(Fault::Unknown),
    };
    let mut report = match outcome {
        Err(f) => fault(f),
        Ok((actual, expected)) => {
            let right = expected.is_none_or(|e| accepts(&actual, e, job.checker));
            let mut r = TestReport::new(if right {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            });
            r.actual = Some(actual.to_value());
            r
        }
    };
    report.fuel = FUEL - me.fuel;
    report
}

fn accepts(actual: &Object, expected: &Value, checker: &Checker) -> bool {
    Object::from_value(expected).is_some_and(|e| matching::equal(actual, &e, checker))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cogitree_engine::{Limits, Program, Signature};

    #[test]
    fn a_checker_that_is_a_program_is_not_left_out_in_silence() {
        let run = |checker: &Checker| {
            DryRun.run(&Job {
                interface: &Interface::Function(Signature::new("f", [])),
                program: &Program::new("def f(x):\n    return x\n"),
                tests: &[Test::Call {
                    args: vec![Value::Int(1)],
                    expected: Some(Value::Int(1)),
                }],
                checker,
                limits: Limits::default(),
            })
        };
        assert!(run(&Checker::Exact).unwrap().all_passed());
        let source = "def check(*a): return True".into();
        assert!(run(&Checker::Program { source }).is_err());
    }
}
