//! One chat request from the first attempt to its last choice: retries, refusals, top-ups.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::endpoint::Endpoint;
use super::event::{Event, Watch};
use super::fault::{Fault, FaultKind};
use super::limiter::Limiter;
use super::profile::{Dialect, Parameter, Profile};
use super::retry::RetryPolicy;
use super::transport::Transport;
use super::wire::{self, Decoded};
use crate::llm::{ChatError, ChatReply, ChatRequest, TokenUsage};

/// What all requests of a client share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) endpoint: Endpoint,
    pub(super) profile: Profile,
    pub(super) transport: Transport,
    pub(super) limiter: Limiter,
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Duration,
    pub(super) watch: Watch,
    pub(super) jitter_seed: AtomicU64,
    pub(super) dialect: Mutex<Dialect>,
    /// Somebody has answered at the address.
    pub(super) reached: AtomicBool,
    /// A chat request was answered well.
    pub(super) proven: AtomicBool,
}

/// One chat request, and the requests sent for it so far.
struct Question {
    request: ChatRequest,
    sent: AtomicU64,
}

impl Core {
    /// Asks for all choices at once where the server does that, and for each one that is
    /// still missing on its own, side by side.
    pub(super) async fn answer(
        self: Arc<Core>,
        request: ChatRequest,
    ) -> Result<ChatReply, ChatError> {
        let wanted = request.samples.max(1) as usize;
        let question = Arc::new(Question {
            request,
            sent: AtomicU64::new(0),
        });
        let mut choices = Vec::new();
        let mut usage = TokenUsage::default();
        let mut shortfall = None;
        if wanted == 1 || self.dialect().takes(Parameter::N) {
            let first = self.ask(&question, 0, wanted).await?;
            choices = first.choices;
            usage = first.usage;
            if choices.len() < wanted {
                self.watch.saw(&Event::ToppedUp {
                    missing: wanted - choices.len(),
                });
                self.learn(&[Parameter::N]);
            }
        }
        let mut rest = JoinSet::new();
        for index in choices.len()..wanted {
            let (core, question) = (Arc::clone(&self), Arc::clone(&question));
            rest.spawn(async move { (index, core.ask(&question, index, 1).await) });
        }
        let mut singles = Vec::new();
        while let Some(joined) = rest.join_next().await {
            match joined {
                Ok((index, Ok(decoded))) => singles.push((index, decoded)),
                Ok((_, Err(error))) => shortfall = shortfall.or(Some(error)),
                Err(panic) => {
                    let message = format!("the client failed: {panic}");
                    shortfall = shortfall.or(Some(ChatError::Malformed { message }));
                }
            }
        }
        singles.sort_unstable_by_key(|(index, _)| *index);
        for (_, decoded) in singles {
            choices.extend(decoded.choices);
            usage += decoded.usage;
        }
        match shortfall {
            Some(error) if choices.is_empty() => Err(error),
            shortfall => Ok(ChatReply {
                choices,
                usage,
                requests_sent: question.sent.load(Relaxed),
                from_cache: false,
                shortfall,
            }),
        }
    }

    /// Asks for `count` choices from the sample `offset` of the question on; speaks otherwise
    /// when the server objects to a parameter, and remembers what it then accepted.
    async fn ask(
        &self,
        question: &Question,
        offset: usize,
        count: usize,
    ) -> Result<Decoded, ChatError> {
        let request = &question.request;
        let index = request.first_sample.wrapping_add(offset as u64);
        let mut dialect = self.dialect();
        let mut refused = Vec::new();
        loop {
            let count = if dialect.takes(Parameter::N) {
                count
            } else {
                1
            };
            let body = wire::encode(self.endpoint.model(), request, dialect, index, count)
                .map_err(|error| ChatError::Malformed {
                    message: format!("the request cannot be written as JSON: {error}"),
                })?;
            let (fault, attempts) = match self.send(question, body, count).await {
                Ok(mut decoded) => {
                    self.proven.store(true, Relaxed);
                    self.learn(&refused);
                    if !dialect.takes(Parameter::Stop) {
                        for choice in &mut decoded.choices {
                            wire::cut_at_stop(choice, &request.stop);
                        }
                    }
                    return Ok(decoded);
                }
                Err(failed) => failed,
            };
            let other = fault
                .parameter
                .filter(|p| wire::uses(request, *p, count))
                .and_then(|parameter| Some((parameter, dialect.after_refusal(parameter)?)));
            match other {
                Some((parameter, next)) => {
                    refused.push(parameter);
                    dialect = next;
                }
                None => {
                    self.watch.saw(&Event::Failed {
                        reason: &fault.message,
                    });
                    let proven = self.proven.load(Relaxed);
                    return Err(fault.into_error(&self.endpoint, self.timeout, attempts, proven));
                }
            }
        }
    }

    /// Sends one request until it is answered, refused, or has failed often enough.
    async fn send(
        &self,
        question: &Question,
        body: Vec<u8>,
        count: usize,
    ) -> Result<Decoded, (Fault, u32)> {
        let mut plan = self.retry.plan(self.jitter_seed.fetch_add(1, Relaxed));
        let mut attempt = 1;
        loop {
            let fault = match self.attempt(question, body.clone(), count, attempt).await {
                Ok(decoded) => return Ok(decoded),
                Err(fault) => fault,
            };
            let nobody = fault.kind == FaultKind::Connect && !self.reached.load(Relaxed);
            let retries = if nobody {
                self.retry.retries_unproven
            } else {
                self.retry.retries
            };
            if !fault.is_passing() || attempt > retries {
                return Err((fault, attempt));
            }
            let Some(delay) = plan.next(fault.retry_after) else {
                return Err((fault, attempt));
            };
            let asked = fault.retry_after == Some(delay);
            if asked && fault.kind == FaultKind::RateLimited {
                self.limiter.hold(delay);
            }
            self.watch.saw(&Event::Retry {
                attempt,
                status: fault.status,
                reason: &fault.message,
                delay,
                asked,
            });
            tokio::time::sleep(delay).await;
            attempt += 1;
        }
    }

    /// Sends one request once, within the limits.
    async fn attempt(
        &self,
        question: &Question,
        body: Vec<u8>,
        count: usize,
        attempt: u32,
    ) -> Result<Decoded, Fault> {
        let admission = self
            .limiter
            .admit(wire::estimate(&question.request, count))
            .await;
        self.watch.saw(&Event::Sent {
            attempt,
            choices: count,
        });
        question.sent.fetch_add(1, Relaxed);
        let reply = tokio::time::timeout(self.timeout, self.transport.exchange(body))
            .await
            .unwrap_or_else(|_| Err(Fault::new(FaultKind::Timeout, "no reply in time")));
        if !matches!(
            &reply,
            Err(Fault {
                kind: FaultKind::Connect,
                ..
            })
        ) {
            self.reached.store(true, Relaxed);
        }
        let mut decoded = reply.and_then(|reply| wire::decode(&reply, count));
        match &mut decoded {
            Ok(Decoded {
                choices,
                usage,
                server,
            }) => {
                self.recognise(*server);
                if self.dialect().usage_of_first_choice && choices.len() > 1 {
                    usage.unmetered = 1;
                }
                if usage.is_complete() {
                    admission.settle(usage.prompt.saturating_add(usage.completion));
                }
                self.watch.saw(&Event::Answered {
                    choices: choices.len(),
                    usage: *usage,
                });
            }
            Err(fault) if fault.is_free() => admission.settle(0),
            Err(_) => {}
        }
        decoded
    }

    /// Remembers what the server does not take.
    fn learn(&self, refused: &[Parameter]) {
        for parameter in refused {
            let mut dialect = self.known();
            // Another request may have learnt it in the meantime.
            if let Some(next) = dialect.after_refusal(*parameter) {
                *dialect = next;
                drop(dialect);
                self.watch.saw(&Event::Adapted {
                    parameter: *parameter,
                });
            }
        }
    }

    /// Takes over what is known of a kind of server, where the kind is to be found out.
    fn recognise(&self, server: Option<Profile>) {
        let Some(server) = server.filter(|_| self.profile == Profile::Auto) else {
            return;
        };
        let mut dialect = self.known();
        let joined = dialect.join(server.dialect());
        if joined != *dialect {
            *dialect = joined;
            drop(dialect);
            self.watch.saw(&Event::Recognised { server });
        }
    }

    fn dialect(&self) -> Dialect {
        *self.known()
    }

    fn known(&self) -> MutexGuard<'_, Dialect> {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
