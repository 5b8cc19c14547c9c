//! The beam: how many nodes of a level are gone on from.

use std::sync::{Mutex, PoisonError};

use super::{Event, Line, Run};
use crate::tree::{NodeId, Ticket};

/// The rewards of the nodes that were evaluated, level by level; kept where there is a beam.
#[derive(Debug, Default)]
pub(super) struct Levels(Mutex<Vec<Vec<(NodeId, f64)>>>);

impl Run<'_> {
    /// Whether a node is among those of its level that are gone on from: fewer than the beam is wide
    /// were evaluated by now with a better reward, or with the same one and an earlier id. The root
    /// always is. O(nodes of the level).
    pub(super) fn is_in_beam(&self, node: NodeId) -> bool {
        let beam = self.search.config.beam;
        if beam == 0 || node == NodeId::ROOT {
            return true;
        }
        let level = self.tree.depth(node) as usize;
        let levels = self.levels.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rewards) = levels.get(level) else {
            return true;
        };
        let Some(&(_, own)) = rewards.iter().find(|(id, _)| *id == node) else {
            return true;
        };
        let better = |&&(id, reward): &&(NodeId, f64)| reward > own || reward == own && id < node;
        rewards.iter().filter(better).count() < beam
    }

    /// Notes the reward of a node.
    pub(super) fn place_in_beam(&self, node: NodeId, reward: f64) {
        if self.search.config.beam == 0 {
            return;
        }
        let level = self.tree.depth(node) as usize;
        let mut levels = self.levels.0.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() <= level {
            levels.resize_with(level + 1, Vec::new);
        }
        levels[level].push((node, reward));
    }

    /// Closes a node that is not gone on from.
    pub(super) fn prune(&self, ticket: Ticket<'_, Line>) {
        let mut page = self.journal.open();
        page.write(Event::Pruned {
            node: ticket.node(),
        });
        drop(page);
        ticket.close();
    }
}
