//! Python's literals as values: what `ast.literal_eval` takes, and the few constant
//! expressions that tests are written with (`10**9`, `set()`, `float('inf')`, `[0] * 5`).

use cogitree_engine::Value;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use rustpython_ruff_python_ast::{Expr, ExprCall, Number, Operator, UnaryOp};

use crate::MAX_DIGITS;

/// The most elements or characters that a repetition or concatenation may make.
const MAX_ITEMS: usize = 1 << 20;

/// The most elements of a set or dictionary, which are compared pair by pair.
const MAX_KEYS: usize = 4096;

/// The largest integer that arithmetic may make, in bits: that of [`MAX_DIGITS`] digits.
const MAX_BITS: u64 = MAX_DIGITS as u64 * 10 / 3;

/// The value of an expression that is plain data; `None` for anything else.
pub fn literal(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::NoneLiteral(_) => Some(Value::None),
        Expr::BooleanLiteral(b) => Some(Value::Bool(b.value)),
        Expr::NumberLiteral(n) => number(&n.value),
        Expr::StringLiteral(s) => {
            let text = s.value.to_str();
            // The parser writes lone surrogates as U+FFFD; such a text is left to Python.
            (!text.contains('\u{fffd}')).then(|| Value::Str(text.to_owned()))
        }
        Expr::BytesLiteral(b) => Some(Value::Bytes(
            b.value
                .iter()
                .flat_map(|part| part.as_slice().iter().copied())
                .collect(),
        )),
        Expr::List(l) => items(&l.elts).map(Value::List),
        Expr::Tuple(t) => items(&t.elts).map(Value::Tuple),
        Expr::Dict(d) if d.items.len() > MAX_KEYS => None,
        Expr::Set(s) => set_of(items(&s.elts)?).map(Value::Set),
        Expr::Dict(d) => {
            let mut entries: Vec<(Value, Value)> = Vec::with_capacity(d.items.len());
            for item in &d.items {
                let key = literal(item.key.as_ref()?)?;
                let value = literal(&item.value)?;
                if !hashable(&key) {
                    return None;
                }
                // As in Python, a repeated key keeps its place and takes the last value.
                match entries.iter_mut().find(|(k, _)| k.same(&key)) {
                    Some(entry) => entry.1 = value,
                    None => entries.push((key, value)),
                }
            }
            Some(Value::Dict(entries))
        }
        Expr::UnaryOp(u) => unary(u.op, literal(&u.operand)?),
        Expr::BinOp(b) => binary(literal(&b.left)?, b.op, literal(&b.right)?),
        Expr::Call(call) => constructor(call),
        Expr::Attribute(a) => match (a.value.as_name_expr()?.id.as_str(), a.attr.as_str()) {
            ("math", "inf") => Some(Value::Float(f64::INFINITY)),
            ("math", "nan") => Some(Value::Float(f64::NAN)),
            ("math", "pi") => Some(Value::Float(std::f64::consts::PI)),
            ("math", "e") => Some(Value::Float(std::f64::consts::E)),
            _ => None,
        },
        _ => None,
    }
}

fn items(exprs: &[Expr]) -> Option<Vec<Value>> {
    exprs.iter().map(literal).collect()
}

fn number(n: &Number) -> Option<Value> {
    match n {
        Number::Float(f) => Some(Value::Float(*f)),
        Number::Complex { real, imag } => Some(Value::Complex(*real, *imag)),
        Number::Int(i) => {
            let text = i.to_string().replace('_', "");
            if text.len() > MAX_DIGITS {
                return None;
            }
            let (digits, radix) = match text.get(..2) {
                Some("0x" | "0X") => (&text[2..], 16),
                Some("0o" | "0O") => (&text[2..], 8),
                Some("0b" | "0B") => (&text[2..], 2),
                _ => (text.as_str(), 10),
            };
            BigInt::parse_bytes(digits.as_bytes(), radix).map(Value::integer)
        }
    }
}

fn unary(op: UnaryOp, v: Value) -> Option<Value> {
    match (op, v) {
        (UnaryOp::Not, Value::Bool(b)) => Some(Value::Bool(!b)),
        (UnaryOp::USub, Value::Float(f)) => Some(Value::Float(-f)),
        (UnaryOp::USub, Value::Complex(re, im)) => Some(Value::Complex(-re, -im)),
        (UnaryOp::UAdd, v @ (Value::Float(_) | Value::Complex(..))) => Some(v),
        (UnaryOp::USub, v) => Some(Value::integer(-integer(&v)?)),
        (UnaryOp::UAdd, v) => Some(Value::integer(integer(&v)?)),
        (UnaryOp::Invert, v) => Some(Value::integer(-integer(&v)? - 1)),
        _ => None,
    }
}

/// The value as an integer, where it is an `int` (and not a `bool`).
fn integer(v: &Value) -> Option<BigInt> {
    match v {
        Value::Int(i) => Some((*i).into()),
        Value::BigInt(i) => Some(i.clone()),
        _ => None,
    }
}

fn binary(left: Value, op: Operator, right: Value) -> Option<Value> {
    use Operator::{Add, Mult, Pow, Sub};
    match (&left, op, &right) {
        // `3+4j` is how Python writes a complex number.
        (Value::Int(_) | Value::Float(_), Add | Sub, Value::Complex(re, im)) => {
            let real = left.as_f64()?;
            let sign = if op == Add { 1.0 } else { -1.0 };
            return Some(Value::Complex(real + sign * re, sign * im));
        }
        (Value::Str(a), Add, Value::Str(b)) if a.len() + b.len() <= MAX_ITEMS => {
            return Some(Value::Str(format!("{a}{b}")));
        }
        (Value::List(a), Add, Value::List(b)) if a.len() + b.len() <= MAX_ITEMS => {
            return Some(Value::List(a.iter().chain(b).cloned().collect()));
        }
        (sequence, Mult, times @ Value::Int(_)) | (times @ Value::Int(_), Mult, sequence)
            if matches!(sequence, Value::Str(_) | Value::List(_) | Value::Tuple(_)) =>
        {
            return repeat(sequence, times);
        }
        (Value::Float(a), _, Value::Float(b)) => return float(*a, op, *b),
        (Value::Float(a), _, Value::Int(_)) => return float(*a, op, right.as_f64()?),
        (Value::Int(_), _, Value::Float(b)) => return float(left.as_f64()?, op, *b),
        _ => {}
    }
    let (a, b) = (integer(&left)?, integer(&right)?);
    let bits = match op {
        Mult => a.bits() + b.bits(),
        Pow => {
            let exponent = b.to_u32()?;
            a.bits().saturating_mul(u64::from(exponent))
        }
        _ => a.bits().max(b.bits()) + 1,
    };
    if bits > MAX_BITS {
        return None;
    }
    match op {
        Add => Some(a + b),
        Sub => Some(a - b),
        Mult => Some(a * b),
        Pow => Some(a.pow(b.to_u32()?)),
        // `/` makes a float; only the plain case is read, so that rounding cannot differ.
        Operator::Div => {
            let (x, y) = (left.as_f64()?, right.as_f64()?);
            let exact = a.abs().bits() <= 53 && b.abs().bits() <= 53 && y != 0.0;
            return exact.then(|| Value::Float(x / y));
        }
        _ => None,
    }
    .map(Value::integer)
}

fn float(a: f64, op: Operator, b: f64) -> Option<Value> {
    let value = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        _ => return None,
    };
    Some(Value::Float(value))
}

fn repeat(sequence: &Value, times: &Value) -> Option<Value> {
    let Value::Int(times) = times else {
        return None;
    };
    let times = usize::try_from((*times).max(0)).ok()?;
    if sequence.weight().checked_mul(times)? > MAX_ITEMS {
        return None;
    }
    let repeated = |v: &[Value]| (0..times).flat_map(|_| v.iter().cloned()).collect();
    match sequence {
        Value::Str(s) => Some(Value::Str(s.repeat(times))),
        Value::List(v) => Some(Value::List(repeated(v))),
        Value::Tuple(v) => Some(Value::Tuple(repeated(v))),
        _ => None,
    }
}

/// `set()`, `frozenset([1])`, `list((1, 2))`, `tuple()`, `dict()`, `float('inf')`,
/// `complex(1, 2)`.
fn constructor(call: &ExprCall) -> Option<Value> {
    let name = call.func.as_name_expr()?.id.as_str();
    if !call.arguments.keywords.is_empty() {
        return None;
    }
    let args = items(&call.arguments.args)?;
    let elements = || match args.as_slice() {
        [] => Some(Vec::new()),
        [Value::Str(s)] => Some(s.chars().map(|c| Value::Str(c.to_string())).collect()),
        [one] => one.items().map(<[Value]>::to_vec),
        _ => None,
    };
    match name {
        "set" => set_of(elements()?).map(Value::Set),
        "frozenset" => set_of(elements()?).map(Value::FrozenSet),
        "list" if !matches!(args.as_slice(), [Value::Set(_) | Value::FrozenSet(_)]) => {
            elements().map(Value::List)
        }
        "tuple" if !matches!(args.as_slice(), [Value::Set(_) | Value::FrozenSet(_)]) => {
            elements().map(Value::Tuple)
        }
        "dict" if args.is_empty() => Some(Value::Dict(Vec::new())),
        "float" => match args.as_slice() {
            [Value::Str(s)] => float_from_text(s),
            [v @ (Value::Int(_) | Value::Float(_))] => v.as_f64().map(Value::Float),
            _ => None,
        },
        "complex" => match args.as_slice() {
            [re] => Some(Value::Complex(re.as_f64()?, 0.0)),
            [re, im] => Some(Value::Complex(re.as_f64()?, im.as_f64()?)),
            _ => None,
        },
        _ => None,
    }
}

/// Python's `float(text)` on the texts that are also read so by Rust.
fn float_from_text(text: &str) -> Option<Value> {
    let bare = text.trim().to_ascii_lowercase();
    match bare.trim_start_matches(['+', '-']) {
        "inf" | "infinity" | "nan" => {}
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {}
        _ => return None,
    }
    bare.parse().ok().map(Value::Float)
}

/// The elements without duplicates; `None` where one cannot be in a set.
fn set_of(items: Vec<Value>) -> Option<Vec<Value>> {
    if items.len() > MAX_KEYS {
        return None;
    }
    let mut set: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !hashable(&item) {
            return None;
        }
        if !set.iter().any(|v| v.same(&item)) {
            set.push(item);
        }
    }
    Some(set)
}

fn hashable(v: &Value) -> bool {
    match v {
        Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::Opaque { .. } => false,
        Value::Tuple(items) => items.iter().all(hashable),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::value;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        for (source, repr) in [
            ("-7", "-7"),
            ("0xff_ff", "65535"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("10**20", "100000000000000000000"),
            ("-2**3", "-8"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("0x123456789012345678901234", "5634002666912405225802306100"),
            ("1e3", "1000.0"),
            ("float('-inf')", "-inf"),
            ("1/4", "0.25"),
            ("3+4j", "complex(3.0, 4.0)"),
            ("'a' \"b\"", "'ab'"),
            ("'a' + 'b'", "'ab'"),
            ("r'\\n'", "'\\\\n'"),
            ("b'\\x00' b'a'", "b'\\x00a'"),
            ("(1,)", "(1,)"),
            ("()", "()"),
            ("[1, [2, (3, None)]]", "[1, [2, (3, None)]]"),
            ("{1, 2, 1}", "{1, 2}"),
            ("set()", "set()"),
            ("set([1, 1])", "{1}"),
            ("frozenset({2})", "frozenset({2})"),
            ("{'a': 1, 'a': 2}", "{'a': 2}"),
            ("[0] * 3", "[0, 0, 0]"),
            ("'ab' * 2", "'abab'"),
            ("not True", "False"),
            ("~5", "-6"),
        ] {
            assert_eq!(
                value(source).map(|v| v.to_string()).as_deref(),
                Some(repr),
                "{source}"
            );
        }
    }

    #[test]
    fn what_is_not_plain_data_is_left_to_python() {
        for source in [
            "x",
            "f(1)",
            "[x for x in y]",
            "lambda: 1",
            "{[1]}",
            "{**a}",
            "1 if 2 else 3",
            "2 ** 10 ** 10",
            "'a' * 10**9",
            "'\\ud800'",
            "f'{1}'",
            "float('ten')",
            "1 // 0",
            "1 +",
        ] {
            assert_eq!(value(source), None, "{source}");
        }
    }
}
