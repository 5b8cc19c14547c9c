//! How each operator asks.

use std::collections::BTreeMap;

use cogitree_engine::Operator;
use serde::{Deserialize, Serialize};

/// How the questions of one operator are asked.
///
/// | operator | temperature | tokens |
/// |---|---|---|
/// | propose | 0.8 | 1024 |
/// | rehearse | 0.2 | 1536 |
/// | implement | 0.2 | 2048 |
/// | rethink | 0.6 | 1024 |
/// | review | 0.2 | 1024 |
/// | design_tests | 0.4 | 1024 |
/// | compare | 0.2 | 1024 |
///
/// Each asks for one sample. Thoughts differ most where the temperature is high; programs and judgements
/// are to follow from what is before them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSettings {
    /// Sampling temperature, 0 to 2.
    pub temperature: f64,
    /// The most tokens of one answer, reasoning included. A model that reasons needs several
    /// thousand.
    pub max_tokens: u32,
    /// How many answers are asked for at once; 0 counts as 1. Thoughts and tests of several are put
    /// together, opinions and preferences vote, and of programs and single thoughts the first that
    /// can be used is taken.
    pub samples: u32,
}

impl OperatorSettings {
    /// The default of an operator.
    pub fn of(operator: Operator) -> Self {
        let (temperature, max_tokens) = match operator {
            Operator::Propose => (0.8, 1024),
            Operator::Rehearse => (0.2, 1536),
            Operator::Implement => (0.2, 2048),
            Operator::Rethink => (0.6, 1024),
            Operator::DesignTests => (0.4, 1024),
            _ => (0.2, 1024),
        };
        OperatorSettings {
            temperature,
            max_tokens,
            samples: 1,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<Operator, OperatorSettings>);

impl Settings {
    pub(super) fn of(&self, operator: Operator) -> OperatorSettings {
        let set = self.0.get(&operator).copied();
        set.unwrap_or_else(|| OperatorSettings::of(operator))
    }

    pub(super) fn set(&mut self, operator: Operator, settings: OperatorSettings) {
        self.0.insert(operator, settings);
    }
}
