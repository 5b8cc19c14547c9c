//! Advisory tests: tests of the policy's own, which advise and never veto alone.

use std::sync::Arc;

use super::evaluation::guarded;
use super::stages::Share;
use super::{Event, Run, StopReason};
use crate::tree::NodeId;
use crate::{
    Checker, DesignTests, ExecutorError, Feedback, FeedbackLevel, Interface, Job, Meter, Operator,
    PolicyError, Problem, Program, Report, Test,
};

/// The advisory tests of a search: its problem with these in place of the visible tests.
#[derive(Debug)]
pub(super) struct Advice {
    problem: Problem,
}

impl Advice {
    pub(super) fn none(problem: &Problem) -> Self {
        let tests = Vec::new();
        Advice {
            problem: Problem {
                tests,
                ..problem.clone()
            },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problem.tests.is_empty()
    }
}

impl Run<'_> {
    /// Asks the policy for advisory tests, before the first simulation.
    pub(super) fn design_tests(&self, meter: &Meter) {
        let search = self.search;
        let wanted = search.config.advisory;
        if wanted == 0 {
            return;
        }
        let ask = DesignTests {
            problem: &search.problem,
            wanted,
            seed: search.config.seed,
            meter,
        };
        let design = || search.policy.design_tests(&ask);
        let designed = guarded(|| meter.request(Operator::DesignTests, design))
            .unwrap_or_else(|panic| Err(PolicyError::Fatal(panic)));
        let tests = match designed {
            Ok(tests) => usable(&search.problem, tests, wanted),
            Err(PolicyError::Fatal(why)) => {
                self.stop(StopReason::Failed(why));
                Vec::new()
            }
            // The search goes on without.
            Err(_) => Vec::new(),
        };
        let mut page = self.journal.open();
        self.charge(&mut page, 0, NodeId::ROOT, meter);
        page.write(Event::Designed {
            tests: tests.clone(),
        });
        drop(page);
        let problem = Problem {
            tests,
            ..search.problem.clone()
        };
        let _ = self.advice.set(Advice { problem });
    }

    pub(super) fn advice(&self) -> &Advice {
        self.advice
            .get_or_init(|| Advice::none(&self.search.problem))
    }

    /// What a program shows on the advisory tests.
    pub(super) fn consult(&self, program: &Program) -> Result<Report, ExecutorError> {
        let job = Job::visible(&self.advice().problem, program);
        self.workers.compute(|| self.search.executor.run(&job))
    }

    /// What is said of a program that passes all visible tests and fails advisory ones.
    pub(super) fn warn(&self, program: &Program, report: &Report) -> Arc<Feedback> {
        let level = self.search.config.feedback;
        if level == FeedbackLevel::None {
            return Arc::default();
        }
        let executor = &self.search.executor;
        let problem = &self.advice().problem;
        let mut feedback = self
            .workers
            .compute(|| executor.explain(problem, program, report, level));
        feedback.text = format!(
            "All visible tests pass. Of {} tests that were written for this search, and that may be \
             wrong, {} pass.\n{}",
            report.tests.len(),
            report.passed(),
            feedback.text
        );
        // An index of the visible tests is meant.
        feedback.test = None;
        Arc::new(feedback)
    }
}

impl From<&Report> for Share {
    fn from(report: &Report) -> Self {
        Share {
            passed: report.passed(),
            tests: report.tests.len(),
        }
    }
}

/// Of the tests that a policy wrote those that can be run and say something new: of the problem's
/// kind, with an expected result, on an input that is not a visible test's nor an earlier one's.
fn usable(problem: &Problem, designed: Vec<Test>, wanted: usize) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let same_input = |a: &Test, b: &Test| match (a.probe(), b.probe()) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a == b,
        _ => false,
    };
    for test in designed {
        if tests.len() == wanted {
            break;
        }
        let known = |other: &Test| same_input(other, &test);
        let fits = fits(problem, &test) && is_plain(&test);
        if fits && !problem.tests.iter().any(known) && !tests.iter().any(known) {
            tests.push(test);
        }
    }
    tests
}

fn fits(problem: &Problem, test: &Test) -> bool {
    let decided = |expected: bool| expected || matches!(problem.checker, Checker::Program { .. });
    match (&problem.interface, test) {
        (Interface::Function(signature), Test::Call { args, expected }) => {
            let arguments = signature.required()..=signature.parameters.len();
            arguments.contains(&args.len()) && decided(expected.is_some())
        }
        (Interface::Function(_), Test::Assert { .. }) => true,
        (Interface::Stdin, Test::Stdio { expected, .. }) => decided(expected.is_some()),
        _ => false,
    }
}

/// Whether a test can be written down and read back: what is not a number equals nothing, and a
/// journal with such a test could not be followed.
fn is_plain(test: &Test) -> bool {
    let read = serde_json::to_value(test).and_then(serde_json::from_value);
    read.is_ok_and(|read: Test| read == *test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Parameter, Signature, Value};

    #[test]
    fn what_cannot_be_run_or_says_nothing_new_is_left_out() {
        let call = |args: Vec<Value>, expected: Option<i64>| Test::Call {
            args,
            expected: expected.map(Value::Int),
        };
        let one = |n| vec![Value::Int(n)];
        let problem = Problem {
            id: "p".into(),
            statement: "Double it.".into(),
            interface: Interface::Function(Signature::new("f", [Parameter::new("n")])),
            tests: vec![call(one(2), Some(4))],
            checker: Checker::Exact,
            limits: Limits::default(),
        };
        let stdio = Test::Stdio {
            input: "3".into(),
            expected: Some("6".into()),
        };
        let nan = Test::Call {
            args: one(9),
            expected: Some(Value::Float(f64::NAN)),
        };
        let designed = vec![
            call(one(2), Some(5)), // a visible test's input
            call(one(3), None),    // nothing expected
            call(vec![], Some(0)), // an argument too few
            stdio,                 // of another kind
            nan,                   // equals nothing
            call(one(3), Some(6)),
            call(one(3), Some(7)), // an input twice
            call(one(4), Some(8)),
            call(one(5), Some(10)),
        ];
        let kept = usable(&problem, designed, 2);
        assert_eq!(kept, [call(one(3), Some(6)), call(one(4), Some(8))]);
    }
}
