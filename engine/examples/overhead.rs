//! What the tree costs a simulation whose evaluation takes 100 ms elsewhere, 256 of them in
//! flight, and whether a worker ever waits for another inside the tree.
//!
//!     cargo run --release -p cogitree-engine --example overhead
//!
//! Each thread holds its share of the tickets; it tells those that are due, asks for as many,
//! and sleeps until the next is due. The times are those of `ask`, `expand` (with `descend`)
//! and `tell` alone. A thread that waits for another gives its core up of its own accord
//! (a voluntary context switch, which Linux counts apart from preemptions): with few threads
//! there must be none. As a control, the same with one lock around each operation.
//!
//! With 256 threads a few waits can be left, all seen in `expand`: those who reach the end of
//! a chunk of nodes together each allocate the next one, and wait for locks of the allocator
//! and of the kernel's memory map. That is not a wait for a worker, but no bound either.
//!
//! The longest times include being preempted: with more threads than free cores they say more
//! of the scheduler than of the tree.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use cogitree_engine::tree::{Ask, Guide, Ticket, Tree};
use cogitree_engine::{Backup, WuUct};

const BRANCHING: u64 = 10;
const IN_FLIGHT: usize = 256;
const EVALUATION: Duration = Duration::from_millis(100);
const MEASURED: Duration = Duration::from_secs(10);
/// Simulations before anything is measured, so that the tree is large: it then has 300,000 nodes.
const GROWN: u64 = 100_000;

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A line of steps, worth their mean.
#[derive(Clone, Copy)]
struct State {
    hash: u64,
    sum: f64,
    depth: u32,
}

impl State {
    fn step(self, action: u64) -> Self {
        let hash = mix(self.hash ^ (action + 1));
        State {
            hash,
            sum: self.sum + (hash >> 11) as f64 / (1u64 << 53) as f64,
            depth: self.depth + 1,
        }
    }

    fn value(self) -> f64 {
        self.sum / f64::from(self.depth.max(1))
    }
}

/// How often a thread has given its core up, and how often it was taken from it.
#[derive(Clone, Copy, Default)]
struct Switches {
    voluntary: u64,
    forced: u64,
}

/// Linux's account of the thread that opened it. It stays open, so that reading it makes no
/// thread wait for another.
struct Account(File);

impl Account {
    /// `None` where there is no Linux.
    fn open() -> Option<Self> {
        File::open("/proc/thread-self/status").ok().map(Account)
    }

    fn read(&self) -> Option<Switches> {
        let mut text = [0; 4096];
        let len = self.0.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..len]).ok()?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok())
        };
        Some(Switches {
            voluntary: field("voluntary_ctxt_switches:")?,
            forced: field("nonvoluntary_ctxt_switches:")?,
        })
    }
}

/// What a thread saw.
#[derive(Default)]
struct Seen {
    ask: Vec<u64>,
    expand: Vec<u64>,
    tell: Vec<u64>,
    busy: u64,
    /// Inside bursts of operations, sleeping apart.
    switches: Option<Switches>,
}

impl Seen {
    /// Room for so many operations: making room while they run could wait for the allocator.
    fn with_room(operations: usize) -> Self {
        let room = || {
            let mut times = vec![1; operations];
            times.clear();
            times
        };
        Seen {
            ask: room(),
            expand: room(),
            tell: room(),
            ..Seen::default()
        }
    }

    fn add(&mut self, other: Seen) {
        self.ask.extend(other.ask);
        self.expand.extend(other.expand);
        self.tell.extend(other.tell);
        self.busy += other.busy;
        self.count(other.switches);
    }

    fn count(&mut self, more: Option<Switches>) {
        if let Some(more) = more {
            let all = self.switches.get_or_insert_default();
            all.voluntary += more.voluntary;
            all.forced += more.forced;
        }
    }
}

/// A search, perhaps with a lock around each operation.
struct Shared<'a> {
    tree: &'a Tree<State>,
    guide: &'a Guide<WuUct>,
    lock: Option<Mutex<()>>,
}

impl<'a> Shared<'a> {
    fn enter(&self) -> Option<MutexGuard<'_, ()>> {
        let lock = self.lock.as_ref()?;
        Some(lock.lock().expect("no worker panics"))
    }

    /// Nanoseconds of an operation.
    fn time<T>(&self, times: &mut Vec<u64>, operation: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let entered = self.enter();
        let result = operation();
        drop(entered);
        times.push(started.elapsed().as_nanos() as u64);
        result
    }

    /// A leaf to evaluate; `None` when all is held.
    fn ask(&self, seen: &mut Seen) -> Option<Ticket<'a, State>> {
        match self.time(&mut seen.ask, || self.tree.ask(self.guide)) {
            Ask::Evaluate(ticket) => Some(ticket),
            Ask::Expand(mut ticket) => {
                let state = *ticket.payload();
                let descended = self.time(&mut seen.expand, || {
                    let children = (0..BRANCHING).map(|a| (state.step(a), 1.0));
                    ticket.expand(children).expect("there is room");
                    ticket.descend(self.guide)
                });
                descended.then_some(ticket)
            }
            Ask::Busy | Ask::Closed => {
                seen.busy += 1;
                None
            }
        }
    }

    fn tell(&self, ticket: Ticket<'a, State>, seen: &mut Seen) {
        let reward = ticket.payload().value();
        self.time(&mut seen.tell, || ticket.tell(reward, &self.guide.backup))
            .expect("a reward");
    }

    /// Keeps `held` simulations in flight until `end`.
    fn work(&self, held: usize, end: Instant) -> Seen {
        let rounds = MEASURED.div_duration_f64(EVALUATION) as usize + 1;
        let mut seen = Seen::with_room(held * rounds);
        let mut flying: VecDeque<(Instant, Ticket<'a, State>)> = VecDeque::with_capacity(held);
        let account = Account::open();
        let switches = || account.as_ref().and_then(Account::read);
        while Instant::now() < end {
            let before = switches();
            let now = Instant::now();
            while flying.front().is_some_and(|&(due, _)| due <= now) {
                if let Some((_, ticket)) = flying.pop_front() {
                    self.tell(ticket, &mut seen);
                }
            }
            while flying.len() < held
                && let Some(ticket) = self.ask(&mut seen)
            {
                flying.push_back((Instant::now() + EVALUATION, ticket));
            }
            seen.count(before.zip(switches()).map(|(a, b)| Switches {
                voluntary: b.voluntary - a.voluntary,
                forced: b.forced - a.forced,
            }));
            let due = flying.front().map_or(now + EVALUATION, |&(due, _)| due);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        seen
    }
}

/// A tree on which `GROWN` simulations were run.
fn grown(guide: &Guide<WuUct>) -> Tree<State> {
    let root = State {
        hash: 42,
        sum: 0.0,
        depth: 0,
    };
    let tree = Tree::new(root, 10_000_000);
    let shared = Shared {
        tree: &tree,
        guide,
        lock: None,
    };
    let mut seen = Seen::default();
    for _ in 0..GROWN {
        if let Some(ticket) = shared.ask(&mut seen) {
            shared.tell(ticket, &mut seen);
        }
    }
    tree
}

fn measure(threads: usize, locked: bool) -> Seen {
    let guide = Guide::new(WuUct::default(), Backup::mean());
    let tree = grown(&guide);
    let shared = Shared {
        tree: &tree,
        guide: &guide,
        lock: locked.then(Mutex::default),
    };
    let end = Instant::now() + MEASURED;
    let mut all = Seen::default();
    std::thread::scope(|s| {
        let workers: Vec<_> = (0..threads)
            .map(|_| s.spawn(|| shared.work(IN_FLIGHT / threads, end)))
            .collect();
        for worker in workers {
            all.add(worker.join().expect("no worker panics"));
        }
    });
    all
}

fn report(name: &str, mut seen: Seen) {
    let simulations = seen.tell.len() as f64;
    let all = [&seen.ask, &seen.expand, &seen.tell];
    let total: u64 = all.into_iter().flatten().sum();
    let each = total as f64 / simulations;
    let share = each / EVALUATION.as_nanos() as f64;
    println!("\n{name}: {simulations} simulations, {} busy", seen.busy);
    println!(
        "  {:.2} µs a simulation = {:.4} % of its evaluation",
        each / 1e3,
        share * 100.0
    );
    match seen.switches {
        Some(s) => println!(
            "  waits inside the tree: {}; preempted there: {}",
            s.voluntary, s.forced
        ),
        None => println!("  waits inside the tree: not known on this system"),
    }
    println!(
        "  {:8}{:>10}{:>10}{:>10}{:>10}",
        "µs", "mean", "median", "99.9 %", "most"
    );
    let operations = [
        ("ask", &mut seen.ask),
        ("expand", &mut seen.expand),
        ("tell", &mut seen.tell),
    ];
    for (operation, times) in operations {
        times.sort_unstable();
        let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64;
        print!("  {operation:8}");
        [mean, at(0.5), at(0.999), at(1.0)]
            .iter()
            .for_each(|ns| print!("{:10.2}", ns / 1e3));
        println!();
    }
}

fn main() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{IN_FLIGHT} in flight, evaluations of {} ms, {} s each, {cores} cores",
        EVALUATION.as_millis(),
        MEASURED.as_secs()
    );
    for (name, threads, locked) in [
        ("1 thread that holds 256", 1, false),
        ("2 threads that hold 128 each", 2, false),
        ("256 threads that hold 1 each", IN_FLIGHT, false),
        ("control: 2 threads, behind a lock", 2, true),
        ("control: 256 threads, behind a lock", IN_FLIGHT, true),
    ] {
        report(name, measure(threads, locked));
    }
}
