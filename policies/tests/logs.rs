//! Public logs as a policy, on small files of the same formats.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::{
    Attempt, Chain, Checker, Executor, ExecutorError, Feedback, Implement, Interface, Job, Limits,
    Meter, Parameter, Policy, PolicyError, Problem, Program, Propose, Report, Rethink, Search,
    SearchConfig, Signature, Test, TestReport, Thought, Value, Verdict,
};
use cogitree_policies::logs::{LogPolicy, LogReader, NormalForm, Shown};

/// A file that is removed at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(lines: &[String]) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cogitree-log-{}-{number}.jsonl", std::process::id());
        let file = Temporary(std::env::temp_dir().join(name));
        fs::write(&file.0, lines.join("\n")).unwrap();
        file
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn chat(task: &str, strategy: &str, code: &str, base: &str, tokens: u64) -> String {
    serde_json::json!({
        "task_id": task, "strategy": strategy, "model": "m", "output": format!("Sure.\n```python\n{code}\n```"),
        "prompt_tokens": 100, "completion_tokens": tokens, "latency_s": 1.5, "program": "x",
        "base": base, "plus": null, "visible": "pass",
    })
    .to_string()
}

fn debugging(task: &str, parent: &str, explanation: &str, child: &str, base: &str) -> String {
    serde_json::json!({
        "task_id": task, "model": "m", "parent_code": parent, "explanation": explanation,
        "output": child, "prompt_tokens": 500, "completion_tokens": 50, "child_base": base,
        "failing_test": "assert f(1) == 2", "trace": "",
    })
    .to_string()
}

fn problem() -> Problem {
    Problem {
        id: "T/1".into(),
        statement: "Double the number.".into(),
        interface: Interface::Function(Signature::new("f", [Parameter::new("n")])),
        tests: vec![Test::Call {
            args: vec![Value::Int(2)],
            expected: Some(Value::Int(4)),
        }],
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

/// Passes what has `2 * n` in it.
struct Reads;
impl Executor for Reads {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let right = job.program.source.contains("2 * n");
        let verdict = if right {
            Verdict::Passed
        } else {
            Verdict::WrongAnswer
        };
        Ok(Report {
            tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect(),
        })
    }
}

fn body(expression: &str) -> String {
    format!("def f(n):\n    return {expression}")
}

fn log() -> LogReader {
    let first = Temporary::new(&[
        chat("T/1", "simple", &body("n"), "wrong", 10),
        chat("T/1", "simple", &body("n + n + 0"), "pass", 20),
        chat("T/1", "simple", &body("n * n"), "wrong", 30),
        chat("T/1", "simple_repeat", &body("2 * n"), "pass", 40),
        chat("T/2", "simple", &body("n"), "wrong", 50),
    ]);
    let annotated = "def f(n: int) -> int:\n    \"\"\"Double.\"\"\"\n    return n  # as it is\n\nassert f(1) == 2\n";
    let steps = Temporary::new(&[
        debugging(
            "T/1",
            annotated,
            "It is not doubled.",
            &body("n + 1"),
            "wrong",
        ),
        debugging("T/1", &body("n"), "Twice.", &body("2 * n"), "pass"),
        debugging(
            "T/1",
            &body("n + 1"),
            "Once more.",
            &body("2 * n + 0"),
            "pass",
        ),
    ]);
    let reader = LogReader::new();
    let reader = reader
        .chat(&first.0, |origin| origin.strategy == "simple")
        .unwrap();
    reader.debugging(&steps.0).unwrap()
}

fn propose(policy: &LogPolicy, siblings: &[Thought], width: usize) -> Vec<Thought> {
    let (problem, meter) = (problem(), Meter::default());
    let chain = Chain::new(&problem, &[], 0, &meter);
    let ask = Propose {
        chain,
        outcome: None,
        siblings,
        width,
    };
    let proposals = policy.propose(&ask).unwrap();
    assert_eq!(meter.spending().total().calls, 0, "to offer costs nothing");
    proposals.into_iter().map(|p| p.thought).collect()
}

#[test]
fn first_draws_are_without_replacement_in_the_order_of_the_shuffle() {
    let (log, labels) = log().finish();
    let log = Arc::new(log);
    assert_eq!(
        log.task("T/1").unwrap().draws.len(),
        3,
        "one was not wanted"
    );
    let mut orders = std::collections::BTreeSet::new();
    for shuffle in 0..20 {
        let policy = LogPolicy::new(log.clone(), shuffle);
        let all = propose(&policy, &[], 10);
        assert_eq!(all.len(), 3);
        // Asked one by one it is the same ledger.
        let two = propose(&policy, &[], 2);
        assert_eq!(two, all[..2]);
        assert_eq!(propose(&policy, &two, 2), all[2..]);
        let (problem, meter) = (problem(), Meter::default());
        let written = |thought: Thought| {
            let thoughts = [thought];
            let chain = Chain::new(&problem, &thoughts, 0, &meter);
            policy.implement(&chain.into()).unwrap()
        };
        let programs: Vec<Program> = all.into_iter().map(written).collect();
        // A program without a thought is drawn from the same ledger.
        let blank: Vec<Program> = (0..3).map(|n| written(Thought::blank(n))).collect();
        assert_eq!(blank, programs);
        let cost = meter.spending().total();
        assert_eq!(
            (cost.calls, cost.prompt_tokens, cost.completion_tokens),
            (6, 600, 120)
        );
        let right = programs
            .iter()
            .filter(|p| labels.is_right("T/1", p) == Some(true));
        assert_eq!(right.count(), 1);
        orders.insert(
            programs
                .iter()
                .map(|p| p.source.clone())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(orders.len(), 6, "every order occurs");
}

#[test]
fn a_repair_is_one_of_a_program_of_the_same_normal_form_and_a_miss_is_counted() {
    let (log, _) = log().finish();
    let policy = LogPolicy::new(Arc::new(log), 1);
    let (problem, meter) = (problem(), Meter::default());
    let report = Report {
        tests: vec![TestReport::new(Verdict::WrongAnswer)],
    };
    let feedback = Feedback::of_verdicts(&report);
    let start = [Thought::new("")];
    let ask = |program: &Program, tried: &[Thought]| {
        let chain = Chain::new(&problem, &start, 0, &meter);
        let outcome = Attempt {
            program,
            report: &report,
            feedback: &feedback,
        };
        policy.rethink(&Rethink {
            chain,
            outcome,
            tried,
        })
    };
    let program = Program::new(format!("# mine\n{}", body("(n)")));
    let one = ask(&program, &[]).unwrap().unwrap();
    let two = ask(&program, std::slice::from_ref(&one)).unwrap().unwrap();
    let mut said = [one.text.to_string(), two.text.to_string()];
    said.sort();
    assert_eq!(said, ["It is not doubled.", "Twice."]);
    assert_eq!(policy.missed().repairs, 2);
    assert_eq!(
        (policy.missed().no_record, policy.missed().exhausted),
        (0, 0)
    );
    let refused = |result: Result<Option<Thought>, PolicyError>| match result {
        Err(PolicyError::Unusable(why)) => assert!(why.contains("no record"), "{why}"),
        other => panic!("{other:?}"),
    };
    refused(ask(&program, &[one.clone(), two.clone()]));
    refused(ask(&Program::new(body("n - 1")), &[]));
    assert_eq!(
        (policy.missed().no_record, policy.missed().exhausted),
        (1, 1)
    );

    // The explanation and the program are a call each; the explanation's tokens are not known.
    let spent = meter.spending().total();
    assert_eq!((spent.calls, spent.tokens(), spent.unmetered), (2, 0, 2));
    let thoughts = [two];
    let chain = Chain::new(&problem, &thoughts, 0, &meter);
    policy.implement(&chain.into()).unwrap();
    assert_eq!(meter.spending().total().tokens(), 550);
    let again = policy.implement(&Implement {
        tried: &[Arc::new(program)],
        ..chain.into()
    });
    refused(again.map(|_| None));
    assert_eq!(policy.missed().others, 1);
}

#[test]
fn repairs_after_another_kind_of_feedback_are_not_taken() {
    let (log, _) = log().finish();
    let policy = LogPolicy::new(Arc::new(log), 1).shown(Shown::Reflection);
    let outcome = Search::new(problem(), Arc::new(policy), Arc::new(Reads))
        .config(SearchConfig {
            width: 3,
            ..SearchConfig::default()
        })
        .run()
        .unwrap();
    assert!(!outcome.solved);
}

#[test]
fn a_search_finds_the_recorded_repair_and_charges_it() {
    let (log, labels) = log().finish();
    let policy = Arc::new(LogPolicy::new(Arc::new(log), 1).shown(Shown::Trace));
    let outcome = Search::new(problem(), policy.clone(), Arc::new(Reads))
        .config(SearchConfig {
            width: 3,
            in_flight: 1,
            ..SearchConfig::default()
        })
        .run()
        .unwrap();
    let answer = outcome.answer.unwrap();
    assert!(outcome.solved);
    assert_eq!(labels.is_right("T/1", &answer.program), Some(true));
    assert!(outcome.cost.usage.calls >= 3, "{:?}", outcome.cost);
    assert!(policy.missed().repairs > 0);
}

#[test]
fn completions_and_chains_are_read() {
    let completions = serde_json::json!({
        "task_id": "T/1", "prompt": "def f(n):\n",
        "completions": [
            {"idx": [3, 0], "body": "    return n\n", "base": "wrong", "plus": null, "visible": "wrong"},
            {"idx": [1], "body": "    return 2 * n\n", "base": "pass", "plus": null, "visible": "pass"},
        ],
    });
    let chain = serde_json::json!({
        "task_id": "T/1", "model": "m", "src": "", "test_feedback": ["", ""],
        "implementations": [body("n"), body("2 * n")], "reflections": ["Not doubled."],
        "is_solved_recorded": true,
        "labels": [{"base": "wrong"}, {"base": "pass"}],
    });
    let (a, b) = (
        Temporary::new(&[completions.to_string()]),
        Temporary::new(&[chain.to_string()]),
    );
    let reader = LogReader::new()
        .completions(&a.0)
        .unwrap()
        .reflexion(&b.0)
        .unwrap();
    let (log, labels) = reader.finish();
    let task = log.task("T/1").unwrap();
    let bodies: Vec<bool> = task
        .draws
        .iter()
        .map(|d| d.program.source.contains('2'))
        .collect();
    assert_eq!(
        bodies,
        [false, true, false],
        "samples in the order of their numbers"
    );
    assert_eq!(task.draws[0].cost.unmetered, 1);
    assert_eq!(task.chains.len(), 1);
    assert_eq!(
        task.repairs[&NormalForm::of(&body("n"))][0].feedback,
        Shown::Reflection
    );
    assert_eq!(labels.is_right("T/1", &task.chains[0][1]), Some(true));
    assert_eq!(labels.is_right("T/1", &task.chains[0][0]), Some(false));
    assert_eq!(labels.is_right("T/9", &task.chains[0][0]), None);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let good = chat("T/1", "simple", "x = 1", "pass", 1);
    let refused = |bad: &str| {
        let file = Temporary::new(&[good.clone(), bad.to_owned()]);
        let error = LogReader::new()
            .chat(&file.0, |_| true)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("{}:2: ", file.0.display())),
            "{error}"
        );
        error
    };
    assert!(refused("{").contains("is no row of chat answers"));
    assert!(refused("{\"task_id\": \"T/1\"}").contains("missing field"));
    assert!(refused(&good.replace("1.5", "-1.5")).contains("`latency_s` is no time"));
    let none = LogReader::new()
        .debugging("nowhere.jsonl".as_ref())
        .unwrap_err();
    assert!(
        none.to_string()
            .starts_with("nowhere.jsonl: cannot be read")
    );

    // Compressed files are known by their content.
    let file = Temporary::new(&[]);
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(good.as_bytes()).unwrap();
    let mut bytes = zipped.finish().unwrap();
    fs::write(&file.0, &bytes).unwrap();
    assert_eq!(
        LogReader::new()
            .chat(&file.0, |_| true)
            .unwrap()
            .finish()
            .1
            .len(),
        1
    );
    bytes.truncate(bytes.len() / 2);
    fs::write(&file.0, &bytes).unwrap();
    assert!(LogReader::new().chat(&file.0, |_| true).is_err());
}

#[test]
fn a_text_of_nothing_but_brackets_overflows_no_stack() {
    for text in [
        "(".repeat(32 << 10),
        "[".repeat(40 << 10),
        "-".repeat(32 << 10),
        "a.".repeat(16 << 10),
    ] {
        assert_eq!(NormalForm::of(&text), NormalForm::of(&format!("{text}\n")));
        assert_ne!(NormalForm::of(&text), NormalForm::of("x"));
    }
    let nested = format!("{}x{}", "(".repeat(15 << 10), ")".repeat(15 << 10));
    assert_eq!(
        NormalForm::of(&nested),
        NormalForm::of("x"),
        "brackets are no part of the tree"
    );
}

#[test]
fn a_step_without_the_program_before_it_is_labelled_and_no_repair() {
    let known = debugging("T/1", &body("n"), "Twice.", &body("2 * n"), "pass");
    let mut unknown: serde_json::Value = serde_json::from_str(&known).unwrap();
    unknown["parent_code"] = serde_json::Value::Null;
    unknown["output"] = body("n * 2").into();
    unknown["child_plus"] = "fail".into();
    let steps = Temporary::new(&[known, unknown.to_string()]);
    let (log, labels) = (LogReader::new().debugging(&steps.0).unwrap()).finish();

    let repairs: Vec<_> = log
        .task("T/1")
        .unwrap()
        .repairs
        .values()
        .flatten()
        .collect();
    assert_eq!(repairs.len(), 1);
    assert_eq!(repairs[0].parent.source, body("n"));
    let second = Program::new(body("n * 2"));
    assert_eq!(labels.is_right("T/1", &second), Some(true));
    assert_eq!(labels.passes_plus("T/1", &second), Some(false));
    assert_eq!(labels.passes_plus("T/1", &repairs[0].program), None);
}
