//! Requests and replies as they travel.

use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use super::fault::{self, Fault, FaultKind, excerpt};
use super::profile::{Dialect, Parameter, Profile, TokenLimit};
use crate::llm::{ChatRequest, Choice, Finish, Message, Schema, TokenUsage};

/// A count of tokens beyond this is no count.
const MOST_TOKENS: u64 = 1 << 40;

#[derive(Serialize)]
struct WireRequest<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    schema: &'a serde_json::Value,
    strict: bool,
}

/// The body of a request for `count` choices, of which the first has the index `index` among
/// all samples.
pub(super) fn encode(
    model: &str,
    request: &ChatRequest,
    dialect: Dialect,
    index: u64,
    count: usize,
) -> Result<Vec<u8>, serde_json::Error> {
    let limit = |name| (dialect.limit == name).then_some(request.max_tokens);
    let format = |schema: &'_ Schema| dialect.takes(Parameter::Schema) && !schema.name.is_empty();
    serde_json::to_vec(&WireRequest {
        model,
        messages: &request.messages,
        n: (count > 1 && dialect.takes(Parameter::N)).then_some(count),
        max_tokens: limit(TokenLimit::MaxTokens),
        max_completion_tokens: limit(TokenLimit::MaxCompletionTokens),
        temperature: dialect
            .takes(Parameter::Temperature)
            .then_some(request.temperature),
        top_p: request.top_p.filter(|_| dialect.takes(Parameter::TopP)),
        stop: if dialect.takes(Parameter::Stop) {
            &request.stop
        } else {
            &[]
        },
        seed: request
            .seed
            .filter(|_| dialect.takes(Parameter::Seed))
            .map(|seed| seed_of_sample(seed, index)),
        response_format: request
            .schema
            .as_ref()
            .filter(|schema| format(schema))
            .map(|schema| ResponseFormat {
                kind: "json_schema",
                json_schema: JsonSchema {
                    name: &schema.name,
                    schema: &schema.schema,
                    strict: true,
                },
            }),
        stream: false,
    })
}

/// Whether a request makes use of a parameter, so that leaving it out changes something.
pub(super) fn uses(request: &ChatRequest, parameter: Parameter, count: usize) -> bool {
    match parameter {
        Parameter::N => count > 1,
        Parameter::TokenLimit | Parameter::Temperature => true,
        Parameter::Schema => request.schema.is_some(),
        Parameter::Seed => request.seed.is_some(),
        Parameter::Stop => !request.stop.is_empty(),
        Parameter::TopP => request.top_p.is_some(),
    }
}

/// The seed of one sample: the finaliser of SplitMix64 (Steele, Lea & Flood 2014) over seed
/// and index, cut to 31 bits, which every server takes; llama.cpp reads 2³²−1 as "random".
fn seed_of_sample(seed: u64, index: u64) -> u32 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 33) as u32
}

/// Every part is kept as it was written and read on its own, so that one of an unexpected
/// type spoils no other, and what nobody reads takes no memory.
#[derive(Deserialize)]
struct WireReply<'a> {
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    system_fingerprint: Option<&'a RawValue>,
    #[serde(borrow, default)]
    timings: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireChoice<'a> {
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    refusal: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct WireUsage<'a> {
    #[serde(borrow, default)]
    prompt_tokens: Option<&'a RawValue>,
    #[serde(borrow, default)]
    completion_tokens: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_cache_hit_tokens: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct PromptDetails<'a> {
    #[serde(borrow, default)]
    cached_tokens: Option<&'a RawValue>,
}

/// A reply that was understood: one choice at least.
#[derive(Debug, PartialEq)]
pub(super) struct Decoded {
    pub(super) choices: Vec<Choice>,
    pub(super) usage: TokenUsage,
    /// The kind of server that the reply gives away.
    pub(super) server: Option<Profile>,
}

/// Reads the body of a reply with status 200, of which at most `most` choices are taken.
pub(super) fn decode(body: &str, most: usize) -> Result<Decoded, Fault> {
    let malformed = |what: String| Fault::new(FaultKind::Malformed, what);
    if body.trim().is_empty() {
        return Err(malformed("it is empty".to_owned()));
    }
    let reply: WireReply<'_> = serde_json::from_str(body).map_err(|error| {
        malformed(format!(
            "it is no JSON object ({error}); it begins with `{}`",
            excerpt(body)
        ))
    })?;
    if let Some(error) = reply.error {
        return Err(fault::of_error(error));
    }
    let listed: Vec<&RawValue> = reply
        .choices
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .ok_or_else(|| malformed("it has no list of choices".to_owned()))?;
    let mut choices = Vec::new();
    let mut fault = malformed("it has no choice with a message".to_owned());
    for raw in listed.into_iter().take(most) {
        match choice(raw) {
            Ok(choice) => choices.extend(choice),
            Err(of_choice) => fault = of_choice,
        }
    }
    if choices.is_empty() {
        return Err(fault);
    }
    let usage = usage(reply.usage, &choices);
    let is = |raw: Option<&RawValue>, text: &str| raw.is_some_and(|raw| raw.get().contains(text));
    let server = if is(reply.system_fingerprint, "fp_ollama") {
        Some(Profile::Ollama)
    } else if is(reply.timings, "predicted_n") {
        Some(Profile::LlamaCpp)
    } else {
        None
    };
    Ok(Decoded {
        choices,
        usage,
        server,
    })
}

/// A choice; `None` when it has no message.
fn choice(raw: &RawValue) -> Result<Option<Choice>, Fault> {
    let Ok(choice) = serde_json::from_str::<WireChoice<'_>>(raw.get()) else {
        return Ok(None);
    };
    if let Some(error) = choice.error {
        return Err(fault::of_error(error));
    }
    let Some(message) = choice
        .message
        .and_then(|message| serde_json::from_str::<WireMessage<'_>>(message.get()).ok())
    else {
        return Ok(None);
    };
    let said = message.content.and_then(text);
    let refusal = message
        .refusal
        .and_then(text)
        .filter(|refusal| !refusal.trim().is_empty());
    let finish = match (&refusal, choice.finish_reason.and_then(text)) {
        (Some(_), _) => Finish::Refusal,
        (None, None) => Finish::Unknown,
        (None, Some(reason)) => match reason.as_str() {
            "stop" | "eos" | "end_turn" => Finish::Stop,
            "length" | "max_tokens" => Finish::Length,
            "content_filter" => Finish::ContentFilter,
            other => Finish::Other(excerpt(other)),
        },
    };
    let mut reasoning = message
        .reasoning_content
        .and_then(text)
        .or_else(|| message.reasoning.and_then(text))
        .filter(|reasoning| !reasoning.is_empty());
    let mut said = said.or(refusal).unwrap_or_default();
    if reasoning.is_none() {
        (reasoning, said) = split_thinking(said);
    }
    Ok(Some(Choice {
        text: said,
        reasoning,
        finish,
    }))
}

/// A text, or the texts of a list of parts.
fn text(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Part {
        #[serde(default)]
        text: String,
    }
    serde_json::from_str::<String>(raw.get()).ok().or_else(|| {
        let parts = serde_json::from_str::<Vec<Part>>(raw.get()).ok()?;
        Some(parts.into_iter().map(|part| part.text).collect())
    })
}

/// Takes what a model thinks aloud off the start of its text: `<think>…</think>`, or
/// everything up to a line `</think>` where the prompt template had opened it. A thought
/// that was cut leaves no text.
fn split_thinking(said: String) -> (Option<String>, String) {
    const OPEN: &str = "<think>";
    const CLOSE: &str = "</think>";
    let (thought, rest) = if let Some(opened) = said.trim_start().strip_prefix(OPEN) {
        opened.split_once(CLOSE).unwrap_or((opened, ""))
    } else {
        let mut at = 0;
        let closed = said.split_inclusive('\n').find_map(|line| {
            at += line.len();
            (line.trim() == CLOSE).then(|| (&said[..at - line.len()], &said[at..]))
        });
        match closed {
            Some((thought, rest)) if !thought.contains(OPEN) => (thought, rest),
            _ => return (None, said),
        }
    };
    let thought = thought.trim().to_owned();
    (
        (!thought.is_empty()).then_some(thought),
        rest.trim_start().to_owned(),
    )
}

fn usage(raw: Option<&RawValue>, choices: &[Choice]) -> TokenUsage {
    let count = |raw: Option<&RawValue>| {
        raw.and_then(|raw| raw.get().parse::<u64>().ok())
            .filter(|count| *count <= MOST_TOKENS)
    };
    let wire: WireUsage<'_> = raw
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let details: PromptDetails<'_> = wire
        .prompt_tokens_details
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    // No prompt is empty and no text has no tokens: such zeros say that nobody counted.
    let silent = choices
        .iter()
        .all(|c| c.text.is_empty() && c.reasoning.is_none());
    let prompt = count(wire.prompt_tokens).filter(|count| *count > 0);
    let completion = count(wire.completion_tokens).filter(|count| *count > 0 || silent);
    let cached = count(details.cached_tokens).or_else(|| count(wire.prompt_cache_hit_tokens));
    TokenUsage {
        replies: 1,
        prompt: prompt.unwrap_or(0),
        completion: completion.unwrap_or(0),
        cached: cached.unwrap_or(0).min(prompt.unwrap_or(0)),
        unmetered: u64::from(prompt.is_none() || completion.is_none()),
    }
}

/// Cuts a text at the first of the stop texts, for servers that do not take them.
pub(super) fn cut_at_stop(choice: &mut Choice, stop: &[String]) {
    let first = stop
        .iter()
        .filter(|s| !s.is_empty())
        .filter_map(|s| choice.text.find(s.as_str()));
    if let Some(at) = first.min() {
        choice.text.truncate(at);
        choice.finish = Finish::Stop;
    }
}

/// About how many tokens a request for `count` choices will take, for a limiter: a token is
/// about four bytes of English or code, a turn of the conversation adds a few, and each
/// choice may take its limit.
pub(super) fn estimate(request: &ChatRequest, count: usize) -> u64 {
    let bytes: usize = request.messages.iter().map(|m| m.content.len() + 16).sum();
    (bytes as u64)
        .div_ceil(4)
        .saturating_add(u64::from(request.max_tokens) * count as u64)
}

#[cfg(test)]
mod tests;
