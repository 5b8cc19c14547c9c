//! The forms that answers have: as a JSON schema for servers that take one, and in words for asking
//! again.

use serde_json::{Value as Json, json};

use crate::llm::Schema;

/// What an answer is to look like.
pub(super) struct Form {
    /// How it is said when the model is asked again.
    pub(super) words: &'static str,
    /// None for an answer that is code.
    pub(super) schema: Option<Schema>,
}

impl Form {
    pub(super) fn thoughts() -> Form {
        let thought = object(&[("thought", text()), ("prior", json!({"type": "number"}))]);
        let list = json!({"type": "array", "items": thought});
        Form {
            words: r#"{"thoughts": [{"thought": "the step in words", "prior": 0.6}]}"#,
            schema: schema("thoughts", object(&[("thoughts", list)])),
        }
    }

    pub(super) fn thought() -> Form {
        let members = [("cause", text()), ("thought", text_or_null())];
        Form {
            words: r#"{"cause": "why it failed", "thought": "the last step put anew, or null"}"#,
            schema: schema("thought", object(&members)),
        }
    }

    /// The step is named before it is put anew.
    pub(super) fn refined() -> Form {
        let members = [
            ("cause", text()),
            ("step", json!({"type": "integer"})),
            ("thought", text_or_null()),
        ];
        Form {
            words: r#"{"cause": "why it failed", "step": 1, "thought": "that step put anew, or null"}"#,
            schema: schema("refined", object(&members)),
        }
    }

    pub(super) fn rehearsal() -> Form {
        let members = [
            ("walkthrough", text()),
            ("sound", json!({"type": "boolean"})),
            ("better", text_or_null()),
        ];
        Form {
            words: r#"{"walkthrough": "what happens", "sound": false, "better": "the last step put right, or null"}"#,
            schema: schema("rehearsal", object(&members)),
        }
    }

    /// The reason comes first, so that the score follows from it.
    pub(super) fn opinion() -> Form {
        let members = [
            ("reason", text()),
            ("score", json!({"type": "number"})),
            (
                "decision",
                json!({"type": "string", "enum": ["accept", "refine", "abandon"]}),
            ),
        ];
        Form {
            words: r#"{"reason": "what speaks for and against it", "score": 0.5, "decision": "accept, refine or abandon"}"#,
            schema: schema("opinion", object(&members)),
        }
    }

    pub(super) fn preference() -> Form {
        let members = [
            ("argument", text()),
            (
                "better",
                json!({"type": "string", "enum": ["A", "B", "neither"]}),
            ),
        ];
        Form {
            words: r#"{"argument": "what decides", "better": "A, B or neither"}"#,
            schema: schema("preference", object(&members)),
        }
    }

    /// Tests of a function are asserts; those of a script are inputs with outputs.
    pub(super) fn tests(function: bool) -> Form {
        let (words, item) = match function {
            true => (r#"{"tests": ["assert f(...) == ..."]}"#, text()),
            false => (
                r#"{"tests": [{"input": "standard input", "output": "what is to be printed"}]}"#,
                object(&[("input", text()), ("output", text())]),
            ),
        };
        let list = json!({"type": "array", "items": item});
        Form {
            words,
            schema: schema("tests", object(&[("tests", list)])),
        }
    }

    pub(super) fn program() -> Form {
        Form {
            words: "one complete program in Python, between fences of three backticks",
            schema: None,
        }
    }
}

fn text() -> Json {
    json!({"type": "string"})
}

fn text_or_null() -> Json {
    json!({"type": ["string", "null"]})
}

/// As strict servers want it: every member is required, and no other allowed.
fn object(members: &[(&str, Json)]) -> Json {
    let properties: serde_json::Map<String, Json> = members
        .iter()
        .map(|(name, json)| ((*name).to_owned(), json.clone()))
        .collect();
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

fn schema(name: &str, schema: Json) -> Option<Schema> {
    Some(Schema {
        name: name.to_owned(),
        schema,
    })
}
