//! The tree beside its peers, on one synthetic tree, with UCT and the same number of
//! simulations:
//!
//!     cargo bench -p cogitree-engine --bench tree
//!
//! Before the timings of a full run it prints how often each engine prefers the best move of
//! the root. Memory is counted apart (`--bench memory`), since counting takes time; TreeQuest,
//! which is written in Python, is timed by `benches/peers/treequest_tree.py`.

#[allow(dead_code, reason = "nodes are counted where memory is")]
mod naive;
mod ours;
#[allow(dead_code, reason = "nodes are counted where memory is")]
mod peers;
mod synthetic;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cogitree_engine::InFlight;
use cogitree_engine::tree::Ask;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use synthetic::{Cost, State, Task};

const UNBOUNDED: u32 = 10_000;

fn task() -> Task {
    Task {
        branching: 10,
        depth: UNBOUNDED,
        simulations: 100_000,
        threads: 1,
        cost: Cost::Nothing,
        seed: 42,
    }
}

type Engine = (&'static str, fn(&Task) -> usize);

fn ours_shared(task: &Task) -> usize {
    ours::best(&ours::search(task, &ours::guide(InFlight::Unobserved)))
}

/// By one thread, which may have the tree for itself.
fn ours_alone(task: &Task) -> usize {
    ours::best(&ours::search_alone(
        task,
        &ours::guide(InFlight::Unobserved),
    ))
}

const ENGINES: [Engine; 5] = [
    ("cogitree", ours_shared),
    ("mcts", peers::with_mcts::search),
    ("treant", peers::with_treant::search),
    ("minimax", peers::with_minimax::search),
    ("behind a lock", naive::search),
];

/// How many hash rounds take as long as `time` on this machine.
fn rounds(time: Duration) -> u32 {
    const TRIAL: u32 = 1_000_000;
    let state = State::root(1);
    let quickest = (0..5)
        .map(|_| {
            let started = Instant::now();
            black_box(state.evaluate(Cost::Work(TRIAL)));
            started.elapsed()
        })
        .min()
        .unwrap_or_default();
    (time.as_secs_f64() / quickest.as_secs_f64() * f64::from(TRIAL)) as u32
}

/// Simulations per second of every engine with one thread, on a bounded and an unbounded tree.
fn one_thread(c: &mut Criterion) {
    for (name, depth) in [("unbounded", UNBOUNDED), ("depth 6", 6)] {
        let task = Task { depth, ..task() };
        let mut group = c.benchmark_group(format!("tree, one thread, {name}"));
        group
            .throughput(Throughput::Elements(task.simulations))
            .sample_size(10);
        let alone: [Engine; 1] = [("cogitree, alone", ours_alone)];
        for (engine, search) in alone.into_iter().chain(ENGINES) {
            group.bench_function(engine, |b| b.iter(|| search(black_box(&task))));
        }
        group.finish();
    }
}

/// Every engine with 1 to 16 threads and evaluations of nothing to 10 ms.
fn threads(c: &mut Criterion) {
    let micro = rounds(Duration::from_micros(1));
    for (name, cost, simulations) in [
        ("0 ns", Cost::Nothing, 50_000),
        ("1 µs", Cost::Work(micro), 50_000),
        ("100 µs", Cost::Work(micro * 100), 1_000),
        ("10 ms elsewhere", Cost::Wait(Duration::from_millis(10)), 64),
    ] {
        let mut group = c.benchmark_group(format!("tree, evaluation of {name}"));
        group
            .throughput(Throughput::Elements(simulations))
            .sample_size(10)
            // A hundred benchmarks: half of criterion's times, so that they end in ten minutes.
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(3));
        for threads in [1, 2, 4, 8, 16] {
            for (engine, search) in ENGINES {
                let task = Task {
                    cost,
                    simulations,
                    threads,
                    ..task()
                };
                group.bench_function(BenchmarkId::new(engine, threads), |b| {
                    b.iter(|| search(black_box(&task)));
                });
            }
        }
        group.finish();
    }
}

/// One descent (asked and given up) in trees of 10³ to 10⁷ nodes: it grows with the depth,
/// which is printed, not with the size.
fn descent(c: &mut Criterion) {
    let mut group = c.benchmark_group("tree, one descent");
    for nodes in [1_000u64, 10_000, 100_000, 1_000_000, 10_000_000] {
        let task = Task {
            simulations: nodes / 4,
            ..task()
        };
        let guide = ours::guide(InFlight::Unobserved);
        // Built when it is its turn, and only then.
        let mut tree = None;
        group.bench_function(BenchmarkId::from_parameter(nodes), |b| {
            let tree = tree.get_or_insert_with(|| ours::search(&task, &guide));
            b.iter(|| match tree.ask(&guide) {
                Ask::Evaluate(ticket) | Ask::Expand(ticket) => ticket.depth(),
                Ask::Busy | Ask::Closed => 0,
            });
        });
        if let Some(tree) = tree {
            let depth = match tree.ask(&guide) {
                Ask::Evaluate(ticket) | Ask::Expand(ticket) => ticket.depth(),
                Ask::Busy | Ask::Closed => 0,
            };
            eprintln!(
                "  a tree of {} nodes; the descent is {depth} deep",
                tree.len()
            );
        }
    }
    group.finish();
}

/// How often each engine prefers the move of the root that a search fifty times as long
/// prefers, on thirty trees.
fn quality() {
    println!("Root moves: agreement with a search of 500,000 simulations, of 30 trees");
    println!("{:16}{:>16}{:>16}", "", "1,000", "10,000");
    let reference: Vec<usize> = (0..30)
        .map(|seed| {
            ours_shared(&Task {
                seed,
                simulations: 500_000,
                ..task()
            })
        })
        .collect();
    println!("{:16}{reference:?}", "the long search");
    for (name, search) in ENGINES {
        print!("{name:16}");
        for simulations in [1_000, 10_000] {
            let right = (0..30).filter(|&seed| {
                let task = Task {
                    seed,
                    simulations,
                    ..task()
                };
                search(&task) == reference[seed as usize]
            });
            print!("{:>16}", right.count());
        }
        println!();
    }
}

criterion_group!(benches, one_thread, threads, descent);

fn main() {
    // Only before a full run: not for a smoke test, a list, or a part of the benches.
    if std::env::args().skip(1).all(|a| a == "--bench") {
        quality();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
