//! One instance of the guest: a program, run on some tests, with nothing of the host's within its
//! reach.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use cogitree_engine::{ExecutorError, Limits};
use wasmtime::component::{InstancePre, Linker, ResourceTable, WasmList};
use wasmtime::{Engine, ResourceLimiter, Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::{Deterministic, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::clock::{self, VirtualClock};
use super::hot_pages::HotPages;
use super::stop::Stop;
use super::transcript::Transcript;

/// Refused requests for memory after which a program that goes on asking is ended.
const REFUSALS: u32 = 64;

/// Entries of all tables together; the interpreter has about 11,000.
const TABLE_ENTRIES: usize = 200_000;

/// The fuel that stands for a second of a test's time limit: what a processor of 2025 burns in about
/// one, running CPython (1.1e10 in loops, string and dictionary work; 1.6e10 in calls).
const FUEL_PER_SECOND: f64 = 1e10;

/// Where fuel decides, wall time may be so many times the limit: it only catches what fuel does not
/// count, and a machine that is slow or busy must not change a verdict.
const SLACK: u32 = 3;

/// Wall time within which an instance must have started, on however busy a machine; it is not the
/// program's.
const START: Duration = Duration::from_secs(10);

/// The host's side of an instance.
pub(super) struct Guest {
    wasi: WasiCtx,
    pub(super) table: ResourceTable,
    pub(super) clock: VirtualClock,
    memory: Memory,
    transcript: Transcript,
    hot: Arc<HotPages>,
    /// Whether this instance is one that shows which pages are hot.
    learning: bool,
    /// An address inside the linear memory, once the guest has told anything.
    inside: Option<usize>,
    /// Wall time that a test may use.
    allowed: Duration,
    /// Virtual time that a test may sleep.
    sleep: Duration,
    deadline: Instant,
    /// Virtual time at which the running test started.
    started: u64,
    /// Fuel that a test may use; `None` where fuel is not metered.
    fuel: Option<u64>,
}

impl Guest {
    fn new(limits: &Limits, tests: usize, metered: bool, seed: u64, hot: Arc<HotPages>) -> Self {
        let clock = VirtualClock::default();
        let mut wasi = WasiCtxBuilder::new();
        wasi.wall_clock(clock.clone())
            .monotonic_clock(clock.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .secure_random(noise(b"secure", seed))
            .insecure_random(noise(b"insecure", seed))
            .insecure_random_seed(0);
        let limit = seconds(limits.seconds);
        let allowed = if metered { limit * SLACK } else { limit };
        Guest {
            wasi: wasi.build(),
            table: ResourceTable::new(),
            clock,
            memory: Memory {
                largest: (limits.memory_mib as usize) << 20,
                refused: 0,
                wanted: 0,
            },
            learning: hot.wants_to_learn(),
            hot,
            inside: None,
            transcript: Transcript::new(tests, (limits.output_kib as usize) << 10),
            allowed,
            deadline: Instant::now() + START,
            started: 0,
            sleep: limit,
            fuel: metered.then_some((limit.as_secs_f64() * FUEL_PER_SECOND) as u64),
        }
    }

    /// The latest virtual time that the running test may sleep to.
    pub(super) fn sleep_left(&self) -> u64 {
        let allowed = u64::try_from(self.sleep.as_nanos()).unwrap_or(u64::MAX);
        self.started.saturating_add(allowed)
    }
}

/// Bytes that stand for randomness: the same in every run with that seed.
fn noise(name: &[u8], seed: u64) -> Deterministic {
    let mut bytes = vec![0; 4096];
    blake3::Hasher::new()
        .update(name)
        .update(&seed.to_le_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    Deterministic::new(bytes)
}

/// A limit in seconds as a duration: at most a day, at least a millisecond.
fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(if s.is_nan() { 0.0 } else { s }.clamp(0.001, 86_400.0))
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

struct Memory {
    largest: usize,
    refused: u32,
    /// What was asked for when it was refused last.
    wanted: usize,
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired <= self.largest {
            return Ok(true);
        }
        // A refusal is a MemoryError in Python, with its line. A program that catches it and goes
        // on asking is ended here.
        self.refused += 1;
        self.wanted = desired;
        if self.refused > REFUSALS {
            return Err(Stop::Memory.into());
        }
        Ok(false)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ENTRIES)
    }
}

/// The kinds of message that are not only for the transcript, see `guest/wit/guest.wit`.
const READY: u8 = 0;
const ENDED: u8 = 4;

/// Everything that the guest imports.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    linker.allow_shadowing(true);
    clock::add_to_linker(&mut linker)?;
    linker.root().func_wrap("emit", emit)?;
    Ok(linker)
}

fn emit(
    mut store: StoreContextMut<'_, Guest>,
    (kind, data): (u8, WasmList<u8>),
) -> wasmtime::Result<()> {
    let used = used_fuel(&store);
    let bytes = data.as_le_slice(&store);
    if kind == READY {
        store.data_mut().inside = Some(bytes.as_ptr().addr());
        return Ok(());
    }
    // A message is no reason to hold as much memory as a guest may: of one that is too long, so much is
    // taken over as shows that it is.
    let longest = store.data().transcript.longest();
    let bytes = bytes[..bytes.len().min(longest + 1)].to_vec();
    let guest = store.data_mut();
    if kind == ENDED && guest.learning {
        guest.hot.learn(guest.inside);
    }
    let anew = guest.transcript.take(kind, &bytes, used)?;
    if anew {
        guest.deadline = Instant::now() + guest.allowed;
        guest.started = guest.clock.read();
        if let Some(fuel) = guest.fuel {
            store.set_fuel(fuel)?;
        }
    }
    Ok(())
}

fn used_fuel(store: &StoreContextMut<'_, Guest>) -> u64 {
    match store.data().fuel {
        Some(given) => given.saturating_sub(store.get_fuel().unwrap_or(0)),
        None => 0,
    }
}

/// How an instance ended, beside what it had told by then.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// By the host, for this reason.
    Stopped(Stop),
    /// The program left with this status.
    Exited(i32),
    /// The interpreter's stack was full.
    StackFull,
    /// The interpreter crashed.
    Crashed(String),
    /// The guest returned: it has told all it had to tell.
    Returned,
}

/// Runs a job in a fresh instance until it ends. An error is one of the machinery's.
pub(super) fn run(
    pre: &InstancePre<Guest>,
    job: &str,
    tests: usize,
    limits: &Limits,
    metered: bool,
    seed: u64,
    hot: &Arc<HotPages>,
) -> Result<(Transcript, End), ExecutorError> {
    let broken = |e: wasmtime::Error| ExecutorError(format!("the sandbox could not start: {e:#}"));
    let guest = Guest::new(limits, tests, metered, seed, Arc::clone(hot));
    let fuel = guest.fuel;
    // Time enough for every test to run out of its own.
    let patience = START + guest.allowed * (tests as u32 + 2);
    let mut store = Store::new(pre.engine(), guest);
    store.limiter(|guest| &mut guest.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if Instant::now() >= store.data().deadline {
            return Err(Stop::Timeout.into());
        }
        Ok(UpdateDeadline::Continue(1))
    });
    if let Some(fuel) = fuel {
        store.set_fuel(fuel).map_err(broken)?;
    }
    let mut started = false;
    let outcome = finish(patience, async {
        let instance = pre.instantiate_async(&mut store).await?;
        let run = instance.get_typed_func::<(&str,), ()>(&mut store, "run")?;
        started = true;
        let guest = store.data_mut();
        guest.deadline = Instant::now() + guest.allowed;
        run.call_async(&mut store, (job,)).await
    });
    let end = match outcome {
        Some(Ok(())) => End::Returned,
        Some(Err(_)) if !started && store.data().memory.refused > 0 => {
            return Err(ExecutorError(format!(
                "a memory limit of {} MiB is less than the interpreter itself needs ({} MiB)",
                limits.memory_mib,
                store.data().memory.wanted.div_ceil(1 << 20)
            )));
        }
        Some(Err(error)) if !started => return Err(broken(error)),
        Some(Err(error)) => classify(&error),
        None => End::Stopped(Stop::Timeout),
    };
    let memory_refused = store.data().memory.refused > 0;
    let end = match end {
        // The interpreter may crash on a refusal that its C code did not expect.
        End::Crashed(_) if memory_refused => End::Stopped(Stop::Memory),
        end => end,
    };
    let left = match end {
        // Whichever clock said so: the same in every run, however busy the machine.
        End::Stopped(Stop::Timeout) => 0,
        _ => store.get_fuel().unwrap_or(0),
    };
    // The instance ends here, and its memory is put back. The next one to have it finds what
    // it will write to.
    let Guest {
        mut transcript,
        inside,
        ..
    } = store.into_data();
    hot.populate(inside);
    transcript.interrupt(fuel.map_or(0, |given| given.saturating_sub(left)));
    Ok((transcript, end))
}

fn classify(error: &wasmtime::Error) -> End {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return End::Stopped(*stop);
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return End::Exited(exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => End::Stopped(Stop::Timeout),
        // CPython's own stack lies at the low end of its memory. A recursion in C code that CPython
        // does not watch (a chain of 100,000 `map`s) leaves it there, and ends as such an access.
        Some(Trap::StackOverflow | Trap::MemoryOutOfBounds) => End::StackFull,
        Some(trap) => End::Crashed(trap.to_string()),
        None => End::Crashed(error.root_cause().to_string()),
    }
}

/// Drives a future whose every wait is over at once: all that it awaits is the guest's code and
/// host calls that never sleep. Gives up after `patience`, should that ever not hold.
fn finish<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
    let start = Instant::now();
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        if start.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
