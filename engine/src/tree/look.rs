//! The look of a node: what a rule makes of it, kept ready.
//!
//! A rule that scores a child Q + W·E ([`Bonus`]) reads two words of counts, converts, divides
//! and takes a root for each sibling at each level; most siblings have not changed since the
//! last time. A worker that is alone with the tree leaves Q and E behind when it tells, and
//! whoever is not alone empties the look when it tells or closes: an empty look is made anew
//! by the next worker that is alone. Only emptying is ever done by several workers at once,
//! and it does not matter in which order: looks need no protocol.

use super::node::Node;
use crate::backup::Statistic;
use crate::selection::{Bonus, read};
use crate::sync::{AtomicU32, Ordering};

/// Q and E in single precision. E is 0 when the look is empty, and only then.
#[derive(Default)]
pub(crate) struct Look {
    q: AtomicU32,
    e: AtomicU32,
}

/// What looks are made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Form {
    pub(super) bonus: Bonus,
    pub(super) statistic: Statistic,
}

impl Look {
    #[inline]
    pub(crate) fn clear(&self) {
        self.e.store(0, Ordering::Relaxed);
    }

    #[inline]
    fn set(&self, q: f32, e: f32) {
        self.q.store(q.to_bits(), Ordering::Relaxed);
        self.e.store(e.to_bits(), Ordering::Relaxed);
    }

    /// Q + `weight`·E.
    #[inline]
    fn score(&self, weight: f32) -> f32 {
        let q = f32::from_bits(self.q.load(Ordering::Relaxed));
        let e = f32::from_bits(self.e.load(Ordering::Relaxed));
        q + weight * e
    }

    #[cfg(test)]
    pub(super) fn bits(&self) -> (u32, u32) {
        (
            self.q.load(Ordering::Relaxed),
            self.e.load(Ordering::Relaxed),
        )
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.e.load(Ordering::Relaxed) == 0
    }
}

impl Form {
    /// Makes the look of a node; Q is NaN when it may not be chosen.
    #[inline]
    pub(super) fn prepare(self, node: &Node) {
        let child = match self.statistic {
            Statistic::Mean => read::<false>(0, node),
            Statistic::Max => read::<true>(0, node),
        };
        let (q, e) = self.bonus.of(&child);
        node.look.set(if child.free { q } else { f32::NAN }, e);
    }

    #[cold]
    #[inline(never)]
    fn renew(self, node: &Node) {
        self.prepare(node);
    }

    /// The place among these siblings of the one with the highest Q + `weight`·E: as
    /// [`Children::best_by`](crate::selection::Children::best_by) chooses.
    ///
    /// The choice is a branch, not a conditional move: on a way that was gone before the
    /// processor goes ahead to the next level while this one is still compared (at depth 6:
    /// 281 against 352 ns a simulation).
    #[inline]
    pub(super) fn best(self, siblings: &[Node], weight: f32) -> Option<usize> {
        let (mut best, mut at) = (f32::NEG_INFINITY, None);
        for (i, node) in siblings.iter().enumerate() {
            if node.look.is_empty() {
                self.renew(node);
            }
            let score = node.look.score(weight);
            if score > best || score == best && prior_is_higher(siblings, i, at) {
                (best, at) = (score, Some(i));
            }
        }
        at
    }
}

/// Ties go to the higher prior, then to the older child.
fn prior_is_higher(siblings: &[Node], one: usize, than: Option<usize>) -> bool {
    than.is_none_or(|other| siblings[one].prior.get() > siblings[other].prior.get())
}
