//! `gumbel`: planning as a sure improvement of the policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Child, Children, ParentStats, SelectionRule};

/// Gumbel AlphaZero: Danihelka et al. 2022, "Policy improvement by planning with Gumbel".
///
/// At the root, `candidates` children are drawn without replacement by ln p + g (g Gumbel
/// noise, drawn once for a search) and sequential halving spends `simulations` on them,
/// ranked by ln p + g + σ(Q). Below, the child with the highest π'(a) − n(a) / (1 + Σ n) is
/// taken, where π' = softmax(ln p + σ(Q)) with v_mix in place of values not known (equation
/// 33 of the paper). σ(q) = (c_visit + max n)·c_scale·q. Simulations in flight count as samples
/// that are not observed. Take it with the mean as backup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gumbel {
    /// m: children of the root that are considered, ≥ 1. Default 16.
    pub candidates: u32,
    /// The simulations that sequential halving divides, ≥ 1; beyond them the last two are
    /// visited in turn. Default what the search may spend, and 200 in a tree without one.
    pub simulations: Option<u64>,
    /// The offset of σ. Default 50, as in the paper.
    pub c_visit: f64,
    /// The scale of σ. Default 1, as in the paper for board games.
    pub c_scale: f64,
}

impl Default for Gumbel {
    fn default() -> Self {
        Gumbel {
            candidates: 16,
            simulations: None,
            c_visit: 50.0,
            c_scale: 1.0,
        }
    }
}

impl SelectionRule for Gumbel {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let known = Known::look(parent, children);
        let sigma = (self.c_visit + known.most) * self.c_scale;
        let logit = |child: &Child| {
            let q = f64::from(child.value_or(known.mixed as f32));
            f64::from(child.prior).ln() + sigma * q
        };
        if parent.depth == 0 {
            let m = self.candidates.min(known.children).max(1);
            let turn = considered_visits(m, self.simulations.unwrap_or(200), known.samples as u64);
            return children.best_by(|child| {
                let gumbel = -(-parent.draw(child, 0).ln()).ln();
                let score = gumbel + logit(child);
                // Who does not have the number of visits that is considered now comes after
                // all who do; the nearest of them first, should nobody else be free.
                let off = (f64::from(child.samples()) - turn as f64).abs();
                (score - 1e6 * off) as f32
            });
        }
        let mut highest = f64::NEG_INFINITY;
        children.for_each(|c| highest = highest.max(logit(c)));
        let mut total = 0.0;
        children.for_each(|c| total += (logit(c) - highest).exp());
        let share = 1.0 / (1.0 + known.samples);
        children.best_by(|child| {
            let improved = (logit(child) - highest).exp() / total;
            (improved - f64::from(child.samples()) * share) as f32
        })
    }
}

/// What has to be known of all children before one is scored.
struct Known {
    children: u32,
    /// Σ (n + o) and the largest n + o.
    samples: f64,
    most: f64,
    /// v_mix: what a child is worth whose value is not known.
    mixed: f64,
}

impl Known {
    fn look(parent: &ParentStats, children: Children<'_>) -> Self {
        let (mut count, mut samples, mut most) = (0, 0.0_f64, 0.0_f64);
        let (mut prior, mut value) = (0.0, 0.0);
        children.for_each(|child| {
            count += 1;
            samples += f64::from(child.samples());
            most = most.max(f64::from(child.samples()));
            if child.visits > 0.0 {
                prior += f64::from(child.prior);
                value += f64::from(child.prior * child.value);
            }
        });
        let mixed = if prior > 0.0 {
            (parent.value + samples * value / prior) / (1.0 + samples)
        } else {
            parent.value
        };
        Known {
            children: count,
            samples,
            most,
            mixed,
        }
    }
}

/// How many visits the children have that simulation number `turn` considers, when
/// sequential halving divides `simulations` among `m` candidates (Karnin et al. 2013).
///
/// Each phase gives every candidate left the same number of visits, then keeps half of them,
/// at least two.
fn considered_visits(m: u32, simulations: u64, turn: u64) -> u64 {
    if m <= 1 {
        return turn;
    }
    let phases = u64::from(m.next_power_of_two().ilog2());
    let (mut left, mut visits, mut turn) = (u64::from(m), 0, turn);
    loop {
        let each = (simulations / (phases * left)).max(1);
        if turn < each * left || left == 2 && visits > simulations {
            return visits + turn / left;
        }
        turn -= each * left;
        visits += each;
        left = (left / 2).max(2);
    }
}

#[cfg(test)]
mod tests {
    use super::considered_visits;

    /// The sequences of the paper's reference implementation (mctx).
    #[test]
    fn halving_follows_the_published_sequence() {
        let sequence =
            |m, n: u64| -> Vec<u64> { (0..n).map(|turn| considered_visits(m, n, turn)).collect() };
        assert_eq!(sequence(1, 4), [0, 1, 2, 3]);
        assert_eq!(sequence(4, 8), [0, 0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(sequence(2, 6), [0, 0, 1, 1, 2, 2]);
        // Three phases of 16: four, two and one visits... of 4, 2 and 2 candidates.
        assert_eq!(
            sequence(4, 16),
            [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        );
        assert_eq!(sequence(16, 16), [0; 16]);
    }
}
