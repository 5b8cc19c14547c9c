//! What a server can do wrong, and what is then told: never a panic.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use cogitree_policies::llm::*;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::server::*;

/// The error of a server that answers every request in this way, and how often it was asked.
fn told(answer: impl Fn() -> ResponseTemplate + Send + Sync + 'static) -> (ChatError, usize) {
    let server = Server::new(move |_, _| answer());
    let error = ask(&server.url()).unwrap_err();
    (error, server.seen().len())
}

fn told_raw(bytes: impl Into<Vec<u8>>) -> (ChatError, usize) {
    let server = Raw::saying(bytes);
    let error = ask(&server.url()).unwrap_err();
    (error, server.requests())
}

fn malformed(error: &ChatError, what: &str) {
    assert!(matches!(error, ChatError::Malformed { .. }), "{error:?}");
    assert!(error.to_string().contains(what), "{error}");
    assert_eq!(error.scope(), FaultScope::Request);
}

#[test]
fn nobody_there() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/v1");
    let error = ask(&url).unwrap_err();
    let ChatError::Unreachable {
        endpoint, attempts, ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!((endpoint.as_str(), *attempts), (url.as_str(), 3));
    assert_eq!(error.scope(), FaultScope::Endpoint);
    assert!(error.to_string().contains("COGITREE_LLM_URL"), "{error}");
}

#[test]
fn a_wrong_key() {
    for status in [401, 402, 403] {
        let (error, requests) = told(move || error(status, "Incorrect API key provided"));
        assert!(matches!(error, ChatError::Unauthorized { .. }), "{error:?}");
        assert!(error.is_fatal());
        assert!(error.to_string().contains("COGITREE_API_KEY"), "{error}");
        assert_eq!(requests, 1);
    }
}

#[test]
fn an_unknown_model() {
    let (error, requests) = told(|| error(404, "The model `tiny` does not exist"));
    let ChatError::UnknownModel { model, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(model, "tiny");
    assert!(error.is_fatal());
    assert_eq!(requests, 1);
}

#[test]
fn a_path_that_is_not_there() {
    let server = Server::new(|_, _| said(&["a"]));
    let wrong = server.url().replace("/v1", "/v2");
    let error = ask(&wrong).unwrap_err();
    assert!(
        matches!(error, ChatError::NotAChatServer { .. }),
        "{error:?}"
    );
    assert!(error.is_fatal());
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_context_that_overflows() {
    let body = json!({"error": {"code": 400, "type": "exceed_context_size_error",
        "message": "request (15022 tokens) exceeds the available context size (2048 tokens)"}});
    let (error, requests) = told(move || ResponseTemplate::new(400).set_body_json(&body));
    assert!(
        matches!(error, ChatError::ContextOverflow { .. }),
        "{error:?}"
    );
    assert_eq!(error.scope(), FaultScope::Request);
    assert_eq!(requests, 1);
}

#[test]
fn a_request_that_is_refused() {
    for status in [400, 422] {
        let (error, requests) = told(move || error(status, "messages: too few"));
        assert_eq!(
            error,
            ChatError::BadRequest {
                status,
                parameter: None,
                message: "messages: too few".into()
            }
        );
        assert_eq!(requests, 1);
    }
}

#[test]
fn a_reply_that_is_cut() {
    // Shorter than it says: the connection breaks, which may pass.
    let whole = http("application/json", spoken(&["a"]).to_string().as_bytes());
    let (error, requests) = told_raw(&whole[..whole.len() - 10]);
    assert!(
        matches!(
            error,
            ChatError::Unavailable {
                status: None,
                attempts: 9,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(requests, 9);
    // As long as it says, but the JSON ends early: that is what the server has to say.
    let text = spoken(&["a"]).to_string();
    let (error, requests) = told_raw(http("application/json", &text.as_bytes()[..30]));
    malformed(&error, "no JSON object");
    assert_eq!(requests, 1);
    // Longer than it says: the rest is nobody's.
    let mut longer = http("application/json", text.as_bytes());
    longer.extend_from_slice(b"and more");
    assert_eq!(texts(&ask(&Raw::saying(longer).url()).unwrap()), ["a"]);
}

#[test]
fn a_reply_that_breaks_once_is_asked_for_again() {
    let server = Raw::new(|number, connection| {
        let whole = http("application/json", spoken(&["a"]).to_string().as_bytes());
        let cut = if number == 0 { 60 } else { whole.len() };
        connection.write_all(&whole[..cut]).unwrap();
    });
    let reply = ask(&server.url()).unwrap();
    assert_eq!((texts(&reply), reply.requests_sent), (vec!["a"], 2));
}

#[test]
fn a_connection_that_is_closed_at_once() {
    let (error, requests) = told_raw("");
    assert!(
        matches!(error, ChatError::Unavailable { status: None, .. }),
        "{error:?}"
    );
    assert_eq!(requests, 9);
    let (error, _) = told_raw("SSH-2.0-OpenSSH_9.2\r\n");
    assert!(
        matches!(error, ChatError::Unavailable { status: None, .. }),
        "{error:?}"
    );
}

#[test]
fn an_empty_reply() {
    for body in ["", " \n "] {
        let (error, requests) = told(move || ResponseTemplate::new(200).set_body_string(body));
        malformed(&error, "it is empty");
        assert_eq!(requests, 1);
    }
}

#[test]
fn a_web_page() {
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    for answer in [
        ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8"),
        ResponseTemplate::new(200).set_body_raw(page, "application/json"),
    ] {
        let (error, requests) = told(move || answer.clone());
        assert!(
            matches!(error, ChatError::NotAChatServer { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("Sign in"), "{error}");
        assert_eq!(requests, 1);
    }
    // After a good reply the address is right, and a page is one bad reply.
    let server = Server::new(move |number, _| match number {
        0 => said(&["a"]),
        _ => ResponseTemplate::new(200).set_body_raw(page, "text/html"),
    });
    let client = client(&server.url());
    client.chat(&question()).unwrap();
    malformed(&client.chat(&question()).unwrap_err(), "web page");
}

#[test]
fn a_reply_of_ten_megabytes() {
    let long = "x".repeat(10 << 20);
    let text = spoken(&[&long]).to_string();
    let (error, requests) = told_raw(http("application/json", text.as_bytes()));
    malformed(&error, "longer than 8388608 bytes");
    assert_eq!(requests, 1);
    // The limit is on the reply, not on the text: with room for it, it is read.
    let server = Raw::saying(http("application/json", text.as_bytes()));
    let roomy = OpenAiClient::builder(endpoint(&server.url())).most_reply_bytes(text.len());
    let reply = roomy.build().unwrap().chat(&question()).unwrap();
    assert_eq!(reply.choices[0].text.len(), long.len());
}

#[test]
fn a_reply_without_end() {
    let server = Raw::new(|_, connection| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"choices\":[\"";
        let mut going = connection.write_all(head.as_bytes());
        while going.is_ok() {
            going = connection.write_all(&[b'x'; 1 << 16]);
        }
    });
    malformed(&ask(&server.url()).unwrap_err(), "longer than");
}

#[test]
fn a_reply_that_is_not_utf8() {
    let mut bytes = spoken(&["abc"]).to_string().into_bytes();
    let at = bytes.windows(3).position(|w| w == b"abc").unwrap();
    bytes[at] = 0xff;
    let (error, requests) = told_raw(http("application/json", &bytes));
    malformed(&error, "not UTF-8");
    assert_eq!(requests, 1);
}

#[test]
fn a_reply_that_is_not_json_or_not_the_right_json() {
    for body in [
        "I am a teapot",
        "data: {\"choices\": []}\n\n",
        "\"text\"",
        "17",
        "null",
    ] {
        let (error, requests) = told(move || ResponseTemplate::new(200).set_body_string(body));
        malformed(&error, "no JSON object");
        assert_eq!(requests, 1);
    }
    for body in [json!({}), json!({"choices": 7}), json!({"choices": null})] {
        let (error, _) = told(move || ResponseTemplate::new(200).set_body_json(&body));
        malformed(&error, "no list of choices");
    }
    for choices in [json!([]), json!([7, {}, {"message": 3}])] {
        let body = json!({"choices": choices});
        let (error, _) = told(move || ResponseTemplate::new(200).set_body_json(&body));
        malformed(&error, "no choice with a message");
    }
    let deep = format!("{{\"choices\":{}", "[".repeat(1 << 20));
    let (error, _) = told(move || ResponseTemplate::new(200).set_body_string(&deep));
    malformed(&error, "no JSON object");
}

#[test]
fn a_refusal_is_an_answer() {
    let body = json!({"choices": [{"message": {"content": null, "refusal": "I cannot help."},
        "finish_reason": "stop"}]});
    let server = Server::new(move |_, _| ResponseTemplate::new(200).set_body_json(&body));
    let choice = ask(&server.url()).unwrap().choices.remove(0);
    assert_eq!(
        (choice.text.as_str(), choice.finish),
        ("I cannot help.", Finish::Refusal)
    );
}

#[test]
fn an_error_in_a_good_reply() {
    let with = |code: serde_json::Value| {
        told(move || {
            let body = json!({"error": {"message": "upstream", "code": code}});
            ResponseTemplate::new(200).set_body_json(body)
        })
    };
    for code in [json!(401), json!("401")] {
        let (error, requests) = with(code);
        assert!(matches!(error, ChatError::Unauthorized { .. }), "{error:?}");
        assert_eq!(requests, 1);
    }
    for code in [
        json!(502),
        json!(null),
        json!("odd"),
        json!([1]),
        json!(1.5),
        json!(true),
    ] {
        let (error, requests) = with(code);
        assert!(matches!(error, ChatError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("upstream"), "{error}");
        assert_eq!(requests, 9);
    }
}

#[test]
fn a_server_that_never_answers() {
    let server = Raw::new(|_, _| thread::sleep(Duration::from_secs(3600)));
    let limit = Duration::from_millis(30);
    let two = RetryPolicy {
        retries: 1,
        ..at_once()
    };
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .retry(two)
        .timeout(limit)
        .build()
        .unwrap();
    let error = client.chat(&question()).unwrap_err();
    assert_eq!(error, ChatError::Timeout { limit, attempts: 2 });
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_server_that_stops_in_the_middle() {
    let server = Raw::new(|_, connection| {
        connection
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"cho")
            .unwrap();
        thread::sleep(Duration::from_secs(3600));
    });
    let limit = Duration::from_millis(30);
    let client = OpenAiClient::builder(endpoint(&server.url()))
        .retry(RetryPolicy::never())
        .timeout(limit)
        .build()
        .unwrap();
    let error = client.chat(&question()).unwrap_err();
    assert_eq!(error, ChatError::Timeout { limit, attempts: 1 });
}

#[test]
fn settings_that_cannot_be_used_are_told_with_their_remedy() {
    let told = |url: &str| Endpoint::new(url, "m").unwrap_err().to_string();
    for url in [
        "",
        "localhost:8000",
        "ftp://host/v1",
        "http://",
        "http://u:p@host/v1",
        "http://h/v1?key=x",
    ] {
        assert!(
            told(url).contains("COGITREE_LLM_URL"),
            "{url}: {}",
            told(url)
        );
    }
    assert!(!told("http://user:password@host/v1").contains("password@"));
    assert_eq!(
        Endpoint::new("http://h/v1", " ").unwrap_err(),
        ConfigError::Model
    );
    assert_eq!(ApiKey::new(" \n").unwrap_err(), ConfigError::Key);
    assert_eq!(ApiKey::new("sk-a\nb").unwrap_err(), ConfigError::Key);
    let unknown = "gpt".parse::<Profile>().unwrap_err().to_string();
    assert!(unknown.contains("llama.cpp, ollama"), "{unknown}");
}
