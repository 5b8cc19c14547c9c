//! Public logs of real model outputs, as a policy.
//!
//! A log holds what models answered: first programs, and repairs of programs that failed. A
//! [`LogPolicy`] answers a search from it and from nothing else. `docs/recorded.md` says what such a
//! replay can show and what it cannot.

mod extract;
mod log;
mod normal_form;
mod policy;
mod reader;
mod reading;

pub use log::{Draw, Labels, Log, Repair, Shown, Task};
pub use normal_form::NormalForm;
pub use policy::{LogPolicy, Missed};
pub use reader::{LogReader, Origin};
pub use reading::LogError;
