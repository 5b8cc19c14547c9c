//! Models of the tree, checked by loom over every interleaving within the stated bounds:
//!
//!     RUSTFLAGS="--cfg loom" cargo test -p cogitree-engine --test loom --release
//!
//! Two threads; up to three preemptions where a model says so, else all interleavings. The
//! invariants are those of `engine/src/tree/mod.rs`. `negative_control` shows that the
//! models can fail: it is the version list with a load and a store in place of `fetch_max`.
#![cfg(loom)]

use cogitree_engine::tree::{Ask, NodeId, Tree, Versions};
use cogitree_engine::{Backup, Rule, WuUct};
use loom::sync::Arc;
use loom::thread;

fn rule() -> Rule {
    Rule::WuUct(WuUct::default())
}

/// A model with at most `preemptions` forced switches of threads.
fn bounded(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(f);
}

fn expanded_root() -> Tree<u8> {
    let tree = Tree::new(0, 16);
    match tree.ask(&rule(), &Backup::mean()) {
        Ask::Expand(mut ticket) => ticket.expand([(1, 0.5), (2, 0.5)]).unwrap(),
        other => panic!("{other:?}"),
    }
    tree
}

/// Invariants 1 and 2: no marks left, no visit lost.
fn check_quiet(tree: &Tree<u8>, told: u32) {
    let root = tree.stats(NodeId::ROOT);
    assert_eq!((root.visits, root.in_flight), (told, 0));
    let below: u32 = tree
        .children(NodeId::ROOT)
        .map(|c| tree.stats(c).visits)
        .sum();
    assert_eq!(below, told);
    for child in tree.children(NodeId::ROOT) {
        assert_eq!(tree.stats(child).in_flight, 0);
    }
}

/// Selection and backup of one worker against those of another.
#[test]
fn backup_against_select() {
    bounded(3, || {
        let tree = Arc::new(expanded_root());
        let other = tree.clone();
        let simulate = |tree: &Tree<u8>| match tree.ask(&rule(), &Backup::mean()) {
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
        };
        let handle = thread::spawn(move || simulate(&other));
        let told = simulate(&tree) + handle.join().unwrap();
        check_quiet(&tree, told);
    });
}

/// Invariants 3 and 4: of two workers at a fresh root one expands, and the other never sees
/// half a child.
#[test]
fn concurrent_expansion_of_one_leaf() {
    bounded(3, || {
        let tree = Arc::new(Tree::new(0u8, 16));
        let other = tree.clone();
        let work = |tree: &Tree<u8>| match tree.ask(&rule(), &Backup::mean()) {
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
        };
        let handle = thread::spawn(move || work(&other));
        let (mine, theirs) = (work(&tree), handle.join().unwrap());
        assert_eq!(mine.0 + theirs.0, 1, "one worker expands");
        assert_eq!(tree.children(NodeId::ROOT).count(), 2);
        check_quiet(&tree, mine.1 + theirs.1);
    });
}

/// A ticket dropped while another is told.
#[test]
fn drop_against_tell() {
    bounded(3, || {
        let tree = Arc::new(expanded_root());
        let other = tree.clone();
        let handle = thread::spawn(move || drop(other.ask(&rule(), &Backup::mean())));
        let told = match tree.ask(&rule(), &Backup::mean()) {
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

#[test]
#[should_panic(expected = "the better version stands")]
fn negative_control() {
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
