//! Worker processes: the instances of a sandbox in processes of their own, so that a bug in the
//! WebAssembly runtime ends, or gives away, a process that holds nothing.
//!
//! Only running an instance is moved there. Building the guest, verdicts, comparison and feedback stay
//! with the sandbox, so reports are the same.

mod descriptors;
mod pool;
mod protocol;
mod serve;

pub(super) use pool::Pool;
pub use serve::serve_worker;
