//! `thompson`: sampling what the values could be; wider or deeper by the same draw.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Child, Children, InFlight, ParentStats, SelectionRule};

/// Draws each child's value from its Beta posterior and takes the highest: Thompson sampling.
///
/// A child without samples is drawn from Beta(prior_alpha, prior_beta): to take it is to go
/// *wider*, to take one that was tried is to go *deeper*, decided by one draw as in AB-MCTS
/// (Inoue et al. 2025, the variant with a Beta posterior). Rewards in [0, 1] count as
/// fractions of a success. Simulations in flight count as failures by default, so that
/// parallel workers spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Thompson {
    /// Successes assumed before any sample, > 0. Default 1.
    pub prior_alpha: f64,
    /// Failures assumed before any sample, > 0. Default 1.
    pub prior_beta: f64,
    /// How simulations in flight count. Default as lost.
    pub in_flight: InFlight,
    /// What is drawn for. Default each child.
    pub arms: Arms,
}

/// What Thompson sampling draws for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arms {
    /// Each child, tried or not: the more there are that were not, the likelier it goes wider.
    #[default]
    Each,
    /// First to go wider or deeper, and then, when deeper, each child that was tried. All that was not
    /// tried is one arm, so that a node may have any number of children in reserve: AB-MCTS-A
    /// (Inoue et al. 2025), with "wider" for its GEN node and "deeper" for its CONT node.
    ///
    /// What is known of going wider is the value of each child that was tried, once; of going
    /// deeper, their values, once for every visit after the first. The paper counts the first reward of a
    /// child and the rewards below it; take the mean as backup.
    WiderOrDeeper,
}

impl Default for Thompson {
    fn default() -> Self {
        Thompson {
            prior_alpha: 1.0,
            prior_beta: 1.0,
            in_flight: InFlight::VirtualLoss {
                weight: 1.0,
                loss: 0.0,
            },
            arms: Arms::default(),
        }
    }
}

/// Successes and failures.
#[derive(Clone, Copy, Default)]
struct Record {
    wins: f64,
    losses: f64,
}

impl Record {
    /// So many samples with this mean.
    fn of(samples: f64, mean: f64) -> Self {
        let wins = mean * samples;
        Record {
            wins,
            losses: (samples - wins).max(0.0),
        }
    }

    fn add(&mut self, other: Record) {
        self.wins += other.wins;
        self.losses += other.losses;
    }
}

impl Thompson {
    /// A draw from the Beta posterior of a record; `arm` names whose it is.
    fn draw(&self, parent: &ParentStats, arm: &Child, record: Record) -> f64 {
        let mut turn = 0u64;
        let mut uniform = || {
            turn += 1;
            parent.draw(arm, parent.turn() << 16 | turn)
        };
        let a = gamma(self.prior_alpha + record.wins, &mut uniform);
        let b = gamma(self.prior_beta + record.losses, &mut uniform);
        a / (a + b)
    }

    fn record(&self, child: &Child) -> Record {
        let (n, q) = self.in_flight.count(child, 0.0);
        Record::of(f64::from(n), f64::from(q))
    }

    /// Whether to go to a child that was not tried.
    fn goes_wider(&self, parent: &ParentStats, children: Children<'_>) -> bool {
        let (mut wider, mut deeper) = (Record::default(), Record::default());
        let (mut fresh, mut begun) = (false, false);
        children.for_each(|child| {
            if child.samples() == 0.0 {
                fresh |= child.free;
                return;
            }
            begun |= child.free;
            let (n, q) = self.in_flight.count(child, 0.0);
            let (n, q) = (f64::from(n), f64::from(q));
            wider.add(Record::of(n.min(1.0), q));
            deeper.add(Record::of((n - 1.0).max(0.0), q));
        });
        // Names that no child has.
        let [gen_arm, cont_arm] = [u32::MAX, u32::MAX - 1].map(|id| Child {
            id,
            ..Child::default()
        });
        fresh
            && (!begun || self.draw(parent, &gen_arm, wider) > self.draw(parent, &cont_arm, deeper))
    }
}

impl SelectionRule for Thompson {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        if self.arms == Arms::Each {
            return children.best_by(|child| self.draw(parent, child, self.record(child)) as f32);
        }
        // Of those that were not tried the likeliest, which is the first of equals.
        let wider = self.goes_wider(parent, children);
        children.best_by(|child| match (child.samples() == 0.0, wider) {
            (true, true) => 2.0,
            (false, true) | (true, false) => -1.0,
            (false, false) => self.draw(parent, child, self.record(child)) as f32,
        })
    }
}

/// A draw from Gamma(shape, 1): Marsaglia & Tsang 2000, with their boost below shape 1.
fn gamma(shape: f64, uniform: &mut impl FnMut() -> f64) -> f64 {
    if shape < 1.0 {
        let boost = uniform().powf(1.0 / shape.max(1e-6));
        return gamma(shape + 1.0, uniform) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        // Box & Muller 1958.
        let (u, v) = (uniform(), uniform());
        let x = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let t = (1.0 + c * x).powi(3);
        if t > 0.0 && uniform().ln() < 0.5 * x * x + d - d * t + d * t.ln() {
            return d * t;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::Family;

    /// How often a node with one child that was tried, and one that was not, goes wider.
    fn wider(visits: f32, value: f32) -> f64 {
        let rule = Thompson {
            arms: Arms::WiderOrDeeper,
            ..Thompson::default()
        };
        let tried = Child {
            visits,
            value,
            ..Child::default()
        };
        let fresh = |id| Child {
            id,
            ..Child::default()
        };
        // A hundred in reserve are one arm.
        let family = Family::new(std::iter::once(tried).chain((1..=100).map(fresh)));
        let chosen = |seed: u64| {
            let parent = ParentStats {
                visits: visits as u64,
                seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                ..ParentStats::default()
            };
            rule.choose(&parent, family.children()).unwrap()
        };
        let draws = 20_000;
        let wide = (0..draws)
            .map(chosen)
            .inspect(|&id| assert!(id < 2, "the first in reserve"));
        wide.filter(|&id| id == 1).count() as f64 / f64::from(draws as u32)
    }

    /// With the prior Beta(1, 1), W and D being what is drawn for wider and deeper; one standard
    /// error is at most 0.0036.
    #[test]
    fn it_goes_wider_as_often_as_the_posteriors_say() {
        let near = |visits, value, expected: f64| {
            let share = wider(visits, value);
            assert!(
                (share - expected).abs() < 0.015,
                "{visits} {value}: {share}"
            );
        };
        // W ~ Beta(2, 1), of density 2w, and D uniform: P(D < W) = E[W] = 2/3.
        near(1.0, 1.0, 2.0 / 3.0);
        // W ~ Beta(1, 2): E[W] = 1/3.
        near(1.0, 0.0, 1.0 / 3.0);
        // D ~ Beta(3, 1), P(D < w) = w³: E[W³] = ∫ 2w⁴ = 2/5.
        near(3.0, 1.0, 2.0 / 5.0);
        // W ~ Beta(1, 2), D ~ Beta(1, 3): P(D < w) = 1 − (1 − w)³, E = 1 − ∫ 2(1 − w)⁴ = 3/5.
        near(3.0, 0.0, 3.0 / 5.0);
    }

    #[test]
    fn it_goes_where_it_can() {
        let rule = Thompson {
            arms: Arms::WiderOrDeeper,
            ..Thompson::default()
        };
        let child = |id, visits, free| Child {
            id,
            visits,
            free,
            ..Child::default()
        };
        for seed in 0..50 {
            let parent = ParentStats {
                visits: 4,
                seed,
                ..ParentStats::default()
            };
            let choose = |children: &[Child]| {
                let family = Family::new(children.iter().copied());
                rule.choose(&parent, family.children())
            };
            assert_eq!(choose(&[child(0, 4.0, true)]), Some(0));
            assert_eq!(
                choose(&[child(0, 4.0, false), child(1, 0.0, true)]),
                Some(1)
            );
            assert_eq!(
                choose(&[child(0, 4.0, true), child(1, 0.0, false)]),
                Some(0)
            );
            assert_eq!(choose(&[child(0, 4.0, false), child(1, 0.0, false)]), None);
        }
    }
}
