//! Requests of all workers, gathered into calls.
//!
//! A caller puts its rows into one queue and waits. A session's thread takes what has gathered, scores it
//! in as few calls as make sense, and hands the answers out. While it computes the next rows gather: under
//! load batches form by themselves, and a lone request waits for nobody (a delay can be set).
//!
//! Invariants:
//! 1. A row in the queue is taken by one thread, once.
//! 2. The queue never holds more than its capacity: who finds it full waits, until its deadline.
//! 3. A place of a request is answered once at the most, and `missing` is the number of empty places.
//! 4. No lock is held while a model computes or another lock is taken: there is no order to get wrong.
//! 5. A caller waits until its deadline and no longer; what comes later is kept in the cache.
//! 6. `ask` borrows the batcher, so when it is dropped nobody waits, and its threads end.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::cache::{Cache, Key};
use super::encode::Encoding;
use super::rehearsal::panicked;

/// What computes the answers.
pub(super) trait Scorer: Send + 'static {
    /// One answer, in [0, 1], for each row, or why there is none.
    fn score(&mut self, rows: &[&Encoding]) -> Vec<Result<f32, String>>;
}

/// How requests are gathered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gathering {
    /// The most rows that a thread takes at once.
    pub(super) rows: usize,
    /// How long the oldest request waits for others.
    pub(super) delay: Duration,
    /// The most rows in the queue.
    pub(super) queue: usize,
}

/// Why a row has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// There was none until the deadline.
    Late,
    /// The model failed on it.
    Failed(String),
}

/// A row with its content's hash.
#[derive(Clone, Debug)]
pub(super) struct Keyed {
    pub(super) key: Key,
    pub(super) row: Encoding,
}

/// The queue and the threads that serve it.
#[derive(Debug)]
pub(super) struct Batcher {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    gathering: Gathering,
    queue: Mutex<Queue>,
    /// Rows came, or the end.
    filled: Condvar,
    /// Rows went.
    room: Condvar,
    cache: Arc<Cache>,
    batches: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    rows: VecDeque<Waiting>,
    /// Threads that wait for rows.
    idle: usize,
    closed: bool,
}

/// A row in the queue.
#[derive(Debug)]
struct Waiting {
    row: Keyed,
    since: Instant,
    request: Arc<Request>,
    place: usize,
}

/// What one caller waits for.
#[derive(Debug)]
struct Request {
    progress: Mutex<Progress>,
    done: Condvar,
}

#[derive(Debug)]
struct Progress {
    answers: Vec<Option<Result<f32, String>>>,
    missing: usize,
    /// Its caller has gone: rows that still wait need not be computed.
    abandoned: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code that can panic runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Batcher {
    /// Starts a thread for each scorer. Answers are kept in the cache.
    pub(super) fn new(
        scorers: Vec<Box<dyn Scorer>>,
        gathering: Gathering,
        cache: Arc<Cache>,
    ) -> io::Result<Batcher> {
        let shared = Arc::new(Shared {
            gathering,
            queue: Mutex::default(),
            filled: Condvar::new(),
            room: Condvar::new(),
            cache,
            batches: AtomicU64::new(0),
        });
        // Dropped on an error, it ends the threads that were started.
        let mut batcher = Batcher {
            shared,
            threads: Vec::new(),
        };
        for mut scorer in scorers {
            let shared = batcher.shared.clone();
            let thread = thread::Builder::new()
                .name("value model".to_owned())
                .spawn(move || shared.serve(&mut *scorer))?;
            batcher.threads.push(thread);
        }
        Ok(batcher)
    }

    /// The answers to `rows`, in their order, as far as they come until the deadline.
    pub(super) fn ask(&self, rows: Vec<Keyed>, deadline: Instant) -> Vec<Result<f32, Missing>> {
        let request = Arc::new(Request::new(rows.len()));
        if self.shared.submit(rows, &request, deadline) {
            request.wait(deadline);
        }
        request.leave()
    }

    /// How often rows were taken from the queue.
    pub(super) fn batches(&self) -> u64 {
        self.shared.batches.load(Relaxed)
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            // A thread's scorer may panic; the thread does not.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Puts rows into the queue as there is room; whether all found some until the deadline.
    fn submit(&self, rows: Vec<Keyed>, request: &Arc<Request>, deadline: Instant) -> bool {
        let mut queue = lock(&self.queue);
        for (place, row) in rows.into_iter().enumerate() {
            while queue.rows.len() >= self.gathering.queue {
                self.filled.notify_one();
                let Some(left) = left(deadline) else {
                    return false;
                };
                queue = (self.room.wait_timeout(queue, left))
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
            queue.rows.push_back(Waiting {
                row,
                since: Instant::now(),
                request: request.clone(),
                place,
            });
        }
        drop(queue);
        self.filled.notify_one();
        true
    }

    /// A thread's life: takes rows, scores them, hands the answers out.
    fn serve(&self, scorer: &mut dyn Scorer) {
        while let Some(taken) = self.take() {
            let wanted: Vec<Waiting> = taken
                .into_iter()
                .filter(|waiting| !lock(&waiting.request.progress).abandoned)
                .collect();
            if wanted.is_empty() {
                continue;
            }
            self.batches.fetch_add(1, Relaxed);
            let rows: Vec<&Encoding> = wanted.iter().map(|waiting| &waiting.row.row).collect();
            let scored = catch_unwind(AssertUnwindSafe(|| scorer.score(&rows)));
            let mut answers = match scored {
                Ok(answers) => answers.into_iter(),
                Err(panic) => vec![Err(panicked(&*panic)); wanted.len()].into_iter(),
            };
            for waiting in wanted {
                let answer = answers
                    .next()
                    .unwrap_or_else(|| Err("it gave too few answers".to_owned()));
                if let Ok(answer) = answer {
                    self.cache.put(waiting.row.key, answer);
                }
                waiting.request.answer(waiting.place, answer);
            }
        }
    }

    /// Waits for rows and takes this thread's share of them; `None` at the end.
    fn take(&self) -> Option<Vec<Waiting>> {
        let Gathering { rows, delay, .. } = self.gathering;
        let mut queue = lock(&self.queue);
        queue.idle += 1;
        loop {
            if queue.closed {
                queue.idle -= 1;
                return None;
            }
            let Some(oldest) = queue.rows.front() else {
                queue = self
                    .filled
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            // A full queue cannot gather more.
            let enough = rows.min(self.gathering.queue);
            if queue.rows.len() >= enough {
                break;
            }
            let Some(left) = left(oldest.since + delay) else {
                break;
            };
            queue = (self.filled.wait_timeout(queue, left))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        // What is there is shared among the threads that have nothing to do.
        let share = queue.rows.len().div_ceil(queue.idle).min(rows);
        queue.idle -= 1;
        let taken = queue.rows.drain(..share).collect();
        let more = !queue.rows.is_empty();
        drop(queue);
        self.room.notify_all();
        if more {
            self.filled.notify_one();
        }
        Some(taken)
    }
}

impl Request {
    fn new(places: usize) -> Request {
        Request {
            progress: Mutex::new(Progress {
                answers: vec![None; places],
                missing: places,
                abandoned: false,
            }),
            done: Condvar::new(),
        }
    }

    fn answer(&self, place: usize, answer: Result<f32, String>) {
        let mut progress = lock(&self.progress);
        progress.answers[place] = Some(answer);
        progress.missing -= 1;
        let done = progress.missing == 0;
        drop(progress);
        if done {
            self.done.notify_all();
        }
    }

    fn wait(&self, deadline: Instant) {
        let mut progress = lock(&self.progress);
        while progress.missing > 0 {
            let Some(left) = left(deadline) else {
                return;
            };
            progress = (self.done.wait_timeout(progress, left))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Takes what has been answered.
    fn leave(&self) -> Vec<Result<f32, Missing>> {
        let mut progress = lock(&self.progress);
        progress.abandoned = true;
        progress
            .answers
            .iter_mut()
            .map(|answer| match answer.take() {
                Some(Ok(answer)) => Ok(answer),
                Some(Err(why)) => Err(Missing::Failed(why)),
                None => Err(Missing::Late),
            })
            .collect()
    }
}

/// What is left until an instant; `None` when it has passed.
fn left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
#[path = "batcher_tests.rs"]
mod tests;
