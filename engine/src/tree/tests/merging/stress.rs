//! Many workers on one graph.

use super::*;

/// Sets of `steps` steps, taken in any order: the edges out of a set.
fn steps(set: u64, steps: u32) -> impl Iterator<Item = (u64, f64)> {
    (0..steps)
        .filter(move |i| set >> i & 1 == 0)
        .map(move |i| (set | 1 << i, 1.0))
}

/// Eight workers until nothing is left: every state is evaluated once.
#[test]
fn many_workers_close_the_whole_graph() {
    const STEPS: u32 = 8;
    let tree = Tree::new(0u64, 1 << 12).merging(|&p| p.into());
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let evaluated = AtomicU64::new(0);
    std::thread::scope(|s| {
        for worker in 0..8u64 {
            let (tree, guide, evaluated) = (&tree, &guide, &evaluated);
            s.spawn(move || {
                for step in 0.. {
                    let ticket = match tree.ask(guide) {
                        Ask::Busy => {
                            std::thread::yield_now();
                            continue;
                        }
                        Ask::Closed => return,
                        Ask::Evaluate(ticket) | Ask::Expand(ticket)
                            if mix(worker << 32 | step).is_multiple_of(8) =>
                        {
                            drop(ticket);
                            continue;
                        }
                        Ask::Evaluate(ticket) => ticket,
                        Ask::Expand(mut ticket) => {
                            let set = *ticket.payload();
                            ticket.expand(steps(set, STEPS)).unwrap();
                            if !ticket.descend(guide) {
                                continue;
                            }
                            ticket
                        }
                    };
                    evaluated.fetch_add(1, Ordering::Relaxed);
                    ticket.tell(0.5, &guide.backup).unwrap();
                }
            });
        }
    });
    check_invariants(&tree);
    assert_eq!(evaluated.load(Ordering::Relaxed), (1 << STEPS) - 1);
    assert_eq!(states(&tree).count(), 1 << STEPS);
    assert_eq!(tree.len() as u32, 1 + STEPS * (1 << (STEPS - 1)));
    assert!(ids(&tree).all(|id| tree.stats(id).closed));
    assert!((tree.stats(NodeId::ROOT).mean - 0.5).abs() < 1e-6);
}

/// Workers that drop tickets and panic, with and without widening: nothing is lost, and where
/// the values below a state are constant its own is exact.
#[test]
fn many_workers_lose_nothing_in_a_graph() {
    const DEPTH: usize = 3;
    for widening in [None, Some(crate::Widening { c: 2.0, alpha: 0.5 })] {
        let mut tree = Tree::new(0u64, 1 << 18).merging(|&p| p.into());
        if let Some(law) = widening {
            tree = tree.widening(law);
        }
        let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
        let told = AtomicU64::new(0);
        let reward = |payload: u64| (mix(payload) >> 40) as f64 / (1u64 << 24) as f64;
        std::thread::scope(|s| {
            for worker in 0..8u64 {
                let (tree, guide, told) = (&tree, &guide, &told);
                s.spawn(move || {
                    for step in 0..2_000u64 {
                        let lot = mix(worker << 32 | step);
                        let ticket = match tree.ask(guide) {
                            Ask::Evaluate(ticket) => ticket,
                            Ask::Expand(mut ticket) if ticket.depth() < DEPTH => {
                                let at = *ticket.payload();
                                let children = (0..4).map(|i| (mix(at ^ i ^ lot) % 12, 1.0));
                                ticket.expand(children).unwrap();
                                ticket.descend(guide);
                                ticket
                            }
                            Ask::Expand(ticket) => ticket,
                            Ask::Busy | Ask::Closed => continue,
                        };
                        match lot % 16 {
                            0 => drop(ticket),
                            1 => {
                                let work = std::panic::AssertUnwindSafe(|| {
                                    let _ticket = ticket;
                                    std::panic::resume_unwind(Box::new("worker lost"));
                                });
                                assert!(std::panic::catch_unwind(work).is_err());
                            }
                            _ => {
                                let reward = reward(*ticket.payload());
                                ticket.tell(reward, &guide.backup).unwrap();
                                told.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        check_invariants(&tree);
        let root = tree.stats(NodeId::ROOT);
        assert_eq!(root.state_visits(), told.load(Ordering::Relaxed));
        assert!(root.visits > 5_000, "{root:?}");
        let mut exact = 0;
        for at in states(&tree).filter(|&at| tree.depth(at) as usize == DEPTH - 1) {
            let stats = tree.stats(at);
            let (own, _) = tree.graph.as_ref().unwrap().totals(at.0).own();
            let mut sum = own as f64 * reward(*tree.payload(at));
            for child in tree.children(at) {
                sum += tree.stats(child).visits as f64 * reward(*tree.payload(child));
            }
            let visits = stats.state_visits();
            assert!(
                (stats.mean - sum / visits.max(1) as f64).abs() < 1e-6,
                "{at}"
            );
            exact += u64::from(visits > 10);
        }
        assert!(exact > 5, "{exact} states were visited often");
    }
}

/// Invariant 8 of the tree: a worker frozen between any two steps stops nobody.
#[test]
fn frozen_workers_stop_nobody_in_a_graph() {
    let mut points = 0;
    // One slot in three leads to a state that there is.
    let tree = || Tree::new(7u64, 1 << 16).merging(|&p| (p % 2_000).into());
    while freeze_at(points, tree()) {
        points += 1;
    }
    assert!(points > 30, "a simulation has {points} points");
}
