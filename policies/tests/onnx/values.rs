//! What good models answer.

use cogitree_engine::ValueModel;
use cogitree_policies::onnx::encode::Encoder;
use cogitree_policies::onnx::{Device, ModelFiles, OnnxValue, ValueConfig};
use proptest::prelude::*;

use super::models::*;

/// Values are told in steps of 1e-4, and backends may be off by 1e-4.
const NEAR: f64 = 1.5e-4;

fn near(answers: &[f64], expected: &[f64]) -> bool {
    answers.len() == expected.len()
        && answers
            .iter()
            .zip(expected)
            .all(|(a, e)| (a - e).abs() < NEAR)
}

#[test]
fn it_answers_what_a_person_works_out() {
    let value = load("mean");
    assert_eq!(value.name(), "small");
    assert_eq!(value.runtime().is_built_in(), !in_onnx_runtime());
    // Token 8 weighs 0, 12 weighs 1/2, 4 weighs −1/2.
    let rows = vec![
        input(&[8], 0.0),
        input(&[12], 0.0),
        input(&[12, 4], 0.0),
        input(&[4, 4, 8, 8], 0.25),
        input(&[8], 0.75),
    ];
    let answers = value.score(rows).unwrap();
    let by_hand = [0.5, 0.6225, 0.5, 0.5, 0.6792];
    assert!(near(&answers, &by_hand), "{answers:?}");
}

#[test]
fn it_judges_states() {
    let source = "def f(x):\n    return x\n";
    let value = load("mean");
    with_state(source, |state| {
        let encoded = Encoder::hashed(BUCKETS, LONGEST).encode(&state);
        let answers = value.estimate(&[state, state]).unwrap();
        let e = expected(&encoded);
        assert!(near(&answers, &[e, e]), "{answers:?}, {e}");
        assert!(value.estimate(&[]).unwrap().is_empty());
    });
    assert_eq!(value.counts().asked, 2);
}

#[test]
fn only_a_model_that_says_so_foresees() {
    let mut described_as = description();
    described_as["foresees"] = true.into();
    let seer = OnnxValue::load(&described(graph("mean"), &described_as), &config()).unwrap();
    with_state("def f(x):\n    return x\n", |state| {
        assert_eq!(load("mean").foresee(&[state.chain]).unwrap(), None);
        let foreseen = seer.foresee(&[state.chain, state.chain]).unwrap().unwrap();
        let encoder = Encoder::hashed(BUCKETS, LONGEST);
        let e = expected(&encoder.encode_chain(&state.chain));
        assert!(near(&foreseen, &[e, e]), "{foreseen:?}, {e}");
        // The program that came of it must not be seen.
        assert_ne!(encoder.encode_chain(&state.chain), encoder.encode(&state));
        assert_eq!(seer.foresee(&[]).unwrap(), Some(Vec::new()));
    });
}

#[test]
fn the_default_model_answers_as_it_was_trained_to() {
    let files = ModelFiles::embedded();
    assert!(files.graph.len() <= 4 << 20, "{} bytes", files.graph.len());
    // Its stored answers are tried out on load.
    let value = OnnxValue::load(&files, &config()).unwrap();
    let ask = |source: &str| {
        with_state(source, |state| {
            let judged = value.estimate(&[state]).unwrap()[0];
            let foreseen = value.foresee(&[state.chain]).unwrap().unwrap()[0];
            (judged, foreseen)
        })
    };
    let (plain, foreseen) = ask("def f(x):\n    return x // 2\n");
    let (other, same) = ask("import os\n");
    assert_ne!(plain, other);
    assert_eq!(
        foreseen, same,
        "a thought alone says nothing of the program that came of it"
    );
    for p in [plain, other, foreseen] {
        assert!(p > 0.0 && p < 1.0, "{p}");
    }
}

#[test]
fn a_device_that_is_not_there_is_told_of_and_the_processor_used() {
    let config = ValueConfig {
        device: Device::Cuda(0),
        ..config()
    };
    let value = OnnxValue::load(&files("mean"), &config).unwrap();
    // Where there is a card and a library for it there is nothing to remark.
    if !in_onnx_runtime() {
        let remark = value.remark().unwrap();
        assert!(remark.contains("not with CUDA"), "{remark}");
    }
    let answers = value.score(vec![input(&[12], 0.0)]).unwrap();
    assert!(near(&answers, &[0.6225]), "{answers:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// So neither padding nor what else is in a call changes an answer.
    #[test]
    fn a_batch_answers_as_one_by_one(
        rows in prop::collection::vec(
            (prop::collection::vec(1i64..16, 1..=LONGEST), 0.0f32..0.85),
            1..40,
        ),
        most in 1usize..40,
    ) {
        let rows: Vec<_> = rows.iter().map(|(tokens, x)| input(tokens, *x)).collect();
        let fresh = || OnnxValue::load(&files("mean"), &ValueConfig { rows: most, ..config() });
        let together = fresh().unwrap().score(rows.clone()).unwrap();
        let alone = fresh().unwrap();
        for (row, together) in rows.iter().zip(together) {
            let answer = alone.score(vec![row.clone()]).unwrap()[0];
            // One step: a value between two steps may be told as either.
            prop_assert!((answer - together).abs() < 1.01e-4, "{answer} {together}");
            prop_assert!((answer - expected(row)).abs() < NEAR);
        }
    }
}
