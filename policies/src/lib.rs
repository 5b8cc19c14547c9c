//! Who thinks and who judges: the policies of cogitree.

mod sketcher;

pub use sketcher::{Closeness, DryRun, Sketcher};
