//! Errors, by what the caller can do about them.

use thiserror::Error;

use crate::Resource;

/// A policy could not answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// This request has no usable answer; the search goes on elsewhere.
    #[error("no usable answer: {0}")]
    Unusable(String),
    /// No answer came, for reasons that lie outside (a server that hangs up): the same request may be
    /// answered later. Nothing is held against the thought; after three in a row the search ends
    /// with its best so far.
    #[error("no answer came: {0}")]
    Unavailable(String),
    /// What the budget leaves does not suffice for the answer
    /// ([`Meter::begin`](crate::Meter::begin) said so).
    #[error("too little is left of the budget of {0}")]
    Spent(Resource),
    /// The policy cannot answer anything any more; the search ends with its best so far.
    #[error("the policy failed: {0}")]
    Fatal(String),
}

/// The machinery that runs programs failed. Never held against a program.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the executor failed: {0}")]
pub struct ExecutorError(pub String);

/// A value model could not answer. The search goes on without its estimate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the value model failed: {0}")]
pub struct ValueError(pub String);
