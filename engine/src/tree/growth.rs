//! How children come to be.

use smallvec::SmallVec;

use super::node::{Block, MAX_BLOCK, state};
use super::statistics::Count;
use super::ticket::Held;
use super::{NodeId, Tree, TreeError, pause};
use crate::sync::Ordering;

/// A child's prior is never below this share of an equal one, so that priors cannot forbid.
const PRIOR_FLOOR: f64 = 0.01;

/// An expansion in flight, in the `growth` word of a node.
const PENDING: u64 = 1;
/// A child, there.
const CHILD: u64 = 1 << 32;

impl<P> Tree<P> {
    /// Under the law of widening: takes the right to add children to a node, if one is due or
    /// all that it has are closed.
    pub(super) fn may_grow(&self, at: NodeId, count: Count) -> Option<(Held, bool)> {
        let widening = self.widening?;
        let node = self.node(at);
        if count.is_closed() || node.link.get().has(state::GROWN) {
            return None;
        }
        let ties = self.ties(at);
        let samples = count.visits() as f64 + f64::from(count.in_flight()) + 1.0;
        let grow = |word: u64| {
            let (children, pending) = (word >> 32, word & 0xffff_ffff);
            widening
                .allows(children + pending, samples)
                .then_some(word + PENDING)
        };
        if ties.open.load(Ordering::Relaxed) != 1 {
            grow(ties.growth.load(Ordering::Relaxed))?;
        }
        // The node must not be closed meanwhile: hold it open, unless it is closed already.
        let reasons = ties
            .open
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |open| {
                (open > 0).then_some(open + 1)
            })
            .ok()?;
        pause::point();
        // With all its children closed and nothing under way, the node could never be visited
        // often enough to grow by the law.
        let stuck = reasons == 1;
        let take = |word| {
            if stuck {
                Some(word + PENDING)
            } else {
                grow(word)
            }
        };
        if ties
            .growth
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
            .is_err()
        {
            self.let_go(at);
            return None;
        }
        Some((Held::Growth, false))
    }

    /// Takes the right to add children whatever the law says of it: for a search that is run
    /// again, and that was given the right before.
    pub(super) fn grow_again(&self, at: NodeId) -> Held {
        let ties = self.ties(at);
        ties.open.fetch_add(1, Ordering::AcqRel);
        ties.growth.fetch_add(PENDING, Ordering::AcqRel);
        Held::Growth
    }

    /// Gives the right back.
    pub(super) fn end_growth(&self, at: NodeId) {
        self.ties(at).growth.fetch_sub(PENDING, Ordering::AcqRel);
        self.let_go(at);
    }

    /// Adds children below `at`; the block of their ids, which follow the order given. Priors
    /// are normalised over these children, and floored so that none is never tried.
    pub(super) fn publish(
        &self,
        at: NodeId,
        children: impl IntoIterator<Item = (P, f64)>,
    ) -> Result<Option<Block>, TreeError> {
        let children: SmallVec<[(P, f64); 16]> = children.into_iter().collect();
        let mut total = 0.0;
        for &(_, prior) in &children {
            if !(prior.is_finite() && prior >= 0.0) {
                return Err(TreeError::Prior(prior));
            }
            total += prior;
        }
        let n = children.len() as u32;
        if children.len() > MAX_BLOCK as usize {
            return Err(TreeError::TooMany(children.len()));
        }
        if n == 0 {
            return Ok(None);
        }
        let offspring = self.offspring(at, &children);
        let full = || TreeError::Full(self.nodes.len());
        let first = self.nodes.reserve(n).ok_or_else(full)?;
        if let Some(offspring) = &offspring {
            offspring.make_room(first);
        }
        pause::point();
        let even = 1.0 / f64::from(n);
        let floor = PRIOR_FLOOR * even;
        let ties = self.ties(at);
        // Before they can be seen, and so before one of them can close.
        ties.open.fetch_add(n, Ordering::Relaxed);
        // Payloads of states that there are already: dropped when all is published.
        let mut spare: Vec<P> = Vec::new();
        for (nth, (payload, prior)) in children.into_iter().enumerate() {
            let id = first + nth as u32;
            let share = if total > 0.0 && total.is_finite() {
                prior / total
            } else {
                even
            };
            let slot = self.nodes.slot(id);
            slot.node().prior.set(share.max(floor));
            slot.ties().parent.store(at.0, Ordering::Relaxed);
            match &offspring {
                None => drop(slot.payload().set(payload)),
                Some(offspring) => spare.extend(offspring.settle(self, id, nth, payload)),
            }
        }
        ties.growth
            .fetch_add(u64::from(n) * CHILD, Ordering::Relaxed);
        pause::point();
        let block = Block { first, len: n };
        let ties = self.nodes.slot(first).ties();
        self.node(at).link.publish(block, ties);
        pause::point();
        Ok(Some(block))
    }
}
