//! Models that cannot be used: each is one clear message, and the process lives on.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use cogitree_policies::onnx::{Backend, ModelFiles, OnnxValue, ValueConfig};
use serde_json::{Value as Json, json};

use super::models::*;

fn refused(files: &ModelFiles) -> String {
    match OnnxValue::load(files, &config()) {
        Ok(value) => panic!("{} was loaded", value.name()),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.len() < 700, "{message}");
}

#[test]
fn a_file_that_is_not_onnx() {
    for bytes in [
        &b""[..],
        b"{\"not\": \"onnx\"}",
        b"\x89PNG\r\n\x1a\n0000",
        &[0xff; 4096],
    ] {
        let message = refused(&described(bytes.to_vec(), &description()));
        says(
            &message,
            &["small.onnx: it is not an ONNX model that can be loaded"],
        );
    }
}

#[test]
fn a_file_that_was_cut_short() {
    let whole = graph("mean");
    for end in 1..whole.len() {
        let message = refused(&described(whole[..end].to_vec(), &description()));
        says(&message, &["small.onnx: it"]);
    }
}

/// A damaged byte is found when the file is loaded or when it misses its stored answers; or it hit a part
/// that nothing depends on, as a name or a weight that is not used, and the model answers as before.
#[test]
fn a_file_with_a_damaged_byte() {
    let whole = graph("mean");
    let (mut refusals, mut harmless) = (0, 0);
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            match OnnxValue::load(&described(damaged, &description()), &config()) {
                Err(error) => {
                    says(&error.to_string(), &["small.onnx: it"]);
                    refusals += 1;
                }
                Ok(value) => {
                    let row = input(&[1, 8, 9], 0.25);
                    let wanted = expected(&row);
                    let answer = value.score(vec![row]).unwrap()[0];
                    assert!(
                        (answer - wanted).abs() < 2e-2,
                        "byte {at}: {answer}, {wanted}"
                    );
                    harmless += 1;
                }
            }
        }
    }
    assert!(
        refusals > 2 * harmless,
        "{refusals} refused, {harmless} loaded"
    );
}

#[test]
fn a_model_of_something_else() {
    let message = refused(&files("foreign"));
    says(
        &message,
        &[
            "takes an input `image`",
            "which its description does not name",
        ],
    );
}

#[test]
fn an_operator_that_nobody_has() {
    let message = refused(&files("unknown"));
    says(
        &message,
        &[
            "small.onnx: it is not an ONNX model that can be loaded",
            "Divine",
        ],
    );
}

#[test]
fn inputs_and_outputs_that_are_not_as_agreed() {
    let message = refused(&files("int32"));
    says(
        &message,
        &["its input `tokens` is", "not i64 [batch, length]"],
    );
    let message = refused(&files("fixed"));
    says(&message, &["its input `tokens` is", "both of them dynamic"]);
    let message = refused(&files("one_answer"));
    says(&message, &["it gave 1 answers", "to 8 rows", "`check[0]`"]);

    let with = |pointer: &str, name: Json| {
        let mut description = description();
        *description.pointer_mut(pointer).unwrap() = name;
        refused(&described(graph("mean"), &description))
    };
    let message = with("/inputs/tokens", json!("words"));
    says(&message, &["takes an input `tokens`", "does not name"]);
    let message = with("/output", json!("value"));
    says(&message, &["no output `value`", "it gives `probability`"]);
    let message = with(
        "/inputs",
        json!({"tokens": "tokens", "features": "features", "mask": "m"}),
    );
    says(&message, &["`inputs.mask` goes with a tokenizer"]);
    let message = with("/inputs", json!({"tokens": "tokens"}));
    says(&message, &["`inputs.features` is missing"]);
}

#[test]
fn descriptions_with_a_mistake() {
    let cases: &[(&str, Json, &[&str])] = &[
        (
            "/cogitree_value_model",
            json!(2),
            &["`cogitree_value_model` is 2", "reads 1"],
        ),
        (
            "/encoding/version",
            json!(99),
            &["`encoding.version` is 99", "train the model anew"],
        ),
        ("/encoding/kind", json!("magic"), &["magic"]),
        ("/encoding/buckets", json!(1), &["`encoding.buckets` is 1"]),
        ("/encoding/longest", json!(0), &["`encoding.longest` is 0"]),
        (
            "/encoding/longest",
            json!(4),
            &["`check[4]`: 5 tokens, not 1 to 4"],
        ),
        (
            "/encoding/features/0",
            json!("luck"),
            &["`encoding.features[0]` is `luck`"],
        ),
        ("/check", json!([]), &["`check` has 0 stored answers"]),
        (
            "/check/3/tokens/0",
            json!(16),
            &["`check[3]`: token 16 is not in 1..16"],
        ),
        (
            "/check/3/tokens/0",
            json!(0),
            &["`check[3]`: token 0 is not in 1..16"],
        ),
        ("/check/3/tokens", json!([]), &["`check[3]`: 0 tokens"]),
        (
            "/check/3/features",
            json!([]),
            &["`check[3]`: 0 features, not"],
        ),
        ("/check/3/features/0", json!(1e39), &["number out of range"]),
        (
            "/check/2/probability",
            json!(1.5),
            &["`check[2].probability` is 1.5"],
        ),
    ];
    for (pointer, value, parts) in cases {
        let mut description = description();
        *description.pointer_mut(pointer).unwrap() = value.clone();
        let message = refused(&described(graph("mean"), &description));
        says(&message, &["small.onnx: its description: "]);
        says(&message, parts);
    }
    let mut files = files("mean");
    files.description = "{".into();
    says(&refused(&files), &["small.onnx: its description: EOF"]);
}

#[test]
fn stored_answers_that_it_does_not_give() {
    let mut description = description();
    *description.pointer_mut("/check/5/probability").unwrap() = json!(0.25);
    let message = refused(&described(graph("mean"), &description));
    says(
        &message,
        &[
            "`check[5]`",
            "in a batch of 1",
            "0.250000",
            "do not belong together",
        ],
    );
}

#[test]
fn a_model_that_sees_padding() {
    // The first stored input of a batch is the shortest.
    let message = refused(&files("padding"));
    says(&message, &["`check[0]`", "in a batch of 8"]);
}

/// An embedding that is smaller than the description says. tract panics, which would end the process.
#[test]
fn tokens_that_the_graph_does_not_have() {
    let mut description = description();
    *description.pointer_mut("/encoding/buckets").unwrap() = json!(64);
    let files = described(graph("mean"), &description);
    if in_onnx_runtime() {
        // It says so at the request.
        let value = OnnxValue::load(&files, &config()).unwrap();
        assert_eq!(value.score(vec![input(&[63], 0.0)]).unwrap(), [0.5]);
        assert!(value.warning().unwrap().contains("small.onnx"));
    } else {
        says(
            &refused(&files),
            &["small.onnx: it cannot be run", "panicked"],
        );
    }
}

#[test]
fn a_model_that_is_too_slow() {
    let config = ValueConfig {
        timeout: Duration::from_millis(1),
        ..config()
    };
    let mut description = description();
    // 32 tokens: some 2 · 10⁹ multiplications.
    let long = input(&[9; 32], 0.0);
    *description.pointer_mut("/check/0").unwrap() = json!({
        "tokens": long.tokens, "features": long.features, "probability": expected(&long),
    });
    let files = described(graph("slow"), &description);
    let error = OnnxValue::load(&files, &config).unwrap_err().to_string();
    says(
        &error,
        &["it is too slow: one answer took", "1ms", "`timeout`"],
    );
}

#[test]
fn a_file_of_two_gigabytes_is_not_even_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.onnx");
    // Sparse: it takes no room.
    File::create(&path).unwrap().set_len(2 << 30).unwrap();
    let message = ModelFiles::read(&path).unwrap_err().to_string();
    says(
        &message,
        &["huge.onnx", "is 2048 MiB, and at most 512 are read"],
    );
}

#[test]
fn files_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let read = |name: &str| {
        ModelFiles::read(&folder.join(name))
            .unwrap_err()
            .to_string()
    };
    says(&read("none.onnx"), &["none.onnx", "No such file"]);
    says(&read(""), &["is not a file"]);
    fs::write(folder.join("m.onnx"), graph("mean")).unwrap();
    says(&read("m.onnx"), &["m.json", "No such file"]);
    fs::write(folder.join("m.json"), [0xff]).unwrap();
    says(&read("m.onnx"), &["m.json", "not text in UTF-8"]);
    fs::write(folder.join("m.json"), description().to_string()).unwrap();
    let files = ModelFiles::read(&folder.join("m.onnx")).unwrap();
    assert!(OnnxValue::load(&files, &config()).is_ok());
}

#[test]
fn tokenizers_that_are_missing_or_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("t.onnx"), graph("text")).unwrap();
    let read = |file: &str| {
        let mut description = description();
        description["encoding"] = json!({"kind": "tokenizer", "file": file, "longest": 32});
        description["inputs"] = json!({"tokens": "tokens", "mask": "mask"});
        fs::write(folder.join("t.json"), description.to_string()).unwrap();
        ModelFiles::read(&folder.join("t.onnx"))
            .unwrap_err()
            .to_string()
    };
    says(&read("tokenizer.json"), &["tokenizer.json", "No such file"]);
    for elsewhere in ["../tokenizer.json", "/etc/passwd", "", "..", "a/b.json"] {
        says(
            &read(elsewhere),
            &[
                "`encoding.file` is",
                "not the name of a file beside the model",
            ],
        );
    }
}

#[test]
fn settings_out_of_range() {
    let base = config();
    let cases: [(ValueConfig, &str); 7] = [
        (
            ValueConfig {
                sessions: 0,
                ..base.clone()
            },
            "`sessions` is 0, not 1 to 64",
        ),
        (
            ValueConfig {
                rows: 0,
                ..base.clone()
            },
            "`rows` is 0",
        ),
        (
            ValueConfig {
                queue: 0,
                ..base.clone()
            },
            "`queue` is 0",
        ),
        (
            ValueConfig {
                patience: 0,
                ..base.clone()
            },
            "`patience` is 0",
        ),
        (
            ValueConfig {
                timeout: Duration::ZERO,
                ..base.clone()
            },
            "`timeout` is 0ns",
        ),
        (
            ValueConfig {
                delay: Duration::MAX,
                ..base.clone()
            },
            "`delay` is",
        ),
        (
            ValueConfig {
                fallback: Some(f64::NAN),
                ..base
            },
            "`fallback` is NaN",
        ),
    ];
    for (config, part) in cases {
        let error = OnnxValue::load(&files("mean"), &config)
            .unwrap_err()
            .to_string();
        says(&error, &[part]);
    }
}

#[test]
fn another_backend_than_the_one_that_runs() {
    load("mean");
    let other = if in_onnx_runtime() {
        Backend::BuiltIn
    } else {
        Backend::Library(Path::new("/lib/libonnxruntime.so").to_owned())
    };
    let config = ValueConfig {
        backend: other,
        ..config()
    };
    let error = OnnxValue::load(&files("mean"), &config)
        .unwrap_err()
        .to_string();
    assert!(error.contains("this process already uses"), "{error}");
}
