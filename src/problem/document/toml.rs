//! The tree of a TOML text.

use num_bigint::BigInt;
use toml::de::{DeTable, DeValue};

use super::{Entry, Kind, MAX_DEPTH, MAX_DIGITS, Node, Source};
use crate::problem::{Fault, ProblemError};

pub(super) fn tree(source: &Source<'_>) -> Result<Node, ProblemError> {
    let table = DeTable::parse(source.text).map_err(|e| {
        malformed(
            source,
            e.span().map_or(0, |s| s.start),
            e.message().trim_end().replace('\n', "; "),
        )
    })?;
    let at = table.span().start;
    node_of_table(source, at, table.into_inner(), 0)
}

fn malformed(source: &Source<'_>, at: usize, why: String) -> ProblemError {
    Fault::Malformed {
        place: source.place(at),
        format: "TOML",
        why,
        remedy: "Correct that line".to_owned(),
    }
    .into()
}

fn node_of_table(
    source: &Source<'_>,
    at: usize,
    table: DeTable<'_>,
    depth: usize,
) -> Result<Node, ProblemError> {
    let entries: Result<Vec<Entry>, ProblemError> = table
        .into_iter()
        .map(|(key, value)| {
            let span = value.span();
            Ok(Entry {
                at: key.span().start,
                key: key.into_inner().into_owned(),
                value: node(source, span.start, value.into_inner(), depth + 1)?,
            })
        })
        .collect();
    Ok(Node {
        at,
        kind: Kind::Table(entries?),
    })
}

fn node(
    source: &Source<'_>,
    at: usize,
    value: DeValue<'_>,
    depth: usize,
) -> Result<Node, ProblemError> {
    if depth > MAX_DEPTH {
        return Err(source.too_deep(at));
    }
    let kind = match value {
        DeValue::String(s) => Kind::Text(s.into_owned()),
        DeValue::Boolean(b) => Kind::Bool(b),
        DeValue::Datetime(d) => Kind::Time(d.to_string()),
        DeValue::Integer(i) if i.as_str().len() > MAX_DIGITS => return Err(source.too_long(at)),
        DeValue::Integer(i) => BigInt::parse_bytes(i.as_str().as_bytes(), i.radix())
            .map(Kind::Integer)
            .ok_or_else(|| malformed(source, at, format!("`{}` is no number", i.as_str())))?,
        DeValue::Float(f) => f
            .as_str()
            .parse()
            .map(Kind::Float)
            .map_err(|_| malformed(source, at, format!("`{}` is no number", f.as_str())))?,
        DeValue::Array(items) => Kind::List(
            items
                .into_iter()
                .map(|v| {
                    let span = v.span();
                    node(source, span.start, v.into_inner(), depth + 1)
                })
                .collect::<Result<_, _>>()?,
        ),
        DeValue::Table(table) => return node_of_table(source, at, table, depth),
    };
    Ok(Node { at, kind })
}
