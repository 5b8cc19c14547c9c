//! The naive way: one vector of nodes, one lock around select, expand and back up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::synthetic::{State, TOP, Task};

struct Node {
    state: State,
    parent: Option<usize>,
    children: Vec<usize>,
    visits: u32,
    in_flight: u32,
    sum: f64,
}

struct Plain {
    nodes: Vec<Node>,
    branching: u8,
    depth: u32,
}

impl Plain {
    fn add(&mut self, state: State, parent: Option<usize>) -> usize {
        self.nodes.push(Node {
            state,
            parent,
            children: Vec::new(),
            visits: 0,
            in_flight: 0,
            sum: 0.0,
        });
        self.nodes.len() - 1
    }

    fn select(&mut self) -> usize {
        let mut at = 0;
        loop {
            self.nodes[at].in_flight += 1;
            let state = self.nodes[at].state;
            if at != 0 && self.nodes[at].visits == 0 || state.depth() >= self.depth {
                return at;
            }
            if self.nodes[at].children.is_empty() {
                let children = (0..self.branching)
                    .map(|a| self.add(state.child(a), Some(at)))
                    .collect();
                self.nodes[at].children = children;
            }
            let node = &self.nodes[at];
            let total = f64::from(node.visits + node.in_flight).max(1.0).ln();
            let score = |&child: &usize| {
                let child = &self.nodes[child];
                let n = f64::from(child.visits + child.in_flight);
                if n == 0.0 {
                    return f64::INFINITY;
                }
                child.sum / f64::from(child.visits.max(1)) + 0.7 * (total / n).sqrt()
            };
            let children = node.children.iter();
            let best = children.max_by(|a, b| score(a).total_cmp(&score(b)));
            at = best.copied().unwrap_or(at);
        }
    }

    fn back_up(&mut self, leaf: usize, reward: f64) {
        let mut at = Some(leaf);
        while let Some(i) = at {
            let node = &mut self.nodes[i];
            node.visits += 1;
            node.in_flight -= 1;
            node.sum += reward;
            at = node.parent;
        }
    }
}

fn grow(task: &Task) -> Plain {
    let mut plain = Plain {
        nodes: Vec::new(),
        branching: task.branching,
        depth: task.depth,
    };
    plain.add(State::root(task.seed), None);
    let plain = Mutex::new(plain);
    let left = AtomicU64::new(task.simulations);
    let worker = || {
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok()
        {
            let (leaf, state) = {
                let mut tree = plain.lock().expect("no worker panics");
                let leaf = tree.select();
                (leaf, tree.nodes[leaf].state)
            };
            let reward = f64::from(state.evaluate(task.cost)) / f64::from(TOP);
            let mut tree = plain.lock().expect("no worker panics");
            tree.back_up(leaf, reward);
        }
    };
    std::thread::scope(|s| {
        for _ in 0..task.threads {
            s.spawn(worker);
        }
    });
    plain.into_inner().expect("no worker panics")
}

/// How many nodes the tree of a search has.
pub(crate) fn nodes(task: &Task) -> usize {
    grow(task).nodes.len()
}

/// The move it prefers.
pub(crate) fn search(task: &Task) -> usize {
    let tree = grow(task);
    let children = &tree.nodes[0].children;
    (0..children.len())
        .max_by_key(|&i| tree.nodes[children[i]].visits)
        .unwrap_or(0)
}
