mod alone;
mod merging;
mod views;

use std::sync::atomic::{AtomicU64, Ordering};

use super::arena::SLOTS;
use super::*;
use crate::backup::Backup;
use crate::selection::{PUcb, Rule, SelectionRule, Uct, WuUct};

/// One simulation on a synthetic tree: `width` children everywhere, rewards by a hash.
fn simulate(tree: &Tree<u64>, guide: &Guide, width: u64) -> Option<f64> {
    let ticket = match tree.ask(guide) {
        Ask::Evaluate(t) => t,
        Ask::Expand(mut t) => {
            let key = *t.payload();
            t.expand((0..width).map(|i| (mix(key ^ (i << 17)), 1.0 + i as f64)))
                .unwrap();
            if !t.descend(guide) {
                return None;
            }
            t
        }
        Ask::Busy | Ask::Closed => return None,
    };
    let reward = (mix(*ticket.payload()) >> 40) as f64 / (1u64 << 24) as f64;
    ticket.tell(reward, &guide.backup).unwrap();
    Some(reward)
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Invariants 1, 2 and 7 of the module, on a quiet tree.
fn check_invariants(tree: &Tree<u64>) {
    if tree.graph.is_some() {
        return merging::check_invariants(tree);
    }
    for (id, own) in (0..tree.len() as u32).map(|i| (NodeId(i), u64::from(i != 0))) {
        let stats = tree.stats(id);
        assert_eq!(stats.in_flight, 0, "in-flight marks left on node {id}");
        assert!(
            !tree.node(id).statistics.count().is_claimed(),
            "claim left on node {id}"
        );
        if let Some(form) = tree.form {
            let look = &tree.node(id).look;
            let made = (!look.is_empty()).then(|| look.bits());
            form.prepare(tree.node(id));
            assert_eq!(
                made.unwrap_or_else(|| look.bits()),
                look.bits(),
                "look of node {id}"
            );
        } else {
            assert!(tree.node(id).look.is_empty(), "look of node {id}");
        }
        let below: u64 = tree.children(id).map(|c| tree.stats(c).visits).sum();
        let own = if stats.visits == 0 { 0 } else { own };
        assert_eq!(stats.visits, own + below, "visits of node {id}");
    }
}

#[test]
fn many_workers_lose_nothing() {
    for rule in [
        Rule::PUcb(PUcb::default()),
        Rule::WuUct(WuUct::default()),
        Rule::Uct(Uct::default()),
    ] {
        let tree = Tree::new(7, 1 << 20);
        let guide = Guide::new(rule, Backup::mean());
        let told = AtomicU64::new(0);
        std::thread::scope(|s| {
            for worker in 0..8u64 {
                let (tree, guide, told) = (&tree, &guide, &told);
                s.spawn(move || {
                    for step in 0..2_000u64 {
                        if mix(worker << 32 | step).is_multiple_of(10) {
                            // A simulation that is given up.
                            drop(tree.ask(guide));
                        } else if simulate(tree, guide, 5).is_some() {
                            told.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        check_invariants(&tree);
        assert_eq!(
            tree.stats(NodeId::ROOT).visits,
            told.load(Ordering::Relaxed)
        );
        assert!(told.load(Ordering::Relaxed) > 1_000);
    }
}

#[test]
fn a_panicking_worker_leaves_no_marks() {
    let tree = Tree::new(7, 1_000);
    let guide: Guide = Guide::default();
    let panicked = std::thread::scope(|s| {
        s.spawn(|| {
            let _ticket = tree.ask(&guide);
            std::panic::resume_unwind(Box::new("worker lost"));
        })
        .join()
    });
    assert!(panicked.is_err());
    check_invariants(&tree);
    assert!(simulate(&tree, &guide, 3).is_some());
}

#[test]
fn an_exhausted_tree_closes() {
    let tree = Tree::new(7, 1_000);
    let guide: Guide = Guide::default();
    let mut evaluations = 0;
    loop {
        match tree.ask(&guide) {
            Ask::Evaluate(t) => {
                evaluations += 1;
                t.tell(0.5, &guide.backup).unwrap();
            }
            Ask::Expand(mut t) => {
                let depth = tree.stats(t.node()).depth;
                t.expand((0..if depth < 2 { 3 } else { 0 }).map(|i| (i, 1.0)))
                    .unwrap();
            }
            Ask::Busy => panic!("nothing is in flight"),
            Ask::Closed => break,
        }
    }
    assert_eq!(evaluations, 3 + 9);
    check_invariants(&tree);
}

#[test]
fn late_and_out_of_order_tells_are_admitted() {
    let tree = Tree::new(7, 1_000);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let Ask::Expand(mut root) = tree.ask(&guide) else {
        panic!("a fresh root is a leaf")
    };
    root.expand([(1, 1.0), (2, 1.0), (3, 1.0)]).unwrap();
    drop(root);
    let mut tickets: Vec<_> = (0..3)
        .map(|_| match tree.ask(&guide) {
            Ask::Evaluate(t) => t,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(matches!(tree.ask(&guide), Ask::Busy));
    assert_eq!(tree.stats(NodeId::ROOT).in_flight, 3);
    for (reward, ticket) in [0.2, 0.4, 0.9].into_iter().zip(tickets.drain(..).rev()) {
        ticket.tell(reward, &guide.backup).unwrap();
    }
    check_invariants(&tree);
    assert!((tree.stats(NodeId::ROOT).mean - 0.5).abs() < 1e-6);
    assert!((tree.stats(NodeId::ROOT).best - 0.9).abs() < 1e-6);
}

#[test]
fn bad_rewards_and_priors_are_refused_and_the_tree_stays_usable() {
    let tree = Tree::new(7, 1_000);
    let guide: Guide = Guide::default();
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let Ask::Expand(mut t) = tree.ask(&guide) else {
            panic!()
        };
        if bad.is_nan() || bad < 0.0 || bad.is_infinite() {
            assert!(matches!(t.expand([(1, bad)]), Err(TreeError::Prior(_))));
        }
        assert!(matches!(
            t.tell(bad, &guide.backup),
            Err(TreeError::Reward(_))
        ));
    }
    check_invariants(&tree);
    assert!(simulate(&tree, &guide, 3).is_some());
}

#[test]
fn a_full_tree_says_so_and_stays_usable() {
    let tree = Tree::new(7, 4);
    let guide: Guide = Guide::default();
    assert!(simulate(&tree, &guide, 3).is_some());
    let mut t = loop {
        match tree.ask(&guide) {
            Ask::Evaluate(t) => t.tell(0.1, &guide.backup).unwrap(),
            Ask::Expand(t) => break t,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(t.expand([(1, 1.0)]), Err(TreeError::Full(4)));
    drop(t);
    check_invariants(&tree);
}

/// The faults found in published code: an exploration constant without effect, and values
/// that are backed up and then ignored.
#[test]
fn exploration_and_value_both_matter() {
    let visits = |c: f64, good: u64| {
        let tree = Tree::new(0, 1_000);
        let rule = Rule::PUcb(PUcb {
            c,
            ..PUcb::default()
        });
        let guide = Guide::new(rule, Backup::mean());
        for _ in 0..60 {
            match tree.ask(&guide) {
                Ask::Expand(mut t) if t.node() == NodeId::ROOT => {
                    t.expand([(1, 1.0), (2, 1.0)]).unwrap();
                }
                Ask::Expand(mut t) => {
                    let key = *t.payload();
                    t.expand([(key, 1.0)]).unwrap();
                }
                Ask::Evaluate(t) => {
                    let reward = if *t.payload() == good { 0.9 } else { 0.3 };
                    t.tell(reward, &guide.backup).unwrap();
                }
                _ => panic!(),
            }
        }
        tree.children(NodeId::ROOT)
            .map(|c| tree.stats(c).visits)
            .collect::<Vec<_>>()
    };
    let (greedy, curious) = (visits(0.1, 2), visits(40.0, 2));
    assert!(greedy[1] > curious[1], "{greedy:?} {curious:?}");
    let (first_is_good, second_is_good) = (visits(0.5, 1), visits(0.5, 2));
    assert!(first_is_good[0] > first_is_good[1], "{first_is_good:?}");
    assert!(second_is_good[1] > second_is_good[0], "{second_is_good:?}");
}

#[test]
fn the_graph_has_every_node_once() {
    let tree = Tree::new(7, 1_000);
    for _ in 0..50 {
        simulate(&tree, &Guide::default(), 3);
    }
    let graph = tree.graph();
    assert_eq!(graph.node_count(), tree.len());
    assert_eq!(graph.edge_count(), tree.len() - 1);
    let visits: u64 = graph
        .node_weights()
        .filter(|n| n.stats.depth == 1)
        .map(|n| n.stats.visits)
        .sum();
    assert_eq!(visits, tree.stats(NodeId::ROOT).visits);
}

/// Eight workers on one widening tree: the law is kept at every node.
#[test]
fn widening_keeps_its_law() {
    let law = crate::Widening { c: 1.5, alpha: 0.5 };
    let tree = Tree::new(7u64, 1 << 16).widening(law);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    const WORKERS: u64 = 8;
    std::thread::scope(|s| {
        for _ in 0..WORKERS {
            s.spawn(|| {
                for _ in 0..500 {
                    simulate(&tree, &guide, 1);
                }
            });
        }
    });
    check_invariants(&tree);
    let mut widest = 0;
    for id in (0..tree.len() as u32).map(NodeId) {
        let stats = tree.stats(id);
        let bound = law.c * (stats.visits as f64 + WORKERS as f64).powf(law.alpha) + 1.0;
        assert!(f64::from(stats.children) <= bound, "{id}: {stats:?}");
        assert_eq!(tree.children(id).count() as u32, stats.children);
        widest = widest.max(stats.children);
    }
    assert!(widest > 10, "{widest}");
}

#[test]
fn a_widened_node_closes_when_the_policy_has_nothing_more() {
    let tree = Tree::new(0u64, 100).widening(crate::Widening { c: 9.0, alpha: 1.0 });
    let guide: Guide = Guide::default();
    let Ask::Expand(mut first) = tree.ask(&guide) else {
        panic!()
    };
    first.expand([(1, 1.0)]).unwrap();
    assert!(first.descend(&guide));
    assert_eq!(*first.payload(), 1);
    // Another worker is told that there is nothing else, while the first is at work.
    let Ask::Expand(mut second) = tree.ask(&guide) else {
        panic!()
    };
    second.expand([]).unwrap();
    drop(second);
    assert!(matches!(tree.ask(&guide), Ask::Busy));
    first.tell_and_close(1.0, &guide.backup).unwrap();
    assert!(matches!(tree.ask(&guide), Ask::Closed));
    check_invariants(&tree);
}

/// Invariant 6 under many workers: all is evaluated once, and the end is found.
#[test]
fn many_workers_close_the_whole_tree() {
    let tree = Tree::new(7u64, 1 << 12);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let evaluated = AtomicU64::new(0);
    std::thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                loop {
                    match tree.ask(&guide) {
                        Ask::Evaluate(t) => {
                            evaluated.fetch_add(1, Ordering::Relaxed);
                            t.tell(0.5, &guide.backup).unwrap();
                        }
                        Ask::Expand(mut t) => {
                            let width = if t.depth() < 4 { 5 } else { 0 };
                            t.expand((0..width).map(|i| (i, 1.0))).unwrap();
                        }
                        Ask::Busy => std::thread::yield_now(),
                        Ask::Closed => return,
                    }
                }
            });
        }
    });
    assert_eq!(evaluated.load(Ordering::Relaxed), 5 + 25 + 125 + 625);
    check_invariants(&tree);
    assert!((0..tree.len() as u32).all(|i| tree.stats(NodeId(i)).closed));
}

#[test]
fn two_to_the_32_visits_and_more_are_counted() {
    let tree = Tree::new(7u64, 100);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    simulate(&tree, &guide, 2).unwrap();
    let much = (1u64 << 32) - 1;
    for id in 0..2 {
        tree.node(NodeId(id)).statistics.set(much, 0.25);
    }
    let before = tree.stats(NodeId::ROOT);
    assert_eq!(before.visits, much);
    assert!((before.mean - 0.25).abs() < 1e-6);
    for _ in 0..5 {
        simulate(&tree, &guide, 2).unwrap();
    }
    let after = tree.stats(NodeId::ROOT);
    assert_eq!((after.visits, after.in_flight), (much + 5, 0));
    assert!((after.mean - 0.25).abs() < 1e-6);
    // The limit of a tree: it says Busy and stays as it is.
    tree.node(NodeId::ROOT)
        .statistics
        .set(statistics::MAX_VISITS, 1.0);
    assert!(matches!(tree.ask(&guide), Ask::Busy));
    let full = tree.stats(NodeId::ROOT);
    assert_eq!((full.visits, full.in_flight), (statistics::MAX_VISITS, 0));
    assert_eq!(full.mean, 1.0);
}

#[test]
fn a_line_of_100_000_thoughts() {
    let depth = 100_000;
    let tree = Tree::new(0u64, u32::MAX);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let Ask::Expand(mut ticket) = tree.ask(&guide) else {
        panic!()
    };
    for i in 0..depth {
        ticket.expand([(i, 1.0)]).unwrap();
        assert!(ticket.descend(&guide));
    }
    assert_eq!(ticket.depth(), depth as usize);
    ticket.tell(0.5, &guide.backup).unwrap();
    let last = NodeId(depth as u32);
    assert_eq!(tree.stats(last).depth, depth as u32);
    assert_eq!(tree.stats(NodeId::ROOT).visits, 1);
    assert_eq!(tree.graph().node_count(), depth as usize + 1);
    // Closing the last thought closes the whole line.
    let Ask::Evaluate(ticket) = tree.ask(&guide) else {
        panic!("the thoughts on the way were never evaluated")
    };
    drop(ticket);
    tree.close(last);
    assert!(matches!(tree.ask(&guide), Ask::Closed));
}

#[test]
fn a_node_with_100_000_children() {
    let width = 100_000;
    let tree = Tree::new(0u64, u32::MAX);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let tickets: Vec<_> = (0..3)
        .map(|_| {
            loop {
                match tree.ask(&guide) {
                    Ask::Expand(mut t) => t.expand((0..width).map(|i| (i, 1.0))).unwrap(),
                    Ask::Evaluate(t) => break t,
                    other => panic!("{other:?}"),
                }
            }
        })
        .collect();
    let held: Vec<u64> = tickets.iter().map(|t| *t.payload()).collect();
    assert_eq!(held, [0, 1, 2], "equal priors are tried in order");
    drop(tickets);
    assert_eq!(tree.stats(NodeId::ROOT).children, width as u32);
    assert_eq!(tree.children(NodeId::ROOT).count(), width as usize);
    check_invariants(&tree);
}

#[test]
fn a_busy_subtree_does_not_hide_a_free_one() {
    let tree = Tree::new(0u64, 100);
    let guide: Guide = Guide::default();
    let Ask::Expand(mut t) = tree.ask(&guide) else {
        panic!()
    };
    t.expand([(1, 0.9), (2, 0.1)]).unwrap();
    assert!(t.descend(&guide));
    t.tell(0.9, &guide.backup).unwrap();
    // The better child is expanded, and its only child is held.
    let Ask::Expand(mut held) = tree.ask(&guide) else {
        panic!()
    };
    assert_eq!(*held.payload(), 1);
    held.expand([(3, 1.0)]).unwrap();
    assert!(held.descend(&guide));
    // The rule still prefers it, but there is nothing to do there.
    let Ask::Evaluate(other) = tree.ask(&guide) else {
        panic!("the second child is free")
    };
    assert_eq!(*other.payload(), 2);
    assert!(matches!(tree.ask(&guide), Ask::Busy));
}

#[test]
fn a_batch_is_as_many_as_are_free() {
    let tree = Tree::new(0u64, 100);
    let guide: Guide = Guide::default();
    assert_eq!(tree.ask_batch(&guide, 8).len(), 1);
    simulate(&tree, &guide, 5).unwrap();
    let batch = tree.ask_batch(&guide, 8);
    assert_eq!(batch.len(), 5, "four to evaluate and one to expand");
    drop(batch);
    check_invariants(&tree);
}

/// Invariant 8: a worker that is frozen between any two steps of a simulation stops nobody.
#[test]
fn frozen_workers_stop_nobody() {
    for widening in [None, Some(crate::Widening { c: 3.0, alpha: 0.6 })] {
        let mut points = 0;
        // One more point each time, until the victim comes through.
        let tree = || {
            let tree = Tree::new(7u64, 1 << 16);
            match widening {
                None => tree,
                Some(law) => tree.widening(law),
            }
        };
        while freeze_at(points, tree()) {
            points += 1;
        }
        assert!(points > 12, "a simulation has {points} points");
    }
}

/// Freezes a worker at its `n`-th point and lets another work on; false when the victim was
/// done before.
fn freeze_at(n: usize, tree: Tree<u64>) -> bool {
    use std::sync::mpsc::channel;

    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    // The victim will come to an expansion that needs a new chunk of the arena.
    while tree.len() + 8 <= SLOTS {
        simulate(&tree, &guide, 8);
    }
    let (frozen, is_frozen) = channel();
    let (release, released) = channel::<()>();
    std::thread::scope(|s| {
        let (tree, guide) = (&tree, &guide);
        let done = frozen.clone();
        s.spawn(move || {
            let mut point = 0;
            pause::set(move || {
                if point == n {
                    frozen.send(true).unwrap();
                    let _ = released.recv();
                }
                point += 1;
            });
            // Until it has expanded and evaluated.
            while tree.len() <= SLOTS {
                simulate(tree, guide, 8);
            }
            done.send(false).unwrap();
        });
        let was_frozen = is_frozen.recv().unwrap();
        if was_frozen {
            let told = (0..200).filter(|_| simulate(tree, guide, 8).is_some());
            assert!(told.count() > 150, "frozen at point {n}");
        }
        drop(release);
        was_frozen
    })
    .then(|| check_invariants(&tree))
    .is_some()
}

#[test]
fn a_panicking_rule_leaves_no_marks() {
    struct Moody(AtomicU64);
    impl SelectionRule for Moody {
        fn choose(
            &self,
            parent: &crate::ParentStats,
            children: crate::Children<'_>,
        ) -> Option<u32> {
            if self.0.fetch_add(1, Ordering::Relaxed) % 5 == 4 {
                std::panic::resume_unwind(Box::new("moody"));
            }
            WuUct::default().choose(parent, children)
        }
    }
    let tree = Tree::new(7, 1_000);
    let guide = Guide::new(Moody(AtomicU64::new(0)), Backup::mean());
    let mut panics = 0;
    for _ in 0..100 {
        let work = || {
            if let Ask::Expand(mut ticket) = tree.ask(&guide) {
                ticket.expand([(1, 1.0), (2, 1.0)]).unwrap();
                if ticket.descend(&guide) {
                    ticket.tell(0.5, &guide.backup).unwrap();
                }
            }
        };
        panics += u32::from(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
    }
    assert!(panics > 10);
    check_invariants(&tree);
}

/// At every point of telling and closing a node, another worker asks: it may be given any node
/// but that one, of which is known that nothing follows.
#[test]
fn a_node_that_is_being_closed_is_not_expanded() {
    for (widen, merge) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut tree = Tree::new(0u64, 100);
        if widen {
            // One child, for as long as the root is visited seldom.
            let law = crate::Widening { c: 0.5, alpha: 0.5 };
            tree = tree.widening(law);
        }
        if merge {
            tree = tree.merging(|&p| p.into());
        }
        let tree = std::sync::Arc::new(tree);
        let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
        let Ask::Expand(mut ticket) = tree.ask(&guide) else {
            panic!("a fresh root is a leaf")
        };
        ticket.expand([(1, 1.0)]).unwrap();
        assert!(ticket.descend(&guide));
        let closing = ticket.node();
        let (asked, other) = (std::rc::Rc::new(std::cell::Cell::new(0)), tree.clone());
        let count = asked.clone();
        pause::set(move || {
            count.set(count.get() + 1);
            if let Ask::Expand(ticket) | Ask::Evaluate(ticket) = other.ask(&guide) {
                assert_ne!(ticket.node(), closing, "at point {}", count.get());
            }
        });
        ticket.tell_and_close(0.5, &guide.backup).unwrap();
        pause::set(|| {});
        assert!(asked.get() > 1);
        assert!(tree.stats(closing).closed);
        check_invariants(&tree);
    }
}
