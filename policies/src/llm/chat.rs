//! The words of a conversation with a model, and the trait of those who answer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ChatError;

/// Who answers chat requests: a server, a cache before it, a record, a test.
///
/// ```
/// use cogitree_policies::llm::*;
///
/// /// Answers every request with the last message, backwards.
/// struct Mirror;
/// impl Chat for Mirror {
///     fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
///         let said = request.messages.last().map_or("", |m| &m.content);
///         let choice = Choice::new(said.chars().rev().collect::<String>());
///         Ok(ChatReply::new(vec![choice; request.samples as usize]))
///     }
/// }
/// let reply = Mirror.chat(&ChatRequest::new(vec![Message::user("abc")])).unwrap();
/// assert_eq!(reply.choices[0].text, "cba");
/// ```
pub trait Chat: Send + Sync {
    /// Answers with `request.samples` choices, or with fewer but at least one and the reason
    /// in [`ChatReply::shortfall`]: a choice that was paid for is never thrown away because
    /// another one failed. Blocks. Called from many threads at once.
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError>;
}

impl<C: Chat + ?Sized> Chat for Arc<C> {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        (**self).chat(request)
    }
}

impl<C: Chat + ?Sized> Chat for Box<C> {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        (**self).chat(request)
    }
}

/// Which model answers, and where: what tells the replies of one from those of another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelId {
    /// The base URL, without a slash at its end. Holds no secret.
    pub endpoint: String,
    /// The model's name as the server knows it.
    pub model: String,
}

/// A question to a model.
///
/// Built by name from [`ChatRequest::new`]; the other fields have the defaults given there.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    /// The conversation so far, oldest first.
    pub messages: Vec<Message>,
    /// How many independent choices are wanted; 0 counts as 1. Default 1.
    pub samples: u32,
    /// The index of the first of them among all samples of this same request. Two samples
    /// with different indices are independent; one index asked twice is the same sample, and
    /// a cache answers it with the same text. Default 0.
    pub first_sample: u64,
    /// Sampling temperature, 0 to 2. Default 0.7.
    pub temperature: f64,
    /// Nucleus sampling: the share of probability kept, in (0, 1]. Default: the server's.
    pub top_p: Option<f64>,
    /// The most tokens of one choice, reasoning included. Default 2048.
    pub max_tokens: u32,
    /// Texts that end a choice; servers take at least four. Default none.
    pub stop: Vec<String>,
    /// Makes the choices repeatable where the server can. Sample `i` is sent a seed that
    /// depends on this one and on `i`. Default none.
    pub seed: Option<u64>,
    /// The shape that the text should have. A help and no promise: it is left out for servers
    /// that refuse schemas, so the messages must ask for the shape as well.
    pub schema: Option<Schema>,
}

impl ChatRequest {
    /// One sample at temperature 0.7, of 2048 tokens at the most.
    pub fn new(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            messages,
            samples: 1,
            first_sample: 0,
            temperature: 0.7,
            top_p: None,
            max_tokens: 2048,
            stop: Vec::new(),
            seed: None,
            schema: None,
        }
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// What the model should be and do throughout.
    pub fn system(content: impl Into<String>) -> Message {
        Message {
            role: Role::System,
            content: content.into(),
        }
    }

    /// What the user says.
    pub fn user(content: impl Into<String>) -> Message {
        Message {
            role: Role::User,
            content: content.into(),
        }
    }

    /// What the model said.
    pub fn assistant(content: impl Into<String>) -> Message {
        Message {
            role: Role::Assistant,
            content: content.into(),
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// The shape of a structured answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// A name: letters, digits, `_` and `-`, 64 characters at the most.
    pub name: String,
    /// A JSON schema. For strict servers every object lists all of its properties as required
    /// and forbids others.
    pub schema: serde_json::Value,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChatReply {
    /// The choices in the order of their index: one at least, `samples` of the request at the
    /// most. Without a shortfall the sample `first_sample + i` is at `i`.
    pub choices: Vec<Choice>,
    /// The tokens paid for these choices, whether now or when they were put into a cache.
    pub usage: TokenUsage,
    /// Requests sent for this reply now, repeated ones included; 0 when all came from a cache.
    pub requests_sent: u64,
    /// True when every choice came from a cache.
    pub from_cache: bool,
    /// Why there are fewer choices than asked for.
    pub shortfall: Option<ChatError>,
}

impl ChatReply {
    /// A reply of unknown cost: its usage says that it holds one reply without a count.
    pub fn new(choices: Vec<Choice>) -> ChatReply {
        ChatReply {
            choices,
            usage: TokenUsage {
                replies: 1,
                unmetered: 1,
                ..TokenUsage::default()
            },
            requests_sent: 1,
            from_cache: false,
            shortfall: None,
        }
    }
}

/// One of the answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the model says, without its reasoning. Empty when it stopped before it said
    /// anything.
    pub text: String,
    /// What the model thought aloud before it answered, where the server shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Why it ended.
    pub finish: Finish,
}

impl Choice {
    /// A choice that ended by itself.
    pub fn new(text: impl Into<String>) -> Choice {
        Choice {
            text: text.into(),
            reasoning: None,
            finish: Finish::Stop,
        }
    }
}

/// Why a choice ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finish {
    /// The model had said all, or met a stop text.
    Stop,
    /// The limit of tokens, or of the context, cut it.
    Length,
    /// The model declined; the text is its refusal.
    Refusal,
    /// The server withheld it.
    ContentFilter,
    /// The server gave this other reason.
    Other(String),
    /// The server did not say.
    Unknown,
}

/// Tokens paid for. Counts add up; what a server does not tell is counted in `unmetered`
/// and never taken for 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Replies of a server that these counts cover.
    pub replies: u64,
    /// Tokens sent, those that the server had in its own cache included.
    pub prompt: u64,
    /// Tokens received, reasoning included.
    pub completion: u64,
    /// The share of `prompt` that the server had in its cache.
    pub cached: u64,
    /// Replies that came without a count, or with one that covers them in part. While this
    /// is not 0, the other counts are lower bounds.
    pub unmetered: u64,
}

impl TokenUsage {
    /// Whether every token is counted.
    pub fn is_complete(&self) -> bool {
        self.unmetered == 0
    }
}

impl std::ops::AddAssign for TokenUsage {
    fn add_assign(&mut self, more: TokenUsage) {
        // Counts come from servers: a hostile one cannot make a sum overflow.
        self.replies = self.replies.saturating_add(more.replies);
        self.prompt = self.prompt.saturating_add(more.prompt);
        self.completion = self.completion.saturating_add(more.completion);
        self.cached = self.cached.saturating_add(more.cached);
        self.unmetered = self.unmetered.saturating_add(more.unmetered);
    }
}

impl std::iter::Sum for TokenUsage {
    fn sum<I: Iterator<Item = TokenUsage>>(usages: I) -> TokenUsage {
        usages.fold(TokenUsage::default(), |mut sum, usage| {
            sum += usage;
            sum
        })
    }
}
