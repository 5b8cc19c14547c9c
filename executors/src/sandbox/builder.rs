//! Options of a [`Sandbox`].

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Instances, Isolation, Local, Pool, Sandbox, SandboxError, default_slots, machine};
use crate::feedback;
use crate::guest::{self, Cache, Progress};

/// Options of a [`Sandbox`]; see [`Sandbox::builder`].
// Written as JSON, it tells a worker process what to open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SandboxBuilder {
    instances: Option<u32>,
    pub(super) fuel: bool,
    pub(super) seed: u64,
    instance_per_test: bool,
    feedback_tokens: usize,
    #[serde(skip)]
    isolation: Isolation,
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
            instance_per_test: false,
            feedback_tokens: feedback::TOKENS,
            isolation: Isolation::Instance,
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
    /// against their limits where fuel is not metered.
    pub fn instances(mut self, instances: u32) -> Self {
        self.instances = Some(instances.clamp(1, 256));
        self
    }

    /// Whether fuel is metered: a count of executed WebAssembly instructions, in
    /// [`TestReport::fuel`](cogitree_engine::TestReport::fuel), that is the same in every run.
    ///
    /// Default: on. A test then times out when it has burnt as much fuel as an ordinary machine
    /// burns in [`Limits::seconds`](cogitree_engine::Limits::seconds), whatever else this machine
    /// does; time ends it only at three times the limit. Off, time alone decides, at the
    /// limit. Time is that for which a processor worked on it, not that for which it waited for its
    /// turn (wall time where the system does not tell). Metering costs 13 to 29 % in busy programs and little in short ones. Code compiled
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

    /// Whether every test gets an instance of its own, so that nothing a program keeps (a global, a
    /// cache, a changed module of the library) is there in the next test.
    ///
    /// Default: off. A program is then loaded once and called for each test in turn, each time with
    /// fresh arguments; only after a test that ended the instance do the others get a new one. On, the
    /// program is loaded for each test, which costs a millisecond or two for each. Tests of standard
    /// input have an instance of their own either way.
    pub fn instance_per_test(mut self, alone: bool) -> Self {
        self.instance_per_test = alone;
        self
    }

    /// How long feedback may be, in tokens of about four characters; at least 50. What is told least is
    /// cut first: of a trace what is neither its beginning nor its end, then the middle of the whole.
    ///
    /// Default: 700, about a page of code.
    pub fn feedback_tokens(mut self, tokens: usize) -> Self {
        self.feedback_tokens = tokens.clamp(50, 1 << 20);
        self
    }

    /// Where the instances are: in this process, or in worker processes.
    ///
    /// Default: [`Isolation::Instance`]. With workers a program costs about a millisecond more, and
    /// each worker some memory of its own.
    ///
    /// ```no_run
    /// use cogitree_executors::{Isolation, Sandbox};
    /// let worker = vec!["/usr/local/bin/cogitree".into(), "worker".into()];
    /// let sandbox = Sandbox::builder()
    ///     .isolation(Isolation::Process { worker })
    ///     .open(|_| {})?;
    /// # Ok::<(), cogitree_executors::SandboxError>(())
    /// ```
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
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
    pub fn open(mut self, mut progress: impl FnMut(&Progress)) -> Result<Sandbox, SandboxError> {
        let slots = self.instances.unwrap_or_else(default_slots);
        let cache = match self.cache.take() {
            Some(folder) => Cache::at(folder),
            None => Cache::of_user()?,
        };
        let mut obtain = |slots| {
            let engine = machine::engine(self.fuel, slots).map_err(SandboxError::runtime)?;
            let guest = guest::obtain(&cache, &engine, self.python.as_deref(), &mut progress)?;
            Ok::<_, SandboxError>((engine, guest))
        };
        let instances = match std::mem::take(&mut self.isolation) {
            Isolation::Instance => {
                let (engine, guest) = obtain(slots)?;
                Instances::Here(Local::new(&engine, &guest, slots, &self)?)
            }
            Isolation::Process { worker } => {
                // Building it is done here, where it can be seen and has an environment: a worker
                // only loads it.
                obtain(1)?;
                let folder = std::path::absolute(cache.root())
                    .map_err(SandboxError::file("find", cache.root()))?;
                let options = SandboxBuilder {
                    instances: Some(1),
                    cache: Some(folder),
                    ..self.clone()
                };
                Instances::InWorkers(Pool::open(worker, slots, options)?)
            }
        };
        let sandbox = Sandbox {
            instances,
            instance_per_test: self.instance_per_test,
            seed: self.seed,
            feedback: self.feedback_tokens * feedback::PER_TOKEN,
        };
        if let Instances::Here(_) = sandbox.instances {
            sandbox.warm_up();
        }
        Ok(sandbox)
    }
}
