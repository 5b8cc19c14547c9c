//! Options of a [`Sandbox`].

use std::path::PathBuf;
use std::sync::Arc;

use super::machine::{self, Ticker};
use super::slots::Slots;
use super::{Sandbox, SandboxError, instance};
use crate::guest::{self, Cache, Progress};

/// Options of a [`Sandbox`]; see [`Sandbox::builder`].
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    instances: Option<u32>,
    fuel: bool,
    seed: u64,
    cache: Option<PathBuf>,
    python: Option<PathBuf>,
}

impl Sandbox {
    /// A sandbox with other options than the default ones.
    ///
    /// ```no_run
    /// use cogitree_executors::Sandbox;
    /// let sandbox = Sandbox::builder().instances(2).open(|_| {})?;
    /// # Ok::<(), cogitree_executors::SandboxError>(())
    /// ```
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder {
            instances: None,
            fuel: true,
            seed: 0,
            cache: None,
            python: None,
        }
    }

    /// Opens a sandbox with the default options. See [`SandboxBuilder::open`].
    ///
    /// # Errors
    /// As [`SandboxBuilder::open`].
    pub fn open(progress: impl FnMut(&Progress)) -> Result<Sandbox, SandboxError> {
        Sandbox::builder().open(progress)
    }
}

impl SandboxBuilder {
    /// How many programs run at once; further callers wait for a free place.
    ///
    /// Default: the number of cores, at most 64. Each place reserves 4 GiB of address space, of
    /// which only what programs touch becomes memory. More places than cores make programs slower
    /// against their wall-time limits.
    pub fn instances(mut self, instances: u32) -> Self {
        self.instances = Some(instances.clamp(1, 256));
        self
    }

    /// Whether fuel is metered: a count of executed WebAssembly instructions, in
    /// [`TestReport::fuel`](cogitree_engine::TestReport::fuel), that is the same in every run.
    ///
    /// Default: on. A test then times out when it has burnt as much fuel as an ordinary machine
    /// burns in [`Limits::seconds`](cogitree_engine::Limits::seconds), whatever else this machine
    /// does; wall time ends it only at three times the limit. Off, wall time alone decides, at the
    /// limit. Metering costs some 15 % in busy loops and little in short programs. Code compiled
    /// with and without it is kept apart, so the first use of either compiles the guest.
    pub fn fuel(mut self, fuel: bool) -> Self {
        self.fuel = fuel;
        self
    }

    /// What programs get in place of randomness follows from this: `random`, `os.urandom`, and with them
    /// `secrets`, `uuid` and `random.SystemRandom`.
    ///
    /// Default: 0. Nothing else depends on it: clocks, hashes of strings and with them the order of
    /// sets, and `id` are the same for every seed. Every program starts with the same state, whatever was
    /// run before it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The folder under which the guest is kept.
    ///
    /// Default: `$COGITREE_CACHE`, else `$XDG_CACHE_HOME/cogitree`, else `~/.cache/cogitree`.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// The Python that the guest is built with, should it have to be built.
    ///
    /// Default: `$COGITREE_PYTHON`, else the first suitable one in the search path. It does not
    /// matter for what programs see: the guest has an interpreter of its own.
    pub fn python(mut self, python: impl Into<PathBuf>) -> Self {
        self.python = Some(python.into());
        self
    }

    /// Opens the sandbox. Builds and compiles the guest if that has not been done before, which
    /// takes about a minute and needs Python and the network; otherwise it takes some
    /// milliseconds. `progress` is told of each step.
    ///
    /// # Errors
    /// See the variants of [`SandboxError`].
    pub fn open(self, mut progress: impl FnMut(&Progress)) -> Result<Sandbox, SandboxError> {
        let runtime = |e: wasmtime::Error| SandboxError::Runtime(format!("{e:#}"));
        let slots = self.instances.unwrap_or_else(|| {
            let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
            u32::try_from(cores).map_or(64, |n| n.min(64))
        });
        let engine = machine::engine(self.fuel, slots).map_err(runtime)?;
        let cache = match self.cache {
            Some(folder) => Cache::at(folder),
            None => Cache::of_user()?,
        };
        let component = guest::obtain(&cache, &engine, self.python.as_deref(), &mut progress)?;
        let pre = instance::linker(&engine)
            .and_then(|linker| linker.instantiate_pre(&component))
            .map_err(runtime)?;
        let ticker = Ticker::new(&engine)
            .map_err(|e| SandboxError::Runtime(format!("cannot start a thread: {e}")))?;
        let sandbox = Sandbox {
            pre,
            ticker,
            slots: Slots::new(slots),
            fuel: self.fuel,
            seed: self.seed,
            hot: Arc::default(),
        };
        sandbox.warm_up();
        Ok(sandbox)
    }
}
