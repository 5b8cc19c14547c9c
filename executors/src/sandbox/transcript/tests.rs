//! What a guest may send is up to the program in it. Whatever it sends, in whatever order:
//!
//! * nothing panics, here or where the reports are made of it;
//! * there is a report for the first test at least, and none for a test that was not asked for;
//! * no more is kept of a stream than the limit, and of an end no more than one message;
//! * only the last test that started may lack an end, and a program that did not load started none;
//! * a test passes only by an end that has a value, told while that test ran.

use std::time::{Duration, Instant};

use cogitree_engine::{Checker, Program, Test, Value, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use serde_json::json;

use super::*;
use crate::sandbox::instance::End;
use crate::sandbox::verdict;

const LARGEST: usize = 256;

fn value_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1".to_owned()),
        Just("null".to_owned()),
        Just(r#"{"t":[1,{"d":["a",{"f":"nan"}]}]}"#.to_owned()),
        (0usize..300).prop_map(|n| "[".repeat(n) + &"]".repeat(n)),
        ".{0,20}",
        "[\\[\\]{}\":,a-z0-9]{0,20}",
    ]
}

fn raised() -> impl Strategy<Value = serde_json::Value> {
    let line = prop_oneof![
        any::<u64>().prop_map(|n| json!(n)),
        Just(json!(null)),
        Just(json!(3))
    ];
    let kind = prop_oneof![
        Just("MemoryError".to_owned()),
        Just("AssertionError".to_owned()),
        Just("PermissionError".to_owned()),
        ".{0,10}",
    ];
    let at = prop_oneof![
        Just(json!("test")),
        Just(json!("program")),
        Just(json!(null)),
        Just(json!(1))
    ];
    (kind, ".{0,400}", at, line.clone(), line).prop_map(|(kind, message, at, program, test)| {
        json!({ "type": kind, "message": message, "at": at, "program": program, "test": test })
    })
}

fn ended() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        4 => value_text().prop_map(|v| json!({ "value": v })),
        2 => raised().prop_map(|e| json!({ "error": e })),
        1 => any::<bool>().prop_map(|b| json!({ "too_large": b })),
        1 => (value_text(), raised()).prop_map(|(v, e)| json!({ "value": v, "error": e })),
        1 => Just(json!({ "value": 1 })),
        1 => Just(json!([])),
        // Longer than anything that a harness sends.
        1 => Just(json!({ "value": "1".repeat(5 * LARGEST + (64 << 10)) })),
    ];
    (json, any::<proptest::sample::Index>(), any::<bool>()).prop_map(|(json, at, cut)| {
        let mut text = json.to_string().into_bytes();
        if cut && !text.is_empty() {
            text.truncate(at.index(text.len()));
        }
        text
    })
}

fn message() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let bytes = |n| proptest::collection::vec(any::<u8>(), 0..n);
    prop_oneof![
        1 => (any::<u8>(), bytes(40)),
        2 => (1u8..3, bytes(LARGEST)),
        4 => (0usize..4).prop_map(|i| (3, i.to_string().into_bytes())),
        4 => (4u8..6, ended()),
        1 => (3u8..6, bytes(20)),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Returned),
        Just(End::StackFull),
        any::<i32>().prop_map(End::Exited),
        ".{0,20}".prop_map(End::Crashed),
        Just(End::Stopped(Stop::Timeout)),
        Just(End::Stopped(Stop::Memory)),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let expected = proptest::option::of(Just(Value::Int(1)));
    prop_oneof![
        expected.prop_map(|expected| Test::Call {
            args: vec![],
            expected
        }),
        Just(Test::Assert {
            code: "assert f() == 1\n".into()
        }),
        proptest::option::of(".{0,5}").prop_map(|expected| Test::Stdio {
            input: String::new(),
            expected
        }),
    ]
}

/// What an instance sent, how it ended, and what it was asked for.
type Sent = (Vec<(u8, Vec<u8>)>, End, Vec<Test>);

fn sent() -> impl Strategy<Value = Sent> {
    (
        proptest::collection::vec(message(), 0..12),
        end(),
        proptest::collection::vec(test(), 1..4),
    )
}

fn holds((messages, end, tests): Sent) -> TestCaseResult {
    let mut transcript = Transcript::new(tests.len(), LARGEST);
    let mut end = end;
    // For each test, whether an end with a value came while it ran.
    let mut valued = vec![false; tests.len()];
    for (kind, data) in &messages {
        let running = transcript.running.then(|| transcript.entries.len() - 1);
        let taken = transcript.take(*kind, data, 7);
        if let (Some(i), 4, true) = (running, kind, !transcript.running) {
            let ended = transcript.entries[i].ended.as_ref();
            valued[i] = ended.is_some_and(|e| e.value.is_some() && e.error.is_none());
            prop_assert!(data.len() <= transcript.longest());
        }
        if let Err(stop) = taken {
            end = End::Stopped(stop);
            break;
        }
    }
    transcript.interrupt(9);

    let entries = &transcript.entries;
    prop_assert!(entries.len() <= tests.len());
    prop_assert!(entries.is_empty() || transcript.not_loaded.is_none());
    prop_assert!(!entries.is_empty() || transcript.not_loaded.is_some());
    for entry in entries.iter().chain(&transcript.not_loaded) {
        prop_assert!(entry.stdout.len() <= LARGEST && entry.stderr.len() <= LARGEST);
    }
    for entry in entries.iter().rev().skip(1) {
        prop_assert!(entry.ended.is_some());
    }

    let program = Program::new("def f():\n    return 1\n");
    let reports = verdict::of_transcript(transcript, &end, &tests, &program, Checker::Exact);
    prop_assert!((1..=tests.len()).contains(&reports.len()));
    for (i, report) in reports.iter().enumerate() {
        prop_assert!(report.verdict != Verdict::Passed || valued[i], "{report:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]
    #[test]
    fn whatever_a_guest_sends(sent in sent()) {
        holds(sent)?;
    }
}

/// The same for as long as is wanted:
///
/// ```text
/// COGITREE_FUZZ_SECONDS=3600 cargo test --release -p cogitree-executors --lib -- --ignored a_guest_sends
/// ```
#[test]
#[ignore = "runs for COGITREE_FUZZ_SECONDS, an hour by default"]
fn whatever_a_guest_sends_for_a_long_time() {
    let seconds = std::env::var("COGITREE_FUZZ_SECONDS").map_or(Ok(3600), |s| s.parse());
    let until = Instant::now() + Duration::from_secs(seconds.expect("a number of seconds"));
    let mut cases = 0_u64;
    while Instant::now() < until {
        // A runner of its own each time: it draws from the system's randomness.
        let mut runner = TestRunner::new(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(10_000)
        });
        if let Err(error) = runner.run(&sent(), holds) {
            panic!("after {cases} cases: {error}");
        }
        cases += 10_000;
    }
    eprintln!("{cases} sequences of messages");
}
