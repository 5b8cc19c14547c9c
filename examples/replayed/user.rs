//! A user who knows what is right: asks the benchmark's own solution, as ConAIR's simulated user does.

use std::collections::HashMap;
use std::path::Path;

use cogitree::{Arbiter, Executor as _, Job, Problem, Program, Question, Ruling, Value};
use flate2::read::MultiGzDecoder;

use super::Executor;

/// The canonical solutions, which only ever answer questions.
pub(crate) struct User {
    solutions: HashMap<String, Program>,
    executor: Executor,
}

impl User {
    pub(crate) fn read(path: &Path, executor: Executor) -> Result<User, String> {
        let wrong = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let file = std::fs::File::open(path).map_err(|e| wrong(&e))?;
        let text = std::io::read_to_string(MultiGzDecoder::new(file)).map_err(|e| wrong(&e))?;
        let mut solutions = HashMap::new();
        for line in text.lines() {
            let row: serde_json::Value = serde_json::from_str(line).map_err(|e| wrong(&e))?;
            let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let source = field("prompt") + &field("canonical_solution");
            solutions.insert(field("task_id"), Program::new(source));
        }
        Ok(User {
            solutions,
            executor,
        })
    }
}

impl Arbiter for User {
    /// The right result; unsure of inputs on which the solution itself fails.
    fn rule(&self, problem: &Problem, question: &Question) -> Ruling {
        let Some(solution) = self.solutions.get(&problem.id) else {
            return Ruling::Enough;
        };
        let probes = [question.input.clone()];
        let ran = self
            .executor
            .run(&Job::visible(problem, solution).probing(&probes));
        match ran.ok().and_then(|report| report.tests.into_iter().next()) {
            Some(test) if test.verdict.passed() => match test.actual {
                Some(Value::Opaque { .. }) | None => Ruling::Unsure,
                Some(value) => Ruling::Expected(value),
            },
            _ => Ruling::Unsure,
        }
    }
}
