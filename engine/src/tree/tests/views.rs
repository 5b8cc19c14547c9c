//! Looking at a tree.

use super::*;

/// A tree of two levels with known visits: the second child of the root is the best.
fn known_tree() -> Tree<&'static str> {
    let tree = Tree::new("root", 100);
    let guide = Guide::new(Rule::Breadth(Default::default()), Backup::mean());
    let value = |payload: &str| match payload {
        "a" => 0.2,
        "b" => 0.9,
        _ => 0.5,
    };
    for _ in 0..9 {
        let ticket = match tree.ask(&guide) {
            Ask::Expand(mut t) => {
                let children = match *t.payload() {
                    "root" => vec![("a", 1.0), ("b", 1.0), ("c", 1.0)],
                    "b" => vec![("b1", 1.0), ("b \"two\"\n", 1.0)],
                    _ => vec![],
                };
                let leaf = children.is_empty();
                t.expand(children).unwrap();
                if leaf || !t.descend(&guide) {
                    continue;
                }
                t
            }
            Ask::Evaluate(t) => t,
            Ask::Busy | Ask::Closed => break,
        };
        let reward = value(ticket.payload());
        ticket.tell(reward, &guide.backup).unwrap();
    }
    tree
}

#[test]
fn the_principal_line_follows_the_visits() {
    let tree = known_tree();
    let line: Vec<&str> = tree
        .principal_line()
        .into_iter()
        .map(|id| *tree.payload(id))
        .collect();
    assert_eq!(line, ["b", "b1"]);
    assert!(Tree::new(0, 1).principal_line().is_empty());
}

#[test]
fn the_shape_counts_every_node_once() {
    let tree = known_tree();
    let shape = tree.shape(NodeId::ROOT);
    assert_eq!((shape.nodes, shape.visited), (6, 6));
    assert_eq!(shape.visited_by_depth, [1, 3, 2]);
    assert_eq!((shape.depth(), shape.branching()), (2, 2.5));
    let b = tree.children(NodeId::ROOT).nth(1).unwrap();
    assert_eq!(tree.shape(b).visited_by_depth, [1, 2]);
    let random = Tree::new(7, 1_000);
    for _ in 0..50 {
        simulate(&random, &Guide::default(), 3);
    }
    let shape = random.shape(NodeId::ROOT);
    assert_eq!(shape.nodes, random.len() as u64);
    assert_eq!(shape.visited, shape.visited_by_depth.iter().sum::<u64>());
}

#[test]
fn json_has_every_node_with_its_parent() {
    let tree = known_tree();
    let mut file = Vec::new();
    tree.write_json(&mut file).unwrap();
    let nodes: Vec<serde_json::Value> = serde_json::from_slice(&file).unwrap();
    assert_eq!(nodes.len(), 6);
    assert_eq!(nodes[0]["parent"], serde_json::Value::Null);
    for node in &nodes[1..] {
        let id = NodeId(node["id"].as_u64().unwrap() as u32);
        assert_eq!(node["parent"], tree.parent(id).unwrap().index());
        assert_eq!(node["payload"], *tree.payload(id));
        assert_eq!(node["visits"], tree.stats(id).visits);
    }
}

#[test]
fn graphviz_gets_what_is_asked_for() {
    let tree = known_tree();
    let mut file = Vec::new();
    tree.write_dot(&mut file, |node| {
        let hidden = *node.payload == "b1";
        (!hidden).then(|| (node.payload.to_string(), "color=red".to_owned()))
    })
    .unwrap();
    let text = String::from_utf8(file).unwrap();
    assert!(text.starts_with("digraph {"), "{text}");
    assert_eq!(text.matches(" -> ").count(), 4, "{text}");
    assert!(
        text.contains(r#"[label="b \"two\"\n", color=red]"#),
        "{text}"
    );
}

/// A graph taken while workers are at it is a tree: connected, and no child without parent.
#[test]
fn views_may_be_taken_while_the_search_runs() {
    let tree = Tree::new(7u64, 1 << 16);
    let guide: Guide = Guide::default();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while !stop.load(Ordering::Relaxed) && tree.len() < 50_000 {
                    simulate(&tree, &guide, 4);
                }
            });
        }
        let mut sizes = Vec::new();
        while sizes.len() < 20 {
            let graph = tree.graph();
            assert_eq!(graph.edge_count() + 1, graph.node_count());
            sizes.push(graph.node_count());
        }
        stop.store(true, Ordering::Relaxed);
        assert!(sizes.is_sorted());
    });
    check_invariants(&tree);
}
