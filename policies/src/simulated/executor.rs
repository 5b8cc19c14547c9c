//! Who runs simulated programs.

use std::sync::Arc;

use cogitree_engine::{
    Executor, ExecutorError, Feedback, FeedbackLevel, Job, Problem, Program, ProgramError, Report,
    Test, TestReport, Value, Verdict,
};

use super::program::Written;
use super::world::Rules;

/// Runs the programs of a simulated world. Whether one is right it does not say.
#[derive(Clone, Debug)]
pub struct SimulatedExecutor {
    rules: Arc<Rules>,
}

impl SimulatedExecutor {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        SimulatedExecutor { rules }
    }

    fn run_on(&self, written: Option<Written>, test: &Test) -> TestReport {
        let error = |kind: &str, message: &str| TestReport {
            error: Some(ProgramError {
                kind: kind.to_owned(),
                message: message.to_owned(),
                line: Some(2),
                source_line: None,
            }),
            ..TestReport::new(Verdict::RuntimeError)
        };
        let Some(written) = written else {
            return error("NameError", "this is no program of this world");
        };
        let Test::Call { args, expected } = test else {
            return error("TypeError", "programs are called with a number");
        };
        let [Value::Int(n)] = args.as_slice() else {
            return error("TypeError", "programs are called with a number");
        };
        let Some(result) = self.rules.result(written.problem, written.behaviour, *n) else {
            return error("ValueError", "a mistake");
        };
        let actual = Value::Int(result);
        let right = expected.as_ref().is_none_or(|e| e.same(&actual));
        TestReport {
            actual: Some(actual),
            ..TestReport::new(if right {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            })
        }
    }
}

impl Executor for SimulatedExecutor {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let written = Written::read(&self.rules, job.program);
        let tests = job.tests.iter();
        Ok(Report {
            tests: tests.map(|test| self.run_on(written, test)).collect(),
        })
    }

    fn explain(
        &self,
        problem: &Problem,
        _: &Program,
        report: &Report,
        level: FeedbackLevel,
    ) -> Feedback {
        let mut feedback = match level {
            FeedbackLevel::None => return Feedback::default(),
            _ => Feedback::of_verdicts(report),
        };
        let failed = feedback.test.and_then(|i| {
            let Test::Call { args, expected } = problem.tests.get(i)? else {
                return None;
            };
            Some((
                args,
                expected.as_ref()?,
                report.tests.get(i)?.actual.as_ref(),
            ))
        });
        if let Some((args, expected, actual)) = failed
            && level >= FeedbackLevel::Diff
        {
            feedback.text += &format!("\nOn {args:?} {expected:?} is expected, not {actual:?}.");
        }
        if level >= FeedbackLevel::Trace {
            feedback.text += "\nLine by line: it goes wrong in line 2.";
        }
        feedback
    }
}
