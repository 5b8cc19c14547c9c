use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::selection::{PUcb, Rule, Uct, WuUct};

/// One simulation on a synthetic tree: `width` children everywhere, rewards by a hash.
fn simulate(tree: &Tree<u64>, rule: &Rule, backup: &Backup, width: u64) -> Option<f64> {
    let ticket = match tree.ask(rule, backup) {
        Ask::Evaluate(t) => t,
        Ask::Expand(mut t) => {
            let key = *t.payload();
            t.expand((0..width).map(|i| (mix(key ^ (i << 17)), 1.0 + i as f64)))
                .unwrap();
            if !t.descend(rule, backup) {
                return None;
            }
            t
        }
        Ask::Busy | Ask::Closed => return None,
    };
    let reward = (mix(*ticket.payload()) >> 40) as f64 / (1u64 << 24) as f64;
    ticket.tell(reward, backup).unwrap();
    Some(reward)
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Invariants 1 and 2 of the module, on a quiet tree.
fn check_invariants(tree: &Tree<u64>) {
    for (id, own) in (0..tree.len() as u32).map(|i| (NodeId(i), u32::from(i != 0))) {
        let stats = tree.stats(id);
        assert_eq!(stats.in_flight, 0, "in-flight marks left on node {id}");
        assert!(
            !tree.node(id).has(state::CLAIMED),
            "claim left on node {id}"
        );
        let below: u32 = tree.children(id).map(|c| tree.stats(c).visits).sum();
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
        let backup = Backup::mean();
        let told = AtomicU64::new(0);
        std::thread::scope(|s| {
            for worker in 0..8u64 {
                let (tree, rule, backup, told) = (&tree, &rule, &backup, &told);
                s.spawn(move || {
                    for step in 0..2_000u64 {
                        if mix(worker << 32 | step).is_multiple_of(10) {
                            // A simulation that is given up.
                            drop(tree.ask(rule, backup));
                        } else if simulate(tree, rule, backup, 5).is_some() {
                            told.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        check_invariants(&tree);
        assert_eq!(
            u64::from(tree.stats(NodeId::ROOT).visits),
            told.load(Ordering::Relaxed)
        );
        assert!(told.load(Ordering::Relaxed) > 1_000);
    }
}

#[test]
fn a_panicking_worker_leaves_no_marks() {
    let tree = Tree::new(7, 1_000);
    let (rule, backup) = (Rule::default(), Backup::max());
    let panicked = std::thread::scope(|s| {
        s.spawn(|| {
            let _ticket = tree.ask(&rule, &backup);
            std::panic::resume_unwind(Box::new("worker lost"));
        })
        .join()
    });
    assert!(panicked.is_err());
    check_invariants(&tree);
    assert!(simulate(&tree, &rule, &backup, 3).is_some());
}

#[test]
fn an_exhausted_tree_closes() {
    let tree = Tree::new(7, 1_000);
    let (rule, backup) = (Rule::default(), Backup::max());
    let mut evaluations = 0;
    loop {
        match tree.ask(&rule, &backup) {
            Ask::Evaluate(t) => {
                evaluations += 1;
                t.tell(0.5, &backup).unwrap();
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
    let (rule, backup) = (Rule::WuUct(WuUct::default()), Backup::mean());
    let Ask::Expand(mut root) = tree.ask(&rule, &backup) else {
        panic!("a fresh root is a leaf")
    };
    root.expand([(1, 1.0), (2, 1.0), (3, 1.0)]).unwrap();
    drop(root);
    let mut tickets: Vec<_> = (0..3)
        .map(|_| match tree.ask(&rule, &backup) {
            Ask::Evaluate(t) => t,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(matches!(tree.ask(&rule, &backup), Ask::Busy));
    assert_eq!(tree.stats(NodeId::ROOT).in_flight, 3);
    for (reward, ticket) in [0.2, 0.4, 0.9].into_iter().zip(tickets.drain(..).rev()) {
        ticket.tell(reward, &backup).unwrap();
    }
    check_invariants(&tree);
    assert!((tree.stats(NodeId::ROOT).mean - 0.5).abs() < 1e-6);
    assert!((tree.stats(NodeId::ROOT).best - 0.9).abs() < 1e-6);
}

#[test]
fn bad_rewards_and_priors_are_refused_and_the_tree_stays_usable() {
    let tree = Tree::new(7, 1_000);
    let (rule, backup) = (Rule::default(), Backup::max());
    for bad in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let Ask::Expand(mut t) = tree.ask(&rule, &backup) else {
            panic!()
        };
        if bad.is_nan() || bad < 0.0 || bad.is_infinite() {
            assert!(matches!(t.expand([(1, bad)]), Err(TreeError::Prior(_))));
        }
        assert!(matches!(t.tell(bad, &backup), Err(TreeError::Reward(_))));
    }
    check_invariants(&tree);
    assert!(simulate(&tree, &rule, &backup, 3).is_some());
}

#[test]
fn a_full_tree_says_so_and_stays_usable() {
    let tree = Tree::new(7, 4);
    let (rule, backup) = (Rule::default(), Backup::max());
    assert!(simulate(&tree, &rule, &backup, 3).is_some());
    let mut t = loop {
        match tree.ask(&rule, &backup) {
            Ask::Evaluate(t) => t.tell(0.1, &backup).unwrap(),
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
        let backup = Backup::mean();
        for _ in 0..60 {
            match tree.ask(&rule, &backup) {
                Ask::Expand(mut t) if t.node() == NodeId::ROOT => {
                    t.expand([(1, 1.0), (2, 1.0)]).unwrap();
                }
                Ask::Expand(mut t) => {
                    let key = *t.payload();
                    t.expand([(key, 1.0)]).unwrap();
                }
                Ask::Evaluate(t) => {
                    let reward = if *t.payload() == good { 0.9 } else { 0.3 };
                    t.tell(reward, &backup).unwrap();
                }
                _ => panic!(),
            }
        }
        let mut children: Vec<_> = tree
            .children(NodeId::ROOT)
            .map(|c| tree.stats(c).visits)
            .collect();
        children.reverse();
        children
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
        simulate(&tree, &Rule::default(), &Backup::max(), 3);
    }
    let graph = tree.graph();
    assert_eq!(graph.node_count(), tree.len());
    assert_eq!(graph.edge_count(), tree.len() - 1);
    let visits: u32 = graph
        .node_weights()
        .filter(|n| n.stats.depth == 1)
        .map(|n| n.stats.visits)
        .sum();
    assert_eq!(visits, tree.stats(NodeId::ROOT).visits);
}
