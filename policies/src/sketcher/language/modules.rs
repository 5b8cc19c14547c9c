//! `math`, `re`, `itertools`, `collections`, `functools`, `bisect`, `heapq`, `string`.

use num_bigint::BigInt;

use super::builtins::{counter, keyword, small};
use super::evaluator::{Interpreter, dict_with};
use super::object::{Fault, Missing, Object, Outcome, TYPE_ERROR, Table, VALUE_ERROR};
use super::operators;
use super::syntax::{Binary, Name};

/// Modules known by name.
pub(crate) const MODULES: &[&str] = &[
    "math",
    "re",
    "itertools",
    "collections",
    "functools",
    "bisect",
    "heapq",
    "string",
    "operator",
];

/// Functions of the modules, by full name.
const FUNCTIONS: &[&str] = &[
    "math.gcd",
    "math.lcm",
    "math.sqrt",
    "math.isqrt",
    "math.floor",
    "math.ceil",
    "math.trunc",
    "math.factorial",
    "math.comb",
    "math.perm",
    "math.log",
    "math.log2",
    "math.log10",
    "math.sin",
    "math.cos",
    "math.tan",
    "math.asin",
    "math.acos",
    "math.atan",
    "math.atan2",
    "math.radians",
    "math.degrees",
    "math.prod",
    "math.hypot",
    "math.pow",
    "math.exp",
    "math.fabs",
    "math.isclose",
    "math.sinh",
    "math.cosh",
    "math.tanh",
    "math.isnan",
    "math.fmod",
    "math.fsum",
    "math.dist",
    "re.findall",
    "re.sub",
    "re.search",
    "re.match",
    "re.fullmatch",
    "re.split",
    "re.escape",
    "collections.Counter",
    "collections.defaultdict",
    "collections.OrderedDict",
    "collections.deque",
    "itertools.combinations",
    "itertools.permutations",
    "itertools.product",
    "itertools.accumulate",
    "itertools.groupby",
    "itertools.chain",
    "itertools.zip_longest",
    "itertools.pairwise",
    "itertools.combinations_with_replacement",
    "itertools.repeat",
    "itertools.takewhile",
    "itertools.dropwhile",
    "itertools.islice",
    "functools.reduce",
    "bisect.bisect_left",
    "bisect.bisect_right",
    "bisect.bisect",
    "heapq.nlargest",
    "heapq.nsmallest",
    "heapq.heapify",
    "heapq.heappush",
    "heapq.heappop",
    "heapq.merge",
    "operator.mul",
    "operator.add",
    "operator.sub",
    "operator.xor",
    "operator.and_",
    "operator.or_",
];

/// Names that may stand without their module, with the module.
pub(crate) const BARE: &[(&str, &str)] = &[
    ("Counter", "collections"),
    ("defaultdict", "collections"),
    ("OrderedDict", "collections"),
    ("reduce", "functools"),
    ("combinations", "itertools"),
    ("permutations", "itertools"),
    ("product", "itertools"),
    ("accumulate", "itertools"),
    ("groupby", "itertools"),
    ("chain", "itertools"),
    ("zip_longest", "itertools"),
    ("pairwise", "itertools"),
    ("gcd", "math"),
    ("sqrt", "math"),
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
            return Some(Object::str(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            ));
        }
        ("string", "digits") => return Some(Object::str("0123456789")),
        ("string", "punctuation") => {
            return Some(Object::str("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"));
        }
        ("re", "IGNORECASE" | "I") => return Some(Object::Int(2)),
        _ => {}
    }
    let full = FUNCTIONS
        .iter()
        .find(|f| f.strip_prefix(module).and_then(|r| r.strip_prefix('.')) == Some(name))?;
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
        "re" => super::patterns::call(me, short, &args, kw),
        "itertools" | "functools" => super::iteration::call(me, short, &args, kw),
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
    let float = |f: f64| {
        if f.is_nan() {
            Err(VALUE_ERROR)
        } else {
            Ok(Object::Float(f))
        }
    };
    let ints = |args: &[Object]| {
        args.iter()
            .map(|a| a.bigint().ok_or(TYPE_ERROR))
            .collect::<Outcome<Vec<BigInt>>>()
    };
    match (name, args) {
        ("gcd", _) => Object::big(ints(args)?.iter().fold(BigInt::from(0), |a, b| a.gcd(b))),
        ("lcm", _) => {
            let zero = BigInt::from(0);
            Object::big(ints(args)?.iter().fold(BigInt::from(1), |a, b| {
                if *b == zero { zero.clone() } else { a.lcm(b) }
            }))
        }
        ("floor" | "ceil" | "trunc", [a]) => match a {
            Object::Float(f) => {
                let f = match name {
                    "floor" => f.floor(),
                    "ceil" => f.ceil(),
                    _ => f.trunc(),
                };
                super::builtins::call(me, "int", vec![Object::Float(f)], vec![])
            }
            a => Object::big(a.bigint().ok_or(TYPE_ERROR)?),
        },
        ("isqrt", [a]) => {
            let n = a.bigint().ok_or(TYPE_ERROR)?;
            if n < BigInt::from(0) {
                return Err(VALUE_ERROR);
            }
            Object::big(n.sqrt())
        }
        ("factorial", [a]) => {
            let n = small(a)?;
            if n < 0 {
                return Err(VALUE_ERROR);
            }
            if n > 1_000 {
                return Err(Fault::Fuel);
            }
            me.burn(n as usize)?;
            Object::big((1..=n).fold(BigInt::from(1), |p, i| p * i))
        }
        ("comb" | "perm", [n, k]) => {
            let (n, k) = (small(n)?, small(k)?);
            if n < 0 || k < 0 {
                return Err(VALUE_ERROR);
            }
            if k > n {
                return Ok(Object::Int(0));
            }
            if k > 1_000 {
                return Err(Fault::Fuel);
            }
            me.burn(k as usize)?;
            let mut p = BigInt::from(1);
            for i in 0..k {
                p *= n - i;
                if name == "comb" {
                    p /= i + 1
                }
            }
            Object::big(p)
        }
        ("perm", [n]) => math(me, "factorial", std::slice::from_ref(n), vec![]),
        ("prod", [xs]) => {
            let mut p = keyword(&mut kw, "start").unwrap_or(Object::Int(1));
            for x in me.items(xs)? {
                p = operators::binary(me, Binary::Mul, &p, &x)?;
            }
            Ok(p)
        }
        ("fsum", [xs]) => {
            super::builtins::call(me, "sum", vec![xs.clone(), Object::Float(0.0)], vec![])
        }
        ("sqrt", [a]) => {
            let f = a.float()?;
            if f < 0.0 {
                Err(VALUE_ERROR)
            } else {
                float(f.sqrt())
            }
        }
        ("log" | "log2" | "log10", [a]) => {
            let f = a.float()?;
            if f <= 0.0 {
                return Err(VALUE_ERROR);
            }
            float(match name {
                "log" => f.ln(),
                "log2" => f.log2(),
                _ => f.log10(),
            })
        }
        ("log", [a, b]) => {
            let (a, b) = (a.float()?, b.float()?);
            if a <= 0.0 || b <= 0.0 {
                return Err(VALUE_ERROR);
            }
            if b == 1.0 {
                return Err(super::object::ZERO_DIVISION);
            }
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
            if a.len() != b.len() {
                return Err(VALUE_ERROR);
            }
            let mut s = 0.0;
            for (x, y) in a.iter().zip(&b) {
                s += (x.float()? - y.float()?).powi(2);
            }
            float(s.sqrt())
        }
        ("pow", [a, b]) => operators::binary(me, Binary::Pow, &Object::Float(a.float()?), b),
        ("exp", [a]) => {
            let f = a.float()?.exp();
            if f.is_infinite() {
                Err(Fault::Raised("OverflowError"))
            } else {
                float(f)
            }
        }
        ("fabs", [a]) => float(a.float()?.abs()),
        ("isnan", [a]) => Ok(Object::Bool(a.float()?.is_nan())),
        ("isclose", [a, b]) => {
            let rel = match keyword(&mut kw, "rel_tol") {
                Some(r) => r.float()?,
                None => 1e-9,
            };
            let abs = match keyword(&mut kw, "abs_tol") {
                Some(r) => r.float()?,
                None => 0.0,
            };
            let (a, b) = (a.float()?, b.float()?);
            Ok(Object::Bool(
                (a - b).abs() <= (rel * a.abs().max(b.abs())).max(abs),
            ))
        }
        _ => Err(TYPE_ERROR),
    }
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
                if !before {
                    break;
                }
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
            for l in lists {
                out.extend(me.items(l)?);
            }
            Ok(Object::iter(operators::sort(me, out, None, false)?))
        }
        // A sorted list is a heap, though not the only one: what is popped is the same.
        ("heapify" | "heappush" | "heappop", [Object::List(l), x @ ..]) => {
            let mut items = l.borrow().clone();
            items.extend(x.iter().cloned());
            let mut sorted = operators::sort(me, items, None, false)?;
            let mut result = Object::None;
            if name == "heappop" {
                if sorted.is_empty() {
                    return Err(super::object::INDEX_ERROR);
                }
                result = sorted.remove(0);
            }
            *l.borrow_mut() = sorted;
            Ok(result)
        }
        _ => Err(Fault::Unknown),
    }
}
