//! Thinks again about a chain whose program failed: typed repairs, tried on the examples
//! before one is offered.
//!
//! Proposing appends steps. Rethinking reaches what appending cannot: another filling of a
//! hole in any step, another step in an earlier one's place, a step slipped in before one,
//! and a case of its own for the examples that fail.

use cogitree_engine::{Rethink, Thought};
use rustc_hash::FxHashMap;

use super::candidates::Candidate;
use super::cases::{hits, splits};
use super::explore::{before, behaviour, endless, merit, universe};
use super::matching::Coercion;
use super::plan::{Act, Call, Fill, Plan, Step};
use super::policy::argument_names;
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

/// Steps tried after the last.
const NEXT: usize = 300;

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
    if plan.steps.is_empty() {
        return None;
    }
    let problem = ask.chain.problem;
    let start = Scene::of(problem)?;
    let names = argument_names(problem);
    let done = start.clone().after(plan);
    let (coercion, hits) = hits(&start, &done, plan)?;
    let right = hits.iter().filter(|h| **h).count();
    let mut repairs = Vec::new();
    if right > 0 && right < hits.len() {
        let splits = splits(&start, &done, plan, coercion, &hits, reading, &names);
        repairs.extend(splits.into_iter().map(|s| Repair {
            plan: s.plan,
            text: s.text,
            right: hits.len(),
            merit: s.merit,
        }));
    }
    // The steps behind a case are only right or wrong where it does not hold; and a thought that
    // is on the way has not failed: it is not to be given up for one that gets more right at
    // once and leads nowhere.
    let steps = if plan.has_cases() || leads_on(&done, plan, reading) {
        0
    } else {
        plan.steps.len()
    };
    let mut scene = done;
    for at in (0..steps).rev() {
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

/// Whether one more step, on the result of the last, gets all examples right.
fn leads_on(done: &Scene, plan: &Plan, reading: &Reading) -> bool {
    let mut after = before(done, plan, reading);
    after.must = Some(done.variables.len() - 1);
    let next = universe(done, reading).steps(reading, after, NEXT);
    next.iter().any(|c| done.right(&c.step).is_some())
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
        ..Plan::default()
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
        ..Plan::default()
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
