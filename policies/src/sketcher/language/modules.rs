//! `math`, `re`, `itertools`, `collections`, `functools`, `bisect`, `heapq`, `string`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::Regex;
type Captures<'t> = fancy_regex::Captures<'t, str>;
use num_bigint::BigInt;

use super::builtins::{counter, keyword, small};
use super::evaluator::{Interpreter, dict_with};
use super::object::{Fault, Match, Missing, Object, Outcome, TYPE_ERROR, Table, VALUE_ERROR};
use super::operators;
use super::syntax::{Binary, Name};

/// Modules known by name.
pub(crate) const MODULES: &[&str] = &[
    "math", "re", "itertools", "collections", "functools", "bisect", "heapq", "string", "operator",
];

/// Functions of the modules, by full name.
const FUNCTIONS: &[&str] = &[
    "math.gcd", "math.lcm", "math.sqrt", "math.isqrt", "math.floor", "math.ceil", "math.trunc",
    "math.factorial", "math.comb", "math.perm", "math.log", "math.log2", "math.log10", "math.sin",
    "math.cos", "math.tan", "math.asin", "math.acos", "math.atan", "math.atan2", "math.radians",
    "math.degrees", "math.prod", "math.hypot", "math.pow", "math.exp", "math.fabs", "math.isclose",
    "math.sinh", "math.cosh", "math.tanh", "math.isnan", "math.fmod", "math.fsum", "math.dist",
    "re.findall", "re.sub", "re.search", "re.match", "re.fullmatch", "re.split", "re.escape",
    "collections.Counter", "collections.defaultdict", "collections.OrderedDict", "collections.deque",
    "itertools.combinations", "itertools.permutations", "itertools.product", "itertools.accumulate",
    "itertools.groupby", "itertools.chain", "itertools.zip_longest", "itertools.pairwise",
    "itertools.combinations_with_replacement", "itertools.repeat", "itertools.takewhile",
    "itertools.dropwhile", "itertools.islice",
    "functools.reduce", "bisect.bisect_left", "bisect.bisect_right", "bisect.bisect",
    "heapq.nlargest", "heapq.nsmallest", "heapq.heapify", "heapq.heappush", "heapq.heappop",
    "heapq.merge", "operator.mul", "operator.add", "operator.sub", "operator.xor",
    "operator.and_", "operator.or_",
];

/// Names that may stand without their module, with the module.
pub(crate) const BARE: &[(&str, &str)] = &[
    ("Counter", "collections"), ("defaultdict", "collections"), ("OrderedDict", "collections"),
    ("reduce", "functools"), ("combinations", "itertools"), ("permutations", "itertools"),
    ("product", "itertools"), ("accumulate", "itertools"), ("groupby", "itertools"),
    ("chain", "itertools"), ("zip_longest", "itertools"), ("pairwise", "itertools"),
    ("gcd", "math"), ("sqrt", "math"),
];

pub(crate) fn bare(name: &str) -> Option<Object> {
    let (n, m) = BARE.iter().find(|(n, _)| *n == name)?;
    member(m, n)
}

pub(crate) fn member(module: &str, name: &str) -> Option<Object> {
    match (module, name) {
        ("math", "pi") => return Some(Object::Float(std::f64::consts::PI)),
        ("math", "e") => return Some(Object::Float(std::f64::consts::E)),
        ("math", "tau") => return Some(Object::Float(std::f64::consts::TAU)),
        ("math", "inf") => return Some(Object::Float(f64::INFINITY)),
        ("string", "ascii_lowercase") => return Some(Object::str("abcdefghijklmnopqrstuvwxyz")),
        ("string", "ascii_uppercase") => return Some(Object::str("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
        ("string", "ascii_letters") => {
            return Some(Object::str("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
        }
        ("string", "digits") => return Some(Object::str("0123456789")),
        ("string", "punctuation") => {
            return Some(Object::str("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
        }
        ("re", "IGNORECASE" | "I") => return Some(Object::Int(2)),
        _ => {}
    }
    let full = FUNCTIONS.iter().find(|f| {
        f.strip_prefix(module).and_then(|r| r.strip_prefix('.')) == Some(name)
    })?;
    Some(Object::Builtin(full))
}

pub(crate) fn call(
    me: &mut Interpreter<'_>,
    name: &'static str,
    args: Vec<Object>,
    kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    let (module, short) = name.split_once('.').ok_or(Fault::Unknown)?;
    match module {
        "math" => math(me, short, &args, kw),
        "re" => regex(me, short, &args, kw),
        "itertools" | "functools" => iteration(me, short, &args, kw),
        "operator" => {
            let op = match short {
                "mul" => Binary::Mul,
                "add" => Binary::Add,
                "sub" => Binary::Sub,
                "xor" => Binary::BitXor,
                "and_" => Binary::BitAnd,
                _ => Binary::BitOr,
            };
            match &args[..] {
                [a, b] => operators::binary(me, op, a, b),
                _ => Err(TYPE_ERROR),
            }
        }
        _ => containers(me, short, &args, kw),
    }
}

fn math(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    use num_integer::Integer;
    let float = |f: f64| if f.is_nan() { Err(VALUE_ERROR) } else { Ok(Object::Float(f)) };
    let ints = |args: &[Object]| args.iter().map(|a| a.bigint().ok_or(TYPE_ERROR)).collect::<Outcome<Vec<BigInt>>>();
    match (name, args) {
        ("gcd", _) => Object::big(ints(args)?.iter().fold(BigInt::from(0), |a, b| a.gcd(b))),
        ("lcm", _) => {
            let zero = BigInt::from(0);
            Object::big(ints(args)?.iter().fold(BigInt::from(1), |a, b| if *b == zero { zero.clone() } else { a.lcm(b) }))
        }
        ("floor" | "ceil" | "trunc", [a]) => match a {
            Object::Float(f) => {
                let f = match name { "floor" => f.floor(), "ceil" => f.ceil(), _ => f.trunc() };
                super::builtins::call(me, "int", vec![Object::Float(f)], vec![])
            }
            a => Object::big(a.bigint().ok_or(TYPE_ERROR)?),
        },
        ("isqrt", [a]) => {
            let n = a.bigint().ok_or(TYPE_ERROR)?;
            if n < BigInt::from(0) { return Err(VALUE_ERROR) }
            Object::big(n.sqrt())
        }
        ("factorial", [a]) => {
            let n = small(a)?;
            if n < 0 { return Err(VALUE_ERROR) }
            if n > 1_000 { return Err(Fault::Fuel) }
            me.burn(n as usize)?;
            Object::big((1..=n).fold(BigInt::from(1), |p, i| p * i))
        }
        ("comb" | "perm", [n, k]) => {
            let (n, k) = (small(n)?, small(k)?);
            if n < 0 || k < 0 { return Err(VALUE_ERROR) }
            if k > n { return Ok(Object::Int(0)) }
            if k > 1_000 { return Err(Fault::Fuel) }
            me.burn(k as usize)?;
            let mut p = BigInt::from(1);
            for i in 0..k {
                p *= n - i;
                if name == "comb" { p /= i + 1 }
            }
            Object::big(p)
        }
        ("perm", [n]) => math(me, "factorial", std::slice::from_ref(n), vec![]),
        ("prod", [xs]) => {
            let mut p = keyword(&mut kw, "start").unwrap_or(Object::Int(1));
            for x in me.items(xs)? { p = operators::binary(me, Binary::Mul, &p, &x)?; }
            Ok(p)
        }
        ("fsum", [xs]) => super::builtins::call(me, "sum", vec![xs.clone(), Object::Float(0.0)], vec![]),
        ("sqrt", [a]) => { let f = a.float()?; if f < 0.0 { Err(VALUE_ERROR) } else { float(f.sqrt()) } }
        ("log" | "log2" | "log10", [a]) => {
            let f = a.float()?;
            if f <= 0.0 { return Err(VALUE_ERROR) }
            float(match name { "log" => f.ln(), "log2" => f.log2(), _ => f.log10() })
        }
        ("log", [a, b]) => {
            let (a, b) = (a.float()?, b.float()?);
            if a <= 0.0 || b <= 0.0 { return Err(VALUE_ERROR) }
            if b == 1.0 { return Err(super::object::ZERO_DIVISION) }
            float(a.ln() / b.ln())
        }
        ("sin", [a]) => float(a.float()?.sin()),
        ("cos", [a]) => float(a.float()?.cos()),
        ("tan", [a]) => float(a.float()?.tan()),
        ("asin", [a]) => float(a.float()?.asin()),
        ("acos", [a]) => float(a.float()?.acos()),
        ("atan", [a]) => float(a.float()?.atan()),
        ("sinh", [a]) => float(a.float()?.sinh()),
        ("cosh", [a]) => float(a.float()?.cosh()),
        ("tanh", [a]) => float(a.float()?.tanh()),
        ("atan2", [a, b]) => float(a.float()?.atan2(b.float()?)),
        ("fmod", [a, b]) => float(a.float()? % b.float()?),
        ("radians", [a]) => float(a.float()? * (std::f64::consts::PI / 180.0)),
        ("degrees", [a]) => float(a.float()? * (180.0 / std::f64::consts::PI)),
        ("hypot", [a, b]) => float(a.float()?.hypot(b.float()?)),
        ("dist", [a, b]) => {
            let (a, b) = (me.items(a)?, me.items(b)?);
            if a.len() != b.len() { return Err(VALUE_ERROR) }
            let mut s = 0.0;
            for (x, y) in a.iter().zip(&b) { s += (x.float()? - y.float()?).powi(2); }
            float(s.sqrt())
        }
        ("pow", [a, b]) => operators::binary(me, Binary::Pow, &Object::Float(a.float()?), b),
        ("exp", [a]) => {
            let f = a.float()?.exp();
            if f.is_infinite() { Err(Fault::Raised("OverflowError")) } else { float(f) }
        }
        ("fabs", [a]) => float(a.float()?.abs()),
        ("isnan", [a]) => Ok(Object::Bool(a.float()?.is_nan())),
        ("isclose", [a, b]) => {
            let rel = match keyword(&mut kw, "rel_tol") { Some(r) => r.float()?, None => 1e-9 };
            let abs = match keyword(&mut kw, "abs_tol") { Some(r) => r.float()?, None => 0.0 };
            let (a, b) = (a.float()?, b.float()?);
            Ok(Object::Bool((a - b).abs() <= (rel * a.abs().max(b.abs())).max(abs)))
        }
        _ => Err(TYPE_ERROR),
    }
}

thread_local! {
    /// Compiled patterns; a pattern that does not compile is remembered too.
    static PATTERNS: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

fn compiled(pattern: &str) -> Outcome<Rc<Regex>> {
    PATTERNS.with_borrow_mut(|cache| {
        if cache.len() > 4_000 {
            cache.clear();
        }
        let made = cache.entry(pattern.to_owned()).or_insert_with(|| {
            Regex::new(&pattern.replace("\\Z", "\\z")).ok().map(Rc::new)
        });
        made.clone().ok_or(Fault::Unknown)
    })
}

fn match_of(text: &str, c: &Captures<'_>) -> Object {
    let at = |i: usize| text[..i].chars().count();
    let groups = c.iter().map(|g| g.map(|g| (Rc::from(g.as_str()), at(g.start()), at(g.end()))));
    Object::Match(Rc::new(Match { groups: groups.collect() }))
}

fn regex(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    if let ("escape", [s]) = (name, args) {
        return Ok(Object::str(fancy_regex::escape(s.text()?).into_owned()));
    }
    let pattern = args.first().ok_or(TYPE_ERROR)?.text()?;
    let flags = keyword(&mut kw, "flags").or_else(|| {
        let at = match name { "sub" => 4, _ => 2 };
        args.get(at).cloned()
    });
    let mut source = match name {
        "match" => format!("^(?:{pattern})"),
        "fullmatch" => format!("^(?:{pattern})$"),
        _ => pattern.to_owned(),
    };
    if flags.is_some_and(|f| matches!(f, Object::Int(2))) {
        source = format!("(?i){source}");
    }
    let re = compiled(&source)?;
    let fault = |_| Fault::Fuel;
    me.burn(20)?;
    match (name, args) {
        ("search" | "match" | "fullmatch", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            Ok(re.captures(s).map_err(fault)?.map_or(Object::None, |c| match_of(s, &c)))
        }
        ("findall", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let mut out = Vec::new();
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let text = |i: usize| Object::str(c.get(i).map_or("", |g| g.as_str()));
                out.push(match c.len() {
                    1 => text(0),
                    2 => text(1),
                    n => Object::tuple((1..n).map(text).collect()),
                });
            }
            Ok(Object::list(out))
        }
        ("split", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let (mut out, mut from) = (Vec::new(), 0);
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let whole = c.get(0).ok_or(Fault::Unknown)?;
                out.push(Object::str(&s[from..whole.start()]));
                for i in 1..c.len() {
                    out.push(c.get(i).map_or(Object::None, |g| Object::str(g.as_str())));
                }
                from = whole.end();
            }
            out.push(Object::str(&s[from..]));
            Ok(Object::list(out))
        }
        ("sub", [_, with, s, rest @ ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let limit = match rest.first() { Some(n) => usize::try_from(n.index()?).unwrap_or(0), None => 0 };
            let (mut out, mut from, mut done) = (String::new(), 0, 0);
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let whole = c.get(0).ok_or(Fault::Unknown)?;
                out.push_str(&s[from..whole.start()]);
                match with {
                    Object::Str(t) => expand(t, &c, &mut out)?,
                    f => out.push_str(me.call(f, vec![match_of(s, &c)], vec![])?.text()?),
                }
                from = whole.end();
                done += 1;
                if limit > 0 && done == limit { break }
            }
            out.push_str(&s[from..]);
            Ok(Object::str(out))
        }
        _ => Err(TYPE_ERROR),
    }
}

/// A replacement with `\1` and `\g<1>`.
fn expand(template: &str, c: &Captures<'_>, out: &mut String) -> Outcome<()> {
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.chars().next().ok_or(Fault::Unknown)?;
        rest = &rest[next.len_utf8()..];
        match next {
            '0'..='9' => {
                let i = next as usize - '0' as usize;
                out.push_str(c.get(i).map_or("", |g| g.as_str()));
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            '\\' => out.push('\\'),
            'g' => {
                let end = rest.find('>').ok_or(Fault::Unknown)?;
                let i: usize = rest.get(1..end).and_then(|d| d.parse().ok()).ok_or(Fault::Unknown)?;
                out.push_str(c.get(i).map_or("", |g| g.as_str()));
                rest = &rest[end + 1..];
            }
            _ => return Err(Fault::Unknown),
        }
    }
    out.push_str(rest);
    Ok(())
}

fn iteration(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    let tuples = |v: Vec<Vec<Object>>| Object::iter(v.into_iter().map(Object::tuple).collect());
    match (name, args) {
        ("reduce", [f, xs, start @ ..]) => {
            let mut items = me.items(xs)?.into_iter();
            let mut acc = start.first().cloned().or_else(|| items.next()).ok_or(TYPE_ERROR)?;
            for x in items {
                acc = me.call(f, vec![acc, x], vec![])?;
            }
            Ok(acc)
        }
        ("accumulate", [xs, f @ ..]) => {
            let f = f.first().cloned().or_else(|| keyword(&mut kw, "func"));
            let mut acc = keyword(&mut kw, "initial").filter(|i| !matches!(i, Object::None));
            let mut out: Vec<Object> = acc.iter().cloned().collect();
            for x in me.items(xs)? {
                let next = match (&acc, &f) {
                    (None, _) => x,
                    (Some(a), Some(f)) if !matches!(f, Object::None) => me.call(f, vec![a.clone(), x], vec![])?,
                    (Some(a), _) => operators::binary(me, Binary::Add, a, &x)?,
                };
                out.push(next.clone());
                acc = Some(next);
            }
            Ok(Object::iter(out))
        }
        ("combinations" | "combinations_with_replacement" | "permutations", [xs, k @ ..]) => {
            let items = me.items(xs)?;
            let k = match k.first() {
                Some(k) => usize::try_from(k.index()?).map_err(|_| VALUE_ERROR)?,
                None => items.len(),
            };
            if k > items.len() && name != "combinations_with_replacement" {
                return Ok(Object::iter(vec![]));
            }
            if k > 60 {
                return Err(Fault::Fuel);
            }
            let mut out = Vec::new();
            choose(me, &items, k, name, &mut Vec::new(), &mut out)?;
            Ok(tuples(out))
        }
        ("product", lists) => {
            let mut columns = lists.iter().map(|l| me.items(l)).collect::<Outcome<Vec<_>>>()?;
            if let Some(n) = keyword(&mut kw, "repeat") {
                let n = usize::try_from(n.index()?).unwrap_or(0).min(20);
                columns = std::iter::repeat_n(columns, n).flatten().collect();
            }
            let mut rows = vec![vec![]];
            for c in columns {
                me.burn(rows.len() * c.len())?;
                rows = rows.iter().flat_map(|r: &Vec<Object>| c.iter().map(|x| r.iter().cloned().chain([x.clone()]).collect())).collect();
            }
            Ok(tuples(rows))
        }
        ("groupby", [xs, f @ ..]) => {
            let f = f.first().cloned().or_else(|| keyword(&mut kw, "key"));
            let mut groups: Vec<(Object, Vec<Object>)> = Vec::new();
            for x in me.items(xs)? {
                let k = match &f { Some(f) => me.call(f, vec![x.clone()], vec![])?, None => x.clone() };
                match groups.last_mut() {
                    Some((last, group)) if last.same(&k) => group.push(x),
                    _ => groups.push((k, vec![x])),
                }
            }
            Ok(Object::iter(groups.into_iter().map(|(k, g)| Object::tuple(vec![k, Object::iter(g)])).collect()))
        }
        ("chain", lists) => {
            let mut out = Vec::new();
            for l in lists { out.extend(me.items(l)?); }
            Ok(Object::iter(out))
        }
        ("zip_longest", lists) => {
            let fill = keyword(&mut kw, "fillvalue").unwrap_or(Object::None);
            let columns = lists.iter().map(|l| me.items(l)).collect::<Outcome<Vec<_>>>()?;
            let n = columns.iter().map(Vec::len).max().unwrap_or(0);
            Ok(tuples((0..n).map(|i| columns.iter().map(|c| c.get(i).unwrap_or(&fill).clone()).collect()).collect()))
        }
        ("pairwise", [xs]) => {
            let items = me.items(xs)?;
            Ok(tuples(items.windows(2).map(<[Object]>::to_vec).collect()))
        }
        ("repeat", [x, n]) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            me.burn(n)?;
            Ok(Object::iter(vec![x.clone(); n]))
        }
        ("takewhile" | "dropwhile", [f, xs]) => {
            let items = me.items(xs)?;
            let mut n = 0;
            while n < items.len() && me.call(f, vec![items[n].clone()], vec![])?.truth() { n += 1 }
            Ok(Object::iter(if name == "takewhile" { items[..n].to_vec() } else { items[n..].to_vec() }))
        }
        ("islice", [xs, n]) => {
            let mut items = me.items(xs)?;
            items.truncate(usize::try_from(n.index()?).unwrap_or(0));
            Ok(Object::iter(items))
        }
        _ => Err(Fault::Unknown),
    }
}

/// Combinations or permutations in Python's order.
fn choose(
    me: &mut Interpreter<'_>,
    items: &[Object],
    k: usize,
    kind: &str,
    chosen: &mut Vec<usize>,
    out: &mut Vec<Vec<Object>>,
) -> Outcome<()> {
    me.burn(1)?;
    if chosen.len() == k {
        me.burn(k)?;
        out.push(chosen.iter().map(|&i| items[i].clone()).collect());
        return Ok(());
    }
    let start = match (kind, chosen.last()) {
        ("permutations", _) | (_, None) => 0,
        ("combinations", Some(i)) => i + 1,
        (_, Some(i)) => *i,
    };
    for i in start..items.len() {
        if kind == "permutations" && chosen.contains(&i) {
            continue;
        }
        chosen.push(i);
        choose(me, items, k, kind, chosen, out)?;
        chosen.pop();
    }
    Ok(())
}

fn containers(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    match (name, args) {
        ("Counter", args) => counter(me, args.first()),
        ("defaultdict", [f, ..]) => Ok(dict_with(Table::default(), Missing::Make(f.clone()))),
        ("defaultdict", []) => Ok(dict_with(Table::default(), Missing::Raise)),
        ("OrderedDict", args) => super::builtins::call(me, "dict", args.to_vec(), vec![]),
        ("bisect_left" | "bisect_right" | "bisect", [xs, x]) => {
            let items = me.items(xs)?;
            let mut n = 0;
            for y in &items {
                let o = operators::order(y, x)?;
                let before = o == Some(std::cmp::Ordering::Less)
                    || (name != "bisect_left" && o == Some(std::cmp::Ordering::Equal));
                if !before { break }
                n += 1;
            }
            Ok(Object::Int(n))
        }
        ("nlargest" | "nsmallest", [n, xs, rest @ ..]) => {
            let key = rest.first().cloned().or_else(|| keyword(&mut kw, "key"));
            let items = me.items(xs)?;
            let mut sorted = operators::sort(me, items, key.as_ref(), name == "nlargest")?;
            sorted.truncate(usize::try_from(n.index()?).unwrap_or(0));
            Ok(Object::list(sorted))
        }
        ("merge", lists) => {
            let mut out = Vec::new();
            for l in lists { out.extend(me.items(l)?); }
            Ok(Object::iter(operators::sort(me, out, None, false)?))
        }
        // A sorted list is a heap, though not the only one: what is popped is the same.
        ("heapify" | "heappush" | "heappop", [Object::List(l), x @ ..]) => {
            let mut items = l.borrow().clone();
            items.extend(x.iter().cloned());
            let mut sorted = operators::sort(me, items, None, false)?;
            let mut result = Object::None;
            if name == "heappop" {
                if sorted.is_empty() { return Err(super::object::INDEX_ERROR) }
                result = sorted.remove(0);
            }
            *l.borrow_mut() = sorted;
            Ok(result)
        }
        _ => Err(Fault::Unknown),
    }
}
