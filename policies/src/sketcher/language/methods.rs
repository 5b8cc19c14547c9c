//! Methods of texts, lists, tuples, sets, dictionaries and matches.

use std::rc::Rc;

use super::builtins::keyword;
use super::evaluator::Interpreter;
use super::object::{
    Dict, Fault, INDEX_ERROR, KEY_ERROR, Key, Missing, Object, Outcome, TYPE_ERROR, Table,
    VALUE_ERROR,
};
use super::operators;
use super::syntax::{Binary, Name};

pub(crate) const ATTRIBUTE: Fault = Fault::Raised("AttributeError");

/// Calls `object.name(args)`.
pub(crate) fn call(
    me: &mut Interpreter<'_>,
    object: &Object,
    name: &Name,
    args: Vec<Object>,
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    match object {
        Object::List(l) => {
            if &**name == "sort" {
                let key = keyword(&mut kw, "key");
                let reverse = keyword(&mut kw, "reverse").is_some_and(|r| r.truth());
                let items = l.borrow().clone();
                *l.borrow_mut() = operators::sort(me, items, key.as_ref(), reverse)?;
                return Ok(Object::None);
            }
            list(me, l, name, &args)
        }
        Object::Tuple(t) => match (&**name, &args[..]) {
            ("count", [x]) => Ok(Object::Int(t.iter().filter(|y| y.same(x)).count() as i64)),
            ("index", [x]) => match t.iter().position(|y| y.same(x)) {
                Some(i) => Ok(Object::Int(i as i64)),
                None => Err(VALUE_ERROR),
            },
            _ => Err(ATTRIBUTE),
        },
        Object::Str(s) => super::texts::call(me, s, name, &args, kw),
        Object::Dict(d) => dict(me, d, name, &args),
        Object::Set(t) => set(me, object, t, name, &args),
        Object::Builtin(class) => match (*class, &**name, &args[..]) {
            ("dict", "fromkeys", [keys, rest @ ..]) => {
                let value = rest.first().cloned().unwrap_or(Object::None);
                let mut table = Table::default();
                for k in me.items(keys)? {
                    table.insert(k.key()?, value.clone());
                }
                Ok(Object::dict(table))
            }
            ("itertools.chain", "from_iterable", [lists]) => {
                let mut out = Vec::new();
                for l in me.items(lists)? {
                    out.extend(me.items(&l)?);
                }
                Ok(Object::iter(out))
            }
            ("str" | "list" | "set" | "dict", _, [this, rest @ ..]) => {
                call(me, this, name, rest.to_vec(), kw)
            }
            _ => Err(Fault::Unknown),
        },
        Object::Match(m) => {
            let group = |o: Option<&Object>| -> Outcome<usize> {
                let i = match o {
                    Some(o) => usize::try_from(o.index()?).map_err(|_| INDEX_ERROR)?,
                    None => 0,
                };
                if i < m.groups.len() {
                    Ok(i)
                } else {
                    Err(INDEX_ERROR)
                }
            };
            let text = |i: usize| match &m.groups[i] {
                Some((t, _, _)) => Object::Str(t.clone()),
                None => Object::None,
            };
            let at = |i: usize| {
                m.groups[i]
                    .as_ref()
                    .map_or((-1, -1), |g| (g.1 as i64, g.2 as i64))
            };
            Ok(match &**name {
                "group" if args.len() > 1 => {
                    let parts = args.iter().map(|a| group(Some(a)).map(text));
                    Object::tuple(parts.collect::<Outcome<_>>()?)
                }
                "group" => text(group(args.first())?),
                "groups" => Object::tuple((1..m.groups.len()).map(text).collect()),
                "start" => Object::Int(at(group(args.first())?).0),
                "end" => Object::Int(at(group(args.first())?).1),
                "span" => {
                    let (a, b) = at(group(args.first())?);
                    Object::tuple(vec![Object::Int(a), Object::Int(b)])
                }
                _ => return Err(Fault::Unknown),
            })
        }
        Object::Int(_) | Object::Big(_) => {
            let b = object.bigint().ok_or(TYPE_ERROR)?;
            match &**name {
                "bit_length" => Ok(Object::Int(b.bits() as i64)),
                "bit_count" => {
                    let ones = b
                        .magnitude()
                        .to_u64_digits()
                        .iter()
                        .map(|d| d.count_ones())
                        .sum::<u32>();
                    Ok(Object::Int(i64::from(ones)))
                }
                _ => Err(ATTRIBUTE),
            }
        }
        Object::Float(f) => match &**name {
            "is_integer" => Ok(Object::Bool(f.is_finite() && f.fract() == 0.0)),
            _ => Err(ATTRIBUTE),
        },
        Object::None | Object::Bool(_) => Err(ATTRIBUTE),
        _ => Err(Fault::Unknown),
    }
}

pub(crate) fn place(i: &Object, len: usize) -> Outcome<usize> {
    let n = len as i64;
    let i = i.index()?;
    Ok(if i < 0 { (i + n).max(0) } else { i.min(n) } as usize)
}

fn list(
    me: &mut Interpreter<'_>,
    l: &Rc<std::cell::RefCell<Vec<Object>>>,
    name: &str,
    args: &[Object],
) -> Outcome<Object> {
    match (name, args) {
        ("append", [x]) => l.borrow_mut().push(x.clone()),
        ("extend", [xs]) => {
            let more = me.items(xs)?;
            l.borrow_mut().extend(more);
        }
        ("insert", [i, x]) => {
            let at = place(i, l.borrow().len())?;
            l.borrow_mut().insert(at, x.clone());
        }
        ("pop", []) => return l.borrow_mut().pop().ok_or(INDEX_ERROR),
        ("pop", [i]) => {
            let n = l.borrow().len() as i64;
            let i = i.index()?;
            let i = if i < 0 { i + n } else { i };
            if !(0..n).contains(&i) {
                return Err(INDEX_ERROR);
            }
            return Ok(l.borrow_mut().remove(i as usize));
        }
        ("remove", [x]) => {
            let at = l
                .borrow()
                .iter()
                .position(|y| y.same(x))
                .ok_or(VALUE_ERROR)?;
            l.borrow_mut().remove(at);
        }
        ("clear", []) => l.borrow_mut().clear(),
        ("reverse", []) => l.borrow_mut().reverse(),
        ("copy", []) => return Ok(Object::list(l.borrow().clone())),
        ("count", [x]) => {
            let n = l.borrow().iter().filter(|y| y.same(x)).count();
            return Ok(Object::Int(n as i64));
        }
        ("index", [x, from @ ..]) => {
            let l = l.borrow();
            let from = from.first().map_or(Ok(0), |f| place(f, l.len()))?;
            let at = l[from..]
                .iter()
                .position(|y| y.same(x))
                .ok_or(VALUE_ERROR)?;
            return Ok(Object::Int((from + at) as i64));
        }
        _ => return Err(ATTRIBUTE),
    }
    Ok(Object::None)
}

fn set(
    me: &mut Interpreter<'_>,
    object: &Object,
    t: &std::cell::RefCell<Table>,
    name: &str,
    args: &[Object],
) -> Outcome<Object> {
    let op = match name {
        "union" => Binary::BitOr,
        "intersection" => Binary::BitAnd,
        "difference" => Binary::Sub,
        "symmetric_difference" => Binary::BitXor,
        _ => {
            match (name, args) {
                ("add", [x]) => {
                    t.borrow_mut().insert(x.clone().key()?, Object::None);
                }
                ("discard", [x]) => {
                    t.borrow_mut().shift_remove(&x.clone().key()?);
                }
                ("remove", [x]) => {
                    t.borrow_mut()
                        .shift_remove(&x.clone().key()?)
                        .ok_or(KEY_ERROR)?;
                }
                ("update", lists) => {
                    for l in lists {
                        for x in me.items(l)? {
                            t.borrow_mut().insert(x.key()?, Object::None);
                        }
                    }
                }
                ("clear", []) => t.borrow_mut().clear(),
                ("copy", []) => return Ok(Object::set(t.borrow().clone())),
                ("issubset" | "issuperset" | "isdisjoint", [other]) => {
                    let other = super::evaluator::table_of(me.items(other)?)?;
                    let own = t.borrow();
                    return Ok(Object::Bool(match name {
                        "issubset" => own.keys().all(|k| other.contains_key(k)),
                        "issuperset" => other.keys().all(|k| own.contains_key(k)),
                        _ => !own.keys().any(|k| other.contains_key(k)),
                    }));
                }
                ("pop", []) => {
                    let first = super::hash_order::iterate(&t.borrow()).into_iter().next();
                    let first = first.ok_or(KEY_ERROR)?;
                    t.borrow_mut().shift_remove(&Key(first.clone()));
                    return Ok(first);
                }
                _ => return Err(ATTRIBUTE),
            }
            return Ok(Object::None);
        }
    };
    let mut result = object.clone();
    for a in args {
        let other = Object::set(super::evaluator::table_of(me.items(a)?)?);
        result = operators::binary(me, op, &result, &other)?;
    }
    Ok(result)
}

fn dict(
    me: &mut Interpreter<'_>,
    d: &std::cell::RefCell<Dict>,
    name: &str,
    args: &[Object],
) -> Outcome<Object> {
    Ok(match (name, args) {
        ("keys", []) => Object::list(d.borrow().table.keys().map(|k| k.0.clone()).collect()),
        ("values", []) => Object::list(d.borrow().table.values().cloned().collect()),
        ("items", []) => Object::list(
            d.borrow()
                .table
                .iter()
                .map(|(k, v)| Object::tuple(vec![k.0.clone(), v.clone()]))
                .collect(),
        ),
        ("get", [k, rest @ ..]) => match d.borrow().table.get(&k.clone().key()?) {
            Some(v) => v.clone(),
            None => rest.first().cloned().unwrap_or(Object::None),
        },
        ("setdefault", [k, v]) => d
            .borrow_mut()
            .table
            .entry(k.clone().key()?)
            .or_insert_with(|| v.clone())
            .clone(),
        ("pop", [k, rest @ ..]) => match d.borrow_mut().table.shift_remove(&k.clone().key()?) {
            Some(v) => v,
            None => rest.first().cloned().ok_or(KEY_ERROR)?,
        },
        ("popitem", []) => {
            let (k, v) = d.borrow_mut().table.pop().ok_or(KEY_ERROR)?;
            Object::tuple(vec![k.0, v])
        }
        ("copy", []) => {
            super::evaluator::dict_with(d.borrow().table.clone(), d.borrow().missing.clone())
        }
        ("clear", []) => {
            d.borrow_mut().table.clear();
            Object::None
        }
        ("update", [other]) => {
            let counts = matches!(d.borrow().missing, Missing::Zero);
            if counts {
                let other = super::builtins::counter(me, Some(other))?;
                let Object::Dict(other) = &other else {
                    return Err(TYPE_ERROR);
                };
                for (k, v) in &other.borrow().table {
                    let old = d.borrow().table.get(k).cloned().unwrap_or(Object::Int(0));
                    let new = operators::binary(me, Binary::Add, &old, v)?;
                    d.borrow_mut().table.insert(k.clone(), new);
                }
            } else if let Object::Dict(other) = other {
                let more = other.borrow().table.clone();
                d.borrow_mut().table.extend(more);
            } else {
                for p in me.items(other)? {
                    match &me.items(&p)?[..] {
                        [k, v] => d.borrow_mut().table.insert(k.clone().key()?, v.clone()),
                        _ => return Err(VALUE_ERROR),
                    };
                }
            }
            Object::None
        }
        ("most_common", rest) if matches!(d.borrow().missing, Missing::Zero) => {
            let pairs: Vec<Object> = d
                .borrow()
                .table
                .iter()
                .map(|(k, v)| Object::tuple(vec![v.clone(), k.0.clone()]))
                .collect();
            let counts = Object::Closure(Rc::new(super::object::Closure {
                function: first_of(),
                captured: vec![],
                defaults: vec![],
                binding: None,
            }));
            let mut sorted = operators::sort(me, pairs, Some(&counts), true)?;
            if let [n] = rest
                && !matches!(n, Object::None)
            {
                sorted.truncate(usize::try_from(n.index()?).unwrap_or(0));
            }
            let swap = |p: Object| match p {
                Object::Tuple(t) => Object::tuple(vec![t[1].clone(), t[0].clone()]),
                p => p,
            };
            Object::list(sorted.into_iter().map(swap).collect())
        }
        ("elements", []) if matches!(d.borrow().missing, Missing::Zero) => {
            let mut out = Vec::new();
            for (k, v) in &d.borrow().table {
                for _ in 0..v.index()?.clamp(0, 10_000) {
                    out.push(k.0.clone());
                }
            }
            Object::iter(out)
        }
        ("total", []) => {
            let values = Object::list(d.borrow().table.values().cloned().collect());
            super::builtins::call(me, "sum", vec![values], vec![])?
        }
        _ => return Err(ATTRIBUTE),
    })
}

/// `lambda pair: pair[0]`.
fn first_of() -> std::sync::Arc<super::syntax::Function> {
    use super::syntax::{Expr, Function, Stmt};
    let first = Expr::Subscript(Box::new(Expr::name("pair")), Box::new(Expr::int(0)));
    std::sync::Arc::new(Function {
        name: "<lambda>".into(),
        parameters: vec![("pair".into(), None)],
        body: vec![Stmt::Return(Some(first))],
    })
}
