//! From a plan to a readable program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cogitree_engine::{Interface, Problem, Program};

use super::language::builtins::is_builtin;
use super::language::evaluator::Body;
use super::language::lower;
use super::language::modules::{BARE, MODULES};
use super::language::print;
use super::language::syntax::{Expr, Function, Name, Stmt};
use super::matching::Coercion;
use super::plan::{Answer, Call, Fill, Plan, Step};
use super::saying;
use super::types::Type;
use super::vocabulary::{VOCABULARY, constant};

/// A program under construction.
struct Writer {
    /// Names of the variables, by position.
    names: Vec<Name>,
    /// Names that are taken.
    taken: BTreeSet<String>,
    /// Functions to print above.
    helpers: Vec<Stmt>,
}

/// Writes a plan as a program, with each step in words above its code.
pub(crate) fn program(
    plan: &Plan,
    problem: &Problem,
    coercion: Coercion,
    types: &[Type],
) -> Option<Program> {
    let (header, preamble, parameters) = match &problem.interface {
        Interface::Function(s) => (
            s.header(),
            s.preamble.clone(),
            s.parameters
                .iter()
                .map(|p| Name::from(p.name.as_str()))
                .collect::<Vec<_>>(),
        ),
        _ => (
            "def solve(text):".to_owned(),
            String::new(),
            vec![Name::from("text")],
        ),
    };
    let mut w = Writer {
        taken: parameters
            .iter()
            .map(|n| n.to_string())
            .chain(reserved(&header))
            .collect(),
        names: parameters,
        helpers: Vec::new(),
    };
    let mut body = Vec::new();
    for g in &plan.guards {
        let when = w.step_expr(&g.when)?;
        let answer = match &g.answer {
            Answer::Constant(c) => vec![Stmt::Return(Some(lower::expression(c).ok()?))],
            Answer::Steps(steps) => {
                let (names, mut block) = (w.names.clone(), Vec::new());
                let last = w.steps(steps, &[], &mut block)?;
                w.names = names;
                block.push(Stmt::Return(Some(last)));
                block
            }
        };
        body.push(Stmt::If(when, answer, vec![]));
    }
    let result = w.steps(&plan.steps, types, &mut body)?;
    let source = print::expression(&result);
    let atom = matches!(
        result,
        Expr::Name(_)
            | Expr::Call(..)
            | Expr::Subscript(..)
            | Expr::List(_)
            | Expr::Comprehension(..)
    );
    let needs = matches!(coercion, Coercion::DictToList) && !atom;
    let source = if needs { format!("({source})") } else { source };
    let result = lower::expression(&coercion.source(&source)).ok()?;
    body.push(Stmt::Return(Some(result)));
    if let Some(otherwise) = &plan.otherwise {
        let errors = otherwise.errors.iter().map(|e| e.as_str().into()).collect();
        let answer = Stmt::Return(Some(lower::expression(&otherwise.answer).ok()?));
        body = vec![Stmt::Try(body, errors, vec![answer])];
    }
    let mut text = String::new();
    let mut all = [&w.helpers[..], &body[..]].concat();
    let (imports, functions) = needed(&all, &preamble);
    all.splice(0..0, functions);
    let shadowed = unshadow(&header, &mut all);
    let body = all.split_off(all.len() - body.len());
    for i in imports {
        text.push_str(&i);
        text.push('\n');
    }
    let preamble = preamble.trim_matches('\n');
    if !text.is_empty() && preamble.is_empty() {
        text.push_str("\n\n");
    }
    if !preamble.is_empty() {
        text.push_str(preamble);
        text.push_str("\n\n\n");
    }
    if let Some(line) = shadowed {
        text.push_str(&line);
        text.push_str("\n\n\n");
    }
    for f in &all {
        text.push_str(&print::block(std::slice::from_ref(f), 0));
        text.push_str("\n\n");
    }
    text.push_str(&header);
    text.push('\n');
    text.push_str(&print::block(&body, 1));
    if matches!(problem.interface, Interface::Stdin) {
        text = format!(
            "import sys\n{}{text}\n\nprint(solve(sys.stdin.read().rstrip('\\n')))\n",
            if text.starts_with("import") {
                ""
            } else {
                "\n\n"
            }
        );
    }
    Some(Program::new(text))
}

fn reserved(header: &str) -> Vec<String> {
    let own = header
        .strip_prefix("def ")
        .and_then(|h| h.split('(').next());
    own.into_iter().map(str::to_owned).collect()
}

/// Where the function asked for is named like a builtin that the program uses, the builtin gets
/// another name in all statements; gives the line that says so.
fn unshadow(header: &str, stmts: &mut [Stmt]) -> Option<String> {
    let own = reserved(header).pop().filter(|n| is_builtin(n))?;
    let other = format!("builtin_{own}");
    let mut used = false;
    for s in stmts {
        *s = s.map(&mut |e| match e {
            Expr::Name(n) if *n == *own => {
                used = true;
                Expr::Name(other.as_str().into())
            }
            e => e,
        });
    }
    used.then(|| format!("{other} = {own}"))
}

/// Imports and vocabulary helpers that the statements need.
fn needed(stmts: &[Stmt], preamble: &str) -> (Vec<String>, Vec<Stmt>) {
    let mut imports = BTreeSet::new();
    let mut helpers: Vec<Arc<Function>> = Vec::new();
    let mut open: Vec<Stmt> = stmts.to_vec();
    while let Some(s) = open.pop() {
        let mut names = BTreeSet::new();
        s.walk(&mut |e| {
            if let Expr::Name(n) = e {
                names.insert(n.clone());
            }
        });
        for n in names {
            if let Some(m) = MODULES.iter().find(|m| **m == &*n) {
                imports.insert(format!("import {m}"));
            } else if let Some(f) = VOCABULARY.helpers.get(&*n) {
                if !helpers.iter().any(|h| h.name == f.name) {
                    helpers.push(f.clone());
                    open.push(Stmt::Def(f.clone()));
                }
            } else if let Some((n, m)) = BARE.iter().find(|(b, _)| *b == &*n) {
                imports.insert(format!("from {m} import {n}"));
            }
        }
    }
    imports.retain(|i| !preamble.lines().any(|l| l.trim() == i));
    helpers.sort_by(|a, b| a.name.cmp(&b.name));
    // A helper comes after those that it uses only by luck, which Python does not mind.
    (
        imports.into_iter().collect(),
        helpers.into_iter().map(Stmt::Def).collect(),
    )
}

impl Writer {
    /// A name that is free, from a suggestion.
    fn fresh(&mut self, wish: &str) -> Name {
        let mut name = wish.to_owned();
        let mut n = 2;
        while self.taken.contains(&name) || VOCABULARY.helpers.contains_key(&*name) {
            name = format!("{wish}{n}");
            n += 1;
        }
        self.taken.insert(name.clone());
        name.into()
    }

    /// Writes steps; gives the expression of the last one's result.
    fn steps(&mut self, steps: &[Step], types: &[Type], body: &mut Vec<Stmt>) -> Option<Expr> {
        let mut last = Expr::Name(self.names.last()?.clone());
        for (i, s) in steps.iter().enumerate() {
            let mut names: Vec<String> = self.names.iter().map(|n| n.to_string()).collect();
            if let Some(last) = names.last_mut().filter(|_| i > 0) {
                *last = "that".into();
            }
            if let Some(said) = saying::words(s, &names) {
                body.push(Stmt::Comment(said.replace('\n', " ").into()));
            }
            let entry = s.entry.entry()?;
            let is_last = i + 1 == steps.len();
            match &*entry.body {
                Body::Expr(_) => {
                    let e = self.step_expr(s)?;
                    if is_last {
                        last = e;
                    } else {
                        let name = self.fresh(wish(types.get(i).unwrap_or(&entry.gives)));
                        body.push(Stmt::Assign(vec![Expr::Name(name.clone())], e));
                        self.names.push(name);
                    }
                }
                Body::Block(b) => {
                    let name = self.fresh(wish(types.get(i).unwrap_or(&entry.gives)));
                    body.extend(self.block(b, s, &name)?);
                    last = Expr::Name(name.clone());
                    self.names.push(name);
                }
            }
        }
        Some(last)
    }

    fn fill_expr(&self, f: &Fill) -> Option<Expr> {
        match f {
            Fill::Variable(i) => Some(Expr::Name(self.names.get(*i)?.clone())),
            Fill::Constant(c) => Some(Expr::Literal(constant(c)?)),
            Fill::Function(_) => None,
        }
    }

    /// The inputs of an entry's body: its inputs, then its constants.
    fn inputs(&self, inputs: Vec<Expr>, holes: &[Fill]) -> Option<Vec<Expr>> {
        let mut all = inputs;
        for h in holes {
            if !matches!(h, Fill::Function(_)) {
                all.push(self.fill_expr(h)?);
            }
        }
        Some(all)
    }

    fn step_expr(&mut self, s: &Step) -> Option<Expr> {
        let entry = s.entry.entry()?;
        let inputs = s
            .inputs
            .iter()
            .map(|i| Some(Expr::Name(self.names.get(*i)?.clone())))
            .collect::<Option<Vec<_>>>()?;
        match &*entry.body {
            Body::Expr(e) => {
                let inputs = self.inputs(inputs, &s.holes)?;
                self.instantiate(e, &inputs, &s.holes)
            }
            Body::Block(b) => {
                // As a function of its own, called.
                let call = Call {
                    entry: s.entry,
                    holes: s.holes.clone(),
                    then: None,
                };
                let _ = b;
                self.call(&call, inputs)
            }
        }
    }

    /// An expression body with its open places filled; bound names are made fresh.
    fn instantiate(&mut self, e: &Expr, inputs: &[Expr], holes: &[Fill]) -> Option<Expr> {
        let renames = self.renames(&[Stmt::Expr(e.clone())]);
        let functions: Vec<&Call> = calls(holes);
        let mut failed = false;
        let out = e.map(&mut |e| match e {
            Expr::Input(i) => inputs.get(i).cloned().unwrap_or_else(|| {
                failed = true;
                Expr::int(0)
            }),
            Expr::Name(n) => Expr::Name(renames.get(&n).cloned().unwrap_or(n)),
            Expr::Apply(h, args) => match functions.get(h).and_then(|c| self.call(c, args)) {
                Some(e) => e,
                None => {
                    failed = true;
                    Expr::int(0)
                }
            },
            other => other,
        });
        (!failed).then_some(out)
    }

    /// A block body with its open places filled, assigning `out` to the name given.
    fn block(&mut self, b: &[Stmt], s: &Step, name: &Name) -> Option<Vec<Stmt>> {
        let inputs = s
            .inputs
            .iter()
            .map(|i| Some(Expr::Name(self.names.get(*i)?.clone())))
            .collect::<Option<Vec<_>>>()?;
        let inputs = self.inputs(inputs, &s.holes)?;
        let mut renames = self.renames(b);
        renames.insert("out".into(), name.clone());
        self.fill_block(b, &inputs, &s.holes, &renames)
    }

    fn fill_block(
        &mut self,
        b: &[Stmt],
        inputs: &[Expr],
        holes: &[Fill],
        renames: &BTreeMap<Name, Name>,
    ) -> Option<Vec<Stmt>> {
        let functions: Vec<&Call> = calls(holes);
        let mut failed = false;
        let out = b
            .iter()
            .map(|s| {
                s.map(&mut |e| match e {
                    Expr::Input(i) => inputs.get(i).cloned().unwrap_or_else(|| {
                        failed = true;
                        Expr::int(0)
                    }),
                    Expr::Name(n) => Expr::Name(renames.get(&n).cloned().unwrap_or(n)),
                    Expr::Apply(h, args) => match functions.get(h).and_then(|c| self.call(c, args))
                    {
                        Some(e) => e,
                        None => {
                            failed = true;
                            Expr::int(0)
                        }
                    },
                    other => other,
                })
            })
            .collect();
        (!failed).then_some(out)
    }

    /// New names for those that a body binds, where they are taken.
    fn renames(&mut self, b: &[Stmt]) -> BTreeMap<Name, Name> {
        let mut bound = BTreeSet::new();
        for s in b {
            binds(s, &mut bound);
        }
        let mut out = BTreeMap::new();
        for n in bound {
            if &*n != "out" && self.taken.contains(&*n) {
                let fresh = self.fresh(&n);
                // Free again after this body.
                self.taken.remove(&*fresh);
                out.insert(n, fresh);
            }
        }
        out
    }

    /// A function applied to arguments: in place where that reads well, else as a helper.
    fn call(&mut self, c: &Call, args: Vec<Expr>) -> Option<Expr> {
        let entry = c.entry.entry()?;
        let inner = match &*entry.body {
            Body::Expr(e) => {
                let mut counts = vec![0; args.len()];
                e.walk(&mut |e| {
                    if let Expr::Input(i) = e
                        && let Some(n) = counts.get_mut(*i)
                    {
                        *n += 1;
                    }
                });
                let heavy = args
                    .iter()
                    .zip(&counts)
                    .any(|(a, n)| *n > 1 && a.size() > 4);
                if heavy {
                    self.helper(c, args)?
                } else {
                    // Names bound inside must not capture names in the arguments.
                    let held: Vec<String> = args
                        .iter()
                        .flat_map(names_in)
                        .filter(|n| self.taken.insert(n.clone()))
                        .collect();
                    let inputs = self.inputs(args, &c.holes)?;
                    let made = self.instantiate(e, &inputs, &c.holes);
                    for n in held {
                        self.taken.remove(&n);
                    }
                    made?
                }
            }
            Body::Block(_) => self.helper(c, args)?,
        };
        match &c.then {
            Some(outer) => self.call(outer, vec![inner]),
            None => Some(inner),
        }
    }

    /// A function printed above the program, called.
    fn helper(&mut self, c: &Call, args: Vec<Expr>) -> Option<Expr> {
        let entry = c.entry.entry()?;
        // Its constants may be variables of the program: they become parameters too.
        let mut parameters: Vec<Name> = Vec::new();
        let mut given = args;
        let own: BTreeSet<String> = std::mem::take(&mut self.taken);
        for i in 0..entry.takes.len() {
            let wish = entry.names.get(i).cloned().unwrap_or_else(|| "x".into());
            parameters.push(self.fresh(&wish));
        }
        let mut inputs: Vec<Expr> = parameters.iter().cloned().map(Expr::Name).collect();
        let names = self.names.clone();
        for v in variables(&c.holes) {
            let p = self.fresh("k");
            parameters.push(p.clone());
            given.push(Expr::Name(names.get(v)?.clone()));
            self.names[v] = p;
        }
        for h in &c.holes {
            if !matches!(h, Fill::Function(_)) {
                inputs.push(self.fill_expr(h)?);
            }
        }
        let body = match &*entry.body {
            Body::Expr(e) => vec![Stmt::Return(Some(self.instantiate(e, &inputs, &c.holes)?))],
            Body::Block(b) => {
                let mut renames = self.renames(b);
                let out = self.fresh("result");
                renames.insert("out".into(), out.clone());
                let mut body = self.fill_block(b, &inputs, &c.holes, &renames)?;
                body.push(Stmt::Return(Some(Expr::Name(out))));
                body
            }
        };
        self.names = names;
        self.taken = own;
        let same = self.helpers.iter().find_map(|h| match h {
            Stmt::Def(f) if f.body == body => Some(f.name.clone()),
            _ => None,
        });
        let name = match same {
            Some(n) => n,
            None => {
                let name = self.fresh(&saying::helper_name(&entry.say));
                self.helpers.push(Stmt::Def(Arc::new(Function {
                    name: name.clone(),
                    parameters: parameters.into_iter().map(|p| (p, None)).collect(),
                    body,
                })));
                name
            }
        };
        Some(Expr::Call(Box::new(Expr::Name(name)), given, vec![]))
    }
}

fn calls(holes: &[Fill]) -> Vec<&Call> {
    holes
        .iter()
        .filter_map(|h| match h {
            Fill::Function(c) => Some(&**c),
            _ => None,
        })
        .collect()
}

/// Variables of the program that fillings refer to.
fn variables(holes: &[Fill]) -> BTreeSet<usize> {
    let mut out = BTreeSet::new();
    for h in holes {
        match h {
            Fill::Variable(i) => {
                out.insert(*i);
            }
            Fill::Function(c) => {
                out.extend(variables(&c.holes));
                if let Some(t) = &c.then {
                    out.extend(variables(&t.holes));
                }
            }
            Fill::Constant(_) => {}
        }
    }
    out
}

fn names_in(e: &Expr) -> Vec<String> {
    let mut out = Vec::new();
    e.walk(&mut |e| {
        if let Expr::Name(n) = e {
            out.push(n.to_string());
        }
    });
    out
}

/// The names that a statement binds, comprehensions and lambdas inside included.
fn binds(s: &Stmt, out: &mut BTreeSet<Name>) {
    let target = |t: &Expr, out: &mut BTreeSet<Name>| {
        if matches!(
            t,
            Expr::Name(_) | Expr::Tuple(_) | Expr::List(_) | Expr::Starred(_)
        ) {
            t.walk(&mut |e| {
                if let Expr::Name(n) = e {
                    out.insert(n.clone());
                }
            });
        }
    };
    match s {
        Stmt::Assign(targets, _) => targets.iter().for_each(|t| target(t, out)),
        Stmt::Augmented(t, _, _) => target(t, out),
        Stmt::For(t, _, body, orelse) => {
            target(t, out);
            body.iter().chain(orelse).for_each(|s| binds(s, out));
        }
        Stmt::While(_, body) => body.iter().for_each(|s| binds(s, out)),
        Stmt::If(_, body, orelse) => body.iter().chain(orelse).for_each(|s| binds(s, out)),
        Stmt::Try(body, _, handler) => body.iter().chain(handler).for_each(|s| binds(s, out)),
        Stmt::Def(f) => {
            out.insert(f.name.clone());
            out.extend(f.parameters.iter().map(|p| p.0.clone()));
            f.body.iter().for_each(|s| binds(s, out));
        }
        _ => {}
    }
    s.walk(&mut |e| match e {
        Expr::Comprehension(_, _, _, clauses) => {
            clauses.iter().for_each(|c| target(&c.target, out))
        }
        Expr::Lambda(f) => out.extend(f.parameters.iter().map(|p| p.0.clone())),
        Expr::Named(n, _) => {
            out.insert(n.clone());
        }
        _ => {}
    });
}

/// A name for a variable of a type.
fn wish(t: &Type) -> &'static str {
    match t {
        Type::Bool => "holds",
        Type::Int | Type::Num => "number",
        Type::Float => "amount",
        Type::Char => "letter",
        Type::Str => "text",
        Type::Dict(..) => "table",
        Type::Set(_) => "distinct",
        Type::Pair(..) => "pair",
        Type::List(e) => match &**e {
            Type::Str => "words",
            Type::Char => "letters",
            Type::Int | Type::Float | Type::Num => "values",
            Type::Pair(..) => "pairs",
            Type::List(_) | Type::Tuple(_) => "rows",
            Type::Bool => "flags",
            _ => "items",
        },
        Type::Tuple(_) | Type::Seq(_) => "items",
        _ => "result",
    }
}
