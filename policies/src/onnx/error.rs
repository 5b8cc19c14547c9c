//! Why a value model cannot be used.

use std::path::PathBuf;

use thiserror::Error;

/// A value model, or what runs it, cannot be used. Each names what is at fault and what can be done.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnnxError {
    /// ONNX Runtime was asked for by its path or by `ORT_DYLIB_PATH`, and cannot be used.
    #[error(
        "{from}: ONNX Runtime at {} cannot be used: {reason}; name a `libonnxruntime` of version 1.{} \
         or later, or leave it out to use the backend that is built in",
        .path.display(), ort::MINOR_VERSION
    )]
    Library {
        /// Who named it.
        from: &'static str,
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// ONNX Runtime was asked for and found nowhere.
    #[error(
        "no usable ONNX Runtime was found ({looked}); install one (`pip install onnxruntime`) and set \
         ORT_DYLIB_PATH to its `libonnxruntime` file, or use the backend that is built in"
    )]
    NoLibrary {
        /// Where was looked, and what was wrong there.
        looked: String,
    },
    /// The backend is chosen once in a process, and another one runs already.
    #[error("this process already uses {running}; the backend cannot be changed while it runs")]
    Started {
        /// The backend that runs.
        running: String,
    },
    /// The backend could not be started.
    #[error("{backend} could not be started: {reason}")]
    Backend {
        /// Which.
        backend: String,
        /// What it said.
        reason: String,
    },
    /// A file cannot be read.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// A model's description (`NAME.json`) is not as it must be.
    #[error("{model}: its description: {reason}")]
    Description {
        /// The model.
        model: String,
        /// The field, what was expected, and what was found.
        reason: String,
    },
    /// A model's graph (`NAME.onnx`) is not as it must be, or does not compute what it should.
    #[error("{model}: {reason}")]
    Model {
        /// The model.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting is out of its range.
    #[error("value model: `{setting}` {reason}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it must be.
        reason: String,
    },
}
