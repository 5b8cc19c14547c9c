//! Who thinks and who judges: the policies of cogitree.

mod draw;
pub mod llm;
pub mod onnx;
mod recorded;
pub mod simulated;
mod sketcher;

pub use recorded::{RecordError, Recorded, Recorder, logs};
pub use sketcher::{Closeness, DryRun, Sketcher};
