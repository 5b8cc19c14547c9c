//! Text models: a state as words, by a tokenizer that lies beside the model.

use std::fs;

use cogitree_engine::ValueModel;
use cogitree_policies::onnx::{ModelFiles, OnnxError, OnnxValue};
use serde_json::{Value as Json, json};

use super::models::*;

/// What `text.onnx` answers to tokens: the mean of their weights; 3 is the padding.
fn expected(tokens: &[i64]) -> f64 {
    const WEIGHTS: [f64; 9] = [0.0, 0.0, 0.0, 9.0, 0.0, 2.0, -2.0, 1.0, -1.0];
    let sum: f64 = tokens.iter().map(|&t| WEIGHTS[t as usize]).sum();
    sigmoid(sum / tokens.len() as f64)
}

fn description(encoding: Json) -> Json {
    let check: Vec<Json> = (1..=8)
        .map(|n| {
            let tokens: Vec<i64> = (0..n)
                .map(|i| [5, 7, 6, 8, 0, 1, 5, 2][(i * n % 8) as usize])
                .collect();
            json!({"tokens": tokens, "probability": expected(&tokens)})
        })
        .collect();
    json!({
        "cogitree_value_model": 1,
        "name": "words",
        "encoding": encoding,
        "inputs": {"tokens": "tokens", "mask": "mask"},
        "output": "probability",
        "check": check,
    })
}

fn load(encoding: Json) -> Result<OnnxValue, OnnxError> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("words.onnx"), graph("text")).unwrap();
    fs::copy(
        super::models::folder().join("tokenizer.json"),
        at("tokenizer.json"),
    )
    .unwrap();
    fs::write(at("words.json"), description(encoding).to_string()).unwrap();
    OnnxValue::load(&ModelFiles::read(&at("words.onnx"))?, &config())
}

const SOURCE: &str = "def f(x):\n    return x\n";

#[test]
fn it_reads_the_words_of_a_state() {
    let parts = json!(["report", "program"]);
    let encoding = json!({"kind": "tokenizer", "file": "tokenizer.json", "longest": 64, "pad": 3, "parts": parts});
    let value = load(encoding).unwrap();
    with_state(SOURCE, |state| {
        // report / 1 of 2 passed : passed 1 , wrong_answer 1 / program / def f ( x ): return x
        let words = 11 + 8;
        let by_hand = sigmoid((2.0 + 2.0 - 2.0 + 1.0) / f64::from(words));
        let answer = value.estimate(&[state]).unwrap()[0];
        assert!((answer - by_hand).abs() < 1.5e-4, "{answer}, {by_hand}");
    });
}

#[test]
fn all_parts_are_read_unless_told_otherwise_and_the_end_is_cut() {
    let encoding = |longest: usize| json!({"kind": "tokenizer", "file": "tokenizer.json", "longest": longest, "pad": 3});
    // feedback / f ( 3 ) gave 3 , expected 1 / statement / return half of x . /
    // thoughts / divide by two . round down .
    let words = 11 + 8 + 10 + 6 + 8;
    let whole = sigmoid((3.0 + 1.0) / f64::from(words));
    // The first ten words: report 1 of 2 passed : passed 1 , wrong_answer
    let cut = sigmoid(2.0 / 10.0);
    for (longest, by_hand) in [(64, whole), (10, cut)] {
        let value = load(encoding(longest)).unwrap();
        with_state(SOURCE, |state| {
            let answer = value.estimate(&[state]).unwrap()[0];
            assert!(
                (answer - by_hand).abs() < 1.5e-4,
                "{longest}: {answer}, {by_hand}"
            );
        });
    }
}

/// Its weight is 9, so an answer that counted padding would be far off.
#[test]
fn padding_is_masked_and_a_batch_answers_as_one_by_one() {
    let encoding =
        json!({"kind": "tokenizer", "file": "tokenizer.json", "longest": 4096, "pad": 3});
    let value = load(encoding).unwrap();
    let sources = [
        "pass",
        "def f(x):\n    return x\n",
        "return passed pass pass pass pass pass pass",
    ];
    let alone: Vec<f64> = sources
        .iter()
        .map(|source| with_state(source, |state| value.estimate(&[state]).unwrap()[0]))
        .collect();
    assert!(alone[0] > alone[2] && alone[1] > alone[0], "{alone:?}");
    let encoding =
        json!({"kind": "tokenizer", "file": "tokenizer.json", "longest": 4096, "pad": 3});
    let together = load(encoding).unwrap();
    with_state(sources[0], |first| {
        with_state(sources[1], |second| {
            with_state(sources[2], |third| {
                assert_eq!(together.estimate(&[first, second, third]).unwrap(), alone);
            });
        });
    });
    assert_eq!(together.counts().batches, 1);
}

#[test]
fn hostile_texts_are_bounded() {
    let encoding = json!({"kind": "tokenizer", "file": "tokenizer.json", "longest": 8, "pad": 3});
    let value = load(encoding).unwrap();
    for source in [
        format!("a{}", "é".repeat(1 << 20)),
        "\0".repeat(1 << 20),
        "return ".repeat(1 << 18),
    ] {
        with_state(&source, |state| value.estimate(&[state]).unwrap());
    }
    assert_eq!(value.counts().failed, 0);
}

#[test]
fn a_tokenizer_that_is_none() {
    let tokenizer = |bytes: &[u8]| {
        let files = ModelFiles {
            tokenizer: Some(bytes.to_vec()),
            ..described(
                graph("text"),
                &description(
                    json!({"kind": "tokenizer", "file": "t.json", "longest": 8, "pad": 3}),
                ),
            )
        };
        OnnxValue::load(&files, &config()).unwrap_err().to_string()
    };
    for bytes in [&b""[..], b"{}", b"[1, 2", b"\xff\xfe"] {
        let message = tokenizer(bytes);
        assert!(
            message.contains("small.onnx: its tokenizer `t.json`"),
            "{message}"
        );
    }
    let empty = br#"{"version":"1.0","added_tokens":[],"model":{"type":"WordLevel","vocab":{},"unk_token":"u"}}"#;
    assert!(
        tokenizer(empty).contains("it has no tokens"),
        "{}",
        tokenizer(empty)
    );
    let mut files = described(
        graph("text"),
        &description(json!({"kind": "tokenizer", "file": "t.json", "longest": 8, "pad": 3})),
    );
    files.tokenizer = None;
    let message = OnnxValue::load(&files, &config()).unwrap_err().to_string();
    assert!(
        message.contains("its tokenizer `t.json`: was not given"),
        "{message}"
    );
}
