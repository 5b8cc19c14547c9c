//! The tree of cogitree on the synthetic tree.

use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};
use cogitree_engine::{Backup, InFlight, SelectionRule, Uct};

use crate::synthetic::{State, TOP, Task};

/// UCT as the peers have it.
pub(crate) fn rule(in_flight: InFlight) -> Uct {
    Uct { c: 0.7, in_flight }
}

/// By one worker that has the tree for itself.
pub(crate) fn search_alone<R: SelectionRule>(task: &Task, guide: &Guide<R>) -> Tree<State> {
    let mut tree = empty(task);
    let mut alone = tree.alone(guide);
    for _ in 0..task.simulations {
        assert!(
            finish(alone.ask(), guide, task),
            "nobody else holds anything"
        );
    }
    tree
}

fn empty(task: &Task) -> Tree<State> {
    let capacity = (task.simulations + 64) as u32 * u32::from(task.branching);
    Tree::new(State::root(task.seed), capacity)
}

/// By workers that share the tree.
pub(crate) fn search<R: SelectionRule>(task: &Task, guide: &Guide<R>) -> Tree<State> {
    let tree = empty(task);
    let left = AtomicU64::new(task.simulations);
    let worker = || {
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok()
        {
            while !simulate(&tree, guide, task) {
                // All is held by others, who may need this core.
                std::thread::yield_now();
            }
        }
    };
    if task.threads == 1 {
        worker();
    } else {
        std::thread::scope(|s| {
            for _ in 0..task.threads {
                s.spawn(worker);
            }
        });
    }
    tree
}

/// One simulation; false when all is held by others.
pub(crate) fn simulate<R: SelectionRule>(
    tree: &Tree<State>,
    guide: &Guide<R>,
    task: &Task,
) -> bool {
    finish(tree.ask(guide), guide, task)
}

fn finish<R: SelectionRule>(ask: Ask<'_, State>, guide: &Guide<R>, task: &Task) -> bool {
    let ticket = match ask {
        Ask::Evaluate(ticket) => ticket,
        Ask::Expand(mut ticket) => {
            let state = *ticket.payload();
            if state.depth() < task.depth {
                let children = (0..task.branching).map(|a| (state.child(a), 1.0));
                ticket.expand(children).expect("there is room");
                if !ticket.descend(guide) {
                    return false;
                }
            }
            ticket
        }
        Ask::Busy => return false,
        Ask::Closed => return true,
    };
    let value = ticket.payload().evaluate(task.cost);
    let reward = f64::from(value) / f64::from(TOP);
    ticket.tell(reward, &guide.backup).expect("a reward");
    true
}

/// The child of the root with the most visits.
pub(crate) fn best(tree: &Tree<State>) -> usize {
    let children: Vec<NodeId> = tree.children(NodeId::ROOT).collect();
    let visits = |i: &usize| tree.stats(children[*i]).visits;
    (0..children.len()).max_by_key(visits).unwrap_or(0)
}

pub(crate) fn guide(in_flight: InFlight) -> Guide<Uct> {
    Guide::new(rule(in_flight), Backup::mean())
}
