//! Built-in functions and the functions of the modules that programs may import.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Num, ToPrimitive};

use super::evaluator::{Interpreter, character, dict_with, table_of};
use super::object::{
    Fault, Key, Missing, Object, Outcome, TYPE_ERROR, Table, VALUE_ERROR, range_len,
};
use super::syntax::{Binary, Name};
use super::{format, modules, operators};

/// Names of built-ins, by which they are known as values too.
const NAMES: &[&str] = &[
    "abs",
    "all",
    "any",
    "bin",
    "bool",
    "chr",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "hex",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "oct",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
    "input",
    "format",
    "callable",
    "hash",
];

/// A name known everywhere.
pub(crate) fn global(name: &str) -> Option<Object> {
    if let Some(n) = NAMES.iter().find(|n| **n == name) {
        return Some(Object::Builtin(n));
    }
    if let Some(m) = modules::MODULES.iter().find(|m| **m == name) {
        return Some(Object::Module(m));
    }
    modules::bare(name)
}

/// Whether Python has a function of this name everywhere.
pub(crate) fn is_builtin(name: &str) -> bool {
    NAMES.contains(&name)
}

/// A member of a module.
pub(crate) fn module_member(module: &str, name: &str) -> Option<Object> {
    modules::member(module, name)
}

/// Splits off a keyword argument.
pub(crate) fn keyword(keywords: &mut Vec<(Name, Object)>, name: &str) -> Option<Object> {
    let i = keywords.iter().position(|(n, _)| &**n == name)?;
    Some(keywords.swap_remove(i).1)
}

type Keywords = Vec<(Name, Object)>;

pub(crate) fn call(
    me: &mut Interpreter<'_>,
    name: &'static str,
    args: Vec<Object>,
    mut kw: Keywords,
) -> Outcome<Object> {
    if name.contains('.') {
        return modules::call(me, name, args, kw);
    }
    // Functions with keyword arguments.
    match name {
        "sorted" => {
            let key = keyword(&mut kw, "key");
            let reverse = keyword(&mut kw, "reverse").is_some_and(|r| r.truth());
            let items = me.items(one(&args)?)?;
            return Ok(Object::list(operators::sort(
                me,
                items,
                key.as_ref(),
                reverse,
            )?));
        }
        "min" | "max" => return extreme(me, name == "max", args, kw),
        "sum" => {
            let start = keyword(&mut kw, "start").or_else(|| args.get(1).cloned());
            return sum(me, args.first().ok_or(TYPE_ERROR)?, start);
        }
        "enumerate" => {
            let start = match keyword(&mut kw, "start").or_else(|| args.get(1).cloned()) {
                Some(s) => s.index()?,
                None => 0,
            };
            let items = me.items(args.first().ok_or(TYPE_ERROR)?)?;
            return Ok(Object::iter(
                items
                    .into_iter()
                    .zip(0..)
                    .map(|(x, i)| Object::tuple(vec![Object::Int(start.saturating_add(i)), x]))
                    .collect(),
            ));
        }
        "print" => {
            let sep = keyword(&mut kw, "sep").map_or(" ".into(), |s| s.display());
            let end = keyword(&mut kw, "end").map_or("\n".into(), |s| s.display());
            let texts: Vec<Rc<str>> = args.iter().map(Object::display).collect();
            me.printed.push_str(&texts.join(&*sep));
            me.printed.push_str(&end);
            return Ok(Object::None);
        }
        "int" if args.len() == 1 => {
            if let Some(base) = keyword(&mut kw, "base") {
                return parse_int(args[0].text()?, base.index()?);
            }
        }
        "dict" => {
            let mut table = match args.first() {
                Some(Object::Dict(d)) => d.borrow().table.clone(),
                Some(pairs) => pairs_table(me, pairs)?,
                None => Table::default(),
            };
            for (n, v) in kw {
                table.insert(Key(Object::str(&*n)), v);
            }
            return Ok(Object::dict(table));
        }
        "round" => {
            if let Some(n) = keyword(&mut kw, "ndigits") {
                return rounded(&args[0], Some(&n));
            }
        }
        _ => {}
    }
    if !kw.is_empty() {
        return Err(Fault::Unknown);
    }
    plain(me, name, &args)
}

fn one(args: &[Object]) -> Outcome<&Object> {
    match args {
        [a] => Ok(a),
        _ => Err(TYPE_ERROR),
    }
}

fn plain(me: &mut Interpreter<'_>, name: &'static str, args: &[Object]) -> Outcome<Object> {
    Ok(match (name, args) {
        ("len", [a]) => Object::Int(length(a)?),
        ("abs", [a]) => match a {
            Object::Int(i) => match i.checked_abs() {
                Some(i) => Object::Int(i),
                None => Object::big(BigInt::from(*i).magnitude().clone().into())?,
            },
            Object::Float(f) => Object::Float(f.abs()),
            a => Object::big(a.bigint().ok_or(TYPE_ERROR)?.magnitude().clone().into())?,
        },
        ("all" | "any", [a]) => {
            let stop_at = name == "any";
            let mut found = !stop_at;
            me.each(a, &mut |_, x| {
                if x.truth() == stop_at {
                    found = stop_at;
                    return Ok(ControlFlow::Break(()));
                }
                Ok(ControlFlow::Continue(()))
            })?;
            Object::Bool(found)
        }
        ("bin", [a]) => Object::str(format::radix(&a.bigint().ok_or(TYPE_ERROR)?, 'b', true)),
        ("oct", [a]) => Object::str(format::radix(&a.bigint().ok_or(TYPE_ERROR)?, 'o', true)),
        ("hex", [a]) => Object::str(format::radix(&a.bigint().ok_or(TYPE_ERROR)?, 'x', true)),
        ("bool", []) => Object::Bool(false),
        ("bool", [a]) => Object::Bool(a.truth()),
        ("chr", [a]) => {
            let c = u32::try_from(a.index()?).ok().and_then(char::from_u32);
            character(c.ok_or(VALUE_ERROR)?)
        }
        ("ord", [a]) => {
            let mut chars = a.text()?.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Object::Int(i64::from(u32::from(c))),
                _ => return Err(TYPE_ERROR),
            }
        }
        ("divmod", [a, b]) => {
            let q = operators::binary(me, Binary::FloorDiv, a, b)?;
            let r = operators::binary(me, Binary::Mod, a, b)?;
            Object::tuple(vec![q, r])
        }
        ("pow", [a, b]) => operators::binary(me, Binary::Pow, a, b)?,
        ("pow", [a, b, m]) => {
            let (a, b, m) = match (a.bigint(), b.bigint(), m.bigint()) {
                (Some(a), Some(b), Some(m)) => (a, b, m),
                _ => return Err(TYPE_ERROR),
            };
            if b < BigInt::from(0) || m <= BigInt::from(0) {
                return Err(Fault::Unknown);
            }
            let r = a.modpow(&b, &m);
            Object::big(r)?
        }
        ("float", []) => Object::Float(0.0),
        ("float", [Object::Str(s)]) => {
            let text = s.trim().replace('_', "").to_ascii_lowercase();
            let f = match text.trim_start_matches(['+', '-']) {
                "infinity" => text.replace("infinity", "inf").parse(),
                _ => text.parse(),
            };
            Object::Float(f.map_err(|_| VALUE_ERROR)?)
        }
        ("float", [a]) => Object::Float(a.float()?),
        ("int", []) => Object::Int(0),
        ("int", [a]) => match a {
            Object::Str(s) => parse_int(s, 10)?,
            Object::Float(f) if !f.is_finite() => return Err(Fault::Raised("OverflowError")),
            Object::Float(f) if f.abs() < 9e18 => Object::Int(f.trunc() as i64),
            Object::Float(f) => {
                use num_traits::FromPrimitive;
                Object::big(BigInt::from_f64(f.trunc()).ok_or(VALUE_ERROR)?)?
            }
            a => Object::big(a.bigint().ok_or(TYPE_ERROR)?)?,
        },
        ("int", [a, base]) => parse_int(a.text()?, base.index()?)?,
        ("str", []) => Object::str(""),
        ("str", [a]) => Object::Str(a.display()),
        ("repr", [a]) => Object::str(a.repr()),
        ("format", [a]) => Object::Str(a.display()),
        ("format", [a, spec]) => Object::str(format::format(a, spec.text()?)?),
        ("list", []) => Object::list(vec![]),
        ("list", [a]) => Object::list(me.items(a)?),
        ("tuple", []) => Object::tuple(vec![]),
        ("tuple", [a]) => Object::tuple(me.items(a)?),
        ("set" | "frozenset", []) => Object::set(Table::default()),
        ("set" | "frozenset", [a]) => {
            let items = me.items(a)?;
            Object::set(table_of(items)?)
        }
        ("iter", [a]) => Object::iter(me.items(a)?),
        ("next", [Object::Iter(q)]) => q
            .borrow_mut()
            .pop_front()
            .ok_or(Fault::Raised("StopIteration"))?,
        ("next", [Object::Iter(q), d]) => q.borrow_mut().pop_front().unwrap_or_else(|| d.clone()),
        ("reversed", [a]) => {
            if matches!(a, Object::Set(_) | Object::Iter(_)) {
                return Err(TYPE_ERROR);
            }
            let mut items = me.items(a)?;
            items.reverse();
            Object::iter(items)
        }
        ("range", [n]) => Object::Range(0, n.index()?, 1),
        ("range", [a, b]) => Object::Range(a.index()?, b.index()?, 1),
        ("range", [a, b, s]) => {
            let s = s.index()?;
            if s == 0 {
                return Err(VALUE_ERROR);
            }
            Object::Range(a.index()?, b.index()?, s)
        }
        ("round", [a]) => rounded(a, None)?,
        ("round", [a, n]) => rounded(a, Some(n))?,
        ("map", [f, lists @ ..]) if !lists.is_empty() => {
            let rows = zipped(me, lists)?;
            let mut out = Vec::with_capacity(rows.len());
            for row in rows {
                out.push(me.call(f, row, vec![])?);
            }
            Object::iter(out)
        }
        ("filter", [f, xs]) => {
            let mut out = Vec::new();
            for x in me.items(xs)? {
                let keep = match f {
                    Object::None => x.truth(),
                    f => me.call(f, vec![x.clone()], vec![])?.truth(),
                };
                if keep {
                    out.push(x);
                }
            }
            Object::iter(out)
        }
        ("zip", lists) => Object::iter(zipped(me, lists)?.into_iter().map(Object::tuple).collect()),
        ("type", [a]) => match a {
            Object::Dict(_)
            | Object::Int(_)
            | Object::Str(_)
            | Object::List(_)
            | Object::Float(_)
            | Object::Bool(_)
            | Object::Tuple(_)
            | Object::Set(_)
            | Object::Big(_) => global(a.type_name()).ok_or(Fault::Unknown)?,
            _ => return Err(Fault::Unknown),
        },
        ("isinstance", [a, Object::Tuple(types)]) => Object::Bool(types.iter().any(|t| is_a(a, t))),
        ("isinstance", [a, t]) => Object::Bool(is_a(a, t)),
        ("callable", [a]) => Object::Bool(matches!(
            a,
            Object::Closure(_) | Object::Builtin(_) | Object::Method(..)
        )),
        ("input", _) => match me.input.pop_front() {
            Some(line) => Object::str(line),
            None => return Err(Fault::Raised("EOFError")),
        },
        ("len" | "abs" | "ord" | "chr" | "list" | "set" | "tuple" | "range" | "reversed", _) => {
            return Err(TYPE_ERROR);
        }
        _ => return Err(Fault::Unknown),
    })
}

fn is_a(a: &Object, class: &Object) -> bool {
    let Object::Builtin(class) = class else {
        return false;
    };
    let own = a.type_name();
    own == *class
        || (*class == "int" && own == "bool")
        || (*class == "dict" && matches!(own, "Counter" | "defaultdict"))
}

/// Rows of several iterables, as many as the shortest has.
fn zipped(me: &mut Interpreter<'_>, lists: &[Object]) -> Outcome<Vec<Vec<Object>>> {
    let columns = lists
        .iter()
        .map(|l| me.items(l))
        .collect::<Outcome<Vec<_>>>()?;
    let n = columns.iter().map(Vec::len).min().unwrap_or(0);
    Ok((0..n)
        .map(|i| columns.iter().map(|c| c[i].clone()).collect())
        .collect())
}

fn pairs_table(me: &mut Interpreter<'_>, pairs: &Object) -> Outcome<Table> {
    let mut table = Table::default();
    for p in me.items(pairs)? {
        let mut kv = me.items(&p)?.into_iter();
        match (kv.next(), kv.next(), kv.next()) {
            (Some(k), Some(v), None) => table.insert(k.key()?, v),
            _ => return Err(VALUE_ERROR),
        };
    }
    Ok(table)
}

/// `len`.
pub(crate) fn length(a: &Object) -> Outcome<i64> {
    Ok(match a {
        Object::Str(s) if s.is_ascii() => s.len() as i64,
        Object::Str(s) => s.chars().count() as i64,
        Object::List(l) => l.borrow().len() as i64,
        Object::Tuple(t) => t.len() as i64,
        Object::Set(t) => t.borrow().len() as i64,
        Object::Dict(d) => d.borrow().table.len() as i64,
        Object::Range(a, b, s) => range_len(*a, *b, *s),
        _ => return Err(TYPE_ERROR),
    })
}

fn rounded(a: &Object, digits: Option<&Object>) -> Outcome<Object> {
    let digits = match digits {
        Some(Object::None) | None => None,
        Some(d) => Some(d.index()?),
    };
    match (a, digits) {
        (Object::Float(f), None) => {
            if !f.is_finite() {
                return Err(VALUE_ERROR);
            }
            plain_int(f.round_ties_even())
        }
        (Object::Float(f), Some(n)) => Ok(Object::Float(format::round(*f, n))),
        (Object::Int(_) | Object::Big(_) | Object::Bool(_), d) if d.unwrap_or(0) >= 0 => {
            Object::big(a.bigint().ok_or(TYPE_ERROR)?)
        }
        (Object::Int(i), Some(n)) => {
            let unit = 10_i64
                .checked_pow(u32::try_from(n.unsigned_abs()).unwrap_or(99))
                .ok_or(Fault::Unknown)?;
            let (low, rest) = (i.div_euclid(unit), i.rem_euclid(unit));
            let up = match (rest * 2).cmp(&unit) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal => low % 2 != 0,
            };
            Object::big(BigInt::from(low + i64::from(up)) * unit)
        }
        _ => Err(TYPE_ERROR),
    }
}

fn plain_int(f: f64) -> Outcome<Object> {
    if f.abs() < 9e18 {
        return Ok(Object::Int(f as i64));
    }
    use num_traits::FromPrimitive;
    Object::big(BigInt::from_f64(f).ok_or(VALUE_ERROR)?)
}

fn parse_int(text: &str, base: i64) -> Outcome<Object> {
    let t = text.trim().to_ascii_lowercase();
    let (sign, digits) = match t.strip_prefix('-') {
        Some(d) => ("-", d),
        None => ("", t.strip_prefix('+').unwrap_or(&t)),
    };
    let digits = match base {
        2 => digits.strip_prefix("0b").unwrap_or(digits),
        8 => digits.strip_prefix("0o").unwrap_or(digits),
        16 => digits.strip_prefix("0x").unwrap_or(digits),
        0 => return Err(Fault::Unknown),
        _ => digits,
    };
    if digits.is_empty()
        || digits.len() > 4_000
        || digits.starts_with(['+', '-', '_'])
        || digits.ends_with('_')
    {
        return Err(VALUE_ERROR);
    }
    let base = u32::try_from(base)
        .ok()
        .filter(|b| (2..=36).contains(b))
        .ok_or(VALUE_ERROR)?;
    let b = BigInt::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), base);
    Object::big(b.map_err(|_| VALUE_ERROR)?)
}

fn extreme(
    me: &mut Interpreter<'_>,
    max: bool,
    args: Vec<Object>,
    mut kw: Keywords,
) -> Outcome<Object> {
    let key = keyword(&mut kw, "key").filter(|k| !matches!(k, Object::None));
    let default = keyword(&mut kw, "default");
    let items = match &args[..] {
        [one] => me.items(one)?,
        _ => args,
    };
    let mut best: Option<(Object, Object)> = None;
    for x in items {
        let k = match &key {
            Some(f) => me.call(f, vec![x.clone()], vec![])?,
            None => x.clone(),
        };
        let better = match &best {
            None => true,
            Some((old, _)) => {
                let wanted = if max {
                    Ordering::Greater
                } else {
                    Ordering::Less
                };
                operators::order(&k, old)? == Some(wanted)
            }
        };
        if better {
            best = Some((k, x));
        }
    }
    best.map(|(_, x)| x).or(default).ok_or(VALUE_ERROR)
}

/// `sum`; floats are summed with Neumaier's compensation only from CPython 3.12 on, where
/// the sandbox is: do the same.
fn sum(me: &mut Interpreter<'_>, items: &Object, start: Option<Object>) -> Outcome<Object> {
    let mut total = start.unwrap_or(Object::Int(0));
    if matches!(total, Object::Str(_)) {
        return Err(TYPE_ERROR);
    }
    let mut correction = 0.0_f64;
    me.each(items, &mut |me, x| {
        if let (Object::Float(t), Object::Float(_) | Object::Int(_)) = (&total, &x) {
            let (t, x) = (*t, x.float()?);
            let s = t + x;
            if matches!(total, Object::Float(_)) && s.is_finite() {
                correction += if t.abs() >= x.abs() {
                    (t - s) + x
                } else {
                    (x - s) + t
                };
            }
            total = Object::Float(s);
        } else {
            total = operators::binary(me, Binary::Add, &total, &x)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if let Object::Float(t) = &mut total
        && correction.is_finite()
    {
        *t += correction;
    }
    Ok(total)
}

/// Counts of the elements.
pub(crate) fn counter(me: &mut Interpreter<'_>, items: Option<&Object>) -> Outcome<Object> {
    let mut table = Table::default();
    match items {
        Some(Object::Dict(d)) => table = d.borrow().table.clone(),
        Some(items) => {
            for x in me.items(items)? {
                let count = table.entry(x.key()?).or_insert(Object::Int(0));
                if let Object::Int(n) = count {
                    *n += 1;
                }
            }
        }
        None => {}
    }
    Ok(dict_with(table, Missing::Zero))
}

/// As a machine integer of any integer object, for module functions.
pub(crate) fn small(o: &Object) -> Outcome<i64> {
    o.bigint().ok_or(TYPE_ERROR)?.to_i64().ok_or(Fault::Fuel)
}
