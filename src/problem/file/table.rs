//! A table of known keys, read key by key.

use cogitree_engine::Value;

use crate::problem::document::{Entry, Kind, Node, Source};
use crate::problem::error::{nearest, shown};
use crate::problem::{Fault, ProblemError};

pub(super) struct Table<'a> {
    pub(super) source: &'a Source<'a>,
    /// What it is called in messages: `the problem`, `test 2`.
    pub(super) name: String,
    at: usize,
    entries: Vec<Entry>,
}

impl<'a> Table<'a> {
    /// Takes a node as a table with some of the keys `known`.
    pub(super) fn new(
        source: &'a Source<'a>,
        node: Node,
        name: &str,
        known: &[&str],
    ) -> Result<Self, ProblemError> {
        let Kind::Table(entries) = node.kind else {
            return Err(Fault::Invalid {
                place: source.place(node.at),
                field: name.to_owned(),
                why: format!("is {}, not a table", node.kind.name()),
                remedy: format!("Its keys are {}", list(known)),
            }
            .into());
        };
        if let Some(entry) = entries.iter().find(|e| !known.contains(&e.key.as_str())) {
            let remedy = match nearest(&entry.key, known.iter().copied(), 1).first() {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Known keys: {}", list(known)),
            };
            return Err(Fault::UnknownKey {
                place: source.place(entry.at),
                key: shown(&entry.key),
                table: name.to_owned(),
                remedy,
            }
            .into());
        }
        Ok(Table {
            source,
            name: name.to_owned(),
            at: node.at,
            entries,
        })
    }

    /// Where the value of a key begins, if it is there and not taken.
    pub(super) fn at(&self, key: &str) -> Option<usize> {
        Some(self.entries.iter().find(|e| e.key == key)?.at)
    }

    /// Takes the value of a key.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let i = self.entries.iter().position(|e| e.key == key)?;
        Some(self.entries.swap_remove(i).value)
    }

    /// Takes a text and where it stands.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<(String, usize)>, ProblemError> {
        match self.take(key) {
            None => Ok(None),
            Some(Node {
                at,
                kind: Kind::Text(t),
            }) => Ok(Some((t, at))),
            Some(node) => {
                let field = match self.name.as_str() {
                    "the problem" => format!("`{key}`"),
                    name => format!("`{key}` of {name}"),
                };
                Err(self.invalid(
                    node.at,
                    &field,
                    &format!("is {}, not text", node.kind.name()),
                    &format!("Put it in quotes: {key} = \"…\""),
                ))
            }
        }
    }

    /// A value for a program under test. Tables are dictionaries with text as keys.
    pub(super) fn value(&self, node: Node, field: &str) -> Result<Value, ProblemError> {
        Ok(match node.kind {
            Kind::Null => Value::None,
            Kind::Bool(b) => Value::Bool(b),
            Kind::Integer(i) => Value::integer(i),
            Kind::Float(f) => Value::Float(f),
            Kind::Text(t) => Value::Str(t),
            Kind::Time(t) => {
                return Err(self.invalid(
                    node.at,
                    field,
                    &format!("holds the date or time {t}, which is not plain data"),
                    "Put it in quotes to give it as text",
                ));
            }
            Kind::List(items) => Value::List(
                items
                    .into_iter()
                    .map(|n| self.value(n, field))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Table(entries) => Value::Dict(
                entries
                    .into_iter()
                    .map(|e| Ok((Value::Str(e.key), self.value(e.value, field)?)))
                    .collect::<Result<_, ProblemError>>()?,
            ),
        })
    }

    pub(super) fn missing(&self, key: &'static str, remedy: &str) -> ProblemError {
        Fault::Missing {
            place: self.source.place(self.at),
            key,
            table: self.name.clone(),
            remedy: remedy.to_owned(),
        }
        .into()
    }

    pub(super) fn invalid(&self, at: usize, field: &str, why: &str, remedy: &str) -> ProblemError {
        Fault::Invalid {
            place: self.source.place(at),
            field: field.to_owned(),
            why: why.to_owned(),
            remedy: remedy.to_owned(),
        }
        .into()
    }
}

/// Keys as prose.
pub(super) fn list(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
    quoted.join(", ")
}
