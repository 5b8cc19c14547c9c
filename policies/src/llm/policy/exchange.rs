//! One question: the prompt, leave to ask, the answer, and if need be once more.

use std::sync::atomic::Ordering;

use cogitree_engine::{Chain, Meter, Money, Operator, PolicyError, Usage};

use super::{Form, LlmPolicy};
use crate::llm::answers::Said;
use crate::llm::prompts::{PromptError, Scene};
use crate::llm::{
    ChatError, ChatReply, ChatRequest, Choice, FaultScope, Finish, Message, TokenUsage,
};

/// Bytes of a prompt that count as a token, and tokens that each message has besides. Of English
/// and code it is an upper bound for the tokenizers in use, which take three and a half to four bytes
/// for a token.
const BYTES_A_TOKEN: usize = 3;
const TOKENS_A_MESSAGE: u64 = 8;

/// Failed requests in a row after which the policy gives up: whoever answers is gone.
const FAILURES_IN_A_ROW: u32 = 12;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) operator: Operator,
    pub(super) template: &'static str,
    pub(super) scene: Scene,
    pub(super) form: Form,
    pub(super) seed: u64,
    /// Tells repeated questions of the same words apart.
    pub(super) first_sample: u64,
    pub(super) meter: &'a Meter,
}

impl<'a> Question<'a> {
    pub(super) fn new(operator: Operator, form: Form, chain: &Chain<'a>) -> Self {
        Question::of(operator, form, chain.seed, chain.meter)
    }

    pub(super) fn of(operator: Operator, form: Form, seed: u64, meter: &'a Meter) -> Self {
        Question {
            operator,
            template: operator.name(),
            scene: Scene::default(),
            form,
            seed,
            first_sample: 0,
            meter,
        }
    }
}

/// Why answers could not be used.
pub(super) enum Unread<T> {
    /// They do not have the form asked for; what is wrong with them.
    Form(String),
    /// They say only what is known; what is taken for it if that does not change.
    Repeated { why: &'static str, settled: T },
}

impl LlmPolicy {
    /// Asks, reads the answers and, where that fails, asks once more.
    pub(super) fn ask<T>(
        &self,
        question: Question<'_>,
        read: impl Fn(&[Said<'_>]) -> Result<T, Unread<T>>,
    ) -> Result<T, PolicyError> {
        let Question {
            operator, meter, ..
        } = question;
        let prompt = self.render(question.template, question.scene)?;
        let messages = vec![
            Message::system(self.render("system", Scene::default())?),
            Message::user(prompt.clone()),
        ];
        let settings = self.settings.of(operator);
        let mut request = ChatRequest::new(messages);
        request.samples = settings.samples.max(1);
        request.first_sample = question.first_sample * u64::from(request.samples);
        request.temperature = settings.temperature;
        request.max_tokens = settings.max_tokens;
        request.seed = Some(seed(question.seed, operator));
        request.schema = question.form.schema;

        let choices = self.send(operator, meter, &request)?;
        let spoken = self.spoken(&choices)?;
        let said: Vec<Said<'_>> = spoken.iter().map(|c| Said::new(&c.text, &prompt)).collect();
        let unread = match read(&said) {
            Ok(answer) => return Ok(answer),
            Err(unread) => unread,
        };
        self.counters.unreadable(1);
        let why = match &unread {
            Unread::Form(why) => why.clone(),
            Unread::Repeated { why, .. } => (*why).to_owned(),
        };
        if !self.repairs {
            return settled(unread);
        }
        let again = self.render("repair", Scene::repair(&why, question.form.words))?;
        let answer = spoken.first().map_or("", |c| &c.text);
        let answer = &answer[..answer.floor_char_boundary(self.room())];
        request.messages.push(Message::assistant(answer));
        request.messages.push(Message::user(again));
        request.samples = 1;
        self.counters.repairs(1);
        let choices = self.send(operator, meter, &request)?;
        let Ok(spoken) = self.spoken(&choices) else {
            return settled(unread);
        };
        let said: Vec<Said<'_>> = spoken.iter().map(|c| Said::new(&c.text, &prompt)).collect();
        match read(&said) {
            Ok(answer) => {
                self.counters.repaired(1);
                Ok(answer)
            }
            Err(unread) => {
                self.counters.unreadable(1);
                settled(unread)
            }
        }
    }

    /// As [`ask`](Self::ask), where an answer that cannot be used is no opinion.
    pub(super) fn opinion<T>(
        &self,
        question: Question<'_>,
        read: impl Fn(&[Said<'_>]) -> Option<T>,
    ) -> Result<Option<T>, PolicyError> {
        self.ask(question, |said: &[Said<'_>]| match read(said) {
            Some(opinion) => Ok(Some(opinion)),
            None => Err(Unread::Form("it is not of the form asked for".to_owned())),
        })
        .or_else(|e| match e {
            PolicyError::Unusable(_) => Ok(None),
            other => Err(other),
        })
    }

    fn room(&self) -> usize {
        self.prompt_tokens
            .saturating_mul(BYTES_A_TOKEN)
            .min(1 << 24)
    }

    /// A prompt. Templates were tried before the search, so that a fault here is one of ours.
    fn render(&self, name: &'static str, scene: Scene) -> Result<String, PolicyError> {
        let failed = |e: PromptError| PolicyError::Fatal(format!("prompt `{name}`: {e}"));
        self.prompts
            .render(name, scene, self.room())
            .map_err(failed)
    }

    /// Sends a request, with leave of the meter.
    fn send(
        &self,
        operator: Operator,
        meter: &Meter,
        request: &ChatRequest,
    ) -> Result<Vec<Choice>, PolicyError> {
        let call = meter.begin(operator, self.estimate(request))?;
        self.counters.calls(1);
        match self.chat.chat(request) {
            Ok(reply) => {
                call.settle(self.cost(&reply));
                self.failures.store(0, Ordering::Relaxed);
                self.counters.requests(reply.requests_sent);
                self.counters.cached(u64::from(reply.from_cache));
                Ok(reply.choices)
            }
            Err(error) => {
                if let Some(usage) = self.lost(&error) {
                    call.settle(usage);
                }
                self.counters.failed(1);
                self.counters.requests(attempts(&error));
                Err(self.failed(&error))
            }
        }
    }

    /// The most that a request may cost.
    fn estimate(&self, request: &ChatRequest) -> Usage {
        let bytes: usize = request.messages.iter().map(|m| m.content.len()).sum();
        let prompt =
            bytes.div_ceil(BYTES_A_TOKEN) as u64 + TOKENS_A_MESSAGE * request.messages.len() as u64;
        let usage = TokenUsage {
            replies: 1,
            prompt,
            completion: u64::from(request.max_tokens) * u64::from(request.samples),
            ..TokenUsage::default()
        };
        Usage {
            calls: 1,
            prompt_tokens: prompt,
            completion_tokens: usage.completion,
            money: self.money(&usage),
            ..Usage::default()
        }
    }

    fn money(&self, usage: &TokenUsage) -> Money {
        self.price.map_or(Money(0), |price| Money(price.of(usage)))
    }

    /// What a reply cost.
    fn cost(&self, reply: &ChatReply) -> Usage {
        let usage = &reply.usage;
        let unmetered = u64::from(!usage.is_complete());
        Usage {
            calls: 1,
            prompt_tokens: usage.prompt,
            cached_tokens: usage.cached,
            completion_tokens: usage.completion,
            money: self.money(usage),
            unmetered,
            unpriced: if self.price.is_none() { 1 } else { unmetered },
        }
    }

    /// What a request cost that was not answered; `None` where it did not reach a server that could
    /// have charged for it.
    fn lost(&self, error: &ChatError) -> Option<Usage> {
        let call = Usage {
            calls: 1,
            ..Usage::default()
        };
        match error {
            ChatError::Cancelled | ChatError::Unreachable { .. } => None,
            // It said no and charged nothing.
            ChatError::Unauthorized { .. }
            | ChatError::UnknownModel { .. }
            | ChatError::NotAChatServer { .. }
            | ChatError::ContextOverflow { .. }
            | ChatError::BadRequest { .. }
            | ChatError::RateLimited { .. } => Some(call),
            // It may have worked on it.
            ChatError::Unavailable { .. }
            | ChatError::Timeout { .. }
            | ChatError::Malformed { .. } => Some(Usage {
                unmetered: 1,
                unpriced: 1,
                ..call
            }),
        }
    }

    fn failed(&self, error: &ChatError) -> PolicyError {
        if *error == ChatError::Cancelled {
            return PolicyError::Unavailable(error.to_string());
        }
        let row = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        match error.scope() {
            FaultScope::Endpoint => PolicyError::Fatal(error.to_string()),
            FaultScope::Request if row >= FAILURES_IN_A_ROW => PolicyError::Fatal(format!(
                "{row} requests in a row failed, the last one: {error}"
            )),
            FaultScope::Request => match error {
                // It would be the same another time.
                ChatError::ContextOverflow { .. } | ChatError::BadRequest { .. } => {
                    PolicyError::Unusable(error.to_string())
                }
                _ => PolicyError::Unavailable(error.to_string()),
            },
        }
    }

    /// The choices that say something.
    fn spoken(&self, choices: &[Choice]) -> Result<Vec<Choice>, PolicyError> {
        let mut spoken = Vec::new();
        let mut why = "the reply holds no answer";
        for choice in choices {
            match choice.finish {
                Finish::Refusal | Finish::ContentFilter => {
                    self.counters.refused(1);
                    why = "the model declined to answer";
                    continue;
                }
                Finish::Length => {
                    self.counters.cut(1);
                    why = "the answer was cut before it said anything: a larger limit of tokens is needed";
                }
                _ => {}
            }
            if !Said::new(&choice.text, "").text.trim().is_empty() {
                spoken.push(choice.clone());
            }
        }
        match spoken.is_empty() {
            true => {
                self.counters.unreadable(1);
                Err(PolicyError::Unusable(why.to_owned()))
            }
            false => Ok(spoken),
        }
    }
}

fn settled<T>(unread: Unread<T>) -> Result<T, PolicyError> {
    match unread {
        Unread::Form(why) => Err(PolicyError::Unusable(why)),
        Unread::Repeated { settled, .. } => Ok(settled),
    }
}

/// The seed that is sent: of its own for each operator, and small enough for every server (most take
/// 32 bits, some with a sign).
fn seed(seed: u64, operator: Operator) -> u64 {
    let mixed = operator
        .name()
        .bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
    (mixed ^ (mixed >> 32)) & 0x7fff_ffff
}

/// How often a request was sent that failed in the end.
fn attempts(error: &ChatError) -> u64 {
    match error {
        ChatError::Cancelled => 0,
        ChatError::Unreachable { attempts, .. }
        | ChatError::RateLimited { attempts, .. }
        | ChatError::Unavailable { attempts, .. }
        | ChatError::Timeout { attempts, .. } => u64::from(*attempts),
        _ => 1,
    }
}
