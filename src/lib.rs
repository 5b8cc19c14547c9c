//! cogitree: Monte Carlo tree search over *thoughts*, for code.
//!
//! Given a programming problem (a statement and visible tests) it grows a tree of reasoning
//! steps, turns promising lines of thought into programs, runs them in a WebAssembly sandbox
//! with real CPython, turns what went wrong into verbal feedback, rethinks the thought that
//! failed, and returns the best program with its evidence.
//!
//! # Solve a problem
//! ```no_run
//! use cogitree::problem;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let loaded = problem::load("examples/problems/running_peak.toml".as_ref())?;
//! let outcome = cogitree::search(loaded.problem)?.simulations(500).seed(1).run()?;
//! if let Some(answer) = &outcome.answer {
//!     println!("{}", answer.program.source);
//!     println!("{} of {} tests", answer.evidence.passed, answer.evidence.tests);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Your own policy
//! Anything that offers thoughts and writes programs can think: a language model, a grammar,
//! a person.
//! ```
//! use cogitree::*;
//!
//! /// Knows three ways to treat two numbers.
//! struct Arithmetic;
//!
//! impl Policy for Arithmetic {
//!     fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
//!         if !ask.chain.thoughts.is_empty() {
//!             return Ok(vec![]); // one step is enough: a dead end
//!         }
//!         let ways = [("Add them.", "+", 0.5), ("Subtract.", "-", 0.3), ("Multiply.", "*", 0.2)];
//!         Ok(ways.map(|(text, op, prior)| Proposal { thought: Thought::encoded(text, op), prior }).into())
//!     }
//!     fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
//!         let op = ask.chain.thoughts[0].encoding.as_deref().unwrap_or("+");
//!         Ok(Program::new(format!("def f(a, b):\n    return a {op} b\n")))
//!     }
//! }
//! # fn is_policy(_: impl Policy) {}
//! # is_policy(Arithmetic);
//! ```
//!
//! # Your own executor
//! ```
//! use std::sync::Arc;
//! use cogitree::*;
//! # struct Arithmetic;
//! # impl Policy for Arithmetic {
//! #     fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
//! #         if !ask.chain.thoughts.is_empty() { return Ok(vec![]); }
//! #         let ways = [("Add them.", "+", 0.5), ("Subtract.", "-", 0.3), ("Multiply.", "*", 0.2)];
//! #         Ok(ways.map(|(text, op, prior)| Proposal { thought: Thought::encoded(text, op), prior }).into())
//! #     }
//! #     fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
//! #         let op = ask.chain.thoughts[0].encoding.as_deref().unwrap_or("+");
//! #         Ok(Program::new(format!("def f(a, b):\n    return a {op} b\n")))
//! #     }
//! # }
//!
//! /// Runs one-line programs of the form `return a OP b`, without a sandbox.
//! struct Calculator;
//!
//! impl Executor for Calculator {
//!     fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
//!         let one = |test: &Test| {
//!             let Test::Call { args, expected } = test else { return TestReport::new(Verdict::Denied) };
//!             let (Value::Int(a), Value::Int(b)) = (&args[0], &args[1]) else { return TestReport::new(Verdict::RuntimeError) };
//!             let result = match job.program.source.split("return a ").nth(1) {
//!                 Some(rest) if rest.starts_with('*') => a * b,
//!                 Some(rest) if rest.starts_with('-') => a - b,
//!                 _ => a + b,
//!             };
//!             let right = expected.as_ref().is_none_or(|e| e.same(&Value::Int(result)));
//!             TestReport::new(if right { Verdict::Passed } else { Verdict::WrongAnswer })
//!         };
//!         Ok(Report { tests: job.tests.iter().map(one).collect() })
//!     }
//! }
//!
//! let signature = Signature::new("f", [Parameter::new("a"), Parameter::new("b")]);
//! let problem = Problem {
//!     id: "times".into(),
//!     statement: "Combine two numbers.".into(),
//!     interface: Interface::Function(signature),
//!     tests: vec![Test::Call { args: vec![Value::Int(3), Value::Int(4)], expected: Some(Value::Int(12)) }],
//!     checker: Checker::Exact,
//!     limits: Limits::default(),
//! };
//! let outcome = Search::new(problem, Arc::new(Arithmetic), Arc::new(Calculator)).run()?;
//! assert!(outcome.solved);
//! assert!(outcome.answer.unwrap().program.source.contains("a * b"));
//! # Ok::<(), ConfigError>(())
//! ```
//!
//! # Hidden tests
//! A search is given a [`Problem`], which holds visible tests only. [`HiddenTests`] is a type
//! of the executors crate, on which neither the engine nor any policy depends: the search
//! cannot name it. Only a [`Judge`] can use it, on an answer, after the search.

pub mod problem;

use std::sync::Arc;

pub use cogitree_engine::*;
pub use cogitree_executors::{
    CompileError, HiddenTests, Isolation, Judge, Need, Progress, Sandbox, SandboxBuilder,
    SandboxError, Spent, Stage, State as NeedState, WasmExecutor, WasmSandbox, WasmSandboxBuilder,
    cache_folder, decode_source, doctor, serve_worker, trace,
};
#[cfg(feature = "onnx")]
pub use cogitree_policies::onnx;
pub use cogitree_policies::{Closeness, RecordError, Recorded, Recorder, Sketcher, llm};

/// A search with the defaults: the embedded [`Sketcher`] thinks, the [`Sandbox`] runs the
/// programs, [`Closeness`] gives partial credit.
///
/// # Errors
/// When the sandbox is not there and cannot be built: what is missing and how to get it.
pub fn search(problem: Problem) -> Result<Search, SandboxError> {
    let sandbox = Sandbox::open(|_| {})?;
    Ok(
        Search::new(problem, Arc::new(Sketcher::new()), Arc::new(sandbox))
            .value_model(Arc::new(Closeness)),
    )
}
