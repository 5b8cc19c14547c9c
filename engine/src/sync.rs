//! The atomics of the tree: the standard ones, or loom's when its models are checked
//! (`RUSTFLAGS="--cfg loom" cargo test -p cogitree-engine --test loom --release`).

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
