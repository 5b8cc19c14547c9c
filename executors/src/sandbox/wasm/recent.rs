//! What was made lately, by what it was made from.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many are kept.
const KEPT: usize = 32;

/// The last things made, each under the digest of its origin.
pub(super) struct Recent<T>(Mutex<VecDeque<(blake3::Hash, T)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Recent(Mutex::default())
    }
}

impl<T: Clone> Recent<T> {
    /// What was made of `origin`, or else is made now. Two threads may both make it: nobody waits
    /// for another's compiler. A failure is not kept.
    pub(super) fn get<E>(
        &self,
        origin: &[u8],
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let digest = blake3::hash(origin);
        if let Some(found) = self.find(&digest) {
            return Ok(found);
        }
        let made = make()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front((digest, made.clone()));
        Ok(made)
    }

    fn find(&self, digest: &blake3::Hash) -> Option<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept
            .iter()
            .position(|(d, _)| d == digest)
            .and_then(|i| kept.remove(i))?;
        let found = entry.1.clone();
        kept.push_front(entry);
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_are_kept() {
        let recent = Recent::default();
        let made = |n: usize| {
            let mut made = false;
            let got = recent.get(&n.to_le_bytes(), || {
                made = true;
                Ok::<usize, ()>(n)
            });
            assert_eq!(got, Ok(n));
            made
        };
        assert!(made(0) && !made(0));
        for n in 1..KEPT {
            assert!(made(n));
        }
        assert!(!made(0)); // used last of all now
        assert!(made(KEPT));
        assert!(!made(0) && made(1));
        assert_eq!(recent.get(b"x", || Err("no")), Err("no"));
        assert_eq!(recent.get(b"x", || Ok::<_, &str>(7)), Ok(7));
    }
}
