//! Reading what a model answers: whatever text comes, item by item.
//!
//! Nothing here trusts a text. It is bounded before it is read, reading it never fails with a panic,
//! and what cannot be read is a fault that is counted, not a guess.
//!
//! | answer | read by |
//! |---|---|
//! | thoughts with priors; one thought; a rehearsal | `thoughts` |
//! | an opinion; a preference | `verdicts` |
//! | tests | `designed` |
//! | a program | `code` |
//! | JSON, however broken; lists instead of it | `json`, `lists` |

mod code;
mod designed;
mod json;
mod lists;
mod number;
mod thoughts;
mod verdicts;

pub(crate) use code::program;
pub(crate) use designed::designed;
pub(crate) use thoughts::{one_thought, refined, rehearsal, thoughts};
pub(crate) use verdicts::{Better, better, opinion, together};

use cogitree_engine::{Problem, Program};
use serde_json::{Map, Value as Json};

/// The program in an answer of a model to `told`, its prompt: whatever stands around it, with or without
/// fences, as a whole module or as the body of the function asked for. Imports that were forgotten are
/// added; of a function, tests and examples of use are left out.
///
/// ```
/// use cogitree_engine::*;
/// use cogitree_policies::llm::program_of;
///
/// let problem = Problem {
///     id: "mean".into(),
///     statement: "The mean of a list.".into(),
///     interface: Interface::Function(Signature::new("mean", [Parameter::new("xs")])),
///     tests: vec![],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let answer = "Like this:\n```python\ndef mean(xs: List[float]):\n    return sum(xs) / len(xs)\n\nprint(mean([1]))\n```";
/// assert_eq!(
///     program_of(answer, "", &problem).unwrap().source,
///     "from typing import List\n\ndef mean(xs: List[float]):\n    return sum(xs) / len(xs)\n\n",
/// );
/// ```
///
/// # Errors
/// Why there is none, in words.
pub fn program_of(answer: &str, told: &str, problem: &Problem) -> Result<Program, String> {
    program(&Said::new(answer, told), problem)
}

/// The most of one answer that is read, in bytes; the rest is as if it had not been said.
const MOST: usize = 256 * 1024;

/// The least that counts as a quotation, in bytes.
const QUOTATION: usize = 12;

/// What a model said, and what it had been told: what it repeats word for word from there is a
/// quotation and not its answer.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    /// The answer without what the model thought aloud.
    pub(crate) text: &'a str,
    told: &'a str,
}

impl<'a> Said<'a> {
    /// An answer to a prompt.
    pub(crate) fn new(answer: &'a str, told: &'a str) -> Self {
        let answer = &answer[..answer.floor_char_boundary(MOST)];
        Said {
            text: aloud(answer),
            told,
        }
    }

    /// Whether a part of the answer stands word for word in the prompt.
    fn quotes(&self, part: &str) -> bool {
        let part = part.trim();
        part.len() >= QUOTATION && self.told.contains(part)
    }

    /// The objects of the answer that have one of these keys, in their order, wherever they stand;
    /// without those that are quoted.
    fn objects(&self, keys: &[&str]) -> Vec<Found> {
        let mut found = Vec::new();
        for value in json::values(self.text) {
            if !self.quotes(&self.text[value.span.clone()]) {
                gather(value.json, keys, value.whole, &mut found);
            }
        }
        found
    }
}

/// An object of an answer.
struct Found {
    members: Map<String, Json>,
    /// False where the text it stands in ended too early or went wrong.
    whole: bool,
}

fn gather(json: Json, keys: &[&str], whole: bool, found: &mut Vec<Found>) {
    match json {
        Json::Object(members) if keys.iter().any(|k| members.contains_key(*k)) => {
            found.push(Found { members, whole });
        }
        Json::Object(members) => {
            for (_, json) in members {
                gather(json, keys, whole, found);
            }
        }
        Json::Array(items) => {
            for json in items {
                gather(json, keys, whole, found);
            }
        }
        _ => {}
    }
}

/// What is said outside `<think>` tags, which servers without a parser for them pass on. What comes
/// after the last end of thinking; nothing where it never ends.
fn aloud(text: &str) -> &str {
    const BEGIN: &str = "<think>";
    const END: &str = "</think>";
    match text.rfind(END) {
        Some(at) => &text[at + END.len()..],
        None if text.trim_start().starts_with(BEGIN) => "",
        None => text,
    }
}

/// A text of one item: trimmed, and nothing where it says nothing.
fn words(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    let text = text[..text.floor_char_boundary(most)].trim_end();
    text.contains(char::is_alphanumeric)
        .then(|| text.to_owned())
}

/// A text as it is compared with others: without upper case, the width of white space, and what ends
/// a sentence.
pub(crate) fn normal(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    text.trim_end_matches(['.', '!', ';', ' ']).to_owned()
}

#[cfg(test)]
mod properties;
