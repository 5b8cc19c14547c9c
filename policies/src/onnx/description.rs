//! What is written beside a model, in `NAME.json`: how its inputs are made, and what it must answer.

use serde::Deserialize;

use super::OnnxError;
use super::encode::{self, Encoding};

/// The version of the format that is read.
const FORMAT: u32 = 1;
/// The longest input in tokens.
const LONGEST: usize = 16_384;
/// The most features.
const FEATURES: usize = 4096;
/// How many stored answers a model has.
const CHECKS: std::ops::RangeInclusive<usize> = 8..=1024;

/// A model's description, checked.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Description {
    cogitree_value_model: u32,
    /// The model's name.
    pub(super) name: String,
    pub(super) encoding: Kind,
    pub(super) inputs: Inputs,
    /// The name of the output.
    pub(super) output: String,
    /// Whether it was trained on thoughts without a program too.
    #[serde(default)]
    pub(super) foresees: bool,
    /// Inputs with the answer that the model must give to them.
    pub(super) check: Vec<Check>,
}

/// How a state becomes numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Kind {
    /// By this crate's [`Encoder`](encode::Encoder).
    Hashed {
        version: u32,
        buckets: u32,
        longest: usize,
        features: Vec<String>,
    },
    /// As text, by a tokenizer that lies beside the model.
    Tokenizer {
        file: String,
        longest: usize,
        /// The id that fills up shorter inputs.
        #[serde(default)]
        pad: i64,
        #[serde(default = "Part::all")]
        parts: Vec<Part>,
    },
}

/// A part of the text that a model is shown. Each starts with its name on a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// The report on the visible tests, in one line.
    Report,
    /// The program.
    Program,
    /// The feedback in words.
    Feedback,
    /// The problem's statement.
    Statement,
    /// The thoughts, one on a line.
    Thoughts,
}

impl Part {
    /// What tells most first: a text that is too long is cut at its end.
    pub(super) fn all() -> Vec<Part> {
        vec![
            Part::Report,
            Part::Program,
            Part::Feedback,
            Part::Statement,
            Part::Thoughts,
        ]
    }
}

/// The names of the graph's inputs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    pub(super) tokens: String,
    pub(super) features: Option<String>,
    pub(super) mask: Option<String>,
}

/// A stored input and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    tokens: Vec<i64>,
    #[serde(default)]
    features: Vec<f32>,
    pub(super) probability: f32,
}

impl Check {
    pub(super) fn encoding(&self) -> Encoding {
        Encoding {
            tokens: self.tokens.clone(),
            features: self.features.clone(),
        }
    }
}

impl Description {
    /// Reads and checks a description; `model` is how the model is called in messages.
    pub(super) fn read(model: &str, text: &str) -> Result<Description, OnnxError> {
        let fault = |reason: String| OnnxError::Description {
            model: model.to_owned(),
            reason,
        };
        let description: Description =
            serde_json::from_str(text).map_err(|e| fault(e.to_string()))?;
        description.check_fields().map_err(fault)?;
        Ok(description)
    }

    fn check_fields(&self) -> Result<(), String> {
        if self.cogitree_value_model != FORMAT {
            return Err(format!(
                "`cogitree_value_model` is {}, and this version reads {FORMAT}",
                self.cogitree_value_model
            ));
        }
        match &self.encoding {
            Kind::Hashed {
                version,
                buckets,
                features,
                ..
            } => {
                if *version != encode::VERSION {
                    return Err(format!(
                        "`encoding.version` is {version}, and this version encodes by {}: train the \
                         model anew",
                        encode::VERSION
                    ));
                }
                if !(2..=1 << 24).contains(buckets) {
                    return Err(format!(
                        "`encoding.buckets` is {buckets}, not 2 to {}",
                        1 << 24
                    ));
                }
                same_features(features)?;
                if self.inputs.features.is_none() {
                    return Err("`inputs.features` is missing".to_owned());
                }
                if self.inputs.mask.is_some() {
                    return Err(
                        "`inputs.mask` goes with a tokenizer; 0 is the padding here".to_owned()
                    );
                }
            }
            Kind::Tokenizer { pad, parts, .. } => {
                if *pad < 0 {
                    return Err(format!("`encoding.pad` is {pad}; ids are not negative"));
                }
                if parts.is_empty() {
                    return Err("`encoding.parts` is empty: the model would see nothing".to_owned());
                }
                if self.inputs.features.is_some() {
                    return Err("`inputs.features` goes with the hashed encoding".to_owned());
                }
            }
        }
        let longest = self.longest();
        if !(1..=LONGEST).contains(&longest) {
            return Err(format!(
                "`encoding.longest` is {longest}, not 1 to {LONGEST}"
            ));
        }
        if self.feature_count() > FEATURES {
            return Err(format!(
                "`encoding.features` has more than {FEATURES} names"
            ));
        }
        if !CHECKS.contains(&self.check.len()) {
            return Err(format!(
                "`check` has {} stored answers, not {} to {}",
                self.check.len(),
                CHECKS.start(),
                CHECKS.end()
            ));
        }
        for (i, check) in self.check.iter().enumerate() {
            if !(0.0..=1.0).contains(&check.probability) {
                return Err(format!(
                    "`check[{i}].probability` is {}, not in [0, 1]",
                    check.probability
                ));
            }
        }
        Ok(())
    }

    /// The most tokens of an input.
    pub(super) fn longest(&self) -> usize {
        match &self.encoding {
            Kind::Hashed { longest, .. } | Kind::Tokenizer { longest, .. } => *longest,
        }
    }

    /// How many features an input has.
    pub(super) fn feature_count(&self) -> usize {
        match &self.encoding {
            Kind::Hashed { features, .. } => features.len(),
            Kind::Tokenizer { .. } => 0,
        }
    }

    /// The token that fills up shorter inputs.
    pub(super) fn pad(&self) -> i64 {
        match &self.encoding {
            Kind::Hashed { .. } => 0,
            Kind::Tokenizer { pad, .. } => *pad,
        }
    }
}

fn same_features(found: &[String]) -> Result<(), String> {
    let ours = encode::FEATURES;
    let differs = (0..ours.len().max(found.len()))
        .find(|&i| found.get(i).map(String::as_str) != ours.get(i).copied());
    match differs {
        None => Ok(()),
        Some(i) => Err(format!(
            "`encoding.features[{i}]` is {}, and this version encodes {}: train the model anew",
            found
                .get(i)
                .map_or("missing".to_owned(), |name| format!("`{name}`")),
            ours.get(i)
                .map_or("no more".to_owned(), |name| format!("`{name}`")),
        )),
    }
}
