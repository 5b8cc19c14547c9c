//! Arithmetic and comparison as Python does them: integers never overflow, `//` and `%`
//! round towards minus infinity, `/` always gives a float.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use super::evaluator::Interpreter;
use super::object::{Fault, Key, Missing, Object, Outcome, TYPE_ERROR, VALUE_ERROR, ZERO_DIVISION};
use super::syntax::{Binary, Compare, Unary};

/// Texts and lists are not grown beyond this.
const LARGEST: usize = 200_000;

pub(crate) fn unary(op: Unary, v: &Object) -> Outcome<Object> {
    match (op, v) {
        (Unary::Minus, Object::Int(i)) => match i.checked_neg() {
            Some(i) => Ok(Object::Int(i)),
            None => Object::big(-BigInt::from(*i)),
        },
        (Unary::Minus, Object::Float(f)) => Ok(Object::Float(-f)),
        (Unary::Plus, Object::Int(_) | Object::Big(_) | Object::Float(_)) => Ok(v.clone()),
        (Unary::Not, v) => Ok(Object::Bool(!v.truth())),
        (Unary::Invert, Object::Int(i)) => Ok(Object::Int(!i)),
        (op, v) => match (op, v.bigint()) {
            (Unary::Minus, Some(b)) => Object::big(-b),
            (Unary::Plus, Some(b)) => Object::big(b),
            (Unary::Invert, Some(b)) => Object::big(-(b + 1i32)),
            _ => Err(TYPE_ERROR),
        },
    }
}

pub(crate) fn binary(
    me: &mut Interpreter<'_>,
    op: Binary,
    a: &Object,
    b: &Object,
) -> Outcome<Object> {
    match (a, b) {
        (Object::Int(x), Object::Int(y)) => int(op, *x, *y),
        (
            Object::Int(_) | Object::Bool(_) | Object::Big(_),
            Object::Int(_) | Object::Bool(_) | Object::Big(_),
        ) => {
            if let (Object::Bool(x), Object::Bool(y)) = (a, b) {
                match op {
                    Binary::BitAnd => return Ok(Object::Bool(x & y)),
                    Binary::BitOr => return Ok(Object::Bool(x | y)),
                    Binary::BitXor => return Ok(Object::Bool(x ^ y)),
                    _ => {}
                }
            }
            if let (Ok(x), Ok(y)) = (a.index(), b.index()) {
                return int(op, x, y);
            }
            match (a.bigint(), b.bigint()) {
                (Some(x), Some(y)) => big(op, x, y),
                _ => Err(TYPE_ERROR),
            }
        }
        (Object::Float(_), _) | (_, Object::Float(_)) if !matches!(a, Object::Str(_)) => {
            float(op, a.float()?, b.float()?)
        }
        _ => container(me, op, a, b),
    }
}

fn int(op: Binary, x: i64, y: i64) -> Outcome<Object> {
    let fast = match op {
        Binary::Add => x.checked_add(y),
        Binary::Sub => x.checked_sub(y),
        Binary::Mul => x.checked_mul(y),
        Binary::Div => {
            return if y == 0 {
                Err(ZERO_DIVISION)
            } else if x.unsigned_abs() < (1 << 53) && y.unsigned_abs() < (1 << 53) {
                Ok(Object::Float(x as f64 / y as f64))
            } else {
                big(op, x.into(), y.into())
            };
        }
        Binary::FloorDiv | Binary::Mod => {
            if y == 0 {
                return Err(ZERO_DIVISION);
            }
            if y == -1 {
                return if op == Binary::Mod {
                    Ok(Object::Int(0))
                } else {
                    unary(Unary::Minus, &Object::Int(x))
                };
            }
            let (mut q, mut r) = (x / y, x % y);
            if r != 0 && ((r < 0) != (y < 0)) {
                q -= 1;
                r += y;
            }
            Some(if op == Binary::Mod { r } else { q })
        }
        Binary::Pow => {
            if y < 0 {
                return float(op, x as f64, y as f64);
            }
            u32::try_from(y).ok().and_then(|y| x.checked_pow(y))
        }
        Binary::BitAnd => Some(x & y),
        Binary::BitOr => Some(x | y),
        Binary::BitXor => Some(x ^ y),
        Binary::Shl => {
            if y < 0 {
                return Err(VALUE_ERROR);
            }
            if x == 0 {
                Some(0)
            } else if y < 62 && x.unsigned_abs().leading_zeros() as i64 > y + 1 {
                Some(x << y)
            } else {
                None
            }
        }
        Binary::Shr => {
            if y < 0 {
                return Err(VALUE_ERROR);
            }
            Some(x >> y.min(63))
        }
    };
    match fast {
        Some(i) => Ok(Object::Int(i)),
        None => big(op, x.into(), y.into()),
    }
}

fn big(op: Binary, x: BigInt, y: BigInt) -> Outcome<Object> {
    match op {
        Binary::Add => Object::big(x + y),
        Binary::Sub => Object::big(x - y),
        Binary::Mul => Object::big(x * y),
        Binary::Div => {
            if y.is_zero() {
                return Err(ZERO_DIVISION);
            }
            match (x.to_f64(), y.to_f64()) {
                (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Ok(Object::Float(x / y)),
                _ => Err(Fault::Unknown),
            }
        }
        Binary::FloorDiv | Binary::Mod => {
            if y.is_zero() {
                return Err(ZERO_DIVISION);
            }
            let (mut q, mut r) = (&x / &y, &x % &y);
            if !r.is_zero() && (r.is_negative() != y.is_negative()) {
                q -= 1;
                r += &y;
            }
            Object::big(if op == Binary::Mod { r } else { q })
        }
        Binary::Pow => {
            if y.is_negative() {
                let (x, y) = (
                    x.to_f64().unwrap_or(f64::NAN),
                    y.to_f64().unwrap_or(f64::NAN),
                );
                return float(op, x, y);
            }
            let Some(e) = y.to_u32() else {
                return Err(Fault::Fuel);
            };
            if x.bits().saturating_mul(u64::from(e)) > 20_000 {
                return Err(Fault::Fuel);
            }
            Object::big(x.pow(e))
        }
        Binary::BitAnd => Object::big(x & y),
        Binary::BitOr => Object::big(x | y),
        Binary::BitXor => Object::big(x ^ y),
        Binary::Shl => match y.to_u32() {
            Some(n) if n < 20_000 => Object::big(x << n),
            _ => Err(Fault::Fuel),
        },
        Binary::Shr => match y.to_u32() {
            Some(n) => Object::big(x >> n),
            None => Err(Fault::Fuel),
        },
    }
}

fn float(op: Binary, x: f64, y: f64) -> Outcome<Object> {
    Ok(Object::Float(match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div if y == 0.0 => return Err(ZERO_DIVISION),
        Binary::Div => x / y,
        Binary::FloorDiv | Binary::Mod => {
            if y == 0.0 {
                return Err(ZERO_DIVISION);
            }
            // As CPython's float_divmod.
            let mut m = x % y;
            let mut d = (x - m) / y;
            if m != 0.0 {
                if (y < 0.0) != (m < 0.0) {
                    m += y;
                    d -= 1.0;
                }
            } else {
                m = 0.0_f64.copysign(y);
            }
            if op == Binary::Mod {
                m
            } else if d == 0.0 {
                0.0_f64.copysign(x / y)
            } else {
                let f = d.floor();
                if d - f > 0.5 { f + 1.0 } else { f }
            }
        }
        Binary::Pow => {
            if x == 0.0 && y < 0.0 {
                return Err(ZERO_DIVISION);
            }
            if x < 0.0 && y.fract() != 0.0 {
                return Err(Fault::Unknown);
            }
            let p = x.powf(y);
            if p.is_infinite() && x.is_finite() && y.is_finite() {
                return Err(Fault::Raised("OverflowError"));
            }
            p
        }
        _ => return Err(TYPE_ERROR),
    }))
}

fn container(me: &mut Interpreter<'_>, op: Binary, a: &Object, b: &Object) -> Outcome<Object> {
    match (op, a, b) {
        (Binary::Add, Object::Str(x), Object::Str(y)) => {
            me.burn((x.len() + y.len()) / 8)?;
            if x.len() + y.len() > LARGEST {
                return Err(Fault::Fuel);
            }
            let mut s = String::with_capacity(x.len() + y.len());
            s.push_str(x);
            s.push_str(y);
            Ok(Object::str(s))
        }
        (Binary::Add, Object::List(x), Object::List(y)) => {
            let mut v = x.borrow().clone();
            v.extend(y.borrow().iter().cloned());
            me.burn(v.len())?;
            Ok(Object::list(v))
        }
        (Binary::Add, Object::Tuple(x), Object::Tuple(y)) => {
            me.burn(x.len() + y.len())?;
            Ok(Object::tuple(x.iter().chain(y.iter()).cloned().collect()))
        }
        (Binary::Mul, Object::Str(s), n) | (Binary::Mul, n, Object::Str(s)) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            if s.len().saturating_mul(n) > LARGEST {
                return Err(Fault::Fuel);
            }
            me.burn(s.len() * n / 8)?;
            Ok(Object::str(s.repeat(n)))
        }
        (Binary::Mul, Object::List(l), n) | (Binary::Mul, n, Object::List(l)) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            let l = l.borrow();
            me.burn(l.len().saturating_mul(n))?;
            Ok(Object::list(
                l.iter().cloned().cycle().take(l.len() * n).collect(),
            ))
        }
        (Binary::Mul, Object::Tuple(l), n) | (Binary::Mul, n, Object::Tuple(l)) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            me.burn(l.len().saturating_mul(n))?;
            Ok(Object::tuple(
                l.iter().cloned().cycle().take(l.len() * n).collect(),
            ))
        }
        (_, Object::Set(x), Object::Set(y)) => {
            let (x, y) = (x.borrow(), y.borrow());
            me.burn(x.len() + y.len())?;
            // What is walked is walked in CPython's order, which decides the order of the result.
            let keys = |t: &super::object::Table| {
                super::hash_order::iterate(t)
                    .into_iter()
                    .map(Key)
                    .collect::<Vec<_>>()
            };
            let without = |a: &super::object::Table, b: &super::object::Table| {
                keys(a)
                    .into_iter()
                    .filter(|k| !b.contains_key(k))
                    .collect::<Vec<_>>()
            };
            let table = match op {
                Binary::Sub => without(&x, &y),
                // CPython walks the smaller set, the right one when they are equal.
                Binary::BitAnd => {
                    let (small, large) = if y.len() > x.len() {
                        (&x, &y)
                    } else {
                        (&y, &x)
                    };
                    keys(small)
                        .into_iter()
                        .filter(|k| large.contains_key(k))
                        .collect()
                }
                Binary::BitOr => keys(&x).into_iter().chain(keys(&y)).collect(),
                Binary::BitXor => without(&x, &y).into_iter().chain(without(&y, &x)).collect(),
                _ => return Err(TYPE_ERROR),
            };
            Ok(Object::set(
                table.into_iter().map(|k| (k, Object::None)).collect(),
            ))
        }
        (_, Object::Dict(x), Object::Dict(y)) => {
            let counters = matches!(x.borrow().missing, Missing::Zero)
                && matches!(y.borrow().missing, Missing::Zero);
            let mut table = x.borrow().table.clone();
            if counters {
                for (k, v) in &y.borrow().table {
                    let old = table.get(k).cloned().unwrap_or(Object::Int(0));
                    let smaller = compare(me, Compare::Lt, v, &old)?;
                    let new = match op {
                        Binary::Add | Binary::Sub => binary(me, op, &old, v)?,
                        Binary::BitOr => {
                            if smaller {
                                old
                            } else {
                                v.clone()
                            }
                        }
                        Binary::BitAnd => {
                            if smaller {
                                v.clone()
                            } else {
                                old
                            }
                        }
                        _ => return Err(TYPE_ERROR),
                    };
                    table.insert(k.clone(), new);
                }
                if op == Binary::BitAnd {
                    let y = y.borrow();
                    table.retain(|k, _| y.table.contains_key(k));
                }
                table.retain(|_, v| v.float().is_ok_and(|f| f > 0.0));
                return Ok(super::evaluator::dict_with(table, Missing::Zero));
            }
            if op != Binary::BitOr {
                return Err(TYPE_ERROR);
            }
            for (k, v) in &y.borrow().table {
                table.insert(k.clone(), v.clone());
            }
            Ok(Object::dict(table))
        }
        (Binary::Mod, Object::Str(s), v) => {
            let args = match v {
                Object::Tuple(t) => t.to_vec(),
                v => vec![v.clone()],
            };
            super::format::percent(s, &args)
        }
        _ => Err(TYPE_ERROR),
    }
}

pub(crate) fn compare(
    me: &mut Interpreter<'_>,
    op: Compare,
    a: &Object,
    b: &Object,
) -> Outcome<bool> {
    Ok(match op {
        Compare::Eq => a.same(b),
        Compare::Ne => !a.same(b),
        Compare::In => contains(me, b, a)?,
        Compare::NotIn => !contains(me, b, a)?,
        Compare::Is | Compare::IsNot => {
            let is = match (a, b) {
                (Object::None, Object::None) => true,
                (Object::None, _) | (_, Object::None) => false,
                (Object::Bool(x), Object::Bool(y)) => x == y,
                (Object::Bool(_), _) | (_, Object::Bool(_)) => false,
                (Object::Builtin(x), Object::Builtin(y)) => x == y,
                (Object::List(x), Object::List(y)) => Rc::ptr_eq(x, y),
                _ => return Err(Fault::Unknown),
            };
            is == (op == Compare::Is)
        }
        Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => {
            if let (Object::Set(x), Object::Set(y)) = (a, b) {
                let (x, y) = (x.borrow(), y.borrow());
                let within = |p: &super::object::Table, q: &super::object::Table| {
                    p.keys().all(|k| q.contains_key(k))
                };
                return Ok(match op {
                    Compare::Lt => x.len() < y.len() && within(&x, &y),
                    Compare::Le => within(&x, &y),
                    Compare::Gt => y.len() < x.len() && within(&y, &x),
                    _ => within(&y, &x),
                });
            }
            let Some(order) = order(a, b)? else {
                return Ok(false);
            };
            match op {
                Compare::Lt => order == Ordering::Less,
                Compare::Le => order != Ordering::Greater,
                Compare::Gt => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }
        }
    })
}

/// Python's order; `None` where a NaN is involved, `TypeError` where there is none.
pub(crate) fn order(a: &Object, b: &Object) -> Outcome<Option<Ordering>> {
    match (a, b) {
        (Object::Int(x), Object::Int(y)) => Ok(Some(x.cmp(y))),
        (Object::Str(x), Object::Str(y)) => Ok(Some(x.cmp(y))),
        (Object::List(x), Object::List(y)) => lexicographic(&x.borrow(), &y.borrow()),
        (Object::Tuple(x), Object::Tuple(y)) => lexicographic(x, y),
        _ => match (a.bigint(), b.bigint()) {
            (Some(x), Some(y)) => Ok(Some(x.cmp(&y))),
            (Some(x), None) => {
                if let Object::Float(y) = b {
                    Ok(against(&x, *y))
                } else {
                    Err(TYPE_ERROR)
                }
            }
            (None, Some(y)) => {
                if let Object::Float(x) = a {
                    Ok(against(&y, *x).map(Ordering::reverse))
                } else {
                    Err(TYPE_ERROR)
                }
            }
            (None, None) => match (a, b) {
                (Object::Float(x), Object::Float(y)) => Ok(x.partial_cmp(y)),
                _ => Err(TYPE_ERROR),
            },
        },
    }
}

fn against(x: &BigInt, y: f64) -> Option<Ordering> {
    if y.is_nan() {
        return None;
    }
    if y.is_infinite() {
        return Some(if y > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let whole = BigInt::from_f64(y.floor())?;
    Some(x.cmp(&whole).then(if y.fract() == 0.0 {
        Ordering::Equal
    } else {
        Ordering::Less
    }))
}

fn lexicographic(a: &[Object], b: &[Object]) -> Outcome<Option<Ordering>> {
    for (x, y) in a.iter().zip(b) {
        if !x.same(y) {
            return order(x, y);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

fn contains(me: &mut Interpreter<'_>, container: &Object, item: &Object) -> Outcome<bool> {
    Ok(match container {
        Object::Str(s) => {
            me.burn(s.len() / 16)?;
            s.contains(item.text()?)
        }
        Object::Set(t) => t.borrow().contains_key(&item.clone().key()?),
        Object::Dict(d) => d.borrow().table.contains_key(&item.clone().key()?),
        Object::Range(a, b, s) => match item.bigint().and_then(|i| i.to_i64()) {
            Some(i) => {
                let inside = if *s > 0 {
                    i >= *a && i < *b
                } else {
                    i <= *a && i > *b
                };
                inside && i.wrapping_sub(*a) % s == 0
            }
            None => me.items(container)?.iter().any(|x| x.same(item)),
        },
        other => me.items(other)?.iter().any(|x| x.same(item)),
    })
}

/// Sorts as Python's `sorted`: stable, `TypeError` for values without an order.
pub(crate) fn sort(
    me: &mut Interpreter<'_>,
    items: Vec<Object>,
    key: Option<&Object>,
    reverse: bool,
) -> Outcome<Vec<Object>> {
    me.burn(items.len() * 2)?;
    let mut keyed = Vec::with_capacity(items.len());
    for i in items {
        let k = match key {
            Some(f) if !matches!(f, Object::None) => me.call(f, vec![i.clone()], vec![])?,
            _ => i.clone(),
        };
        keyed.push((k, i));
    }
    let sorted = merge_sort(keyed, reverse)?;
    Ok(sorted.into_iter().map(|(_, i)| i).collect())
}

/// A stable merge sort of our own: the standard library's may panic where values have no
/// total order, which Python's do not promise.
fn merge_sort(mut v: Vec<(Object, Object)>, reverse: bool) -> Outcome<Vec<(Object, Object)>> {
    if v.len() < 2 {
        return Ok(v);
    }
    let right = v.split_off(v.len() / 2);
    let mut left = merge_sort(v, reverse)?.into_iter().peekable();
    let mut right = merge_sort(right, reverse)?.into_iter().peekable();
    let mut out = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        // Reversing keeps equal elements in their order, as Python does.
        let (x, y) = if reverse { (&a.0, &b.0) } else { (&b.0, &a.0) };
        let next = if order(x, y)? == Some(Ordering::Less) {
            right.next()
        } else {
            left.next()
        };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}
