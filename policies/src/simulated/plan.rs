//! Simulated thoughts, and how good they are.

use cogitree_engine::{Attempt, Feedback, Thought};

use super::world::Rules;
use crate::draw::Draws;

/// How much a policy was told of a failure, read from the feedback: 0 nothing, 1 verdicts, 2 a
/// difference, 3 a trace.
pub(super) fn told(feedback: &Feedback) -> usize {
    let text = &feedback.text;
    if text.contains("\nLine by line:") {
        3
    } else if text.contains("is expected, not") {
        2
    } else {
        usize::from(!text.is_empty())
    }
}

/// One step of a thought: a word of its own, and how much was known of the failure that it answers.
struct Step {
    word: u64,
    told: usize,
}

/// A first thought, or one that follows another.
pub(super) fn idea(word: u64, outcome: Option<&Attempt<'_>>) -> Thought {
    let told = outcome.map_or(0, |o| told(o.feedback));
    let code = code(&Step { word, told });
    Thought::encoded(format!("Idea {code}."), code)
}

/// A thought thought again.
pub(super) fn revised(thought: &Thought, word: u64, outcome: &Attempt<'_>) -> Thought {
    let told = told(outcome.feedback);
    let code = code(&Step { word, told });
    let before = thought.encoding.as_deref().unwrap_or("");
    Thought::encoded(
        format!("{} On second thought {code}.", thought.text),
        format!("{before} {code}"),
    )
}

fn code(step: &Step) -> String {
    format!("{:08x}-{}", step.word as u32, step.told)
}

/// The steps of a thought. One that is none of ours has a single step, made of its text.
fn steps(thought: &Thought) -> Vec<Step> {
    let read = |code: &str| {
        let (word, told) = code.split_once('-')?;
        Some(Step {
            word: u64::from_str_radix(word, 16).ok()?,
            told: told.parse().ok().filter(|told| *told < 4)?,
        })
    };
    let encoding = thought.encoding.as_deref().unwrap_or("");
    let ours: Option<Vec<Step>> = encoding.split(' ').map(read).collect();
    ours.unwrap_or_else(|| {
        let draws = Draws::of(0).text(&thought.text).text(encoding);
        vec![Step {
            word: draws.bits(),
            told: 0,
        }]
    })
}

impl Rules {
    /// The quality of the last thought of a chain, in logits.
    pub(super) fn quality(&self, problem: u32, thoughts: &[Thought]) -> f64 {
        let odds = &self.odds;
        let keep = odds.inheritance.clamp(0.0, 1.0);
        let fresh = odds.quality_spread * (1.0 - keep * keep).sqrt();
        let mut draws = self.draws(problem, "quality");
        let mut quality: Option<f64> = None;
        for thought in thoughts {
            for step in steps(thought) {
                draws = draws.number(step.word);
                let chance = draws.normal();
                quality = Some(match quality {
                    None => odds.quality_spread * chance,
                    Some(before) => keep * before + fresh * chance + odds.gain[step.told],
                });
            }
        }
        quality.unwrap_or(0.0)
    }

    /// Probability that a program for a thought of a quality is right.
    pub(super) fn chance(&self, problem: u32, quality: f64) -> f64 {
        1.0 / (1.0 + (-(self.ease(problem) + quality)).exp())
    }
}
