//! What simulations in flight cost: how often a search finds the best move of the root when
//! it selects `k` leaves before it is told the first reward.
//!
//!     cargo run --release -p cogitree-engine --example in_flight
//!
//! Trees of branching 4 and depth 4 with known values: each step adds a hidden gain, a line of
//! four steps is worth their mean, and an evaluation wins or loses with that probability,
//! after random steps to the end of the line. The best move begins the best line. No time is
//! measured, so the table is the same on every machine.

use cogitree_engine::tree::{Ask, Guide, NodeId, Ticket, Tree};
use cogitree_engine::{Backup, InFlight, Puct, Rule, Uct, WuUct};

const BRANCHING: u64 = 4;
const DEPTH: u32 = 4;
const TREES: u64 = 2_000;
const RAMP: &str = "wu_uct, ramp";
const IN_FLIGHT: [usize; 4] = [1, 4, 16, 64];

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(z: u64) -> f64 {
    (mix(z) >> 11) as f64 / (1u64 << 53) as f64
}

/// A line of steps so far.
#[derive(Clone, Copy)]
struct State {
    hash: u64,
    gain: f64,
    depth: u32,
}

impl State {
    fn root(tree: u64) -> Self {
        State {
            hash: mix(tree),
            gain: 0.0,
            depth: 0,
        }
    }

    fn step(self, action: u64) -> Self {
        let hash = mix(self.hash ^ (action + 1).wrapping_mul(0xd1b5_4a32_d192_ed03));
        State {
            hash,
            gain: self.gain + unit(hash),
            depth: self.depth + 1,
        }
    }

    /// The chance to win at the end of the best line from here.
    fn best(self) -> f64 {
        if self.depth == DEPTH {
            return self.gain / f64::from(DEPTH);
        }
        (0..BRANCHING)
            .map(|a| self.step(a).best())
            .fold(0.0, f64::max)
    }

    /// Random steps to the end, and a lot drawn there.
    fn play_out(self, lot: u64) -> f64 {
        let mut state = self;
        let mut lot = mix(self.hash ^ mix(lot));
        while state.depth < DEPTH {
            state = state.step(lot % BRANCHING);
            lot = mix(lot);
        }
        let chance = state.gain / f64::from(DEPTH);
        f64::from(u8::from(unit(lot) < chance))
    }
}

/// How many leaves are selected before the first of them is told.
#[derive(Clone, Copy)]
enum Wave {
    /// Always so many.
    Of(usize),
    /// No more than 4, or a quarter of the simulations so far: `SearchConfig::ramp`.
    UpTo(usize),
}

impl Wave {
    fn size(self, told: u64) -> usize {
        match self {
            Wave::Of(k) => k,
            Wave::UpTo(k) => k.min(4.max(told as usize / 4)),
        }
    }
}

/// Whether the move with the most visits after `simulations` in such waves is the best one.
fn finds_the_best(tree: u64, guide: &Guide<Rule>, simulations: u64, wave: Wave) -> bool {
    let root = State::root(tree);
    let search = Tree::new(root, 1 << 20);
    let mut lots = tree << 32;
    let mut told = 0;
    while told < simulations {
        let size = (wave.size(told) as u64).min(simulations - told) as usize;
        let mut wave: Vec<Ticket<'_, State>> = Vec::new();
        while wave.len() < size {
            match search.ask(guide) {
                Ask::Evaluate(ticket) => wave.push(ticket),
                Ask::Expand(mut ticket) => {
                    let state = *ticket.payload();
                    if state.depth < DEPTH {
                        let children = (0..BRANCHING).map(|a| (state.step(a), 1.0));
                        ticket.expand(children).expect("there is room");
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
            lots += 1;
            let reward = ticket.payload().play_out(lots);
            ticket.tell(reward, &guide.backup).expect("a reward");
            told += 1;
        }
    }
    let children: Vec<NodeId> = search.children(NodeId::ROOT).collect();
    let value = |a: &u64| root.step(*a).best();
    let best = (0..BRANCHING).max_by(|a, b| value(a).total_cmp(&value(b)));
    let most = (0..BRANCHING).max_by_key(|&a| search.stats(children[a as usize]).visits);
    most == best
}

fn main() {
    let lost = InFlight::VirtualLoss {
        weight: 1.0,
        loss: 0.0,
    };
    let uct = |in_flight| Rule::Uct(Uct { c: 0.5, in_flight });
    let puct = |in_flight| {
        Rule::Puct(Puct {
            in_flight,
            ..Puct::default()
        })
    };
    let rules = [
        ("wu_uct", Rule::WuUct(WuUct { c: 0.5 })),
        (RAMP, Rule::WuUct(WuUct { c: 0.5 })),
        ("uct, ignored", uct(InFlight::Ignored)),
        ("uct, virtual loss", uct(lost)),
        ("puct, unobserved", puct(InFlight::Unobserved)),
        ("puct, virtual loss", puct(lost)),
    ];
    println!(
        "Best root move found, in % of {TREES} trees (one standard error: at most {:.1})",
        50.0 / (TREES as f64).sqrt()
    );
    for simulations in [64, 256, 1024] {
        println!("\n{simulations} simulations");
        print!("{:22}", "in flight");
        IN_FLIGHT.iter().for_each(|k| print!("{k:>8}"));
        println!();
        for (name, rule) in rules {
            print!("{name:22}");
            for k in IN_FLIGHT {
                let guide = Guide::new(rule, Backup::mean());
                let wave = if name == RAMP {
                    Wave::UpTo(k)
                } else {
                    Wave::Of(k)
                };
                print!("{:8.1}", 100.0 * share(&guide, simulations, wave));
            }
            println!();
        }
    }
}

fn share(guide: &Guide<Rule>, simulations: u64, wave: Wave) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let found: u64 = std::thread::scope(|s| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                s.spawn(move || {
                    (worker..TREES)
                        .step_by(threads as usize)
                        .filter(|&tree| finds_the_best(tree, guide, simulations, wave))
                        .count() as u64
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|w| w.join().expect("no worker panics"))
            .sum()
    });
    found as f64 / TREES as f64
}
