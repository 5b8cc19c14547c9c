//! The tree of thoughts that was tried, as text and as a Graphviz file.

use std::collections::HashSet;
use std::io::{self, Write};

use cogitree::tree::{NodeId, NodeStats};
use cogitree::{Line, Outcome};

use crate::cli::output::{heading, printable, shortened, width};
use crate::cli::style;

/// Prints the part of the tree that was visited, children in the order of their visits.
pub(super) fn print(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    heading(out, "Tree (visits, value, share of visible tests passed)")?;
    let chain: HashSet<NodeId> = outcome
        .answer
        .as_ref()
        .map(|a| outcome.tree.path(a.node).into_iter().collect())
        .unwrap_or_default();
    let root = outcome.tree.stats(NodeId::ROOT);
    writeln!(
        out,
        "  the problem  {}",
        style::dim(format!("{} visits", root.visits))
    )?;
    // (node, prefix of the lines of its children)
    let mut todo = branches(outcome, NodeId::ROOT, "  ");
    todo.reverse();
    while let Some(branch) = todo.pop() {
        match branch {
            Branch::Visited { id, lead, rest } => {
                let line = describe(outcome, id, width().saturating_sub(lead.chars().count()));
                let line = if chain.contains(&id) {
                    style::good(line).to_string()
                } else {
                    line
                };
                writeln!(out, "{}{line}", style::dim(lead))?;
                let mut below = branches(outcome, id, &rest);
                below.reverse();
                todo.extend(below);
            }
            Branch::Untried { count, lead } => {
                writeln!(out, "{}", style::dim(format!("{lead}({count} not tried)")))?;
            }
        }
    }
    Ok(())
}

enum Branch {
    Visited {
        id: NodeId,
        lead: String,
        rest: String,
    },
    Untried {
        count: usize,
        lead: String,
    },
}

fn branches(outcome: &Outcome, id: NodeId, prefix: &str) -> Vec<Branch> {
    let mut children: Vec<(NodeStats, NodeId)> = outcome
        .tree
        .children(id)
        .map(|c| (outcome.tree.stats(c), c))
        .collect();
    children.sort_by_key(|(stats, id)| (std::cmp::Reverse(stats.visits), *id));
    let visited = children.iter().filter(|(s, _)| s.visits > 0).count();
    let untried = children.len() - visited;
    let mut branches = Vec::new();
    for (i, (_, child)) in children.into_iter().take(visited).enumerate() {
        let last = i + 1 == visited && untried == 0;
        branches.push(Branch::Visited {
            id: child,
            lead: format!("{prefix}{}", if last { "└─ " } else { "├─ " }),
            rest: format!("{prefix}{}", if last { "   " } else { "│  " }),
        });
    }
    if untried > 0 {
        branches.push(Branch::Untried {
            count: untried,
            lead: format!("{prefix}└─ "),
        });
    }
    branches
}

fn describe(outcome: &Outcome, id: NodeId, room: usize) -> String {
    let stats = outcome.tree.stats(id);
    let line = outcome.tree.payload(id);
    let numbers = format!("{} {:.2} {}", stats.visits, stats.best, share(line));
    let text = printable(&line.thought().text).replace('\n', " ");
    format!(
        "{numbers}  {}",
        shortened(&text, room.saturating_sub(numbers.len() + 3).max(20))
    )
}

fn share(line: &Line) -> String {
    line.versions.current().map_or("–".to_owned(), |t| {
        format!("{}/{}", t.report.passed(), t.report.tests.len())
    })
}

/// The visited part of the tree in Graphviz's language.
pub(super) fn dot(outcome: &Outcome) -> String {
    let answer = outcome.answer.as_ref().map(|a| a.node);
    let mut text = Vec::new();
    let written = outcome.tree.write_dot(&mut text, |node| {
        if node.stats.visits == 0 && node.id != NodeId::ROOT {
            return None;
        }
        let thought = if node.id == NodeId::ROOT {
            "the problem".to_owned()
        } else {
            shortened(&node.payload.thought().text, 60)
        };
        let label = format!(
            "{thought}\n{} visits, value {:.2}, {}",
            node.stats.visits,
            node.stats.best,
            share(node.payload)
        );
        let found = Some(node.id) == answer;
        let colour = if found { "color=green, penwidth=2" } else { "" };
        Some((label, colour.to_owned()))
    });
    debug_assert!(written.is_ok(), "a vector takes all that is written to it");
    String::from_utf8_lossy(&text).into_owned()
}
