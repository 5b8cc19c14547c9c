//! What a tree costs: bytes a node, and ten million nodes in less than one GiB.

mod counting;

use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};

const NODES: usize = 10_000_000;
const CHILDREN: u64 = 5_000;

fn grow() -> Tree<u64> {
    let tree = Tree::new(0u64, NODES as u32 + CHILDREN as u32);
    let guide: Guide = Guide::default();
    let Ask::Expand(mut ticket) = tree.ask(&guide) else {
        panic!("a fresh root is a leaf")
    };
    while tree.len() < NODES {
        let children = (0..CHILDREN).map(|i| (i, 1.0));
        ticket.expand(children).expect("there is room");
        assert!(ticket.descend(&guide));
    }
    drop(ticket);
    tree
}

#[test]
fn ten_million_nodes_in_less_than_a_gibibyte() {
    let (tree, bytes) = counting::peak(grow);
    assert!(bytes < 1 << 30, "{bytes} bytes for {} nodes", tree.len());
    // The payload is a number in a `OnceLock`: 16 bytes. What is left is the tree proper, with
    // its chunks and their directory.
    let proper = bytes as f64 / tree.len() as f64 - 16.0;
    // Less than a node has would mean that the allocator counts wrongly.
    assert!((64.0..=72.0).contains(&proper), "{proper} bytes a node");
    println!("{proper:.2} bytes a node, {bytes} bytes in all");
    assert_eq!(tree.children(NodeId::ROOT).count() as u64, CHILDREN);
}
