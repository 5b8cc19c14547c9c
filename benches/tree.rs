//! Simulations on a synthetic tree: the lock-free tree beside the same search behind a lock.
//!
//! Branching 8, unbounded depth, rewards by a hash, UCT, mean backup; an evaluation costs
//! nothing or a stated number of hash rounds. Both sides make the same number of simulations.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree::tree::{Ask, Tree};
use cogitree::{Backup, ChildStats, ParentStats, Rule, SelectionRule, WuUct};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const BRANCHING: u64 = 8;
const SIMULATIONS: u64 = 20_000;

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The reward of a state after `rounds` hash rounds of work.
fn evaluate(state: u64, rounds: u32) -> f64 {
    let hash = (0..=rounds).fold(state, |h, _| mix(black_box(h)));
    (hash >> 40) as f64 / (1u64 << 24) as f64
}

fn lock_free(threads: usize, rounds: u32) {
    let tree = Tree::new(7u64, u32::MAX);
    let (rule, backup) = (Rule::WuUct(WuUct::default()), Backup::mean());
    let left = AtomicU64::new(SIMULATIONS);
    let worker = || {
        while left.load(Ordering::Relaxed) > 0 {
            let ticket = match tree.ask(&rule, &backup) {
                Ask::Evaluate(ticket) => ticket,
                Ask::Expand(mut ticket) => {
                    let state = *ticket.payload();
                    let children = (0..BRANCHING).map(|i| (mix(state ^ (i << 17)), 1.0));
                    if ticket.expand(children).is_err() || !ticket.descend(&rule, &backup) {
                        continue;
                    }
                    ticket
                }
                Ask::Busy => continue,
                Ask::Closed => return,
            };
            let reward = evaluate(*ticket.payload(), rounds);
            if ticket.tell(reward, &backup).is_ok() {
                let _ =
                    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
            }
        }
    };
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(worker);
        }
    });
}

/// The naive way: one vector of nodes, one lock around select, expand and back up.
#[derive(Default)]
struct Plain {
    nodes: Vec<PlainNode>,
}

struct PlainNode {
    state: u64,
    parent: Option<usize>,
    children: Vec<usize>,
    visits: u32,
    in_flight: u32,
    sum: f64,
}

impl Plain {
    fn add(&mut self, state: u64, parent: Option<usize>) -> usize {
        let children = Vec::new();
        self.nodes.push(PlainNode {
            state,
            parent,
            children,
            visits: 0,
            in_flight: 0,
            sum: 0.0,
        });
        self.nodes.len() - 1
    }

    fn select(&mut self, rule: &Rule) -> usize {
        let mut at = 0;
        loop {
            self.nodes[at].in_flight += 1;
            if at != 0 && self.nodes[at].visits == 0 {
                return at;
            }
            if self.nodes[at].children.is_empty() {
                let state = self.nodes[at].state;
                let children = (0..BRANCHING)
                    .map(|i| self.add(mix(state ^ (i << 17)), Some(at)))
                    .collect();
                self.nodes[at].children = children;
            }
            let node = &self.nodes[at];
            let mean = |n: &PlainNode| n.sum / f64::from(n.visits.max(1));
            let parent = ParentStats {
                visits: node.visits,
                in_flight: node.children.iter().map(|&c| self.nodes[c].in_flight).sum(),
                value: mean(node),
            };
            let score = |c: &usize| {
                let c = &self.nodes[*c];
                let value = (c.visits > 0).then(|| mean(c));
                let (visits, in_flight) = (c.visits, c.in_flight);
                rule.score(
                    &parent,
                    &ChildStats {
                        visits,
                        in_flight,
                        value,
                        prior: 0.125,
                    },
                )
            };
            let best = node
                .children
                .iter()
                .max_by(|a, b| score(a).total_cmp(&score(b)));
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

fn behind_a_lock(threads: usize, rounds: u32) {
    let mut plain = Plain::default();
    plain.add(7, None);
    let plain = Mutex::new(plain);
    let rule = Rule::WuUct(WuUct::default());
    let left = AtomicU64::new(SIMULATIONS);
    let worker = || {
        while left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok()
        {
            let (leaf, state) = {
                let mut tree = plain.lock().expect("no worker panics");
                let leaf = tree.select(&rule);
                (leaf, tree.nodes[leaf].state)
            };
            let reward = evaluate(state, rounds);
            plain
                .lock()
                .expect("no worker panics")
                .back_up(leaf, reward);
        }
    };
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(worker);
        }
    });
}

fn simulations(c: &mut Criterion) {
    for rounds in [0, 1_000] {
        let mut group = c.benchmark_group(format!("tree/evaluation of {rounds} hash rounds"));
        group
            .throughput(Throughput::Elements(SIMULATIONS))
            .sample_size(10);
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("lock-free", threads), |b| {
                b.iter(|| lock_free(threads, rounds));
            });
            group.bench_function(BenchmarkId::new("behind a lock", threads), |b| {
                b.iter(|| behind_a_lock(threads, rounds));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, simulations);
criterion_main!(benches);
