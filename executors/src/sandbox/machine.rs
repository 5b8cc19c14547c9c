//! The wasmtime engine: configured once, shared by all instances, ticked by one thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, OptLevel,
    PoolingAllocationConfig,
};

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(5);

/// The host's stack that an instance may use. CPython looks after another one, of 1 MiB in linear
/// memory, and raises `RecursionError` before that is full; a recursion through C code that takes little
/// of it must find room here meanwhile. Address space until it is used, and given back afterwards.
const WASM_STACK: usize = 256 << 20;

/// What of a stack is kept for the next instance: more than ordinary programs use, which is some
/// 16 KiB. All of it is set to zero each time.
const KEPT_STACK: usize = 64 << 10;

/// Entries of a table. CPython's has about 11,000.
const TABLE: usize = 40_000;

/// What of a table is kept for the next instance: all of it. Each instance fills it anew, and giving its
/// pages back first would interrupt the other threads of this process and cost a page fault each.
const KEPT_TABLE: usize = TABLE * 8;

/// The compiler's part of the configuration, on which compiled code depends.
fn compiler(fuel: bool) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .consume_fuel(fuel)
        // WebAssembly leaves the bits of a NaN open, and processors differ.
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .memory_init_cow(true)
        // The snapshot is some 50 MiB of memory: mapped, never copied.
        .memory_guaranteed_dense_image_size(256 << 20)
        .max_wasm_stack(WASM_STACK)
        // Each instance runs on a stack of its own, so that callers need no more than theirs.
        .async_stack_size(WASM_STACK + (2 << 20))
        // A stack that was used deeply is not kept as memory of this process.
        .async_stack_zeroing(true)
        .wasm_backtrace_max_frames(None);
    config
}

/// An engine for compiling and for running up to `slots` instances at once.
pub(super) fn engine(fuel: bool, slots: u32) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 40)
        .total_memories(slots)
        .total_tables(slots * 4)
        .total_stacks(slots)
        .async_stack_keep_resident(KEPT_STACK)
        .table_keep_resident(KEPT_TABLE)
        .max_core_instances_per_component(64)
        .max_memories_per_component(1)
        .max_tables_per_component(4)
        .table_elements(TABLE)
        .max_memory_size(4 << 30)
        .max_unused_warm_slots(slots)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        // With it the kernel would say which pages were written to, and only those be put back: 4 %
        // faster programs. But wasmtime 48 looks for pages that are present. One that was written to
        // and swapped out meanwhile would stay as it is, and a program leave something to the next
        // (https://github.com/bytecodealliance/wasmtime/pull/14357).
        .pagemap_scan(Enabled::No);
    let mut config = compiler(fuel);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// Raises the engine's epoch while instances run. Its thread ends with the engine.
pub(super) struct Ticker {
    running: Arc<(Mutex<Running>, Condvar)>,
}

struct Running {
    instances: usize,
    closed: bool,
}

impl Ticker {
    pub(super) fn new(engine: &Engine) -> std::io::Result<Self> {
        let running = Arc::new((
            Mutex::new(Running {
                instances: 0,
                closed: false,
            }),
            Condvar::new(),
        ));
        let (shared, engine) = (Arc::clone(&running), engine.weak());
        std::thread::Builder::new()
            .name("cogitree-ticker".into())
            .spawn(move || tick(&shared, &engine))?;
        Ok(Ticker { running })
    }

    /// Deadlines are looked at while what is returned lives.
    pub(super) fn attend(&self) -> Attended<'_> {
        self.change(|r| r.instances += 1);
        Attended(self)
    }

    fn change(&self, change: impl FnOnce(&mut Running)) {
        let (running, changed) = &*self.running;
        change(&mut running.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_one();
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.change(|r| r.closed = true);
    }
}

fn tick(shared: &(Mutex<Running>, Condvar), engine: &EngineWeak) {
    let (running, changed) = shared;
    loop {
        {
            let mut state = running.lock().unwrap_or_else(PoisonError::into_inner);
            while state.instances == 0 && !state.closed {
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
        }
        std::thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

/// See [`Ticker::attend`].
pub(super) struct Attended<'a>(&'a Ticker);

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.0.change(|r| r.instances -= 1);
    }
}
