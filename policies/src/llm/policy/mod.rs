//! A language model as a policy.

mod exchange;
mod form;
mod settings;
mod statistics;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use cogitree_engine::{
    Chain, Compare, DesignTests, Implement, Operator, Opinion, Policy, PolicyError, Preference,
    Program, Proposal, Propose, Refined, Rehearsal, Rethink, Review, Test, Thought, Which,
};

use super::answers::{self, Better, Said, normal};
use super::prompts::Scene;
use super::{Chat, Price, Prompts};

use exchange::{Question, Unread};
use form::Form;
pub use settings::OperatorSettings;
use settings::Settings;
use statistics::Counters;
pub use statistics::LlmStatistics;

/// A language model that thinks: every operator of [`Policy`] as a question to a [`Chat`].
///
/// An answer is read item by item, whatever text comes; good items are kept when one is bad. What
/// cannot be read at all is asked for once more, with what was wrong with it. What is asked depends on
/// the request alone, and so does the seed that is sent, so that with a model that repeats itself, or
/// a cache before it, a search repeats itself.
///
/// Every call is asked for at the request's meter before it is sent, with what it may cost at the
/// most: a token for every three bytes of the prompt (rounded up, and eight for each message), and
/// [`OperatorSettings::max_tokens`] for every sample. It is settled with what the server told. A reply
/// out of a cache is settled with what it cost when it was made, so that a search with a full cache is
/// the same search. One question is one call, however many requests a server needs for it
/// ([`LlmStatistics::requests`] counts those).
///
/// ```
/// use std::sync::Arc;
/// use cogitree_engine::*;
/// use cogitree_policies::llm::{Chat, ChatError, ChatReply, ChatRequest, Choice, LlmPolicy};
///
/// /// Has one thought and one program for everything.
/// struct Parrot;
/// impl Chat for Parrot {
///     fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
///         let text = match request.schema {
///             Some(_) => r#"{"thoughts": [{"thought": "Add them.", "prior": 0.9}]}"#,
///             None => "```python\ndef add(a, b):\n    return a + b\n```",
///         };
///         Ok(ChatReply::new(vec![Choice::new(text)]))
///     }
/// }
/// let problem = Problem {
///     id: "add".into(),
///     statement: "Add two numbers.".into(),
///     interface: Interface::Function(Signature::new("add", [Parameter::new("a"), Parameter::new("b")])),
///     tests: vec![],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let policy = LlmPolicy::new(Arc::new(Parrot));
/// let meter = Meter::default();
/// let chain = Chain::new(&problem, &[], 1, &meter);
/// let ask = Propose { chain, outcome: None, siblings: &[], width: 3 };
/// let thoughts = [policy.propose(&ask)?.remove(0).thought];
/// let program = policy.implement(&Chain { thoughts: &thoughts, ..chain }.into())?;
/// assert!(program.source.starts_with("def add(a, b):"));
/// assert_eq!(meter.spending().total().calls, 2);
/// assert_eq!(policy.statistics().calls, 2);
/// # Ok::<(), PolicyError>(())
/// ```
pub struct LlmPolicy {
    chat: Arc<dyn Chat>,
    prompts: Prompts,
    price: Option<Price>,
    settings: Settings,
    /// The most tokens that the texts of a prompt are given, by the rule of three bytes.
    prompt_tokens: usize,
    repairs: bool,
    counters: Counters,
    /// Requests in a row that failed.
    failures: AtomicU32,
}

impl std::fmt::Debug for LlmPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmPolicy")
            .field("prompts", &self.prompts)
            .field("settings", &self.settings)
            .field("price", &self.price)
            .finish_non_exhaustive()
    }
}

impl LlmPolicy {
    /// A policy that asks `chat`, with the embedded prompts and the default settings, at an unknown
    /// price.
    pub fn new(chat: Arc<dyn Chat>) -> Self {
        LlmPolicy {
            chat,
            prompts: Prompts::embedded(),
            price: None,
            settings: Settings::default(),
            prompt_tokens: 6000,
            repairs: true,
            counters: Counters::default(),
            failures: AtomicU32::new(0),
        }
    }

    /// Uses these prompts.
    pub fn prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self
    }

    /// Accounts for the money that tokens cost; `None`, the default, is a price that is not known.
    pub fn price(mut self, price: Option<Price>) -> Self {
        self.price = price;
        self
    }

    /// The settings of one operator. Default: see [`OperatorSettings`].
    pub fn operator(mut self, operator: Operator, settings: OperatorSettings) -> Self {
        self.settings.set(operator, settings);
        self
    }

    /// The settings of one operator as they are.
    pub fn settings(&self, operator: Operator) -> OperatorSettings {
        self.settings.of(operator)
    }

    /// The most tokens that the texts of one prompt (statement, tests, thoughts, programs, feedback)
    /// may take, counted as a third of their bytes; what is longer is cut where it is oldest or
    /// matters least, and the prompt says so. Default 6000.
    pub fn prompt_tokens(mut self, tokens: usize) -> Self {
        self.prompt_tokens = tokens;
        self
    }

    /// Whether an answer that cannot be read is asked for once more. Default true.
    pub fn repairs(mut self, repairs: bool) -> Self {
        self.repairs = repairs;
        self
    }

    /// What was asked so far and what went wrong.
    pub fn statistics(&self) -> LlmStatistics {
        self.counters.read()
    }

    /// A thought put anew that is none of those known here, or that there is none.
    fn another(
        &self,
        question: Question<'_>,
        known: &[Thought],
        tried: &[Thought],
        read: impl Fn(&Said<'_>) -> Option<Option<Refined>>,
    ) -> Result<Option<Refined>, PolicyError> {
        self.ask(question, |said: &[Said<'_>]| {
            let mut repeated = false;
            let mut gave_up = false;
            for answer in said {
                match read(answer) {
                    Some(Some(refined)) => {
                        let key = normal(&refined.thought.text);
                        if !known.iter().chain(tried).any(|t| normal(&t.text) == key) {
                            return Ok(Some(refined));
                        }
                        repeated = true;
                    }
                    Some(None) => gave_up = true,
                    None => {}
                }
            }
            if gave_up {
                Ok(None)
            } else if repeated {
                self.counters.repeated(1);
                Err(Unread::Repeated {
                    why: "this version was tried already; another one is asked for",
                    settled: None,
                })
            } else {
                Err(Unread::Form(
                    "it holds no thought in the form asked for".into(),
                ))
            }
        })
    }
}

impl Policy for LlmPolicy {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        if ask.width == 0 {
            return Ok(Vec::new());
        }
        let question = Question {
            scene: Scene::propose(ask),
            first_sample: ask.siblings.len() as u64,
            ..Question::new(Operator::Propose, Form::thoughts(), &ask.chain)
        };
        self.ask(question, |said: &[Said<'_>]| {
            let offered = answers::thoughts(said, ask.siblings, ask.width);
            self.counters.repeated(offered.repeated);
            self.counters.unread(offered.unread);
            if !offered.proposals.is_empty() || offered.nothing {
                Ok(offered.proposals)
            } else if offered.repeated > 0 {
                Err(Unread::Repeated {
                    why: "every thought in it was suggested already",
                    settled: Vec::new(),
                })
            } else {
                Err(Unread::Form(
                    "it holds no thoughts in the form asked for".into(),
                ))
            }
        })
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        let question = Question {
            scene: Scene::rehearse(chain),
            ..Question::new(Operator::Rehearse, Form::rehearsal(), chain)
        };
        self.opinion(question, |said| said.iter().find_map(answers::rehearsal))
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let problem = ask.chain.problem;
        let question = Question {
            scene: Scene::implement(ask),
            first_sample: ask.tried.len() as u64,
            ..Question::new(Operator::Implement, Form::program(), &ask.chain)
        };
        self.ask(question, |said: &[Said<'_>]| {
            let mut why = String::new();
            for answer in said {
                match answers::program(answer, problem) {
                    Ok(program) => return Ok(program),
                    Err(fault) => why = fault,
                }
            }
            Err(Unread::Form(why))
        })
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let question = Question {
            scene: Scene::rethink(ask),
            first_sample: ask.tried.len() as u64,
            ..Question::new(Operator::Rethink, Form::thought(), &ask.chain)
        };
        let last = ask.chain.thoughts.len().saturating_sub(1);
        let read = |answer: &Said<'_>| {
            let thought = answers::one_thought(answer)?;
            Some(thought.map(|thought| Refined { at: last, thought }))
        };
        let better = self.another(question, &ask.chain.thoughts[last..], ask.tried, read)?;
        Ok(better.map(|refined| refined.thought))
    }

    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let thoughts = ask.chain.thoughts;
        let question = Question {
            template: "refine",
            scene: Scene::rethink(ask),
            first_sample: ask.tried.len() as u64,
            ..Question::new(Operator::Rethink, Form::refined(), &ask.chain)
        };
        let read = |answer: &Said<'_>| answers::refined(answer, thoughts.len());
        self.another(question, thoughts, ask.tried, read)
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let question = Question {
            scene: Scene::review(ask),
            ..Question::new(Operator::Review, Form::opinion(), &ask.chain)
        };
        self.opinion(question, |said| {
            let opinions: Vec<Opinion> = said.iter().filter_map(answers::opinion).collect();
            answers::together(opinions, said.len())
        })
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        if ask.wanted == 0 {
            return Ok(Vec::new());
        }
        let form = Form::tests(ask.problem.interface.signature().is_some());
        let question = Question {
            scene: Scene::design_tests(ask),
            ..Question::of(Operator::DesignTests, form, ask.seed, ask.meter)
        };
        self.ask(question, |said: &[Said<'_>]| {
            let mut found = Vec::new();
            for answer in said {
                let designed = answers::designed(answer, ask.problem, ask.wanted);
                self.counters.repeated(designed.repeated);
                self.counters.unread(designed.unread);
                found.extend(designed.tests);
            }
            found.dedup();
            found.truncate(ask.wanted);
            match found.is_empty() {
                true => Err(Unread::Form("it holds no test that can be run".into())),
                false => Ok(found),
            }
        })
    }

    /// Which of the two stands first in the prompt depends on the seed, since models prefer a place.
    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        let swapped = ask.seed.count_ones() % 2 == 1;
        let (a, b) = match swapped {
            true => (ask.second, ask.first),
            false => (ask.first, ask.second),
        };
        let question = Question {
            scene: Scene::compare(ask.problem, a, b),
            ..Question::of(Operator::Compare, Form::preference(), ask.seed, ask.meter)
        };
        let preferred = self.opinion(question, |said| {
            let mut found: Vec<(Better, String)> =
                said.iter().filter_map(answers::better).collect();
            let votes = |which| found.iter().filter(|(b, _)| *b == which).count();
            let (for_a, for_b) = (votes(Better::A), votes(Better::B));
            let winner = match for_a.cmp(&for_b) {
                std::cmp::Ordering::Greater => Better::A,
                std::cmp::Ordering::Less => Better::B,
                std::cmp::Ordering::Equal => Better::Neither,
            };
            match found.iter().position(|(b, _)| *b == winner) {
                Some(at) => Some(found.swap_remove(at)),
                // As many for the one as for the other.
                None => (!found.is_empty()).then(|| (winner, String::new())),
            }
        })?;
        Ok(preferred.and_then(|(better, reason)| {
            let which = match (better, swapped) {
                (Better::Neither, _) => return None,
                (Better::A, false) | (Better::B, true) => Which::First,
                (Better::A, true) | (Better::B, false) => Which::Second,
            };
            Some(Preference { which, reason })
        }))
    }

    fn is_cpu_bound(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
