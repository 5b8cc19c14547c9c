//! Many requests at once, and requests that are ended.

use std::io::Write;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use cogitree_policies::llm::*;
use wiremock::ResponseTemplate;

use crate::server::*;

const CALLERS: usize = 64;

#[test]
fn many_callers_are_in_flight_at_once() {
    // Nobody is answered before all have asked.
    let all = Barrier::new(CALLERS);
    let server = Raw::new(move |_, connection| {
        all.wait();
        connection
            .write_all(&http(
                "application/json",
                spoken(&["a"]).to_string().as_bytes(),
            ))
            .unwrap();
    });
    let client = client(&server.url());
    thread::scope(|threads| {
        for _ in 0..CALLERS {
            threads.spawn(|| assert_eq!(texts(&client.chat(&question()).unwrap()), ["a"]));
        }
    });
    assert_eq!(server.requests(), CALLERS);
    assert_eq!(client.counts().requests, CALLERS as u64);
    assert_eq!(client.counts().replies, CALLERS as u64);
}

#[test]
fn no_more_than_allowed_are_in_flight_at_once() {
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = Raw::new(move |_, connection| {
        peak.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::sleep(Duration::from_millis(5));
        inside.fetch_sub(1, SeqCst);
        connection
            .write_all(&http(
                "application/json",
                spoken(&["a"]).to_string().as_bytes(),
            ))
            .unwrap();
    });
    let limits = Limits {
        concurrent: NonZeroU32::new(3).unwrap(),
        ..Limits::default()
    };
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .limits(limits)
        .build()
        .unwrap();
    thread::scope(|threads| {
        for _ in 0..20 {
            threads.spawn(|| client.chat(&question()).unwrap());
        }
    });
    assert_eq!(server.requests(), 20);
    assert!(most.load(SeqCst) <= 3, "{most:?}");
    assert_eq!(now.load(SeqCst), 0);
}

#[test]
fn cancelling_ends_requests_that_wait_for_the_server() {
    let (arrived, arrivals) = mpsc::channel();
    let arrived = std::sync::Mutex::new(arrived);
    let server = Raw::new(move |_, _| {
        arrived.lock().unwrap().send(()).unwrap();
        thread::sleep(Duration::from_secs(3600));
    });
    let client = client(&server.url());
    thread::scope(|threads| {
        let waiting: Vec<_> = (0..8)
            .map(|_| threads.spawn(|| client.chat(&question())))
            .collect();
        for _ in 0..8 {
            arrivals.recv().unwrap();
        }
        client.cancel();
        for waiting in waiting {
            assert_eq!(waiting.join().unwrap(), Err(ChatError::Cancelled));
        }
    });
    assert_eq!(client.chat(&question()), Err(ChatError::Cancelled));
    assert_eq!(server.requests(), 8, "nothing is sent afterwards");
}

#[test]
fn cancelling_ends_requests_that_wait_to_be_repeated_or_for_their_turn() {
    let server =
        Server::new(|_, _| ResponseTemplate::new(429).insert_header("retry-after", "3600"));
    let patient = RetryPolicy {
        total_delay: Duration::MAX,
        ..RetryPolicy::default()
    };
    let one = Limits {
        concurrent: NonZeroU32::MIN,
        ..Limits::default()
    };
    let cancel = CancelHandle::new();
    let (tell, told) = mpsc::channel();
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .retry(patient)
        .limits(one)
        .cancel_with(cancel.clone())
        .on_event(move |event| {
            if let Event::Retry { .. } = event {
                tell.send(()).unwrap();
            }
        })
        .build()
        .unwrap();
    thread::scope(|threads| {
        let first = threads.spawn(|| client.chat(&question()));
        told.recv().unwrap();
        // The first has been told to wait for an hour, and so has everybody.
        let second = threads.spawn(|| client.chat(&question()));
        cancel.cancel();
        assert_eq!(first.join().unwrap(), Err(ChatError::Cancelled));
        assert_eq!(second.join().unwrap(), Err(ChatError::Cancelled));
    });
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_client_can_be_used_and_dropped_inside_another_runtime() {
    let server = Server::new(|_, _| said(&["a"]));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(texts(&ask(&server.url()).unwrap()), ["a"]);
    });
}
