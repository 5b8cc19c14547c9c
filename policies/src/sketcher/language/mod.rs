//! The small Python of the Sketcher: read, evaluated and printed in Rust.

mod builtins;
pub(crate) mod evaluator;
mod format;
mod hash_order;
pub(crate) mod lower;
mod methods;
pub(crate) mod modules;
pub(crate) mod object;
mod operators;
pub(crate) mod print;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
