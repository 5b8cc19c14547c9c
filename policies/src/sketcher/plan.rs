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
}

impl Act {
    pub(crate) fn encode(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }
}

impl Fill {
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
