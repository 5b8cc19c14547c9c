//! Programs in a language that is compiled to WebAssembly, as an executor.

use std::fmt;
use std::sync::Arc;

use cogitree_engine::{
    Executor, ExecutorError, Feedback, FeedbackLevel, Job, Problem, Program, ProgramError, Report,
};
use thiserror::Error;

use super::recent::Recent;
use super::{WasmSandbox, report};
use crate::feedback;

/// A program could not be compiled.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The program is wrong, which is a verdict: `runtime_error` on every test.
    #[error("{0}")]
    Program(ProgramError),
    /// The compiler could not be run, which says nothing about the program.
    #[error("{0}")]
    Machinery(ExecutorError),
}

/// An executor for a language that a compiler of yours turns into WebAssembly with WASI preview 1.
///
/// `compile` is given each program, and gives the bytes of a module; it may call from many threads.
/// The last programs' modules are kept, so that further tests of a program need no compiler.
///
/// ```
/// use cogitree_engine::{Executor, Program, ProgramError};
/// use cogitree_executors::{CompileError, WasmExecutor, WasmSandbox};
///
/// let compile = |program: &Program| -> Result<Vec<u8>, CompileError> {
///     // Run a compiler on `program.source` here.
///     Err(CompileError::Program(ProgramError {
///         kind: "SyntaxError".into(),
///         message: "expected `}`".into(),
///         line: Some(1),
///         source_line: Some(program.source.clone()),
///     }))
/// };
/// let executor: Box<dyn Executor> = Box::new(WasmExecutor::new(WasmSandbox::open()?, compile));
/// # Ok::<(), cogitree_executors::SandboxError>(())
/// ```
pub struct WasmExecutor<C> {
    sandbox: WasmSandbox,
    compile: C,
    compiled: Recent<Arc<[u8]>>,
}

impl<C> WasmExecutor<C>
where
    C: Fn(&Program) -> Result<Vec<u8>, CompileError> + Send + Sync,
{
    /// An executor that runs what `compile` makes in `sandbox`.
    pub fn new(sandbox: WasmSandbox, compile: C) -> Self {
        WasmExecutor {
            sandbox,
            compile,
            compiled: Recent::default(),
        }
    }
}

impl<C> Executor for WasmExecutor<C>
where
    C: Fn(&Program) -> Result<Vec<u8>, CompileError> + Send + Sync,
{
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let compile = || (self.compile)(job.program).map(Arc::from);
        let module = match self.compiled.get(job.program.source.as_bytes(), compile) {
            Ok(module) => module,
            Err(CompileError::Program(error)) => {
                return Ok(Report {
                    tests: vec![report::unfit(error); job.tests.len()],
                });
            }
            Err(CompileError::Machinery(error)) => return Err(error),
        };
        self.sandbox
            .run_module(&module, job.tests, job.checker, job.limits)
    }

    fn explain(
        &self,
        problem: &Problem,
        _program: &Program,
        report: &Report,
        level: FeedbackLevel,
    ) -> Feedback {
        feedback::explain(problem, report, level)
    }
}

impl<C> fmt::Debug for WasmExecutor<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmExecutor")
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}
