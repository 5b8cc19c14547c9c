//! The tests' models, what they must answer, and states to ask them about.

use std::path::PathBuf;
use std::sync::LazyLock;

use cogitree_engine::{
    Attempt, Chain, Feedback, Interface, Meter, Problem, Program, Report, State, TestReport,
    Thought, Verdict,
};
use cogitree_policies::onnx::encode::{self, Encoding};
use cogitree_policies::onnx::{Backend, ModelFiles, OnnxValue, ValueConfig};
use serde_json::{Value as Json, json};

/// The tokens of the tests' models are 1 to 15.
pub(crate) const BUCKETS: u32 = 16;
pub(crate) const LONGEST: usize = 40;

pub(crate) fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "models"]
        .iter()
        .collect()
}

pub(crate) fn graph(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name).with_extension("onnx")).unwrap()
}

pub(crate) fn backend() -> Backend {
    match std::env::var_os("COGITREE_TEST_ONNX_RUNTIME") {
        Some(path) => Backend::Library(path.into()),
        None => Backend::BuiltIn,
    }
}

pub(crate) fn in_onnx_runtime() -> bool {
    backend() != Backend::BuiltIn
}

pub(crate) fn config() -> ValueConfig {
    ValueConfig {
        backend: backend(),
        ..ValueConfig::default()
    }
}

/// An input of the tests' models: all features alike.
pub(crate) fn input(tokens: &[i64], feature: f32) -> Encoding {
    Encoding {
        tokens: tokens.to_vec(),
        features: vec![feature; encode::FEATURES.len()],
    }
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What `mean.onnx` answers: sigmoid(mean of (token − 8)/8 + mean of the features).
pub(crate) fn expected(input: &Encoding) -> f64 {
    let weights: f64 = input.tokens.iter().map(|&t| (t as f64 - 8.0) / 8.0).sum();
    let features: f64 = input.features.iter().map(|&x| f64::from(x)).sum();
    sigmoid(weights / input.tokens.len() as f64 + features / input.features.len() as f64)
}

/// Nine inputs of lengths 1 to 9.
fn stored() -> Vec<Encoding> {
    (1..=9)
        .map(|n| {
            input(
                &(1..=n).map(|i| 1 + (i * n) % 15).collect::<Vec<_>>(),
                n as f32 / 20.0,
            )
        })
        .collect()
}

/// A description of a graph that answers as `mean.onnx` does.
pub(crate) fn description() -> Json {
    description_with(&stored())
}

/// The same, with these stored inputs.
pub(crate) fn description_with(stored: &[Encoding]) -> Json {
    let check: Vec<Json> = stored
        .iter()
        .map(|input| {
            json!({
                "tokens": input.tokens,
                "features": input.features,
                "probability": expected(input),
            })
        })
        .collect();
    json!({
        "cogitree_value_model": 1,
        "name": "small",
        "encoding": {
            "kind": "hashed",
            "version": encode::VERSION,
            "buckets": BUCKETS,
            "longest": LONGEST,
            "features": encode::FEATURES.as_slice(),
        },
        "inputs": {"tokens": "tokens", "features": "features"},
        "output": "probability",
        "check": check,
    })
}

pub(crate) fn files(name: &str) -> ModelFiles {
    described(graph(name), &description())
}

pub(crate) fn described(graph: Vec<u8>, description: &Json) -> ModelFiles {
    ModelFiles {
        label: "small.onnx".to_owned(),
        graph: graph.into(),
        description: description.to_string().into(),
        tokenizer: None,
    }
}

pub(crate) fn load(name: &str) -> OnnxValue {
    OnnxValue::load(&files(name), &config()).unwrap()
}

/// A program with its report: one test passed, one not.
pub(crate) fn with_state<T>(source: &str, ask: impl FnOnce(State<'_>) -> T) -> T {
    static PROBLEM: LazyLock<Problem> = LazyLock::new(|| Problem {
        id: "half".to_owned(),
        statement: "Return half of x.".to_owned(),
        interface: Interface::Stdin,
        tests: vec![],
        checker: Default::default(),
        limits: Default::default(),
    });
    let meter = Meter::default();
    let thoughts = [Thought::new("Divide by two."), Thought::new("Round down.")];
    let mut report = Report::default();
    report.tests.push(TestReport::new(Verdict::Passed));
    report.tests.push(TestReport::new(Verdict::WrongAnswer));
    let feedback = Feedback {
        text: "f(3) gave 3, expected 1".to_owned(),
        ..Feedback::default()
    };
    ask(State {
        chain: Chain::new(&PROBLEM, &thoughts, 1, &meter),
        outcome: Attempt {
            program: &Program::new(source),
            report: &report,
            feedback: &feedback,
        },
    })
}
