//! What distinguishes each preset, on a scripted policy and executor: which node is expanded next,
//! when it is rethought, when it stops, what it answers. The numbers in comments are worked out by
//! hand from the formulas of the papers.
#![allow(clippy::unwrap_used)]

mod ab_mcts;
mod codetree;
mod cogitree;
mod lats;
mod reflexion;
mod rethink;
mod sampling;
mod script;
mod self_debug;
mod swe_search;
mod tot;
