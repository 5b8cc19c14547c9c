//! What good models answer.

use cogitree_engine::ValueModel;
use cogitree_policies::onnx::encode::Encoder;
use cogitree_policies::onnx::{Device, OnnxValue, ValueConfig};
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
