use std::fmt::Write;

use cogitree_engine::{Checker, Limits, Signature};

use super::*;
use crate::checker;

fn int(i: i64) -> Value {
    Value::Int(i)
}
fn text(s: &str) -> Value {
    Value::Str(s.into())
}
fn list(v: &[i64]) -> Value {
    Value::List(v.iter().map(|&i| int(i)).collect())
}

fn problem(interface: Interface, tests: Vec<Test>) -> Problem {
    Problem {
        id: "p".into(),
        statement: String::new(),
        interface,
        tests,
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

fn solve() -> Interface {
    Interface::Function(Signature::new("solve", []))
}

/// The feedback on a call of `solve` that returned `actual`.
fn on_value(args: &[Value], actual: Value, expected: Value) -> String {
    let passed = checker::accepts(&Checker::Exact, &actual, &expected);
    let verdict = if passed {
        Verdict::Passed
    } else {
        Verdict::WrongAnswer
    };
    let report = TestReport {
        actual: Some(actual),
        ..TestReport::new(verdict)
    };
    let test = Test::Call {
        args: args.to_vec(),
        expected: Some(expected),
    };
    one(solve(), test, report)
}

fn one(interface: Interface, test: Test, report: TestReport) -> String {
    let report = Report {
        tests: vec![report],
    };
    explain(
        &problem(interface, vec![test]),
        &report,
        FeedbackLevel::Diff,
    )
    .text
}

#[test]
fn wrong_values() {
    let cases = [
        on_value(&[list(&[1, 2, 3])], int(5), int(6)),
        on_value(&[int(3)], int(-3), int(3)),
        on_value(&[int(3)], Value::Float(2.5), int(2)),
        on_value(&[int(3), text("a")], Value::Bool(true), Value::Bool(false)),
        on_value(&[], Value::None, list(&[1])),
        on_value(&[], list(&[]), list(&[1])),
        on_value(&[], list(&[3, 2, 1]), list(&[1, 2, 3])),
        on_value(&[], list(&[1, 3, 2]), list(&[1, 2, 3])),
        on_value(&[], list(&[1, 2]), list(&[1, 2, 3])),
        on_value(&[], list(&[1, 2, 2, 3]), list(&[1, 2, 3])),
        on_value(&[], list(&[1, 2, 4]), list(&[1, 2, 3])),
        on_value(&[], text("abc"), text("ABC")),
        on_value(&[], text("it's"), text("its")),
        on_value(&[], Value::Tuple(vec![int(1)]), list(&[1])),
        on_value(
            &[],
            Value::Dict(vec![(text("a"), int(1))]),
            Value::Dict(vec![(text("a"), int(2)), (text("b"), int(1))]),
        ),
        on_value(
            &[],
            Value::Opaque {
                type_name: "generator".into(),
                repr: "<generator object solve>".into(),
            },
            list(&[1]),
        ),
        on_value(&[list(&[7; 500])], list(&[1; 500]), list(&[2; 500])),
    ];
    insta::assert_snapshot!(cases.join("\n\n"));
}

#[test]
fn errors_and_limits() {
    let error = |kind: &str, message: &str, line: Option<u32>, source: Option<&str>| TestReport {
        error: Some(ProgramError {
            kind: kind.into(),
            message: message.into(),
            line,
            source_line: source.map(Into::into),
        }),
        ..TestReport::new(Verdict::RuntimeError)
    };
    let test = || Test::Call {
        args: vec![list(&[])],
        expected: Some(int(0)),
    };
    let code = |code: &str| Test::Assert { code: code.into() };
    let failed = TestReport {
        verdict: Verdict::WrongAnswer,
        ..error("AssertionError", "assert solve(1) == 2", None, None)
    };
    let mut cases = vec![
        one(
            solve(),
            test(),
            error(
                "IndexError",
                "list index out of range",
                Some(3),
                Some("return xs[0]"),
            ),
        ),
        one(
            solve(),
            test(),
            error(
                "SyntaxError",
                "'(' was never closed",
                Some(1),
                Some("def solve(xs:"),
            ),
        ),
        one(solve(), test(), error("RecursionError", "", None, None)),
        one(solve(), code("assert solve(1) == 2"), failed.clone()),
        one(
            solve(),
            code("def check(f):\n    assert f(1) == 2\ncheck(solve)"),
            failed,
        ),
        one(
            solve(),
            test(),
            TestReport {
                verdict: Verdict::Denied,
                ..error(
                    "PermissionError",
                    "[Errno 1] the sandbox refuses files",
                    Some(2),
                    Some("open('x\u{202e}')"),
                )
            },
        ),
    ];
    for verdict in [
        Verdict::Timeout,
        Verdict::MemoryLimit,
        Verdict::OutputLimit,
        Verdict::RuntimeError,
    ] {
        cases.push(one(solve(), test(), TestReport::new(verdict)));
    }
    insta::assert_snapshot!(cases.join("\n\n"));
}

#[test]
fn printed_output() {
    let printed = |stdout: &str| TestReport {
        stdout: stdout.into(),
        actual: Some(Value::None),
        ..TestReport::new(Verdict::WrongAnswer)
    };
    let script = |stdout: &str, expected: &str| {
        let test = Test::Stdio {
            input: "3\n1 2 3\n".into(),
            expected: Some(expected.into()),
        };
        one(Interface::Stdin, test, printed(stdout))
    };
    let test = Test::Call {
        args: vec![int(1)],
        expected: Some(int(2)),
    };
    let cases = [
        one(solve(), test, printed("2\n")),
        script("", "6\n"),
        script("5\n", "6\n"),
        script("a\nb\n", "a\nc\n"),
        script("YES\n", "Yes\n"),
        script("\u{1b}[2J6\n", "6\n"),
    ];
    insta::assert_snapshot!(cases.join("\n\n"));
}

#[test]
fn several_tests_and_levels() {
    let tests: Vec<Test> = (0..4)
        .map(|i| Test::Call {
            args: vec![int(i)],
            expected: Some(int(i * i)),
        })
        .collect();
    let report = Report {
        tests: (0..4)
            .map(|i| TestReport {
                actual: Some(int(2 * i)),
                ..TestReport::new(if 2 * i == i * i {
                    Verdict::Passed
                } else {
                    Verdict::WrongAnswer
                })
            })
            .map(|mut t| {
                t.verdict = if t.actual == Some(int(0)) {
                    Verdict::Timeout
                } else {
                    t.verdict
                };
                t
            })
            .collect(),
    };
    let problem = problem(solve(), tests);
    let mut all = String::new();
    for level in [
        FeedbackLevel::None,
        FeedbackLevel::Verdict,
        FeedbackLevel::Diff,
    ] {
        let feedback = explain(&problem, &report, level);
        writeln!(all, "{level:?} {:?}\n{}\n", feedback.test, feedback.text).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn feedback_stays_short() {
    let long = || Value::List(vec![text(&"x".repeat(5_000)); 50]);
    let args: Vec<Value> = (0..9).map(|_| long()).collect();
    let report = TestReport {
        stdout: "y".repeat(100_000),
        ..TestReport::new(Verdict::WrongAnswer)
    };
    let on_call = on_value(&args, long(), list(&[1]));
    let on_text = one(
        Interface::Stdin,
        Test::Stdio {
            input: "z".repeat(100_000),
            expected: Some("w".repeat(100_000)),
        },
        report,
    );
    assert!(on_call.len() < 4_000 && on_text.len() < 4_000);
}

#[test]
fn a_missing_module_is_explained() {
    let error = ProgramError {
        kind: "ModuleNotFoundError".into(),
        message: "No module named 'numpy'".into(),
        line: Some(1),
        source_line: Some("import numpy as np".into()),
    };
    let report = TestReport {
        error: Some(error),
        ..TestReport::new(Verdict::RuntimeError)
    };
    let test = Test::Call {
        args: vec![int(1)],
        expected: None,
    };
    assert!(one(solve(), test, report).ends_with(
        "Test 1: `solve(1)` raised ModuleNotFoundError: No module named 'numpy' in line 1, `import numpy as np`; \
         there are no modules but those of Python's standard library."
    ));
}
