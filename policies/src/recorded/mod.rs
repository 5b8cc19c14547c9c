//! Answers that were given before: any policy's, recorded and played again, and public logs.

mod entry;
mod file;
mod key;
pub mod logs;
mod playback;
mod recorder;

pub use file::RecordError;
pub use playback::Recorded;
pub use recorder::Recorder;
