//! Where the instances of a sandbox are.

use std::ffi::OsString;

/// Where the instances of a sandbox are; see
/// [`SandboxBuilder::isolation`](crate::SandboxBuilder::isolation). Reports are the same, times aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isolation {
    /// In this process: what separates programs from it is WebAssembly.
    #[default]
    Instance,
    /// In worker processes, so that not even a bug in the WebAssembly runtime reaches this process. A
    /// worker that crashes is an [`ExecutorError`](cogitree_engine::ExecutorError) of the job that it
    /// ran; another one takes its place.
    ///
    /// There are as many as [`instances`](crate::SandboxBuilder::instances), started when they are
    /// needed. They have no environment, no descriptor but their pipes, and know no expected value;
    /// they end with the sandbox, and when this process dies.
    Process {
        /// The command line of a worker: an executable that calls
        /// [`serve_worker`](crate::serve_worker), and its arguments. `cogitree worker` is one.
        worker: Vec<OsString>,
    },
}
