//! The keys that bound and grade a problem: limits, difficulty.

use cogitree_engine::Limits;
use num_traits::ToPrimitive;

use super::table::Table;
use crate::problem::ProblemError;
use crate::problem::document::{Kind, Node};
use crate::problem::error::shown;

/// The longest time for one test that is accepted, in seconds.
const MAX_SECONDS: f64 = 3600.0;

/// `[limits]` with any of `seconds`, `memory_mib`, `output_kib`, `source_kib`.
pub(super) fn limits(top: &mut Table<'_>) -> Result<Limits, ProblemError> {
    let mut limits = Limits::default();
    let Some(node) = top.take("limits") else {
        return Ok(limits);
    };
    let known = ["seconds", "memory_mib", "output_kib", "source_kib"];
    let mut table = Table::new(top.source, node, "`limits`", &known)?;
    if let Some(node) = table.take("seconds") {
        limits.seconds = number(&node)
            .filter(|s| *s > 0.0 && *s <= MAX_SECONDS)
            .ok_or_else(|| {
                table.invalid(
                    node.at,
                    "`seconds` of `limits`",
                    &not_a(&node, "time above 0 and up to 3600 s"),
                    "Give the time of one test in seconds: seconds = 5",
                )
            })?;
    }
    for (key, limit) in [
        ("memory_mib", &mut limits.memory_mib),
        ("output_kib", &mut limits.output_kib),
        ("source_kib", &mut limits.source_kib),
    ] {
        if let Some(node) = table.take(key) {
            *limit = positive(&node).ok_or_else(|| {
                table.invalid(
                    node.at,
                    &format!("`{key}` of `limits`"),
                    &not_a(&node, "whole number from 1 to 1048576"),
                    &format!("Leave it out for the default: {key} = {limit}"),
                )
            })?;
        }
    }
    Ok(limits)
}

/// `difficulty = "easy" | "medium" | "hard"`.
pub(super) fn difficulty(top: &mut Table<'_>) -> Result<Option<String>, ProblemError> {
    match top.text("difficulty")? {
        Some((d, at)) if !["easy", "medium", "hard"].contains(&d.as_str()) => Err(top.invalid(
            at,
            "`difficulty`",
            &format!("is \"{}\"", shown(&d)),
            "Write \"easy\", \"medium\" or \"hard\"",
        )),
        other => Ok(other.map(|(d, _)| d)),
    }
}

pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Integer(i) => i.to_f64(),
        Kind::Float(f) => Some(*f),
        _ => None,
    }
}

fn positive(node: &Node) -> Option<u32> {
    match &node.kind {
        Kind::Integer(i) => i.to_u32().filter(|n| (1..=1 << 20).contains(n)),
        _ => None,
    }
}

pub(super) fn not_a(node: &Node, wanted: &str) -> String {
    let found = match &node.kind {
        Kind::Integer(i) => shown(&i.to_string()),
        Kind::Float(f) => f.to_string(),
        Kind::Text(t) => format!("\"{}\"", shown(t)),
        other => other.name().to_owned(),
    };
    format!("is {found}, not a {wanted}")
}
