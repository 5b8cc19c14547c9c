//! What a test may use, on each of the clocks.

use std::time::Duration;

use cogitree_engine::Limits;

/// The fuel that stands for a second of a test's time limit: what a processor of 2025 burns in about
/// one, running CPython (1.1e10 in loops, string and dictionary work; 1.6e10 in calls).
const FUEL_PER_SECOND: f64 = 1e10;

/// Where fuel decides, time may be so many times the limit: it only catches what fuel does not
/// count, and a slow machine must not change a verdict.
const SLACK: u32 = 3;

/// The same for a traced run, on which no verdict depends.
const TRACED_SLACK: u32 = 20;

/// The time limit of a test, as it is counted.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// Time for which a processor may work.
    pub(super) time: Duration,
    /// Virtual time that may be slept.
    pub(super) sleep: Duration,
    /// Fuel; `None` where it is not metered.
    pub(super) fuel: Option<u64>,
}

impl Budget {
    pub(super) fn of(limits: &Limits, metered: bool) -> Self {
        Budget::of_work(seconds(limits.seconds), metered, SLACK)
    }

    fn of_work(work: Duration, metered: bool, slack: u32) -> Self {
        Budget {
            time: if metered { work * slack } else { work },
            sleep: work,
            fuel: metered.then(|| fuel(work)),
        }
    }

    /// The same for a test that is watched: so much work, and no more sleep than before.
    pub(super) fn watched(self, work: Duration) -> Self {
        Budget {
            sleep: self.sleep,
            ..Budget::of_work(work, self.fuel.is_some(), TRACED_SLACK)
        }
    }

    /// The latest virtual time, in nanoseconds, that a test may sleep to which began at `started`.
    pub(super) fn sleep_until(&self, started: u64) -> u64 {
        let allowed = u64::try_from(self.sleep.as_nanos()).unwrap_or(u64::MAX);
        started.saturating_add(allowed)
    }
}

/// A limit in seconds as a duration: at most a day, at least a millisecond.
pub(super) fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(if s.is_nan() { 0.0 } else { s }.clamp(0.001, 86_400.0))
}

/// The fuel that stands for a time.
pub(super) fn fuel(time: Duration) -> u64 {
    (time.as_secs_f64() * FUEL_PER_SECOND) as u64
}

/// The time that a test has used, by its fuel where that is metered.
pub(super) fn work(fuel: u64, time: Duration) -> Duration {
    if fuel == 0 {
        return time;
    }
    Duration::from_secs_f64(fuel as f64 / FUEL_PER_SECOND)
}
