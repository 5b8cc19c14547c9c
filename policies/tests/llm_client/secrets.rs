//! The key goes to the server in one header, and nowhere else.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cogitree_policies::llm::*;
use wiremock::ResponseTemplate;

use crate::server::*;

#[test]
fn the_key_is_sent_in_its_header_and_not_in_the_body() {
    let server = Server::new(|_, _| said(&["a"]));
    ask(&server.url()).unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(seen.authorization, format!("Bearer {KEY}"));
    assert!(!seen.body.to_string().contains(KEY));
    let bare = Endpoint::new(&server.url(), "tiny").unwrap();
    OpenAiClient::builder(bare)
        .build()
        .unwrap()
        .chat(&question())
        .unwrap();
    assert_eq!(server.seen()[1].authorization, "");
}

#[test]
fn the_key_is_in_no_debug_output() {
    let key = ApiKey::new(KEY).unwrap();
    let endpoint = endpoint("http://127.0.0.1:9/v1");
    let builder = OpenAiClient::builder(endpoint.clone());
    let client = builder.clone().build().unwrap();
    let shown = format!("{key:?} {endpoint:#?} {builder:#?} {client:#?}");
    assert!(shown.contains("hidden"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_server_that_repeats_the_key_does_not_spread_it() {
    // In an error, in an error so long that it is cut within the key, in a page, in an
    // address, in an answer.
    let long = format!("{}{KEY}", "x".repeat(290));
    let answers = [
        error(400, &format!("bad header: Bearer {KEY}")),
        error(401, &long),
        error(503, KEY),
        ResponseTemplate::new(500).set_body_string(format!("<html>{KEY}")),
        ResponseTemplate::new(200).set_body_raw(format!("<html>{KEY}"), "text/html"),
        ResponseTemplate::new(307).insert_header("location", format!("http://h/?key={KEY}")),
        ResponseTemplate::new(200).set_body_string(format!("no json {KEY}")),
        said(&[&format!("your key is {KEY}")]),
    ];
    for answer in answers {
        let server = Server::new(move |_, _| answer.clone());
        let events = Arc::new(Mutex::new(String::new()));
        let log = Arc::clone(&events);
        let client = OpenAiClient::builder(endpoint(&server.url()))
            .retry(at_once())
            .on_event(move |event| log.lock().unwrap().push_str(&format!("{event:?}\n")))
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let id = client.id();
        let cache = ResponseCache::new(client, id, folder.path(), CacheMode::Write).unwrap();
        let said = match cache.chat(&question()) {
            Ok(reply) => format!("{reply:?}"),
            Err(error) => format!("{error:?} {error}"),
        };
        let all = format!(
            "{said}\n{}\n{}",
            events.lock().unwrap(),
            contents(folder.path())
        );
        // No part of it that is long enough to be of use.
        assert!(!all.contains("secret"), "{all}");
        assert!(!events.lock().unwrap().is_empty());
    }
}

/// Every file below a folder, with its name.
fn contents(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.push_str(&format!("{}\n", path.display()));
        all.push_str(&if path.is_dir() {
            contents(&path)
        } else {
            String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
        });
    }
    all
}

#[test]
fn a_redirection_is_not_followed() {
    let other = Server::new(|_, _| said(&["a"]));
    let to = format!("{}/chat/completions", other.url());
    for status in [301, 302, 303, 307, 308] {
        let to = to.clone();
        let server = Server::new(move |_, _| {
            ResponseTemplate::new(status).insert_header("location", to.as_str())
        });
        let error = ask(&server.url()).unwrap_err();
        assert!(
            matches!(error, ChatError::NotAChatServer { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("redirects to"), "{error}");
    }
    assert_eq!(other.seen().len(), 0);
}
