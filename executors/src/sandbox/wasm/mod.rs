//! Raw WebAssembly: a module with WASI preview 1, for languages that are compiled elsewhere.

mod executor;
mod host;
mod module;
mod preview1;
mod recent;
mod report;
mod run;

use std::fmt;
use std::sync::Arc;

use cogitree_engine::{Checker, ExecutorError, Limits, Report, Test, TestReport};
use wasmtime::{InstancePre, Linker};

use super::machine::{self, Ticker};
use super::slots::Slots;
use super::{Sandbox, SandboxError, default_slots};
use host::Host;
use module::Unfit;
use recent::Recent;

pub use executor::{CompileError, WasmExecutor};

/// Runs WebAssembly modules where they can do no harm.
///
/// A module is a program: it exports `_start`, reads standard input and writes standard output
/// through WASI preview 1, as compilers for `wasm32-wasip1` make it. Each test runs in a fresh
/// instance under the limits and verdicts of [`Sandbox`](crate::Sandbox): no file, no network, no
/// environment, no argument but its own name, virtual clocks, random bytes that are the same in
/// every run with one seed. Nothing has to be built first. One sandbox serves any number of threads.
///
/// ```
/// use cogitree_engine::Test;
/// use cogitree_executors::WasmSandbox;
///
/// // (module (func (export "_start")) (memory (export "memory") 1))
/// let silent = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
///     \x07\x13\x02\x06_start\0\0\x06memory\x02\0\x0a\x04\x01\x02\0\x0b";
/// let sandbox = WasmSandbox::open()?;
/// let test = Test::Stdio { input: "1 2\n".into(), expected: Some(String::new()) };
/// let report = sandbox.run_module(silent, &[test], &Default::default(), Default::default())?;
/// assert!(report.all_passed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WasmSandbox {
    linker: Linker<Host>,
    ticker: Ticker,
    slots: Slots,
    fuel: bool,
    seed: u64,
    largest: usize,
    checkers: Option<Arc<Sandbox>>,
    modules: Recent<InstancePre<Host>>,
}

/// Options of a [`WasmSandbox`]; see [`WasmSandbox::builder`].
#[derive(Clone, Debug)]
pub struct WasmSandboxBuilder {
    instances: u32,
    fuel: bool,
    seed: u64,
    largest: usize,
    checkers: Option<Arc<Sandbox>>,
}

impl WasmSandbox {
    /// A sandbox with other options than the default ones.
    pub fn builder() -> WasmSandboxBuilder {
        WasmSandboxBuilder {
            instances: default_slots(),
            fuel: true,
            seed: 0,
            largest: 8 << 20,
            checkers: None,
        }
    }

    /// Opens a sandbox with the default options.
    ///
    /// # Errors
    /// As [`WasmSandboxBuilder::open`].
    pub fn open() -> Result<WasmSandbox, SandboxError> {
        WasmSandbox::builder().open()
    }

    /// Whether bytes are meant as WebAssembly: they begin with `\0asm`.
    pub fn is_module(bytes: &[u8]) -> bool {
        bytes.starts_with(module::MAGIC)
    }

    /// Runs a module on every test; the report has one entry for each, in order.
    ///
    /// The module is compiled on its first run; the last 32 are kept. One that cannot be run at all
    /// (not valid, a component, an import that there is not, no `_start`) gets `runtime_error` on
    /// every test, and says why; one larger than the limit gets `denied`. A program that ends with
    /// another status than 0 or traps gets `runtime_error`, or `denied` where it had asked for
    /// something that is refused, or `memory_limit` where it was refused memory. `source_kib` of the
    /// limits is not about modules.
    ///
    /// # Errors
    /// When the machinery fails, or a test is not one of standard input and output. Where the checker is
    /// a program: when there is no sandbox for it ([`WasmSandboxBuilder::checkers`]), or it fails
    /// instead of deciding.
    pub fn run_module(
        &self,
        module: &[u8],
        tests: &[Test],
        checker: &Checker,
        limits: Limits,
    ) -> Result<Report, ExecutorError> {
        let by_program = match (checker, &self.checkers) {
            (Checker::Program { source }, Some(sandbox)) => Some((source, sandbox)),
            (Checker::Program { .. }, None) => {
                return Err(ExecutorError(
                    "the checker is a Python program, and this sandbox of modules was given none to \
                     run it in (`WasmSandboxBuilder::checkers`)"
                        .into(),
                ));
            }
            _ => None,
        };
        let inputs = tests.iter().enumerate().map(|(i, test)| match test {
            Test::Stdio { input, .. } => Ok((test, input.as_str())),
            _ => Err(ExecutorError(format!(
                "test {} calls a function; a module is tested on standard input",
                i + 1
            ))),
        });
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let all = |report: TestReport| Report {
            tests: vec![report; tests.len()],
        };
        if module.len() > self.largest {
            return Ok(all(report::too_large(module.len(), self.largest)));
        }
        let pre = match self
            .modules
            .get(module, || module::load(&self.linker, module))
        {
            Ok(pre) => pre,
            Err(Unfit::Module(error)) => return Ok(all(report::unfit(error))),
            Err(Unfit::Machinery(error)) => return Err(error),
        };
        let one = |(test, input)| {
            let _slot = self.slots.take();
            let _attended = self.ticker.attend();
            let outcome = run::run(&pre, input, &limits, self.fuel, self.seed)?;
            Ok(report::of_run(outcome, test, checker))
        };
        let mut reports = inputs.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
        if let Some((source, sandbox)) = by_program {
            sandbox.ask_checker(source, tests, &mut reports)?;
        }
        Ok(Report { tests: reports })
    }
}

impl WasmSandboxBuilder {
    /// How many programs run at once; further callers wait for a free place. Default: the number of
    /// cores, at most 64.
    pub fn instances(mut self, instances: u32) -> Self {
        self.instances = instances.clamp(1, 256);
        self
    }

    /// Whether fuel is metered, as for [`SandboxBuilder::fuel`](crate::SandboxBuilder::fuel).
    /// Default: on.
    pub fn fuel(mut self, fuel: bool) -> Self {
        self.fuel = fuel;
        self
    }

    /// What modules get in place of random bytes follows from this. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where checkers that are programs run ([`Checker::Program`]): they are Python, whatever the
    /// programs are written in.
    ///
    /// Default: nowhere. A job with such a checker is then an error.
    pub fn checkers(mut self, sandbox: Arc<Sandbox>) -> Self {
        self.checkers = Some(sandbox);
        self
    }

    /// The largest module accepted, in bytes. Default: 8 MiB.
    ///
    /// It bounds what compiling takes, which no other limit does: some seconds and some hundred MiB
    /// for the largest by default.
    pub fn largest_module(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Opens the sandbox.
    ///
    /// # Errors
    /// [`SandboxError::Runtime`] when the system has no room for the instances' address space.
    pub fn open(self) -> Result<WasmSandbox, SandboxError> {
        let runtime = |e: wasmtime::Error| SandboxError::Runtime(format!("{e:#}"));
        let engine = machine::engine(self.fuel, self.instances).map_err(runtime)?;
        let ticker = Ticker::new(&engine)
            .map_err(|e| SandboxError::Runtime(format!("cannot start a thread: {e}")))?;
        Ok(WasmSandbox {
            linker: preview1::linker(&engine).map_err(runtime)?,
            ticker,
            slots: Slots::new(self.instances),
            fuel: self.fuel,
            seed: self.seed,
            largest: self.largest,
            checkers: self.checkers,
            modules: Recent::default(),
        })
    }
}

impl fmt::Debug for WasmSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmSandbox")
            .field("fuel", &self.fuel)
            .field("largest", &self.largest)
            .finish_non_exhaustive()
    }
}
