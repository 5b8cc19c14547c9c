//! Making a program ready to be run.
//!
//! What would run by itself when a function is loaded goes: tests, examples of use, and what stands
//! below `if __name__ == "__main__"`; a wrong test of the model's own would take a right function
//! with it. What the problem gives before the function comes, and imports that were forgotten.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cogitree_engine::Signature;
use cogitree_python::module;
use rustpython_ruff_python_ast::{Expr, Stmt};
use rustpython_ruff_text_size::Ranged;

use super::names::{self, Names};

/// A function's module. `None` where the code is no Python.
pub(super) fn function(source: &str, signature: &Signature) -> Option<String> {
    let body = module(source).ok()?;
    let source = without_runs(source, &body, &signature.name);
    let source = with_preamble(source, &signature.preamble);
    with_imports(source)
}

/// A script: all of it runs.
pub(super) fn script(source: &str) -> Option<String> {
    with_imports(source.to_owned())
}

/// The source without the statements at its top level that test or show the function.
fn without_runs(source: &str, body: &[Stmt], entry_point: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut kept = 0;
    for statement in body.iter().filter(|s| runs(s, entry_point)) {
        let range = statement.range().to_std_range();
        let start = source[..range.start].rfind('\n').map_or(0, |i| i + 1);
        let end = source[range.end..]
            .find('\n')
            .map_or(source.len(), |i| range.end + i + 1);
        // Of a line with several statements nothing is taken.
        let alone = |text: &str| {
            let text = text.trim();
            text.is_empty() || text.starts_with('#')
        };
        if start >= kept && alone(&source[start..range.start]) && alone(&source[range.end..end]) {
            out.push_str(&source[kept..start]);
            kept = end;
        }
    }
    out.push_str(&source[kept..]);
    out
}

/// Whether a statement only tests or shows a function.
fn runs(statement: &Stmt, entry_point: &str) -> bool {
    match statement {
        Stmt::Assert(_) => true,
        Stmt::If(branch) => is_main(&branch.test),
        Stmt::Expr(e) => e
            .value
            .as_call_expr()
            .is_some_and(|call| match &*call.func {
                Expr::Name(n) => [entry_point, "print", "check", "main"].contains(&n.id.as_str()),
                Expr::Attribute(a) => {
                    let module = a.value.as_name_expr().map(|n| n.id.as_str());
                    matches!(
                        (module, a.attr.as_str()),
                        (Some("unittest"), "main") | (Some("doctest"), "testmod")
                    )
                }
                _ => false,
            }),
        _ => false,
    }
}

/// `__name__ == "__main__"`, either way round.
fn is_main(test: &Expr) -> bool {
    let Expr::Compare(c) = test else {
        return false;
    };
    let name = |e: &Expr| {
        e.as_name_expr()
            .is_some_and(|n| n.id.as_str() == "__name__")
    };
    name(&c.left) || c.comparators.iter().any(name)
}

/// The program with what the problem gives before the function, unless it has all of that itself.
/// The tests may use it, too.
fn with_preamble(source: String, preamble: &str) -> String {
    let (Ok(given), Ok(body)) = (module(preamble), module(&source)) else {
        return source;
    };
    let own = Names::of(&body);
    if names::defined(&given).all(|name| own.binds(name)) {
        return source;
    }
    after_future(&source, &body, &format!("{}\n\n\n", preamble.trim()))
}

/// The program with the imports that it lacks.
fn with_imports(source: String) -> Option<String> {
    let body = module(&source).ok()?;
    let names = Names::of(&body);
    let mut from: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut modules = Vec::new();
    for (module, members) in MEMBERS {
        let lacking = members.iter().filter(|m| names.lacks(m)).copied();
        let lacking: Vec<&str> = lacking.collect();
        if !lacking.is_empty() {
            from.insert(module, lacking);
        }
    }
    for module in MODULES {
        if names.lacks(module) {
            modules.push(*module);
        }
    }
    if from.is_empty() && modules.is_empty() {
        return Some(source);
    }
    let mut imports = String::new();
    for module in modules {
        let _ = writeln!(imports, "import {module}");
    }
    for (module, members) in from {
        let _ = writeln!(imports, "from {module} import {}", members.join(", "));
    }
    imports.push('\n');
    Some(after_future(&source, &body, &imports))
}

/// The source with a text put before everything but `from __future__` imports, which must come first.
fn after_future(source: &str, body: &[Stmt], text: &str) -> String {
    let future = |s: &&Stmt| {
        let from = s.as_import_from_stmt().and_then(|i| i.module.as_ref());
        from.is_some_and(|m| m.as_str() == "__future__")
    };
    let at = body.iter().rfind(future).map_or(0, |s| {
        let end = s.range().to_std_range().end;
        source[end..]
            .find('\n')
            .map_or(source.len(), |i| end + i + 1)
    });
    let (before, after) = source.split_at(at);
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{gap}{text}{after}")
}

/// Names that programs use without importing them, by module. None is a name of something else in
/// ordinary code: what a program binds itself is not looked up here.
const MEMBERS: &[(&str, &[&str])] = &[
    ("bisect", &["bisect_left", "bisect_right", "insort"]),
    (
        "collections",
        &[
            "Counter",
            "OrderedDict",
            "defaultdict",
            "deque",
            "namedtuple",
        ],
    ),
    ("copy", &["deepcopy"]),
    ("dataclasses", &["dataclass"]),
    ("decimal", &["Decimal"]),
    ("fractions", &["Fraction"]),
    (
        "functools",
        &["cache", "cmp_to_key", "lru_cache", "partial", "reduce"],
    ),
    (
        "heapq",
        &[
            "heapify",
            "heappop",
            "heappush",
            "heappushpop",
            "heapreplace",
            "nlargest",
            "nsmallest",
        ],
    ),
    (
        "itertools",
        &[
            "accumulate",
            "chain",
            "combinations",
            "groupby",
            "pairwise",
            "permutations",
            "product",
            "zip_longest",
        ],
    ),
    (
        "math",
        &[
            "ceil",
            "factorial",
            "floor",
            "gcd",
            "inf",
            "isqrt",
            "log2",
            "sqrt",
        ],
    ),
    (
        "typing",
        &[
            "Any",
            "Callable",
            "DefaultDict",
            "Deque",
            "Dict",
            "FrozenSet",
            "Generator",
            "Iterable",
            "Iterator",
            "List",
            "Literal",
            "Mapping",
            "NamedTuple",
            "Optional",
            "Sequence",
            "Set",
            "Tuple",
            "Type",
            "TypeVar",
            "Union",
        ],
    ),
];

/// Modules that programs use without importing them.
const MODULES: &[&str] = &[
    "bisect",
    "collections",
    "copy",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "sys",
];
