//! The tree of a JSON text.
//!
//! `serde_json` gives no positions, but a borrowed [`RawValue`] is a slice of the text, and
//! a slice knows its offset. Each level of the tree is parsed into such slices. That reads
//! a text once for each level it is deep, which the bound on depth keeps cheap.

use std::collections::HashSet;
use std::fmt;

use num_bigint::BigInt;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Entry, Kind, MAX_DEPTH, MAX_DIGITS, Node, Source};
use crate::problem::{Fault, ProblemError};

pub(super) fn tree(source: &Source<'_>) -> Result<Node, ProblemError> {
    let raw: &RawValue = serde_json::from_str(source.text).map_err(|e| malformed(source, 0, &e))?;
    node(source, raw.get(), 0)
}

/// `text` is a slice of the source's, so that the difference of addresses is its offset.
fn offset(source: &Source<'_>, text: &str) -> usize {
    (text.as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize)
}

fn malformed(source: &Source<'_>, at: usize, error: &serde_json::Error) -> ProblemError {
    let message = error.to_string();
    // The message ends in a position relative to the slice; the place says it better.
    let why = message
        .split_once(" at line ")
        .map_or(message.as_str(), |(w, _)| w);
    let mut place = source.place(at);
    place.line = place.line.map(|l| l + error.line().saturating_sub(1));
    Fault::Malformed {
        place,
        format: "JSON",
        why: why.to_owned(),
        remedy: match error.is_eof() {
            true => "The text ends too early: close what is open".to_owned(),
            false => format!("Correct it at column {}", error.column()),
        },
    }
    .into()
}

fn node(source: &Source<'_>, text: &str, depth: usize) -> Result<Node, ProblemError> {
    let at = offset(source, text);
    if depth > MAX_DEPTH {
        return Err(source.too_deep(at));
    }
    let error = |e: serde_json::Error| malformed(source, at, &e);
    let kind = match text.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text).map_err(error)?;
            let mut entries: Vec<Entry> = Vec::with_capacity(members.0.len());
            let mut seen = HashSet::new();
            for (key, raw) in members.0 {
                if !seen.insert(key.clone()) {
                    return Err(Fault::Malformed {
                        place: source.place(offset(source, raw.get())),
                        format: "JSON",
                        why: format!("the key {key:?} is given twice"),
                        remedy: "Keep one of the two".to_owned(),
                    }
                    .into());
                }
                let value = node(source, raw.get(), depth + 1)?;
                entries.push(Entry {
                    at: value.at,
                    key,
                    value,
                });
            }
            Kind::Table(entries)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(error)?;
            Kind::List(
                items
                    .into_iter()
                    .map(|raw| node(source, raw.get(), depth + 1))
                    .collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => Kind::Text(serde_json::from_str(text).map_err(error)?),
        Some(b't' | b'f') => Kind::Bool(serde_json::from_str(text).map_err(error)?),
        Some(b'n') => Kind::Null,
        _ if text.len() > MAX_DIGITS => return Err(source.too_long(at)),
        _ => match text.parse::<BigInt>() {
            Ok(i) => Kind::Integer(i),
            Err(_) => Kind::Float(serde_json::from_str(text).map_err(error)?),
        },
    };
    Ok(Node { at, kind })
}

/// The members of an object in order, repeated keys included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        d.deserialize_map(Visit)
    }
}
