//! Models of the tree, checked by loom over every interleaving within the stated bounds:
//!
//!     RUSTFLAGS="--cfg loom" cargo test -p cogitree-engine --test loom --release
//!
//! Two threads; at most three forced switches of threads where a model says `bounded(3, …)`,
//! else all interleavings. The invariants are those of `engine/src/tree/mod.rs`. The negative
//! controls show that the models can fail: each is the naive form of a step of the tree, and
//! loom finds what is wrong with it.
#![cfg(loom)]

mod graph;

use cogitree_engine::tree::{Ask, Guide, NodeId, Tree, Versions};
use cogitree_engine::{Backup, Widening, WuUct};
use loom::sync::Arc;
use loom::thread;

fn guide() -> Guide<WuUct> {
    Guide::new(WuUct::default(), Backup::mean())
}

/// A model with at most `preemptions` forced switches of threads.
fn bounded(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    // Every atomic step is a branch, also those of the preparations on one thread.
    builder.max_branches = 10_000;
    builder.check(f);
}

fn expanded_root() -> Tree<u8> {
    let tree = Tree::new(0, 16);
    match tree.ask(&guide()) {
        Ask::Expand(mut ticket) => ticket.expand([(1, 0.5), (2, 0.5)]).unwrap(),
        other => panic!("{other:?}"),
    }
    tree
}

/// Invariants 1 and 2: no marks left, no visit lost.
fn check_quiet(tree: &Tree<u8>, told: u64) {
    let root = tree.stats(NodeId::ROOT);
    assert_eq!((root.visits, root.in_flight), (told, 0));
    let below: u64 = tree
        .children(NodeId::ROOT)
        .map(|c| tree.stats(c).visits)
        .sum();
    assert_eq!(below, told);
    for child in tree.children(NodeId::ROOT) {
        assert_eq!(tree.stats(child).in_flight, 0);
    }
}

/// Runs the same work on two threads.
fn both<T: Send + 'static>(
    tree: &Arc<Tree<u8>>,
    work: impl Fn(&Tree<u8>) -> T + Clone + Send + 'static,
) -> (T, T) {
    let (other, theirs) = (tree.clone(), work.clone());
    let handle = thread::spawn(move || theirs(&other));
    let mine = work(tree);
    (mine, handle.join().unwrap())
}

/// Selection and backup of one worker against those of another: no update is lost.
#[test]
fn backup_against_select() {
    bounded(3, || {
        let tree = Arc::new(expanded_root());
        let (a, b) = both(&tree, |tree| match tree.ask(&guide()) {
            Ask::Evaluate(ticket) => {
                ticket.tell(0.5, &Backup::mean()).unwrap();
                1
            }
            // The other worker was done with both... one child is left to expand.
            Ask::Expand(ticket) => {
                drop(ticket);
                0
            }
            Ask::Busy => 0,
            Ask::Closed => panic!("nothing closes here"),
        });
        check_quiet(&tree, a + b);
        let mean = tree.stats(NodeId::ROOT).mean;
        assert!(a + b == 0 || (mean - 0.5).abs() < 1e-6);
    });
}

/// Invariants 3 and 4: of two workers at a fresh root one expands, and the other never sees
/// half a child.
#[test]
fn concurrent_expansion_of_one_leaf() {
    bounded(3, || {
        let tree = Arc::new(Tree::new(0u8, 16));
        let (a, b) = both(&tree, |tree| match tree.ask(&guide()) {
            Ask::Expand(mut ticket) => {
                ticket.expand([(1, 0.25), (2, 0.75)]).unwrap();
                (1, 0)
            }
            Ask::Evaluate(ticket) => {
                let stats = tree.stats(ticket.node());
                assert!(*ticket.payload() > 0 && stats.depth == 1);
                assert!(stats.prior == 0.25 || stats.prior == 0.75);
                ticket.tell(1.0, &Backup::mean()).unwrap();
                (0, 1)
            }
            Ask::Busy => (0, 0),
            Ask::Closed => panic!("nothing closes here"),
        });
        assert_eq!(a.0 + b.0, 1, "one worker expands");
        assert_eq!(tree.children(NodeId::ROOT).count(), 2);
        check_quiet(&tree, a.1 + b.1);
    });
}

/// A ticket dropped while another is told.
#[test]
fn drop_against_tell() {
    bounded(3, || {
        let tree = Arc::new(expanded_root());
        let other = tree.clone();
        let handle = thread::spawn(move || drop(other.ask(&guide())));
        let told = match tree.ask(&guide()) {
            Ask::Evaluate(ticket) => {
                ticket.tell(0.25, &Backup::mean()).unwrap();
                1
            }
            other => panic!("two children are free: {other:?}"),
        };
        handle.join().unwrap();
        check_quiet(&tree, told);
    });
}

/// Two workers widen one node at once: both blocks of children are there, whole, and the
/// bound that the law sets is kept (invariants 3 and 5).
#[test]
fn two_children_pushed_at_once() {
    let law = Widening { c: 2.0, alpha: 1.0 };
    bounded(2, move || {
        let tree = Arc::new(Tree::new(0u8, 16).widening(law));
        let (a, b) = both(&tree, |tree| match tree.ask(&guide()) {
            Ask::Expand(mut ticket) => {
                ticket.expand([(7, 1.0)]).unwrap();
                1
            }
            Ask::Evaluate(ticket) => {
                assert_eq!(*ticket.payload(), 7);
                0
            }
            Ask::Busy => 0,
            Ask::Closed => panic!("nothing closes here"),
        });
        let children: Vec<NodeId> = tree.children(NodeId::ROOT).collect();
        assert_eq!(children.len(), a + b);
        assert!(children.iter().all(|&c| *tree.payload(c) == 7));
        assert!(children.len() <= 4, "two samples allow four children");
        check_quiet(&tree, 0);
    });
}

/// One worker widens the root while another tells below it.
#[test]
fn widening_against_backup() {
    let law = Widening { c: 1.0, alpha: 1.0 };
    bounded(2, move || {
        let tree = Tree::new(0u8, 16).widening(law);
        match tree.ask(&guide()) {
            Ask::Expand(mut ticket) => ticket.expand([(1, 1.0)]).unwrap(),
            other => panic!("a fresh root is widened: {other:?}"),
        }
        let tree = Arc::new(tree);
        let (a, b) = both(&tree, |tree| match tree.ask(&guide()) {
            Ask::Expand(mut ticket) => {
                ticket.expand([(2, 1.0)]).unwrap();
                (1, 0)
            }
            Ask::Evaluate(ticket) => {
                ticket.tell(0.5, &Backup::mean()).unwrap();
                (0, 1)
            }
            Ask::Busy => (0, 0),
            Ask::Closed => panic!("nothing closes here"),
        });
        assert_eq!(tree.children(NodeId::ROOT).count(), 1 + a.0 + b.0);
        assert_eq!(tree.stats(NodeId::ROOT).children as usize, 1 + a.0 + b.0);
        check_quiet(&tree, a.1 + b.1);
    });
}

/// Invariant 6: of two workers that close the last two children, one closes the root. With a
/// flag on each child and no counter, both could miss that the other is closed.
#[test]
fn the_last_two_children_close() {
    bounded(3, || {
        let tree = Arc::new(expanded_root());
        let (a, b) = both(&tree, |tree| match tree.ask(&guide()) {
            Ask::Evaluate(ticket) => {
                ticket.tell_and_close(0.5, &Backup::mean()).unwrap();
                1
            }
            Ask::Busy => 0,
            other => panic!("{other:?}"),
        });
        check_quiet(&tree, a + b);
        assert_eq!(tree.stats(NodeId::ROOT).closed, a + b == 2);
        assert_eq!(matches!(tree.ask(&guide()), Ask::Closed), a + b == 2);
    });
}

/// Two versions published at once while a third party reads.
#[test]
fn version_swap_against_read() {
    loom::model(|| {
        let versions = Arc::new(Versions::new(4));
        let (a, b) = (versions.clone(), versions.clone());
        let writers = [
            thread::spawn(move || a.publish(0.25, 0.25)),
            thread::spawn(move || b.publish(0.75, 0.75)),
        ];
        // A reader sees nothing or a whole version.
        assert!(versions.current().is_none_or(|v| *v == 0.25 || *v == 0.75));
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(versions.current(), Some(&0.75), "the better version stands");
        assert_eq!(versions.iter().count(), 2, "and the other is on record");
    });
}

/// The list of versions with a load and a store in place of `fetch_max`.
#[test]
#[should_panic(expected = "the better version stands")]
fn negative_control_of_versions() {
    use loom::sync::atomic::{AtomicU32, Ordering};
    loom::model(|| {
        let best = Arc::new(AtomicU32::new(0));
        let publish = |best: &AtomicU32, score: u32| {
            if score > best.load(Ordering::Acquire) {
                best.store(score, Ordering::Release);
            }
        };
        let other = best.clone();
        let handle = thread::spawn(move || publish(&other, 3));
        publish(&best, 1);
        handle.join().unwrap();
        assert_eq!(best.load(Ordering::Acquire), 3, "the better version stands");
    });
}

/// Closing with a flag on each child in place of a counter at the parent.
#[test]
#[should_panic(expected = "somebody closes the parent")]
fn negative_control_of_closing() {
    use loom::sync::atomic::{AtomicBool, Ordering};
    loom::model(|| {
        let children = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let close = |children: &[AtomicBool; 2], mine: usize| {
            children[mine].store(true, Ordering::Release);
            children[1 - mine].load(Ordering::Acquire)
        };
        let other = children.clone();
        let handle = thread::spawn(move || close(&other, 0));
        let seen = close(&children, 1);
        assert!(seen | handle.join().unwrap(), "somebody closes the parent");
    });
}

/// Children written after they are linked.
#[test]
#[should_panic(expected = "a child is complete")]
fn negative_control_of_publication() {
    use loom::sync::atomic::{AtomicU32, Ordering};
    loom::model(|| {
        let (link, prior) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (l, p) = (link.clone(), prior.clone());
        let handle = thread::spawn(move || {
            p.store(1, Ordering::Relaxed);
            l.store(1, Ordering::Relaxed);
        });
        if link.load(Ordering::Acquire) == 1 {
            assert_eq!(prior.load(Ordering::Relaxed), 1, "a child is complete");
        }
        handle.join().unwrap();
    });
}
