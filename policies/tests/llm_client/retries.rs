//! When a request is sent again, and after which delay.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cogitree_policies::llm::*;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::*;

/// A delay that was planned, and whether the server had asked for it.
type Planned = (Duration, bool);

/// Asks a server that fails as told at first and then answers; returns the delays that were
/// planned.
fn delays(
    policy: RetryPolicy,
    failures: Vec<ResponseTemplate>,
) -> (Result<ChatReply, ChatError>, Vec<Planned>, Vec<Seen>) {
    let server = Server::new(move |number, _| {
        failures
            .get(number)
            .cloned()
            .unwrap_or_else(|| said(&["a"]))
    });
    let planned = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&planned);
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .retry(policy)
        .on_event(move |event| {
            if let Event::Retry { delay, asked, .. } = event {
                log.lock().unwrap().push((*delay, *asked));
            }
        })
        .build()
        .unwrap();
    let reply = client.chat(&question());
    let planned = planned.lock().unwrap().clone();
    (reply, planned, server.seen())
}

#[test]
fn the_server_says_how_long_to_wait() {
    let asks =
        |name: &'static str, value: &str| ResponseTemplate::new(429).insert_header(name, value);
    let (reply, planned, seen) = delays(
        RetryPolicy::default(),
        vec![
            asks("retry-after-ms", "40"),
            asks("retry-after", "0.05"),
            asks("Retry-After", "1"),
            ResponseTemplate::new(503).insert_header("retry-after-ms", "60"),
        ],
    );
    let reply = reply.unwrap();
    assert_eq!((texts(&reply), reply.requests_sent), (vec!["a"], 5));
    assert_eq!(
        planned,
        [40, 50, 1000, 60].map(|ms| (Duration::from_millis(ms), true))
    );
    for (gap, (delay, _)) in seen.windows(2).zip(&planned) {
        assert!(gap[1].at - gap[0].at >= *delay, "{seen:?} {planned:?}");
    }
}

#[test]
fn the_server_says_until_when_to_wait() {
    let date = |seconds| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds));
    let read = |date: &str| httpdate::parse_http_date(date).unwrap();
    let asks = |date: &str| ResponseTemplate::new(429).insert_header("retry-after", date);

    let soon = date(2);
    let (reply, _, seen) = delays(at_once(), vec![asks(&soon)]);
    reply.unwrap();
    assert_eq!(seen.len(), 2);
    assert!(SystemTime::now() >= read(&soon));

    let late = date(1000);
    let before = SystemTime::now();
    let (reply, ..) = delays(at_once(), vec![asks(&late)]);
    let Err(ChatError::RateLimited {
        retry_after: Some(asked),
        ..
    }) = reply
    else {
        panic!("{reply:?}")
    };
    let left = |now: SystemTime| read(&late).duration_since(now).unwrap();
    assert!(
        (left(SystemTime::now())..=left(before)).contains(&asked),
        "{asked:?}"
    );
}

#[test]
fn what_passes_is_tried_again() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
        let (reply, planned, _) = delays(at_once(), vec![error(status, "busy"); 2]);
        let reply = reply.unwrap();
        assert_eq!((reply.requests_sent, planned.len()), (3, 2), "{status}");
        assert!(
            planned
                .iter()
                .all(|(delay, asked)| !asked && *delay >= at_once().first_delay)
        );
    }
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    for status in [400, 401, 403, 404, 405, 413, 422, 301, 307] {
        let (reply, planned, seen) = delays(at_once(), vec![error(status, "no"); 9]);
        reply.unwrap_err();
        assert_eq!((planned.len(), seen.len()), (0, 1), "{status}");
    }
    let used_up = json!({"error": {"message": "quota", "code": "insufficient_quota"}});
    let used_up = ResponseTemplate::new(429).set_body_json(used_up);
    let (reply, planned, _) = delays(at_once(), vec![used_up; 9]);
    assert!(
        matches!(reply, Err(ChatError::Unauthorized { .. })),
        "{reply:?}"
    );
    assert_eq!(planned.len(), 0);
}

#[test]
fn a_model_that_loads_is_waited_for() {
    let body =
        json!({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}});
    let loading = ResponseTemplate::new(503).set_body_json(body);
    let (reply, planned, _) = delays(at_once(), vec![loading; 5]);
    assert_eq!(texts(&reply.unwrap()), ["a"]);
    assert_eq!(planned.len(), 5);
}

#[test]
fn retries_end() {
    let (reply, planned, seen) = delays(at_once(), vec![error(429, "slow down"); 99]);
    assert_eq!(
        reply.unwrap_err(),
        ChatError::RateLimited {
            message: "slow down".into(),
            retry_after: None,
            attempts: 9
        }
    );
    assert_eq!((planned.len(), seen.len()), (8, 9));

    let (reply, planned, _) = delays(at_once(), vec![error(503, "overloaded"); 99]);
    let unavailable = ChatError::Unavailable {
        status: Some(503),
        message: "overloaded".into(),
        attempts: 9,
    };
    assert_eq!(reply.unwrap_err(), unavailable);
    assert_eq!(planned.len(), 8);
}

#[test]
fn a_server_that_asks_for_too_long_is_not_waited_for() {
    let later = ResponseTemplate::new(429).insert_header("retry-after", "86400");
    let (reply, planned, _) = delays(at_once(), vec![later; 99]);
    let error = reply.unwrap_err();
    let ChatError::RateLimited {
        retry_after,
        attempts,
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (retry_after, attempts),
        (Some(Duration::from_secs(86400)), 1)
    );
    assert_eq!(planned.len(), 0);
}

#[test]
fn one_who_is_told_to_wait_makes_all_wait() {
    let pause = Duration::from_millis(300);
    let server = Server::new(|number, _| match number {
        0 => ResponseTemplate::new(429).insert_header("retry-after-ms", "300"),
        _ => said(&["a"]),
    });
    let told = Arc::new(std::sync::Barrier::new(2));
    let heard = Arc::clone(&told);
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .on_event(move |event| {
            if let Event::Retry { .. } = event {
                heard.wait();
            }
        })
        .build()
        .unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| client.chat(&question()).unwrap());
        told.wait();
        client.chat(&question()).unwrap();
    });
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen[1].at - seen[0].at >= pause, "{seen:?}");
    assert!(seen[2].at - seen[0].at >= pause, "{seen:?}");
}
