//! Who thinks and who judges: the policies of cogitree.

pub mod llm;
mod sketcher;

pub use sketcher::{Closeness, DryRun, Sketcher};
