//! One run of a module: a fresh instance, from its start to its end.

use std::time::Instant;

use cogitree_engine::{ExecutorError, Limits};
use wasmtime::{InstancePre, Store, Trap, UpdateDeadline};
use wasmtime_wasi::I32Exit;

use super::super::budget::Budget;
use super::super::deadline;
use super::super::instance::{End, classify, finish};
use super::super::stop::Stop;
use super::super::transcript::Entry;
use super::host::Host;

/// What came of a run.
pub(super) struct Outcome {
    pub(super) entry: Entry,
    pub(super) end: End,
    /// Whether the program was refused memory.
    pub(super) short_of_memory: bool,
    /// The first thing that was asked for and refused.
    pub(super) denied: Option<&'static str>,
}

/// Runs a module on `input` until it ends. An error is one of the machinery's.
pub(super) fn run(
    pre: &InstancePre<Host>,
    input: &str,
    limits: &Limits,
    metered: bool,
    seed: u64,
) -> Result<Outcome, ExecutorError> {
    let broken = |e: wasmtime::Error| ExecutorError(format!("a module could not start: {e:#}"));
    let budget = Budget::of(limits, metered);
    let start = Instant::now();
    let mut store = Store::new(
        pre.module().engine(),
        Host::new(input, limits, &budget, seed),
    );
    store.limiter(|host| &mut host.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().deadline.is_over() {
            return Err(Stop::Timeout.into());
        }
        Ok(UpdateDeadline::Continue(1))
    });
    if let Some(fuel) = budget.fuel {
        store.set_fuel(fuel).map_err(broken)?;
    }
    let mut started = false;
    let outcome = finish(deadline::longest(2 * budget.time), async {
        // Instantiating may run code of the module, its start function.
        let instance = pre.instantiate_async(&mut store).await?;
        let entry = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        started = true;
        entry.call_async(&mut store, ()).await
    });
    let end = match outcome {
        Some(Ok(())) => End::Returned,
        Some(Err(error)) if started || of_the_module(&error) => classify(&error),
        // Its first memory is larger than the limit.
        Some(Err(_)) if store.data().memory.refused() => End::Stopped(Stop::Memory),
        Some(Err(error)) => return Err(broken(error)),
        None => End::Stopped(Stop::Timeout),
    };
    let left = store.get_fuel().unwrap_or(0);
    let host = store.into_data();
    Ok(Outcome {
        entry: Entry {
            stdout: host.stdout.bytes,
            stderr: host.stderr.bytes,
            time: start.elapsed(),
            fuel: budget.fuel.map_or(0, |given| given.saturating_sub(left)),
            ..Entry::default()
        },
        end,
        short_of_memory: host.memory.refused(),
        denied: host.denied,
    })
}

/// Whether an error on instantiating comes of code that the module ran.
fn of_the_module(error: &wasmtime::Error) -> bool {
    error.is::<Trap>() || error.is::<Stop>() || error.is::<I32Exit>()
}
