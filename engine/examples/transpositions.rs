//! What merging equal states brings: how often a search finds a best first step, on a tree
//! and on the graph of the same game, after as many simulations.
//!
//!     cargo run --release -p cogitree-engine --example transpositions
//!
//! Four of nine steps are taken, in any order: 24 paths lead to each of the 126 complete sets.
//! Every pair of steps has a hidden gain, a set is worth the mean of its pairs, and an
//! evaluation wins or loses with that probability, after random steps that complete the set. A
//! first step is best if it is in the best set. No time is measured, so the table is the
//! same on every machine.

use cogitree_engine::tree::{Ask, Guide, NodeId, Ticket, Tree};
use cogitree_engine::{Backup, Puct, Rule, WuUct};

const STEPS: u32 = 9;
const TAKEN: u32 = 4;
const GAMES: u64 = 1_000;
const IN_FLIGHT: [usize; 2] = [1, 16];

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(z: u64) -> f64 {
    (mix(z) >> 11) as f64 / (1u64 << 53) as f64
}

/// The steps that may follow on a set of steps.
fn next(set: u64) -> impl Iterator<Item = u64> + Clone {
    let left = (0..STEPS).filter(move |i| set >> i & 1 == 0);
    left.filter(move |_| set.count_ones() < TAKEN)
        .map(move |i| set | 1 << i)
}

/// The chance to win with a complete set.
fn chance(game: u64, set: u64) -> f64 {
    let steps = || (0..STEPS).filter(|i| set >> i & 1 == 1);
    let gains = steps().flat_map(|a| steps().filter(move |&b| a < b).map(move |b| (a, b)));
    let pairs = TAKEN * (TAKEN - 1) / 2;
    gains
        .map(|(a, b)| unit(mix(game) ^ u64::from(a << 8 | b)))
        .sum::<f64>()
        / f64::from(pairs)
}

/// Random steps until the set is complete, and a lot drawn there.
fn play_out(game: u64, mut set: u64, lot: u64) -> f64 {
    let mut lot = mix(mix(game) ^ lot);
    while set.count_ones() < TAKEN {
        let choices = u64::from(STEPS - set.count_ones());
        set = next(set).nth((lot % choices) as usize).unwrap_or(set);
        lot = mix(lot);
    }
    f64::from(u8::from(unit(lot) < chance(game, set)))
}

/// Whether the first step with the most visits is in the best set.
fn finds_the_best(game: u64, guide: &Guide<Rule>, merge: bool, simulations: u64, k: usize) -> bool {
    let mut search = Tree::new(0u64, 1 << 14);
    if merge {
        search = search.merging(|&set| set.into());
    }
    let (mut asked, mut told) = (0, 0);
    while told < simulations {
        let mut wave: Vec<Ticket<'_, u64>> = Vec::new();
        while wave.len() < k && told + (wave.len() as u64) < simulations {
            match search.ask(guide) {
                Ask::Evaluate(ticket) => wave.push(ticket),
                Ask::Expand(mut ticket) => {
                    let set = *ticket.payload();
                    if set.count_ones() < TAKEN {
                        let children = next(set).map(|set| (set, 1.0));
                        ticket.expand(children).expect("there is room");
                        // All that follow are known or held: ask again.
                        if !ticket.descend(guide) {
                            continue;
                        }
                    }
                    wave.push(ticket);
                }
                Ask::Busy | Ask::Closed => break,
            }
        }
        for ticket in wave {
            asked += 1;
            let reward = play_out(game, *ticket.payload(), asked);
            ticket.tell(reward, &guide.backup).expect("a reward");
            told += 1;
        }
    }
    let best = (0..1u64 << STEPS)
        .filter(|set| set.count_ones() == TAKEN)
        .max_by(|&a, &b| chance(game, a).total_cmp(&chance(game, b)));
    let most = (search.children(NodeId::ROOT)).max_by_key(|&c| search.stats(c).visits);
    best.zip(most)
        .is_some_and(|(set, first)| set & search.payload(first) != 0)
}

fn main() {
    let rules = [
        ("wu_uct", Rule::WuUct(WuUct { c: 0.5 })),
        ("puct", Rule::Puct(Puct::default())),
    ];
    println!(
        "First step in the best set, in % of {GAMES} games (± one standard error); by chance {:.1}",
        100.0 * f64::from(TAKEN) / f64::from(STEPS)
    );
    for (name, rule) in rules {
        for k in IN_FLIGHT {
            println!("\n{name}, {k} in flight");
            println!("simulations{:>16}{:>16}", "tree", "merged");
            for simulations in [64, 256, 1024, 4096] {
                let guide = Guide::new(rule, Backup::mean());
                print!("{simulations:11}");
                for merge in [false, true] {
                    let share = share(&guide, merge, simulations, k);
                    let error = (share * (1.0 - share) / GAMES as f64).sqrt();
                    print!("{:10.1} ± {:.1}", 100.0 * share, 100.0 * error);
                }
                println!();
            }
        }
    }
}

fn share(guide: &Guide<Rule>, merge: bool, simulations: u64, k: usize) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let found: u64 = std::thread::scope(|s| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                s.spawn(move || {
                    (worker..GAMES)
                        .step_by(threads as usize)
                        .filter(|&game| finds_the_best(game, guide, merge, simulations, k))
                        .count() as u64
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|w| w.join().expect("no worker panics"))
            .sum()
    });
    found as f64 / GAMES as f64
}
