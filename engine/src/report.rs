//! What came of running a program: one verdict for each test, with the evidence.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Value;

/// What became of a program on one test. A failure of the machinery around the program is
/// not a verdict: it is an [`ExecutorError`](crate::ExecutorError).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The result was as expected (or, of a probe, there was a result).
    Passed,
    /// There was a result, and it was not as expected.
    WrongAnswer,
    /// The program did not load, raised, or left before giving a result.
    RuntimeError,
    /// Over the time or fuel limit.
    Timeout,
    /// Over the memory limit.
    MemoryLimit,
    /// Wrote or returned too much.
    OutputLimit,
    /// Asked for something that the sandbox refuses.
    Denied,
}

impl Verdict {
    /// The name used in reports: `passed`, `wrong_answer`, …
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::WrongAnswer => "wrong_answer",
            Verdict::RuntimeError => "runtime_error",
            Verdict::Timeout => "timeout",
            Verdict::MemoryLimit => "memory_limit",
            Verdict::OutputLimit => "output_limit",
            Verdict::Denied => "denied",
        }
    }

    /// True for [`Verdict::Passed`].
    pub fn passed(self) -> bool {
        self == Verdict::Passed
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The report of one program on a list of tests, in the tests' order.
///
/// ```
/// use cogitree_engine::{Report, TestReport, Verdict};
/// let mut report = Report::default();
/// report.tests.push(TestReport::new(Verdict::Passed));
/// report.tests.push(TestReport::new(Verdict::WrongAnswer));
/// assert_eq!((report.passed(), report.pass_fraction()), (1, 0.5));
/// assert_eq!(report.verdict(), Verdict::WrongAnswer);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// One entry for each test asked for, in order.
    pub tests: Vec<TestReport>,
}

impl Report {
    /// How many tests passed.
    pub fn passed(&self) -> usize {
        self.tests.iter().filter(|t| t.verdict.passed()).count()
    }

    /// True when there are tests and all passed.
    pub fn all_passed(&self) -> bool {
        !self.tests.is_empty() && self.passed() == self.tests.len()
    }

    /// The share of tests passed, in [0, 1]; 0 without tests.
    pub fn pass_fraction(&self) -> f64 {
        if self.tests.is_empty() {
            0.0
        } else {
            self.passed() as f64 / self.tests.len() as f64
        }
    }

    /// The one verdict of the program: that of the first test, in the tests' order, that did
    /// not pass, else `passed`. No verdict is worse than another, so which it is depends on the
    /// order of the tests alone.
    ///
    /// ```
    /// use cogitree_engine::{Report, TestReport, Verdict::*};
    /// let of = |verdicts: &[_]| Report {
    ///     tests: verdicts.iter().map(|v| TestReport::new(*v)).collect(),
    /// };
    /// assert_eq!(of(&[Passed, Timeout, RuntimeError]).verdict(), Timeout);
    /// assert_eq!(of(&[Passed, RuntimeError, Timeout]).verdict(), RuntimeError);
    /// assert_eq!(of(&[Passed, Passed]).verdict(), Passed);
    /// ```
    pub fn verdict(&self) -> Verdict {
        self.tests
            .iter()
            .map(|t| t.verdict)
            .find(|v| !v.passed())
            .unwrap_or(Verdict::Passed)
    }

    /// Fuel used by all tests together and by loading the program for them, where the executor
    /// measures it. Of two programs that pass the same tests, the one with less is the cheaper one;
    /// work done while loading is no way around that.
    pub fn fuel(&self) -> u64 {
        self.tests.iter().map(|t| t.fuel + t.loading_fuel).sum()
    }
}

/// What one test showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestReport {
    /// What became of the program.
    pub verdict: Verdict,
    /// The value returned, where a function was called and returned.
    pub actual: Option<Value>,
    /// Captured standard output, cut at the limit.
    pub stdout: String,
    /// Captured standard error, cut at the limit.
    pub stderr: String,
    /// The error that ended the program, if one did.
    pub error: Option<ProgramError>,
    /// Fuel used by the test: a deterministic count of the work done, 0 where not measured. The
    /// sandbox counts WebAssembly instructions, from the moment a test begins until its result is
    /// told: reading the arguments, the call, and writing the value down for a function; the whole
    /// program for standard input; the code of the test for assertions. The interpreter's start is
    /// never part of it, and loading the program only for standard input.
    pub fuel: u64,
    /// Fuel used by loading the program (compiling and running its top level), where it was loaded
    /// for this test; 0 where it had been loaded for an earlier one.
    #[serde(default)]
    pub loading_fuel: u64,
    /// Wall time used by what `fuel` counts; by loading where the program did not load.
    pub time: Duration,
}

impl TestReport {
    /// A report of nothing but a verdict.
    pub fn new(verdict: Verdict) -> Self {
        TestReport {
            verdict,
            actual: None,
            stdout: String::new(),
            stderr: String::new(),
            error: None,
            fuel: 0,
            loading_fuel: 0,
            time: Duration::ZERO,
        }
    }
}

/// An error raised by the program under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramError {
    /// The exception's type, such as `IndexError`.
    pub kind: String,
    /// Its message, cut to a bounded length.
    pub message: String,
    /// The line of the program where it was raised, counted from 1.
    pub line: Option<u32>,
    /// The text of that line, without indentation.
    pub source_line: Option<String>,
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match (self.line, &self.source_line) {
            (Some(n), Some(text)) => write!(f, " (line {n}: {text})"),
            (Some(n), None) => write!(f, " (line {n})"),
            _ => Ok(()),
        }
    }
}
