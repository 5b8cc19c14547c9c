//! `thompson`: sampling what the values could be; wider or deeper by the same draw.

use serde::{Deserialize, Serialize};

use super::{Children, InFlight, ParentStats, SelectionRule};

/// Draws each child's value from its Beta posterior and takes the highest: Thompson sampling.
///
/// A child without samples is drawn from Beta(prior_alpha, prior_beta): to take it is to go
/// *wider*, to take one that was tried is to go *deeper*, decided by one draw as in AB-MCTS
/// (Inoue et al. 2025, the variant with a Beta posterior). Rewards in [0, 1] count as
/// fractions of a success. Simulations in flight count as failures by default, so that
/// parallel workers spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thompson {
    /// Successes assumed before any sample, > 0. Default 1.
    pub prior_alpha: f64,
    /// Failures assumed before any sample, > 0. Default 1.
    pub prior_beta: f64,
    /// How simulations in flight count. Default as lost.
    pub in_flight: InFlight,
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
        }
    }
}

impl SelectionRule for Thompson {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        children.best_by(|child| {
            let (n, q) = self.in_flight.count(child, 0.0);
            let (n, q) = (f64::from(n), f64::from(q));
            let wins = q * n;
            let mut turn = 0u64;
            let mut uniform = || {
                turn += 1;
                parent.draw(child, parent.turn() << 16 | turn)
            };
            let a = gamma(self.prior_alpha + wins, &mut uniform);
            let b = gamma(self.prior_beta + (n - wins).max(0.0), &mut uniform);
            (a / (a + b)) as f32
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
