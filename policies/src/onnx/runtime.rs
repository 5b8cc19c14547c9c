//! What runs the models: ONNX Runtime where there is one, else a backend in pure Rust that is built in.
//!
//! `ort` talks to one backend in a process, which is chosen at the first use and stays. Which one it is
//! and what was passed over is written down in a [`Runtime`], for people to read.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use ort::environment::{Environment, EnvironmentBuilder};
use ort::logging::LogLevel;

use super::OnnxError;
use super::places;

/// Which backend is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// The library that `ORT_DYLIB_PATH` names; else the first usable ONNX Runtime beside the program,
    /// in the active Python environment (`VIRTUAL_ENV`) or in the system; else the built-in one.
    #[default]
    Auto,
    /// The one that is built in: [tract](https://github.com/sonos/tract).
    BuiltIn,
    /// ONNX Runtime, 1.24 or later, found as for `Auto`. Without one nothing runs.
    OnnxRuntime,
    /// The ONNX Runtime that is this file.
    Library(PathBuf),
}

/// The backend that this process uses, and how it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runtime {
    /// The library of ONNX Runtime; `None` for the backend that is built in.
    pub library: Option<PathBuf>,
    /// What the backend says of its version and build.
    pub build: String,
    /// Libraries that were found and not used, each with the reason.
    pub passed_over: Vec<(PathBuf, String)>,
}

impl Runtime {
    /// Whether this is the backend that is built in.
    pub fn is_built_in(&self) -> bool {
        self.library.is_none()
    }

    /// Starts the backend, or tells which one runs already.
    ///
    /// # Errors
    /// Where a library was named that cannot be used, ONNX Runtime was asked for and not found, or another
    /// backend runs in this process.
    ///
    /// ```
    /// use cogitree_policies::onnx::{Backend, Runtime};
    /// let runtime = Runtime::start(&Backend::BuiltIn)?;
    /// assert!(runtime.is_built_in());
    /// assert!(Runtime::start(&Backend::OnnxRuntime).is_err());
    /// # Ok::<(), cogitree_policies::onnx::OnnxError>(())
    /// ```
    pub fn start(wanted: &Backend) -> Result<Runtime, OnnxError> {
        started(wanted).map(|running| running.runtime.clone())
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.library {
            Some(path) => write!(f, "ONNX Runtime at {} ({})", path.display(), self.build)?,
            None => write!(f, "the built-in backend, tract ({})", self.build)?,
        }
        for (path, why) in &self.passed_over {
            write!(f, "\n  not used: {}: {why}", path.display())?;
        }
        Ok(())
    }
}

/// A started backend. It is never dropped: `ort` allows one environment in the life of a process.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) runtime: Runtime,
    pub(super) environment: Environment,
}

impl Running {
    fn serves(&self, wanted: &Backend) -> bool {
        match wanted {
            Backend::Auto => true,
            Backend::BuiltIn => self.runtime.is_built_in(),
            Backend::OnnxRuntime => !self.runtime.is_built_in(),
            Backend::Library(path) => self.runtime.library.as_ref() == Some(path),
        }
    }
}

/// The process's backend, started at the first call.
pub(super) fn started(wanted: &Backend) -> Result<&'static Running, OnnxError> {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    // Held while one is started, so that two threads do not both try: `ort` would refuse the second.
    static STARTING: Mutex<()> = Mutex::new(());

    let _guard: MutexGuard<'_, ()> = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let running = match RUNNING.get() {
        Some(running) => running,
        None => {
            let running = start(wanted)?;
            RUNNING.get_or_init(|| running)
        }
    };
    if running.serves(wanted) {
        Ok(running)
    } else {
        Err(OnnxError::Started {
            running: running.runtime.to_string(),
        })
    }
}

fn start(wanted: &Backend) -> Result<Running, OnnxError> {
    let named = match wanted {
        Backend::BuiltIn => return built_in(Vec::new()),
        Backend::Library(path) => Some(("the backend's path", path.clone())),
        Backend::Auto | Backend::OnnxRuntime => env::var_os("ORT_DYLIB_PATH")
            .filter(|path| !path.is_empty())
            .map(|path| ("ORT_DYLIB_PATH", PathBuf::from(path))),
    };
    if let Some((from, path)) = named {
        let builder = load(&path).map_err(|reason| OnnxError::Library {
            from,
            path: path.clone(),
            reason,
        })?;
        return environment(builder, Some(path), Vec::new());
    }
    let mut passed_over = Vec::new();
    for path in places::candidates() {
        match load(&path) {
            Ok(builder) => return environment(builder, Some(path), passed_over),
            Err(reason) => passed_over.push((path, reason)),
        }
    }
    for path in places::suggestions() {
        let reason = "lies in the current folder; set ORT_DYLIB_PATH to this file to use it";
        passed_over.push((path, reason.to_owned()));
    }
    if *wanted == Backend::OnnxRuntime {
        let looked: Vec<String> = passed_over
            .iter()
            .map(|(path, why)| format!("{}: {why}", path.display()))
            .collect();
        return Err(OnnxError::NoLibrary {
            looked: if looked.is_empty() {
                "beside the program, in $VIRTUAL_ENV and in the system's library folders".to_owned()
            } else {
                looked.join("; ")
            },
        });
    }
    built_in(passed_over)
}

/// Loads a library, or says why it cannot be.
///
/// `ort` 2.0.0-rc.14 takes a library that it failed to load for a loaded one from then on
/// (`OnceLock::get_or_try_init` is complete after an error), so it is asked once in a process, and for a
/// file that looks right.
fn load(path: &Path) -> Result<EnvironmentBuilder, String> {
    static FAILED: OnceLock<String> = OnceLock::new();

    places::screen(path)?;
    if let Some(before) = FAILED.get() {
        return Err(format!(
            "another library failed in this process before ({before}); start anew to load this one"
        ));
    }
    ort::init_from(path).map_err(|error| {
        let reason = match error {
            ort::LoadDynamicError::BadVersion { version_str, .. } => places::too_old(&version_str),
            other => other.to_string(),
        };
        FAILED.get_or_init(|| reason).clone()
    })
}

fn built_in(passed_over: Vec<(PathBuf, String)>) -> Result<Running, OnnxError> {
    if !ort::set_api(ort_tract::api()) {
        return Err(OnnxError::Started {
            running: "a backend that another part of the program has set up".to_owned(),
        });
    }
    environment(ort::init(), None, passed_over)
}

fn environment(
    builder: EnvironmentBuilder,
    library: Option<PathBuf>,
    passed_over: Vec<(PathBuf, String)>,
) -> Result<Running, OnnxError> {
    let builder = builder.with_name("cogitree").with_telemetry(false);
    let environment = builder.build().map_err(|error| OnnxError::Backend {
        backend: match &library {
            Some(path) => format!("ONNX Runtime at {}", path.display()),
            None => "the built-in backend".to_owned(),
        },
        reason: error.to_string(),
    })?;
    // ONNX Runtime writes every error to standard error as well; here they are told once, by us.
    if library.is_some() && env::var_os("ORT_LOG").is_none() {
        environment.set_log_level(LogLevel::Fatal);
    }
    let build = ort::info()
        .trim_start_matches("ORT Build Info: ")
        .to_owned();
    Ok(Running {
        runtime: Runtime {
            library,
            build,
            passed_over,
        },
        environment,
    })
}
