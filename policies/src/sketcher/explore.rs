//! Looks ahead from a scene: evaluates the likeliest next steps, and from the most promising
//! of their results the likeliest steps after.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;

use super::candidates::{Before, Candidate, Universe};
use super::closeness;
use super::language::object::{Fault, Object};
use super::matching::Coercion;
use super::plan::{Plan, Step};
use super::price::{self, feature};
use super::reading::Reading;
use super::scene::{Cell, Scene};

/// How much is evaluated at one node of the tree.
pub(crate) struct Effort {
    /// Steps evaluated from the scene itself.
    pub(crate) first: usize,
    /// Results from which is looked further.
    pub(crate) promising: usize,
    /// Steps evaluated from each of them.
    pub(crate) second: usize,
}

/// Before the first step, where everything is open.
const AT_ROOT: Effort = Effort {
    first: 2500,
    promising: 14,
    second: 300,
};
/// After it.
const DEEPER: Effort = Effort {
    first: 900,
    promising: 6,
    second: 200,
};
/// Cost of a step that leaves the result of the one before for a third to use.
const ASIDE: f64 = 1.5;
/// Cost of a step that may not end: a program that runs out of time costs as much as a thousand
/// others.
const ENDLESS: f64 = 6.0;
/// Worth of a first step that reads numbers or lists from standard input: hardly a program does
/// without one.
const READ: f64 = 3.0;
/// Results that are told apart by invented inputs.
const DISTINCT: usize = 160;

/// A next step that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) step: Step,
    /// How promising it is; comparable within one exploration only.
    pub(crate) value: f64,
    /// The last act that makes its result what is expected, if one does.
    pub(crate) hit: Option<Coercion>,
    /// The best one more step that was seen to succeed, and its last act.
    pub(crate) ahead: Option<(Step, Coercion)>,
}

/// Explores the steps that could follow a plan, most promising first.
pub(crate) fn explore(scene: &Scene, plan: &Plan, reading: &Reading) -> Vec<Found> {
    let effort = if plan.steps.is_empty() {
        &AT_ROOT
    } else {
        &DEEPER
    };
    explore_with(scene, plan, reading, effort)
}

/// The same with another effort.
pub(crate) fn explore_with(
    scene: &Scene,
    plan: &Plan,
    reading: &Reading,
    effort: &Effort,
) -> Vec<Found> {
    let before = before(scene, plan, reading);
    let candidates = universe(scene, reading).steps(reading, before, effort.first);
    let newest = match plan.steps.len() {
        0 => 0,
        _ => 1u32 << (scene.variables.len() - 1).min(31),
    };
    let known: BTreeSet<u64> = (0..scene.variables.len())
        .map(|v| behaviour(&scene.variables[v].cells))
        .collect();
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let mut found: Vec<(Found, Candidate, Vec<Cell>)> = Vec::new();
    for c in candidates {
        let aside = c.uses & newest != newest;
        // What is neither right nor among the likeliest is not worth more work.
        let (visible, hit) = if found.len() < DISTINCT {
            let visible = scene.seen(&c.step);
            let hit = scene.hit(&visible);
            (visible, hit)
        } else {
            match scene.right(&c.step) {
                Some((visible, coercion)) => (visible, Some(coercion)),
                None => continue,
            }
        };
        // Right without the steps before, it is a shorter chain's program.
        if visible.iter().all(Result::is_err) || aside && hit.is_some() {
            continue;
        }
        let cells = scene.complete(&c.step, visible).cells;
        let b = behaviour(&cells);
        if known.contains(&b) {
            continue;
        }
        let same = seen.get(&b).copied();
        let value = match hit {
            Some(coercion) => {
                let mut whole = plan.clone();
                whole.steps.push(c.step.clone());
                20.0 + merit(&whole, scene, reading, coercion, &cells)
            }
            None if same.is_some() => continue,
            None => {
                let aside = if aside { ASIDE } else { 0.0 };
                let endless = if endless(&cells[..scene.visible()]) {
                    ENDLESS
                } else {
                    0.0
                };
                let read = if scene.reads && plan.steps.is_empty() && is_read(&cells) {
                    READ
                } else {
                    0.0
                };
                c.score + 2.0 * nearness(scene, &cells) - aside - endless + read
            }
        };
        let this = Found {
            step: c.step.clone(),
            value,
            hit,
            ahead: None,
        };
        match same {
            // Of steps that do the same, the one that the statement speaks for.
            Some(i) if value > found[i].0.value => found[i] = (this, c, cells),
            Some(_) => {}
            None => {
                seen.insert(b, found.len());
                found.push((this, c, cells));
            }
        }
    }
    found.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
    look_further(scene, plan, reading, effort, &mut found);
    found.sort_by(|a, b| b.0.value.total_cmp(&a.0.value));
    found.into_iter().map(|f| f.0).collect()
}

/// The best `width` with room for each kind: what is right already would else crowd out
/// what longer chains begin with, and with few examples much that is right is so by luck.
pub(crate) fn mixed(found: Vec<Found>, width: usize) -> Vec<Found> {
    let kind = |f: &Found| match (f.hit.is_some(), f.ahead.is_some()) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    let mut room = [width.div_ceil(2), width / 4, width / 4];
    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
    for f in found {
        let room = &mut room[kind(&f)];
        if *room > 0 {
            *room -= 1;
            chosen.push(f);
        } else {
            rest.push(f);
        }
    }
    rest.truncate(width.saturating_sub(chosen.len()));
    chosen.extend(rest);
    chosen.truncate(width);
    chosen.sort_by(|a, b| b.value.total_cmp(&a.value));
    chosen
}

/// Raises the value of results from which one more step succeeds.
fn look_further(
    scene: &Scene,
    plan: &Plan,
    reading: &Reading,
    effort: &Effort,
    found: &mut [(Found, Candidate, Vec<Cell>)],
) {
    let open: Vec<usize> = (0..found.len())
        .filter(|&i| {
            found[i].0.hit.is_none() && found[i].2[..scene.visible()].iter().all(Result::is_ok)
        })
        .take(effort.promising)
        .collect();
    for i in open {
        let (_, candidate, _) = &found[i];
        let Some(variable) = scene.run(&candidate.step) else {
            continue;
        };
        let mut ahead = scene.clone();
        ahead.variables.push(variable);
        let mut longer = plan.clone();
        longer.steps.push(candidate.step.clone());
        let mut after = before(&ahead, &longer, reading);
        after.must = Some(ahead.variables.len() - 1);
        let mut best: Option<(f64, (Step, Coercion))> = None;
        for c in universe(&ahead, reading).steps(reading, after, effort.second) {
            let Some((visible, coercion)) = ahead.right(&c.step) else {
                continue;
            };
            let cells = ahead.complete(&c.step, visible).cells;
            let mut whole = longer.clone();
            whole.steps.push(c.step.clone());
            let value = merit(&whole, &ahead, reading, coercion, &cells);
            if best.as_ref().is_none_or(|(b, _)| value > *b) {
                best = Some((value, (c.step, coercion)));
            }
        }
        if let Some((value, next)) = best {
            let f = &mut found[i].0;
            f.value = f.value.max(19.5 + value);
            f.ahead = Some(next);
        }
    }
}

/// All steps that a scene allows.
pub(crate) fn universe(scene: &Scene, reading: &Reading) -> Arc<Universe> {
    let types = scene.variables.iter().map(|v| v.ty.clone()).collect();
    reading.universe(types, &scene.wanted)
}

/// What the steps of a plan have used and accounted for.
pub(crate) fn before(scene: &Scene, plan: &Plan, reading: &Reading) -> Before {
    let a = price::account(plan, scene.arguments, scene.lengths, reading).unwrap_or_default();
    Before {
        words: a.words,
        uses: a.uses,
        must: None,
    }
}

/// The features of a plan that gives these cells at its end; `scene` is where it starts or
/// any later scene of it.
pub(crate) fn features(
    plan: &Plan,
    scene: &Scene,
    reading: &Reading,
    coercion: Coercion,
    cells: &[Cell],
) -> Option<[f64; price::FEATURES]> {
    let mut lone = 0;
    for (i, guard) in plan.guards.iter().enumerate().take(32) {
        let when = scene.seen(&guard.when);
        let holds = when.iter().filter(|c| matches!(c, Ok(Object::Bool(true))));
        if holds.count() == 1 {
            lone |= 1 << i;
        }
    }
    let mut f = price::features(plan, scene.arguments, scene.lengths, lone, reading)?;
    f[feature::COERCION] = coercion.cost();
    f[feature::EXAMPLES] = (scene.visible() as f64).ln();
    let invented = cells.get(scene.visible()..).unwrap_or(&[]);
    if !invented.is_empty() {
        let answered = |fault: &Fault| match (fault, &plan.otherwise) {
            (Fault::Raised(e), Some(otherwise)) => otherwise.errors.iter().any(|o| o == e),
            _ => false,
        };
        let failing = invented.iter().flat_map(|c| c.as_ref().err());
        f[feature::FAILING] =
            failing.filter(|e| !answered(e)).count() as f64 / invented.len() as f64;
    }
    if rigid(cells) {
        // A condition that seldom holds is a common thing to ask for.
        let verdict = matches!(cells.iter().flatten().next(), Some(Object::Bool(_)));
        let kind = if verdict {
            feature::RIGID_VERDICT
        } else {
            feature::RIGID
        };
        f[kind] = 1.0;
    }
    let steps = scene
        .variables
        .iter()
        .skip(scene.arguments)
        .take(plan.steps.len().saturating_sub(1));
    f[feature::RIGID_STEPS] = steps.filter(|v| rigid(&v.cells)).count() as f64;
    Some(f)
}

/// Whether cells are more than text.
fn is_read(cells: &[Cell]) -> bool {
    let mut values = cells.iter().flatten().peekable();
    values.peek().is_some() && values.all(|v| !matches!(v, Object::Str(_) | Object::Bool(_)))
}

/// Whether some cell could not be worked out in the time allowed.
pub(crate) fn endless(cells: &[Cell]) -> bool {
    cells.iter().any(|c| matches!(c, Err(Fault::Fuel)))
}

/// Whether cells are all the same, where there are enough of them to tell.
fn rigid(cells: &[Cell]) -> bool {
    let values: Vec<&Object> = cells.iter().flatten().collect();
    values.len() > 3 && values.windows(2).all(|w| w[0].same(w[1]))
}

/// How likely a plan that is right on the visible examples is right altogether, in log-odds.
pub(crate) fn merit(
    plan: &Plan,
    scene: &Scene,
    reading: &Reading,
    coercion: Coercion,
    cells: &[Cell],
) -> f64 {
    match features(plan, scene, reading, coercion, cells) {
        Some(f) => price::WEIGHTS.iter().zip(f).map(|(w, f)| w * f).sum(),
        None => -20.0,
    }
}

/// A fingerprint of what cells hold.
pub(crate) fn behaviour(cells: &[Cell]) -> u64 {
    let mut h = FxHasher::default();
    for c in cells {
        match c {
            Ok(o) => {
                o.type_name().hash(&mut h);
                o.repr().hash(&mut h);
            }
            Err(_) => 0xbad_u64.hash(&mut h),
        }
    }
    h.finish()
}

/// The mean closeness over the visible examples.
pub(crate) fn nearness(scene: &Scene, cells: &[Cell]) -> f64 {
    let n = scene.visible();
    let sum: f64 = cells[..n]
        .iter()
        .zip(&scene.expected)
        .map(|(c, e)| c.as_ref().map_or(0.0, |v| closeness::objects(v, e)))
        .sum();
    sum / n as f64
}
