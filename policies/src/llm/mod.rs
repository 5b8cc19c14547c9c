//! Language models: who answers a chat request, and how it is asked.
//!
//! [`Chat`] is the seam. Behind it stand [`OpenAiClient`], which talks to any server with the
//! OpenAI chat-completions interface; [`ResponseCache`], which stands before another and
//! answers from disk what was answered before; and whatever a test puts there.
//!
//! | what | where |
//! |---|---|
//! | the request, the reply, the trait | `chat` |
//! | what can go wrong, and for whom | `error` |
//! | HTTP: endpoint, dialects, retries, limits | `client` |
//! | replies kept on disk | `cache` |
//! | what tokens cost | `price` |
//! | what is asked, as templates | `prompts` |
//! | reading what is answered | `answers` |
//! | the operators of a [`Policy`](cogitree_engine::Policy): [`LlmPolicy`] | `policy` |

mod answers;
mod cache;
mod chat;
mod client;
mod error;
mod policy;
mod price;
mod prompts;

pub use answers::program_of;
pub use cache::{CacheCounts, CacheError, CacheMode, ResponseCache};
pub use chat::{
    Chat, ChatReply, ChatRequest, Choice, Finish, Message, ModelId, Role, Schema, TokenUsage,
};
pub use client::{
    ApiKey, CancelHandle, ClientBuilder, ClientCounts, ConfigError, Endpoint, Event, Limits,
    OpenAiClient, Parameter, Profile, RetryPolicy,
};
pub use error::{ChatError, FaultScope};
pub use policy::{LlmPolicy, LlmStatistics, OperatorSettings};
pub use price::{PICODOLLARS, Price, PriceError, PriceTable};
pub use prompts::{PromptError, Prompts, Template, Variable};
