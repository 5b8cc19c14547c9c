//! What a node costs: the bytes that the tree and its peers allocate on the synthetic tree.
//!
//!     cargo bench -p cogitree-engine --bench memory
//!
//! A node is whatever has statistics of its own, visited or not: an engine that makes room for
//! all children of a leaf has them counted. The bytes are the most that were in use at once
//! during a search with one thread, so growing a vector counts. The peers keep no states but
//! make them again on every way down; our nodes carry theirs.

#![allow(dead_code, reason = "the engines are shared with the bench of times")]

#[path = "../../tests/counting/mod.rs"]
mod counting;
mod naive;
mod ours;
mod peers;
mod synthetic;

use std::sync::OnceLock;

use cogitree_engine::InFlight;
use synthetic::{Cost, State, Task};

fn ours_alone(task: &Task) -> usize {
    ours::search(task, &ours::guide(InFlight::Unobserved)).len()
}

fn main() {
    // Bytes a node of what is not the tree proper.
    let payload = size_of::<OnceLock<State>>();
    let state = size_of::<State>();
    type Nodes = fn(&Task) -> usize;
    let engines: [(&str, Nodes, usize); 5] = [
        ("cogitree", ours_alone, payload),
        ("mcts", peers::with_mcts::nodes, 0),
        ("treant", peers::with_treant::nodes, 0),
        ("minimax", peers::with_minimax::nodes, 0),
        ("behind a lock", naive::nodes, state),
    ];
    // `cargo test --all-targets` runs benches too, to see that they work.
    let full = std::env::args().any(|a| a == "--bench");
    let sizes: &[u64] = if full {
        &[10_000, 100_000, 1_000_000]
    } else {
        &[1_000]
    };
    for &simulations in sizes {
        println!("{simulations} simulations on the unbounded tree");
        println!(
            "{:16}{:>12}{:>12}{:>16}{:>20}",
            "", "nodes", "bytes/node", "without states", "bytes/simulation"
        );
        let task = Task {
            branching: 10,
            depth: u32::MAX,
            simulations,
            threads: 1,
            cost: Cost::Nothing,
            seed: 42,
        };
        for (name, nodes_of, states) in engines {
            let (nodes, bytes) = counting::peak(|| nodes_of(&task));
            let each = bytes as f64 / nodes as f64;
            println!(
                "{name:16}{nodes:>12}{each:>12.1}{:>16.1}{:>20.1}",
                each - states as f64,
                bytes as f64 / simulations as f64
            );
        }
        println!();
    }
}
