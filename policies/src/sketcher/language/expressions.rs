//! Expressions, calls and comprehensions.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::evaluator::{Flow, Frame, Interpreter, table_of};
use super::object::{Fault, Object, Outcome, TYPE_ERROR, Table};
use super::syntax::{Clause, Expr, Kind, Name, Piece, Stmt, Unary};
use super::{builtins, format, operators};

impl Interpreter<'_> {
    pub(super) fn all(&mut self, frame: &mut Frame, exprs: &[Expr]) -> Outcome<Vec<Object>> {
        let mut out = Vec::with_capacity(exprs.len());
        for e in exprs {
            if let Expr::Starred(e) = e {
                let v = self.expr(frame, e)?;
                out.extend(self.items(&v)?);
            } else {
                out.push(self.expr(frame, e)?);
            }
        }
        Ok(out)
    }

    pub(crate) fn expr(&mut self, frame: &mut Frame, e: &Expr) -> Outcome<Object> {
        self.burn(1)?;
        Ok(match e {
            Expr::Literal(l) => Object::literal(l),
            Expr::Name(n) => self.lookup(frame, n)?,
            Expr::Input(i) => match &frame.binding {
                Some(b) => b.inputs.get(*i).cloned().ok_or(Fault::Unknown)?,
                None => return Err(Fault::Unknown),
            },
            Expr::Apply(h, args) => {
                let args = self.all(frame, args)?;
                let binding = frame.binding.clone().ok_or(Fault::Unknown)?;
                let filler = binding.fillers.get(*h).ok_or(Fault::Unknown)?;
                self.fill(filler, args)?
            }
            Expr::List(v) => Object::list(self.all(frame, v)?),
            Expr::Tuple(v) => Object::tuple(self.all(frame, v)?),
            Expr::Set(v) => {
                let items = self.all(frame, v)?;
                Object::set(table_of(items)?)
            }
            Expr::Dict(items) => {
                let mut table = Table::default();
                for (k, v) in items {
                    match k {
                        Some(k) => {
                            let k = self.expr(frame, k)?.key()?;
                            table.insert(k, self.expr(frame, v)?);
                        }
                        None => match self.expr(frame, v)? {
                            Object::Dict(d) => table.extend(d.borrow().table.clone()),
                            _ => return Err(TYPE_ERROR),
                        },
                    }
                }
                Object::dict(table)
            }
            Expr::Starred(_) => return Err(Fault::Unknown),
            Expr::Unary(Unary::Not, e) => Object::Bool(!self.expr(frame, e)?.truth()),
            Expr::Unary(op, e) => {
                let v = self.expr(frame, e)?;
                operators::unary(*op, &v)?
            }
            Expr::Binary(a, op, b) => {
                let a = self.expr(frame, a)?;
                let b = self.expr(frame, b)?;
                operators::binary(self, *op, &a, &b)?
            }
            Expr::And(v) | Expr::Or(v) => {
                let stop_at = matches!(e, Expr::Or(_));
                let mut last = Object::None;
                for e in v {
                    last = self.expr(frame, e)?;
                    if last.truth() == stop_at {
                        break;
                    }
                }
                last
            }
            Expr::Compare(first, rest) => {
                let mut left = self.expr(frame, first)?;
                for (op, e) in rest {
                    let right = self.expr(frame, e)?;
                    if !operators::compare(self, *op, &left, &right)? {
                        return Ok(Object::Bool(false));
                    }
                    left = right;
                }
                Object::Bool(true)
            }
            Expr::If(test, a, b) => {
                let branch = if self.expr(frame, test)?.truth() {
                    a
                } else {
                    b
                };
                self.expr(frame, branch)?
            }
            Expr::Call(f, args, keywords) => self.call_expr(frame, f, args, keywords)?,
            Expr::Attribute(o, name) => {
                let o = self.expr(frame, o)?;
                match &o {
                    Object::Module(m) => builtins::module_member(m, name).ok_or(Fault::Unknown)?,
                    _ => Object::Method(Rc::new(o), name.clone()),
                }
            }
            Expr::Subscript(o, key) => {
                let o = self.expr(frame, o)?;
                if let Expr::Slice(a, b, c) = &**key {
                    let mut part = |e: &Option<Box<Expr>>| -> Outcome<Option<i64>> {
                        match e {
                            None => Ok(None),
                            Some(e) => match self.expr(frame, e)? {
                                Object::None => Ok(None),
                                v => v.index().map(Some),
                            },
                        }
                    };
                    let (a, b, c) = (part(a)?, part(b)?, part(c)?);
                    return self.slice(&o, a, b, c);
                }
                let key = self.expr(frame, key)?;
                self.subscript(&o, &key)?
            }
            Expr::Slice(..) => return Err(Fault::Unknown),
            Expr::Lambda(f) => self.closure(frame, f)?,
            Expr::Comprehension(kind, element, value, clauses) => {
                self.comprehension(frame, *kind, element, value.as_deref(), clauses)?
            }
            Expr::Format(pieces) => {
                let mut text = String::new();
                for p in pieces {
                    match p {
                        Piece::Text(t) => text.push_str(t),
                        Piece::Value(e, repr, spec) => {
                            let mut v = self.expr(frame, e)?;
                            if *repr {
                                v = Object::str(v.repr());
                            }
                            text.push_str(&format::format(&v, spec)?);
                        }
                    }
                }
                Object::str(text)
            }
            Expr::Named(n, e) => {
                let v = self.expr(frame, e)?;
                frame.set(0, n, v.clone());
                v
            }
        })
    }

    pub(super) fn call_expr(
        &mut self,
        frame: &mut Frame,
        f: &Expr,
        args: &[Expr],
        keywords: &[(Name, Expr)],
    ) -> Outcome<Object> {
        // `any` and `all` stop early, which matters for both work and errors.
        if let (Expr::Name(n), [Expr::Comprehension(Kind::Generator, element, _, clauses)]) =
            (f, args)
        {
            let stop_at = match &**n {
                "any" => Some(true),
                "all" => Some(false),
                _ => None,
            };
            if let Some(stop_at) = stop_at {
                let mut found = !stop_at;
                self.walk(frame, clauses, &mut |me, frame| {
                    if me.expr(frame, element)?.truth() == stop_at {
                        found = stop_at;
                        return Ok(ControlFlow::Break(()));
                    }
                    Ok(ControlFlow::Continue(()))
                })?;
                return Ok(Object::Bool(found));
            }
            if &**n == "next" {
                let mut found = None;
                self.walk(frame, clauses, &mut |me, frame| {
                    found = Some(me.expr(frame, element)?);
                    Ok(ControlFlow::Break(()))
                })?;
                return found.ok_or(Fault::Raised("StopIteration"));
            }
        }
        if let (
            Expr::Name(n),
            [
                Expr::Comprehension(Kind::Generator, element, _, clauses),
                default,
            ],
        ) = (f, args)
            && &**n == "next"
        {
            let mut found = None;
            self.walk(frame, clauses, &mut |me, frame| {
                found = Some(me.expr(frame, element)?);
                Ok(ControlFlow::Break(()))
            })?;
            return match found {
                Some(v) => Ok(v),
                None => self.expr(frame, default),
            };
        }
        // A method call without the bound-method object in between.
        if let Expr::Attribute(o, name) = f {
            let o = self.expr(frame, o)?;
            if let Object::Module(m) = &o {
                let f = builtins::module_member(m, name).ok_or(Fault::Unknown)?;
                let args = self.all(frame, args)?;
                let keywords = self.keywords(frame, keywords)?;
                return self.call(&f, args, keywords);
            }
            let args = self.all(frame, args)?;
            let keywords = self.keywords(frame, keywords)?;
            return super::methods::call(self, &o, name, args, keywords);
        }
        let f = self.expr(frame, f)?;
        let args = self.all(frame, args)?;
        let keywords = self.keywords(frame, keywords)?;
        self.call(&f, args, keywords)
    }

    pub(super) fn keywords(
        &mut self,
        frame: &mut Frame,
        keywords: &[(Name, Expr)],
    ) -> Outcome<Vec<(Name, Object)>> {
        keywords
            .iter()
            .map(|(n, e)| Ok((n.clone(), self.expr(frame, e)?)))
            .collect()
    }

    /// Calls a function value.
    pub(crate) fn call(
        &mut self,
        f: &Object,
        args: Vec<Object>,
        keywords: Vec<(Name, Object)>,
    ) -> Outcome<Object> {
        self.burn(2)?;
        match f {
            Object::Closure(c) => {
                let parameters = &c.function.parameters;
                if args.len() > parameters.len() {
                    return Err(TYPE_ERROR);
                }
                let mut vars = c.captured.clone();
                if !vars.is_empty() || c.binding.is_some() {
                    vars.push((c.function.name.clone(), f.clone()));
                }
                let given = args.len();
                let required = parameters.len() - c.defaults.len();
                let mut args = args.into_iter();
                for (i, (name, _)) in parameters.iter().enumerate() {
                    let value = if i < given {
                        args.next()
                    } else if let Some((_, v)) = keywords.iter().find(|(n, _)| n == name) {
                        Some(v.clone())
                    } else if i >= required {
                        c.defaults.get(i - required).cloned()
                    } else {
                        None
                    };
                    vars.push((name.clone(), value.ok_or(TYPE_ERROR)?));
                }
                let mut frame = Frame {
                    vars,
                    binding: c.binding.clone(),
                };
                self.nested(|me| {
                    // The common lambda, without the detour of a block.
                    if let [Stmt::Return(Some(e))] = &c.function.body[..] {
                        return me.expr(&mut frame, e);
                    }
                    match me.block(&mut frame, &c.function.body)? {
                        Flow::Return(v) => Ok(v),
                        _ => Ok(Object::None),
                    }
                })
            }
            Object::Builtin(name) => self.nested(|me| builtins::call(me, name, args, keywords)),
            Object::Method(o, name) => {
                self.nested(|me| super::methods::call(me, o, name, args, keywords))
            }
            _ => Err(TYPE_ERROR),
        }
    }

    pub(super) fn comprehension(
        &mut self,
        frame: &mut Frame,
        kind: Kind,
        element: &Expr,
        value: Option<&Expr>,
        clauses: &[Clause],
    ) -> Outcome<Object> {
        if let (Kind::Dict, Some(value)) = (kind, value) {
            let mut table = Table::default();
            self.walk(frame, clauses, &mut |me, frame| {
                let k = me.expr(frame, element)?.key()?;
                let v = me.expr(frame, value)?;
                table.insert(k, v);
                Ok(ControlFlow::Continue(()))
            })?;
            return Ok(Object::dict(table));
        }
        let mut out = Vec::new();
        self.walk(frame, clauses, &mut |me, frame| {
            out.push(me.expr(frame, element)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(match kind {
            Kind::Set => Object::set(table_of(out)?),
            Kind::List => Object::list(out),
            _ => Object::iter(out),
        })
    }

    /// Visits every binding of a comprehension's clauses, in a scope of its own.
    pub(super) fn walk(
        &mut self,
        frame: &mut Frame,
        clauses: &[Clause],
        visit: &mut dyn FnMut(&mut Self, &mut Frame) -> Outcome<ControlFlow<()>>,
    ) -> Outcome<()> {
        let base = frame.vars.len();
        let result = self.clauses(frame, base, clauses, visit);
        frame.vars.truncate(base);
        result.map(|_| ())
    }

    pub(super) fn clauses(
        &mut self,
        frame: &mut Frame,
        base: usize,
        clauses: &[Clause],
        visit: &mut dyn FnMut(&mut Self, &mut Frame) -> Outcome<ControlFlow<()>>,
    ) -> Outcome<ControlFlow<()>> {
        let Some((clause, rest)) = clauses.split_first() else {
            return visit(self, frame);
        };
        let iter = self.expr(frame, &clause.iter)?;
        let mut result = ControlFlow::Continue(());
        self.each(&iter, &mut |me, item| {
            me.assign(frame, base, &clause.target, item)?;
            for c in &clause.conditions {
                if !me.expr(frame, c)?.truth() {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            result = me.clauses(frame, base, rest, visit)?;
            Ok(result)
        })?;
        Ok(result)
    }
}
