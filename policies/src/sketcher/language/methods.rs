//! Methods of texts, lists, tuples, sets, dictionaries and matches.

use std::rc::Rc;

use super::builtins::{keyword, length};
use super::evaluator::{Interpreter, character};
use super::object::{
    Dict, Fault, INDEX_ERROR, KEY_ERROR, Key, Missing, Object, Outcome, TYPE_ERROR, Table,
    VALUE_ERROR,
};
use super::operators;
use super::syntax::{Binary, Name};

const ATTRIBUTE: Fault = Fault::Raised("AttributeError");

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
        Object::Str(s) => text(me, s, name, &args, kw),
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
                if i < m.groups.len() { Ok(i) } else { Err(INDEX_ERROR) }
            };
            let text = |i: usize| match &m.groups[i] {
                Some((t, _, _)) => Object::Str(t.clone()),
                None => Object::None,
            };
            let at = |i: usize| m.groups[i].as_ref().map_or((-1, -1), |g| (g.1 as i64, g.2 as i64));
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
                    let ones = b.magnitude().to_u64_digits().iter().map(|d| d.count_ones()).sum::<u32>();
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

fn place(i: &Object, len: usize) -> Outcome<usize> {
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
            let at = l.borrow().iter().position(|y| y.same(x)).ok_or(VALUE_ERROR)?;
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
            let at = l[from..].iter().position(|y| y.same(x)).ok_or(VALUE_ERROR)?;
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
                    t.borrow_mut().shift_remove(&x.clone().key()?).ok_or(KEY_ERROR)?;
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
        ("setdefault", [k, v]) => {
            d.borrow_mut().table.entry(k.clone().key()?).or_insert_with(|| v.clone()).clone()
        }
        ("pop", [k, rest @ ..]) => match d.borrow_mut().table.shift_remove(&k.clone().key()?) {
            Some(v) => v,
            None => rest.first().cloned().ok_or(KEY_ERROR)?,
        },
        ("popitem", []) => {
            let (k, v) = d.borrow_mut().table.pop().ok_or(KEY_ERROR)?;
            Object::tuple(vec![k.0, v])
        }
        ("copy", []) => super::evaluator::dict_with(d.borrow().table.clone(), d.borrow().missing.clone()),
        ("clear", []) => {
            d.borrow_mut().table.clear();
            Object::None
        }
        ("update", [other]) => {
            let counts = matches!(d.borrow().missing, Missing::Zero);
            if counts {
                let other = super::builtins::counter(me, Some(other))?;
                let Object::Dict(other) = &other else { return Err(TYPE_ERROR) };
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
            if let [n] = rest {
                if !matches!(n, Object::None) {
                    sorted.truncate(usize::try_from(n.index()?).unwrap_or(0));
                }
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

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// True where the text is not empty and all its characters are so.
fn all(s: &str, f: impl Fn(char) -> bool) -> Object {
    Object::Bool(!s.is_empty() && s.chars().all(f))
}

fn strings(parts: Vec<String>) -> Object {
    Object::list(parts.into_iter().map(Object::str).collect())
}

fn text(
    me: &mut Interpreter<'_>,
    s: &Rc<str>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    me.burn(s.len() / 8)?;
    if name == "format" {
        return format_method(s, args, &kw);
    }
    if let ("split" | "rsplit", Some(n)) = (name, keyword(&mut kw, "maxsplit")) {
        let sep = keyword(&mut kw, "sep").or(args.first().cloned()).unwrap_or(Object::None);
        return text(me, s, name, &[sep, n], kw);
    }
    if !kw.is_empty() {
        return Err(Fault::Unknown);
    }
    let characters = |o: &Object| -> Outcome<Vec<char>> { Ok(o.text()?.chars().collect()) };
    Ok(match (name, args) {
        ("upper", []) => Object::str(s.to_uppercase()),
        ("lower" | "casefold", []) => Object::str(s.to_lowercase()),
        ("title", []) => {
            let mut start = true;
            let mut out = String::new();
            for c in s.chars() {
                if start { out.extend(c.to_uppercase()) } else { out.extend(c.to_lowercase()) }
                start = !c.is_alphabetic();
            }
            Object::str(out)
        }
        ("capitalize", []) => {
            let mut chars = s.chars();
            let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            Object::str(first + &chars.as_str().to_lowercase())
        }
        ("swapcase", []) => {
            let mut out = String::new();
            for c in s.chars() {
                if c.is_uppercase() { out.extend(c.to_lowercase()) } else { out.extend(c.to_uppercase()) }
            }
            Object::str(out)
        }
        ("isalpha", []) => all(s, char::is_alphabetic),
        ("isdigit" | "isdecimal" | "isnumeric", []) => {
            if !s.is_ascii() { return Err(Fault::Unknown) }
            all(s, |c| c.is_ascii_digit())
        }
        ("isalnum", []) => all(s, char::is_alphanumeric),
        ("isspace", []) => all(s, is_space),
        ("isascii", []) => Object::Bool(s.is_ascii()),
        ("isupper", []) => Object::Bool(s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase)),
        ("islower", []) => Object::Bool(s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase)),
        ("istitle", []) => {
            let (mut cased, mut before) = (false, false);
            for c in s.chars() {
                if c.is_uppercase() == before && c.is_alphabetic() { return Ok(Object::Bool(false)) }
                cased |= c.is_alphabetic();
                before = c.is_alphabetic();
            }
            Object::Bool(cased)
        }
        ("isidentifier", []) => Object::Bool(
            s.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
                && s.chars().all(|c| c.is_alphanumeric() || c == '_'),
        ),
        ("strip", []) => Object::str(s.trim_matches(is_space)),
        ("lstrip", []) => Object::str(s.trim_start_matches(is_space)),
        ("rstrip", []) => Object::str(s.trim_end_matches(is_space)),
        ("strip", [c]) => Object::str(s.trim_matches(&characters(c)?[..])),
        ("lstrip", [c]) => Object::str(s.trim_start_matches(&characters(c)?[..])),
        ("rstrip", [c]) => Object::str(s.trim_end_matches(&characters(c)?[..])),
        ("removeprefix", [p]) => Object::str(s.strip_prefix(p.text()?).unwrap_or(s)),
        ("removesuffix", [p]) => Object::str(s.strip_suffix(p.text()?).unwrap_or(s)),
        ("split" | "rsplit", [] | [Object::None]) => strings(
            s.split(is_space).filter(|p| !p.is_empty()).map(str::to_owned).collect(),
        ),
        ("split", [sep]) => {
            let sep = sep.text()?;
            if sep.is_empty() { return Err(VALUE_ERROR) }
            strings(s.split(sep).map(str::to_owned).collect())
        }
        ("rsplit", [sep]) => return text(me, s, "split", &[sep.clone()], vec![]),
        ("split", [Object::None, n]) if n.index()? < 0 => return text(me, s, name, &[], vec![]),
        ("split", [Object::None, n]) => {
            let n = n.index()? as usize;
            let mut parts = Vec::new();
            let mut rest = s.trim_start_matches(is_space);
            while !rest.is_empty() {
                match rest.find(is_space) {
                    Some(at) if parts.len() < n => {
                        parts.push(rest[..at].to_owned());
                        rest = rest[at..].trim_start_matches(is_space);
                    }
                    _ => {
                        parts.push(rest.trim_end_matches(is_space).to_owned());
                        break;
                    }
                }
            }
            strings(parts)
        }
        ("split" | "rsplit", [sep, n]) => {
            let (sep, n) = (sep.text()?, n.index()?);
            if sep.is_empty() { return Err(VALUE_ERROR) }
            let n = usize::try_from(n).unwrap_or(usize::MAX - 1) + 1;
            let mut parts: Vec<String> = if name == "split" {
                s.splitn(n, sep).map(str::to_owned).collect()
            } else {
                s.rsplitn(n, sep).map(str::to_owned).collect()
            };
            if name == "rsplit" { parts.reverse() }
            strings(parts)
        }
        ("splitlines", []) => strings(s.lines().map(str::to_owned).collect()),
        ("partition" | "rpartition", [sep]) => {
            let sep = sep.text()?;
            if sep.is_empty() { return Err(VALUE_ERROR) }
            let at = if name == "partition" { s.find(sep) } else { s.rfind(sep) };
            let parts = match at {
                Some(i) => [&s[..i], sep, &s[i + sep.len()..]],
                None if name == "partition" => [&**s, "", ""],
                None => ["", "", &**s],
            };
            Object::tuple(parts.into_iter().map(Object::str).collect())
        }
        ("join", [xs]) => {
            let items = me.items(xs)?;
            let mut out = String::new();
            for (i, x) in items.iter().enumerate() {
                if i > 0 { out.push_str(s) }
                out.push_str(x.text()?);
            }
            me.burn(out.len() / 8)?;
            if out.len() > 200_000 { return Err(Fault::Fuel) }
            Object::str(out)
        }
        ("replace", [a, b]) => {
            let out = s.replace(a.text()?, b.text()?);
            me.burn(out.len() / 8)?;
            Object::str(out)
        }
        ("replace", [a, b, n]) => match usize::try_from(n.index()?) {
            Ok(n) => Object::str(s.replacen(a.text()?, b.text()?, n)),
            Err(_) => Object::str(s.replace(a.text()?, b.text()?)),
        },
        ("startswith" | "endswith", [Object::Tuple(options)]) => {
            for o in options.iter() {
                if text(me, s, name, &[o.clone()], vec![])?.truth() { return Ok(Object::Bool(true)) }
            }
            Object::Bool(false)
        }
        ("startswith", [p]) => Object::Bool(s.starts_with(p.text()?)),
        ("endswith", [p]) => Object::Bool(s.ends_with(p.text()?)),
        ("find" | "index" | "rfind" | "rindex", [p, from @ ..]) => {
            let n = length(&Object::Str(s.clone()))? as usize;
            let from = match from { [] => 0, [f] => place(f, n)?, _ => return Err(Fault::Unknown) };
            let skip: usize = s.chars().take(from).map(char::len_utf8).sum();
            let tail = &s[skip..];
            let at = if name.starts_with('r') { tail.rfind(p.text()?) } else { tail.find(p.text()?) };
            match at {
                Some(i) => Object::Int((from + tail[..i].chars().count()) as i64),
                None if name.ends_with("find") => Object::Int(-1),
                None => return Err(VALUE_ERROR),
            }
        }
        ("count", [p]) => {
            let p = p.text()?;
            let n = if p.is_empty() { s.chars().count() + 1 } else { s.matches(p).count() };
            Object::Int(n as i64)
        }
        ("ljust" | "rjust" | "center" | "zfill", [n, fill @ ..]) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            if n > 10_000 { return Err(Fault::Fuel) }
            let fill = match fill.first() { Some(f) => f.text()?.to_owned(), None if name == "zfill" => "0".into(), None => " ".into() };
            let missing = n.saturating_sub(s.chars().count());
            Object::str(match name {
                "ljust" => s.to_string() + &fill.repeat(missing),
                "rjust" => fill.repeat(missing) + s,
                "center" => {
                    // CPython puts the odd blank left when the width is odd too.
                    let left = missing / 2 + (missing & n & 1);
                    fill.repeat(left) + s + &fill.repeat(missing - left)
                }
                _ => match s.strip_prefix(['-', '+']) {
                    Some(rest) => format!("{}{}{rest}", &s[..1], "0".repeat(missing)),
                    None => "0".repeat(missing) + s,
                },
            })
        }
        ("translate", [Object::Dict(d)]) => {
            let mut out = String::new();
            for c in s.chars() {
                match d.borrow().table.get(&Key(Object::Int(i64::from(u32::from(c))))) {
                    Some(Object::Str(t)) => out.push_str(t),
                    Some(Object::None) => {}
                    Some(Object::Int(i)) => out.extend(u32::try_from(*i).ok().and_then(char::from_u32)),
                    _ => out.push(c),
                }
            }
            Object::str(out)
        }
        ("maketrans", [to]) => {
            let from: Vec<char> = s.chars().collect();
            let to: Vec<char> = to.text()?.chars().collect();
            if from.len() != to.len() { return Err(VALUE_ERROR) }
            let mut table = Table::default();
            for (a, b) in from.into_iter().zip(to) {
                table.insert(Key(Object::Int(i64::from(u32::from(a)))), Object::Int(i64::from(u32::from(b))));
            }
            Object::dict(table)
        }
        ("expandtabs" | "encode" | "format_map" | "maketrans", _) => return Err(Fault::Unknown),
        ("upper" | "lower" | "strip" | "split" | "join" | "replace" | "count", _) => return Err(TYPE_ERROR),
        _ => return Err(ATTRIBUTE),
    })
}

fn format_method(s: &str, args: &[Object], kw: &[(Name, Object)]) -> Outcome<Object> {
    let mut out = String::new();
    // Counted and numbered fields do not mix.
    let (mut next, mut numbered) = (0, false);
    let mut rest = s;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = tail;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{").ok_or(VALUE_ERROR)?;
        let (field, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let value = if field.is_empty() {
            if numbered {
                return Err(VALUE_ERROR);
            }
            next += 1;
            args.get(next - 1)
        } else if let Ok(i) = field.parse::<usize>() {
            if next > 0 {
                return Err(VALUE_ERROR);
            }
            numbered = true;
            args.get(i)
        } else if field.chars().all(|c| c.is_alphanumeric() || c == '_') {
            kw.iter().find(|(n, _)| &**n == field).map(|(_, v)| v)
        } else {
            return Err(Fault::Unknown);
        };
        out.push_str(&super::format::format(value.ok_or(INDEX_ERROR)?, spec)?);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(Object::str(out))
}

/// A text's first character, for tests of single letters.
pub(crate) fn first(s: &str) -> Option<Object> {
    s.chars().next().map(character)
}
