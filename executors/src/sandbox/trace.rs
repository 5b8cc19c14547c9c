//! One test, run again to see what the program does on it.

use std::time::Duration;

use cogitree_engine::{ExecutorError, Job, Report, TestReport, Verdict};
use serde::Serialize;

use super::budget;
use super::instance::{Allowance, Work};
use super::recorder;
use super::transcript::Told;
use super::{Mode, Sandbox, is_short_enough, job_text, unknown};
use crate::Trace;

/// Lines told at the beginning; a run of no more is told whole. They all find room, with a few to spare.
const EVERY_LINE: usize = recorder::HEAD + recorder::TAIL - 8;

/// Steps before the end from which every line of a long run is told.
const BEFORE_THE_END: u64 = 150;

/// So many times the work of the ordinary run is allowed, and so much for what is told in any case.
const TIMES: f64 = 15.0;
const AT_LEAST: Duration = Duration::from_secs(2);

/// Memory for what the tracer itself keeps, in bytes.
const MEMORY: usize = 32 << 20;

/// How closely a test is looked at, as the guest reads it, see `guest/cogitree_guest/program.py`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Closeness {
    /// The index of the test.
    test: usize,
    /// Lines told at the beginning.
    every_line: usize,
    /// The number of steps from which every line is told.
    closely_from: Option<u64>,
    /// Whether some lines are told now and then in between.
    looks: bool,
}

impl Sandbox {
    /// Runs one test of a job again and sees what the program does on it.
    ///
    /// `report` is what [`run`](cogitree_engine::Executor::run) gave for the job, and `test` an index into
    /// both. The tests that shared an instance with that one are run before it, untraced, since a
    /// program may keep something from one to the next. A program whose run is long is run once more,
    /// to follow its end line by line; one that is known to loop until its time is over is run only once.
    ///
    /// The traced run may use 15 times the fuel that the test used, and that of 2 s more, before it is
    /// ended; of one that timed out, the limit. What the program prints counts as ever, and the trace
    /// does not count as output.
    ///
    /// # Errors
    /// The failures of [`run`](cogitree_engine::Executor::run), or an index that is out of range.
    ///
    /// ```no_run
    /// use cogitree_engine::{Executor, Interface, Job, Program, Signature, Test, Value};
    /// use cogitree_executors::Sandbox;
    ///
    /// let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    /// let job = Job {
    ///     interface: &Interface::Function(Signature::new("double", [])),
    ///     program: &Program::new("def double(x):\n    y = x * x\n    return y"),
    ///     tests: &[Test::Call { args: vec![Value::Int(4)], expected: Some(Value::Int(8)) }],
    ///     checker: &Default::default(),
    ///     limits: Default::default(),
    /// };
    /// let report = sandbox.run(&job)?;
    /// let trace = sandbox.trace(&job, &report, 0)?;
    /// let line = trace.steps().find(|step| step.line == 2).expect("line 2 was run");
    /// assert_eq!((line.changes[0].name.as_str(), line.changes[0].value.as_str()), ("y", "16"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trace(
        &self,
        job: &Job<'_>,
        report: &Report,
        test: usize,
    ) -> Result<Trace, ExecutorError> {
        let (Some(of), Some(known)) = (job.tests.get(test), report.tests.get(test)) else {
            return Err(ExecutorError(format!(
                "there is no test {} to be traced: the job has {} and the report {}",
                test + 1,
                job.tests.len(),
                report.tests.len()
            )));
        };
        if !is_short_enough(job) {
            return Ok(Trace::default()); // it was not run, either
        }
        let mode = Mode::of(of).ok_or_else(|| unknown(test))?;
        let first = first_of_instance(job, report, mode, test, self.at_once(mode));
        let allowance = allowance(job, known);
        let never_ends = known.verdict == Verdict::Timeout;
        let look = |closely_from: Option<u64>| {
            let closeness = Closeness {
                test: test - first,
                every_line: closely_from.map_or(EVERY_LINE, |_| recorder::HEAD),
                closely_from,
                looks: never_ends && closely_from.is_none(),
            };
            self.look(job, mode, first, test, closeness, allowance)
        };
        let told = look(None)?;
        let recorder = told.recorder.unwrap_or_default();
        // What loops until its time is over has been looked at late enough.
        let loops = never_ends && !told.slept && !recorder.hangs(told.fuel);
        let recorder = match recorder.left_out() {
            Some(steps) if !loops => {
                let told = look(Some(steps.saturating_sub(BEFORE_THE_END)))?;
                told.recorder.unwrap_or_default()
            }
            _ => recorder,
        };
        Ok(recorder.read())
    }

    /// Runs the tests from `first` to `test`, of which the last is traced.
    fn look(
        &self,
        job: &Job<'_>,
        mode: Mode,
        first: usize,
        test: usize,
        closeness: Closeness,
        allowance: Allowance,
    ) -> Result<Told, ExecutorError> {
        let tests = &job.tests[first..=test];
        self.instance(&Work {
            job: job_text(job, mode, self.seed, first, tests, Some(closeness))?,
            tests: tests.len(),
            limits: job.limits,
            traced: Some(allowance),
        })
    }
}

/// The first of the tests that were run in the same instance, before this one.
fn first_of_instance(
    job: &Job<'_>,
    report: &Report,
    mode: Mode,
    test: usize,
    at_once: usize,
) -> usize {
    let ends_instance = |t: &TestReport| {
        matches!(
            t.verdict,
            Verdict::Timeout | Verdict::MemoryLimit | Verdict::OutputLimit
        )
    };
    let shared = job.tests[..test]
        .iter()
        .zip(&report.tests)
        .rev()
        .take_while(|(t, r)| Mode::of(t) == Some(mode) && !ends_instance(r))
        .take(at_once - 1)
        .count();
    test - shared
}

fn allowance(job: &Job<'_>, known: &TestReport) -> Allowance {
    let limit = budget::seconds(job.limits.seconds);
    let work = if known.verdict == Verdict::Timeout {
        limit
    } else {
        budget::work(known.fuel, known.time)
            .min(limit)
            .mul_f64(TIMES)
            + AT_LEAST
    };
    Allowance {
        work,
        memory: MEMORY,
    }
}
