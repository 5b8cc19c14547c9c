//! How many simulations are in flight, and whether they go one by one.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The simulations in flight.
///
/// A call that was refused may have been so because of what others had set aside for theirs. From
/// then on simulations go one by one, each with all that is left: the refusal of one that is alone is
/// final. Both are in one word, so that none begins by what was true a moment ago.
#[derive(Debug, Default)]
pub(super) struct Flying(AtomicUsize);

/// Set for good once simulations go one by one; the rest of the word counts.
const ONE_BY_ONE: usize = 1 << (usize::BITS - 1);

impl Flying {
    /// A place among so many, if there is one.
    pub(super) fn take(&self, most: usize) -> Option<Place<'_>> {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                let most = if word & ONE_BY_ONE == 0 { most } else { 1 };
                ((word & !ONE_BY_ONE) < most).then_some(word + 1)
            });
        taken.ok().map(|before| Place {
            flying: self,
            alone: before == ONE_BY_ONE,
        })
    }

    /// From now on simulations go one by one.
    pub(super) fn go_one_by_one(&self) {
        self.0.fetch_or(ONE_BY_ONE, Ordering::Relaxed);
    }

    pub(super) fn is_one_by_one(&self) -> bool {
        self.0.load(Ordering::Relaxed) & ONE_BY_ONE != 0
    }
}

/// One of the simulations that may be in flight, given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'f> {
    flying: &'f Flying,
    /// Whether there is no other as long as it is held.
    pub(super) alone: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.flying.0.fetch_sub(1, Ordering::Relaxed);
    }
}
