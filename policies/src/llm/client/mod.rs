//! A client for servers with the OpenAI chat-completions interface.
//!
//! Callers block, one thread for each request in flight; below them all requests share one
//! small asynchronous runtime, so that a request that waits (for the server, for its turn, for
//! a retry) can be ended at once.
//!
//! One question goes down through: `conversation` (all choices, refusals, retries), `limiter`,
//! `wire` (JSON), `transport` (HTTP). `fault` gives meaning to what comes back wrong, `retry`
//! says when to try again, `profile` how servers differ.

mod builder;
mod conversation;
mod endpoint;
mod event;
mod fault;
mod limiter;
mod profile;
mod retry;
mod transport;
mod wire;

use std::sync::{Arc, mpsc};

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

pub use builder::ClientBuilder;
pub use endpoint::{ApiKey, ConfigError, Endpoint};
pub use event::{ClientCounts, Event};
pub use limiter::Limits;
pub use profile::{Parameter, Profile};
pub use retry::RetryPolicy;

use super::{Chat, ChatError, ChatReply, ChatRequest, ModelId};
use conversation::Core;

/// Talks to a server with the OpenAI chat-completions interface.
///
/// ```no_run
/// use cogitree_policies::llm::*;
///
/// let endpoint = Endpoint::from_env(None, Some("tiny"), |name| std::env::var(name).ok())?;
/// let client = OpenAiClient::builder(endpoint).build()?;
/// let reply = client.chat(&ChatRequest::new(vec![Message::user("Say hello.")]))?;
/// println!("{}", reply.choices[0].text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OpenAiClient {
    core: Arc<Core>,
    cancel: CancelHandle,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl OpenAiClient {
    /// Begins a client of this endpoint; everything else has a default.
    pub fn builder(endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder::new(endpoint)
    }

    /// What tells replies of this client's model from those of another.
    pub fn id(&self) -> ModelId {
        self.core.endpoint.id()
    }

    /// What was done so far.
    pub fn counts(&self) -> ClientCounts {
        self.core.watch.counts()
    }

    /// Ends every request that waits, now and later, with [`ChatError::Cancelled`].
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// The means to cancel from elsewhere, such as a handler of Ctrl-C.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }
}

impl Chat for OpenAiClient {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        let stopped = || ChatError::Unavailable {
            status: None,
            message: "the client's runtime has stopped".to_owned(),
            attempts: 0,
        };
        let runtime = self.runtime.as_ref().ok_or_else(stopped)?;
        let (tell, told) = mpsc::sync_channel(1);
        let answer = Arc::clone(&self.core).answer(request.clone());
        let cancelled = self.cancel.0.clone().cancelled_owned();
        // The future runs on the client's own threads: the caller may be inside another
        // runtime, where to block on a future would panic.
        runtime.spawn(async move {
            let result = tokio::select! {
                biased;
                () = cancelled => Err(ChatError::Cancelled),
                result = answer => result,
            };
            // Nobody listens any more only if the caller's thread is gone.
            let _ = tell.send(result);
        });
        told.recv().map_err(|_| stopped())?
    }
}

impl Drop for OpenAiClient {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Without waiting: a client may be dropped inside another runtime.
            runtime.shutdown_background();
        }
    }
}

/// Cancels the requests of one or several clients. Clones cancel the same ones.
#[derive(Clone, Debug, Default)]
pub struct CancelHandle(CancellationToken);

impl CancelHandle {
    /// A handle for a client that is still to be built.
    pub fn new() -> CancelHandle {
        CancelHandle::default()
    }

    /// Ends every request that waits, now and later.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether [`cancel`](CancelHandle::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
