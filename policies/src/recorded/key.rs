//! What a request says, as a key.

use std::fmt;

use cogitree_engine::{
    Attempt, Chain, Compare, DesignTests, Implement, Operator, Problem, Propose, Rethink, Review,
    Thought,
};
use serde::{Deserialize, Serialize};

/// The identity of a request: 128 bits of BLAKE3 over everything that it says. Not over the meter, nor
/// over times, which differ from run to run; of a report the verdicts count, and what was said of it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Key(String);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects what a request says. Every text is written with its length, so that no two requests say
/// the same in other words. Structs are taken apart field by field: a new field does not compile
/// until it was decided what it means here.
struct Words(blake3::Hasher);

impl Key {
    fn of(operator: Operator, problem: &Problem, seed: u64, rest: impl FnOnce(&mut Words)) -> Key {
        let mut words = Words(blake3::Hasher::new());
        words.text(&operator.to_string());
        // A problem that cannot be written down is another one than any that can.
        words.text(&serde_json::to_string(problem).unwrap_or_default());
        words.number(seed);
        rest(&mut words);
        let hex = words.0.finalize().to_hex();
        Key(hex[..32].to_owned())
    }

    pub(super) fn of_propose(ask: &Propose<'_>) -> Key {
        let Propose {
            chain,
            outcome,
            siblings,
            width,
        } = ask;
        Key::of(Operator::Propose, chain.problem, chain.seed, |words| {
            words.chain(chain);
            words.attempt(outcome.as_ref());
            words.thoughts(siblings);
            words.number(*width as u64);
        })
    }

    pub(super) fn of_implement(ask: &Implement<'_>) -> Key {
        let Implement {
            chain,
            failed,
            tried,
        } = ask;
        Key::of(Operator::Implement, chain.problem, chain.seed, |words| {
            words.chain(chain);
            words.attempt(failed.as_ref());
            words.number(tried.len() as u64);
            for program in *tried {
                words.text(&program.source);
            }
        })
    }

    pub(super) fn of_rethink(ask: &Rethink<'_>) -> Key {
        Key::of_another(ask, "")
    }

    /// The same question of any thought is another one.
    pub(super) fn of_refine(ask: &Rethink<'_>) -> Key {
        Key::of_another(ask, "any")
    }

    fn of_another(ask: &Rethink<'_>, which: &str) -> Key {
        let Rethink {
            chain,
            outcome,
            tried,
        } = ask;
        Key::of(Operator::Rethink, chain.problem, chain.seed, |words| {
            words.chain(chain);
            words.attempt(Some(outcome));
            words.thoughts(tried);
            if !which.is_empty() {
                words.text(which);
            }
        })
    }

    pub(super) fn of_review(ask: &Review<'_>) -> Key {
        let Review { chain, outcome } = ask;
        Key::of(Operator::Review, chain.problem, chain.seed, |words| {
            words.chain(chain);
            words.attempt(Some(outcome));
        })
    }

    pub(super) fn of_rehearse(chain: &Chain<'_>) -> Key {
        Key::of(Operator::Rehearse, chain.problem, chain.seed, |words| {
            words.chain(chain);
        })
    }

    pub(super) fn of_design_tests(ask: &DesignTests<'_>) -> Key {
        let DesignTests {
            problem,
            wanted,
            seed,
            meter: _,
        } = ask;
        Key::of(Operator::DesignTests, problem, *seed, |words| {
            words.number(*wanted as u64);
        })
    }

    pub(super) fn of_compare(ask: &Compare<'_>) -> Key {
        let Compare {
            problem,
            first,
            second,
            seed,
            meter: _,
        } = ask;
        Key::of(Operator::Compare, problem, *seed, |words| {
            words.attempt(Some(first));
            words.attempt(Some(second));
        })
    }
}

impl Words {
    fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn chain(&mut self, chain: &Chain<'_>) {
        let Chain {
            problem: _,
            thoughts,
            seed: _,
            above,
            meter: _,
        } = chain;
        self.thoughts(thoughts);
        self.attempt(above.as_ref());
    }

    fn thoughts(&mut self, thoughts: &[Thought]) {
        self.number(thoughts.len() as u64);
        for Thought { text, encoding } in thoughts {
            self.text(text);
            self.number(u64::from(encoding.is_some()));
            self.text(encoding.as_deref().unwrap_or(""));
        }
    }

    fn attempt(&mut self, attempt: Option<&Attempt<'_>>) {
        self.number(u64::from(attempt.is_some()));
        let Some(Attempt {
            program,
            report,
            feedback,
        }) = attempt
        else {
            return;
        };
        self.text(&program.source);
        self.number(report.tests.len() as u64);
        for test in &report.tests {
            self.text(test.verdict.name());
        }
        self.text(&feedback.text);
    }
}
