//! Threads: as many simulations in flight as asked for, as many computing as there are cores.

use rayon::prelude::*;

use super::ConfigError;

pub(crate) struct Workers {
    pool: rayon::ThreadPool,
    /// The policy waits for something else (a server), so every simulation in flight gets a
    /// thread of its own and only the computing stages go to the pool.
    waits: bool,
}

impl Workers {
    /// Workers that compute on so many threads; 0 takes one for each core.
    pub(crate) fn new(threads: usize, cpu_bound: bool) -> Result<Self, ConfigError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("cogitree-{i}"))
            .build()
            .map_err(|_| ConfigError {
                field: "threads",
                expected: "a number of threads that this machine can start",
                given: threads.to_string(),
            })?;
        Ok(Workers {
            pool,
            waits: !cpu_bound,
        })
    }

    /// How many simulations it makes sense to run at once.
    pub(crate) fn concurrency(&self, in_flight: usize) -> usize {
        if self.waits {
            in_flight
        } else {
            in_flight.min(self.pool.current_num_threads())
        }
    }

    /// Works on all items at once and returns the results in the items' order.
    pub(crate) fn map<T: Send, R: Send>(
        &self,
        items: Vec<T>,
        f: impl Fn(T) -> R + Sync + Send,
    ) -> Vec<R> {
        if self.waits {
            let f = &f;
            std::thread::scope(|s| {
                let handles: Vec<_> = items
                    .into_iter()
                    .map(|item| s.spawn(move || f(item)))
                    .collect();
                handles
                    .into_iter()
                    .map(|h| {
                        h.join()
                            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                    })
                    .collect()
            })
        } else {
            self.pool
                .install(|| items.into_par_iter().with_max_len(1).map(f).collect())
        }
    }

    /// Runs a stage that computes.
    pub(crate) fn compute<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.pool.install(f)
    }
}
