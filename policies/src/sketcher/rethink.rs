//! Thinks again about a chain whose program failed: typed repairs, tried on the examples
//! before one is offered.
//!
//! Proposing appends steps. Rethinking reaches what appending cannot: another filling of a
//! hole in any step, another step in an earlier one's place, a step slipped in before one,
//! and a case of its own for the examples that fail.

use cogitree_engine::{Rethink, Thought};
use rustc_hash::FxHashMap;

use super::candidates::{Before, Candidate};
use super::explore::{before, behaviour, endless, merit, universe};
use super::language::object::Object;
use super::matching::Coercion;
use super::plan::{Act, Answer, Call, Fill, Guard, Plan, Step};
use super::policy::argument_names;
use super::price::is_edge_answer;
use super::reading::Reading;
use super::saying;
use super::scene::{Cell, Scene, Variable};
use super::types::Type;
use super::vocabulary::constant;

/// Other fillings tried for one step.
const VARIANTS: usize = 60;
/// Other entries tried in one step's place.
const OTHERS: usize = 80;
/// Steps tried in between.
const SLIPPED: usize = 20;
/// Conditions tried to tell cases apart.
const CONDITIONS: usize = 200;

/// A repaired plan.
struct Repair {
    plan: Plan,
    text: String,
    /// How many visible examples it gets right.
    right: usize,
    merit: f64,
}

/// A better last thought, if one is found that gets more of the examples right.
pub(crate) fn rethink(ask: &Rethink<'_>, plan: &Plan, reading: &Reading) -> Option<Thought> {
    if !plan.guards.is_empty() || plan.steps.is_empty() {
        return None;
    }
    let problem = ask.chain.problem;
    let start = Scene::of(problem)?;
    let names = argument_names(problem);
    let done = start.clone().after(plan);
    let (_, hits) = done.partly(&done.variables.last()?.cells[..done.visible()]);
    let right = hits.iter().filter(|h| **h).count();
    let mut repairs = Vec::new();
    if right > 0 {
        cases(&start, plan, &hits, reading, &names, &mut repairs);
    }
    let mut scene = done;
    for at in (0..plan.steps.len()).rev() {
        scene.variables.pop();
        let mut mending = Mending {
            start: &start,
            scene: &scene,
            reading,
            right,
            known: FxHashMap::default(),
        };
        in_place(&mut mending, plan, at, &names, &mut repairs);
        slipped_in(&mut mending, plan, at, &names, &mut repairs);
    }
    repairs.sort_by(|a, b| b.right.cmp(&a.right).then(b.merit.total_cmp(&a.merit)));
    repairs.into_iter().find_map(|r| {
        let thought = Thought::encoded(r.text, Act::Plan(r.plan).encode()?);
        let known = ask
            .tried
            .iter()
            .chain(ask.chain.thoughts.last())
            .any(|t| t.encoding == thought.encoding);
        (!known).then_some(thought)
    })
}

/// Names of all variables after some steps.
fn named(names: &[String], steps: usize) -> Vec<String> {
    let mut all = names.to_vec();
    for i in 0..steps {
        all.push(if i + 1 == steps {
            "that".into()
        } else {
            format!("result {}", i + 1)
        });
    }
    all
}

/// A plan that is mended from one of its steps on.
struct Mending<'a> {
    /// Before any step.
    start: &'a Scene,
    /// Before the first step that is new.
    scene: &'a Scene,
    reading: &'a Reading,
    /// How many visible examples the failing plan gets right.
    right: usize,
    /// What results in the new step's place lead to, by their fingerprint: different steps
    /// often do the same on the visible examples.
    known: FxHashMap<u64, (usize, Coercion)>,
}

impl Mending<'_> {
    /// Follows the steps from the scene on and offers the plan if it gets more right.
    /// `seen` is what the first of them gives in the visible cells.
    fn consider(
        &mut self,
        seen: Vec<Cell>,
        from: usize,
        plan: impl FnOnce() -> Plan,
        text: impl FnOnce() -> Option<String>,
        repairs: &mut Vec<Repair>,
    ) {
        let fingerprint = behaviour(&seen);
        let known = self.known.get(&fingerprint).copied();
        if known.is_some_and(|(right, _)| right <= self.right) {
            return;
        }
        let plan = plan();
        let (right, coercion) = known.unwrap_or_else(|| {
            let (coercion, hits) = match tail(self.scene, seen, &plan.steps[from + 1..]) {
                Some(cells) if !endless(&cells) => self.scene.partly(&cells),
                _ => (Coercion::None, vec![]),
            };
            (hits.iter().filter(|h| **h).count(), coercion)
        });
        self.known.insert(fingerprint, (right, coercion));
        if right <= self.right {
            return;
        }
        // The invented inputs are looked at for complete repairs only.
        let merit = if right == self.scene.visible() {
            let done = self.start.clone().after(&plan);
            match done.variables.last() {
                Some(v) => merit(&plan, &done, self.reading, coercion, &v.cells),
                None => return,
            }
        } else {
            merit(&plan, self.start, self.reading, Coercion::None, &[])
        };
        if let Some(text) = text() {
            repairs.push(Repair {
                plan,
                text,
                right,
                merit,
            });
        }
    }
}

/// What a chain of steps ends in, visible cells only, where the step before them gives
/// `seen`.
fn tail(scene: &Scene, seen: Vec<Cell>, steps: &[Step]) -> Option<Vec<Cell>> {
    if steps.is_empty() {
        return Some(seen);
    }
    let mut scene = scene.clone();
    let mut last = seen;
    for s in steps {
        scene.variables.push(Variable {
            ty: Type::Any,
            cells: last,
        });
        last = scene.seen(s);
        if last.iter().all(Result::is_err) {
            return None;
        }
    }
    Some(last)
}

/// Another filling, or another entry, for the step at `at`.
fn in_place(
    mending: &mut Mending<'_>,
    plan: &Plan,
    at: usize,
    names: &[String],
    repairs: &mut Vec<Repair>,
) {
    let old = &plan.steps[at];
    let (scene, reading) = (mending.scene, mending.reading);
    let given = scene.seen(old);
    let ty = given
        .iter()
        .flatten()
        .fold(Type::Nothing, |t, o| t.join(&Type::of(o)));
    let earlier = Plan {
        steps: plan.steps[..at].to_vec(),
        guards: vec![],
    };
    let before = before(scene, &earlier, reading);
    let universe = universe(scene, reading);
    let mut options: Vec<Candidate> = universe.variants(old.entry, reading, before, VARIANTS);
    let others = universe.steps(reading, before, OTHERS * 4);
    let alike = |c: &Candidate| c.step.entry.entry().is_some_and(|e| e.gives.may_be(&ty));
    options.extend(others.into_iter().filter(alike).take(OTHERS));
    let mut steps: Vec<Step> = options.into_iter().map(|c| c.step).collect();
    steps.extend(shifted(old));
    let here = named(names, at);
    let last = at + 1 == plan.steps.len();
    for step in steps {
        if step == *old {
            continue;
        }
        let seen = scene.seen(&step);
        if seen.iter().all(Result::is_err) {
            continue;
        }
        let mended = || {
            let mut plan = plan.clone();
            plan.steps[at] = step.clone();
            plan
        };
        let text = || {
            let new = saying::words(&step, &here)?;
            Some(if last {
                format!("Rather: {new}")
            } else {
                format!("Rather, in thought {}: {new}", at + 1)
            })
        };
        mending.consider(seen, at, mended, text, repairs);
    }
}

/// The step with a whole number in a hole one more or less.
fn shifted(step: &Step) -> Vec<Step> {
    fn go(holes: &[Fill]) -> Vec<Vec<Fill>> {
        let mut out = Vec::new();
        for (i, h) in holes.iter().enumerate() {
            let news: Vec<Fill> = match h {
                Fill::Constant(c) => match constant(c) {
                    Some(super::language::syntax::Literal::Int(n)) => {
                        vec![
                            Fill::Constant((n + 1).to_string()),
                            Fill::Constant((n - 1).to_string()),
                        ]
                    }
                    _ => vec![],
                },
                Fill::Function(c) => go(&c.holes)
                    .into_iter()
                    .map(|holes| {
                        Fill::Function(Box::new(Call {
                            holes,
                            ..(**c).clone()
                        }))
                    })
                    .collect(),
                Fill::Variable(_) => vec![],
            };
            for n in news {
                let mut all = holes.to_vec();
                all[i] = n;
                out.push(all);
            }
        }
        out
    }
    go(&step.holes)
        .into_iter()
        .map(|holes| Step {
            holes,
            ..step.clone()
        })
        .collect()
}

/// A step slipped in before the one at `at`, which then works on its result.
fn slipped_in(
    mending: &mut Mending<'_>,
    plan: &Plan,
    at: usize,
    names: &[String],
    repairs: &mut Vec<Repair>,
) {
    let (scene, reading) = (mending.scene, mending.reading);
    let earlier = Plan {
        steps: plan.steps[..at].to_vec(),
        guards: vec![],
    };
    let here = named(names, at);
    let new = scene.variables.len();
    for &input in &plan.steps[at].inputs {
        let mut after = before(scene, &earlier, reading);
        after.must = Some(input);
        let ty = &scene.variables[input].ty;
        let options = universe(scene, reading).steps(reading, after, SLIPPED * 8);
        let fitting = options.into_iter().filter(|c| {
            c.step.inputs == [input]
                && c.step
                    .entry
                    .entry()
                    .is_some_and(|e| e.gives.may_be(ty) && e.gives != Type::Any)
        });
        // What the new step leads to depends on the input it is put before.
        mending.known.clear();
        for c in fitting.take(SLIPPED) {
            let seen = scene.seen(&c.step);
            if seen.iter().all(Result::is_err) {
                continue;
            }
            let mended = || {
                let mut plan = plan.clone();
                for s in &mut plan.steps[at..] {
                    renumber(s, new);
                }
                for i in &mut plan.steps[at].inputs {
                    if *i == input {
                        *i = new;
                    }
                }
                plan.steps.insert(at, c.step.clone());
                plan
            };
            let text = || {
                let new = saying::words(&c.step, &here)?;
                Some(format!("First, before thought {}: {new}", at + 1))
            };
            mending.consider(seen, at, mended, text, repairs);
        }
    }
}

/// Makes room for a new variable at `new`.
fn renumber(step: &mut Step, new: usize) {
    fn holes(fills: &mut [Fill], new: usize) {
        for f in fills {
            match f {
                Fill::Variable(i) if *i >= new => *i += 1,
                Fill::Function(c) => {
                    let mut c: Option<&mut Call> = Some(c);
                    while let Some(call) = c {
                        holes(&mut call.holes, new);
                        c = call.then.as_deref_mut();
                    }
                }
                _ => {}
            }
        }
    }
    for i in &mut step.inputs {
        if *i >= new {
            *i += 1;
        }
    }
    holes(&mut step.holes, new);
}

/// A case of its own for the examples that fail: a condition on the arguments that holds
/// for exactly them, and a constant or another step that answers them.
fn cases(
    start: &Scene,
    plan: &Plan,
    hits: &[bool],
    reading: &Reading,
    names: &[String],
    repairs: &mut Vec<Repair>,
) {
    let failing: Vec<usize> = (0..hits.len()).filter(|&i| !hits[i]).collect();
    let Some(&first) = failing.first() else {
        return;
    };
    let expected = &start.expected[first];
    let same = failing.iter().all(|&i| start.expected[i].same(expected));
    let candidates = universe(start, reading).steps(reading, Before::default(), 2000);
    let conditions: Vec<&Candidate> = candidates
        .iter()
        .filter(|c| c.step.entry.entry().is_some_and(|e| e.gives == Type::Bool))
        .take(CONDITIONS)
        .filter(|c| {
            let cells = start.seen(&c.step);
            cells
                .iter()
                .zip(hits)
                .all(|(cell, hit)| matches!(cell, Ok(Object::Bool(b)) if b != hit))
        })
        .take(4)
        .collect();
    if conditions.is_empty() {
        return;
    }
    let mut answers: Vec<(Answer, String)> = Vec::new();
    // An answer must not be learned by heart: a constant is one where it is what edge cases
    // usually get, or where several examples share it and the statement mentions it.
    let source = expected.repr();
    let mentioned = failing.len() > 1 && reading.mentions(&source);
    if same && (is_edge_answer(&source) || mentioned) {
        if super::language::lower::expression(&source).is_ok() {
            answers.push((Answer::Constant(source.clone()), source));
        }
    } else {
        for c in candidates.iter().take(800) {
            let cells: Vec<Cell> = start.seen(&c.step);
            let right = failing.iter().all(|&i| {
                cells[i]
                    .as_ref()
                    .is_ok_and(|v| super::matching::equal(v, &start.expected[i], start.checker))
            });
            if right {
                let words = saying::words(&c.step, names).unwrap_or_default();
                answers.push((Answer::Steps(vec![c.step.clone()]), words));
                if answers.len() == 3 {
                    break;
                }
            }
        }
    }
    for c in conditions {
        for (answer, said) in &answers {
            let mut plan = plan.clone();
            plan.guards.push(Guard {
                when: c.step.clone(),
                answer: answer.clone(),
            });
            let Some(when) = saying::words(&c.step, names) else {
                continue;
            };
            let when = when.trim_end_matches('.');
            let done = start.clone().after(&plan);
            let Some(last) = done.variables.last() else {
                continue;
            };
            repairs.push(Repair {
                text: format!(
                    "{when}; if so, answer at once: {}",
                    said.trim_end_matches('.')
                ),
                right: start.visible(),
                merit: merit(&plan, start, reading, Coercion::None, &last.cells),
                plan,
            });
        }
    }
}
