//! From the ruff parser's tree to ours. What we do not know is an error that names it.

use std::sync::Arc;

use num_bigint::BigInt;
use rustpython_ruff_python_ast as ast;
use rustpython_ruff_python_parser as ruff_python_parser;

use super::syntax::{
    Binary, Clause, Compare, Expr, Function, Kind, Literal, Name, Piece, Stmt, Unary,
};

/// Why a source could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

type Result<T> = std::result::Result<T, Unreadable>;

fn unknown<T>(what: &str) -> Result<T> {
    Err(Unreadable(format!(
        "{what} is not part of the Sketcher's Python"
    )))
}

/// Reads a module.
pub(crate) fn module(source: &str) -> Result<Vec<Stmt>> {
    let parsed = ruff_python_parser::parse_module(source).map_err(|e| Unreadable(e.to_string()))?;
    block(&parsed.syntax().body)
}

/// Reads one expression.
pub(crate) fn expression(source: &str) -> Result<Expr> {
    let parsed =
        ruff_python_parser::parse_expression(source).map_err(|e| Unreadable(e.to_string()))?;
    expr(&parsed.syntax().body)
}

fn block(body: &[ast::Stmt]) -> Result<Vec<Stmt>> {
    body.iter().map(stmt).collect()
}

fn stmt(s: &ast::Stmt) -> Result<Stmt> {
    Ok(match s {
        ast::Stmt::Expr(e) => Stmt::Expr(expr(&e.value)?),
        ast::Stmt::Assign(a) => Stmt::Assign(exprs(&a.targets)?, expr(&a.value)?),
        ast::Stmt::AnnAssign(a) => match &a.value {
            Some(v) => Stmt::Assign(vec![expr(&a.target)?], expr(v)?),
            None => Stmt::Pass,
        },
        ast::Stmt::AugAssign(a) => {
            Stmt::Augmented(expr(&a.target)?, binary(a.op)?, expr(&a.value)?)
        }
        ast::Stmt::For(f) if !f.is_async => Stmt::For(
            expr(&f.target)?,
            expr(&f.iter)?,
            block(&f.body)?,
            block(&f.orelse)?,
        ),
        ast::Stmt::While(w) if w.orelse.is_empty() => Stmt::While(expr(&w.test)?, block(&w.body)?),
        ast::Stmt::If(i) => {
            let mut orelse = Vec::new();
            for clause in i.elif_else_clauses.iter().rev() {
                let body = block(&clause.body)?;
                orelse = match &clause.test {
                    Some(t) => vec![Stmt::If(expr(t)?, body, orelse)],
                    None => body,
                };
            }
            Stmt::If(expr(&i.test)?, block(&i.body)?, orelse)
        }
        ast::Stmt::Try(t) if t.orelse.is_empty() && t.finalbody.is_empty() => {
            let [ast::ExceptHandler::ExceptHandler(h)] = &t.handlers[..] else {
                return unknown("several handlers");
            };
            let caught = match h.type_.as_deref() {
                Some(ast::Expr::Tuple(t)) => exprs(&t.elts)?,
                Some(one) => vec![expr(one)?],
                None => return unknown("a bare except"),
            };
            let name = |e: &Expr| match e {
                Expr::Name(n) => Ok(n.clone()),
                _ => unknown("this handler"),
            };
            let names = caught.iter().map(name).collect::<Result<_>>()?;
            Stmt::Try(block(&t.body)?, names, block(&h.body)?)
        }
        ast::Stmt::Break(_) => Stmt::Break,
        ast::Stmt::Continue(_) => Stmt::Continue,
        ast::Stmt::Pass(_) => Stmt::Pass,
        ast::Stmt::Return(r) => Stmt::Return(r.value.as_deref().map(expr).transpose()?),
        ast::Stmt::FunctionDef(f) if !f.is_async && f.decorator_list.is_empty() => {
            Stmt::Def(Arc::new(Function {
                name: f.name.as_str().into(),
                parameters: parameters(&f.parameters)?,
                body: block(&f.body)?,
            }))
        }
        ast::Stmt::Import(i) => Stmt::Import(format!("import {}", names(&i.names)).into()),
        ast::Stmt::ImportFrom(i) => Stmt::Import(
            format!(
                "from {} import {}",
                i.module.as_ref().map_or("", |m| m.as_str()),
                names(&i.names)
            )
            .into(),
        ),
        _ => return unknown("this statement"),
    })
}

fn names(aliases: &[ast::Alias]) -> String {
    let names: Vec<String> = aliases
        .iter()
        .map(|a| match &a.asname {
            Some(n) => format!("{} as {}", a.name.as_str(), n.as_str()),
            None => a.name.as_str().to_owned(),
        })
        .collect();
    names.join(", ")
}

fn parameters(p: &ast::Parameters) -> Result<Vec<(Name, Option<Expr>)>> {
    if p.vararg.is_some() || p.kwarg.is_some() || !p.kwonlyargs.is_empty() {
        return unknown("a star parameter");
    }
    p.posonlyargs
        .iter()
        .chain(&p.args)
        .map(|a| {
            let default = a.default.as_deref().map(expr).transpose()?;
            Ok((Name::from(a.parameter.name.as_str()), default))
        })
        .collect()
}

fn exprs<'a>(v: impl IntoIterator<Item = &'a ast::Expr>) -> Result<Vec<Expr>> {
    v.into_iter().map(expr).collect()
}

fn boxed(e: &ast::Expr) -> Result<Box<Expr>> {
    Ok(Box::new(expr(e)?))
}

fn expr(e: &ast::Expr) -> Result<Expr> {
    Ok(match e {
        ast::Expr::Name(n) => Expr::name(n.id.as_str()),
        ast::Expr::NumberLiteral(n) => Expr::Literal(number(&n.value)?),
        ast::Expr::StringLiteral(s) => Expr::Literal(Literal::Str(s.value.to_str().into())),
        ast::Expr::BooleanLiteral(b) => Expr::Literal(Literal::Bool(b.value)),
        ast::Expr::NoneLiteral(_) => Expr::Literal(Literal::None),
        ast::Expr::List(l) => Expr::List(exprs(&l.elts)?),
        ast::Expr::Tuple(t) => Expr::Tuple(exprs(&t.elts)?),
        ast::Expr::Set(s) => Expr::Set(exprs(&s.elts)?),
        ast::Expr::Dict(d) => Expr::Dict(
            d.items
                .iter()
                .map(|i| Ok((i.key.as_ref().map(expr).transpose()?, expr(&i.value)?)))
                .collect::<Result<_>>()?,
        ),
        ast::Expr::Starred(s) => Expr::Starred(boxed(&s.value)?),
        ast::Expr::UnaryOp(u) => Expr::Unary(
            match u.op {
                ast::UnaryOp::Invert => Unary::Invert,
                ast::UnaryOp::Not => Unary::Not,
                ast::UnaryOp::UAdd => Unary::Plus,
                ast::UnaryOp::USub => Unary::Minus,
            },
            boxed(&u.operand)?,
        ),
        ast::Expr::BinOp(b) => Expr::Binary(boxed(&b.left)?, binary(b.op)?, boxed(&b.right)?),
        ast::Expr::BoolOp(b) => match b.op {
            ast::BoolOp::And => Expr::And(exprs(&b.values)?),
            ast::BoolOp::Or => Expr::Or(exprs(&b.values)?),
        },
        ast::Expr::Compare(c) => Expr::Compare(
            boxed(&c.left)?,
            c.ops
                .iter()
                .zip(&c.comparators)
                .map(|(op, e)| Ok((compare(*op), expr(e)?)))
                .collect::<Result<_>>()?,
        ),
        ast::Expr::If(i) => Expr::If(boxed(&i.test)?, boxed(&i.body)?, boxed(&i.orelse)?),
        ast::Expr::Call(c) => {
            let mut keywords = Vec::new();
            for k in &c.arguments.keywords {
                let Some(name) = &k.arg else {
                    return unknown("a double-starred argument");
                };
                keywords.push((Name::from(name.as_str()), expr(&k.value)?));
            }
            Expr::Call(boxed(&c.func)?, exprs(&c.arguments.args)?, keywords)
        }
        ast::Expr::Attribute(a) => Expr::Attribute(boxed(&a.value)?, a.attr.as_str().into()),
        ast::Expr::Subscript(s) => Expr::Subscript(boxed(&s.value)?, boxed(&s.slice)?),
        ast::Expr::Slice(s) => {
            let part = |e: &Option<Box<ast::Expr>>| e.as_deref().map(boxed).transpose();
            Expr::Slice(part(&s.lower)?, part(&s.upper)?, part(&s.step)?)
        }
        ast::Expr::Lambda(l) => Expr::Lambda(Arc::new(Function {
            name: "<lambda>".into(),
            parameters: match &l.parameters {
                Some(p) => parameters(p)?,
                None => vec![],
            },
            body: vec![Stmt::Return(Some(expr(&l.body)?))],
        })),
        ast::Expr::ListComp(c) => comprehension(Kind::List, &c.elt, None, &c.generators)?,
        ast::Expr::SetComp(c) => comprehension(Kind::Set, &c.elt, None, &c.generators)?,
        ast::Expr::Generator(c) => comprehension(Kind::Generator, &c.elt, None, &c.generators)?,
        ast::Expr::DictComp(c) => comprehension(Kind::Dict, &c.key, Some(&c.value), &c.generators)?,
        ast::Expr::FString(f) => Expr::Format(pieces(&f.value)?),
        ast::Expr::Named(n) => match &*n.target {
            ast::Expr::Name(t) => Expr::Named(t.id.as_str().into(), boxed(&n.value)?),
            _ => return unknown("this assignment"),
        },
        _ => return unknown("this expression"),
    })
}

fn comprehension(
    kind: Kind,
    element: &ast::Expr,
    value: Option<&ast::Expr>,
    clauses: &[ast::Comprehension],
) -> Result<Expr> {
    let clauses = clauses
        .iter()
        .map(|c| {
            Ok(Clause {
                target: expr(&c.target)?,
                iter: expr(&c.iter)?,
                conditions: exprs(&c.ifs)?,
            })
        })
        .collect::<Result<_>>()?;
    let value = value.map(boxed).transpose()?;
    Ok(Expr::Comprehension(kind, boxed(element)?, value, clauses))
}

fn pieces(value: &ast::FStringValue) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for part in value.as_slice() {
        match part {
            ast::FStringPart::Literal(s) => pieces.push(Piece::Text((&*s.value).into())),
            ast::FStringPart::FString(f) => {
                for element in &f.elements {
                    pieces.push(piece(element)?);
                }
            }
        }
    }
    Ok(pieces)
}

fn piece(element: &ast::InterpolatedStringElement) -> Result<Piece> {
    Ok(match element {
        ast::InterpolatedStringElement::Literal(l) => Piece::Text((&*l.value).into()),
        ast::InterpolatedStringElement::Interpolation(i) => {
            let mut spec = String::new();
            if let Some(s) = &i.format_spec {
                for e in &s.elements {
                    match e {
                        ast::InterpolatedStringElement::Literal(l) => spec.push_str(&l.value),
                        _ => return unknown("a computed format"),
                    }
                }
            }
            let repr = matches!(i.conversion, ast::ConversionFlag::Repr);
            Piece::Value(expr(&i.expression)?, repr, spec.into())
        }
    })
}

fn number(n: &ast::Number) -> Result<Literal> {
    Ok(match n {
        ast::Number::Int(i) => match i.as_i64() {
            Some(i) => Literal::Int(i),
            None => match i.to_string().parse::<BigInt>() {
                Ok(b) => Literal::Big(Arc::new(b)),
                Err(_) => return unknown("this number"),
            },
        },
        ast::Number::Float(f) => Literal::Float(*f),
        ast::Number::Complex { .. } => return unknown("a complex number"),
    })
}

fn binary(op: ast::Operator) -> Result<Binary> {
    Ok(match op {
        ast::Operator::Add => Binary::Add,
        ast::Operator::Sub => Binary::Sub,
        ast::Operator::Mult => Binary::Mul,
        ast::Operator::Div => Binary::Div,
        ast::Operator::FloorDiv => Binary::FloorDiv,
        ast::Operator::Mod => Binary::Mod,
        ast::Operator::Pow => Binary::Pow,
        ast::Operator::BitAnd => Binary::BitAnd,
        ast::Operator::BitOr => Binary::BitOr,
        ast::Operator::BitXor => Binary::BitXor,
        ast::Operator::LShift => Binary::Shl,
        ast::Operator::RShift => Binary::Shr,
        ast::Operator::MatMult => return unknown("@"),
    })
}

fn compare(op: ast::CmpOp) -> Compare {
    match op {
        ast::CmpOp::Eq => Compare::Eq,
        ast::CmpOp::NotEq => Compare::Ne,
        ast::CmpOp::Lt => Compare::Lt,
        ast::CmpOp::LtE => Compare::Le,
        ast::CmpOp::Gt => Compare::Gt,
        ast::CmpOp::GtE => Compare::Ge,
        ast::CmpOp::In => Compare::In,
        ast::CmpOp::NotIn => Compare::NotIn,
        ast::CmpOp::Is => Compare::Is,
        ast::CmpOp::IsNot => Compare::IsNot,
    }
}
