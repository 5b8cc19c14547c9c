//! What can go wrong between a request and its reply, by what the caller can do about it.

use std::time::Duration;

use thiserror::Error;

/// A chat request was not answered.
///
/// Texts that a server sent are cut to a few hundred characters, and a key in them is
/// replaced before they get here.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatError {
    /// The client was cancelled while the request waited.
    #[error("cancelled")]
    Cancelled,

    /// The key is missing, wrong, or not allowed to do this (401, 403), or the account behind
    /// it is used up.
    #[error(
        "{endpoint} does not accept the key: {message} (set COGITREE_API_KEY or OPENAI_API_KEY)"
    )]
    Unauthorized {
        /// The base URL.
        endpoint: String,
        /// What the server says.
        message: String,
    },

    /// The server has no such model.
    #[error("{endpoint} has no model `{model}`: {message} (set --model or COGITREE_MODEL)")]
    UnknownModel {
        /// The base URL.
        endpoint: String,
        /// The model asked for.
        model: String,
        /// What the server says.
        message: String,
    },

    /// Nobody answered at the address after all retries.
    #[error(
        "{endpoint} cannot be reached after {attempts} attempts: {message} (is the server running? set --llm-url or COGITREE_LLM_URL)"
    )]
    Unreachable {
        /// The base URL.
        endpoint: String,
        /// What failed.
        message: String,
        /// Requests sent.
        attempts: u32,
    },

    /// What answers at the address is something else than a chat server.
    #[error(
        "{endpoint} is no chat-completions server: {message} (set --llm-url or COGITREE_LLM_URL; most end in /v1)"
    )]
    NotAChatServer {
        /// The base URL.
        endpoint: String,
        /// What it answered.
        message: String,
    },

    /// The conversation and the tokens asked for do not fit the model.
    #[error("the request does not fit the model's context: {message}")]
    ContextOverflow {
        /// What the server says.
        message: String,
    },

    /// The server does not take the request.
    #[error("the server refused the request ({status}): {message}")]
    BadRequest {
        /// The HTTP status, or the status given in the body.
        status: u16,
        /// The parameter that the server objects to, where it says so: `response_format` when
        /// it cannot do the schema.
        parameter: Option<String>,
        /// What the server says.
        message: String,
    },

    /// The server asks to slow down, after all retries.
    #[error("the server asks to slow down, after {attempts} attempts: {message}")]
    RateLimited {
        /// What the server says.
        message: String,
        /// How long it asked to wait, where it did.
        retry_after: Option<Duration>,
        /// Requests sent.
        attempts: u32,
    },

    /// The server failed, is overloaded, or hung up, after all retries.
    #[error("the server failed, after {attempts} attempts: {message}")]
    Unavailable {
        /// The last HTTP status; none when the connection broke.
        status: Option<u16>,
        /// What the server says.
        message: String,
        /// Requests sent.
        attempts: u32,
    },

    /// No whole reply came within the time limit of one request, after all retries.
    #[error("no reply within {} s, after {attempts} attempts", limit.as_secs_f64())]
    Timeout {
        /// The time limit of one request.
        limit: Duration,
        /// Requests sent.
        attempts: u32,
    },

    /// The reply cannot be read.
    #[error("the reply cannot be read: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
}

/// What a fault spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultScope {
    /// This request. Another one may be answered, so a search goes on.
    Request,
    /// Every request to this endpoint: asking for something else is no help.
    Endpoint,
}

impl ChatError {
    /// Whether other requests to the same endpoint can be expected to fail as well.
    ///
    /// A server that is overloaded, or fails on one request, may answer the next; who counts
    /// faults that follow one another decides when to stop trying.
    pub fn scope(&self) -> FaultScope {
        match self {
            ChatError::Cancelled
            | ChatError::Unauthorized { .. }
            | ChatError::UnknownModel { .. }
            | ChatError::Unreachable { .. }
            | ChatError::NotAChatServer { .. } => FaultScope::Endpoint,
            ChatError::ContextOverflow { .. }
            | ChatError::BadRequest { .. }
            | ChatError::RateLimited { .. }
            | ChatError::Unavailable { .. }
            | ChatError::Timeout { .. }
            | ChatError::Malformed { .. } => FaultScope::Request,
        }
    }

    /// Short for [`scope`](ChatError::scope) being the endpoint.
    pub fn is_fatal(&self) -> bool {
        self.scope() == FaultScope::Endpoint
    }
}
