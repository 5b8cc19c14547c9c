//! Models of trees in which equal states are one.

use cogitree_engine::tree::{Ask, Guide, NodeId, Ticket, Tree};
use cogitree_engine::{Backup, Children, ParentStats, SelectionRule};
use loom::sync::{Arc, mpsc};
use loom::thread;

use super::{bounded, guide};

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

/// One simulation down a way, expanding with these children at its last node but one.
fn go(tree: &Tree<u8>, ids: &'static [u32], children: &[u8], reward: f64) {
    match tree.ask(&way(ids)) {
        Ask::Evaluate(ticket) => ticket.tell(reward, &Backup::mean()).unwrap(),
        Ask::Expand(mut ticket) => {
            ticket.expand(children.iter().map(|&c| (c, 1.0))).unwrap();
            assert!(ticket.descend(&way(ids)));
            ticket.tell(reward, &Backup::mean()).unwrap();
        }
        other => panic!("{other:?}"),
    }
}

/// A merging tree whose root has the children 1 and 2, both evaluated with 0.5.
fn two_parents() -> Tree<u8> {
    let tree = Tree::new(0, 16).merging(|&p| p.into());
    go(&tree, &[1], &[1, 2], 0.5);
    go(&tree, &[2], &[], 0.5);
    tree
}

/// No marks are left, and visits are own + Σ out of a state = Σ into it.
fn check_graph(tree: &Tree<u8>, own: impl Fn(NodeId) -> u64) {
    let all: Vec<_> = tree.walk(NodeId::ROOT).collect();
    for node in &all {
        let state = tree.state(node.id);
        let total = node.stats.state.unwrap();
        assert_eq!((node.stats.in_flight, total.in_flight), (0, 0));
        let into: u64 = all
            .iter()
            .filter(|n| tree.state(n.id) == state)
            .map(|n| n.stats.visits)
            .sum();
        let out: u64 = tree.children(state).map(|c| tree.stats(c).visits).sum();
        assert_eq!(total.visits, into);
        assert_eq!(total.visits, own(state) + out);
    }
}

/// Two expansions put a child with the same key in at once: one is the state, the other leads
/// to it, and by either way there is one evaluation to be had.
#[test]
fn two_expansions_find_one_state() {
    bounded(3, || {
        let tree = Arc::new(two_parents());
        let mut mine = expand(&tree, &[1]);
        let child = |ticket: &mut Ticket<'_, u8>, tree: &Tree<u8>| {
            ticket.expand([(7, 1.0)]).unwrap();
            let child = tree.children(ticket.node()).next().unwrap();
            assert_eq!(*tree.payload(child), 7);
            child
        };
        let (asked, is_asked) = mpsc::channel();
        let other = tree.clone();
        let handle = thread::spawn(move || {
            let mut theirs = expand(&other, &[2]);
            asked.send(()).unwrap();
            child(&mut theirs, &other)
        });
        is_asked.recv().unwrap();
        let a = child(&mut mine, &tree);
        let b = handle.join().unwrap();
        drop(mine);
        let state = tree.state(a);
        assert_eq!(state, tree.state(b), "equal states are one");
        assert!(a != b && (state == a || state == b));
        let held = tree.ask(&guide());
        assert!(matches!(held, Ask::Evaluate(ref ticket) if ticket.node() == state));
        assert!(matches!(tree.ask(&guide()), Ask::Busy), "one is evaluated");
        drop(held);
        check_graph(&tree, |at| u64::from(at != NodeId::ROOT && at != state));
    });
}

/// A state is closed while another expansion adds an edge to it: all above it closes.
#[test]
fn closing_against_a_new_edge() {
    bounded(3, || {
        let tree = two_parents();
        let mut ticket = expand(&tree, &[1]);
        ticket.expand([(7, 1.0)]).unwrap();
        drop(ticket);
        let tree = Arc::new(tree);
        let other = tree.clone();
        let handle = thread::spawn(move || {
            let ticket = evaluate(&other, &[1, 3]);
            ticket.tell_and_close(1.0, &Backup::mean()).unwrap();
        });
        let mut ticket = expand(&tree, &[2]);
        ticket.expand([(7, 1.0)]).unwrap();
        drop(ticket);
        handle.join().unwrap();
        for at in tree.walk(NodeId::ROOT) {
            assert!(at.stats.closed, "{} is closed", at.id);
        }
        assert!(matches!(tree.ask(&guide()), Ask::Closed));
        check_graph(&tree, |at| u64::from(at != NodeId::ROOT));
    });
}

/// A tree whose root has two edges, 1 and 2, to one state, which was evaluated with 0.5 and
/// has the children 3 and 4.
fn two_edges() -> Tree<u8> {
    let tree = Tree::new(0, 16).merging(|&p| p.into());
    go(&tree, &[1], &[7, 7], 0.5);
    let mut ticket = expand(&tree, &[2]);
    ticket.expand([(8, 1.0), (9, 1.0)]).unwrap();
    drop(ticket);
    tree
}

fn expand<'t>(tree: &'t Tree<u8>, ids: &'static [u32]) -> Ticket<'t, u8> {
    match tree.ask(&way(ids)) {
        Ask::Expand(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn evaluate<'t>(tree: &'t Tree<u8>, ids: &'static [u32]) -> Ticket<'t, u8> {
    match tree.ask(&way(ids)) {
        Ask::Evaluate(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// Two rewards come up through one state at once, by different edges: the values that stand
/// at the end include both, at the state and above it.
#[test]
fn recomputation_under_two_tells() {
    bounded(2, || {
        let tree = Arc::new(two_edges());
        let other = tree.clone();
        let mine = evaluate(&tree, &[2, 4]);
        let (asked, is_asked) = mpsc::channel();
        let handle = thread::spawn(move || {
            let theirs = evaluate(&other, &[1, 3]);
            asked.send(()).unwrap();
            theirs.tell(0.25, &Backup::mean()).unwrap();
        });
        is_asked.recv().unwrap();
        mine.tell(1.0, &Backup::mean()).unwrap();
        handle.join().unwrap();
        check_graph(&tree, |at| u64::from(at != NodeId::ROOT));
        let expected = (0.5 + 0.25 + 1.0) / 3.0;
        for at in [NodeId::ROOT, tree.children(NodeId::ROOT).next().unwrap()] {
            let stats = tree.stats(at);
            assert!((stats.mean - expected).abs() < 1e-6, "{at}: {stats:?}");
            assert!((stats.best - 1.0).abs() < 1e-6, "{at}: {stats:?}");
        }
    });
}

/// The same by two parents: each has at least what its own reward brought, also when the
/// other worker computed the state for both.
#[test]
fn recomputation_below_two_parents() {
    bounded(2, || {
        let tree = two_parents();
        go(&tree, &[1, 3], &[7], 0.5);
        let mut ticket = expand(&tree, &[2]);
        ticket.expand([(7, 1.0)]).unwrap();
        drop(ticket);
        let mut ticket = expand(&tree, &[1, 3]);
        ticket.expand([(8, 1.0), (9, 1.0)]).unwrap();
        drop(ticket);
        let tree = Arc::new(tree);
        let other = tree.clone();
        let mine = evaluate(&tree, &[2, 4, 6]);
        let (asked, is_asked) = mpsc::channel();
        let handle = thread::spawn(move || {
            let theirs = evaluate(&other, &[1, 3, 5]);
            asked.send(()).unwrap();
            theirs.tell(0.25, &Backup::mean()).unwrap();
        });
        is_asked.recv().unwrap();
        mine.tell(1.0, &Backup::mean()).unwrap();
        handle.join().unwrap();
        check_graph(&tree, |at| u64::from(at != NodeId::ROOT));
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        let parents: Vec<NodeId> = tree.children(NodeId::ROOT).collect();
        let state = tree.stats(tree.children(parents[0]).next().unwrap());
        let both = (0.5 + 0.25 + 1.0) / 3.0;
        assert!(near(state.mean, both), "{state:?}");
        // The second parent: its own reward, and one visit to the state.
        let second = tree.stats(parents[1]);
        let alone = (0.5 + 1.0) / 2.0;
        assert!(
            [alone, both]
                .iter()
                .any(|q| near(second.mean, (0.5 + q) / 2.0)),
            "{second:?}"
        );
        assert!(near(second.best, 1.0), "{second:?}");
        assert!(near(tree.stats(NodeId::ROOT).best, 1.0));
    });
}

/// A ticket dropped while another is told through the same state.
#[test]
fn drop_against_tell_in_a_graph() {
    bounded(2, || {
        let tree = Arc::new(two_edges());
        let other = tree.clone();
        let mine = evaluate(&tree, &[2, 4]);
        let handle = thread::spawn(move || drop(evaluate(&other, &[1, 3])));
        mine.tell(1.0, &Backup::mean()).unwrap();
        handle.join().unwrap();
        check_graph(&tree, |at| match at.index() {
            0 | 3 => 0,
            _ => 1,
        });
        let mean = tree.stats(NodeId::ROOT).mean;
        assert!((mean - 0.75).abs() < 1e-6, "{mean}");
    });
}

/// A value computed anew and stored, without the number of the visit that it includes.
#[test]
#[should_panic(expected = "the value includes both visits")]
fn negative_control_of_recomputation() {
    use loom::sync::atomic::{AtomicU32, Ordering};
    loom::model(|| {
        // Visits, and their number as the value was computed from it.
        let state = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let tell = |state: &(AtomicU32, AtomicU32)| {
            state.0.fetch_add(1, Ordering::AcqRel);
            let value = state.0.load(Ordering::Acquire);
            state.1.swap(value, Ordering::AcqRel);
        };
        let other = state.clone();
        let handle = thread::spawn(move || tell(&other));
        tell(&state);
        handle.join().unwrap();
        let value = state.1.load(Ordering::Acquire);
        assert_eq!(value, 2, "the value includes both visits");
    });
}

/// A list of edges and a flag beside it, in place of a list that is sealed.
#[test]
#[should_panic(expected = "somebody takes the reason")]
fn negative_control_of_sealing() {
    use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    loom::model(|| {
        let (list, closed) = (
            Arc::new(AtomicU32::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (l, c) = (list.clone(), closed.clone());
        let closer = thread::spawn(move || {
            c.store(true, Ordering::Release);
            l.load(Ordering::Acquire) != 0
        });
        list.store(1, Ordering::Release);
        let late = closed.load(Ordering::Acquire);
        assert!(late | closer.join().unwrap(), "somebody takes the reason");
    });
}
