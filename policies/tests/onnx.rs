//! ONNX value models from the outside: small graphs whose answers a person can work out
//! (`models/make.py`), good ones and bad ones.
//!
//! They run in the backend that is built in. To run them in an ONNX Runtime instead:
//!
//! ```text
//! COGITREE_TEST_ONNX_RUNTIME=…/libonnxruntime.so.1.31.1 cargo test -p cogitree-policies --test onnx
//! ```

#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used)]

#[path = "onnx/bad.rs"]
mod bad;
#[path = "onnx/models.rs"]
mod models;
#[path = "onnx/serving.rs"]
mod serving;
#[cfg(feature = "tokenizers")]
#[path = "onnx/text.rs"]
mod text;
#[path = "onnx/values.rs"]
mod values;
