use super::*;
use crate::llm::ChatRequest;

fn one(message: &str) -> Choice {
    let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":"stop"}}]}}"#);
    decode(&body, 1).unwrap().choices.remove(0)
}

#[test]
fn reasoning_is_found_under_each_of_its_names() {
    let said = |text: &str, reasoning: Option<&str>| Choice {
        text: text.into(),
        reasoning: reasoning.map(str::to_owned),
        finish: Finish::Stop,
    };
    assert_eq!(
        one(r#"{"content":"a","reasoning_content":"r"}"#),
        said("a", Some("r"))
    );
    assert_eq!(
        one(r#"{"content":"a","reasoning":"r"}"#),
        said("a", Some("r"))
    );
    assert_eq!(one(r#"{"content":"a","reasoning":""}"#), said("a", None));
    assert_eq!(
        one(r#"{"content":"\n<think>\nr\n</think>\n\na"}"#),
        said("a", Some("r"))
    );
    assert_eq!(one(r#"{"content":"<think></think>a"}"#), said("a", None));
    // The template opened the thought.
    assert_eq!(one(r#"{"content":"r\n</think>\na"}"#), said("a", Some("r")));
    // The limit cut the thought.
    assert_eq!(one(r#"{"content":"<think>r"}"#), said("", Some("r")));
    // A program that prints the mark keeps its text.
    let program = r#"print('</think>')"#;
    assert_eq!(
        one(&format!(r#"{{"content":"{program}"}}"#)),
        said(program, None)
    );
    // Reasoning that the server took off itself leaves the text as it is.
    let both = r#"{"content":"<think>x</think>","reasoning":"r"}"#;
    assert_eq!(one(both), said("<think>x</think>", Some("r")));
}

#[test]
fn content_may_be_null_or_a_list_of_parts() {
    assert_eq!(one(r#"{"content":null}"#).text, "");
    assert_eq!(one(r#"{}"#).text, "");
    assert_eq!(one(r#"{"content":7}"#).text, "");
    let parts = r#"{"content":[{"type":"text","text":"a"},{"type":"x"},{"text":"b"}]}"#;
    assert_eq!(one(parts).text, "ab");
    let nulls =
        r#"{"error":null,"usage":null,"choices":[{"error":null,"message":{"content":"a"}}]}"#;
    assert_eq!(decode(nulls, 1).unwrap().choices[0].text, "a");
}

#[test]
fn a_refusal_is_told_from_an_answer() {
    let refused = one(r#"{"content":null,"refusal":"I cannot."}"#);
    assert_eq!(
        (refused.text.as_str(), refused.finish),
        ("I cannot.", Finish::Refusal)
    );
    assert_eq!(
        one(r#"{"content":"a","refusal":null}"#).finish,
        Finish::Stop
    );
}

#[test]
fn every_reason_to_end_is_kept() {
    let finish = |reason: &str| {
        let body =
            format!(r#"{{"choices":[{{"message":{{"content":"a"}},"finish_reason":{reason}}}]}}"#);
        decode(&body, 1).unwrap().choices.remove(0).finish
    };
    assert_eq!(finish(r#""stop""#), Finish::Stop);
    assert_eq!(finish(r#""length""#), Finish::Length);
    assert_eq!(finish(r#""content_filter""#), Finish::ContentFilter);
    assert_eq!(
        finish(r#""tool_calls""#),
        Finish::Other("tool_calls".into())
    );
    assert_eq!(finish("null"), Finish::Unknown);
    assert_eq!(finish("[1]"), Finish::Unknown);
}

#[test]
fn usage_is_counted_or_unknown_and_never_zero_by_silence() {
    let usage = |usage: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"content":"a"}}}}],"usage":{usage}}}"#);
        decode(&body, 1).unwrap().usage
    };
    let counted = |prompt, completion, cached, unmetered| TokenUsage {
        replies: 1,
        prompt,
        completion,
        cached,
        unmetered,
    };
    let whole =
        r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":5}}"#;
    assert_eq!(usage(whole), counted(9, 4, 5, 0));
    let deepseek = r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_cache_hit_tokens":3}"#;
    assert_eq!(usage(deepseek), counted(9, 4, 3, 0));
    assert_eq!(usage("null"), counted(0, 0, 0, 1));
    assert_eq!(usage("[]"), counted(0, 0, 0, 1));
    assert_eq!(usage(r#"{"prompt_tokens":9}"#), counted(9, 0, 0, 1));
    assert_eq!(
        usage(r#"{"prompt_tokens":0,"completion_tokens":0}"#),
        counted(0, 0, 0, 1)
    );
    // A text of no tokens was not counted; where there is none, none is right.
    let none = r#"{"prompt_tokens":9,"completion_tokens":0}"#;
    assert_eq!(usage(none), counted(9, 0, 0, 1));
    let silent = format!(r#"{{"choices":[{{"message":{{"content":""}}}}],"usage":{none}}}"#);
    assert_eq!(decode(&silent, 1).unwrap().usage, counted(9, 0, 0, 0));
    let hostile = r#"{"prompt_tokens":-3,"completion_tokens":18446744073709551615}"#;
    assert_eq!(usage(hostile), counted(0, 0, 0, 1));
    // No part can be larger than the whole.
    let more =
        r#"{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":50}}"#;
    assert_eq!(usage(more), counted(9, 4, 9, 0));
}

#[test]
fn a_bad_choice_spoils_no_other() {
    let body = r#"{"choices":[7,{"message":{"content":"a"}},{"error":{"code":502,"message":"up"}},{"message":{"content":"b"}}]}"#;
    let texts: Vec<_> = decode(body, 9)
        .unwrap()
        .choices
        .into_iter()
        .map(|c| c.text)
        .collect();
    assert_eq!(texts, ["a", "b"]);
    let failed = decode(r#"{"choices":[{"error":{"code":502,"message":"up"}}]}"#, 1).unwrap_err();
    assert_eq!(
        (failed.kind, failed.message.as_str()),
        (FaultKind::Server, "up")
    );
}

#[test]
fn the_request_says_what_was_asked_in_the_dialect_of_the_server() {
    let mut request = ChatRequest::new(vec![Message::system("s"), Message::user("u")]);
    request.max_tokens = 9;
    request.stop = vec!["END".into()];
    request.seed = Some(1);
    request.top_p = Some(0.5);
    request.schema = Some(Schema {
        name: "x".into(),
        schema: serde_json::json!({"type": "object"}),
    });
    let sent = |dialect, index, count| -> serde_json::Value {
        serde_json::from_slice(&encode("m", &request, dialect, index, count).unwrap()).unwrap()
    };
    let all = sent(Dialect::default(), 0, 3);
    let seed = all["seed"].clone();
    assert_eq!(
        all,
        serde_json::json!({
            "model": "m",
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "n": 3, "max_tokens": 9, "temperature": 0.7, "top_p": 0.5, "stop": ["END"],
            "seed": seed,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {"type": "object"}, "strict": true},
            },
            "stream": false,
        })
    );
    assert!(seed.as_u64().unwrap() < 1 << 31);
    assert_ne!(
        sent(Dialect::default(), 1, 1)["seed"],
        seed,
        "each sample has its own seed"
    );

    let mut bare = Dialect::default();
    for parameter in Parameter::ALL {
        assert!(wire_uses(&request, parameter));
        bare = bare.after_refusal(parameter).unwrap();
        assert_eq!(
            bare.after_refusal(parameter),
            None,
            "refused twice: {parameter:?}"
        );
    }
    assert_eq!(
        sent(bare, 0, 3),
        serde_json::json!({
            "model": "m",
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "max_completion_tokens": 9,
            "stream": false,
        })
    );
}

fn wire_uses(request: &ChatRequest, parameter: Parameter) -> bool {
    uses(request, parameter, 2)
}

#[test]
fn a_text_is_cut_at_the_first_stop() {
    let mut choice = Choice::new("one two three");
    cut_at_stop(&mut choice, &["three".into(), "".into(), " two".into()]);
    assert_eq!((choice.text.as_str(), choice.finish), ("one", Finish::Stop));
}
