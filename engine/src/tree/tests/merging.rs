//! Trees in which equal states are one.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::selection::{Children, ParentStats};
use crate::tree::node::state as bits;

/// Goes down to the child with this id at each depth, and nowhere else.
struct Way(&'static [u32]);

impl SelectionRule for Way {
    fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
        let to = *self.0.get(parent.depth as usize)?;
        children.best_by(|c| if c.id == to { 1.0 } else { f32::NAN })
    }
}

fn way(ids: &'static [u32]) -> Guide<Way> {
    Guide::new(Way(ids), Backup::mean())
}

/// One simulation down this way, with these children if it expands.
fn go(tree: &Tree<u64>, ids: &'static [u32], children: &[u64], backup: &Backup, reward: f64) {
    let mut ticket = match tree.ask(&way(ids)) {
        Ask::Evaluate(ticket) | Ask::Expand(ticket) => ticket,
        other => panic!("{other:?}"),
    };
    if !children.is_empty() {
        ticket.expand(children.iter().map(|&c| (c, 1.0))).unwrap();
        assert!(ticket.descend(&way(ids)));
    }
    let last = NodeId(*ids.last().unwrap());
    assert_eq!(ticket.node(), tree.state(last));
    ticket.tell(reward, backup).unwrap();
}

fn ids(tree: &Tree<u64>) -> impl Iterator<Item = NodeId> + '_ {
    (0..tree.len() as u32).map(NodeId)
}

fn states(tree: &Tree<u64>) -> impl Iterator<Item = NodeId> + '_ {
    ids(tree).filter(|&id| tree.state(id) == id)
}

/// The invariants of `graph` and those of the tree that hold in it, when all is quiet.
pub(super) fn check_invariants(tree: &Tree<u64>) {
    let graph = tree.graph.as_ref().unwrap();
    let mut into: HashMap<NodeId, u64> = HashMap::new();
    let mut known = HashSet::new();
    for edge in ids(tree) {
        let stats = tree.stats(edge);
        assert_eq!(stats.in_flight, 0, "marks left on edge {edge}");
        *into.entry(tree.state(edge)).or_default() += stats.visits;
    }
    for at in states(tree) {
        let (totals, node) = (graph.totals(at.0), tree.node(at));
        let depth = tree.depth(at);
        assert!(known.insert((graph.identity(at.0).key(), depth)), "{at}");
        let total = tree.stats(at).state.unwrap();
        assert_eq!(total.in_flight, 0, "marks left on state {at}");
        assert!(!node.statistics.count().is_claimed(), "claim left on {at}");
        let mut open = u32::from(!node.link.get().has(bits::GROWN));
        let mut out = 0;
        for child in tree.children(at) {
            let stats = tree.stats(child);
            assert_eq!((stats.depth, tree.parent(child)), (depth + 1, Some(at)));
            out += stats.visits;
            open += u32::from(!stats.closed);
        }
        assert_eq!(total.visits, totals.own().0 + out, "visits out of {at}");
        assert_eq!(total.visits, into[&at], "visits into {at}");
        assert_eq!(totals.version(), total.visits, "value of {at}");
        assert_eq!(
            tree.ties(at).open.load(Ordering::Relaxed),
            open,
            "reasons of {at}"
        );
        assert!(open > 0 || node.statistics.count().is_closed(), "{at}");
    }
}

fn diamond() -> Tree<u64> {
    let tree = Tree::new(0, 100).merging(|&p| p.into());
    let mean = Backup::mean();
    // The root's children are 1 (payload 10) and 2 (20); both lead to payload 30, which is
    // state 3 and its alias 5.
    go(&tree, &[1], &[10, 20], &mean, 0.2);
    go(&tree, &[2], &[], &mean, 0.6);
    go(&tree, &[1, 3], &[30, 40], &mean, 1.0);
    go(&tree, &[2, 6], &[30, 50], &mean, 0.0);
    tree
}

fn means(tree: &Tree<u64>, ids: &[u32]) -> Vec<f64> {
    let thousandths = |x: f64| (x * 1e6).round() / 1e6;
    ids.iter()
        .map(|&id| thousandths(tree.stats(NodeId(id)).mean))
        .collect()
}

#[test]
fn a_diamond_by_hand() {
    let tree = diamond();
    assert_eq!(tree.state(NodeId(5)), NodeId(3));
    assert_eq!(*tree.payload(NodeId(5)), 30);
    // 1: (0.2 + 1·1.0) / 2, 2: (0.6 + 1·0.0) / 2, root: (2·0.6 + 2·0.3) / 4.
    assert_eq!(means(&tree, &[3, 1, 2, 0]), [1.0, 0.6, 0.3, 0.45]);
    check_invariants(&tree);

    // State 3 by way of 2: (1.0 + 0.5) / 2; 2: (0.6 + 1·0.75 + 1·0.0) / 3. Node 1 was not on
    // the path: it is computed anew when it is.
    go(&tree, &[2, 5], &[], &Backup::mean(), 0.5);
    assert_eq!(
        means(&tree, &[3, 5, 2, 1, 0]),
        [0.75, 0.75, 0.45, 0.6, 0.51]
    );
    let (own, alias) = (tree.stats(NodeId(3)), tree.stats(NodeId(5)));
    assert_eq!((own.visits, alias.visits), (1, 1));
    assert_eq!((own.state_visits(), alias.state_visits()), (2, 2));

    // 1: (0.2 + 1·0.75 + 1·0.9) / 3, root: (3·0.616667 + 3·0.45) / 6.
    go(&tree, &[1, 4], &[], &Backup::mean(), 0.9);
    assert_eq!(means(&tree, &[1, 0]), [0.616667, 0.533333]);
    check_invariants(&tree);
}

/// What was found below one parent is known to the other, without a visit there.
#[test]
fn both_parents_profit() {
    let backup = Backup::max().discounted(0.5);
    let tree = Tree::new(0, 100).merging(|&p| p.into());
    go(&tree, &[1], &[10, 20], &backup, 0.1);
    go(&tree, &[2], &[], &backup, 0.1);
    go(&tree, &[1, 3], &[30, 40], &backup, 0.2);
    go(&tree, &[2, 6], &[30, 50], &backup, 0.0);
    assert_eq!(tree.stats(NodeId(2)).visits, 2);
    assert!((tree.stats(NodeId(2)).best - 0.1).abs() < 1e-6);
    // Now 30 proves to be worth 1 by way of 20.
    go(&tree, &[2, 5], &[], &backup, 1.0);
    assert!((tree.stats(NodeId(2)).best - 0.5).abs() < 1e-6);
    go(&tree, &[1, 4], &[], &backup, 0.0);
    assert!((tree.stats(NodeId(1)).best - 0.5).abs() < 1e-6);
    assert_eq!(tree.stats(NodeId(3)).visits, 1);
    check_invariants(&tree);
}

/// A new edge to a state that is known has its value before its own first visit.
#[test]
fn a_rule_sees_the_value_of_the_state() {
    struct Look(std::sync::Mutex<Vec<crate::Child>>);
    impl SelectionRule for Look {
        fn choose(&self, parent: &ParentStats, children: Children<'_>) -> Option<u32> {
            if parent.depth == 0 {
                return Way(&[2]).choose(parent, children);
            }
            let mut seen = self.0.lock().unwrap();
            children.for_each(|child| seen.push(*child));
            children.best_by(|child| child.value)
        }
    }
    let tree = diamond();
    let guide = Guide::new(Look(Default::default()), Backup::mean());
    let Ask::Expand(held) = tree.ask(&guide) else {
        panic!("state 3 was not expanded yet")
    };
    assert_eq!((held.node(), held.edges()), (NodeId(3), &[0, 2, 5][..]));
    let alias = guide.rule.0.lock().unwrap()[0];
    assert_eq!((alias.id, alias.visits, alias.value), (5, 0.0, 1.0));
    assert!(alias.free);
    // The claim is on the state: it is held on every path.
    let stats = tree.stats(NodeId(3));
    assert_eq!((stats.in_flight, stats.state.unwrap().in_flight), (0, 1));
    assert!(matches!(tree.ask(&way(&[1, 3])), Ask::Busy));
    drop(held);
    check_invariants(&tree);
}

/// Twins in one expansion, and a key that two depths have.
#[test]
fn states_are_equal_by_key_and_depth() {
    let tree = Tree::new(7, 100).merging(|&p| p.into());
    go(&tree, &[1], &[7, 7, 8], &Backup::mean(), 0.5);
    go(&tree, &[1, 4], &[7, 8], &Backup::mean(), 0.5);
    let found: Vec<_> = ids(&tree).map(|id| tree.state(id).0).collect();
    assert_eq!(found, [0, 1, 1, 3, 4, 5]);
    check_invariants(&tree);
}

#[test]
fn a_state_closes_all_that_were_open_for_it() {
    let tree = diamond();
    let close = |ids| match tree.ask(&way(ids)) {
        Ask::Evaluate(t) | Ask::Expand(t) => t.tell_and_close(0.5, &Backup::mean()).unwrap(),
        other => panic!("{other:?}"),
    };
    close(&[1, 4]);
    close(&[2, 6]);
    assert!(!tree.stats(NodeId(1)).closed && !tree.stats(NodeId(2)).closed);
    close(&[2, 5]);
    assert!([1, 2, 3, 5].iter().all(|&id| tree.stats(NodeId(id)).closed));
    assert!(matches!(tree.ask(&way(&[])), Ask::Closed));
    check_invariants(&tree);
}

/// An edge to a state that is closed already takes its reason away itself.
#[test]
fn a_late_edge_to_a_closed_state() {
    let tree = Tree::new(0, 100).merging(|&p| p.into());
    go(&tree, &[1], &[10, 20], &Backup::mean(), 0.5);
    go(&tree, &[2], &[], &Backup::mean(), 0.5);
    let Ask::Expand(mut ticket) = tree.ask(&way(&[1, 3])) else {
        panic!()
    };
    ticket.expand([(30, 1.0)]).unwrap();
    assert!(ticket.descend(&way(&[1, 3])));
    ticket.tell_and_close(0.5, &Backup::mean()).unwrap();
    let Ask::Expand(mut ticket) = tree.ask(&way(&[2])) else {
        panic!()
    };
    ticket.expand([(30, 1.0)]).unwrap();
    assert!(!ticket.descend(&way(&[2, 4])));
    drop(ticket);
    assert!(matches!(tree.ask(&way(&[])), Ask::Closed));
    check_invariants(&tree);
}

#[test]
fn a_panicking_key_leaves_nothing_behind() {
    let tree = Tree::new(0, 100).merging(|&p| match p {
        13 => std::panic::resume_unwind(Box::new("no key")),
        p => p.into(),
    });
    let expand = |child| {
        let Ask::Expand(mut ticket) = tree.ask(&Guide::<Rule>::default()) else {
            panic!()
        };
        ticket.expand([(1, 1.0), (child, 1.0)]).unwrap();
    };
    let work = std::panic::AssertUnwindSafe(|| expand(13));
    assert!(std::panic::catch_unwind(work).is_err());
    assert_eq!(tree.len(), 1);
    check_invariants(&tree);
    expand(2);
    assert_eq!(tree.len(), 3);
    check_invariants(&tree);
}

#[test]
#[should_panic(expected = "a fresh tree")]
fn an_expanded_tree_cannot_be_merged() {
    let tree = Tree::new(7, 100);
    simulate(&tree, &Guide::default(), 3);
    let _ = tree.merging(|&p| p.into());
}

/// Q and the best reward, worked out one tell at a time from paths and rewards alone.
#[derive(Default)]
struct Model {
    own: HashMap<NodeId, Vec<f64>>,
    edges: HashMap<NodeId, u64>,
    mean: HashMap<NodeId, f64>,
    best: HashMap<NodeId, f64>,
}

impl Model {
    fn tell(&mut self, tree: &Tree<u64>, path: &[u32], reward: f64, discount: f64) {
        let leaf = tree.state(NodeId(path[path.len() - 1]));
        self.own.entry(leaf).or_default().push(reward);
        for &edge in path.iter().rev() {
            let at = tree.state(NodeId(edge));
            let own = self.own.get(&at).map_or(&[][..], Vec::as_slice);
            let (mut n, mut sum) = (own.len() as f64, own.iter().sum::<f64>());
            let mut best = own.iter().copied().fold(0.0, f64::max);
            for child in tree.children(at) {
                let to = tree.state(child);
                let visits = self.edges.get(&child).copied().unwrap_or(0) as f64;
                n += visits;
                sum += visits * discount * self.mean.get(&to).unwrap_or(&0.0);
                best = f64::max(best, discount * self.best.get(&to).unwrap_or(&0.0));
            }
            self.mean.insert(at, sum / n);
            self.best.insert(at, best);
            *self.edges.entry(NodeId(edge)).or_default() += 1;
        }
    }

    fn check(&self, tree: &Tree<u64>) {
        for edge in ids(tree) {
            let (stats, at) = (tree.stats(edge), tree.state(edge));
            assert_eq!(stats.visits, *self.edges.get(&edge).unwrap_or(&0));
            let mean = *self.mean.get(&at).unwrap_or(&0.0);
            assert!((stats.mean - mean).abs() < 1e-6, "{at}: {mean} {stats:?}");
            let best = *self.best.get(&at).unwrap_or(&0.0);
            assert!((stats.best - best).abs() < 1e-6, "{at}: {best} {stats:?}");
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    Tell(prop::sample::Index, u8),
    Drop(prop::sample::Index),
    Close(prop::sample::Index),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Ask),
        5 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(i, r)| Act::Tell(i, r)),
        1 => any::<prop::sample::Index>().prop_map(Act::Drop),
        1 => any::<prop::sample::Index>().prop_map(Act::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Random graphs of few states, tickets told, dropped and closed in any order.
    #[test]
    fn laws_of_random_graphs(
        acts in prop::collection::vec(act(), 1..250),
        spread in 2u64..7,
        width in 1u64..4,
        discount in prop_oneof![Just(1.0), Just(0.9)],
        widen in any::<bool>(),
    ) {
        let mut tree = Tree::new(0u64, 1 << 14).merging(|&p| p.into());
        if widen {
            tree = tree.widening(crate::Widening { c: 1.5, alpha: 0.6 });
        }
        let backup = Backup::mean().discounted(discount);
        let guide = Guide::new(Rule::WuUct(WuUct::default()), backup);
        let mut model = Model::default();
        let mut held: Vec<Ticket<'_, u64>> = Vec::new();
        for act in acts {
            match act {
                Act::Ask => match tree.ask(&guide) {
                    Ask::Evaluate(ticket) => held.push(ticket),
                    Ask::Expand(mut ticket) => {
                        let (at, depth) = (*ticket.payload(), ticket.depth());
                        let had = tree.children(ticket.node()).count() as u64;
                        let width = if depth < 5 { width } else { 0 };
                        let child = |i| (mix(at ^ (had + i) << 32 ^ (depth as u64) << 48) % spread, 1.0);
                        ticket.expand((0..width).map(child)).unwrap();
                        ticket.descend(&guide);
                        held.push(ticket);
                    }
                    Ask::Busy | Ask::Closed => {}
                },
                Act::Tell(i, reward) if !held.is_empty() => {
                    let ticket = held.swap_remove(i.index(held.len()));
                    let reward = f64::from(reward) / 255.0;
                    let path = ticket.edges().to_vec();
                    ticket.tell(reward, &backup).unwrap();
                    model.tell(&tree, &path, reward, discount);
                }
                Act::Drop(i) if !held.is_empty() => drop(held.swap_remove(i.index(held.len()))),
                Act::Close(i) if !held.is_empty() => held.swap_remove(i.index(held.len())).close(),
                _ => {}
            }
        }
        model.check(&tree);
        held.clear();
        check_invariants(&tree);
        model.check(&tree);
    }
}

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

/// Invariant 7 of the tree: a worker frozen between any two steps stops nobody.
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

#[test]
fn a_long_line_closes_without_recursion() {
    let depth = 100_000;
    let tree = Tree::new(0u64, u32::MAX).merging(|&p| p.into());
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let Ask::Expand(mut ticket) = tree.ask(&guide) else {
        panic!()
    };
    for i in 0..depth {
        // Each step twice: two edges to every state.
        ticket.expand([(i, 1.0), (i, 1.0)]).unwrap();
        assert!(ticket.descend(&guide));
    }
    ticket.tell_and_close(0.5, &guide.backup).unwrap();
    assert!(matches!(tree.ask(&guide), Ask::Closed));
    let root = tree.stats(NodeId::ROOT);
    assert_eq!(root.visits, 1);
    assert!((root.mean - 0.5).abs() < 1e-3, "{root:?}");
    assert_eq!(tree.graph().node_count() as u64, depth + 1);
}

#[test]
fn views_show_each_state_once() {
    let tree = diamond();
    go(&tree, &[2, 5], &[], &Backup::mean(), 1.0);
    let shown: Vec<_> = tree
        .walk(NodeId::ROOT)
        .map(|n| (n.id.0, n.alias_of.map(|s| s.0), n.repeated))
        .collect();
    let (itself, state) = (None, false);
    assert_eq!(
        shown,
        [
            (0, itself, state),
            (1, itself, state),
            (3, itself, state),
            (4, itself, state),
            (2, itself, state),
            (5, Some(3), true),
            (6, itself, state),
        ]
    );
    // From 2 on, the state is come to by its alias first.
    let below: Vec<_> = tree.walk(NodeId(2)).map(|n| n.repeated).collect();
    assert_eq!(below, [false; 3]);
    assert_eq!(tree.shape(NodeId::ROOT).nodes, 6);
    assert_eq!(tree.shape(NodeId(2)).nodes, 3);

    let graph = tree.graph();
    assert_eq!((graph.node_count(), graph.edge_count()), (6, 6));
    let into = |id: u32| {
        let at = graph.node_indices().find(|&i| graph[i].id == NodeId(id));
        graph
            .neighbors_directed(at.unwrap(), petgraph::Direction::Incoming)
            .count()
    };
    assert_eq!((into(3), into(6)), (2, 1));

    // 5 on the way of most visits: the line goes on below its state.
    go(&tree, &[2, 5, 7], &[60], &Backup::mean(), 1.0);
    let line: Vec<u32> = tree.principal_line().iter().map(|id| id.0).collect();
    assert_eq!(line, [2, 5, 7]);
    assert_eq!(tree.children(NodeId(5)).collect::<Vec<_>>(), [NodeId(7)]);
}

#[test]
fn files_name_the_state_of_an_alias() {
    let tree = diamond();
    let mut file = Vec::new();
    tree.write_json(&mut file).unwrap();
    let nodes: Vec<serde_json::Value> = serde_json::from_slice(&file).unwrap();
    let alias = nodes.iter().find(|n| n["id"] == 5).unwrap();
    assert_eq!(
        (&alias["alias_of"], &alias["repeated"]),
        (&3.into(), &true.into())
    );
    assert_eq!(
        (&alias["visits"], &alias["state"]["visits"]),
        (&0.into(), &1.into())
    );
    assert!(nodes[1].get("alias_of").is_none() && nodes[1].get("repeated").is_none());

    // With state 3 hidden below 1 only, it is drawn below 2.
    let dot = |hidden: u64| {
        let mut file = Vec::new();
        tree.write_dot(&mut file, |node| {
            (*node.payload != hidden).then(|| (node.payload.to_string(), String::new()))
        })
        .unwrap();
        String::from_utf8(file).unwrap()
    };
    let all = dot(99);
    assert!(
        all.contains("1 -> 3") && all.contains("2 -> 3") && !all.contains("-> 5"),
        "{all}"
    );
    let part = dot(10);
    assert!(
        part.contains("3 [label=\"30\"]") && part.contains("2 -> 3"),
        "{part}"
    );
}
