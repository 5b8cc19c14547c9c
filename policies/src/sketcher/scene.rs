//! The scene of a search: the visible examples, invented inputs, and the values that the
//! variables of a plan have on each.

use std::ops::Range;
use std::sync::Arc;

use cogitree_engine::{Checker, Interface, Problem, Test, Value};

use super::language::evaluator::{Filler, Interpreter, Operand};
use super::language::object::{Fault, Object};
use super::matching::Coercion;
use super::plan::{Plan, Step, fillings};
use super::types::Type;
use super::vocabulary::{Entry, VOCABULARY};

/// Work allowed for one step on one example.
pub(crate) const FUEL: u64 = 12_000;

/// What a variable is on one example: its value, or why it has none.
pub(crate) type Cell = Result<Object, Fault>;

/// A variable: an argument or the result of a step.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) ty: Type,
    /// On the visible examples, then on the invented inputs.
    pub(crate) cells: Vec<Cell>,
}

/// Examples and variables.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) expected: Vec<Object>,
    pub(crate) wanted: Type,
    pub(crate) checker: Checker,
    pub(crate) arguments: usize,
    pub(crate) variables: Vec<Variable>,
    /// Whether the argument is what stands on standard input, to be read first.
    pub(crate) reads: bool,
    /// Arguments that tell no more than how long another one is, as a bit set: a program may
    /// well leave them out.
    pub(crate) lengths: u32,
    /// How many cells there are: visible examples and invented inputs.
    pub(crate) cells: usize,
}

/// A step ready to be evaluated.
struct Prepared {
    entry: &'static Entry,
    inputs: Vec<usize>,
    constants: Vec<Operand>,
    fillers: Vec<Arc<Filler>>,
}

/// How many inputs are invented.
const INVENTED: usize = 6;

impl Scene {
    /// The scene before any step. `None` where there is no example to learn from.
    pub(crate) fn of(problem: &Problem) -> Option<Scene> {
        let mut rows: Vec<Vec<Object>> = Vec::new();
        let mut expected = Vec::new();
        for t in &problem.tests {
            let (args, wanted) = match t {
                Test::Call {
                    args,
                    expected: Some(e),
                } => (
                    args.iter()
                        .map(Object::from_value)
                        .collect::<Option<Vec<_>>>(),
                    Object::from_value(e),
                ),
                Test::Stdio {
                    input,
                    expected: Some(e),
                } => (
                    Some(vec![Object::str(input.trim_end_matches('\n'))]),
                    Some(Object::str(e.trim_end())),
                ),
                _ => continue,
            };
            if let (Some(args), Some(wanted)) = (args, wanted)
                && rows.first().is_none_or(|r| r.len() == args.len())
                && rows.len() < 12
            {
                rows.push(args);
                expected.push(wanted);
            }
        }
        let arguments = rows.first()?.len();
        let values: Vec<Vec<Value>> = rows
            .iter()
            .map(|r| r.iter().map(Object::to_value).collect())
            .collect();
        for r in super::invent::rows(&values, INVENTED) {
            rows.push(
                r.iter()
                    .map(Object::from_value)
                    .collect::<Option<Vec<_>>>()?,
            );
        }
        let wanted = expected
            .iter()
            .fold(Type::Nothing, |t, o| t.join(&Type::of(o)));
        let cells = rows.len();
        let visible = expected.len();
        let variables = (0..arguments)
            .map(|i| Variable {
                ty: rows[..visible]
                    .iter()
                    .fold(Type::Nothing, |t, r| t.join(&Type::of(&r[i]))),
                cells: rows.iter().map(|r| Ok(r[i].clone())).collect(),
            })
            .collect();
        Some(Scene {
            lengths: lengths(&rows[..visible]),
            reads: matches!(problem.interface, Interface::Stdin),
            expected,
            wanted,
            checker: problem.checker.clone(),
            arguments,
            variables,
            cells,
        })
    }

    /// How many visible examples there are.
    pub(crate) fn visible(&self) -> usize {
        self.expected.len()
    }

    fn prepare(&self, step: &Step) -> Option<Prepared> {
        let entry = step.entry.entry()?;
        let (constants, fillers) = fillings(entry, &step.holes)?;
        let within = step.inputs.iter().all(|&i| i < self.variables.len());
        within.then(|| Prepared {
            entry,
            inputs: step.inputs.clone(),
            constants,
            fillers,
        })
    }

    fn cell(&self, step: &Prepared, cell: usize) -> Cell {
        let mut me = Interpreter::new(&VOCABULARY.helpers, FUEL);
        me.variables = self
            .variables
            .iter()
            .map(|v| v.cells.get(cell).cloned().unwrap_or(Err(Fault::Unknown)))
            .map(|c| c.unwrap_or(Object::None))
            .collect();
        let mut inputs = Vec::with_capacity(step.inputs.len() + step.constants.len());
        for &i in &step.inputs {
            inputs.push(self.variables[i].cells[cell].clone()?);
        }
        for c in &step.constants {
            inputs.push(me.operand(c)?);
        }
        match me.body(&step.entry.body, inputs, step.fillers.clone())? {
            Object::Iter(_)
            | Object::Closure(_)
            | Object::Builtin(_)
            | Object::Method(..)
            | Object::Module(_)
            | Object::Match(_)
            | Object::Range(..) => Err(Fault::Unknown),
            other => Ok(other),
        }
    }

    /// What a step gives in some cells.
    pub(crate) fn cells(&self, step: &Step, range: Range<usize>) -> Vec<Cell> {
        match self.prepare(step) {
            Some(step) => range.map(|cell| self.cell(&step, cell)).collect(),
            None => vec![Err(Fault::Unknown); range.len()],
        }
    }

    /// What a step that is right on all visible examples gives there, and by which last act.
    /// Looks no further than to the first example that it gets wrong.
    pub(crate) fn right(&self, step: &Step) -> Option<(Vec<Cell>, Coercion)> {
        let step = self.prepare(step)?;
        let mut cells = Vec::with_capacity(self.visible());
        let mut coercion = None;
        for i in 0..self.visible() {
            cells.push(self.cell(&step, i));
            coercion = Some(self.brings(coercion, cells.last()?, i)?);
        }
        Some((cells, coercion?))
    }

    /// The last act that makes a cell what example `i` expects: the one given, where the
    /// examples before have settled it.
    fn brings(&self, settled: Option<Coercion>, cell: &Cell, i: usize) -> Option<Coercion> {
        let (v, expected) = (cell.as_ref().ok()?, &self.expected[i]);
        match settled {
            None => Coercion::between(v, expected, &self.checker),
            Some(c) => c
                .apply(v)
                .is_some_and(|v| super::matching::equal(&v, expected, &self.checker))
                .then_some(c),
        }
    }

    /// What a step gives in the visible cells.
    pub(crate) fn seen(&self, step: &Step) -> Vec<Cell> {
        self.cells(step, 0..self.visible())
    }

    /// What a step gives in every cell, visible ones first; `None` when it fails on all
    /// visible ones.
    pub(crate) fn run(&self, step: &Step) -> Option<Variable> {
        let visible = self.seen(step);
        if visible.iter().all(Result::is_err) {
            return None;
        }
        Some(self.complete(step, visible))
    }

    /// The variable of a step whose visible cells are known.
    pub(crate) fn complete(&self, step: &Step, mut cells: Vec<Cell>) -> Variable {
        let ty = cells
            .iter()
            .flatten()
            .fold(Type::Nothing, |t, o| t.join(&Type::of(o)));
        cells.extend(self.cells(step, cells.len()..self.cells));
        Variable { ty, cells }
    }

    /// The scene after a plan's steps. A step that cannot run leaves a variable that fails.
    pub(crate) fn after(mut self, plan: &Plan) -> Scene {
        for s in &plan.steps {
            let v = self.run(s).unwrap_or_else(|| Variable {
                ty: Type::Nothing,
                cells: vec![Err(Fault::Unknown); self.cells],
            });
            self.variables.push(v);
        }
        self
    }

    /// Whether the visible cells are what is expected, and by which last act.
    pub(crate) fn hit(&self, cells: &[Cell]) -> Option<Coercion> {
        let mut visible = cells.iter().take(self.visible()).enumerate();
        visible.try_fold(None, |c, (i, cell)| self.brings(c, cell, i).map(Some))?
    }

    /// On which visible examples the cells are what is expected after a coercion that fits
    /// one of them.
    pub(crate) fn partly(&self, cells: &[Cell]) -> (Coercion, Vec<bool>) {
        let mut best = (Coercion::None, vec![false; self.visible()]);
        let mut most = 0;
        for (cell, expected) in cells.iter().zip(&self.expected) {
            let Ok(v) = cell else { continue };
            let Some(c) = Coercion::between(v, expected, &self.checker) else {
                continue;
            };
            let hits: Vec<bool> = cells
                .iter()
                .zip(&self.expected)
                .map(|(cell, e)| {
                    cell.as_ref()
                        .ok()
                        .and_then(|v| c.apply(v))
                        .is_some_and(|v| super::matching::equal(&v, e, &self.checker))
                })
                .collect();
            let n = hits.iter().filter(|h| **h).count();
            if n > most {
                most = n;
                best = (c, hits);
            }
        }
        best
    }
}

/// The arguments that are the length of another one on all examples, as a bit set.
fn lengths(rows: &[Vec<Object>]) -> u32 {
    let width = rows.first().map_or(0, Vec::len).min(32);
    let length = |o: &Object| match o {
        Object::List(l) => Some(l.borrow().len()),
        Object::Tuple(t) => Some(t.len()),
        Object::Str(s) => Some(s.chars().count()),
        _ => None,
    };
    let is_length = |i: usize, of: usize| {
        rows.iter().all(
            |r| matches!(&r[i], Object::Int(n) if length(&r[of]).is_some_and(|l| l as i64 == *n)),
        )
    };
    let mut mask = 0;
    for i in 0..width {
        if (0..width).any(|of| is_length(i, of)) {
            mask |= 1 << i;
        }
    }
    mask
}
