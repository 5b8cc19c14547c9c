//! Looking at a graph.

use super::*;

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
