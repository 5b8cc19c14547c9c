//! Traces, and the feedback that is made of them.

#![allow(clippy::unwrap_used)]

mod common;

use cogitree_engine::{
    Checker, Executor, FeedbackLevel, Interface, Job, Limits, Problem, Program, Report, Test, Value,
};
use cogitree_executors::{Event, Step, Trace};
use common::{SANDBOX, SHORT, call, function};

/// Other work on the machine must not turn a slow run into a time-out.
const PATIENT: Limits = Limits {
    seconds: 10.0,
    ..SHORT
};

fn ints(values: &[i64]) -> Value {
    Value::List(values.iter().map(|&v| Value::Int(v)).collect())
}

fn problem(interface: Interface, tests: Vec<Test>, limits: Limits) -> Problem {
    Problem {
        id: "p".into(),
        statement: String::new(),
        interface,
        tests,
        checker: Checker::Exact,
        limits,
    }
}

fn run(problem: &Problem, source: &str) -> Report {
    let program = Program::new(source);
    SANDBOX.run(&Job::visible(problem, &program)).unwrap()
}

/// The feedback at level `trace` on a program whose entry point is `solve`.
fn told(source: &str, tests: Vec<Test>, limits: Limits) -> String {
    told_of(source, &problem(function("solve"), tests, limits))
}

fn told_of(source: &str, problem: &Problem) -> String {
    let report = run(problem, source);
    let program = Program::new(source);
    let feedback = SANDBOX.explain(problem, &program, &report, FeedbackLevel::Trace);
    let without = SANDBOX.explain(problem, &program, &report, FeedbackLevel::Diff);
    assert!(
        feedback.text.starts_with(&without.text),
        "{}",
        feedback.text
    );
    assert_eq!(feedback.differences, without.differences);
    assert!(
        feedback.text.chars().count() < 4 * 700 + 600,
        "{}",
        feedback.text
    );
    feedback.text
}

fn trace(source: &str, tests: Vec<Test>, test: usize, limits: Limits) -> Trace {
    let problem = problem(function("solve"), tests, limits);
    let report = run(&problem, source);
    let program = Program::new(source);
    let job = Job::visible(&problem, &program);
    SANDBOX.trace(&job, &report, test).unwrap()
}

/// The steps as short texts.
fn steps(trace: &Trace) -> Vec<String> {
    trace.steps().map(short).collect()
}

fn short(step: &Step) -> String {
    let changes = step
        .changes
        .iter()
        .map(|c| format!(" {}={}", c.name, c.value));
    let event = match &step.event {
        Event::Line => String::new(),
        other => format!(" {other:?}"),
    };
    format!(
        "{}:{}{}{event}",
        step.call,
        step.line,
        changes.collect::<String>()
    )
}

const SUM: &str = "def solve(xs):
    total = 0
    for i in range(len(xs)):
        if xs[i] > 0:
            total += xs[i]
        else:
            total -= 1
    return total";

#[test]
fn a_wrong_value_in_a_loop() {
    insta::assert_snapshot!(told(
        SUM,
        vec![call([ints(&[1, 2, -3, 4])], Value::Int(4))],
        PATIENT
    ));
}

#[test]
fn an_index_error_with_the_values_there() {
    let source = "def pick(xs, i):
    j = i + 1
    return xs[j] - xs[i]

def solve(xs):
    best = 0
    for i in range(len(xs)):
        best = max(best, pick(xs, i))
    return best";
    insta::assert_snapshot!(told(
        source,
        vec![call([ints(&[3, 8, 5])], Value::Int(5))],
        PATIENT
    ));
}

#[test]
fn an_endless_loop() {
    let source = "def solve(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n - 1
        steps += 1
    return steps";
    let limits = Limits {
        seconds: 0.5,
        ..SHORT
    };
    let told = told(source, vec![call([Value::Int(7)], Value::Int(16))], limits);
    insta::assert_snapshot!(told);
}

#[test]
fn recursion() {
    let source = "def solve(n):
    if n < 2:
        return n
    return solve(n - 1) + solve(n - 2) + 1";
    insta::assert_snapshot!(told(
        source,
        vec![call([Value::Int(3)], Value::Int(2))],
        PATIENT
    ));
}

#[test]
fn recursion_without_end() {
    let source = "def down(n, path):
    path = path + [n]
    return down(n - 2, path)

def solve(n):
    if n == 0:
        return []
    return down(n, [])";
    insta::assert_snapshot!(told(
        source,
        vec![call([Value::Int(3)], ints(&[]))],
        PATIENT
    ));
}

#[test]
fn too_much_memory() {
    let source = "def solve(n):
    grown = [0]
    while len(grown) < n:
        grown = grown + grown + [n]
    return grown";
    let test = call([Value::Int(1 << 40)], Value::Int(0));
    insta::assert_snapshot!(told(source, vec![test], PATIENT));
}

#[test]
fn a_script() {
    let source = "import sys
n = int(input())
rows = []
for _ in range(n):
    name, score = input().split()
    rows.append((score, name))
rows.sort()
for score, name in rows:
    print(name)";
    let test = Test::Stdio {
        input: "3\na 9\nb 10\nc 7\n".into(),
        expected: Some("c\na\nb\n".into()),
    };
    insta::assert_snapshot!(told_of(
        source,
        &problem(Interface::Stdin, vec![test], PATIENT)
    ));
}

#[test]
fn objects_and_tests_that_are_code() {
    let source = "class Node:
    def __init__(self, value, rest=None):
        self.value = value
        self.rest = rest

    def __repr__(self):
        raise ValueError

def solve(xs):
    head = None
    for x in xs:
        head = Node(x, head)
    found = []
    while head.rest:
        found.append(head.value)
        head = head.rest
    return found";
    let test = Test::Assert {
        code: "assert solve([1, 2, 3]) == [3, 2, 1]".into(),
    };
    insta::assert_snapshot!(told(source, vec![test], PATIENT));
}

#[test]
fn a_long_run_that_ends_badly() {
    let source = "def solve(n):
    table = {}
    total = 0
    for i in range(n):
        total += i % 7
        table[i % 5] = total
    for k in sorted(table):
        total -= table[k] // k
    return total";
    insta::assert_snapshot!(told(
        source,
        vec![call([Value::Int(40_000)], Value::Int(0))],
        PATIENT
    ));
}
