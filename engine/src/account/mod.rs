//! The account: what calls of a model cost, and what may still be spent.
//!
//! A search has one [`Account`], whatever its policy and its preset, so that searches can be compared
//! at equal cost. A policy whose calls cost something asks the [`Meter`] of its request before each:
//! what a call is estimated to cost is set aside until it is settled, so calls in flight count and no
//! limit is passed.

mod ledger;
mod meter;
mod money;
mod usage;

pub(crate) use ledger::{Account, Limits};
pub(crate) use meter::Recorded;
pub use meter::{Booking, Call, Failure, Meter, Refusal};
pub use money::Money;
pub use usage::{Operator, Resource, Spending, Usage};
