//! Servers that ignore or refuse a part of a request.

use std::sync::{Arc, Mutex};

use cogitree_policies::llm::*;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::server::*;

/// A refusal as OpenAI words it.
fn unsupported(parameter: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"error": {
        "message": format!("Unsupported parameter: '{parameter}' is not supported with this model."),
        "type": "invalid_request_error", "param": parameter, "code": "unsupported_parameter"}}))
}

fn samples(count: u32) -> ChatRequest {
    ChatRequest {
        samples: count,
        ..question()
    }
}

/// The numbers of choices that the requests asked for.
fn asked(seen: &[Seen]) -> Vec<u64> {
    seen.iter()
        .map(|seen| seen.body.get("n").map_or(1, |n| n.as_u64().unwrap()))
        .collect()
}

/// As many choices as the body asks for.
fn obedient(body: &Value) -> ResponseTemplate {
    let count = body.get("n").map_or(1, |n| n.as_u64().unwrap());
    said(&vec!["a"; count as usize])
}

#[test]
fn choices_come_in_one_request_where_the_server_does_that() {
    let server = Server::new(|_, body| obedient(body));
    let reply = client(&server.url()).chat(&samples(4)).unwrap();
    assert_eq!((reply.choices.len(), reply.requests_sent), (4, 1));
    let usage = TokenUsage {
        replies: 1,
        prompt: 10,
        completion: 20,
        ..TokenUsage::default()
    };
    assert_eq!(reply.usage, usage);
    assert!(reply.usage.is_complete());
    assert_eq!(asked(&server.seen()), [4]);
}

#[test]
fn missing_choices_are_asked_for_one_by_one_and_the_next_time_at_once() {
    let server = Server::new(|_, _| said(&["a"]));
    let client = client(&server.url());
    let reply = client.chat(&samples(4)).unwrap();
    assert_eq!((reply.choices.len(), reply.requests_sent), (4, 4));
    assert_eq!(
        (
            reply.usage.replies,
            reply.usage.prompt,
            reply.usage.completion
        ),
        (4, 40, 20)
    );
    assert_eq!(reply.shortfall, None);
    assert_eq!(asked(&server.seen()), [4, 1, 1, 1]);
    assert_eq!(client.counts().topped_up, 3);

    let reply = client.chat(&samples(3)).unwrap();
    assert_eq!((reply.choices.len(), reply.requests_sent), (3, 3));
    assert_eq!(asked(&server.seen())[4..], [1, 1, 1]);
}

#[test]
fn more_choices_than_asked_for_are_not_taken() {
    let server = Server::new(|_, _| said(&["a", "b", "c"]));
    assert_eq!(texts(&ask(&server.url()).unwrap()), ["a"]);
}

#[test]
fn what_was_paid_for_is_kept_when_a_top_up_fails() {
    let server = Server::new(|number, _| match number {
        0 => said(&["a"]),
        1 => said(&["b"]),
        _ => error(400, "enough"),
    });
    let reply = client(&server.url()).chat(&samples(3)).unwrap();
    assert_eq!(texts(&reply), ["a", "b"]);
    assert!(
        matches!(reply.shortfall, Some(ChatError::BadRequest { .. })),
        "{reply:?}"
    );
}

#[test]
fn the_samples_of_a_request_have_different_seeds() {
    let server = Server::new(|_, body| {
        let seed = body["seed"].as_u64().unwrap();
        said(&[&seed.to_string()])
    });
    let client = client(&server.url());
    let seeded = |first_sample| ChatRequest {
        seed: Some(7),
        first_sample,
        ..samples(3)
    };
    let reply = client.chat(&seeded(0)).unwrap();
    let mut seeds = texts(&reply);
    let again = client.chat(&seeded(0)).unwrap();
    assert_eq!(texts(&again), seeds, "the same seed and sample");
    let later = client.chat(&seeded(3)).unwrap();
    seeds.extend(texts(&later));
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 6);
}

#[test]
fn a_refused_parameter_is_left_out_and_that_is_remembered() {
    let full = || ChatRequest {
        seed: Some(1),
        top_p: Some(0.9),
        stop: vec!["END".into()],
        schema: Some(Schema {
            name: "x".into(),
            schema: json!({"type": "object"}),
        }),
        ..samples(2)
    };
    for parameter in [
        "n",
        "response_format",
        "seed",
        "stop",
        "temperature",
        "top_p",
    ] {
        let server = Server::new(move |_, body| {
            if body.get(parameter).is_some() {
                unsupported(parameter)
            } else {
                obedient(body)
            }
        });
        let events = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&events);
        let client = OpenAiClient::builder(endpoint(&server.url()))
            .retry(RetryPolicy::never())
            .on_event(move |event| {
                if let Event::Adapted { parameter } = event {
                    log.lock().unwrap().push(parameter.name());
                }
            })
            .build()
            .unwrap();
        assert_eq!(
            client.chat(&full()).unwrap().choices.len(),
            2,
            "{parameter}"
        );
        let first = server.seen().len();
        assert_eq!(
            client.chat(&full()).unwrap().choices.len(),
            2,
            "{parameter}"
        );
        let seen = server.seen();
        let refused = seen
            .iter()
            .filter(|seen| seen.body.get(parameter).is_some())
            .count();
        assert_eq!(refused, 1, "{parameter}");
        assert!(
            seen[first..]
                .iter()
                .all(|seen| seen.body.get(parameter).is_none())
        );
        // Everything else is still said.
        let others = ["response_format", "seed", "stop", "temperature", "top_p"];
        for other in others.into_iter().filter(|other| *other != parameter) {
            assert!(
                seen.iter().all(|seen| seen.body.get(other).is_some()),
                "{parameter} {other}"
            );
        }
        assert_eq!(*events.lock().unwrap(), [parameter]);
        assert_eq!(client.counts().adapted, 1);
    }
}

#[test]
fn a_stop_text_that_the_server_does_not_take_is_looked_for_here() {
    let server = Server::new(|_, body| {
        if body.get("stop").is_some() {
            unsupported("stop")
        } else {
            said(&["one END two"])
        }
    });
    let request = ChatRequest {
        stop: vec!["END".into()],
        ..question()
    };
    assert_eq!(
        texts(&client(&server.url()).chat(&request).unwrap()),
        ["one "]
    );
}

#[test]
fn the_limit_of_tokens_has_two_names_and_is_never_left_out() {
    for (refused, taken) in [
        ("max_tokens", "max_completion_tokens"),
        ("max_completion_tokens", "max_tokens"),
    ] {
        let server = Server::new(move |_, body| {
            if body.get(refused).is_some() {
                unsupported(refused)
            } else {
                said(&["a"])
            }
        });
        let profile = if taken == "max_tokens" {
            Profile::OpenAi
        } else {
            Profile::Auto
        };
        let client = OpenAiClient::builder(endpoint(&server.url()))
            .profile(profile)
            .build()
            .unwrap();
        client.chat(&question()).unwrap();
        client.chat(&question()).unwrap();
        let names: Vec<_> = server
            .seen()
            .iter()
            .map(|seen| seen.body[taken].as_u64().is_some())
            .collect();
        assert_eq!(names, [false, true, true], "{refused}");
    }
    let server = Server::new(|_, body| {
        let name = if body.get("max_tokens").is_some() {
            "max_tokens"
        } else {
            "max_completion_tokens"
        };
        unsupported(name)
    });
    let error = ask(&server.url()).unwrap_err();
    let ChatError::BadRequest { parameter, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(parameter.as_deref(), Some("max_tokens"));
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_schema_that_makes_the_server_fail_is_left_out() {
    let server = Server::new(|_, body| match body.get("response_format") {
        Some(_) => error(500, "json_schema: not implemented"),
        None => said(&["{}"]),
    });
    let schema = Schema {
        name: "x".into(),
        schema: json!({"type": "object"}),
    };
    let request = ChatRequest {
        schema: Some(schema),
        ..question()
    };
    assert_eq!(
        client(&server.url()).chat(&request).unwrap().requests_sent,
        2
    );
}

#[test]
fn nothing_is_learnt_from_a_refusal_that_stays() {
    let server = Server::new(|number, _| match number {
        0 | 1 => unsupported("temperature"),
        _ => said(&["a"]),
    });
    let client = client(&server.url());
    client.chat(&question()).unwrap_err();
    client.chat(&question()).unwrap();
    assert!(server.seen()[2].body.get("temperature").is_some());
}

#[test]
fn a_usage_that_is_missing_is_unknown_and_not_zero() {
    let server = Server::new(|_, _| {
        let mut body = spoken(&["a"]);
        body.as_object_mut().unwrap().remove("usage");
        ResponseTemplate::new(200).set_body_json(body)
    });
    let reply = ask(&server.url()).unwrap();
    assert_eq!(
        reply.usage,
        TokenUsage {
            replies: 1,
            unmetered: 1,
            ..TokenUsage::default()
        }
    );
    assert!(!reply.usage.is_complete());
}

#[test]
fn a_llama_server_is_recognised_and_its_usage_covers_the_first_choice_only() {
    let server = Server::new(|_, body| {
        let count = body.get("n").map_or(1, |n| n.as_u64().unwrap());
        let mut body = spoken(&vec!["a"; count as usize]);
        body["usage"]["completion_tokens"] = json!(5);
        body["timings"] = json!({"predicted_n": 5});
        ResponseTemplate::new(200).set_body_json(body)
    });
    let client = client(&server.url());
    let one = client.chat(&question()).unwrap();
    assert!(one.usage.is_complete());
    let four = client.chat(&samples(4)).unwrap();
    assert_eq!((four.usage.completion, four.usage.unmetered), (5, 1));
    // The first reply that gives it away counts as well.
    let fresh = crate::server::client(&server.url());
    assert_eq!(fresh.chat(&samples(2)).unwrap().usage.unmetered, 1);
    // Whoever says that it is another server is believed.
    let other = OpenAiClient::builder(endpoint(&server.url())).profile(Profile::Vllm);
    assert!(
        other
            .build()
            .unwrap()
            .chat(&samples(2))
            .unwrap()
            .usage
            .is_complete()
    );
}

#[test]
fn an_ollama_server_is_recognised_and_asked_one_by_one() {
    let server = Server::new(|_, _| {
        let mut body = spoken(&["a"]);
        body["system_fingerprint"] = json!("fp_ollama");
        ResponseTemplate::new(200).set_body_json(body)
    });
    let client = client(&server.url());
    client.chat(&question()).unwrap();
    assert_eq!(client.chat(&samples(3)).unwrap().choices.len(), 3);
    assert_eq!(asked(&server.seen()), [1, 1, 1, 1]);
}

#[test]
fn the_environment_names_the_endpoint() {
    let from = |variables: &[(&str, &str)], url: Option<&str>, model: Option<&str>| {
        Endpoint::from_env(url, model, |name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .map(|endpoint| (endpoint.id().endpoint, endpoint.id().model))
    };
    let id = |endpoint: &str, model: &str| Ok((endpoint.to_owned(), model.to_owned()));
    let ours = [("COGITREE_LLM_URL", "http://a/v1"), ("COGITREE_MODEL", "m")];
    let both = [ours[0], ours[1], ("OPENAI_BASE_URL", "http://b/v1")];
    assert_eq!(from(&both, None, None), id("http://a/v1", "m"));
    assert_eq!(
        from(&both, Some("http://c/"), Some("n")),
        id("http://c", "n")
    );
    let theirs = [("COGITREE_LLM_URL", " "), both[2], ours[1]];
    assert_eq!(from(&theirs, None, None), id("http://b/v1", "m"));
    assert_eq!(
        from(&ours[1..], None, None),
        id("https://api.openai.com/v1", "m")
    );
    assert_eq!(from(&[], None, None), Err(ConfigError::Model));
    let pasted = Endpoint::new("http://a/v1/chat/completions/", "m").unwrap();
    assert_eq!(pasted.id().endpoint, "http://a/v1");
}
