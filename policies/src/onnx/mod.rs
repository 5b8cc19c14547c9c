//! Value models in ONNX: how likely is it that the programs below a node are right?
//!
//! A model is two files, a graph and its description; `docs/value-model.md` has the format, and how to
//! bring one's own. [`OnnxValue`] loads and runs it.
//!
//! | what | where |
//! |---|---|
//! | what a model is shown of a state | [`encode`] |
//! | the backend: ONNX Runtime, or tract that is built in | `runtime`, `places` |
//! | the description of a model, its files | `description`, `files` |
//! | one loaded model: what goes in and comes out, checked | `session`, `input`, `rehearsal` |
//! | inputs of different lengths in few calls | `calls` |
//! | requests of all workers gathered; answers kept | `batcher`, `cache` |
//! | the value model; what became of its requests | `model`, `health`, `config` |
//! | text models: a state as text, its tokens | `text`, `tokenizer` |
//!
//! The encoding is always there; the rest is behind the feature `onnx`, and the tokenizer behind
//! `tokenizers`, both on by default.

pub mod encode;

#[cfg(feature = "onnx")]
mod batcher;
#[cfg(feature = "onnx")]
mod cache;
#[cfg(feature = "onnx")]
mod calls;
#[cfg(feature = "onnx")]
mod config;
#[cfg(feature = "onnx")]
mod description;
#[cfg(feature = "onnx")]
mod error;
#[cfg(feature = "onnx")]
mod files;
#[cfg(feature = "onnx")]
mod health;
#[cfg(feature = "onnx")]
mod input;
#[cfg(feature = "onnx")]
mod model;
#[cfg(feature = "onnx")]
mod places;
#[cfg(feature = "onnx")]
mod rehearsal;
#[cfg(feature = "onnx")]
mod runtime;
#[cfg(feature = "onnx")]
mod session;
#[cfg(feature = "tokenizers")]
mod text;
#[cfg(feature = "tokenizers")]
mod tokenizer;

#[cfg(feature = "onnx")]
pub use self::{
    config::{Device, ValueConfig},
    error::OnnxError,
    files::ModelFiles,
    health::ValueCounts,
    model::OnnxValue,
    runtime::{Backend, Runtime},
};
