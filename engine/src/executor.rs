//! Who runs programs: the [`Executor`] trait.

use crate::{
    Checker, ExecutorError, Feedback, FeedbackLevel, Interface, Limits, Problem, Program, Report,
    Test,
};

/// Runs programs against tests.
///
/// One executor serves all simulations at once, from many threads, and must not need more
/// than an ordinary thread's stack of its caller. A program that fails in any way gets a
/// verdict; an `Err` says that the machinery failed, and is never held against a program.
///
/// ```
/// use cogitree_engine::*;
///
/// /// Says that every program passes.
/// struct Optimist;
/// impl Executor for Optimist {
///     fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
///         Ok(Report { tests: job.tests.iter().map(|_| TestReport::new(Verdict::Passed)).collect() })
///     }
/// }
/// ```
pub trait Executor: Send + Sync {
    /// Runs a program on every test of the job; the report has one entry for each, in order.
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError>;

    /// Puts a report on the visible tests into words. The default knows the levels up to
    /// [`FeedbackLevel::Verdict`].
    fn explain(
        &self,
        problem: &Problem,
        program: &Program,
        report: &Report,
        level: FeedbackLevel,
    ) -> Feedback {
        let _ = (problem, program);
        match level {
            FeedbackLevel::None => Feedback::default(),
            _ => Feedback::of_verdicts(report),
        }
    }
}

/// A program to run, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// How the program is called.
    pub interface: &'a Interface,
    /// The program.
    pub program: &'a Program,
    /// The tests.
    pub tests: &'a [Test],
    /// How answers are compared.
    pub checker: &'a Checker,
    /// Limits of the program.
    pub limits: Limits,
}

impl<'a> Job<'a> {
    /// The job of running `program` on the visible tests of `problem`.
    pub fn visible(problem: &'a Problem, program: &'a Program) -> Self {
        Job {
            interface: &problem.interface,
            program,
            tests: &problem.tests,
            checker: &problem.checker,
            limits: problem.limits,
        }
    }

    /// The same job on other tests.
    pub fn on(self, tests: &'a [Test]) -> Self {
        Job { tests, ..self }
    }

    /// The same job on probes: tests without an expected result, to see what the program does.
    /// No [`Checker::Program`] is asked about inputs that its author has not thought of.
    pub fn probing(self, probes: &'a [Test]) -> Self {
        Job {
            tests: probes,
            checker: &Checker::Exact,
            ..self
        }
    }
}
