//! Trees in which equal states are one.

mod random;
mod stress;
mod views;

use std::collections::{HashMap, HashSet};

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

/// The hash keeps equal keys at different depths apart as a rule, but in a small table they
/// come to the same branch.
#[test]
fn one_key_at_every_depth() {
    let depth = 1_000;
    let tree = Tree::new(0u64, depth + 1).merging(|_| 1);
    let guide = Guide::new(Rule::WuUct(WuUct::default()), Backup::mean());
    let Ask::Expand(mut ticket) = tree.ask(&guide) else {
        panic!()
    };
    for i in 0..depth {
        ticket.expand([(i.into(), 1.0)]).unwrap();
        assert!(ticket.descend(&guide));
    }
    drop(ticket);
    assert_eq!(states(&tree).count(), tree.len());
    check_invariants(&tree);
}
