//! The payload of a search tree: one thought with all its versions.

use super::Tried;
use crate::Thought;
use crate::tree::Versions;

/// A thought at a node of a search tree.
#[derive(Debug)]
pub struct Line {
    /// The thought as it was proposed; empty at the root.
    pub proposed: Thought,
    /// The versions that were tried, the proposed one first.
    pub versions: Versions<Tried>,
}

impl Line {
    pub(crate) fn new(proposed: Thought, rethinks: usize) -> Self {
        Line {
            proposed,
            versions: Versions::new(1 + rethinks),
        }
    }

    /// The thought as it stands: the best version tried, else the proposed one.
    pub fn thought(&self) -> &Thought {
        self.versions
            .current()
            .map_or(&self.proposed, |t| &t.thought)
    }
}
