//! The judge: hidden tests, and who may run them.
//!
//! The search must never see a hidden test, so the type that holds them lives in this crate, which
//! neither the engine nor any policy depends on: there is no way for them to name it. Even here the
//! tests cannot be read back, only run.

use std::fmt;

use cogitree_engine::{Executor, ExecutorError, Job, Problem, Program, Report, Test};
use serde::{Deserialize, Deserializer};

/// Tests that decide whether an answer is right, and that no search may see.
///
/// They can be counted and, through a [`Judge`], run. They cannot be taken out again:
///
/// ```compile_fail
/// let hidden = cogitree_executors::HiddenTests::from(vec![]);
/// let tests = hidden.tests; // private
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct HiddenTests {
    tests: Vec<Test>,
}

impl HiddenTests {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }
}

impl From<Vec<Test>> for HiddenTests {
    fn from(tests: Vec<Test>) -> Self {
        HiddenTests { tests }
    }
}

impl<'de> Deserialize<'de> for HiddenTests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|tests| HiddenTests { tests })
    }
}

impl fmt::Debug for HiddenTests {
    /// Says how many there are, and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HiddenTests({})", self.tests.len())
    }
}

/// Runs programs on hidden tests.
///
/// ```
/// use cogitree_engine::*;
/// use cogitree_executors::{HiddenTests, Judge};
///
/// struct Optimist;
/// impl Executor for Optimist {
///     fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
///         Ok(Report { tests: job.tests.iter().map(|_| TestReport::new(Verdict::Passed)).collect() })
///     }
/// }
///
/// let problem = Problem {
///     id: "one".into(),
///     statement: "Return one.".into(),
///     interface: Interface::Function(Signature::new("one", [])),
///     tests: vec![],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let hidden = HiddenTests::from(vec![Test::Call { args: vec![], expected: Some(Value::Int(1)) }]);
/// let judge = Judge::new(&Optimist);
/// let report = judge.judge(&problem, &Program::new("def one(): return 1"), &hidden)?;
/// assert!(report.all_passed());
/// # Ok::<(), ExecutorError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Judge<'e> {
    executor: &'e dyn Executor,
}

impl<'e> Judge<'e> {
    /// A judge that runs programs with `executor`.
    pub fn new(executor: &'e dyn Executor) -> Self {
        Judge { executor }
    }

    /// Runs a program on the hidden tests of a problem. The report has verdicts and what the
    /// program did, but nothing of what was expected.
    ///
    /// # Errors
    /// When the executor fails, which says nothing about the program.
    pub fn judge(
        &self,
        problem: &Problem,
        program: &Program,
        hidden: &HiddenTests,
    ) -> Result<Report, ExecutorError> {
        self.executor
            .run(&Job::visible(problem, program).on(&hidden.tests))
    }
}

impl fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judge")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cogitree_engine::Value;

    #[test]
    fn hidden_tests_do_not_show() {
        let hidden = HiddenTests::from(vec![Test::Call {
            args: vec![],
            expected: Some(Value::Str("secret".into())),
        }]);
        assert_eq!(format!("{hidden:?}"), "HiddenTests(1)");
    }

    #[test]
    fn hidden_tests_are_read_from_files() {
        let text = r#"[{"call": {"args": [{"int": 1}], "expected": {"int": 2}}}]"#;
        let hidden: HiddenTests = serde_json::from_str(text).unwrap();
        assert_eq!(hidden.len(), 1);
    }
}
