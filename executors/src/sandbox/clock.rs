//! Virtual time. A program that asks for the time is told a time that passes with every question
//! and with every sleep, so two runs see the same times and no run waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, async_trait};

use super::instance::Guest;
use super::stop::Stop;

/// The first time told: 2023-11-14 22:13:20 UTC.
const EPOCH: Duration = Duration::from_secs(1_700_000_000);

/// How far a question moves the time, in nanoseconds.
const QUESTION: u64 = 1_000;

/// The time of one instance, in nanoseconds since its start. Clones share it.
#[derive(Clone, Default)]
pub(super) struct VirtualClock(Arc<AtomicU64>);

impl VirtualClock {
    pub(super) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn ask(&self) -> u64 {
        self.0.fetch_add(QUESTION, Ordering::Relaxed)
    }

    pub(super) fn advance_to(&self, when: u64) {
        self.0.fetch_max(when, Ordering::Relaxed);
    }
}

impl HostWallClock for VirtualClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(QUESTION)
    }
    fn now(&self) -> Duration {
        EPOCH + Duration::from_nanos(self.ask())
    }
}

impl HostMonotonicClock for VirtualClock {
    fn resolution(&self) -> u64 {
        QUESTION
    }
    fn now(&self) -> u64 {
        self.ask()
    }
}

/// A sleep until a virtual time: over at once, and the time is then reached.
struct Sleep {
    clock: VirtualClock,
    until: u64,
}

#[async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        self.clock.advance_to(self.until);
    }
}

/// Replaces the clock of `wasmtime-wasi`, which really sleeps, by ours.
pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    monotonic_clock::add_to_linker::<Guest, HasClock>(linker, |guest| ClockView {
        asleep_allowed: guest.sleep_left(),
        clock: &guest.clock,
        table: &mut guest.table,
    })
}

struct HasClock;

impl HasData for HasClock {
    type Data<'a> = ClockView<'a>;
}

struct ClockView<'a> {
    clock: &'a VirtualClock,
    table: &'a mut ResourceTable,
    /// The latest virtual time that the running test may sleep to.
    asleep_allowed: u64,
}

impl monotonic_clock::Host for ClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.ask())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(QUESTION)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        // A program that sleeps past its limit is out of time: nobody needs to wait for it.
        if when > self.asleep_allowed {
            return Err(Stop::Timeout.into());
        }
        let sleep = self.table.push(Sleep {
            clock: self.clock.clone(),
            until: when,
        })?;
        subscribe(self.table, sleep)
    }

    fn subscribe_duration(&mut self, nanos: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_instant(self.clock.read().saturating_add(nanos))
    }
}
