//! The sandbox: CPython in WebAssembly, a fresh instance for each program.

mod budget;
mod builder;
mod checker_program;
mod clock;
mod deadline;
mod error;
mod hot_pages;
mod instance;
mod isolation;
mod limiter;
mod local;
mod machine;
mod recorder;
mod slots;
mod spent;
mod stop;
mod trace;
mod transcript;
mod verdict;
mod wasm;
mod worker;

use std::fmt;

use cogitree_engine::{
    Checker, Executor, ExecutorError, Feedback, FeedbackLevel, Interface, Job, Limits, Problem,
    Program, Report, Signature, Test, TestReport, Value,
};
use serde_json::json;

pub use builder::SandboxBuilder;
pub use error::SandboxError;
pub use isolation::Isolation;
pub use spent::Spent;
pub use wasm::{CompileError, WasmExecutor, WasmSandbox, WasmSandboxBuilder};
pub use worker::serve_worker;

use crate::{feedback, wire};
use instance::Work;
use local::Local;
use transcript::Told;
use worker::Pool;

/// Runs Python programs where they can do no harm.
///
/// Each program gets a fresh instance of CPython (each test of a standard-input problem, too), made
/// from a snapshot in about a millisecond. It has no file, no network, no process, no environment
/// and no real clock; memory, output and time are capped. One sandbox serves any number of threads.
///
/// ```no_run
/// use cogitree_engine::{Executor, Interface, Job, Program, Signature, Test, Value};
/// use cogitree_executors::Sandbox;
///
/// let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
/// let report = sandbox.run(&Job {
///     interface: &Interface::Function(Signature::new("double", [])),
///     program: &Program::new("def double(x):\n    return x + x"),
///     tests: &[Test::Call { args: vec![Value::Int(4)], expected: Some(Value::Int(8)) }],
///     checker: &Default::default(),
///     limits: Default::default(),
/// })?;
/// assert!(report.all_passed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sandbox {
    instances: Instances,
    instance_per_test: bool,
    seed: u64,
    /// The longest feedback, in characters.
    feedback: usize,
}

/// Who runs the instances.
enum Instances {
    Here(Local),
    InWorkers(Pool),
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("instance_per_test", &self.instance_per_test)
            .finish_non_exhaustive()
    }
}

/// How many instances run at once by default: as many as there are cores, at most 64.
fn default_slots() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    u32::try_from(cores).map_or(64, |n| n.min(64))
}

/// An engine with the default settings, to see what is compiled for it.
pub(crate) fn engine_for_doctor() -> wasmtime::Result<wasmtime::Engine> {
    machine::engine(true, 1)
}

/// What the tests of one instance have in common.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Call,
    Code,
    Stdin,
}

impl Mode {
    fn of(test: &Test) -> Option<Mode> {
        match test {
            Test::Call { .. } => Some(Mode::Call),
            Test::Assert { .. } => Some(Mode::Code),
            Test::Stdio { .. } => Some(Mode::Stdin),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Mode::Call => "call",
            Mode::Code => "code",
            Mode::Stdin => "stdin",
        }
    }
}

impl Executor for Sandbox {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        if !is_short_enough(job) {
            let refused = verdict::too_long(job.program, job.limits.source_kib);
            return Ok(Report {
                tests: vec![refused; job.tests.len()],
            });
        }
        let mut tests: Vec<TestReport> = Vec::with_capacity(job.tests.len());
        while tests.len() < job.tests.len() {
            let rest = &job.tests[tests.len()..];
            let mode = Mode::of(&rest[0]).ok_or_else(|| unknown(tests.len()))?;
            let alike = rest
                .iter()
                .take_while(|t| Mode::of(t) == Some(mode))
                .take(self.at_once(mode))
                .count();
            let told = self.run_some(job, mode, tests.len(), &rest[..alike])?;
            tests.extend(told);
        }
        if let Checker::Program { source } = job.checker {
            self.ask_checker(source, job.tests, &mut tests)?;
        }
        Ok(Report { tests })
    }

    fn explain(
        &self,
        problem: &Problem,
        program: &Program,
        report: &Report,
        level: FeedbackLevel,
    ) -> Feedback {
        let mut feedback = feedback::explain(problem, report, level);
        if let (FeedbackLevel::Trace, Some(test)) = (level, feedback.test) {
            // A trace that cannot be had leaves the feedback as it is without.
            if let Ok(trace) = self.trace(&Job::visible(problem, program), report, test) {
                let report = &report.tests[test];
                feedback::add_trace(&mut feedback, &trace, program, report, self.feedback);
            }
        }
        feedback::keep_within(&mut feedback, self.feedback);
        feedback
    }
}

impl Sandbox {
    /// Where the time of all instances in this process so far went.
    pub fn spent(&self) -> Spent {
        match &self.instances {
            Instances::Here(local) => local.spent(),
            Instances::InWorkers(_) => Spent::default(),
        }
    }

    /// How many tests one instance may run.
    fn at_once(&self, mode: Mode) -> usize {
        if self.instance_per_test || mode == Mode::Stdin {
            1
        } else {
            usize::MAX
        }
    }

    /// Runs tests of one mode in one instance. Returns a report for at least the first of them;
    /// for fewer than all when the instance ended before.
    fn run_some(
        &self,
        job: &Job<'_>,
        mode: Mode,
        first: usize,
        tests: &[Test],
    ) -> Result<Vec<TestReport>, ExecutorError> {
        let told = self.instance(&Work {
            job: job_text(job, mode, self.seed, first, tests, None)?,
            tests: tests.len(),
            limits: job.limits,
            traced: None,
        })?;
        Ok(verdict::of_told(told, tests, job.program, job.checker))
    }

    /// Runs a trivial program, from which it is learnt which pages all programs write to.
    fn warm_up(&self) {
        let job = Job {
            interface: &Interface::Function(Signature::new("solve", [])),
            program: &Program::new("def solve(x):\n    return x + 1\n"),
            tests: &[Test::Call {
                args: vec![Value::Int(1)],
                expected: None,
            }],
            checker: &Checker::Exact,
            limits: Limits::default(),
        };
        // It is for speed only; whatever is wrong shows with the first real program.
        let _ = self.run(&job);
    }

    /// Runs an instance until it ends.
    fn instance(&self, work: &Work) -> Result<Told, ExecutorError> {
        match &self.instances {
            Instances::Here(local) => local.run(work),
            Instances::InWorkers(pool) => pool.run(work),
        }
    }
}

fn is_short_enough(job: &Job<'_>) -> bool {
    job.program.source.len() <= (job.limits.source_kib as usize) << 10
}

fn unknown(index: usize) -> ExecutorError {
    ExecutorError(format!(
        "test {} is of a kind that this sandbox does not know",
        index + 1
    ))
}

/// The job as the guest reads it, see `guest/cogitree_guest/program.py`.
fn job_text(
    job: &Job<'_>,
    mode: Mode,
    seed: u64,
    first: usize,
    tests: &[Test],
    trace: Option<trace::Closeness>,
) -> Result<String, ExecutorError> {
    let entry = job.interface.signature().map(|s| s.name.as_str());
    if mode == Mode::Call && entry.is_none() {
        return Err(ExecutorError(format!(
            "test {} calls a function, but the problem is one of standard input",
            first + 1
        )));
    }
    let texts = tests.iter().enumerate().map(|(i, test)| match test {
        Test::Call { args, .. } => wire::encode_arguments(args).ok_or_else(|| {
            ExecutorError(format!(
                "an argument of test {} is not plain data",
                first + i + 1
            ))
        }),
        Test::Assert { code } => Ok(code.clone()),
        Test::Stdio { input, .. } => Ok(input.clone()),
        _ => Err(unknown(first + i)),
    });
    Ok(json!({
        "source": job.program.source,
        "mode": mode.name(),
        "entry": entry,
        "name": "program",
        "largest": (job.limits.output_kib as usize) << 10,
        "seed": format!("{seed:016x}"),
        "tests": texts.collect::<Result<Vec<_>, _>>()?,
        "trace": trace,
    })
    .to_string())
}
