//! The small Python that the Sketcher reads, evaluates and prints: its syntax tree.
//!
//! Trees are immutable and shared (`Arc`), so that a vocabulary parsed once serves all
//! threads. Two nodes are not Python: [`Expr::Input`] and [`Expr::Apply`] stand where a
//! vocabulary entry is still open, and are replaced when a program is printed.

use std::sync::Arc;

use num_bigint::BigInt;

/// A name of a variable, function, attribute or module.
pub(crate) type Name = Arc<str>;

/// A constant in the source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer beyond 64 bits.
    Big(Arc<BigInt>),
    /// A float.
    Float(f64),
    /// A text.
    Str(Arc<str>),
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Minus,
    Plus,
    Invert,
    Not,
}

/// Binary arithmetic and bit operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Is,
    IsNot,
}

/// What a comprehension builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Set,
    Dict,
    Generator,
}

/// One `for … in … if …` of a comprehension.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) target: Expr,
    pub(crate) iter: Expr,
    pub(crate) conditions: Vec<Expr>,
}

/// A piece of an f-string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(Arc<str>),
    /// The expression, whether `!r` was asked for, and the format specification.
    Value(Expr, bool, Arc<str>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Literal(Literal),
    Name(Name),
    /// An input or constant hole of a vocabulary entry, by position.
    Input(usize),
    /// A function hole of a vocabulary entry, by position, applied.
    Apply(usize, Vec<Expr>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// Keys and values; without a key the value is unpacked (`**d`).
    Dict(Vec<(Option<Expr>, Expr)>),
    Starred(Box<Expr>),
    Unary(Unary, Box<Expr>),
    Binary(Box<Expr>, Binary, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Vec<(Compare, Expr)>),
    /// Test, value when true, value when false.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Vec<Expr>, Vec<(Name, Expr)>),
    Attribute(Box<Expr>, Name),
    Subscript(Box<Expr>, Box<Expr>),
    Slice(Option<Box<Expr>>, Option<Box<Expr>>, Option<Box<Expr>>),
    Lambda(Arc<Function>),
    /// Kind, element (the key of a dict), the value of a dict, clauses.
    Comprehension(Kind, Box<Expr>, Option<Box<Expr>>, Vec<Clause>),
    Format(Vec<Piece>),
    /// `(name := value)`.
    Named(Name, Box<Expr>),
}

/// A function's parameters and body; of a lambda the body is one `return`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: Name,
    pub(crate) parameters: Vec<(Name, Option<Expr>)>,
    pub(crate) body: Vec<Stmt>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stmt {
    Expr(Expr),
    /// Targets (several for `a = b = 0`) and the value.
    Assign(Vec<Expr>, Expr),
    Augmented(Expr, Binary, Expr),
    For(Expr, Expr, Vec<Stmt>, Vec<Stmt>),
    While(Expr, Vec<Stmt>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// A body, the names of exceptions, and what is done when one of them is raised in it.
    Try(Vec<Stmt>, Vec<Name>, Vec<Stmt>),
    Break,
    Continue,
    Pass,
    Return(Option<Expr>),
    Def(Arc<Function>),
    /// An import, by its source text: names are known without it.
    Import(Arc<str>),
    /// A comment line, which only the printer sees.
    Comment(Arc<str>),
}

impl Expr {
    /// A name.
    pub(crate) fn name(name: impl Into<Name>) -> Expr {
        Expr::Name(name.into())
    }

    /// An integer constant.
    pub(crate) fn int(i: i64) -> Expr {
        Expr::Literal(Literal::Int(i))
    }

    /// Calls `visit` on this expression and every one inside it, outermost first.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        let mut all = |v: &[Expr]| v.iter().for_each(|e| e.walk(visit));
        match self {
            Expr::Literal(_) | Expr::Name(_) | Expr::Input(_) => {}
            Expr::Apply(_, v)
            | Expr::List(v)
            | Expr::Tuple(v)
            | Expr::Set(v)
            | Expr::And(v)
            | Expr::Or(v) => all(v),
            Expr::Dict(items) => {
                for (k, v) in items {
                    if let Some(k) = k {
                        k.walk(visit);
                    }
                    v.walk(visit);
                }
            }
            Expr::Starred(e) | Expr::Unary(_, e) | Expr::Attribute(e, _) | Expr::Named(_, e) => {
                e.walk(visit);
            }
            Expr::Binary(a, _, b) | Expr::Subscript(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Expr::Compare(a, rest) => {
                a.walk(visit);
                rest.iter().for_each(|(_, e)| e.walk(visit));
            }
            Expr::If(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
            Expr::Call(f, args, keywords) => {
                f.walk(visit);
                args.iter().for_each(|e| e.walk(visit));
                keywords.iter().for_each(|(_, e)| e.walk(visit));
            }
            Expr::Slice(a, b, c) => {
                for e in [a, b, c].into_iter().flatten() {
                    e.walk(visit);
                }
            }
            Expr::Lambda(f) => f.body.iter().for_each(|s| s.walk(visit)),
            Expr::Comprehension(_, element, value, clauses) => {
                element.walk(visit);
                if let Some(v) = value {
                    v.walk(visit);
                }
                for c in clauses {
                    c.target.walk(visit);
                    c.iter.walk(visit);
                    c.conditions.iter().for_each(|e| e.walk(visit));
                }
            }
            Expr::Format(pieces) => {
                for p in pieces {
                    if let Piece::Value(e, _, _) = p {
                        e.walk(visit);
                    }
                }
            }
        }
    }
}

impl Stmt {
    /// Calls `visit` on every expression in the statement.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Stmt::Expr(e) => e.walk(visit),
            Stmt::Assign(targets, value) => {
                targets.iter().for_each(|t| t.walk(visit));
                value.walk(visit);
            }
            Stmt::Augmented(t, _, v) => {
                t.walk(visit);
                v.walk(visit);
            }
            Stmt::For(t, i, body, orelse) => {
                t.walk(visit);
                i.walk(visit);
                body.iter().chain(orelse).for_each(|s| s.walk(visit));
            }
            Stmt::While(t, body) => {
                t.walk(visit);
                body.iter().for_each(|s| s.walk(visit));
            }
            Stmt::If(t, body, orelse) => {
                t.walk(visit);
                body.iter().chain(orelse).for_each(|s| s.walk(visit));
            }
            Stmt::Try(body, _, handler) => {
                body.iter().chain(handler).for_each(|s| s.walk(visit));
            }
            Stmt::Return(Some(e)) => e.walk(visit),
            Stmt::Def(f) => f.body.iter().for_each(|s| s.walk(visit)),
            Stmt::Break
            | Stmt::Continue
            | Stmt::Pass
            | Stmt::Return(None)
            | Stmt::Import(_)
            | Stmt::Comment(_) => {}
        }
    }
}

impl Expr {
    /// Rebuilds the expression, innermost first, through `f`.
    pub(crate) fn map(&self, f: &mut dyn FnMut(Expr) -> Expr) -> Expr {
        fn all(v: &[Expr], f: &mut dyn FnMut(Expr) -> Expr) -> Vec<Expr> {
            v.iter().map(|e| e.map(f)).collect()
        }
        fn one(e: &Expr, f: &mut dyn FnMut(Expr) -> Expr) -> Box<Expr> {
            Box::new(e.map(f))
        }
        fn maybe(e: &Option<Box<Expr>>, f: &mut dyn FnMut(Expr) -> Expr) -> Option<Box<Expr>> {
            e.as_ref().map(|e| one(e, f))
        }
        let e = match self {
            Expr::Literal(_) | Expr::Name(_) | Expr::Input(_) => self.clone(),
            Expr::Apply(h, v) => Expr::Apply(*h, all(v, f)),
            Expr::List(v) => Expr::List(all(v, f)),
            Expr::Tuple(v) => Expr::Tuple(all(v, f)),
            Expr::Set(v) => Expr::Set(all(v, f)),
            Expr::And(v) => Expr::And(all(v, f)),
            Expr::Or(v) => Expr::Or(all(v, f)),
            Expr::Dict(items) => Expr::Dict(
                items
                    .iter()
                    .map(|(k, v)| (k.as_ref().map(|k| k.map(f)), v.map(f)))
                    .collect(),
            ),
            Expr::Starred(e) => Expr::Starred(one(e, f)),
            Expr::Unary(op, e) => Expr::Unary(*op, one(e, f)),
            Expr::Attribute(e, n) => Expr::Attribute(one(e, f), n.clone()),
            Expr::Named(n, e) => Expr::Named(n.clone(), one(e, f)),
            Expr::Binary(a, op, b) => Expr::Binary(one(a, f), *op, one(b, f)),
            Expr::Subscript(a, b) => Expr::Subscript(one(a, f), one(b, f)),
            Expr::Compare(a, rest) => {
                let a = one(a, f);
                Expr::Compare(a, rest.iter().map(|(op, e)| (*op, e.map(f))).collect())
            }
            Expr::If(a, b, c) => Expr::If(one(a, f), one(b, f), one(c, f)),
            Expr::Call(g, args, keywords) => Expr::Call(
                one(g, f),
                all(args, f),
                keywords
                    .iter()
                    .map(|(n, e)| (n.clone(), e.map(f)))
                    .collect(),
            ),
            Expr::Slice(a, b, c) => Expr::Slice(maybe(a, f), maybe(b, f), maybe(c, f)),
            Expr::Lambda(l) => Expr::Lambda(Arc::new(l.map(f))),
            Expr::Comprehension(kind, element, value, clauses) => Expr::Comprehension(
                *kind,
                one(element, f),
                maybe(value, f),
                clauses
                    .iter()
                    .map(|c| Clause {
                        target: c.target.map(f),
                        iter: c.iter.map(f),
                        conditions: all(&c.conditions, f),
                    })
                    .collect(),
            ),
            Expr::Format(pieces) => Expr::Format(
                pieces
                    .iter()
                    .map(|p| match p {
                        Piece::Text(t) => Piece::Text(t.clone()),
                        Piece::Value(e, r, s) => Piece::Value(e.map(f), *r, s.clone()),
                    })
                    .collect(),
            ),
        };
        f(e)
    }

    /// How many nodes it has.
    pub(crate) fn size(&self) -> usize {
        let mut n = 0;
        self.walk(&mut |_| n += 1);
        n
    }
}

impl Function {
    fn map(&self, f: &mut dyn FnMut(Expr) -> Expr) -> Function {
        // Names of parameters are renamed with the body.
        let rename = |n: &Name, f: &mut dyn FnMut(Expr) -> Expr| match f(Expr::Name(n.clone())) {
            Expr::Name(n) => n,
            _ => n.clone(),
        };
        Function {
            name: self.name.clone(),
            parameters: self
                .parameters
                .iter()
                .map(|(n, d)| (rename(n, f), d.as_ref().map(|d| d.map(f))))
                .collect(),
            body: self.body.iter().map(|s| s.map(f)).collect(),
        }
    }
}

impl Stmt {
    /// Rebuilds the statement with every expression passed through [`Expr::map`].
    pub(crate) fn map(&self, f: &mut dyn FnMut(Expr) -> Expr) -> Stmt {
        fn block(v: &[Stmt], f: &mut dyn FnMut(Expr) -> Expr) -> Vec<Stmt> {
            v.iter().map(|s| s.map(f)).collect()
        }
        match self {
            Stmt::Expr(e) => Stmt::Expr(e.map(f)),
            Stmt::Assign(targets, v) => {
                Stmt::Assign(targets.iter().map(|t| t.map(f)).collect(), v.map(f))
            }
            Stmt::Augmented(t, op, v) => Stmt::Augmented(t.map(f), *op, v.map(f)),
            Stmt::For(t, i, body, orelse) => {
                Stmt::For(t.map(f), i.map(f), block(body, f), block(orelse, f))
            }
            Stmt::While(t, body) => Stmt::While(t.map(f), block(body, f)),
            Stmt::If(t, body, orelse) => Stmt::If(t.map(f), block(body, f), block(orelse, f)),
            Stmt::Try(body, names, handler) => {
                Stmt::Try(block(body, f), names.clone(), block(handler, f))
            }
            Stmt::Return(e) => Stmt::Return(e.as_ref().map(|e| e.map(f))),
            Stmt::Def(d) => {
                let name = match f(Expr::Name(d.name.clone())) {
                    Expr::Name(n) => n,
                    _ => d.name.clone(),
                };
                let mut d = d.map(f);
                d.name = name;
                Stmt::Def(Arc::new(d))
            }
            Stmt::Break | Stmt::Continue | Stmt::Pass | Stmt::Import(_) | Stmt::Comment(_) => {
                self.clone()
            }
        }
    }
}
