//! Values while a program is evaluated: cheap to clone, lists and dictionaries shared as in
//! Python.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use cogitree_engine::Value;
use indexmap::IndexMap;
use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};
use rustc_hash::FxHasher;

use super::syntax::{Function, Literal, Name};

/// Why an evaluation gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Python would raise this exception.
    Raised(&'static str),
    /// Something outside the Sketcher's Python; only the sandbox can tell.
    Unknown,
    /// Too much work, or a number or text grown too large.
    Fuel,
}

/// The result of an evaluation.
pub(crate) type Outcome<T> = Result<T, Fault>;

pub(crate) const TYPE_ERROR: Fault = Fault::Raised("TypeError");
pub(crate) const VALUE_ERROR: Fault = Fault::Raised("ValueError");
pub(crate) const INDEX_ERROR: Fault = Fault::Raised("IndexError");
pub(crate) const KEY_ERROR: Fault = Fault::Raised("KeyError");
pub(crate) const ZERO_DIVISION: Fault = Fault::Raised("ZeroDivisionError");

/// A dictionary in insertion order, with Python's key equality.
pub(crate) type Table = IndexMap<Key, Object, BuildHasherDefault<FxHasher>>;

/// What a dictionary does with missing keys.
#[derive(Clone, Debug)]
pub(crate) enum Missing {
    Raise,
    /// `Counter`: zero.
    Zero,
    /// `defaultdict`: what its factory makes.
    Make(Object),
}

/// A dictionary's contents.
#[derive(Clone, Debug)]
pub(crate) struct Dict {
    pub(crate) table: Table,
    pub(crate) missing: Missing,
}

/// A regular expression's match: the groups with their character spans.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    pub(crate) groups: Vec<Option<(Rc<str>, usize, usize)>>,
}

/// A function value with the variables it closed over.
#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) function: Arc<Function>,
    pub(crate) captured: Vec<(Name, Object)>,
    pub(crate) defaults: Vec<Object>,
    pub(crate) binding: Option<super::evaluator::Binding>,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    None,
    Bool(bool),
    Int(i64),
    /// Never fits 64 bits.
    Big(Rc<BigInt>),
    Float(f64),
    Str(Rc<str>),
    List(Rc<RefCell<Vec<Object>>>),
    Tuple(Rc<[Object]>),
    Set(Rc<RefCell<Table>>),
    Dict(Rc<RefCell<Dict>>),
    Range(i64, i64, i64),
    /// An iterator, materialised.
    Iter(Rc<RefCell<VecDeque<Object>>>),
    Closure(Rc<Closure>),
    /// A built-in function, type or a module's function (`math.gcd`).
    Builtin(&'static str),
    Module(&'static str),
    /// A method bound to its object.
    Method(Rc<Object>, Name),
    Match(Rc<Match>),
}

/// An object as a dictionary key: equal and hashed as Python does.
#[derive(Clone, Debug)]
pub(crate) struct Key(pub(crate) Object);

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.same(&other.0)
    }
}
impl Eq for Key {}
impl Hash for Key {
    fn hash<H: Hasher>(&self, h: &mut H) {
        self.0.feed(h);
    }
}

impl Object {
    pub(crate) fn str(s: impl Into<Rc<str>>) -> Object {
        Object::Str(s.into())
    }
    pub(crate) fn list(v: Vec<Object>) -> Object {
        Object::List(Rc::new(RefCell::new(v)))
    }
    pub(crate) fn tuple(v: Vec<Object>) -> Object {
        Object::Tuple(v.into())
    }
    pub(crate) fn iter(v: Vec<Object>) -> Object {
        Object::Iter(Rc::new(RefCell::new(v.into())))
    }
    pub(crate) fn set(t: Table) -> Object {
        Object::Set(Rc::new(RefCell::new(t)))
    }
    pub(crate) fn dict(table: Table) -> Object {
        Object::Dict(Rc::new(RefCell::new(Dict {
            table,
            missing: Missing::Raise,
        })))
    }

    /// An integer of any size.
    pub(crate) fn big(b: BigInt) -> Outcome<Object> {
        match b.to_i64() {
            Some(i) => Ok(Object::Int(i)),
            None if b.bits() > 20_000 => Err(Fault::Fuel),
            None => Ok(Object::Big(Rc::new(b))),
        }
    }

    pub(crate) fn literal(l: &Literal) -> Object {
        match l {
            Literal::None => Object::None,
            Literal::Bool(b) => Object::Bool(*b),
            Literal::Int(i) => Object::Int(*i),
            Literal::Big(b) => Object::Big(Rc::new((**b).clone())),
            Literal::Float(f) => Object::Float(*f),
            Literal::Str(s) => Object::Str((&**s).into()),
        }
    }

    /// From plain data; `None` for complex numbers, bytes and opaque values.
    pub(crate) fn from_value(v: &Value) -> Option<Object> {
        let items = |v: &[Value]| v.iter().map(Object::from_value).collect::<Option<Vec<_>>>();
        Some(match v {
            Value::None => Object::None,
            Value::Bool(b) => Object::Bool(*b),
            Value::Int(i) => Object::Int(*i),
            Value::BigInt(b) => Object::Big(Rc::new(b.clone())),
            Value::Float(f) => Object::Float(*f),
            Value::Str(s) => Object::str(s.as_str()),
            Value::List(v) => Object::list(items(v)?),
            Value::Tuple(v) => Object::tuple(items(v)?),
            Value::Set(v) | Value::FrozenSet(v) => Object::set(
                items(v)?
                    .into_iter()
                    .map(|o| (Key(o), Object::None))
                    .collect(),
            ),
            Value::Dict(d) => {
                let mut table = Table::default();
                for (k, v) in d {
                    table.insert(Key(Object::from_value(k)?), Object::from_value(v)?);
                }
                Object::dict(table)
            }
            _ => return None,
        })
    }

    /// To plain data; what is not plain data becomes opaque.
    pub(crate) fn to_value(&self) -> Value {
        let all = |v: &[Object]| v.iter().map(Object::to_value).collect::<Vec<_>>();
        match self {
            Object::None => Value::None,
            Object::Bool(b) => Value::Bool(*b),
            Object::Int(i) => Value::Int(*i),
            Object::Big(b) => Value::BigInt((**b).clone()),
            Object::Float(f) => Value::Float(*f),
            Object::Str(s) => Value::Str(s.to_string()),
            Object::List(v) => Value::List(all(&v.borrow())),
            Object::Tuple(v) => Value::Tuple(all(v)),
            Object::Set(t) => Value::Set(t.borrow().keys().map(|k| k.0.to_value()).collect()),
            Object::Dict(d) => Value::Dict(
                d.borrow()
                    .table
                    .iter()
                    .map(|(k, v)| (k.0.to_value(), v.to_value()))
                    .collect(),
            ),
            other => Value::Opaque {
                type_name: other.type_name().to_owned(),
                repr: format!("<{}>", other.type_name()),
            },
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Object::None => "NoneType",
            Object::Bool(_) => "bool",
            Object::Int(_) | Object::Big(_) => "int",
            Object::Float(_) => "float",
            Object::Str(_) => "str",
            Object::List(_) => "list",
            Object::Tuple(_) => "tuple",
            Object::Set(_) => "set",
            Object::Dict(d) => match d.borrow().missing {
                Missing::Raise => "dict",
                Missing::Zero => "Counter",
                Missing::Make(_) => "defaultdict",
            },
            Object::Range(..) => "range",
            Object::Iter(_) => "generator",
            Object::Closure(_) => "function",
            Object::Builtin(_) | Object::Method(..) => "builtin_function_or_method",
            Object::Module(_) => "module",
            Object::Match(_) => "Match",
        }
    }

    /// Python's truth.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Object::None => false,
            Object::Bool(b) => *b,
            Object::Int(i) => *i != 0,
            Object::Float(f) => *f != 0.0,
            Object::Str(s) => !s.is_empty(),
            Object::List(v) => !v.borrow().is_empty(),
            Object::Tuple(v) => !v.is_empty(),
            Object::Set(t) => !t.borrow().is_empty(),
            Object::Dict(d) => !d.borrow().table.is_empty(),
            Object::Range(a, b, s) => range_len(*a, *b, *s) > 0,
            _ => true,
        }
    }

    /// Python's `==`.
    pub(crate) fn same(&self, other: &Object) -> bool {
        use Object::{Big, Bool, Dict, Float, Int, List, None, Range, Set, Str, Tuple};
        match (self, other) {
            (Int(a), Int(b)) => a == b,
            (Str(a), Str(b)) => a == b,
            (None, None) => true,
            (List(a), List(b)) => Rc::ptr_eq(a, b) || same_items(&a.borrow(), &b.borrow()),
            (Tuple(a), Tuple(b)) => same_items(a, b),
            (Set(a), Set(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.len() == b.len() && a.keys().all(|k| b.contains_key(k))
            }
            (Dict(a), Dict(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                a.table.len() == b.table.len()
                    && a.table
                        .iter()
                        .all(|(k, v)| b.table.get(k).is_some_and(|w| v.same(w)))
            }
            (Range(a, b, c), Range(d, e, f)) => {
                let n = range_len(*a, *b, *c);
                n == range_len(*d, *e, *f) && (n == 0 || (a == d && (n == 1 || c == f)))
            }
            (Big(a), Big(b)) => a == b,
            (Object::Builtin(a), Object::Builtin(b)) => a == b,
            (Float(a), Float(b)) => a == b,
            (Float(f), n) | (n, Float(f)) => match n {
                Bool(b) => *f == f64::from(u8::from(*b)),
                Int(i) => {
                    // Exact: beyond 2^53 not every integer is a float.
                    f.fract() == 0.0
                        && if i.unsigned_abs() < (1 << 53) {
                            *f == *i as f64
                        } else {
                            BigInt::from_f64(*f) == Some(BigInt::from(*i))
                        }
                }
                Big(b) => f.fract() == 0.0 && BigInt::from_f64(*f).as_ref() == Some(b),
                _ => false,
            },
            (Bool(a), Bool(b)) => a == b,
            (Bool(a), Int(b)) | (Int(b), Bool(a)) => i64::from(*a) == *b,
            _ => false,
        }
    }

    fn feed<H: Hasher>(&self, h: &mut H) {
        match self {
            Object::None => h.write_u8(1),
            Object::Bool(b) => h.write_i64(i64::from(*b)),
            Object::Int(i) => h.write_i64(*i),
            Object::Float(f) if f.fract() == 0.0 && f.abs() < 9e18 => h.write_i64(*f as i64),
            Object::Float(f) => h.write_u64(f.to_bits()),
            // A float may equal a big integer: hash both by the nearest float.
            Object::Big(b) => h.write_u64(b.to_f64().unwrap_or(0.0).to_bits()),
            Object::Str(s) => s.hash(h),
            Object::Tuple(v) => v.iter().for_each(|o| o.feed(h)),
            // Frozen sets are sets here; order must not matter.
            Object::Set(t) => h.write_usize(t.borrow().len()),
            Object::Builtin(n) => n.hash(h),
            _ => h.write_u8(2),
        }
    }

    /// Whether it can be a key. (Sets can: frozen sets are not told apart.)
    pub(crate) fn hashable(&self) -> bool {
        match self {
            Object::List(_) | Object::Dict(_) => false,
            Object::Tuple(v) => v.iter().all(Object::hashable),
            _ => true,
        }
    }

    /// As a key, or `TypeError`.
    pub(crate) fn key(self) -> Outcome<Key> {
        if self.hashable() {
            Ok(Key(self))
        } else {
            Err(TYPE_ERROR)
        }
    }

    /// As a machine integer for indices and counts.
    pub(crate) fn index(&self) -> Outcome<i64> {
        match self {
            Object::Int(i) => Ok(*i),
            Object::Bool(b) => Ok(i64::from(*b)),
            Object::Big(_) => Err(Fault::Fuel),
            _ => Err(TYPE_ERROR),
        }
    }

    /// As a float where it is a number.
    pub(crate) fn float(&self) -> Outcome<f64> {
        match self {
            Object::Int(i) => Ok(*i as f64),
            Object::Bool(b) => Ok(f64::from(u8::from(*b))),
            Object::Float(f) => Ok(*f),
            Object::Big(b) => match b.to_f64() {
                Some(f) if f.is_finite() => Ok(f),
                _ => Err(Fault::Raised("OverflowError")),
            },
            _ => Err(TYPE_ERROR),
        }
    }

    /// As a big integer where it is an integer.
    pub(crate) fn bigint(&self) -> Option<BigInt> {
        match self {
            Object::Int(i) => Some(BigInt::from(*i)),
            Object::Bool(b) => Some(BigInt::from(u8::from(*b))),
            Object::Big(b) => Some((**b).clone()),
            _ => None,
        }
    }

    /// The text, or `TypeError`.
    pub(crate) fn text(&self) -> Outcome<&str> {
        match self {
            Object::Str(s) => Ok(s),
            _ => Err(TYPE_ERROR),
        }
    }

    /// `repr`.
    pub(crate) fn repr(&self) -> String {
        match self {
            Object::Range(a, b, 1) => format!("range({a}, {b})"),
            Object::Range(a, b, s) => format!("range({a}, {b}, {s})"),
            Object::Dict(d) if matches!(d.borrow().missing, Missing::Zero) => {
                let plain = Object::dict(d.borrow().table.clone());
                format!("Counter({})", plain.repr())
            }
            Object::Builtin(n) => format!("<class '{n}'>"),
            _ => self.to_value().to_string(),
        }
    }

    /// `str`.
    pub(crate) fn display(&self) -> Rc<str> {
        match self {
            Object::Str(s) => s.clone(),
            Object::Int(i) => i.to_string().into(),
            other => other.repr().into(),
        }
    }
}

fn same_items(a: &[Object], b: &[Object]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y))
}

/// The number of elements of a range.
pub(crate) fn range_len(start: i64, stop: i64, step: i64) -> i64 {
    let span = if step > 0 {
        stop.saturating_sub(start)
    } else {
        start.saturating_sub(stop)
    };
    if span <= 0 {
        0
    } else {
        (span - 1) / step.saturating_abs().max(1) + 1
    }
}
