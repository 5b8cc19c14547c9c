//! What a client does, for progress, records and tests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;

use super::{Parameter, Profile};
use crate::llm::TokenUsage;

/// Something that a client did or met. Holds no key and no conversation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request goes out.
    Sent {
        /// 1 for the first attempt.
        attempt: u32,
        /// Choices asked for.
        choices: usize,
    },
    /// A reply was understood.
    Answered {
        /// Choices in it.
        choices: usize,
        /// What it cost.
        usage: TokenUsage,
    },
    /// A request failed and is sent again after a delay.
    Retry {
        /// The attempt that failed.
        attempt: u32,
        /// The HTTP status, where there was one.
        status: Option<u16>,
        /// What failed.
        reason: &'a str,
        /// How long it will wait.
        delay: Duration,
        /// Whether the server asked for this delay.
        asked: bool,
    },
    /// A request failed for good.
    Failed {
        /// What failed.
        reason: &'a str,
    },
    /// The server does not take a parameter: it is left out from now on, or has another name.
    Adapted {
        /// The parameter.
        parameter: Parameter,
    },
    /// A reply gave away what kind of server it is from.
    Recognised {
        /// The kind.
        server: Profile,
    },
    /// A reply had fewer choices than asked for: the rest is asked for one by one.
    ToppedUp {
        /// Choices that were missing.
        missing: usize,
    },
}

/// Called with every event, from the client's threads. It should return soon.
#[derive(Clone)]
pub(super) struct Hook(pub(super) Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// What a client has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClientCounts {
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Replies understood.
    pub replies: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Requests that failed for good.
    pub failed: u64,
    /// Parameters left out or renamed after a refusal.
    pub adapted: u64,
    /// Choices that a server left out and that were asked for one by one.
    pub topped_up: u64,
}

/// Counts events and hands them on.
#[derive(Debug, Default)]
pub(super) struct Watch {
    hook: Option<Hook>,
    requests: AtomicU64,
    replies: AtomicU64,
    retries: AtomicU64,
    failed: AtomicU64,
    adapted: AtomicU64,
    topped_up: AtomicU64,
}

impl Watch {
    pub(super) fn new(hook: Option<Hook>) -> Watch {
        Watch {
            hook,
            ..Watch::default()
        }
    }

    pub(super) fn saw(&self, event: &Event<'_>) {
        let counted = match event {
            Event::Sent { .. } => Some((&self.requests, 1)),
            Event::Answered { .. } => Some((&self.replies, 1)),
            Event::Retry { .. } => Some((&self.retries, 1)),
            Event::Failed { .. } => Some((&self.failed, 1)),
            Event::Adapted { .. } => Some((&self.adapted, 1)),
            Event::ToppedUp { missing } => Some((&self.topped_up, *missing as u64)),
            Event::Recognised { .. } => None,
        };
        if let Some((counter, by)) = counted {
            counter.fetch_add(by, Relaxed);
        }
        if let Some(hook) = &self.hook {
            (hook.0)(event);
        }
    }

    pub(super) fn counts(&self) -> ClientCounts {
        ClientCounts {
            requests: self.requests.load(Relaxed),
            replies: self.replies.load(Relaxed),
            retries: self.retries.load(Relaxed),
            failed: self.failed.load(Relaxed),
            adapted: self.adapted.load(Relaxed),
            topped_up: self.topped_up.load(Relaxed),
        }
    }
}
