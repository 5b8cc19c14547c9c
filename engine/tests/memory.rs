//! What a tree costs: bytes a node, and ten million nodes in less than one GiB.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};

/// The system's allocator, counting what is in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; counting touches no memory
// that is handed out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn ten_million_nodes_in_less_than_a_gibibyte() {
    const NODES: usize = 10_000_000;
    const CHILDREN: u64 = 5_000;
    let before = IN_USE.load(Ordering::Relaxed);
    let tree = Tree::new(0u64, NODES as u32 + CHILDREN as u32);
    let guide: Guide = Guide::default();
    let Ask::Expand(mut ticket) = tree.ask(&guide) else {
        panic!("a fresh root is a leaf")
    };
    while tree.len() < NODES {
        ticket.expand((0..CHILDREN).map(|i| (i, 1.0))).unwrap();
        assert!(ticket.descend(&guide));
    }
    drop(ticket);
    let bytes = IN_USE.load(Ordering::Relaxed) - before;
    assert!(bytes < 1 << 30, "{bytes} bytes for {} nodes", tree.len());
    // The payload is a number in a `OnceLock`: 16 bytes. What is left is the tree proper, with
    // its chunks and their directory.
    let proper = bytes as f64 / tree.len() as f64 - 16.0;
    assert!(proper <= 72.0, "{proper} bytes a node");
    println!("{proper:.2} bytes a node, {bytes} bytes in all");
    assert_eq!(tree.children(NodeId::ROOT).count() as u64, CHILDREN);
}
