//! How a client is set up.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use super::conversation::Core;
use super::endpoint::{ConfigError, Endpoint};
use super::event::{Event, Hook, Watch};
use super::limiter::{Limiter, Limits};
use super::profile::Profile;
use super::retry::RetryPolicy;
use super::transport::Transport;
use super::{CancelHandle, OpenAiClient};

/// Sets up an [`OpenAiClient`].
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    endpoint: Endpoint,
    profile: Profile,
    retry: RetryPolicy,
    limits: Limits,
    connect_timeout: Duration,
    timeout: Duration,
    most_bytes: usize,
    jitter_seed: u64,
    hook: Option<Hook>,
    cancel: CancelHandle,
}

impl ClientBuilder {
    pub(super) fn new(endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder {
            endpoint,
            profile: Profile::Auto,
            retry: RetryPolicy::default(),
            limits: Limits::default(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(300),
            most_bytes: 8 << 20,
            jitter_seed: 0,
            hook: None,
            cancel: CancelHandle::new(),
        }
    }

    /// Which kind of server it is. Default: found out.
    pub fn profile(mut self, profile: Profile) -> ClientBuilder {
        self.profile = profile;
        self
    }

    /// When a failed request is sent again.
    pub fn retry(mut self, retry: RetryPolicy) -> ClientBuilder {
        self.retry = retry;
        self
    }

    /// How much may be asked at once and in a minute.
    pub fn limits(mut self, limits: Limits) -> ClientBuilder {
        self.limits = limits;
        self
    }

    /// The longest time to wait for a connection. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> ClientBuilder {
        self.connect_timeout = limit;
        self
    }

    /// The longest time from sending a request to the end of its reply; a repeated request
    /// has it again. Default 300 s.
    pub fn timeout(mut self, limit: Duration) -> ClientBuilder {
        self.timeout = limit;
        self
    }

    /// The most bytes of a reply; a longer one is a fault. Default 8 MiB.
    pub fn most_reply_bytes(mut self, bytes: usize) -> ClientBuilder {
        self.most_bytes = bytes;
        self
    }

    /// Seeds the jitter of the retries. Default 0.
    pub fn jitter_seed(mut self, seed: u64) -> ClientBuilder {
        self.jitter_seed = seed;
        self
    }

    /// Calls this with everything the client does or meets, from the client's threads; it
    /// should return soon.
    pub fn on_event(mut self, hook: impl Fn(&Event<'_>) + Send + Sync + 'static) -> ClientBuilder {
        self.hook = Some(Hook(Arc::new(hook)));
        self
    }

    /// Lets this handle cancel the client's requests.
    pub fn cancel_with(mut self, cancel: CancelHandle) -> ClientBuilder {
        self.cancel = cancel;
        self
    }

    /// Starts the client. Nothing is sent before the first request.
    ///
    /// # Errors
    /// When the machine gives it no threads, or for https no certificates to trust.
    pub fn build(self) -> Result<OpenAiClient, ConfigError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("llm-client")
            .enable_all()
            .build()
            .map_err(|error| ConfigError::Start(error.to_string()))?;
        let transport = Transport::new(&self.endpoint, self.connect_timeout, self.most_bytes)?;
        let kind = match self.profile {
            Profile::Auto => Profile::of_host(self.endpoint.host()).unwrap_or(Profile::Auto),
            given => given,
        };
        let core = Arc::new(Core {
            endpoint: self.endpoint,
            profile: kind,
            transport,
            limiter: Limiter::new(&self.limits),
            retry: self.retry,
            timeout: self.timeout,
            watch: Watch::new(self.hook),
            jitter_seed: AtomicU64::new(self.jitter_seed),
            dialect: Mutex::new(kind.dialect()),
            reached: AtomicBool::new(false),
            proven: AtomicBool::new(false),
        });
        Ok(OpenAiClient {
            core,
            cancel: self.cancel,
            runtime: Some(runtime),
        })
    }
}
