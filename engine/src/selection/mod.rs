//! Selection rules: which child a simulation goes down to.
//!
//! A rule sees the statistics of a node and of its children, and picks a child. What is in
//! flight (asked and not told yet) is shown apart from what was observed; [`InFlight`] says
//! how a rule counts it.

mod best_first;
mod breadth;
mod children;
mod depth;
mod gumbel;
mod in_flight;
mod p_ucb;
mod puct;
mod rule;
mod separable;
mod softmax;
mod thompson;
mod uct;
mod widening;
mod wu_uct;

pub use best_first::BestFirst;
pub use breadth::Breadth;
pub(crate) use children::read;
pub use children::{Child, Children, Family};
pub use depth::Depth;
pub use gumbel::Gumbel;
pub use in_flight::InFlight;
pub use p_ucb::PUcb;
pub use puct::Puct;
pub use rule::{Rule, UnknownRule};
pub use separable::Bonus;
pub use softmax::Softmax;
pub use thompson::{Arms, Thompson};
pub use uct::Uct;
pub use widening::Widening;
pub use wu_uct::WuUct;

/// What a rule knows of the node whose children are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ParentStats {
    /// N: visits of the node.
    pub visits: u64,
    /// O: simulations in flight through the node, without the one that is choosing.
    pub in_flight: u32,
    /// Its backed-up value, in [0, 1]; 0 before the first visit.
    pub value: f64,
    /// Steps from the root; 0 at the root.
    pub depth: u32,
    /// The seed of the search, for rules that draw lots.
    pub seed: u64,
}

impl ParentStats {
    /// N + O as a float.
    #[inline]
    pub fn samples(&self) -> f64 {
        self.visits as i64 as f64 + f64::from(self.in_flight)
    }

    /// A number in (0, 1) drawn for this child: the same for the same seed, child and `salt`.
    /// With N + O as salt it is drawn anew for each simulation.
    pub fn draw(&self, child: &Child, salt: u64) -> f64 {
        let mut z = self
            .seed
            .wrapping_add(u64::from(child.id).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(salt.wrapping_mul(0xd1b5_4a32_d192_ed03));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// The salt that makes a draw new for each simulation.
    #[inline]
    fn turn(&self) -> u64 {
        self.visits + u64::from(self.in_flight)
    }
}

/// Chooses the child that a simulation goes down to.
///
/// # Contract
/// - The choice is a [free](Child::free) child, or `None` when no child is free.
/// - It depends on the arguments alone: one rule serves all workers at once, and a search in
///   waves is repeatable only if its rule is. Lots are drawn with [`ParentStats::draw`].
/// - A rule that is to converge tries every free child again and again as N grows.
///
/// Most rules are a score; [`Children::best_by`] picks its maximum:
///
/// ```
/// use cogitree_engine::{Child, Children, Family, ParentStats, SelectionRule};
///
/// /// Goes where there is least known, and to the more likely of two such places.
/// struct Curious;
///
/// impl SelectionRule for Curious {
///     fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
///         let share = 1.0 / (1.0 + parent.samples() as f32);
///         children.best_by(|child| child.prior * share - child.samples())
///     }
/// }
///
/// let child = |visits, prior| Child { visits, prior, ..Child::default() };
/// let family = Family::new([child(4.0, 0.9), child(0.0, 0.04), child(0.0, 0.06)]);
/// let parent = ParentStats { visits: 4, ..ParentStats::default() };
/// assert_eq!(Curious.choose(&parent, family.children()), Some(2));
/// ```
pub trait SelectionRule: Send + Sync {
    /// The id of the child to go down to. O(children).
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32>;

    /// For a rule that scores a child Q + W·E when nothing is in flight: its E. With it a worker
    /// [alone](crate::tree::Tree::alone) with a tree is faster. Such a rule must choose by that
    /// score, with the W of [`weight`](Self::weight), and as [`Children::best_by`] does. None
    /// unless given.
    fn bonus(&self) -> Option<Bonus> {
        None
    }

    /// W of a rule with a [`bonus`](Self::bonus), at a node with so many samples (visits, and
    /// what is in flight as the rule counts it): finite, and greater than 0 where the bonus is
    /// [`Bonus::Root`] (a child without visits comes first even if nothing is explored).
    fn weight(&self, _samples: f64) -> f32 {
        0.0
    }
}

#[cfg(test)]
mod tests;
