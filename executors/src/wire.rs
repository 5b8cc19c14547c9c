//! Values as text between host and guest. The format is described in `guest/cogitree_guest/plain.py`:
//! JSON stands for itself where it can, everything else is an object with one tag.
//!
//! What comes from the guest is under the program's control, so it is read as untrusted text:
//! nothing is evaluated, depth is bounded by the JSON reader, and a text that is not of the format
//! is an error of the program's.

use std::fmt;

use cogitree_engine::Value;
use num_bigint::BigInt;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

#[cfg(test)]
/// The text of a value; `None` if some part of it is not plain data.
pub(crate) fn encode(value: &Value) -> Option<String> {
    tagged(value).map(|json| json.to_string())
}

/// The text of positional arguments.
pub(crate) fn encode_arguments(args: &[Value]) -> Option<String> {
    sequence(args).map(|json| json.to_string())
}

/// Reads a text from the guest.
pub(crate) fn decode(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Wire>(text).map(|wire| wire.0)
}

fn tagged(value: &Value) -> Option<Json> {
    Some(match value {
        Value::None => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::BigInt(i) => json!({ "i": i.to_str_radix(16) }),
        Value::Float(f) => json!({ "f": float_text(*f) }),
        Value::Complex(re, im) => json!({ "c": [float_text(*re), float_text(*im)] }),
        Value::Str(s) => json!(s),
        Value::Bytes(b) => json!({ "b": hex(b) }),
        Value::List(v) => sequence(v)?,
        Value::Tuple(v) => json!({ "t": sequence(v)? }),
        Value::Set(v) => json!({ "s": sequence(v)? }),
        Value::FrozenSet(v) => json!({ "z": sequence(v)? }),
        Value::Dict(d) => {
            let mut flat = Vec::with_capacity(2 * d.len());
            for (k, v) in d {
                flat.push(tagged(k)?);
                flat.push(tagged(v)?);
            }
            json!({ "d": flat })
        }
        _ => return None,
    })
}

fn sequence(values: &[Value]) -> Option<Json> {
    values
        .iter()
        .map(tagged)
        .collect::<Option<Vec<_>>>()
        .map(Json::Array)
}

/// Rust's shortest text that reads back, which Python's `float` understands.
fn float_text(f: f64) -> String {
    format!("{f:?}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|d| d.len() % 2 == 0)?;
    // Two digits below 16 make a number below 256.
    Some(digits.chunks(2).map(|d| (d[0] * 16 + d[1]) as u8).collect())
}

struct Wire(Value);

impl<'de> Deserialize<'de> for Wire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WireVisitor).map(Wire)
    }
}

struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in the guest's format")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Int(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::integer(v.into()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::Str(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::Str(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        items(seq).map(Value::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let tag: String = map
            .next_key()?
            .ok_or_else(|| A::Error::custom("an object without a tag"))?;
        let value = match tag.as_str() {
            "t" => Value::Tuple(map.next_value::<Items>()?.0),
            "s" => Value::Set(map.next_value::<Items>()?.0),
            "z" => Value::FrozenSet(map.next_value::<Items>()?.0),
            "d" => {
                let mut flat = map.next_value::<Items>()?.0.into_iter();
                let mut pairs = Vec::with_capacity(flat.len() / 2);
                while let (Some(k), Some(v)) = (flat.next(), flat.next()) {
                    pairs.push((k, v));
                }
                Value::Dict(pairs)
            }
            "i" => {
                let text: String = map.next_value()?;
                BigInt::parse_bytes(text.as_bytes(), 16)
                    .map(Value::integer)
                    .ok_or_else(|| A::Error::custom("not an integer"))?
            }
            "f" => Value::Float(float(&map.next_value::<String>()?)?),
            "c" => {
                let (re, im): (String, String) = map.next_value()?;
                Value::Complex(float(&re)?, float(&im)?)
            }
            "b" => unhex(&map.next_value::<String>()?)
                .map(Value::Bytes)
                .ok_or_else(|| A::Error::custom("not bytes"))?,
            "o" => {
                let (type_name, repr) = map.next_value()?;
                Value::Opaque { type_name, repr }
            }
            other => return Err(A::Error::custom(format!("unknown tag {other}"))),
        };
        match map.next_key::<String>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("an object with two tags")),
        }
    }
}

fn float<E: Error>(text: &str) -> Result<f64, E> {
    text.parse().map_err(E::custom)
}

fn items<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<Value>, A::Error> {
    let mut values = Vec::new();
    while let Some(Wire(value)) = seq.next_element()? {
        values.push(value);
    }
    Ok(values)
}

struct Items(Vec<Value>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor;
        impl<'de> Visitor<'de> for ItemsVisitor {
            type Value = Vec<Value>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of values")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Value>, A::Error> {
                items(seq)
            }
        }
        deserializer.deserialize_seq(ItemsVisitor).map(Items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::None),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<i128>().prop_map(|i| Value::integer(i.into())),
            any::<f64>().prop_map(Value::Float),
            (any::<f64>(), any::<f64>()).prop_map(|(a, b)| Value::Complex(a, b)),
            ".*".prop_map(Value::Str),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let many = proptest::collection::vec(inner.clone(), 0..6);
            prop_oneof![
                many.clone().prop_map(Value::List),
                many.clone().prop_map(Value::Tuple),
                many.clone().prop_map(Value::Set),
                many.prop_map(Value::FrozenSet),
                proptest::collection::vec((inner.clone(), inner), 0..6).prop_map(Value::Dict),
            ]
        })
    }

    proptest! {
        #[test]
        fn survives_the_wire(value in any_value()) {
            let text = encode(&value).unwrap();
            let back = decode(&text).unwrap();
            // NaN differs from itself, so texts are compared.
            prop_assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = decode(&text);
        }
    }

    #[test]
    fn what_is_not_of_the_format_is_refused() {
        for text in [
            "",
            "{}",
            r#"{"x": 1}"#,
            r#"{"t": 1}"#,
            r#"{"f": "x"}"#,
            r#"{"b": "0"}"#,
            r#"{"t": [], "s": []}"#,
            "1.5e",
            r#"{"i": "zz"}"#,
            "[1,",
        ] {
            assert!(decode(text).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(decode(&deep).is_err());
    }

    #[test]
    fn opaque_values_cannot_be_sent() {
        let opaque = Value::Opaque {
            type_name: "f".into(),
            repr: "f()".into(),
        };
        assert_eq!(encode(&Value::List(vec![opaque])), None);
    }
}
