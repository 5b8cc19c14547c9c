//! Where a sandbox's time goes.

use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many instances a [`Sandbox`](crate::Sandbox) has run, and the wall time of their phases, summed
/// over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// Instances that have ended.
    pub instances: u64,
    /// From the decision to start one until its interpreter is there.
    pub starting: Duration,
    /// Reading the job, loading the program and running its tests.
    pub running: Duration,
    /// Putting the memory back as it was, for the next one.
    pub ending: Duration,
}

impl Sub for Spent {
    type Output = Spent;

    /// What was spent since `earlier`.
    fn sub(self, earlier: Spent) -> Spent {
        Spent {
            instances: self.instances - earlier.instances,
            starting: self.starting - earlier.starting,
            running: self.running - earlier.running,
            ending: self.ending - earlier.ending,
        }
    }
}

/// The sums, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Spending {
    instances: AtomicU64,
    starting: AtomicU64,
    running: AtomicU64,
    ending: AtomicU64,
}

impl Spending {
    /// Adds an instance.
    pub(super) fn add(&self, starting: Duration, running: Duration, ending: Duration) {
        let add = |sum: &AtomicU64, time: Duration| {
            sum.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
        };
        add(&self.starting, starting);
        add(&self.running, running);
        add(&self.ending, ending);
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Spent {
        let time = |sum: &AtomicU64| Duration::from_nanos(sum.load(Ordering::Relaxed));
        Spent {
            instances: self.instances.load(Ordering::Relaxed),
            starting: time(&self.starting),
            running: time(&self.running),
            ending: time(&self.ending),
        }
    }
}
