//! Why a sandbox cannot be opened, by what the user can do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A sandbox could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// There is no place for the cache.
    #[error(
        "no home folder, so there is no place for the sandbox's cache; \
         set COGITREE_CACHE to a folder that may be written to"
    )]
    NoCache,
    /// A file of the cache could not be read or written.
    #[error("cannot {action} {}: {source}; {}", path.display(), remedy(source))]
    Cache {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The cache can be written by others, so what it holds cannot be trusted.
    #[error(
        "{} {reason}; compiled code is not loaded from there. \
         Remove the folder, or set COGITREE_CACHE to one of your own", path.display()
    )]
    Unsafe {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The guest must be built, and no suitable Python was found to build it with.
    #[error(
        "building the sandbox's Python needs Python 3.10 or newer with `venv` and `pip` \
         (only once, and only to build it): {found}. Install it (Debian and Ubuntu: \
         `apt install python3 python3-venv`; Fedora: `dnf install python3`; macOS: \
         `brew install python`), or point COGITREE_PYTHON to one"
    )]
    NoPython {
        /// What was found instead.
        found: String,
    },
    /// pip could not install what the guest is built with.
    #[error(
        "cannot install {package} (needed once, to build the sandbox's Python): {reason}. \
         It is fetched by pip from the package index that pip is configured for: check the \
         network, or pip's proxy and index settings"
    )]
    Install {
        /// The package, with its version.
        package: &'static str,
        /// The last lines of what pip said.
        reason: String,
    },
    /// The guest could not be built from its sources.
    #[error("cannot build the sandbox's Python: {0}")]
    Build(String),
    /// A worker process could not be started, or could not open its sandbox.
    #[error("cannot start a worker process: {0}")]
    Worker(String),
    /// wasmtime could not compile or load the guest, or not set up its memory.
    #[error("the WebAssembly runtime failed: {0}")]
    Runtime(String),
}

/// What helps against a failure of a file operation in the cache.
fn remedy(source: &io::Error) -> &'static str {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => {
            "make room there (the guest takes some 150 MB), or set COGITREE_CACHE to a folder with \
             room"
        }
        _ => "set COGITREE_CACHE to a folder that may be written to",
    }
}

impl SandboxError {
    /// For `map_err` on what wasmtime does.
    pub(crate) fn runtime(error: wasmtime::Error) -> SandboxError {
        SandboxError::Runtime(format!("{error:#}"))
    }

    /// For `map_err` on file operations.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> SandboxError {
        let path = path.into();
        move |source| SandboxError::Cache {
            action,
            path,
            source,
        }
    }
}
