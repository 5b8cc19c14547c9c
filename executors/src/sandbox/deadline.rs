//! How long an instance may run, in time.

use std::time::{Duration, Instant};

/// Wall time may be so many times what a processor may work. It ends what waits for ever, which nothing
/// in a guest can do.
const WAITING: u32 = 10;

/// The wall time within which a [`Deadline`] of so much work is over at the latest.
pub(super) fn longest(work: Duration) -> Duration {
    work.saturating_mul(WAITING)
}

/// The end of the time for which this thread may work for an instance.
///
/// What counts is the time that a processor worked for the thread, so that on a busy machine, where it
/// waits for its turn, a verdict is that of an idle one. (Elsewhere than on Linux and macOS wall
/// time counts.)
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    worked: Option<Duration>,
    latest: Instant,
}

impl Deadline {
    /// Over when the thread that calls this has worked so much more.
    pub(super) fn after(work: Duration) -> Self {
        let worked = worked();
        let longest = if worked.is_some() {
            longest(work)
        } else {
            work
        };
        Deadline {
            worked: worked.map(|now| now.saturating_add(work)),
            latest: Instant::now() + longest,
        }
    }

    /// Whether it is over: asked by the thread that made it.
    pub(super) fn is_over(&self) -> bool {
        let worked = self.worked.zip(worked());
        worked.is_some_and(|(allowed, now)| now >= allowed) || Instant::now() >= self.latest
    }
}

/// What a processor has worked for this thread.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn worked() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn worked() -> Option<Duration> {
    None
}

#[cfg(test)]
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_no_work() {
        let work = Duration::from_millis(40);
        let deadline = Deadline::after(work);
        std::thread::sleep(3 * work);
        assert!(!deadline.is_over());
        let start = Instant::now();
        while !deadline.is_over() {
            std::hint::spin_loop();
            assert!(start.elapsed() < Duration::from_secs(60));
        }
        assert!(start.elapsed() >= work / 2, "it has worked");
    }

    #[test]
    fn waiting_for_ever_ends() {
        let deadline = Deadline::after(Duration::from_millis(2));
        std::thread::sleep(longest(Duration::from_millis(2)));
        assert!(deadline.is_over());
    }
}
