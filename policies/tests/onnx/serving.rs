//! Many requests, and requests that go wrong.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use cogitree_engine::{
    Checker, Executor, ExecutorError, Implement, Interface, Job, Limits, Policy, PolicyError,
    Problem, Program, Proposal, Propose, Report, Search, Test, TestReport, Thought, ValueModel,
    Verdict,
};
use cogitree_policies::onnx::{OnnxValue, ValueConfig};

use super::models::*;

fn loaded(name: &str, config: &ValueConfig) -> OnnxValue {
    OnnxValue::load(&files(name), config).unwrap()
}

#[test]
fn sixty_four_threads_get_their_own_answers() {
    let config = ValueConfig {
        sessions: 2,
        rows: 32,
        queue: 48,
        cached: 1000,
        ..config()
    };
    let value = loaded("mean", &config);
    let asked = AtomicUsize::new(0);
    thread::scope(|scope| {
        for t in 0..64i64 {
            let (value, asked) = (&value, &asked);
            scope.spawn(move || {
                for i in 0..50 {
                    let rows: Vec<_> = (0..1 + (t + i) % 3)
                        .map(|k| {
                            let length = 1 + (t * 7 + i * 3 + k) % LONGEST as i64;
                            let tokens: Vec<i64> =
                                (0..length).map(|j| 1 + (t + i * j + k) % 15).collect();
                            input(&tokens, (t + i) as f32 / 200.0)
                        })
                        .collect();
                    asked.fetch_add(rows.len(), Relaxed);
                    let answers = value.score(rows.clone()).unwrap();
                    for (row, answer) in rows.iter().zip(answers) {
                        assert!((answer - expected(row)).abs() < 1.5e-4, "{row:?}: {answer}");
                    }
                }
            });
        }
    });
    let counts = value.counts();
    assert_eq!(counts.asked, asked.load(Relaxed) as u64);
    assert_eq!(counts.asked, counts.kept + counts.answered);
    assert_eq!((counts.failed, counts.late, counts.spared), (0, 0, 0));
    assert_eq!(value.warning(), None);
}

#[test]
fn what_was_answered_is_kept() {
    let value = loaded("mean", &config());
    let rows = vec![input(&[9], 0.5), input(&[9, 9], 0.5)];
    let first = value.score(rows.clone()).unwrap();
    assert_eq!(value.score(rows.clone()).unwrap(), first);
    let counts = value.counts();
    assert_eq!((counts.asked, counts.answered, counts.kept), (4, 2, 2));

    let keeps_nothing = loaded(
        "mean",
        &ValueConfig {
            cached: 0,
            ..config()
        },
    );
    for _ in 0..2 {
        assert_eq!(keeps_nothing.score(rows.clone()).unwrap(), first);
    }
    assert_eq!(keeps_nothing.counts().answered, 4);
}

/// A row on which the model fails does not cost the others their answers.
#[test]
fn a_failure_is_that_of_its_row_and_told_once() {
    for (name, part) in [("nan", "it answered NaN"), ("beyond", "it answered 1")] {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hear = heard.clone();
        let config = ValueConfig {
            fallback: Some(0.125),
            ..config()
        };
        let value = loaded(name, &config)
            .on_warning(move |warning| hear.lock().unwrap().push(warning.to_owned()));
        let good = input(&[8], 0.0);
        let bad = input(&[8], 1.0);
        for _ in 0..5 {
            let answers = value
                .score(vec![good.clone(), bad.clone(), good.clone()])
                .unwrap();
            assert_eq!(answers, [0.5, 0.125, 0.5]);
        }
        assert_eq!(value.counts().failed, 5);
        assert!(!value.given_up());
        let heard = heard.lock().unwrap();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert!(
            heard[0].contains(part) && heard[0].contains("0.125 is used"),
            "{heard:?}"
        );
        assert_eq!(value.warning(), Some(heard[0].as_str()));
    }
}

#[test]
fn without_a_fallback_a_failure_is_passed_on() {
    let config = ValueConfig {
        fallback: None,
        ..config()
    };
    let value = loaded("nan", &config);
    let error = value
        .score(vec![input(&[8], 0.0), input(&[8], 1.0)])
        .unwrap_err();
    assert!(error.0.contains("it answered NaN"), "{error}");
    assert_eq!(value.score(vec![input(&[8], 0.0)]).unwrap(), [0.5]);
}

/// What a wrong encoding could send. tract would panic on the tokens, which would end the process.
#[test]
fn inputs_that_a_model_does_not_take_never_reach_it() {
    let value = loaded("mean", &config());
    let bad = [
        input(&[16], 0.0),
        input(&[0], 0.0),
        input(&[-1], 0.0),
        input(&[i64::MAX], 0.0),
        input(&[], 0.0),
        input(&[1; LONGEST + 1], 0.0),
        input(&[1], f32::NAN),
        input(&[1], f32::INFINITY),
    ];
    for row in bad {
        let answers = value.score(vec![row.clone(), input(&[12], 0.0)]).unwrap();
        assert_eq!(answers, [0.5, 0.6225], "{row:?}");
    }
    assert_eq!(value.counts().failed, 8);
    let mut few = input(&[1], 0.0);
    few.features.pop();
    assert_eq!(value.score(vec![few]).unwrap(), [0.5]);
    assert!(
        value
            .warning()
            .unwrap()
            .contains("token 16 is not in 1..16")
    );
}

#[test]
fn a_model_that_fails_too_often_is_not_asked_any_more() {
    let config = ValueConfig {
        patience: 4,
        fallback: Some(0.25),
        ..config()
    };
    let value = loaded("nan", &config);
    let (good, bad) = (input(&[8], 0.0), input(&[8], 1.0));
    for _ in 0..3 {
        value.score(vec![bad.clone()]).unwrap();
    }
    // An answer: the count begins anew. (Another one than is kept.)
    assert_eq!(value.score(vec![input(&[8, 8], 0.0)]).unwrap(), [0.5]);
    for _ in 0..3 {
        value.score(vec![bad.clone()]).unwrap();
        assert!(!value.given_up());
    }
    value.score(vec![bad]).unwrap();
    assert!(value.given_up());
    assert_eq!(value.score(vec![good]).unwrap(), [0.25]);
    with_state("x = 1", |state| {
        assert_eq!(value.estimate(&[state]).unwrap(), [0.25])
    });
    let counts = value.counts();
    assert_eq!((counts.failed, counts.spared, counts.answered), (7, 2, 1));
}

/// A model that is quick with a token (some 10⁵ multiplications) and not with 40 (2 · 10⁹).
fn slow(config: &ValueConfig) -> OnnxValue {
    let short: Vec<_> = (1..=8).map(|token| input(&[token], 0.0)).collect();
    let files = described(graph("slow"), &description_with(&short));
    loop {
        match OnnxValue::load(&files, config) {
            Ok(value) => return value,
            // This thread was not given a core for 10 ms.
            Err(error) => assert!(error.to_string().contains("too slow"), "{error}"),
        }
    }
}

/// A request that takes too long is not waited for, and its answer is kept when it comes.
#[test]
fn a_slow_answer_is_not_waited_for() {
    let config = ValueConfig {
        timeout: Duration::from_millis(10),
        fallback: Some(0.25),
        patience: u32::MAX,
        ..config()
    };
    let value = slow(&config);
    let long = input(&[8; LONGEST], 0.0);
    assert_eq!(value.score(vec![long.clone()]).unwrap(), [0.25]);
    assert_eq!(value.counts().late, 1);
    assert!(value.warning().unwrap().contains("no answer within 10ms"));
    loop {
        thread::sleep(Duration::from_millis(20));
        let answer = value.score(vec![long.clone()]).unwrap();
        if value.counts().kept > 0 {
            assert_eq!(answer, [0.5]);
            break;
        }
        assert!(value.counts().asked < 5000, "its answer was not kept");
    }
}

/// Offers five thoughts, with which their programs begin.
struct Five;

impl Policy for Five {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        if !ask.chain.thoughts.is_empty() {
            return Ok(Vec::new());
        }
        let offer = |text: &str| Proposal {
            thought: Thought::new(text),
            prior: 1.0,
        };
        Ok(["a = 1", "b = 2", "c = 3", "d = 4", "e = 5"]
            .map(offer)
            .into())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let last = &ask.chain.thoughts[ask.chain.thoughts.len() - 1];
        // So long that the model has its most tokens to read.
        Ok(Program::new(format!(
            "{}{}",
            last.text,
            "\nx = 1".repeat(LONGEST)
        )))
    }
}

/// Only the last of them is right.
struct Fifth;

impl Executor for Fifth {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let verdict = if job.program.source.starts_with("e = 5") {
            Verdict::Passed
        } else {
            Verdict::WrongAnswer
        };
        Ok(Report {
            tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect(),
        })
    }
}

#[test]
fn a_search_goes_on_without_its_model() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = heard.clone();
    let config = ValueConfig {
        timeout: Duration::from_millis(10),
        fallback: Some(0.25),
        patience: 2,
        ..config()
    };
    let value =
        slow(&config).on_warning(move |warning| hear.lock().unwrap().push(warning.to_owned()));
    let value = Arc::new(value);
    let problem = Problem {
        id: "fifth".to_owned(),
        statement: "Say five.".to_owned(),
        interface: Interface::Stdin,
        tests: vec![Test::Stdio {
            input: String::new(),
            expected: Some(String::new()),
        }],
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    let outcome = Search::new(problem, Arc::new(Five), Arc::new(Fifth))
        .simulations(20)
        .value_model(value.clone())
        .run()
        .unwrap();
    assert!(outcome.solved);
    assert!(outcome.answer.unwrap().program.source.starts_with("e = 5"));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("no answer within 10ms"), "{heard:?}");
    assert!(value.given_up());
    assert!(value.counts().spared > 0 && value.counts().answered == 0);
}
