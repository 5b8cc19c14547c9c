//! Going over the nodes of a tree, parents before their children.

use std::collections::HashSet;

use super::{NodeId, Tree, TreeNode};

impl<P> Tree<P> {
    /// The nodes at and below one, each before its children, siblings oldest first. O(nodes)
    /// in all. Where equal states are merged, what is below a state is shown at the first edge
    /// to it; at further ones the state is [named](TreeNode::alias_of).
    ///
    /// ```
    /// # use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};
    /// let tree = Tree::new("root", 10);
    /// let guide: Guide = Guide::default();
    /// # let Ask::Expand(mut ticket) = tree.ask(&guide) else { panic!() };
    /// ticket.expand([("left", 0.5), ("right", 0.5)]).unwrap();
    /// let payloads: Vec<_> = tree.walk(NodeId::ROOT).map(|node| *node.payload).collect();
    /// assert_eq!(payloads, ["root", "left", "right"]);
    /// ```
    pub fn walk(&self, from: NodeId) -> impl Iterator<Item = TreeNode<'_, P>> {
        Walk::new(self, from)
    }
}

/// A walk that need not go below every node.
pub(super) struct Walk<'t, P> {
    tree: &'t Tree<P>,
    todo: Vec<Step>,
    /// The node shown last, if what is below it is to come next.
    below: Option<(NodeId, u32)>,
    /// States below which the walk went, where equal ones are merged.
    seen: HashSet<NodeId>,
}

struct Step {
    id: NodeId,
    parent: Option<NodeId>,
    place: usize,
    depth: u32,
}

impl<'t, P> Walk<'t, P> {
    pub(super) fn new(tree: &'t Tree<P>, from: NodeId) -> Self {
        let first = Step {
            id: from,
            parent: tree.parent(from),
            place: 0,
            depth: tree.depth(from),
        };
        Walk {
            tree,
            todo: vec![first],
            below: None,
            seen: HashSet::new(),
        }
    }

    /// Does not go below the node shown last; should there be another way to it, it counts as
    /// not shown.
    pub(super) fn turn(&mut self) {
        self.below = None;
    }
}

impl<'t, P> Iterator for Walk<'t, P> {
    type Item = TreeNode<'t, P>;

    fn next(&mut self) -> Option<Self::Item> {
        let tree = self.tree;
        if let Some((state, depth)) = self.below.take() {
            if tree.graph.is_some() {
                self.seen.insert(state);
            }
            let first = self.todo.len();
            let children = tree.children(state).enumerate();
            self.todo.extend(children.map(|(place, id)| Step {
                id,
                parent: Some(state),
                place,
                depth: depth + 1,
            }));
            self.todo[first..].reverse();
        }
        let step = self.todo.pop()?;
        let state = tree.state(step.id);
        let repeated = self.seen.contains(&state);
        if !repeated {
            self.below = Some((state, step.depth));
        }
        Some(TreeNode {
            id: step.id,
            parent: step.parent,
            alias_of: (state != step.id).then_some(state),
            repeated,
            place: step.place,
            stats: tree.stats_at(step.id, step.depth),
            payload: tree.payload(state),
        })
    }
}
