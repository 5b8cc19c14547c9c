//! Value models and questions to the user, as a user meets them: real binary, real sandbox, real model.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROBLEM: &str = "examples/problems/second_largest.toml";

/// Runs `cogitree solve` with lines on standard input.
fn solve(arguments: &[&str], lines: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cogitree"))
        .arg("solve")
        .arg(PROBLEM)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("COGITREE_MODEL")
        .env_remove("ORT_DYLIB_PATH")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who is asked nothing reads nothing.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", err(output)))
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[cfg(feature = "onnx")]
#[test]
fn the_default_model_judges_alike_at_any_number_of_threads() {
    let model = ["--value-model", "default", "--onnx-runtime", "built-in"];
    let uses = [
        "--foresight",
        "1",
        "--trust",
        "0.5",
        "--rethink-above",
        "0.01",
    ];
    let answers = ["1", "2", "8"].map(|threads| {
        let rest = [
            "--simulations",
            "40",
            "--exhaust",
            "--json",
            "--threads",
            threads,
        ];
        let output = solve(&[&model[..], &uses, &rest].concat(), "");
        let object = json(&output);
        let told = &object["value_model"];
        assert_eq!(told["name"], "cogitree-value-1");
        assert!(
            told["library"].is_null() && told["warning"].is_null(),
            "{told}"
        );
        assert!(told["counts"]["asked"].as_u64().unwrap() > 40, "{told}");
        for field in ["failed", "late", "spared"] {
            assert_eq!(told["counts"][field], 0, "{told}");
        }
        assert_eq!(object["config"]["foresight"], 1.0);
        let again = object["again"].as_str().unwrap();
        assert!(again.contains("--value-model default"), "{again}");
        assert!(again.contains("--trust 0.5"), "{again}");
        (object["answer"]["program"].clone(), object["cost"].clone())
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[cfg(feature = "onnx")]
#[test]
fn people_are_told_of_the_model() {
    let output = solve(
        &["--value-model", "default", "--onnx-runtime", "built-in"],
        "",
    );
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("value model cogitree-value-1: "), "{text}");
    assert!(text.contains("in the built-in backend"), "{text}");
}

#[cfg(feature = "onnx")]
#[test]
fn models_that_are_not_there_are_refused_in_one_message() {
    let none = tempfile::tempdir().unwrap();
    let missing = none.path().join("mine.onnx");
    let missing = missing.to_str().unwrap();
    let cases: [(&[&str], &[&str]); 6] = [
        (
            &["--value-model", "best"],
            &["--value-model best", "closeness", ".onnx"],
        ),
        (&["--value-model", missing], &["mine.onnx", "No such file"]),
        (
            &[
                "--value-model",
                "default",
                "--onnx-runtime",
                "/nowhere/lib.so",
            ],
            &["/nowhere/lib.so", "no such file"],
        ),
        (
            &["--foresight", "1"],
            &["foresight 1", "closeness", "--value-model default"],
        ),
        (&["--trust", "11"], &["trust", "between 0 and 10", "11"]),
        (
            &["--value-weight", "2"],
            &["value_weight", "between 0 and 1", "2"],
        ),
    ];
    for (arguments, parts) in cases {
        let output = solve(arguments, "");
        let message = err(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        for part in parts {
            assert!(message.contains(part), "{message} lacks {part}");
        }
    }
}

#[test]
fn an_answer_of_the_user_decides() {
    // Whatever is asked, the right result is given: what is the second largest.
    let search = ["--interactive", "--json", "--simulations", "200"];
    let first = solve(&search, "");
    let question = err(&first);
    insta::assert_snapshot!("question", question);
    assert!(question.contains("Question 1 of at most 5"), "{question}");
    assert!(json(&first)["rulings"].as_array().unwrap().is_empty());
    let asked = question
        .lines()
        .find(|l| l.contains("second_largest("))
        .unwrap();
    let numbers: Vec<i64> = (asked.split(['[', ']', ',', ' ']))
        .filter_map(|n| n.parse().ok())
        .collect();
    let mut distinct = numbers.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let right = match distinct.len() {
        0 | 1 => "None".to_owned(),
        n => distinct[n - 2].to_string(),
    };

    let output = solve(&search, &format!("what?\n= {right}\nq\n"));
    let told = err(&output);
    assert!(told.contains("give a number from 1 to"), "{told}");
    let object = json(&output);
    let ruling = &object["rulings"][0];
    assert_eq!(ruling["known"], true);
    assert_eq!(ruling["contradicted"], false);
    assert!(ruling["refuted"].as_u64().unwrap() > 0, "{ruling}");
    let learnt = object["learnt"][0].as_str().unwrap();
    assert_eq!(learnt.trim(), asked.trim());
    assert!(object["again"].as_str().unwrap().ends_with("--interactive"));
}

#[test]
fn where_nothing_does_what_the_user_says_the_search_goes_on_with_it_as_a_test() {
    let search = ["--interactive", "--json", "--simulations", "60"];
    let output = solve(&search, "= 'no number'\nq\n");
    let told = err(&output);
    let went_on = told.contains("searching on with it for a test");
    let spent = told.contains("the budget is used up");
    assert!(went_on || spent, "{told}");
    let object = json(&output);
    assert_eq!(object["learnt"].as_array().unwrap().len(), 1);
    // The visible tests are passed either way, and nothing does what was said.
    assert_eq!(object["solved"], false);
    assert_eq!(output.status.code(), Some(1));
    if went_on {
        assert_eq!(object["answer"]["tests"].as_array().unwrap().len(), 4);
    }
}
