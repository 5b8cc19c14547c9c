//! Which samples are being fetched at the moment, so that nobody else fetches them too.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The hash of a request and the index of a sample.
type Sample = ([u8; 32], u64);

/// The samples that threads of this process are fetching.
#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: Mutex<HashSet<Sample>>,
    freed: Condvar,
}

impl Claims {
    /// Waits until nobody fetches any of these samples, and takes them all. All or none, so
    /// two threads cannot wait for one another.
    pub(super) fn claim(&self, request: [u8; 32], first: u64, count: u32) -> Claim<'_> {
        let samples: Vec<Sample> = (0..count)
            .map(|i| (request, first.wrapping_add(i.into())))
            .collect();
        let mut taken = self.taken();
        while samples.iter().any(|sample| taken.contains(sample)) {
            taken = self
                .freed
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        taken.extend(&samples);
        Claim {
            claims: self,
            samples,
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<Sample>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Samples that are this thread's to fetch until it drops this.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    claims: &'a Claims,
    samples: Vec<Sample>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut taken = self.claims.taken();
        for sample in &self.samples {
            taken.remove(sample);
        }
        drop(taken);
        self.claims.freed.notify_all();
    }
}
