//! One instance of the guest: a program, run on some tests, with nothing of the host's within its
//! reach.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use cogitree_engine::{ExecutorError, Limits};
use serde::{Deserialize, Serialize};
use wasmtime::component::{InstancePre, Linker, ResourceTable, WasmList};
use wasmtime::{Engine, Store, StoreContextMut, Trap, UpdateDeadline};
use wasmtime_wasi::{Deterministic, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::budget::Budget;
use super::clock::{self, VirtualClock};
use super::deadline::{self, Deadline};
use super::hot_pages::HotPages;
use super::limiter::Memory;
use super::recorder::{self, Recorder};
use super::spent::Spending;
use super::stop::Stop;
use super::transcript::{Told, Transcript};

/// Time within which an instance must have started; it is not the program's.
const START: Duration = Duration::from_secs(10);

/// The host's side of an instance.
pub(super) struct Guest {
    wasi: WasiCtx,
    pub(super) table: ResourceTable,
    pub(super) clock: VirtualClock,
    memory: Memory,
    transcript: Transcript,
    /// Where a trace is kept; `None` in an ordinary run.
    recorder: Option<Recorder>,
    hot: Arc<HotPages>,
    /// Whether this instance is one that shows which pages are hot.
    learning: bool,
    /// An address inside the linear memory, once the guest has told anything.
    inside: Option<usize>,
    /// What each test may use.
    budget: Budget,
    deadline: Deadline,
    /// Virtual time at which the running test started.
    started: u64,
}

impl Guest {
    fn new(work: &Work, metered: bool, chance: &Chance, hot: Arc<HotPages>) -> Self {
        let clock = VirtualClock::default();
        let mut wasi = WasiCtxBuilder::new();
        wasi.wall_clock(clock.clone())
            .monotonic_clock(clock.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .secure_random(Deterministic::new(chance.secure.clone()))
            .insecure_random(Deterministic::new(chance.insecure.clone()))
            .insecure_random_seed(0);
        let budget = work.budget(metered);
        let memory = match work.traced {
            Some(more) => Memory::new(&work.limits).and(more.memory),
            None => Memory::new(&work.limits),
        };
        Guest {
            wasi: wasi.build(),
            table: ResourceTable::new(),
            clock,
            memory,
            // A traced program writes to more pages than others.
            learning: work.traced.is_none() && hot.wants_to_learn(),
            recorder: work.traced.map(|_| Recorder::default()),
            hot,
            inside: None,
            transcript: Transcript::new(work.tests, (work.limits.output_kib as usize) << 10),
            deadline: Deadline::after(START),
            budget,
            started: 0,
        }
    }

    /// The latest virtual time that the running test may sleep to.
    pub(super) fn sleep_left(&self) -> u64 {
        self.budget.sleep_until(self.started)
    }
}

/// What one instance is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// The text of the job, as the guest reads it.
    pub(super) job: String,
    pub(super) tests: usize,
    pub(super) limits: Limits,
    /// What the last test may use in place of what the limits say, where it is traced.
    pub(super) traced: Option<Allowance>,
}

/// What a traced test may use.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Allowance {
    /// Time, or the fuel that stands for it.
    pub(super) work: Duration,
    /// Memory beyond the limit, in bytes.
    pub(super) memory: usize,
}

impl Work {
    fn budget(&self, metered: bool) -> Budget {
        let budget = Budget::of(&self.limits, metered);
        match self.traced {
            Some(more) => budget.watched(more.work),
            None => budget,
        }
    }

    /// Wall time enough to start, and for every test to run out of its own.
    pub(super) fn patience(&self, metered: bool) -> Duration {
        let tests = u32::try_from(self.tests).unwrap_or(u32::MAX);
        let each = self
            .budget(metered)
            .time
            .saturating_mul(tests.saturating_add(2));
        START.saturating_add(deadline::longest(each))
    }
}

/// Bytes that stand for randomness: the same in every run with that seed.
pub(super) struct Chance {
    secure: Vec<u8>,
    insecure: Vec<u8>,
}

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        let noise = |name: &[u8]| {
            let mut bytes = vec![0; 4096];
            blake3::Hasher::new()
                .update(name)
                .update(&seed.to_le_bytes())
                .finalize_xof()
                .fill(&mut bytes);
            bytes
        };
        Chance {
            secure: noise(b"secure"),
            insecure: noise(b"insecure"),
        }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// The kinds of message that are not only for the transcript, see `guest/wit/guest.wit`.
const READY: u8 = 0;
const STARTED: u8 = 3;
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
    if kind == recorder::EVENT || kind == recorder::STEPS {
        let bytes = Recorder::readable(bytes).to_vec();
        // In an ordinary run nobody sends these.
        let recorder = store.data_mut().recorder.as_mut().ok_or(Stop::Protocol)?;
        return Ok(recorder.take(kind, &bytes, used)?);
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
        if let (STARTED, Some(recorder)) = (kind, &mut guest.recorder) {
            *recorder = Recorder::default(); // what loading did is not the test's
        }
        guest.deadline = Deadline::after(guest.budget.time);
        guest.started = guest.clock.read();
        if let Some(fuel) = guest.budget.fuel {
            store.set_fuel(fuel)?;
        }
    }
    Ok(())
}

fn used_fuel(store: &StoreContextMut<'_, Guest>) -> u64 {
    match store.data().budget.fuel {
        Some(given) => given.saturating_sub(store.get_fuel().unwrap_or(0)),
        None => 0,
    }
}

/// How an instance ended, beside what it had told by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    work: &Work,
    metered: bool,
    chance: &Chance,
    hot: &Arc<HotPages>,
    spending: &Spending,
) -> Result<Told, ExecutorError> {
    let broken = |e: wasmtime::Error| ExecutorError(format!("the sandbox could not start: {e:#}"));
    let begun = Instant::now();
    let guest = Guest::new(work, metered, chance, Arc::clone(hot));
    let fuel = guest.budget.fuel;
    let patience = work.patience(metered);
    let mut store = Store::new(pre.engine(), guest);
    store.limiter(|guest| &mut guest.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().deadline.is_over() {
            return Err(Stop::Timeout.into());
        }
        Ok(UpdateDeadline::Continue(1))
    });
    if let Some(fuel) = fuel {
        store.set_fuel(fuel).map_err(broken)?;
    }
    let mut started = None;
    let outcome = finish(patience, async {
        let instance = pre.instantiate_async(&mut store).await?;
        let run = instance.get_typed_func::<(&str,), ()>(&mut store, "run")?;
        started = Some(Instant::now());
        let guest = store.data_mut();
        guest.deadline = Deadline::after(guest.budget.time);
        run.call_async(&mut store, (work.job.as_str(),)).await
    });
    let end = match outcome {
        Some(Ok(())) => End::Returned,
        Some(Err(_)) if started.is_none() && store.data().memory.refused() => {
            return Err(ExecutorError(format!(
                "a memory limit of {} MiB is less than the interpreter itself needs ({} MiB)",
                work.limits.memory_mib,
                store.data().memory.wanted_mib()
            )));
        }
        Some(Err(error)) if started.is_none() => return Err(broken(error)),
        // CPython's own stack lies at the low end of its memory. A recursion in C code that CPython
        // does not watch (a chain of 100,000 `map`s) leaves it there, and ends as such an access.
        Some(Err(error)) if error.downcast_ref() == Some(&Trap::MemoryOutOfBounds) => {
            End::StackFull
        }
        Some(Err(error)) => classify(&error),
        None => End::Stopped(Stop::Timeout),
    };
    let memory_refused = store.data().memory.refused();
    let end = match end {
        // The interpreter may crash on a refusal that its C code did not expect.
        End::Crashed(_) if memory_refused => End::Stopped(Stop::Memory),
        end => end,
    };
    let left = store.get_fuel().unwrap_or(0);
    let (started, ended) = (started.unwrap_or(begun), Instant::now());
    let used = fuel.map_or(0, |given| given.saturating_sub(left));
    let timed_out = end == End::Stopped(Stop::Timeout);
    let slept = timed_out && (fuel.is_none() || left > 0) && !store.data().deadline.is_over();
    // Whichever clock said so: the same in every run, however busy the machine.
    let counted = if timed_out { fuel.unwrap_or(0) } else { used };
    // The instance ends here, and its memory is put back. The next one to have it finds what
    // it will write to.
    let Guest {
        mut transcript,
        recorder,
        inside,
        ..
    } = store.into_data();
    hot.populate(inside);
    spending.add(started - begun, ended - started, ended.elapsed());
    transcript.interrupt(counted);
    Ok(Told {
        recorder,
        fuel: used,
        slept,
        ..transcript.told(end)
    })
}

pub(super) fn classify(error: &wasmtime::Error) -> End {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return End::Stopped(*stop);
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return End::Exited(exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => End::Stopped(Stop::Timeout),
        Some(Trap::StackOverflow) => End::StackFull,
        Some(trap) => End::Crashed(trap.to_string()),
        None => End::Crashed(error.root_cause().to_string()),
    }
}

/// Drives a future whose every wait is over at once: all that it awaits is the guest's code and
/// host calls that never sleep. Gives up after `patience`, should that ever not hold.
pub(super) fn finish<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
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
