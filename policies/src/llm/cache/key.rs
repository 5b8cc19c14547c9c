//! What makes two requests the same.

use serde::Serialize;

use crate::llm::{ChatRequest, Message, ModelId, Schema};

/// A request by its meaning: everything that the answer depends on, and nothing else. Not in
/// it are the samples (each has its own entry), the key, limits and retries, and what a server
/// turned out not to take: that is learnt in the course of a run, and a second run must find
/// what the first one stored.
#[derive(Serialize)]
struct Meaning<'a> {
    version: u32,
    endpoint: &'a str,
    model: &'a str,
    messages: &'a [Message],
    temperature: f64,
    top_p: Option<f64>,
    max_tokens: u32,
    stop: &'a [String],
    seed: Option<u64>,
    schema: Option<&'a Schema>,
}

/// Raised whenever the meaning of an entry changes: older ones are then not found.
const VERSION: u32 = 1;

#[derive(Debug)]
pub(super) struct RequestKey {
    digest: [u8; 32],
    hex: String,
    /// The text that was hashed: JSON.
    text: String,
}

impl RequestKey {
    pub(super) fn new(id: &ModelId, request: &ChatRequest) -> RequestKey {
        let meaning = Meaning {
            version: VERSION,
            endpoint: &id.endpoint,
            model: &id.model,
            messages: &request.messages,
            temperature: request.temperature,
            top_p: request.top_p,
            max_tokens: request.max_tokens,
            stop: &request.stop,
            seed: request.seed,
            schema: request.schema.as_ref(),
        };
        // It has no map with keys that are not text, which is all that could fail here; the
        // same request would fail in the same way, and no other has this text.
        let text = serde_json::to_string_pretty(&meaning)
            .unwrap_or_else(|error| format!("{error}: {id:?} {request:?}"));
        let hash = blake3::hash(text.as_bytes());
        RequestKey {
            digest: *hash.as_bytes(),
            hex: hash.to_hex().to_string(),
            text,
        }
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(super) fn hex(&self) -> &str {
        &self.hex
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ModelId {
        ModelId {
            endpoint: "http://host/v1".into(),
            model: "m".into(),
        }
    }

    #[test]
    fn every_part_of_the_meaning_changes_the_key_and_the_sample_does_not() {
        let plain = ChatRequest::new(vec![Message::user("u")]);
        let key = |request: &ChatRequest| RequestKey::new(&id(), request).digest();
        let with = |change: fn(&mut ChatRequest)| {
            let mut request = plain.clone();
            change(&mut request);
            key(&request)
        };
        let mut keys = vec![
            key(&plain),
            with(|r| r.messages = vec![Message::system("u")]),
            with(|r| r.messages = vec![Message::user("v")]),
            with(|r| r.messages.push(Message::user("u"))),
            with(|r| r.temperature = 0.8),
            with(|r| r.top_p = Some(1.0)),
            with(|r| r.max_tokens = 1),
            with(|r| r.stop = vec!["x".into()]),
            with(|r| r.stop = vec![String::new()]),
            with(|r| r.seed = Some(0)),
            with(|r| {
                r.schema = Some(Schema {
                    name: "a".into(),
                    schema: true.into(),
                })
            }),
            RequestKey::new(
                &ModelId {
                    model: "n".into(),
                    ..id()
                },
                &plain,
            )
            .digest(),
            RequestKey::new(
                &ModelId {
                    endpoint: "http://b/v1".into(),
                    ..id()
                },
                &plain,
            )
            .digest(),
        ];
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
        assert_eq!(with(|r| (r.samples, r.first_sample) = (7, 9)), key(&plain));
    }

    /// Entries outlive a version of the program: a key that moves loses them all, so it moves
    /// only together with `VERSION`.
    #[test]
    fn the_key_of_a_request_stays() {
        let mut request = ChatRequest::new(vec![Message::user("u")]);
        request.seed = Some(u64::MAX);
        request.temperature = 0.1;
        assert_eq!(
            RequestKey::new(&id(), &request).hex(),
            "508f839cdb8248906d823e7d561a26f61a3c37b24ac8bfc60b6dcaca01463f09"
        );
    }
}
