//! Value models in ONNX.

pub mod encode;
