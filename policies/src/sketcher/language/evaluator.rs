//! Evaluates the small Python: a tree walk with a fuel limit.
//!
//! What Python would do is done exactly or not at all: where we are not sure the answer is
//! [`Fault::Unknown`], and the sandbox decides.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::object::{
    Closure, Dict, Fault, INDEX_ERROR, KEY_ERROR, Missing, Object, Outcome, TYPE_ERROR, Table,
    VALUE_ERROR, range_len,
};
use super::operators;
use super::syntax::{Clause, Expr, Function, Kind, Literal, Name, Piece, Stmt, Unary};
use super::{builtins, format};

/// The code of a vocabulary entry.
#[derive(Debug)]
pub(crate) enum Body {
    Expr(Expr),
    /// Assigns the variable `out`.
    Block(Vec<Stmt>),
}

/// What fills an input or a constant hole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A variable of the program being built, by position.
    Variable(usize),
    /// A constant.
    Literal(Literal),
}

/// A function that fills a function hole.
#[derive(Debug)]
pub(crate) enum Filler {
    /// A vocabulary function with its own holes filled.
    Code {
        body: Arc<Body>,
        constants: Vec<Operand>,
        fillers: Vec<Arc<Filler>>,
    },
    /// The first after the second.
    Composed(Arc<Filler>, Arc<Filler>),
}

/// What the open places of an entry stand for while it is evaluated.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) inputs: Vec<Object>,
    pub(crate) fillers: Vec<Arc<Filler>>,
}

/// Shared, because closures keep it.
pub(crate) type Binding = Rc<Bound>;

/// Functions known by name everywhere.
pub(crate) type Functions = HashMap<Name, Arc<Function>>;

/// How a block of statements ended.
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return(Object),
}

/// Variables of one call.
#[derive(Default)]
pub(crate) struct Frame {
    vars: Vec<(Name, Object)>,
    binding: Option<Binding>,
}

impl Frame {
    fn get(&self, name: &str) -> Option<&Object> {
        self.vars.iter().rev().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }
    fn set(&mut self, base: usize, name: &Name, value: Object) {
        match self.vars[base..].iter_mut().find(|(n, _)| n == name) {
            Some(slot) => slot.1 = value,
            None => self.vars.push((name.clone(), value)),
        }
    }
}

/// Evaluates code within a limit of work.
pub(crate) struct Interpreter<'a> {
    /// Work left: about one unit for each node evaluated or element touched.
    pub(crate) fuel: u64,
    /// Variables of the program being built, which [`Operand::Variable`] refers to.
    pub(crate) variables: Vec<Object>,
    functions: &'a Functions,
    globals: Frame,
    depth: u32,
    pub(crate) printed: String,
    pub(crate) input: std::collections::VecDeque<String>,
}

impl<'a> Interpreter<'a> {
    pub(crate) fn new(functions: &'a Functions, fuel: u64) -> Self {
        Interpreter {
            fuel,
            variables: Vec::new(),
            functions,
            globals: Frame::default(),
            depth: 0,
            printed: String::new(),
            input: Default::default(),
        }
    }

    /// Takes fuel.
    pub(crate) fn burn(&mut self, amount: usize) -> Outcome<()> {
        match self.fuel.checked_sub(amount as u64) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(Fault::Fuel)
            }
        }
    }

    /// Runs a module's statements; its functions and variables become global.
    pub(crate) fn load(&mut self, module: &[Stmt]) -> Outcome<()> {
        let mut frame = std::mem::take(&mut self.globals);
        for s in module {
            // Functions are visible to each other whatever their order of use.
            if let Stmt::Def(_) = s {
                self.stmt(&mut frame, 0, s)?;
            }
        }
        for (n, v) in &frame.vars {
            self.globals.set(0, n, v.clone());
        }
        let result = self.block(&mut frame, module);
        self.globals = frame;
        result.map(|_| ())
    }

    /// Calls a global function by name.
    pub(crate) fn call_named(&mut self, name: &str, args: Vec<Object>) -> Outcome<Object> {
        let f = self.lookup(&Frame::default(), name)?;
        self.call(&f, args, vec![])
    }

    /// Evaluates an entry's body with its inputs and fillers.
    pub(crate) fn body(
        &mut self,
        body: &Body,
        inputs: Vec<Object>,
        fillers: Vec<Arc<Filler>>,
    ) -> Outcome<Object> {
        let mut frame = Frame {
            vars: Vec::new(),
            binding: Some(Rc::new(Bound { inputs, fillers })),
        };
        match body {
            Body::Expr(e) => self.expr(&mut frame, e),
            Body::Block(b) => {
                match self.block(&mut frame, b)? {
                    Flow::Next => {}
                    _ => return Err(Fault::Unknown),
                }
                frame.get("out").cloned().ok_or(Fault::Raised("UnboundLocalError"))
            }
        }
    }

    pub(crate) fn operand(&self, o: &Operand) -> Outcome<Object> {
        match o {
            Operand::Variable(i) => self.variables.get(*i).cloned().ok_or(Fault::Unknown),
            Operand::Literal(l) => Ok(Object::literal(l)),
        }
    }

    /// Applies a filler to arguments.
    pub(crate) fn fill(&mut self, filler: &Filler, mut args: Vec<Object>) -> Outcome<Object> {
        match filler {
            Filler::Code {
                body,
                constants,
                fillers,
            } => {
                for c in constants {
                    args.push(self.operand(c)?);
                }
                self.nested(|me| me.body(body, args, fillers.clone()))
            }
            Filler::Composed(outer, inner) => {
                let x = self.fill(inner, args)?;
                self.fill(outer, vec![x])
            }
        }
    }

    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= 40 {
            return Err(Fault::Fuel);
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    fn lookup(&self, frame: &Frame, name: &str) -> Outcome<Object> {
        if let Some(v) = frame.get(name).or_else(|| self.globals.get(name)) {
            return Ok(v.clone());
        }
        if let Some(f) = self.functions.get(name) {
            return Ok(Object::Closure(Rc::new(Closure {
                function: f.clone(),
                captured: vec![],
                defaults: vec![],
                binding: None,
            })));
        }
        builtins::global(name).ok_or(Fault::Unknown)
    }

    // ------------------------------------------------------------------ statements

    pub(crate) fn block(&mut self, frame: &mut Frame, block: &[Stmt]) -> Outcome<Flow> {
        for s in block {
            match self.stmt(frame, 0, s)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&mut self, frame: &mut Frame, base: usize, s: &Stmt) -> Outcome<Flow> {
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
                if let (Object::List(l), super::syntax::Binary::Add) = (&old, op) {
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

    fn closure(&mut self, frame: &mut Frame, f: &Arc<Function>) -> Outcome<Object> {
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
    fn assign(&mut self, frame: &mut Frame, base: usize, target: &Expr, v: Object) -> Outcome<()> {
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

    fn bound(
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

    // ------------------------------------------------------------------ expressions

    fn all(&mut self, frame: &mut Frame, exprs: &[Expr]) -> Outcome<Vec<Object>> {
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
                let branch = if self.expr(frame, test)?.truth() { a } else { b };
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

    fn call_expr(
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
        if let (Expr::Name(n), [Expr::Comprehension(Kind::Generator, element, _, clauses), default]) =
            (f, args)
        {
            if &**n == "next" {
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

    fn keywords(
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

    fn comprehension(
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
    fn walk(
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

    fn clauses(
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

    /// Visits the elements of an iterable; a list may grow meanwhile, as in Python.
    pub(crate) fn each(
        &mut self,
        iterable: &Object,
        visit: &mut dyn FnMut(&mut Self, Object) -> Outcome<ControlFlow<()>>,
    ) -> Outcome<()> {
        match iterable {
            Object::Range(start, stop, step) => {
                let n = range_len(*start, *stop, *step);
                for i in 0..n {
                    self.burn(1)?;
                    if visit(self, Object::Int(start + i * step))?.is_break() {
                        break;
                    }
                }
            }
            Object::List(l) => {
                let mut i = 0;
                loop {
                    self.burn(1)?;
                    let Some(item) = l.borrow().get(i).cloned() else {
                        break;
                    };
                    if visit(self, item)?.is_break() {
                        break;
                    }
                    i += 1;
                }
            }
            Object::Iter(q) => loop {
                self.burn(1)?;
                let Some(item) = q.borrow_mut().pop_front() else {
                    break;
                };
                if visit(self, item)?.is_break() {
                    break;
                }
            },
            other => {
                for item in self.items(other)? {
                    if visit(self, item)?.is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// All elements of an iterable.
    pub(crate) fn items(&mut self, o: &Object) -> Outcome<Vec<Object>> {
        let items = match o {
            Object::List(l) => l.borrow().clone(),
            Object::Tuple(t) => t.to_vec(),
            Object::Str(s) => s.chars().map(character).collect(),
            Object::Set(t) => super::hash_order::iterate(&t.borrow()),
            Object::Dict(d) => d.borrow().table.keys().map(|k| k.0.clone()).collect(),
            Object::Range(a, b, s) => {
                let n = range_len(*a, *b, *s);
                self.burn(n as usize)?;
                (0..n).map(|i| Object::Int(a + i * s)).collect()
            }
            Object::Iter(q) => q.borrow_mut().drain(..).collect(),
            _ => return Err(TYPE_ERROR),
        };
        self.burn(items.len())?;
        Ok(items)
    }

    fn subscript(&mut self, o: &Object, key: &Object) -> Outcome<Object> {
        match o {
            Object::List(l) => {
                let l = l.borrow();
                Ok(l[position(key, l.len())?].clone())
            }
            Object::Tuple(t) => Ok(t[position(key, t.len())?].clone()),
            Object::Str(s) => {
                if s.is_ascii() {
                    let i = position(key, s.len())?;
                    return Ok(character(char::from(s.as_bytes()[i])));
                }
                let n = s.chars().count();
                let i = position(key, n)?;
                s.chars().nth(i).map(character).ok_or(INDEX_ERROR)
            }
            Object::Dict(d) => {
                let k = key.clone().key()?;
                let make = {
                    let d = d.borrow();
                    if let Some(v) = d.table.get(&k) {
                        return Ok(v.clone());
                    }
                    match &d.missing {
                        Missing::Raise => return Err(KEY_ERROR),
                        Missing::Zero => return Ok(Object::Int(0)),
                        Missing::Make(f) => f.clone(),
                    }
                };
                let v = self.call(&make, vec![], vec![])?;
                d.borrow_mut().table.insert(k, v.clone());
                Ok(v)
            }
            Object::Range(a, b, s) => {
                let n = range_len(*a, *b, *s);
                let i = position(key, n as usize)? as i64;
                Ok(Object::Int(a + i * s))
            }
            Object::Match(_) => {
                super::methods::call(self, o, &Name::from("group"), vec![key.clone()], vec![])
            }
            _ => Err(TYPE_ERROR),
        }
    }

    fn slice(
        &mut self,
        o: &Object,
        a: Option<i64>,
        b: Option<i64>,
        step: Option<i64>,
    ) -> Outcome<Object> {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(VALUE_ERROR);
        }
        let pick = |n: usize| -> Vec<usize> {
            let n = n as i64;
            let clamp = |i: i64| -> i64 {
                let i = if i < 0 { i + n } else { i };
                if step > 0 { i.clamp(0, n) } else { i.clamp(-1, n - 1) }
            };
            let start = a.map_or(if step > 0 { 0 } else { n - 1 }, clamp);
            let stop = b.map_or(if step > 0 { n } else { -1 }, clamp);
            let count = range_len(start, stop, step);
            (0..count).map(|i| (start + i * step) as usize).collect()
        };
        match o {
            Object::List(l) => {
                let l = l.borrow();
                let picked = pick(l.len());
                self.burn(picked.len())?;
                Ok(Object::list(picked.into_iter().map(|i| l[i].clone()).collect()))
            }
            Object::Tuple(t) => {
                Ok(Object::tuple(pick(t.len()).into_iter().map(|i| t[i].clone()).collect()))
            }
            Object::Str(s) => {
                self.burn(s.len() / 8)?;
                if s.is_ascii() {
                    let bytes = s.as_bytes();
                    let text: String =
                        pick(bytes.len()).into_iter().map(|i| char::from(bytes[i])).collect();
                    return Ok(Object::str(text));
                }
                let chars: Vec<char> = s.chars().collect();
                let text: String = pick(chars.len()).into_iter().map(|i| chars[i]).collect();
                Ok(Object::str(text))
            }
            Object::Range(..) => {
                let items = self.items(o)?;
                let picked = pick(items.len());
                Ok(Object::list(picked.into_iter().map(|i| items[i].clone()).collect()))
            }
            _ => Err(TYPE_ERROR),
        }
    }
}

/// A text of one character.
pub(crate) fn character(c: char) -> Object {
    let mut buffer = [0; 4];
    Object::Str(Rc::from(&*c.encode_utf8(&mut buffer)))
}

/// The position an index means, counted from the end when negative.
fn position(key: &Object, len: usize) -> Outcome<usize> {
    let i = key.index()?;
    let n = len as i64;
    let i = if i < 0 { i + n } else { i };
    if (0..n).contains(&i) {
        Ok(i as usize)
    } else {
        Err(INDEX_ERROR)
    }
}

/// A set's table.
pub(crate) fn table_of(items: Vec<Object>) -> Outcome<Table> {
    let mut table = Table::default();
    for i in items {
        table.insert(i.key()?, Object::None);
    }
    Ok(table)
}

/// A dictionary that knows missing keys.
pub(crate) fn dict_with(table: Table, missing: Missing) -> Object {
    Object::Dict(Rc::new(std::cell::RefCell::new(Dict { table, missing })))
}
