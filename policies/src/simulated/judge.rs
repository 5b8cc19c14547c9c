//! Who knows what is right.

use std::sync::Arc;

use cogitree_engine::Program;

use super::program::Written;
use super::world::{Behaviour, Rules};

/// Says whether an answer is right: the hidden tests of a simulated world. Made by
/// [`World::judge`](super::World::judge), and by nothing that a search is given.
#[derive(Clone, Debug)]
pub struct SimulatedJudge {
    rules: Arc<Rules>,
}

impl SimulatedJudge {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        SimulatedJudge { rules }
    }

    /// Whether a program does what its problem asks for on every input.
    pub fn is_right(&self, program: &Program) -> bool {
        let written = Written::read(&self.rules, program);
        written.is_some_and(|w| w.behaviour == Behaviour::Right)
    }
}
