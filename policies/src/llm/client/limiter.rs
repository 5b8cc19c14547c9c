//! Holds requests back: so many at once, so many and so many tokens in any minute.
//!
//! A window remembers what was taken in the last 60 s and admits the next request when it
//! fits, so that no 60 s ever see more than the limit. A request takes its estimate when it is
//! sent and is corrected by its true count; that is why this is not the `governor` crate,
//! whose cells cannot be given back.

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How much a client may ask of its server. The default has no limit but 256 requests at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests that wait for their reply at the same time. Default 256.
    pub concurrent: NonZeroU32,
    /// Requests begun within any 60 s, repeated ones included.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens of requests begun within any 60 s, prompt and completion together. A request
    /// of more tokens than that goes alone.
    pub tokens_per_minute: Option<NonZeroU64>,
}

impl Default for Limits {
    fn default() -> Limits {
        let concurrent = NonZeroU32::MIN.saturating_add(255);
        Limits {
            concurrent,
            requests_per_minute: None,
            tokens_per_minute: None,
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// What was taken in the last minute.
#[derive(Debug)]
struct Window {
    limit: u64,
    taken: u64,
    /// When, by which request, and how much; oldest first.
    log: VecDeque<(Instant, u64, u64)>,
}

impl Window {
    fn new(limit: u64) -> Window {
        Window {
            limit,
            taken: 0,
            log: VecDeque::new(),
        }
    }

    /// When `amount` fits: `now`, or the time at which enough will have left the window.
    fn opens(&mut self, now: Instant, amount: u64) -> Instant {
        while let Some(&(at, _, old)) = self.log.front()
            && at + MINUTE <= now
        {
            self.taken = self.taken.saturating_sub(old);
            self.log.pop_front();
        }
        let mut left = self.taken;
        let mut opens = now;
        for &(at, _, old) in &self.log {
            if left.saturating_add(amount.min(self.limit)) <= self.limit {
                break;
            }
            left = left.saturating_sub(old);
            opens = at + MINUTE;
        }
        opens
    }

    fn take(&mut self, now: Instant, ticket: u64, amount: u64) {
        // One request alone may be larger than the limit; it fills the window and no more.
        let amount = amount.min(self.limit);
        self.taken = self.taken.saturating_add(amount);
        self.log.push_back((now, ticket, amount));
    }

    /// Replaces what a request took by what it cost in truth.
    fn correct(&mut self, ticket: u64, amount: u64) {
        // The log is in the order of tickets: both grow under one lock.
        if let Ok(at) = self
            .log
            .binary_search_by_key(&ticket, |&(_, ticket, _)| ticket)
        {
            let entry = &mut self.log[at].2;
            let amount = amount.min(self.limit);
            self.taken = self.taken.saturating_sub(*entry).saturating_add(amount);
            *entry = amount;
        }
    }
}

#[derive(Debug)]
struct State {
    requests: Option<Window>,
    tokens: Option<Window>,
    /// Nobody is admitted before: a server asked for a pause.
    held_until: Option<Instant>,
    next_ticket: u64,
}

impl State {
    /// A ticket, or when to ask again.
    fn admit(&mut self, now: Instant, tokens: u64) -> Result<u64, Instant> {
        let mut opens = self.held_until.unwrap_or(now).max(now);
        for (window, amount) in [(&mut self.requests, 1), (&mut self.tokens, tokens)] {
            if let Some(window) = window {
                opens = opens.max(window.opens(now, amount));
            }
        }
        if opens > now {
            return Err(opens);
        }
        self.next_ticket += 1;
        for (window, amount) in [(&mut self.requests, 1), (&mut self.tokens, tokens)] {
            if let Some(window) = window {
                window.take(now, self.next_ticket, amount);
            }
        }
        Ok(self.next_ticket)
    }
}

/// Admits requests in the order in which they come.
#[derive(Debug)]
pub(super) struct Limiter {
    places: Arc<Semaphore>,
    /// Held by the one request that waits for its window; the others queue for it in order.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Woken when a correction may let the waiting request in earlier.
    corrected: Notify,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Limiter {
        let places = (limits.concurrent.get() as usize).min(Semaphore::MAX_PERMITS);
        Limiter {
            places: Arc::new(Semaphore::new(places)),
            turn: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                requests: limits
                    .requests_per_minute
                    .map(|limit| Window::new(limit.get().into())),
                tokens: limits
                    .tokens_per_minute
                    .map(|limit| Window::new(limit.get())),
                held_until: None,
                next_ticket: 0,
            }),
            corrected: Notify::new(),
        }
    }

    /// Waits until a request of about so many tokens may be sent.
    pub(super) async fn admit(&self, tokens: u64) -> Admission<'_> {
        // The semaphore is never closed; if it were, the request would go without a place.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let _turn = self.turn.lock().await;
        loop {
            let corrected = self.corrected.notified();
            let admitted = self.state().admit(Instant::now(), tokens);
            match admitted {
                Ok(ticket) => {
                    return Admission {
                        limiter: self,
                        ticket,
                        _place: place,
                    };
                }
                Err(until) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = corrected => {}
                    }
                }
            }
        }
    }

    /// Admits nobody for a while.
    pub(super) fn hold(&self, pause: Duration) {
        if let Some(until) = Instant::now().checked_add(pause) {
            let mut state = self.state();
            state.held_until = state.held_until.max(Some(until));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to send one request. Its place among those at once is free again when this is
/// dropped; what it took of the minute stays.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    limiter: &'a Limiter,
    ticket: u64,
    _place: Option<OwnedSemaphorePermit>,
}

impl Admission<'_> {
    /// Says how many tokens the request took in truth.
    pub(super) fn settle(&self, tokens: u64) {
        if let Some(window) = &mut self.limiter.state().tokens {
            window.correct(self.ticket, tokens);
        }
        self.limiter.corrected.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(requests: u32, tokens: u64) -> Limits {
        Limits {
            requests_per_minute: NonZeroU32::new(requests),
            tokens_per_minute: NonZeroU64::new(tokens),
            ..Limits::default()
        }
    }

    /// Seconds of the test's own clock at which so many requests were admitted.
    async fn admitted(limiter: &Limiter, tokens: &[u64]) -> Vec<u64> {
        let start = Instant::now();
        let mut times = Vec::new();
        for tokens in tokens {
            drop(limiter.admit(*tokens).await);
            times.push(start.elapsed().as_secs());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_requests_than_the_limit() {
        let limiter = Limiter::new(&limits(3, 0));
        let times = admitted(&limiter, &[1; 8]).await;
        assert_eq!(times, [0, 0, 0, 60, 60, 60, 120, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_tokens_than_the_limit_and_a_large_request_goes_alone() {
        let limiter = Limiter::new(&limits(0, 100));
        let times = admitted(&limiter, &[60, 40, 50, 51, 5000, 1]).await;
        assert_eq!(times, [0, 0, 60, 120, 180, 240]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_correction_lets_the_next_one_in_or_keeps_it_out() {
        let limiter = Limiter::new(&limits(0, 100));
        let start = Instant::now();
        let first = limiter.admit(90).await;
        let second = limiter.admit(50);
        let settle = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            first.settle(10);
        };
        let (second, ()) = tokio::join!(second, settle);
        assert_eq!(start.elapsed().as_secs(), 2);
        second.settle(90);
        drop(limiter.admit(1).await);
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody() {
        let limiter = Limiter::new(&Limits::default());
        let start = Instant::now();
        limiter.hold(Duration::from_secs(9));
        limiter.hold(Duration::from_secs(1));
        drop(limiter.admit(1).await);
        assert_eq!(start.elapsed().as_secs(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_at_once() {
        let one = Limits {
            concurrent: NonZeroU32::MIN,
            ..Limits::default()
        };
        let limiter = Limiter::new(&one);
        let first = limiter.admit(1).await;
        let second = tokio::time::timeout(Duration::from_secs(3600), limiter.admit(1)).await;
        assert!(second.is_err());
        drop(first);
        drop(limiter.admit(1).await);
    }
}
