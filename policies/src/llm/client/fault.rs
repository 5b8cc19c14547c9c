//! One failed attempt: what the server's status and words mean, and whether to try again.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::endpoint::Endpoint;
use super::profile::Parameter;
use crate::llm::ChatError;

/// Characters of a server's words that are kept.
const WORDS: usize = 300;

/// What went wrong with one attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) status: Option<u16>,
    pub(super) message: String,
    /// The parameter that the server objects to.
    pub(super) parameter: Option<Parameter>,
    /// How long the server asks to wait.
    pub(super) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// No connection.
    Connect,
    /// The connection broke before the reply was whole.
    Broken,
    Timeout,
    /// 429.
    RateLimited,
    /// 5xx, 408, 409.
    Server,
    Unauthorized,
    UnknownModel,
    /// 404 and the like without a word about the model, HTML, a redirection.
    NotChat,
    Overflow,
    BadRequest,
    Malformed,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            kind,
            status: None,
            message: message.into(),
            parameter: None,
            retry_after: None,
        }
    }

    /// Whether the same request may fare better a little later.
    pub(super) fn is_passing(&self) -> bool {
        use FaultKind::*;
        matches!(self.kind, Connect | Broken | Timeout | RateLimited | Server)
    }

    /// Whether the server never began to answer, so that nothing was paid.
    pub(super) fn is_free(&self) -> bool {
        !matches!(
            self.kind,
            FaultKind::Broken | FaultKind::Timeout | FaultKind::Malformed
        )
    }

    /// What the caller is told after the last attempt. `proven` says that the endpoint has
    /// answered well before: one HTML page is then a bad reply and no wrong address.
    pub(super) fn into_error(
        self,
        endpoint: &Endpoint,
        limit: Duration,
        attempts: u32,
        proven: bool,
    ) -> ChatError {
        let message = self.message;
        let status = self.status;
        let shown = || endpoint.shown();
        match self.kind {
            FaultKind::Connect => ChatError::Unreachable {
                endpoint: shown(),
                message,
                attempts,
            },
            FaultKind::Broken | FaultKind::Server => ChatError::Unavailable {
                status,
                message,
                attempts,
            },
            FaultKind::Timeout => ChatError::Timeout { limit, attempts },
            FaultKind::RateLimited => ChatError::RateLimited {
                message,
                retry_after: self.retry_after,
                attempts,
            },
            FaultKind::Unauthorized => ChatError::Unauthorized {
                endpoint: shown(),
                message,
            },
            FaultKind::UnknownModel => ChatError::UnknownModel {
                endpoint: shown(),
                model: endpoint.model().to_owned(),
                message,
            },
            FaultKind::NotChat if proven => ChatError::Malformed { message },
            FaultKind::NotChat => ChatError::NotAChatServer {
                endpoint: shown(),
                message,
            },
            FaultKind::Overflow => ChatError::ContextOverflow { message },
            FaultKind::BadRequest => ChatError::BadRequest {
                status: status.unwrap_or(400),
                parameter: self.parameter.map(|p| p.name().to_owned()),
                message,
            },
            FaultKind::Malformed => ChatError::Malformed { message },
        }
    }
}

/// The `error` of a body. Servers fill it in their own ways: `code` is a string, a number or
/// null, `error` itself may be a plain text, and FastAPI says `detail`.
#[derive(Default, Deserialize)]
struct WireError<'a> {
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    param: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// What a body says went wrong.
struct Complaint {
    message: String,
    /// `code` and `type`, in lower case.
    marks: String,
    /// `code`, where it is an HTTP status.
    status: Option<u16>,
    param: Option<String>,
}

impl Complaint {
    /// `raw` is the value of `error`, or whatever stands in its place.
    fn read(raw: &RawValue) -> Complaint {
        let error: WireError<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let plain = |value: Option<&RawValue>| value.map(plain).unwrap_or_default();
        let message = match error.message {
            Some(message) => self::plain(message),
            None => self::plain(raw),
        };
        let code = plain(error.code);
        Complaint {
            message: excerpt(&message),
            marks: format!("{code} {}", plain(error.kind)).to_lowercase(),
            status: code
                .parse()
                .ok()
                .filter(|status| (400..600).contains(status)),
            param: error.param.map(self::plain).filter(|param| param != "null"),
        }
    }
}

/// A JSON text without its quotes, anything else as it is written.
fn plain(value: &RawValue) -> String {
    serde_json::from_str::<String>(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

/// The beginning of a text, on one line and without control characters.
pub(super) fn excerpt(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() > WORDS {
            line.extend(
                word.chars()
                    .take(WORDS.saturating_sub(line.chars().count())),
            );
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.retain(|c| !c.is_control());
    line
}

/// What a reply with a status that is not 2xx means.
pub(super) fn of_status(status: u16, body: &str) -> Fault {
    let parsed: ErrorBody<'_> = serde_json::from_str(body).unwrap_or_default();
    let raw = parsed.error.or(parsed.detail).or(parsed.message);
    let complaint = match raw {
        Some(raw) => Complaint::read(raw),
        None => Complaint {
            message: if body.trim().is_empty() {
                "the reply is empty".to_owned()
            } else {
                excerpt(body)
            },
            marks: String::new(),
            status: None,
            param: None,
        },
    };
    judge(status, &complaint)
}

/// What an `error` in a reply with status 200 means. Its `code` is the status where it is
/// one; without any hint it counts as a failure of the server, which may pass.
pub(super) fn of_error(raw: &RawValue) -> Fault {
    let complaint = Complaint::read(raw);
    let marks = |words: &[&str]| words.iter().any(|word| complaint.marks.contains(word));
    let status = complaint.status.unwrap_or_else(|| {
        if marks(&["rate_limit", "too_many"]) {
            429
        } else if marks(&["authentication", "permission", "invalid_api_key"]) {
            401
        } else if marks(&["invalid_request", "context", "not_found", "unsupported"]) {
            400
        } else {
            500
        }
    });
    judge(status, &complaint)
}

fn judge(status: u16, complaint: &Complaint) -> Fault {
    let words = complaint.message.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    let marked = |texts: &[&str]| texts.iter().any(|text| complaint.marks.contains(text));
    let parameter = parameter(complaint);
    let kind = match status {
        401..=403 => FaultKind::Unauthorized,
        // No money, as opposed to too many requests: waiting is no help.
        429 if marked(&["insufficient_quota"]) => FaultKind::Unauthorized,
        429 => FaultKind::RateLimited,
        413 => FaultKind::Overflow,
        400 | 404 | 422
            if marked(&["model_not_found"])
                || (words.contains("model")
                    && says(&[
                        "not found",
                        "does not exist",
                        "not exist",
                        "no such",
                        "unknown model",
                    ])) =>
        {
            FaultKind::UnknownModel
        }
        400 | 422 | 500
            if marked(&["context_length", "context_size"])
                || says(&[
                    "context length",
                    "context size",
                    "context window",
                    "maximum context",
                    "prompt is too long",
                ]) =>
        {
            FaultKind::Overflow
        }
        404 | 405 | 410 => FaultKind::NotChat,
        // Some servers fail on a schema that they cannot do instead of refusing it.
        500 if parameter == Some(Parameter::Schema) => FaultKind::BadRequest,
        408 | 409 | 500..=599 => FaultKind::Server,
        _ => FaultKind::BadRequest,
    };
    Fault {
        kind,
        status: Some(status),
        message: complaint.message.clone(),
        parameter: (kind == FaultKind::BadRequest)
            .then_some(parameter)
            .flatten(),
        retry_after: None,
    }
}

/// The parameter that a complaint is about: the one named in `param`; else one whose name
/// stands in quotes in the message; else one whose long name stands in it as a word. (`n`,
/// `seed` and `stop` are English, so they count in quotes only.)
fn parameter(complaint: &Complaint) -> Option<Parameter> {
    let find = |test: &dyn Fn(&str) -> bool| {
        Parameter::ALL
            .into_iter()
            .find(|p| p.aliases().iter().any(|alias| test(alias)))
    };
    if let Some(param) = &complaint.param {
        let root = param.split(['.', '[']).next().unwrap_or(param);
        if let Some(found) = find(&|alias| alias == root) {
            return Some(found);
        }
    }
    let words = complaint.message.to_lowercase();
    find(&|alias| {
        ['\'', '"', '`']
            .iter()
            .any(|quote| words.contains(&format!("{quote}{alias}{quote}")))
    })
    .or_else(|| {
        find(&|alias| {
            alias.contains('_') && words.contains(alias)
                || matches!(alias, "temperature" | "grammar") && words.contains(alias)
        })
    })
    .or_else(|| words.contains("json schema").then_some(Parameter::Schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> FaultKind {
        of_status(status, body).kind
    }

    #[test]
    fn the_words_of_real_servers_are_understood() {
        let llama = r#"{"error":{"code":400,"message":"Field 'n': Value must be between 1 <= value <= 4, but got 5","type":"invalid_request_error"}}"#;
        assert_eq!(of_status(400, llama).parameter, Some(Parameter::N));
        let llama = r#"{"error":{"code":400,"message":"request (15022 tokens) exceeds the available context size (2048 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":15022,"n_ctx":2048}}"#;
        assert_eq!(kind(400, llama), FaultKind::Overflow);
        let openai = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
        assert_eq!(
            of_status(400, openai).parameter,
            Some(Parameter::TokenLimit)
        );
        let openai = r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#;
        assert_eq!(kind(404, openai), FaultKind::UnknownModel);
        let openai = r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;
        assert_eq!(kind(429, openai), FaultKind::Unauthorized);
        let vllm = r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).","type":"BadRequestError","param":null,"code":400}"#;
        assert_eq!(kind(400, vllm), FaultKind::Overflow);
        let ollama = r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#;
        assert_eq!(kind(404, ollama), FaultKind::UnknownModel);
        let fastapi = r#"{"detail":[{"type":"less_than_equal","loc":["body","n"],"msg":"Input should be less than or equal to 1"}]}"#;
        assert_eq!(of_status(422, fastapi).parameter, Some(Parameter::N));
        assert_eq!(kind(404, r#"{"detail":"Not Found"}"#), FaultKind::NotChat);
    }

    #[test]
    fn an_error_in_a_good_reply_is_read_by_its_code_of_any_type() {
        let kind = |json: &str| {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            of_error(raw).kind
        };
        assert_eq!(
            kind(r#"{"code":429,"message":"slow"}"#),
            FaultKind::RateLimited
        );
        assert_eq!(
            kind(r#"{"code":"401","message":"no"}"#),
            FaultKind::Unauthorized
        );
        assert_eq!(
            kind(r#"{"code":null,"message":"upstream"}"#),
            FaultKind::Server
        );
        assert_eq!(
            kind(r#"{"code":"rate_limit_exceeded"}"#),
            FaultKind::RateLimited
        );
        assert_eq!(
            kind(r#"{"code":{"deep":[1]},"type":"invalid_request_error"}"#),
            FaultKind::BadRequest
        );
        assert_eq!(kind(r#""just words""#), FaultKind::Server);
        assert_eq!(kind("17"), FaultKind::Server);
    }

    #[test]
    fn words_are_cut_and_lose_their_control_characters() {
        let long = excerpt(&"é".repeat(10_000));
        assert_eq!(long.chars().count(), WORDS + 1);
        assert_eq!(excerpt("a\n\u{1b}[31mb\t c"), "a [31mb c");
    }
}
