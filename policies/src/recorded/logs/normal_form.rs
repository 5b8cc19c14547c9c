//! When two recorded programs are one state.

use std::fmt;
use std::hash::{Hash, Hasher};

use rustpython_ruff_python_ast::comparable::ComparableStmt;
use rustpython_ruff_python_ast::visitor::transformer::{Transformer, walk_parameter, walk_stmt};
use rustpython_ruff_python_ast::{AtomicNodeIndex, Expr, Parameter, Stmt, StmtAssign, StmtPass};
use rustpython_ruff_python_parser::parse_module;
use rustpython_ruff_text_size::TextRange;

/// The longest text whose tree is looked at; of a longer one the text counts.
const LONGEST: usize = 32 << 10;

/// The stack for a text of that length in which every character opens another level: the parser and
/// what walks its tree recurse, and a stack that overflows ends the process.
const STACK: usize = 512 << 20;

/// A program's syntax tree without docstrings, annotations, comments and top-level asserts, as a
/// fingerprint of 256 bits. What is no Python is its text, white space at line ends apart.
///
/// Two programs of one normal form do the same, so what was recorded of one may be replayed for the
/// other.
///
/// ```
/// use cogitree_policies::logs::NormalForm;
/// let a = NormalForm::of("def f(x: int) -> int:\n    \"\"\"Double it.\"\"\"\n    return 2 * x  # twice\n");
/// let b = NormalForm::of("def f(x):\n    return (2 * x)\n\nassert f(2) == 4\n");
/// assert_eq!(a, b);
/// assert_ne!(a, NormalForm::of("def f(x):\n    return x * 2\n"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NormalForm([u8; 32]);

impl NormalForm {
    /// The normal form of a source text.
    pub fn of(source: &str) -> NormalForm {
        deep(source, of_tree).unwrap_or_else(|| {
            let lines: Vec<&str> = source.trim().lines().map(str::trim_end).collect();
            let mut hasher = blake3::Hasher::new();
            hasher.update(b"text\0").update(lines.join("\n").as_bytes());
            NormalForm(hasher.finalize().into())
        })
    }

    pub(super) fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    pub(super) fn from_hex(text: &str) -> Option<NormalForm> {
        let hash = blake3::Hash::from_hex(text).ok()?;
        Some(NormalForm(*hash.as_bytes()))
    }
}

impl fmt::Debug for NormalForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.0[..8] {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A source text without the asserts at its top level: tests that a model wrote for itself are no part
/// of its program, and a wrong one would keep it from loading.
pub(super) fn without_asserts(source: &str) -> String {
    let cut = deep(source, |body| {
        let ranges = body.iter().filter_map(|stmt| match stmt {
            Stmt::Assert(assert) => Some(assert.range),
            _ => None,
        });
        let mut rest = String::with_capacity(source.len());
        let mut at = 0;
        for range in ranges {
            rest.push_str(&source[at..range.start().into()]);
            at = range.end().into();
        }
        rest.push_str(&source[at..]);
        rest
    });
    cut.unwrap_or_else(|| source.to_owned())
}

/// Whether a text is Python that defines a function at its top level.
pub(super) fn defines_function(source: &str) -> bool {
    deep(source, |body| {
        body.iter().any(|s| matches!(s, Stmt::FunctionDef(_)))
    })
    .unwrap_or(false)
}

/// Works on the statements of a text where there is room for them; `None` for what is no Python.
fn deep<R: Send>(source: &str, work: impl FnOnce(Vec<Stmt>) -> R + Send) -> Option<R> {
    if source.len() > LONGEST {
        return None;
    }
    let read = || {
        let parsed = parse_module(source).ok()?;
        Some(work(parsed.into_suite().into_iter().collect()))
    };
    std::thread::scope(|s| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(s, read).ok()?.join().ok()?
    })
}

fn of_tree(mut body: Vec<Stmt>) -> NormalForm {
    body.retain(|stmt| !matches!(stmt, Stmt::Assert(_)));
    Strip.strip(&mut body);
    Strip.visit_body(&mut body);
    let mut hasher = Digest(blake3::Hasher::new());
    hasher.write(b"tree\0");
    for stmt in &body {
        ComparableStmt::from(stmt).hash(&mut hasher);
    }
    NormalForm(hasher.0.finalize().into())
}

/// Takes docstrings and annotations out of a tree.
struct Strip;

impl Strip {
    fn strip(&self, body: &mut Vec<Stmt>) {
        body.retain(|stmt| !is_text(stmt) && !is_declaration(stmt));
        if body.is_empty() {
            body.push(Stmt::Pass(StmtPass {
                node_index: AtomicNodeIndex::default(),
                range: TextRange::default(),
            }));
        }
    }
}

impl Transformer for Strip {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.returns = None;
                self.strip(&mut def.body);
            }
            Stmt::ClassDef(def) => self.strip(&mut def.body),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = assign.value.take() {
                    *stmt = Stmt::Assign(StmtAssign {
                        node_index: AtomicNodeIndex::default(),
                        range: assign.range,
                        targets: vec![(*assign.target).clone()],
                        value,
                    });
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_parameter(&self, parameter: &mut Parameter) {
        parameter.annotation = None;
        walk_parameter(self, parameter);
    }
}

/// A text on its own: a docstring, or as good as one.
fn is_text(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Expr(e) if matches!(*e.value, Expr::StringLiteral(_)))
}

/// `x: int` without a value.
fn is_declaration(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::AnnAssign(a) if a.value.is_none())
}

/// What `Hash` says, as a digest that is the same in every run.
struct Digest(blake3::Hasher);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}
