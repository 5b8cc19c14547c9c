//! Replies kept on disk: the same request and sample is paid for once.
//!
//! ```text
//! DIR/ab/cdef…/request.json   what was asked, for people to read
//!              0.json         sample 0: its choice and its share of the cost
//!              1.json
//! ```
//!
//! The folder's name is the hash of the request by its meaning (see `key`). An entry is
//! written to a temporary file and renamed, so it is there whole or not at all; after a loss
//! of power it may be there broken. A broken entry counts as missing and is replaced. Nothing
//! is locked between processes: two that ask the same at the same time both pay, and the
//! entry of the one that is later stays. Within a process the second one waits for the first.

mod claims;
mod entry;
mod key;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use thiserror::Error;

use self::claims::Claims;
use self::entry::{Entry, Found};
use self::key::RequestKey;
use super::{Chat, ChatError, ChatReply, ChatRequest, Choice, ModelId, TokenUsage};

/// What a cache is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CacheMode {
    /// Nothing: every request is sent.
    #[default]
    Off,
    /// What is there is used; what is missing is sent, and not kept.
    Read,
    /// What is there is used; what is missing is sent, and kept.
    Write,
}

/// Answers from a folder what was answered before, and asks another [`Chat`] for the rest.
///
/// The cost recorded with a choice is told again with it, so that a budget in tokens or money
/// ends a second run of a search where it ended the first; `requests_sent` is then 0.
///
/// ```
/// use cogitree_policies::llm::*;
/// # struct Once(std::sync::atomic::AtomicBool);
/// # impl Chat for Once {
/// #     fn chat(&self, _: &ChatRequest) -> Result<ChatReply, ChatError> {
/// #         assert!(!self.0.swap(true, std::sync::atomic::Ordering::SeqCst));
/// #         Ok(ChatReply::new(vec![Choice::new("42")]))
/// #     }
/// # }
/// # let server = Once(false.into());
/// # let folder = tempfile::tempdir().unwrap();
/// let id = ModelId { endpoint: "http://127.0.0.1:8000/v1".into(), model: "tiny".into() };
/// let cache = ResponseCache::new(server, id, folder.path(), CacheMode::Write)?;
/// let request = ChatRequest::new(vec![Message::user("6 · 7?")]);
/// assert!(!cache.chat(&request).unwrap().from_cache);
/// let again = cache.chat(&request).unwrap();
/// assert_eq!((again.choices[0].text.as_str(), again.requests_sent), ("42", 0));
/// # Ok::<(), CacheError>(())
/// ```
#[derive(Debug)]
pub struct ResponseCache<C> {
    inner: C,
    id: ModelId,
    folder: PathBuf,
    mode: CacheMode,
    claims: Claims,
    hits: AtomicU64,
    misses: AtomicU64,
    broken: AtomicU64,
    stored: AtomicU64,
    unstored: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

impl<C: Chat> ResponseCache<C> {
    /// A cache in this folder before `inner`, whose replies come from the model `id`. The
    /// folder is made when the mode is to write.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(
        inner: C,
        id: ModelId,
        folder: impl Into<PathBuf>,
        mode: CacheMode,
    ) -> Result<ResponseCache<C>, CacheError> {
        let folder = folder.into();
        if mode == CacheMode::Write {
            fs::create_dir_all(&folder).map_err(|error| CacheError {
                folder: folder.clone(),
                message: error.to_string(),
            })?;
        }
        Ok(ResponseCache {
            inner,
            id,
            folder,
            mode,
            claims: Claims::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            unstored: AtomicU64::new(0),
            first_failure: Mutex::new(None),
        })
    }

    /// Who answers what is not there.
    pub fn inner(&self) -> &C {
        &self.inner
    }

    /// What was done so far.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            broken: self.broken.load(Relaxed),
            stored: self.stored.load(Relaxed),
            unstored: self.unstored.load(Relaxed),
        }
    }

    /// Why the first choice that could not be kept was not. A full disk ends no search.
    pub fn first_failure(&self) -> Option<String> {
        self.first_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The entry of one sample, if it is there and whole.
    fn look_up(&self, key: &RequestKey, sample: u64) -> Option<Entry> {
        let (counter, entry) = match entry::read(&self.folder, key, sample) {
            Found::Whole(entry) => (&self.hits, Some(entry)),
            Found::Nothing => (&self.misses, None),
            Found::Broken => {
                self.misses.fetch_add(1, Relaxed);
                (&self.broken, None)
            }
        };
        counter.fetch_add(1, Relaxed);
        entry
    }

    fn store(&self, key: &RequestKey, sample: u64, entry: &Entry) {
        match entry::write(&self.folder, key, sample, entry) {
            Ok(()) => {
                self.stored.fetch_add(1, Relaxed);
            }
            Err(error) => {
                self.unstored.fetch_add(1, Relaxed);
                let mut first = self
                    .first_failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert_with(|| format!("{}: {error}", self.folder.display()));
            }
        }
    }

    /// Asks for the samples from `first` on, as many as `count`, and keeps what comes.
    fn ask(
        &self,
        request: &ChatRequest,
        key: &RequestKey,
        first: u64,
        count: u32,
    ) -> Result<ChatReply, ChatError> {
        let part = ChatRequest {
            first_sample: first,
            samples: count,
            ..request.clone()
        };
        let reply = self.inner.chat(&part)?;
        // Samples of one request are exchangeable: after a shortfall those that came take the
        // first places, and the others stay missing.
        if self.mode == CacheMode::Write {
            let shares = entry::share(&reply.usage, reply.choices.len());
            for ((sample, choice), usage) in (first..).zip(&reply.choices).zip(shares) {
                self.store(
                    key,
                    sample,
                    &Entry {
                        choice: choice.clone(),
                        usage,
                    },
                );
            }
        }
        Ok(reply)
    }
}

impl<C: Chat> Chat for ResponseCache<C> {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        if self.mode == CacheMode::Off {
            return self.inner.chat(request);
        }
        let key = RequestKey::new(&self.id, request);
        let samples = request.samples.max(1);
        // While another thread fetches one of these samples, wait and take its answer: a
        // second run finds one answer there, so the first run must have used that one.
        let _claim = (self.mode == CacheMode::Write).then(|| {
            self.claims
                .claim(key.digest(), request.first_sample, samples)
        });
        let mut found: Vec<Option<Entry>> = (0..samples)
            .map(|i| self.look_up(&key, request.first_sample.wrapping_add(i.into())))
            .collect();
        let mut asked = ChatReply {
            requests_sent: 0,
            ..ChatReply::new(Vec::new())
        };
        asked.usage = TokenUsage::default();
        asked.from_cache = found.iter().all(Option::is_some);
        let mut choices: Vec<Choice> = Vec::with_capacity(found.len());
        let mut at = 0;
        while at < found.len() {
            if let Some(entry) = found[at].take() {
                asked.usage += entry.usage;
                choices.push(entry.choice);
                at += 1;
                continue;
            }
            let run = found[at..]
                .iter()
                .take_while(|entry| entry.is_none())
                .count();
            if asked.shortfall.is_none() {
                let first = request.first_sample.wrapping_add(at as u64);
                match self.ask(request, &key, first, run as u32) {
                    Ok(part) => {
                        asked.usage += part.usage;
                        asked.requests_sent += part.requests_sent;
                        asked.shortfall = part.shortfall;
                        choices.extend(part.choices);
                    }
                    Err(error) => asked.shortfall = Some(error),
                }
            }
            at += run;
        }
        match asked.shortfall {
            Some(error) if choices.is_empty() => Err(error),
            _ => Ok(ChatReply { choices, ..asked }),
        }
    }
}

/// What a cache has done so far, in samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CacheCounts {
    /// Found.
    pub hits: u64,
    /// Not found, or broken.
    pub misses: u64,
    /// Found broken.
    pub broken: u64,
    /// Kept.
    pub stored: u64,
    /// Not kept, because the folder could not be written.
    pub unstored: u64,
}

/// The folder of a cache cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the response cache cannot use {}: {message} (choose another folder or turn the cache off)", folder.display())]
pub struct CacheError {
    /// The folder.
    pub folder: PathBuf,
    /// What failed.
    pub message: String,
}

/// Where the samples of a request lie.
fn place(folder: &Path, key: &RequestKey) -> PathBuf {
    let (shelf, book) = key.hex().split_at(2);
    folder.join(shelf).join(book)
}
