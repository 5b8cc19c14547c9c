//! The Sketcher as a policy.

use std::sync::{Arc, Mutex, PoisonError};

use cogitree_engine::{
    Chain, Decision, Implement, Opinion, Policy, PolicyError, Problem, Program, Proposal, Propose,
    Rethink, Review, Thought,
};

use super::compile;
use super::explore::{explore, features, merit, mixed};
use super::matching::Coercion;
use super::plan::{Act, Plan};
use super::price;
use super::reading::Reading;
use super::saying;
use super::scene::Scene;

/// Readings of this many problems are kept.
const KEPT: usize = 8;

/// The embedded policy: program synthesis from examples and words, without a model.
///
/// Its thoughts are entries of a vocabulary of general operations with their holes filled.
/// It proposes those that the words of the statement and the values of the examples speak
/// for, turns chains of them into readable Python, repairs failing ones by what differs, and
/// judges passing ones by how well they account for the statement. The same request always
/// gets the same answer, whatever the chain's seed.
///
/// ```
/// use cogitree_engine::*;
/// use cogitree_policies::Sketcher;
///
/// let problem = Problem {
///     id: "largest".into(),
///     statement: "Find the largest number of a list.".into(),
///     interface: Interface::Function(Signature::new("largest", [Parameter::new("xs")])),
///     tests: vec![Test::Call {
///         args: vec![Value::List(vec![Value::Int(3), Value::Int(9), Value::Int(1)])],
///         expected: Some(Value::Int(9)),
///     }],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let meter = Meter::default();
/// let chain = Chain::new(&problem, &[], 0, &meter);
/// let ask = Propose { chain, outcome: None, siblings: &[], width: 5 };
/// let sketcher = Sketcher::new();
/// let thoughts = [sketcher.propose(&ask).unwrap().remove(0).thought];
/// let program = sketcher.implement(&Chain { thoughts: &thoughts, ..chain }.into()).unwrap();
/// assert!(program.source.contains("return max(xs)"));
/// ```
#[derive(Debug, Default)]
pub struct Sketcher {
    /// Oldest first.
    readings: Mutex<Vec<(Problem, Arc<Reading>)>>,
}

impl Sketcher {
    /// A Sketcher with the embedded vocabulary.
    pub fn new() -> Self {
        Self::default()
    }

    /// What [`review`](Policy::review) counts in a chain that passes, by name: the weights of
    /// these make its opinion. `None` for thoughts that are not the Sketcher's. For fitting
    /// the weights anew and for studying what speaks for a program.
    pub fn features(&self, chain: &Chain<'_>) -> Option<Vec<(&'static str, f64)>> {
        let (plan, scene, coercion) = self.done(chain)?;
        let last = scene.variables.last()?;
        let reading = self.reading(chain.problem);
        let counted = features(&plan, &scene, &reading, coercion, &last.cells)?;
        Some(price::NAMES.into_iter().zip(counted).collect())
    }

    /// The plan of a chain, the scene after it, and its last act.
    fn done(&self, chain: &Chain<'_>) -> Option<(Plan, Scene, Coercion)> {
        let plan = plan_of(chain.thoughts)?;
        let scene = Scene::of(chain.problem)?;
        let plan = plan.without_idle_steps(scene.arguments);
        let scene = scene.after(&plan);
        let last = scene.variables.last()?;
        let (coercion, _) = scene.partly(&last.cells[..scene.visible()]);
        Some((plan, scene, coercion))
    }

    fn reading(&self, problem: &Problem) -> Arc<Reading> {
        let mut kept = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, r)) = kept.iter().find(|(p, _)| p == problem) {
            return r.clone();
        }
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        let reading = Arc::new(Reading::of(problem));
        kept.push((problem.clone(), reading.clone()));
        reading
    }
}

/// The plan of a chain.
pub(crate) fn plan_of(thoughts: &[Thought]) -> Option<Plan> {
    Plan::of(thoughts.iter().map(|t| t.encoding.as_deref()))
}

/// Names of the arguments, for sentences.
pub(crate) fn argument_names(problem: &Problem) -> Vec<String> {
    match problem.interface.signature() {
        Some(s) => s.parameters.iter().map(|p| p.name.clone()).collect(),
        None => vec!["the input".into()],
    }
}

/// Names of all variables of a plan, for sentences.
pub(crate) fn names(problem: &Problem, plan: &Plan) -> Vec<String> {
    let mut names = argument_names(problem);
    let n = plan.steps.len();
    for i in 0..n {
        names.push(if i + 1 == n {
            "that".into()
        } else {
            format!("result {}", i + 1)
        });
    }
    names
}

impl Policy for Sketcher {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let problem = ask.chain.problem;
        let Some(plan) = plan_of(ask.chain.thoughts) else {
            return Err(PolicyError::Unusable(
                "a thought is not one of the Sketcher's".into(),
            ));
        };
        if plan.has_cases() {
            return Ok(vec![]);
        }
        let Some(scene) = Scene::of(problem) else {
            return Ok(vec![]);
        };
        let reading = self.reading(problem);
        let scene = scene.after(&plan);
        let names = names(problem, &plan);
        let mut found = explore(&scene, &plan, &reading);
        if ask.siblings.is_empty() {
            found = mixed(found, ask.width);
        }
        let top = found.first().map_or(0.0, |f| f.value);
        let mut out = Vec::new();
        for f in found {
            let Some(text) = saying::words(&f.step, &names) else {
                continue;
            };
            let Some(encoding) = Act::Step(f.step).encode() else {
                continue;
            };
            let thought = Thought::encoded(text, encoding);
            if ask.siblings.iter().any(|s| s.encoding == thought.encoding) {
                continue;
            }
            out.push(Proposal {
                thought,
                prior: ((f.value - top) / 2.0).exp().max(1e-4),
            });
            if out.len() == ask.width {
                break;
            }
        }
        Ok(out)
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let unusable = |why: &str| PolicyError::Unusable(why.into());
        let chain = &ask.chain;
        if !ask.tried.is_empty() {
            return Err(unusable("a plan is written down in one way only"));
        }
        let plan = plan_of(chain.thoughts)
            .ok_or_else(|| unusable("a thought is not one of the Sketcher's"))?;
        let scene = Scene::of(chain.problem).ok_or_else(|| unusable("there is no example"))?;
        let plan = plan.without_idle_steps(scene.arguments);
        let scene = scene.after(&plan);
        let last = scene
            .variables
            .last()
            .ok_or_else(|| unusable("there is no step"))?;
        let (coercion, _) = scene.partly(&last.cells[..scene.visible()]);
        let types: Vec<_> = scene.variables[scene.arguments..]
            .iter()
            .map(|v| v.ty.clone())
            .collect();
        compile::program(&plan, chain.problem, coercion, &types)
            .ok_or_else(|| unusable("the thoughts do not fit together"))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let Some(plan) = plan_of(ask.chain.thoughts) else {
            return Ok(None);
        };
        let reading = self.reading(ask.chain.problem);
        Ok(super::rethink::rethink(ask, &plan, &reading))
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let Some((plan, scene, coercion)) = self.done(&ask.chain) else {
            return Ok(None);
        };
        let Some(last) = scene.variables.last() else {
            return Ok(None);
        };
        let reading = self.reading(ask.chain.problem);
        let merit = merit(&plan, &scene, &reading, coercion, &last.cells);
        let score = 1.0 / (1.0 + (-(price::SLOPE * merit + price::BIAS)).exp());
        Ok(Some(Opinion {
            score,
            decision: if score > price::SURE {
                Decision::Accept
            } else {
                Decision::Refine
            },
            reason: reason(&plan, &scene, &reading),
        }))
    }
}

/// What speaks for and against a plan, in words.
fn reason(plan: &Plan, scene: &Scene, reading: &Reading) -> String {
    let Some(a) = price::account(plan, scene.arguments, scene.lengths, reading) else {
        return String::new();
    };
    let list = |known: bool| -> Vec<String> {
        reading
            .words
            .iter()
            .enumerate()
            .filter(|(i, w)| (a.words >> i & 1 == 1) == known && !w.contains('_'))
            .map(|(i, _)| reading.spoken[i].clone())
            .take(6)
            .collect()
    };
    let (known, open) = (list(true), list(false));
    let mut out = match known.is_empty() {
        true => "accounts for no word of the statement".to_owned(),
        false => format!("accounts for {}", known.join(", ")),
    };
    if !open.is_empty() {
        out.push_str(&format!("; not for {}", open.join(", ")));
    }
    if a.unused > 0 {
        out.push_str(&format!("; leaves {} argument(s) unused", a.unused));
    }
    out
}
