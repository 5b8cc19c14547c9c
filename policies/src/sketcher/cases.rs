//! Cases of their own: where a plan is right on some examples and wrong on others, a condition
//! that tells them apart, and another answer for those that fail.
//!
//! The failing examples alone are a smaller problem, and are explored as one. What is found
//! depends on which examples fail and on nothing else, so it is found once.

use std::collections::BTreeSet;

use super::candidates::Before;
use super::explore::{Effort, endless, explore_with, merit, universe};
use super::language::object::{Fault, Object};
use super::matching::{Coercion, equal};
use super::plan::{Answer, Guard, Otherwise, Plan, Step};
use super::price::is_edge_answer;
use super::reading::Reading;
use super::saying;
use super::scene::{Cell, Scene, Variable};
use super::types::Type;

/// Conditions tried to tell cases apart.
const CONDITIONS: usize = 240;
/// Conditions kept.
const TELLING: usize = 5;
/// Other answers kept.
const ANSWERS: usize = 4;
/// Cases of one plan.
const MOST: usize = 2;

/// How much is evaluated for an answer to the examples that fail.
const BRIEFLY: Effort = Effort {
    first: 1000,
    promising: 5,
    second: 120,
};

/// What tells the failing examples from the others, and what answers them.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    /// Conditions, and whether they hold for the failing ones or for all others.
    conditions: Vec<(Step, bool)>,
    answers: Vec<Answer>,
}

/// A plan with one more case.
pub(crate) struct Split {
    pub(crate) plan: Plan,
    pub(crate) text: String,
    pub(crate) merit: f64,
}

/// On which visible examples a plan is right, and the last act of its steps; `done` is the
/// scene after them.
pub(crate) fn hits(start: &Scene, done: &Scene, plan: &Plan) -> Option<(Coercion, Vec<bool>)> {
    let (coercion, mut hits) = done.partly(&done.variables.last()?.cells[..done.visible()]);
    if let Some(otherwise) = &plan.otherwise {
        let cells = &done.variables.last()?.cells;
        for (i, hit) in hits.iter_mut().enumerate() {
            if raised(&cells[i]).is_some_and(|e| otherwise.errors.iter().any(|o| o == e)) {
                *hit = start.expected[i].repr() == otherwise.answer;
            }
        }
    }
    // The first guard that holds decides.
    for guard in plan.guards.iter().rev() {
        let when = start.seen(&guard.when);
        let right = answered(start, &guard.answer);
        for i in 0..hits.len() {
            if matches!(when[i], Ok(Object::Bool(true))) {
                hits[i] = right[i];
            }
        }
    }
    Some((coercion, hits))
}

/// The exception that stands in a cell's place, of those that mean that something asked for is not
/// there. Others are mistakes.
fn raised(cell: &Cell) -> Option<&'static str> {
    const MISSING: [&str; 5] = [
        "IndexError",
        "KeyError",
        "StopIteration",
        "ValueError",
        "ZeroDivisionError",
    ];
    match cell {
        Err(Fault::Raised(e)) if MISSING.contains(e) => Some(e),
        _ => None,
    }
}

/// The plan with an answer for where it cannot be carried out, if that is where it fails.
fn otherwise(
    start: &Scene,
    done: &Scene,
    plan: &Plan,
    coercion: Coercion,
    hits: &[bool],
    reading: &Reading,
) -> Option<Split> {
    if plan.otherwise.is_some() {
        return None;
    }
    let cells = &done.variables.last()?.cells;
    let failing: Vec<usize> = (0..hits.len()).filter(|&i| !hits[i]).collect();
    let answer = constant_answer(failing.iter().map(|&i| &start.expected[i]), reading)?;
    let errors: Option<BTreeSet<&str>> = failing.iter().map(|&i| raised(&cells[i])).collect();
    let errors: Vec<String> = errors?.into_iter().map(str::to_owned).collect();
    let text = format!("Where that cannot be done, answer {answer}");
    let mut plan = plan.clone();
    plan.otherwise = Some(Otherwise { answer, errors });
    Some(Split {
        merit: merit(&plan, done, reading, coercion, cells),
        plan,
        text,
    })
}

/// The constant that answers examples. An answer must not be learned by heart: it is one that edge
/// cases usually get, or one that several examples share and the statement mentions.
fn constant_answer<'a>(
    mut expected: impl Iterator<Item = &'a Object>,
    reading: &Reading,
) -> Option<String> {
    let first = expected.next()?;
    let mut several = false;
    for e in expected {
        several = true;
        if !e.same(first) {
            return None;
        }
    }
    let source = first.repr();
    (is_edge_answer(&source) || several && reading.mentions(&source)).then_some(source)
}

/// On which visible examples an answer is right.
fn answered(start: &Scene, answer: &Answer) -> Vec<bool> {
    match answer {
        Answer::Constant(c) => start.expected.iter().map(|e| e.repr() == *c).collect(),
        Answer::Steps(steps) => {
            let plan = Plan {
                steps: steps.clone(),
                ..Plan::default()
            };
            let done = start.clone().after(&plan);
            let cells = done.variables.last().map_or(&[][..], |v| &v.cells);
            let right = |(cell, expected): (&Cell, &Object)| {
                cell.as_ref()
                    .is_ok_and(|v| equal(v, expected, &start.checker))
            };
            cells.iter().zip(&start.expected).map(right).collect()
        }
    }
}

/// The plan with a case for the examples on which it fails.
pub(crate) fn splits(
    start: &Scene,
    done: &Scene,
    plan: &Plan,
    coercion: Coercion,
    hits: &[bool],
    reading: &Reading,
    names: &[String],
) -> Vec<Split> {
    if plan.guards.len() >= MOST || hits.len() > 64 {
        return vec![];
    }
    let failing = hits
        .iter()
        .enumerate()
        .fold(0u64, |m, (i, hit)| m | u64::from(!hit) << i);
    let cases = reading.cases(failing, || find(start, hits, reading));
    let mut out = Vec::from_iter(otherwise(start, done, plan, coercion, hits, reading));
    for (condition, of_failing) in &cases.conditions {
        for answer in &cases.answers {
            let mut plan = plan.clone();
            let guard = |answer| Guard {
                when: condition.clone(),
                answer,
            };
            if *of_failing {
                plan.guards.insert(0, guard(answer.clone()));
            } else if let (Answer::Steps(steps), Coercion::None) = (answer, coercion) {
                // The other way round: where the condition holds the plan is right as it is.
                let right = std::mem::replace(&mut plan.steps, steps.clone());
                plan.guards.push(guard(Answer::Steps(right)));
            } else {
                continue;
            }
            let Some(text) = said(condition, *of_failing, answer, names) else {
                continue;
            };
            let done = start.clone().after(&plan);
            let Some(last) = done.variables.last() else {
                continue;
            };
            out.push(Split {
                merit: merit(&plan, &done, reading, coercion, &last.cells),
                plan,
                text,
            });
        }
    }
    out
}

/// A case in words.
fn said(condition: &Step, of_failing: bool, answer: &Answer, names: &[String]) -> Option<String> {
    let when = saying::words(condition, names)?;
    let when = when.trim_end_matches('.');
    let so = if of_failing { "so" } else { "not" };
    let mut names = names.to_vec();
    Some(match answer {
        Answer::Constant(c) => format!("{when}; if {so}, answer at once: {c}"),
        Answer::Steps(steps) => {
            let mut parts = Vec::new();
            for step in steps {
                let words = saying::words(step, &names)?;
                parts.push(words.trim_end_matches('.').to_owned());
                names.push("that".into());
            }
            format!("{when}; if {so}: {}", parts.join("; then: "))
        }
    })
}

fn find(start: &Scene, hits: &[bool], reading: &Reading) -> Cases {
    let candidates = universe(start, reading).steps(reading, Before::default(), 2500);
    let mut conditions = Vec::new();
    let truths = candidates
        .iter()
        .filter(|c| c.step.entry.entry().is_some_and(|e| e.gives == Type::Bool));
    for c in truths.take(CONDITIONS) {
        let cells = start.seen(&c.step);
        let tells = |of_failing: bool| {
            (cells.iter().zip(hits)).all(
                |(cell, hit)| matches!(cell, Ok(Object::Bool(b)) if (*b == *hit) != of_failing),
            )
        };
        if let Some(of_failing) = [true, false].into_iter().find(|f| tells(*f)) {
            conditions.push((c.step.clone(), of_failing));
        }
        if conditions.len() == TELLING {
            break;
        }
    }
    if conditions.is_empty() {
        return Cases::default();
    }
    Cases {
        conditions,
        answers: answers(start, hits, reading),
    }
}

fn answers(start: &Scene, hits: &[bool], reading: &Reading) -> Vec<Answer> {
    let Some(scene) = only(start, hits) else {
        return vec![];
    };
    let mut out = Vec::new();
    out.extend(constant_answer(scene.expected.iter(), reading).map(Answer::Constant));
    // The answer of a guard has no last act of its own.
    for found in explore_with(&scene, &Plan::default(), reading, &BRIEFLY) {
        if out.len() == ANSWERS {
            break;
        }
        if found.hit == Some(Coercion::None) {
            out.push(Answer::Steps(vec![found.step]));
        } else if let Some((next, Coercion::None)) = found.ahead {
            out.push(Answer::Steps(vec![found.step, next]));
        }
    }
    out
}

/// The scene of the examples that fail, with the inputs invented for all.
fn only(start: &Scene, hits: &[bool]) -> Option<Scene> {
    let kept = |i: usize| hits.get(i).is_none_or(|hit| !hit);
    let expected: Vec<Object> = (start.expected.iter().enumerate())
        .filter(|(i, _)| kept(*i))
        .map(|(_, e)| e.clone())
        .collect();
    let wanted = expected
        .iter()
        .fold(Type::Nothing, |t, e| t.join(&Type::of(e)));
    let visible = expected.len();
    let variables: Vec<Variable> = start.variables[..start.arguments]
        .iter()
        .map(|v| {
            let cells: Vec<Cell> = (v.cells.iter().enumerate())
                .filter(|(i, _)| kept(*i))
                .map(|(_, c)| c.clone())
                .collect();
            let types = cells[..visible].iter().flatten().map(Type::of);
            Variable {
                ty: types.fold(Type::Nothing, |t, u| t.join(&u)),
                cells,
            }
        })
        .collect();
    let whole = variables
        .iter()
        .all(|v| !endless(&v.cells) && v.ty != Type::Nothing);
    (visible > 0 && whole).then(|| Scene {
        cells: variables.first().map_or(0, |v| v.cells.len()),
        expected,
        wanted,
        variables,
        ..start.clone()
    })
}
