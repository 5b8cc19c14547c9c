//! The small Python of the Sketcher: read, evaluated and printed in Rust.

pub(crate) mod builtins;
pub(crate) mod evaluator;
mod expressions;
mod format;
mod hash_order;
mod iteration;
pub(crate) mod lower;
mod methods;
pub(crate) mod modules;
pub(crate) mod object;
mod operators;
mod patterns;
pub(crate) mod print;
mod sequences;
mod statements;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
mod texts;
