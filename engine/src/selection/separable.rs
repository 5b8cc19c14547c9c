//! Scores of which one part belongs to the child alone, and so can be kept ready.

use super::Child;

/// E of a rule that scores a child Q + W·E, where W depends on the parent and E on the child.
///
/// A worker that is [alone](crate::tree::Tree::alone) with a tree keeps Q and E of every node
/// ready in one word: a look at a child is then a load, a multiplication and an addition.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bonus {
    /// 1/√n, and at n = 0 so much that the child comes first: `uct` and its kin.
    Root,
    /// p / (1 + n): `p_ucb` and its kin.
    Prior {
        /// Q of a child without visits.
        first_play: f32,
    },
}

impl Bonus {
    /// E of a child with this prior after `n` samples: finite, greater than 0 for a prior
    /// greater than 0.
    ///
    /// ```
    /// use cogitree_engine::Bonus;
    /// assert_eq!(Bonus::Root.exploration(0.5, 4.0), 0.5);
    /// assert_eq!(Bonus::Root.exploration(0.5, 0.0), f32::MAX);
    /// assert_eq!(Bonus::Prior { first_play: 0.0 }.exploration(0.5, 4.0), 0.1);
    /// ```
    #[inline]
    pub fn exploration(&self, prior: f32, n: f32) -> f32 {
        match self {
            Bonus::Root if n > 0.0 => 1.0 / n.sqrt(),
            Bonus::Root => f32::MAX,
            Bonus::Prior { .. } => prior / (1.0 + n),
        }
    }

    /// Q and E of a child with nothing in flight.
    #[inline]
    pub(crate) fn of(&self, child: &Child) -> (f32, f32) {
        let first = match *self {
            // Beside E at n = 0 no Q counts.
            Bonus::Root => 0.0,
            Bonus::Prior { first_play } => first_play,
        };
        let q = child.value_or(first);
        (q, self.exploration(child.prior, child.visits))
    }
}
