//! Evaluates the small Python: a tree walk with a fuel limit.
//!
//! What Python would do is done exactly or not at all: where we are not sure the answer is
//! [`Fault::Unknown`], and the sandbox decides.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::builtins;
use super::object::{Closure, Dict, Fault, Missing, Object, Outcome, Table};
use super::syntax::{Expr, Function, Literal, Name, Stmt};

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
    pub(super) vars: Vec<(Name, Object)>,
    pub(super) binding: Option<Binding>,
}

impl Frame {
    pub(super) fn get(&self, name: &str) -> Option<&Object> {
        self.vars
            .iter()
            .rev()
            .find(|(n, _)| &**n == name)
            .map(|(_, v)| v)
    }
    pub(super) fn set(&mut self, base: usize, name: &Name, value: Object) {
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
        let mut result = Ok(());
        for s in module {
            result = self.stmt(&mut frame, 0, s).map(|_| ());
            // Functions see each other whatever their order: they look when they are called.
            for (n, v) in &frame.vars {
                self.globals.set(0, n, v.clone());
            }
            if result.is_err() {
                break;
            }
        }
        self.globals = frame;
        result
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
                frame
                    .get("out")
                    .cloned()
                    .ok_or(Fault::Raised("UnboundLocalError"))
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

    pub(super) fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= 40 {
            return Err(Fault::Fuel);
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    pub(super) fn lookup(&self, frame: &Frame, name: &str) -> Outcome<Object> {
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
}

/// A text of one character.
pub(crate) fn character(c: char) -> Object {
    let mut buffer = [0; 4];
    Object::Str(Rc::from(&*c.encode_utf8(&mut buffer)))
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
