//! Who runs programs: the sandbox, the judge and verbal feedback of cogitree.
#![doc = ""]
//! [`Sandbox`] is the executor: CPython compiled to WebAssembly, a fresh instance for each
//! program, with no file, no network, no environment, capped memory, output and time. Answers are
//! compared here, outside the guest, which is given inputs and never expected values.

mod checker;
mod difference;
mod feedback;
mod guest;
mod judge;
mod sandbox;
mod source;
pub mod trace;
mod wire;

pub use guest::{Need, Progress, Stage, State, cache_folder, doctor};
pub use judge::{HiddenTests, Judge};
pub use sandbox::{
    CompileError, Isolation, Sandbox, SandboxBuilder, SandboxError, Spent, WasmExecutor,
    WasmSandbox, WasmSandboxBuilder, serve_worker,
};
pub use source::decode_source;
pub use trace::Trace;
