//! Thoughts: steps of reasoning towards a program.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One step of reasoning, in words, with what its policy needs to act on it.
///
/// Cheap to clone: the texts are shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Thought {
    /// The thought in plain words; what people and language models read.
    pub text: Arc<str>,
    /// The policy's own encoding of the thought, if it has one. Opaque to the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Arc<str>>,
}

impl Thought {
    /// A thought in words only.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Thought {
            text: text.into(),
            encoding: None,
        }
    }

    /// No thought: the program of its chain is written without a plan, as a draw of its own (the nth
    /// among its siblings).
    pub fn blank(n: usize) -> Self {
        Thought::encoded("", n.to_string())
    }

    /// Whether there is nothing in it to be read.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// A thought in words with its policy's encoding.
    pub fn encoded(text: impl Into<Arc<str>>, encoding: impl Into<Arc<str>>) -> Self {
        Thought {
            text: text.into(),
            encoding: Some(encoding.into()),
        }
    }
}

/// A thought of a chain put anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refined {
    /// Its place in the chain, from 0.
    pub at: usize,
    /// What takes its place.
    pub thought: Thought,
}

/// A thought offered by a policy, with its prior.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The thought.
    pub thought: Thought,
    /// How promising it is before anything was tried; any non-negative number. The engine
    /// normalises the priors of siblings to a sum of 1.
    pub prior: f64,
}
