//! Asserts: which are a plain call with a plain expectation, and which are code.

use cogitree_engine::Value;
use rustpython_ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use rustpython_ruff_python_ast::{CmpOp, Expr, ExprCall, Operator, Stmt};

use super::{SyntaxError, literal, module};

/// What an assert says.
#[derive(Clone, Debug, PartialEq)]
pub enum Assertion {
    /// `assert f(args) == expected`, with plain data on both sides.
    Equal(Call, Value),
    /// `assert abs(f(args) - expected) < absolute`, or `math.isclose(…)`.
    Near(Call, Value, Close),
    /// Anything else that is Python.
    Code,
}

/// A call with plain data as its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: String,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Arguments given by name, in their order.
    pub keywords: Vec<(String, Value)>,
}

/// How near is near enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Close {
    /// Largest absolute difference.
    pub absolute: f64,
    /// Largest difference relative to the expected value.
    pub relative: f64,
}

/// Reads the source of a test: one `assert` statement, or any code.
///
/// # Errors
/// Where it is not Python.
pub fn read(source: &str) -> Result<Assertion, SyntaxError> {
    let statements = module(source.trim())?;
    Ok(match statements.as_slice() {
        [Stmt::Assert(a)] => of_condition(&a.test).unwrap_or(Assertion::Code),
        _ => Assertion::Code,
    })
}

fn of_condition(condition: &Expr) -> Option<Assertion> {
    match condition {
        Expr::Compare(c) => {
            let ([op], [right]) = (&*c.ops, &*c.comparators) else {
                return None;
            };
            match op {
                CmpOp::Eq => equal(&c.left, right).or_else(|| equal(right, &c.left)),
                // `is` between plain data is only sure for the singletons.
                CmpOp::Is => equal(&c.left, right)
                    .filter(|a| matches!(a, Assertion::Equal(_, Value::None | Value::Bool(_)))),
                CmpOp::Lt | CmpOp::LtE => near(&c.left, right),
                _ => None,
            }
        }
        Expr::Call(call) => is_close(call),
        _ => None,
    }
}

fn equal(left: &Expr, right: &Expr) -> Option<Assertion> {
    Some(Assertion::Equal(plain_call(left)?, literal(right)?))
}

/// `abs(f(x) - y) < tolerance`, either way round.
fn near(left: &Expr, right: &Expr) -> Option<Assertion> {
    let abs = left.as_call_expr()?;
    if abs.func.as_name_expr()?.id.as_str() != "abs" {
        return None;
    }
    let ([Expr::BinOp(difference)], []) = (&*abs.arguments.args, &*abs.arguments.keywords) else {
        return None;
    };
    if difference.op != Operator::Sub {
        return None;
    }
    let (a, b) = (&*difference.left, &*difference.right);
    let (call, expected) = match plain_call(a) {
        Some(call) => (call, literal(b)?),
        None => (plain_call(b)?, literal(a)?),
    };
    let close = Close {
        absolute: tolerance(&literal(right)?)?,
        relative: 0.0,
    };
    number(&expected).then_some(Assertion::Near(call, expected, close))
}

/// `math.isclose(f(x), y)` with Python's default tolerances or the given ones.
fn is_close(call: &ExprCall) -> Option<Assertion> {
    let name = match &*call.func {
        Expr::Name(n) => n.id.as_str(),
        Expr::Attribute(a) if a.value.as_name_expr()?.id.as_str() == "math" => a.attr.as_str(),
        _ => return None,
    };
    let [a, b] = &*call.arguments.args else {
        return None;
    };
    if name != "isclose" {
        return None;
    }
    let mut close = Close {
        absolute: 0.0,
        relative: 1e-9,
    };
    for keyword in &*call.arguments.keywords {
        let value = tolerance(&literal(&keyword.value)?)?;
        match keyword.arg.as_ref()?.as_str() {
            "rel_tol" => close.relative = value,
            "abs_tol" => close.absolute = value,
            _ => return None,
        }
    }
    let (call, expected) = match plain_call(a) {
        Some(call) => (call, literal(b)?),
        None => (plain_call(b)?, literal(a)?),
    };
    number(&expected).then_some(Assertion::Near(call, expected, close))
}

fn tolerance(v: &Value) -> Option<f64> {
    v.as_f64().filter(|t| t.is_finite() && *t >= 0.0)
}

fn number(v: &Value) -> bool {
    matches!(v, Value::Int(_) | Value::Float(_))
}

/// A call of a function by its name, where every argument is plain data. Constructors that
/// are read as literals (`set(…)`) are not calls.
fn plain_call(expr: &Expr) -> Option<Call> {
    let call = expr.as_call_expr()?;
    if literal(expr).is_some() {
        return None;
    }
    let function = call.func.as_name_expr()?.id.to_string();
    let args: Option<Vec<Value>> = call.arguments.args.iter().map(literal).collect();
    let keywords: Option<Vec<(String, Value)>> = call
        .arguments
        .keywords
        .iter()
        .map(|k| Some((k.arg.as_ref()?.to_string(), literal(&k.value)?)))
        .collect();
    Some(Call {
        function,
        args: args?,
        keywords: keywords?,
    })
}

/// A function that a test calls by name, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The function's name.
    pub function: String,
    /// Positional arguments; those of a starred list count one each.
    pub positional: usize,
    /// The names of those given by name.
    pub keywords: Vec<String>,
}

/// The function that code is about: the outermost call of a name that is neither built in
/// nor in `defined`, the first where several stand equally deep. Where there is none, the
/// outermost call of a built-in name: a task may ask for a `sum` of its own.
///
/// # Errors
/// Where the code is not Python.
pub fn called_function(code: &str, defined: &[String]) -> Result<Option<Called>, SyntaxError> {
    struct Outermost<'a> {
        defined: &'a [String],
        depth: usize,
        /// What was found, by the rank of its name and its depth.
        found: Option<((bool, usize), Called)>,
    }
    impl<'a> Visitor<'a> for Outermost<'_> {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            walk_stmt(self, stmt);
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Call(call) = expr
                && let Expr::Name(name) = &*call.func
                && literal(expr).is_none()
                && !self.defined.iter().any(|d| d == name.id.as_str())
            {
                let name = name.id.as_str();
                let rank = (BUILTINS.contains(&name), self.depth);
                if self.found.as_ref().is_none_or(|(best, _)| rank < *best) {
                    self.found = Some((rank, called(name, call)));
                }
            }
            self.depth += 1;
            walk_expr(self, expr);
            self.depth -= 1;
        }
    }
    let mut visitor = Outermost {
        defined,
        depth: 0,
        found: None,
    };
    for stmt in &module(code)? {
        visitor.visit_stmt(stmt);
    }
    Ok(visitor.found.map(|(_, c)| c))
}

fn called(function: &str, call: &ExprCall) -> Called {
    let count = |arg: &Expr| match arg {
        Expr::Starred(s) => match literal(&s.value) {
            Some(v) => v.items().map_or(1, <[Value]>::len),
            None => 1,
        },
        _ => 1,
    };
    Called {
        function: function.to_owned(),
        positional: call.arguments.args.iter().map(count).sum(),
        keywords: call
            .arguments
            .keywords
            .iter()
            .filter_map(|k| k.arg.as_ref().map(ToString::to_string))
            .collect(),
    }
}

/// The names that code defines at its top level.
pub fn definitions(code: &str) -> Vec<String> {
    let Ok(statements) = module(code) else {
        return Vec::new();
    };
    statements
        .iter()
        .filter_map(|s| match s {
            Stmt::FunctionDef(f) => Some(f.name.to_string()),
            Stmt::ClassDef(c) => Some(c.name.to_string()),
            _ => None,
        })
        .collect()
}

/// Built-in functions and types that a test calls around the function it is about.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "complex",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isclose",
    "isinstance",
    "issubclass",
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
    "slice",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
    "Counter",
    "OrderedDict",
    "defaultdict",
    "deque",
    "deepcopy",
    "Decimal",
    "Fraction",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn equal_text(source: &str) -> Option<String> {
        match read(source).unwrap() {
            Assertion::Equal(c, v) => {
                let mut args: Vec<String> = c.args.iter().map(ToString::to_string).collect();
                args.extend(c.keywords.iter().map(|(k, v)| format!("{k}={v}")));
                Some(format!("{}({}) -> {v}", c.function, args.join(", ")))
            }
            Assertion::Near(c, v, t) => Some(format!(
                "{} ~ {v} within {} or {}",
                c.function, t.absolute, t.relative
            )),
            Assertion::Code => None,
        }
    }

    #[test]
    fn plain_asserts_become_calls() {
        for (source, said) in [
            ("assert f(1, [2]) == (3,)", "f(1, [2]) -> (3,)"),
            ("assert f(x=1) == 2, 'because'", "f(x=1) -> 2"),
            ("assert (f('a')) == {1}", "f('a') -> {1}"),
            ("assert [] == f({})", "f({}) -> []"),
            ("assert f() is None", "f() -> None"),
            ("assert f() is True", "f() -> True"),
            ("assert f(1) == -10**9", "f(1) -> -1000000000"),
            (
                "assert abs(f(2) - 1.5) < 1e-6",
                "f ~ 1.5 within 0.000001 or 0",
            ),
            (
                "assert math.isclose(f(2), 1.5, rel_tol=0.01)",
                "f ~ 1.5 within 0 or 0.01",
            ),
        ] {
            assert_eq!(equal_text(source).as_deref(), Some(said), "{source}");
        }
    }

    #[test]
    fn other_asserts_stay_code() {
        for source in [
            "assert f(1)",
            "assert not f(1)",
            "assert f(g(1)) == 2",
            "assert f(1) == g(2)",
            "assert f(1) != 2",
            "assert f(1) is 5",
            "assert 1 == f(1) == 1",
            "assert set(f(1)) == {1}",
            "assert f(*[1]) == 1",
            "assert obj.f(1) == 1",
            "assert abs(f(1)) < 2",
            "x = 1\nassert f(x) == 1",
        ] {
            assert_eq!(equal_text(source), None, "{source}");
        }
        assert_eq!(read("assert f(1) ==").unwrap_err().line, 1);
    }

    #[test]
    fn the_function_is_the_outermost_unknown_call() {
        for (source, function) in [
            ("assert f(Pair(1, 2)) == 1", Some("f")),
            ("assert int(lob(5, 3)) == 35", Some("lob")),
            ("assert set(f([1])) == set([1])", Some("f")),
            ("assert not f(1)", Some("f")),
            ("assert sum(10, 15) == 6", Some("sum")),
            ("assert set([1]) == {1}", None),
            ("assert 1 == 1", None),
        ] {
            let found = called_function(source, &[]).unwrap();
            assert_eq!(
                found.as_ref().map(|c| c.function.as_str()),
                function,
                "{source}"
            );
        }
        let known = ["Node".to_owned()];
        let found = called_function("assert Node(f(1, k=2)) == 1", &known).unwrap();
        assert_eq!(
            found,
            Some(Called {
                function: "f".into(),
                positional: 1,
                keywords: vec!["k".into()]
            })
        );
    }
}
