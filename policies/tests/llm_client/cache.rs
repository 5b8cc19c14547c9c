//! Replies kept on disk, before a server that counts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use cogitree_policies::llm::*;
use serde_json::{Value, json};

use crate::server::*;

/// Answers every sample with a text that was never said before.
#[derive(Debug)]
struct Novelist {
    said: AtomicU64,
    asked: Mutex<Vec<(u64, u32)>>,
}

impl Novelist {
    fn new() -> Arc<Novelist> {
        Arc::new(Novelist {
            said: AtomicU64::new(0),
            asked: Mutex::new(Vec::new()),
        })
    }

    /// The first sample and the number of samples of each request.
    fn asked(&self) -> Vec<(u64, u32)> {
        self.asked.lock().unwrap().clone()
    }
}

impl Chat for Novelist {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        self.asked
            .lock()
            .unwrap()
            .push((request.first_sample, request.samples));
        let tell = |_| Choice::new(format!("tale {}", self.said.fetch_add(1, SeqCst)));
        let mut reply = ChatReply::new((0..request.samples).map(tell).collect());
        let completion = 7 * u64::from(request.samples) + 1;
        reply.usage = TokenUsage {
            replies: 1,
            prompt: 100,
            completion,
            cached: 9,
            unmetered: 0,
        };
        Ok(reply)
    }
}

fn id() -> ModelId {
    ModelId {
        endpoint: "http://host/v1".into(),
        model: "tiny".into(),
    }
}

fn cache<C: Chat>(inner: C, folder: &Path, mode: CacheMode) -> ResponseCache<C> {
    ResponseCache::new(inner, id(), folder, mode).unwrap()
}

fn samples(first_sample: u64, samples: u32) -> ChatRequest {
    ChatRequest {
        first_sample,
        samples,
        ..question()
    }
}

/// The files of samples below a folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for shelf in fs::read_dir(folder).unwrap() {
        for book in fs::read_dir(shelf.unwrap().path()).unwrap() {
            for file in fs::read_dir(book.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if !path.ends_with("request.json") {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_run_sends_nothing_and_costs_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|_, body| {
        let count = body.get("n").map_or(1, |n| n.as_u64().unwrap());
        said(&vec!["a"; count as usize])
    });
    let run = || {
        let client = client(&server.url());
        let id = client.id();
        let cache = ResponseCache::new(client, id, folder.path(), CacheMode::Write).unwrap();
        let replies: Vec<ChatReply> = [samples(0, 3), samples(3, 1)]
            .iter()
            .map(|r| cache.chat(r).unwrap())
            .collect();
        (replies, cache.inner().counts().requests, cache.counts())
    };
    let (first, sent, counts) = run();
    assert_eq!(
        (sent, counts.misses, counts.stored, counts.hits),
        (2, 4, 4, 0)
    );
    let (second, sent, counts) = run();
    assert_eq!(
        (sent, counts.misses, counts.stored, counts.hits),
        (0, 0, 0, 4)
    );
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first.choices, second.choices);
        assert_eq!(first.usage, second.usage);
        assert_eq!((first.from_cache, second.from_cache), (false, true));
        assert_eq!((first.requests_sent, second.requests_sent), (1, 0));
    }
}

#[test]
fn repeated_sampling_stays_distinct() {
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let cache = cache(Arc::clone(&novelist), folder.path(), CacheMode::Write);
    let replies: Vec<ChatReply> = (0..5)
        .map(|i| cache.chat(&samples(i, 1)).unwrap())
        .collect();
    let distinct: BTreeSet<&str> = replies.iter().map(|r| r.choices[0].text.as_str()).collect();
    assert_eq!(distinct.len(), 5);
    // All at once they are the same five, in their order.
    let all = cache.chat(&samples(0, 5)).unwrap();
    assert_eq!(
        texts(&all),
        replies.iter().map(|r| texts(r)[0]).collect::<Vec<_>>()
    );
    assert_eq!(novelist.asked().len(), 5);
}

#[test]
fn only_what_is_missing_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let cache = cache(Arc::clone(&novelist), folder.path(), CacheMode::Write);
    cache.chat(&samples(1, 2)).unwrap();
    cache.chat(&samples(5, 1)).unwrap();
    let reply = cache.chat(&samples(0, 8)).unwrap();
    assert_eq!(novelist.asked(), [(1, 2), (5, 1), (0, 1), (3, 2), (6, 2)]);
    let order = [
        "tale 3", "tale 0", "tale 1", "tale 4", "tale 5", "tale 2", "tale 6", "tale 7",
    ];
    assert_eq!(texts(&reply), order);
    assert!(!reply.from_cache);
    assert_eq!(reply.requests_sent, 3);
    // Five replies in all, each counted once.
    assert_eq!((reply.usage.replies, reply.usage.prompt), (5, 500));
    assert_eq!(reply.usage.completion, 7 * 8 + 5);
}

#[test]
fn each_mode_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let ask = |mode| {
        cache(Arc::clone(&novelist), folder.path(), mode)
            .chat(&samples(0, 1))
            .unwrap()
    };
    ask(CacheMode::Off);
    ask(CacheMode::Read);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let kept = ask(CacheMode::Write);
    assert_eq!(texts(&ask(CacheMode::Read)), texts(&kept));
    assert_eq!(texts(&ask(CacheMode::Write)), texts(&kept));
    assert_ne!(texts(&ask(CacheMode::Off)), texts(&kept));
    assert_eq!(novelist.asked().len(), 4);
}

#[test]
fn another_model_another_question_and_another_server_are_not_confused() {
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let other = |id| {
        let inner = Arc::clone(&novelist);
        ResponseCache::new(inner, id, folder.path(), CacheMode::Write).unwrap()
    };
    other(id()).chat(&samples(0, 1)).unwrap();
    other(ModelId {
        model: "big".into(),
        ..id()
    })
    .chat(&samples(0, 1))
    .unwrap();
    other(ModelId {
        endpoint: "http://b/v1".into(),
        ..id()
    })
    .chat(&samples(0, 1))
    .unwrap();
    other(id())
        .chat(&ChatRequest {
            temperature: 0.0,
            ..samples(0, 1)
        })
        .unwrap();
    assert_eq!(novelist.asked().len(), 4);
}

#[test]
fn an_entry_can_be_read_by_people() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Novelist::new(), folder.path(), CacheMode::Write);
    cache.chat(&samples(4, 1)).unwrap();
    let entry = entries(folder.path()).remove(0);
    assert!(entry.ends_with("4.json"), "{entry:?}");
    let read = |path: &Path| -> Value {
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    let sample = read(&entry);
    assert_eq!(
        sample["choice"],
        json!({"text": "tale 0", "finish": "stop"})
    );
    assert_eq!(sample["usage"]["prompt"], 100);
    let request = read(&entry.with_file_name("request.json"));
    assert_eq!(request["version"], 1);
    assert_eq!(request["model"], "tiny");
    assert_eq!(request["messages"][0]["content"], "What is 6 times 7?");
}

#[test]
fn a_broken_entry_is_a_miss_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let cache = cache(Arc::clone(&novelist), folder.path(), CacheMode::Write);
    cache.chat(&samples(0, 1)).unwrap();
    let entry = entries(folder.path()).remove(0);
    let good = fs::read_to_string(&entry).unwrap();
    let moved = good.replace("\"sample\": 0", "\"sample\": 1");
    let other = good.replacen("\"request\": \"", "\"request\": \"0", 1);
    assert!(moved != good && other != good);
    let broken: [&[u8]; 6] = [
        b"",
        &good.as_bytes()[..good.len() / 2],
        b"\xff\xfe",
        b"[]",
        moved.as_bytes(),
        other.as_bytes(),
    ];
    for (index, bytes) in broken.into_iter().enumerate() {
        fs::write(&entry, bytes).unwrap();
        let fresh = cache.chat(&samples(0, 1)).unwrap();
        assert!(!fresh.from_cache, "{index}");
        let again = cache.chat(&samples(0, 1)).unwrap();
        assert!(again.from_cache, "{index}");
        assert_eq!(texts(&again), texts(&fresh));
        assert_eq!(cache.counts().broken, index as u64 + 1);
    }
    assert_eq!(cache.counts().unstored, 0);
}

#[test]
fn what_cannot_be_kept_is_answered_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Novelist::new(), folder.path(), CacheMode::Write);
    cache.chat(&samples(0, 1)).unwrap();
    // A folder stands where the entry should.
    let entry = entries(folder.path()).remove(0);
    fs::remove_file(&entry).unwrap();
    fs::create_dir_all(entry.join("inside")).unwrap();
    let reply = cache.chat(&samples(0, 1)).unwrap();
    assert_eq!(reply.choices.len(), 1);
    assert_eq!((cache.counts().broken, cache.counts().unstored), (1, 1));
    let why = cache.first_failure().unwrap();
    assert!(
        why.starts_with(&folder.path().display().to_string()),
        "{why}"
    );
    // Nothing half-written lies about.
    let left = fs::read_dir(entry.parent().unwrap()).unwrap().count();
    assert_eq!(left, 2, "request.json and the folder in the way");

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = ResponseCache::new(Novelist::new(), id(), &file, CacheMode::Write).unwrap_err();
    assert!(refused.to_string().contains("file"), "{refused}");
}

#[test]
fn threads_that_ask_the_same_at_once_pay_once_and_hear_the_same() {
    /// Takes long enough for others to come in the meantime.
    struct Slow(Arc<Novelist>);
    impl Chat for Slow {
        fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
            thread::sleep(Duration::from_millis(50));
            self.0.chat(request)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let novelist = Novelist::new();
    let cache = cache(Slow(Arc::clone(&novelist)), folder.path(), CacheMode::Write);
    let start = Barrier::new(16);
    let heard: BTreeSet<String> = thread::scope(|threads| {
        let callers: Vec<_> = (0..16)
            .map(|_| {
                threads.spawn(|| {
                    start.wait();
                    texts(&cache.chat(&samples(0, 2)).unwrap()).join(", ")
                })
            })
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect()
    });
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(novelist.asked(), [(0, 2)]);
}

#[test]
fn threads_that_ask_for_different_samples_do_not_wait_for_one_another() {
    /// Answers nobody before all have asked.
    struct Together(Barrier);
    impl Chat for Together {
        fn chat(&self, _: &ChatRequest) -> Result<ChatReply, ChatError> {
            self.0.wait();
            Ok(ChatReply::new(vec![Choice::new("a")]))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Together(Barrier::new(8)), folder.path(), CacheMode::Write);
    thread::scope(|threads| {
        for sample in 0..8 {
            let cache = &cache;
            threads.spawn(move || cache.chat(&samples(sample, 1)).unwrap());
        }
    });
    assert_eq!(cache.counts().stored, 8);
}

#[test]
fn a_failure_is_not_kept_and_what_came_before_it_is() {
    struct Tired(AtomicU64);
    impl Chat for Tired {
        fn chat(&self, _: &ChatRequest) -> Result<ChatReply, ChatError> {
            let refused = ChatError::Malformed {
                message: "tired".into(),
            };
            match self.0.fetch_add(1, SeqCst) {
                0 => Err(refused),
                _ => {
                    let mut reply = ChatReply::new(vec![Choice::new("a")]);
                    reply.shortfall = Some(refused);
                    Ok(reply)
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(Tired(AtomicU64::new(0)), folder.path(), CacheMode::Write);
    cache.chat(&samples(0, 3)).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let reply = cache.chat(&samples(0, 3)).unwrap();
    assert_eq!(texts(&reply), ["a"]);
    assert!(reply.shortfall.is_some());
    assert_eq!(entries(folder.path()).len(), 1);
    assert!(cache.chat(&samples(0, 1)).unwrap().from_cache);
}
