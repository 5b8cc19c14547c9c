//! Plans: what a chain of thoughts means, as steps over variables, and how they are encoded
//! in thoughts.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::language::evaluator::{Filler, Operand};
use super::vocabulary::{Entry, Hole, VOCABULARY, constant};

/// Names an entry, see [`Entry::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) u64);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format!("{:016x}", self.0))
    }
}
impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        u64::from_str_radix(&text, 16)
            .map(Key)
            .map_err(serde::de::Error::custom)
    }
}

impl Key {
    /// The entry, if the vocabulary still has it.
    pub(crate) fn entry(self) -> Option<&'static Entry> {
        VOCABULARY
            .by_key
            .get(&self.0)
            .map(|&i| &VOCABULARY.entries[i])
    }
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fill {
    /// A variable, by position: arguments first, then results of steps.
    Variable(usize),
    /// A constant, as Python source.
    Constant(String),
    /// A function.
    Function(Box<Call>),
}

/// A function with its holes filled; `then` is applied to its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) entry: Key,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) holes: Vec<Fill>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) then: Option<Box<Call>>,
}

/// One step: an entry applied to variables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) entry: Key,
    pub(crate) inputs: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) holes: Vec<Fill>,
}

/// A condition on the arguments under which another answer is given first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Guard {
    /// A step that gives a truth value.
    pub(crate) when: Step,
    /// What is answered then.
    pub(crate) answer: Answer,
}

/// The answer of a guard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// A constant, as Python source.
    Constant(String),
    /// The result of other steps.
    Steps(Vec<Step>),
}

/// A whole plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) guards: Vec<Guard>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) otherwise: Option<Otherwise>,
}

/// What is answered where the steps cannot be carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Otherwise {
    /// A constant, as Python source.
    pub(crate) answer: String,
    /// Names of the exceptions that stand for it.
    pub(crate) errors: Vec<String>,
}

/// What a thought's encoding holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// One more step.
    Step(Step),
    /// A whole plan in place of the one so far: what rethinking gives.
    Plan(Plan),
}

impl Plan {
    /// Whether some inputs are answered otherwise than by the steps.
    pub(crate) fn has_cases(&self) -> bool {
        !self.guards.is_empty() || self.otherwise.is_some()
    }

    /// The plan that a chain of encodings stands for. `None` where one cannot be read.
    pub(crate) fn of<'a>(encodings: impl IntoIterator<Item = Option<&'a str>>) -> Option<Plan> {
        let mut plan = Plan::default();
        for e in encodings {
            match serde_json::from_str(e?).ok()? {
                Act::Step(s) => plan.steps.push(s),
                Act::Plan(p) => plan = p,
            }
        }
        Some(plan)
    }

    /// The plan without the steps on which its result does not depend; `arguments` is the
    /// number of variables before the first step.
    pub(crate) fn without_idle_steps(mut self, arguments: usize) -> Plan {
        let Some(last) = self.steps.len().checked_sub(1) else {
            return self;
        };
        let mut needed = vec![false; self.steps.len()];
        let mut open = vec![last];
        while let Some(i) = open.pop() {
            if std::mem::replace(&mut needed[i], true) {
                continue;
            }
            let step = &mut self.steps[i];
            let uses = &mut |v: &mut usize| open.extend(v.checked_sub(arguments));
            step.inputs.iter_mut().for_each(&mut *uses);
            step.holes.iter_mut().for_each(|f| f.variables(uses));
        }
        // Variables behind a step that is left out move up.
        let mut place: Vec<usize> = (0..arguments).collect();
        let mut next = arguments;
        for n in &needed {
            place.push(next);
            next += usize::from(*n);
        }
        let mut needed = needed.into_iter();
        self.steps.retain(|_| needed.next().unwrap_or(true));
        for step in &mut self.steps {
            let moved = &mut |v: &mut usize| *v = place.get(*v).copied().unwrap_or(*v);
            step.inputs.iter_mut().for_each(&mut *moved);
            step.holes.iter_mut().for_each(|f| f.variables(moved));
        }
        self
    }
}

impl Act {
    pub(crate) fn encode(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

impl Fill {
    /// Visits every variable that it reads.
    fn variables(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        match self {
            Fill::Variable(v) => visit(v),
            Fill::Constant(_) => {}
            Fill::Function(call) => call.variables(visit),
        }
    }

    /// As an operand, where it is not a function.
    pub(crate) fn operand(&self) -> Option<Operand> {
        match self {
            Fill::Variable(i) => Some(Operand::Variable(*i)),
            Fill::Constant(c) => constant(c).map(Operand::Literal),
            Fill::Function(_) => None,
        }
    }
}

/// The constants and functions that fill an entry's holes.
pub(crate) fn fillings(entry: &Entry, holes: &[Fill]) -> Option<(Vec<Operand>, Vec<Arc<Filler>>)> {
    if entry.holes.len() != holes.len() {
        return None;
    }
    let (mut constants, mut fillers) = (Vec::new(), Vec::new());
    for (hole, fill) in entry.holes.iter().zip(holes) {
        match (hole, fill) {
            (Hole::Constant(_), f) => constants.push(f.operand()?),
            (Hole::Function(..), Fill::Function(c)) => fillers.push(c.filler()?),
            _ => return None,
        }
    }
    Some((constants, fillers))
}

impl Call {
    fn variables(&mut self, visit: &mut dyn FnMut(&mut usize)) {
        self.holes.iter_mut().for_each(|f| f.variables(visit));
        if let Some(then) = &mut self.then {
            then.variables(visit);
        }
    }

    /// The function as the evaluator takes it.
    pub(crate) fn filler(&self) -> Option<Arc<Filler>> {
        let entry = self.entry.entry()?;
        let (constants, fillers) = fillings(entry, &self.holes)?;
        let own = Arc::new(Filler::Code {
            body: entry.body.clone(),
            constants,
            fillers,
        });
        Some(match &self.then {
            Some(outer) => Arc::new(Filler::Composed(outer.filler()?, own)),
            None => own,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_steps_are_left_out_and_the_rest_moves_up() {
        let step = |inputs: &[usize], holes: &[usize]| Step {
            entry: Key(7),
            inputs: inputs.to_vec(),
            holes: holes.iter().map(|&v| Fill::Variable(v)).collect(),
        };
        // Arguments 0 and 1; step 2 is idle, 3 is used by 5 through 4, and 5 reads a hole.
        let steps = vec![
            step(&[0], &[]),
            step(&[1], &[]),
            step(&[3], &[]),
            step(&[4], &[3, 0]),
        ];
        let plan = Plan {
            steps,
            ..Plan::default()
        }
        .without_idle_steps(2);
        assert_eq!(
            plan.steps,
            [step(&[1], &[]), step(&[2], &[]), step(&[3], &[2, 0])]
        );
    }
}
