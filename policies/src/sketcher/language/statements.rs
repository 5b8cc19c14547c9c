//! Statements and targets.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::evaluator::{Flow, Frame, Interpreter};
use super::object::{Closure, Fault, Object, Outcome, TYPE_ERROR, VALUE_ERROR};
use super::operators;
use super::sequences::position;
use super::syntax::{Binary, Expr, Function, Stmt};

impl Interpreter<'_> {
    pub(crate) fn block(&mut self, frame: &mut Frame, block: &[Stmt]) -> Outcome<Flow> {
        for s in block {
            match self.stmt(frame, 0, s)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn stmt(&mut self, frame: &mut Frame, base: usize, s: &Stmt) -> Outcome<Flow> {
        self.burn(1)?;
        match s {
            Stmt::Expr(e) => {
                self.expr(frame, e)?;
            }
            Stmt::Assign(targets, value) => {
                let v = self.expr(frame, value)?;
                for t in targets {
                    self.assign(frame, base, t, v.clone())?;
                }
            }
            Stmt::Augmented(target, op, value) => {
                let old = self.expr(frame, target)?;
                let v = self.expr(frame, value)?;
                // `+=` extends a list in place, which other names of it see.
                if let (Object::List(l), Binary::Add) = (&old, op) {
                    let more = self.items(&v)?;
                    self.burn(more.len())?;
                    l.borrow_mut().extend(more);
                } else {
                    let new = operators::binary(self, *op, &old, &v)?;
                    self.assign(frame, base, target, new)?;
                }
            }
            Stmt::For(target, iter, body, orelse) => {
                let iter = self.expr(frame, iter)?;
                let mut flow = Flow::Next;
                let mut broken = false;
                self.each(&iter, &mut |me, item| {
                    me.assign(frame, 0, target, item)?;
                    Ok(match me.block(frame, body)? {
                        Flow::Next | Flow::Continue => ControlFlow::Continue(()),
                        Flow::Break => {
                            broken = true;
                            ControlFlow::Break(())
                        }
                        r @ Flow::Return(_) => {
                            broken = true;
                            flow = r;
                            ControlFlow::Break(())
                        }
                    })
                })?;
                if !broken {
                    return self.block(frame, orelse);
                }
                return Ok(flow);
            }
            Stmt::While(test, body) => {
                while self.expr(frame, test)?.truth() {
                    self.burn(1)?;
                    match self.block(frame, body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        r @ Flow::Return(_) => return Ok(r),
                    }
                }
            }
            Stmt::If(test, body, orelse) => {
                let branch = if self.expr(frame, test)?.truth() {
                    body
                } else {
                    orelse
                };
                return self.block(frame, branch);
            }
            Stmt::Try(body, names, handler) => {
                return match self.block(frame, body) {
                    Err(Fault::Raised(e)) if names.iter().any(|n| **n == *e) => {
                        self.block(frame, handler)
                    }
                    other => other,
                };
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Return(e) => {
                return Ok(Flow::Return(match e {
                    Some(e) => self.expr(frame, e)?,
                    None => Object::None,
                }));
            }
            Stmt::Def(f) => {
                let closure = self.closure(frame, f)?;
                frame.set(base, &f.name, closure);
            }
            Stmt::Pass | Stmt::Import(_) | Stmt::Comment(_) => {}
        }
        Ok(Flow::Next)
    }

    pub(super) fn closure(&mut self, frame: &mut Frame, f: &Arc<Function>) -> Outcome<Object> {
        let mut defaults = Vec::new();
        for (_, d) in &f.parameters {
            if let Some(d) = d {
                defaults.push(self.expr(frame, d)?);
            }
        }
        Ok(Object::Closure(Rc::new(Closure {
            function: f.clone(),
            captured: frame.vars.clone(),
            defaults,
            binding: frame.binding.clone(),
        })))
    }

    /// Binds a target; names below `base` belong to an outer scope and are not overwritten.
    pub(super) fn assign(
        &mut self,
        frame: &mut Frame,
        base: usize,
        target: &Expr,
        v: Object,
    ) -> Outcome<()> {
        match target {
            Expr::Name(n) => {
                frame.set(base, n, v);
                Ok(())
            }
            Expr::Tuple(parts) | Expr::List(parts) => {
                let items = self.items(&v)?;
                let star = parts.iter().position(|p| matches!(p, Expr::Starred(_)));
                let Some(star) = star else {
                    if items.len() != parts.len() {
                        return Err(VALUE_ERROR);
                    }
                    for (p, x) in parts.iter().zip(items) {
                        self.assign(frame, base, p, x)?;
                    }
                    return Ok(());
                };
                if items.len() + 1 < parts.len() {
                    return Err(VALUE_ERROR);
                }
                let tail = parts.len() - star - 1;
                let middle = items.len() - tail;
                for (p, x) in parts[..star].iter().zip(&items) {
                    self.assign(frame, base, p, x.clone())?;
                }
                if let Expr::Starred(p) = &parts[star] {
                    let rest = Object::list(items[star..middle].to_vec());
                    self.assign(frame, base, p, rest)?;
                }
                for (p, x) in parts[star + 1..].iter().zip(&items[middle..]) {
                    self.assign(frame, base, p, x.clone())?;
                }
                Ok(())
            }
            Expr::Subscript(container, key) => {
                let container = self.expr(frame, container)?;
                if let Expr::Slice(a, b, None) = &**key {
                    let Object::List(l) = &container else {
                        return Err(TYPE_ERROR);
                    };
                    let n = l.borrow().len() as i64;
                    let a = self.bound(frame, a, 0, n)?;
                    let b = self.bound(frame, b, n, n)?.max(a);
                    let items = self.items(&v)?;
                    l.borrow_mut().splice(a as usize..b as usize, items);
                    return Ok(());
                }
                let key = self.expr(frame, key)?;
                match &container {
                    Object::List(l) => {
                        let mut l = l.borrow_mut();
                        let i = position(&key, l.len())?;
                        l[i] = v;
                    }
                    Object::Dict(d) => {
                        d.borrow_mut().table.insert(key.key()?, v);
                    }
                    _ => return Err(TYPE_ERROR),
                }
                Ok(())
            }
            _ => Err(Fault::Unknown),
        }
    }

    pub(super) fn bound(
        &mut self,
        frame: &mut Frame,
        e: &Option<Box<Expr>>,
        default: i64,
        n: i64,
    ) -> Outcome<i64> {
        let Some(e) = e else { return Ok(default) };
        let v = self.expr(frame, e)?;
        if matches!(v, Object::None) {
            return Ok(default);
        }
        let i = v.index()?;
        Ok(if i < 0 { (i + n).max(0) } else { i.min(n) })
    }
}
