//! A tree as a file: JSON for programs, Graphviz for people.

use std::io::{self, Write};

use serde::Serialize;

use super::walk::Walk;
use super::{NodeId, Tree, TreeNode};

impl<P> Tree<P> {
    /// Writes the tree as a JSON array with one node a line, parents before their children:
    /// `{"id": 1, "parent": 0, "place": 0, "visits": 3, …, "payload": …}`. O(nodes); the tree
    /// is never in memory twice. Where equal states are merged a line is an edge, with
    /// `alias_of` if its state was shown on another line or is another's, and `repeated` if what is
    /// below the state was written before.
    ///
    /// # Errors
    /// What the writer says, or a payload that cannot be written as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()>
    where
        P: Serialize,
    {
        write!(out, "[")?;
        for node in self.walk(NodeId::ROOT) {
            writeln!(out, "{}", if node.parent.is_some() { "," } else { "" })?;
            serde_json::to_writer(&mut *out, &node)?;
        }
        writeln!(out, "\n]")
    }

    /// Writes the tree in the language of Graphviz. `style` gives each node's label and further
    /// attributes (`color=red`, or nothing); nodes for which it gives `None` are left out, with
    /// all that is below them. O(nodes). Where equal states are merged each is drawn once, with
    /// all edges to it.
    ///
    /// # Errors
    /// What the writer says.
    ///
    /// ```
    /// # use cogitree_engine::tree::{Ask, Guide, Tree};
    /// # let tree = Tree::new("root", 10);
    /// # let guide: Guide = Guide::default();
    /// # let Ask::Expand(mut ticket) = tree.ask(&guide) else { panic!() };
    /// # ticket.expand([("left", 0.5), ("right", 0.5)]).unwrap();
    /// let mut file = Vec::new();
    /// tree.write_dot(&mut file, |node| Some((node.payload.to_string(), String::new())))?;
    /// assert!(String::from_utf8_lossy(&file).contains("0 -> 2"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_dot(
        &self,
        out: &mut dyn Write,
        mut style: impl FnMut(&TreeNode<'_, P>) -> Option<(String, String)>,
    ) -> io::Result<()> {
        writeln!(out, "digraph {{\n    node [shape=box]")?;
        let mut walk = Walk::new(self, NodeId::ROOT);
        while let Some(node) = walk.next() {
            let state = node.alias_of.unwrap_or(node.id);
            if node.repeated {
                if let Some(parent) = node.parent {
                    writeln!(out, "    {parent} -> {state}")?;
                }
                continue;
            }
            let Some((label, attributes)) = style(&node) else {
                walk.turn();
                continue;
            };
            let separator = if attributes.is_empty() { "" } else { ", " };
            let label = quoted(&label);
            writeln!(out, "    {state} [label={label}{separator}{attributes}]")?;
            if let Some(parent) = node.parent {
                writeln!(out, "    {parent} -> {state}")?;
            }
        }
        writeln!(out, "}}")
    }
}

/// A string of Graphviz: quotes and backslashes escaped, lines broken by `\n`.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
