//! The synthetic tree that all engines search: even branching, values that are correlated
//! along a path, evaluations of a stated cost. `benches/peers/treequest_tree.py` has the same.

use std::hint::black_box;
use std::time::Duration;

/// Steps in a state: parallel to what a game position is to a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    hash: u64,
    sum: u32,
    depth: u32,
}

/// The largest value of a state.
pub(crate) const TOP: u32 = 1023;

fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const PHI: u64 = 0x9e37_79b9_7f4a_7c15;

impl State {
    pub(crate) fn root(seed: u64) -> Self {
        State {
            hash: mix(seed.wrapping_add(PHI)),
            sum: 0,
            depth: 0,
        }
    }

    pub(crate) fn child(self, action: u8) -> Self {
        let step = (u64::from(action) + 1).wrapping_mul(PHI);
        let hash = mix(self.hash.wrapping_add(step));
        State {
            hash,
            sum: self.sum + (hash >> 54) as u32,
            depth: self.depth + 1,
        }
    }

    pub(crate) fn depth(self) -> u32 {
        self.depth
    }

    /// Mean reward of the steps taken, 0 to [`TOP`].
    pub(crate) fn value(self) -> u32 {
        self.sum.checked_div(self.depth).unwrap_or(TOP / 2)
    }

    /// The value, for the price of an evaluation.
    pub(crate) fn evaluate(self, cost: Cost) -> u32 {
        match cost {
            Cost::Nothing => {}
            Cost::Work(rounds) => {
                black_box((0..rounds).fold(self.hash, |hash, _| mix(black_box(hash))));
            }
            Cost::Wait(time) => std::thread::sleep(time),
        }
        self.value()
    }
}

/// What an evaluation costs: nothing, rounds of hashing on this core, or waiting for another
/// machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cost {
    Nothing,
    Work(u32),
    Wait(Duration),
}

/// A search to be timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) branching: u8,
    /// States at this depth have no children.
    pub(crate) depth: u32,
    pub(crate) simulations: u64,
    pub(crate) threads: usize,
    pub(crate) cost: Cost,
    pub(crate) seed: u64,
}
