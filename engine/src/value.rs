//! Plain data that crosses between problems, programs and reports.
//!
//! A [`Value`] is what a program is given and what it gives back: the plain data types of
//! Python, held outside the sandbox so that comparison needs no trust in the program under
//! test. Anything that is not plain data (a function, a generator, an instance) becomes
//! [`Value::Opaque`], which equals nothing.

use std::fmt;

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use serde::{Deserialize, Serialize};

/// Plain data of the language under test (Python's types).
///
/// `PartialEq` is *structural* (`List` differs from `Tuple`, `Int` from `Float`): it serves
/// maps and tests. Whether an answer counts as right is decided by [`same`](Value::same).
///
/// ```
/// use cogitree_engine::Value;
/// let v = Value::List(vec![Value::Int(1), Value::Str("a".into())]);
/// assert_eq!(v.to_string(), "[1, 'a']");
/// assert_eq!(v.type_name(), "list");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer that does not fit 64 bits. Always build through [`Value::integer`].
    #[serde(with = "decimal")]
    BigInt(BigInt),
    /// A float; may be infinite or NaN.
    #[serde(with = "float")]
    Float(f64),
    /// A complex number, real and imaginary part.
    Complex(f64, f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set, in any order, without duplicates.
    Set(Vec<Value>),
    /// A frozen set, in any order, without duplicates.
    FrozenSet(Vec<Value>),
    /// A dictionary in insertion order.
    Dict(Vec<(Value, Value)>),
    /// Something that is not plain data. Equal to nothing, itself included, under
    /// [`same`](Value::same).
    Opaque {
        /// Its type's name.
        type_name: String,
        /// Its `repr`, cut to a bounded length.
        repr: String,
    },
}

mod decimal {
    use num_bigint::BigInt;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(v: &BigInt, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&v.to_string())
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BigInt, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// JSON has no infinities and no NaN; they travel as strings.
mod float {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(v: &f64, s: S) -> Result<S::Ok, S::Error> {
        if v.is_finite() {
            s.serialize_f64(*v)
        } else {
            s.serialize_str(&v.to_string())
        }
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Number(f64),
            Text(String),
        }
        match Wire::deserialize(d)? {
            Wire::Number(v) => Ok(v),
            Wire::Text(t) => t.parse().map_err(D::Error::custom),
        }
    }
}

impl Value {
    /// An integer of any size in its canonical variant.
    ///
    /// ```
    /// use cogitree_engine::Value;
    /// assert_eq!(Value::integer(7.into()), Value::Int(7));
    /// ```
    pub fn integer(v: BigInt) -> Value {
        v.to_i64().map_or(Value::BigInt(v), Value::Int)
    }

    /// The name Python gives the type, or the recorded one of an opaque value.
    pub fn type_name(&self) -> &str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Complex(..) => "complex",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Dict(_) => "dict",
            Value::Opaque { type_name, .. } => type_name,
        }
    }

    /// The elements of a list, tuple or set.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(v) | Value::Tuple(v) | Value::Set(v) | Value::FrozenSet(v) => Some(v),
            _ => None,
        }
    }

    /// A rough size: 1 for a scalar, else the total number of leaves and containers, or the
    /// characters of a text. Used to pick the smallest failing example.
    pub fn weight(&self) -> usize {
        match self {
            Value::Str(s) => 1 + s.chars().count(),
            Value::Bytes(b) => 1 + b.len(),
            Value::Dict(d) => {
                1 + d
                    .iter()
                    .map(|(k, v)| k.weight() + v.weight())
                    .sum::<usize>()
            }
            Value::Opaque { .. } => 1,
            v => 1 + v.items().map_or(0, |i| i.iter().map(Value::weight).sum()),
        }
    }

    /// Python's `==` on plain data: numbers compare by value whatever their type (`True ==
    /// 1 == 1.0`), sets and dictionaries without order, lists never equal tuples, NaN equals
    /// nothing, opaque values equal nothing. Checkers with other policies stand on top.
    ///
    /// ```
    /// use cogitree_engine::Value::{Bool, Float, Int, List, Tuple};
    /// assert!(Int(1).same(&Float(1.0)) && Bool(true).same(&Int(1)));
    /// assert!(!List(vec![]).same(&Tuple(vec![])));
    /// assert!(!Float(f64::NAN).same(&Float(f64::NAN)));
    /// ```
    pub fn same(&self, other: &Value) -> bool {
        use Value::*;
        match (self, other) {
            (None, None) => true,
            (Str(a), Str(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y))
            }
            (Set(a) | FrozenSet(a), Set(b) | FrozenSet(b)) => {
                a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| x.same(y)))
            }
            (Dict(a), Dict(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(k, v)| b.iter().any(|(l, w)| k.same(l) && v.same(w)))
            }
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a.equals(&b),
                _ => false,
            },
        }
    }

    /// The value as a float, where it is a real number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            Value::Int(i) => Some(*i as f64),
            Value::BigInt(i) => i.to_f64(),
            Value::Float(f) => Some(*f),
            _ => None,
        }
    }

    fn number(&self) -> Option<Number<'_>> {
        Some(match self {
            Value::Bool(b) => Number::Small(i64::from(*b)),
            Value::Int(i) => Number::Small(*i),
            Value::BigInt(i) => Number::Big(i),
            Value::Float(f) => Number::Float(*f),
            Value::Complex(re, im) => Number::Complex(*re, *im),
            _ => return None,
        })
    }
}

enum Number<'a> {
    Small(i64),
    Big(&'a BigInt),
    Float(f64),
    Complex(f64, f64),
}

impl Number<'_> {
    fn equals(&self, other: &Number<'_>) -> bool {
        use Number::*;
        match (self, other) {
            (Small(a), Small(b)) => a == b,
            (Big(a), Big(b)) => a == b,
            (Float(a), Float(b)) => a == b,
            (Complex(a, b), Complex(c, d)) => a == c && b == d,
            // Exact, as Python's: the float is taken to an integer, not the other way.
            (Small(a), Float(b)) | (Float(b), Small(a)) => float_is(*b, &BigInt::from(*a)),
            (Big(a), Float(b)) | (Float(b), Big(a)) => float_is(*b, a),
            (Complex(re, im), n) | (n, Complex(re, im)) => *im == 0.0 && Float(*re).equals(n),
            (Small(_), Big(_)) | (Big(_), Small(_)) => false,
        }
    }
}

fn float_is(f: f64, i: &BigInt) -> bool {
    use num_traits::FromPrimitive;
    f.is_finite() && f.fract() == 0.0 && BigInt::from_f64(f).as_ref() == Some(i)
}

impl From<serde_json::Value> for Value {
    /// JSON as Python's `json.loads` reads it; a number out of range becomes a float.
    fn from(json: serde_json::Value) -> Value {
        use serde_json::Value as J;
        match json {
            J::Null => Value::None,
            J::Bool(b) => Value::Bool(b),
            J::Number(n) => match n.as_i64() {
                Some(i) => Value::Int(i),
                None => match n.as_u64() {
                    Some(u) => Value::BigInt(u.into()),
                    None => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
                },
            },
            J::String(s) => Value::Str(s),
            J::Array(a) => Value::List(a.into_iter().map(Value::from).collect()),
            J::Object(o) => Value::Dict(
                o.into_iter()
                    .map(|(k, v)| (Value::Str(k), v.into()))
                    .collect(),
            ),
        }
    }
}

impl fmt::Display for Value {
    /// Python's `repr`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(i) => write!(f, "{i}"),
            Value::BigInt(i) => write!(f, "{i}"),
            Value::Float(v) => write_float(f, *v),
            Value::Complex(re, im) => {
                f.write_str("complex(")?;
                write_float(f, *re)?;
                f.write_str(", ")?;
                write_float(f, *im)?;
                f.write_str(")")
            }
            Value::Str(s) => write_str(f, s),
            Value::Bytes(b) => {
                f.write_str("b'")?;
                for &c in b {
                    match c {
                        b'\\' | b'\'' => write!(f, "\\{}", c as char)?,
                        b'\n' => f.write_str("\\n")?,
                        b'\r' => f.write_str("\\r")?,
                        b'\t' => f.write_str("\\t")?,
                        0x20..=0x7e => write!(f, "{}", c as char)?,
                        _ => write!(f, "\\x{c:02x}")?,
                    }
                }
                f.write_str("'")
            }
            Value::List(v) => write_items(f, "[", v, "]"),
            Value::Tuple(v) if v.len() == 1 => write!(f, "({},)", v[0]),
            Value::Tuple(v) => write_items(f, "(", v, ")"),
            Value::Set(v) if v.is_empty() => f.write_str("set()"),
            Value::Set(v) => write_items(f, "{", v, "}"),
            Value::FrozenSet(v) if v.is_empty() => f.write_str("frozenset()"),
            Value::FrozenSet(v) => write_items(f, "frozenset({", v, "})"),
            Value::Dict(d) => {
                f.write_str("{")?;
                for (i, (k, v)) in d.iter().enumerate() {
                    let sep = if i == 0 { "" } else { ", " };
                    write!(f, "{sep}{k}: {v}")?;
                }
                f.write_str("}")
            }
            Value::Opaque { repr, .. } => f.write_str(repr),
        }
    }
}

fn write_items(f: &mut fmt::Formatter<'_>, open: &str, v: &[Value], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (i, x) in v.iter().enumerate() {
        let sep = if i == 0 { "" } else { ", " };
        write!(f, "{sep}{x}")?;
    }
    f.write_str(close)
}

/// `repr` of a float: the shortest digits that read back, in Python's notation.
fn write_float(f: &mut fmt::Formatter<'_>, v: f64) -> fmt::Result {
    if v.is_nan() {
        return f.write_str("nan");
    }
    if v.is_infinite() {
        return f.write_str(if v > 0.0 { "inf" } else { "-inf" });
    }
    let a = v.abs();
    if a != 0.0 && !(1e-4..1e16).contains(&a) {
        // Rust writes 1e16 as "1e16"; Python wants a sign and two digits: "1e+16".
        let text = format!("{v:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, e) = match exponent.strip_prefix('-') {
            Some(e) => ('-', e),
            None => ('+', exponent),
        };
        return write!(f, "{digits}e{sign}{e:0>2}");
    }
    if v.fract() == 0.0 {
        write!(f, "{v:.1}")
    } else {
        write!(f, "{v}")
    }
}

fn write_str(f: &mut fmt::Formatter<'_>, s: &str) -> fmt::Result {
    let quote = if s.contains('\'') && !s.contains('"') {
        '"'
    } else {
        '\''
    };
    write!(f, "{quote}")?;
    for c in s.chars() {
        match c {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if (c as u32) < 0x20 || c as u32 == 0x7f => write!(f, "\\x{:02x}", c as u32)?,
            c if (0x80..0xa1).contains(&(c as u32)) => write!(f, "\\x{:02x}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    write!(f, "{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_pythons() {
        let cases = [
            (Value::Float(1.0), "1.0"),
            (Value::Float(0.1), "0.1"),
            (Value::Float(1e16), "1e+16"),
            (Value::Float(1.5e-7), "1.5e-07"),
            (Value::Float(123456789.125), "123456789.125"),
            (Value::Str("it's".into()), "\"it's\""),
            (Value::Str("a\n\\'\"".into()), "'a\\n\\\\\\'\"'"),
            (Value::Tuple(vec![Value::Int(1)]), "(1,)"),
            (Value::Set(vec![]), "set()"),
            (Value::Dict(vec![(Value::Int(1), Value::None)]), "{1: None}"),
        ];
        for (value, repr) in cases {
            assert_eq!(value.to_string(), repr);
        }
    }

    #[test]
    fn equality_follows_python() {
        let big = Value::BigInt("100000000000000000000".parse().unwrap());
        assert!(big.same(&Value::Float(1e20)));
        assert!(!Value::Int((1 << 53) + 1).same(&Value::Float((1u64 << 53) as f64)));
        let set = |v: &[i64]| Value::Set(v.iter().map(|&i| Value::Int(i)).collect());
        assert!(set(&[1, 2]).same(&set(&[2, 1])));
        assert!(!set(&[1, 2]).same(&set(&[1, 3])));
        assert!(!Value::Str("1".into()).same(&Value::Int(1)));
    }

    #[test]
    fn survives_json() {
        let v = Value::Tuple(vec![
            Value::Float(f64::INFINITY),
            Value::BigInt("123456789012345678901234567890".parse().unwrap()),
            Value::Dict(vec![(Value::Int(1), Value::Bytes(vec![0, 255]))]),
        ]);
        let text = serde_json::to_string(&v).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), v);
    }
}
