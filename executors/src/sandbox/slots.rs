//! How many instances run at once: the pool of the engine has so many places, and more than the
//! cores can serve would only make every program slower and nearer to its deadline.

use std::sync::{Condvar, Mutex, PoisonError};

/// A counting semaphore.
pub(super) struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Slots {
    pub(super) fn new(free: u32) -> Self {
        Slots {
            free: Mutex::new(free),
            freed: Condvar::new(),
        }
    }

    /// Waits for a free slot and takes it for as long as what is returned lives.
    pub(super) fn take(&self) -> Taken<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self
                .freed
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Taken(self)
    }
}

/// See [`Slots::take`].
pub(super) struct Taken<'a>(&'a Slots);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
