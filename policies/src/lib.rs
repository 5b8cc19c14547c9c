//! Who thinks and who judges: the policies of cogitree.

mod draw;
mod recorded;
pub mod simulated;
mod sketcher;

pub use recorded::{RecordError, Recorded, Recorder, logs};
pub use sketcher::{Closeness, DryRun, Sketcher};
