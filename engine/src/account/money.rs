//! Money, exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of money in picodollars: whole numbers, so that sums do not depend on their order. A
/// dollar a million tokens is a million picodollars a token. At most 18 million dollars.
///
/// ```
/// use cogitree_engine::Money;
/// let price = Money::from_dollars(0.15 / 1e6).unwrap(); // of a token
/// assert_eq!(price, Money(150_000));
/// assert_eq!(price.times(2_000).to_string(), "$0.0003");
/// assert_eq!(Money::from_dollars(12.5).unwrap().to_string(), "$12.50");
/// assert_eq!(Money::from_dollars(-1.0), None);
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    JsonSchema,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub u64);

const DOLLAR: f64 = 1e12;

impl Money {
    /// Rounded to the nearest picodollar; `None` for what is negative, not finite or too much.
    pub fn from_dollars(dollars: f64) -> Option<Money> {
        let pico = (dollars * DOLLAR).round();
        // 2⁶⁴ − 1 is no f64: what is below 2⁶⁴ fits.
        (0.0..18_446_744_073_709_551_616.0)
            .contains(&pico)
            .then_some(Money(pico as u64))
    }

    /// The amount in dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / DOLLAR
    }

    /// So many times the amount, at most what can be written.
    pub fn times(self, n: u64) -> Money {
        Money(self.0.saturating_mul(n))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Money;
    /// Nothing less than nothing.
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money(0), Add::add)
    }
}

impl fmt::Display for Money {
    /// Cents where that says it, else two digits that count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.dollars();
        if self.0 == 0 || dollars >= 0.995 {
            return write!(f, "${dollars:.2}");
        }
        let digits = usize::try_from(1 - dollars.log10().floor() as i32).unwrap_or(2);
        let text = format!("{dollars:.digits$}");
        write!(f, "${}", text.trim_end_matches('0'))
    }
}
