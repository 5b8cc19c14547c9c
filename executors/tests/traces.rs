//! Traces, and the feedback that is made of them.

#![allow(clippy::unwrap_used)]

mod common;

use cogitree_engine::{
    Checker, Executor, FeedbackLevel, Interface, Job, Limits, Problem, Program, Report, Test, Value,
};
use cogitree_executors::trace::{Event, Step, Trace};
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
    let source = "def solve(xs, x):
    low, high = 0, len(xs)
    while low < high:
        middle = (low + high) // 2
        if xs[middle] < x:
            low = middle
        else:
            high = middle
    return low";
    let limits = Limits {
        seconds: 1.0,
        ..SHORT
    };
    let test = call([ints(&[1, 3, 5, 7]), Value::Int(6)], Value::Int(3));
    insta::assert_snapshot!(told(source, vec![test], limits));
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

#[test]
fn each_line_has_the_values_that_it_changed() {
    let trace = trace(SUM, vec![call([ints(&[1, -2])], None)], 0, PATIENT);
    let expected = [
        "1:1 xs=[1, -2] Called",
        "1:2 total=0",
        "1:3 i=0",
        "1:4",
        "1:5 total=1",
        "1:3 i=1",
        "1:4",
        "1:7 total=0",
        "1:3",
        "1:8",
        "1:8 Returned(Some(\"0\"))",
    ];
    assert_eq!(steps(&trace), expected);
    assert!(trace.is_whole());
    let text = serde_json::to_string(&trace).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), trace);
}

#[test]
fn the_calls_of_a_recursion_and_of_generators_are_kept_apart() {
    let source = "def count(n):
    if n:
        yield n
        yield from count(n - 1)

def solve(n):
    a, b = count(n), count(n)
    return next(a) + next(b) + sum(a)";
    let trace = trace(source, vec![call([Value::Int(2)], None)], 0, PATIENT);
    let calls: Vec<(u32, u32, String)> = trace
        .steps()
        .filter(|s| s.event == Event::Called)
        .map(|s| {
            (
                s.call,
                s.depth,
                s.changes.iter().map(|c| c.value.as_str()).collect(),
            )
        })
        .collect();
    let own = |call, depth, n: &str| (call, depth, n.to_owned());
    // Two generators at n = 2, and the two that the first of them delegates to.
    assert_eq!(
        calls,
        [
            own(1, 1, "2"),
            own(2, 2, "2"),
            own(3, 2, "2"),
            own(4, 3, "1"),
            own(5, 4, "0")
        ]
    );
    let blocks = |call| -> Vec<u32> {
        let of_call = trace
            .steps()
            .filter(|s| s.call == call && s.event == Event::Line);
        of_call.map(|s| s.block.number).collect()
    };
    assert!(
        blocks(4).windows(2).all(|w| w[0] <= w[1]),
        "{:?}",
        blocks(4)
    );
}

#[test]
fn every_exception_is_told_once_where_it_was_raised() {
    let source = "def number(text):
    return int(text)

def solve(n):
    bad = 0
    for i in range(n):
        try:
            number('x')
        except ValueError:
            bad += 1
    return bad";
    let trace = trace(source, vec![call([Value::Int(7)], None)], 0, PATIENT);
    let raised = |line| {
        let event = Event::Raised("ValueError".into());
        trace
            .steps()
            .filter(|s| s.event == event && s.line == line)
            .count()
    };
    // In the call, and in the caller that it passes on to.
    assert_eq!((raised(2), raised(8)), (7, 7));
}

#[test]
fn a_test_is_traced_with_what_earlier_ones_left() {
    let source = "seen = []\ndef solve(x):\n    seen.append(x)\n    n = len(seen)\n    return n";
    let tests = (0..3)
        .map(|i| call([Value::Int(i)], Value::Int(1)))
        .collect();
    let trace = trace(source, tests, 2, PATIENT);
    assert_eq!(steps(&trace)[0], "1:2 x=2 Called");
    assert_eq!(steps(&trace)[2], "1:4 n=3");
}

/// Whatever ends a program, its last lines are there, also after many others.
#[test]
fn the_last_lines_survive_every_end() {
    let hangs = Limits {
        seconds: 0.3,
        ..SHORT
    };
    for (end, limits) in [
        ("raise KeyError(n)", PATIENT),
        ("import os; os._exit(3)", PATIENT),
        ("while True: n = n", hangs),
        ("n = sum(range(10**15))", hangs),
        ("import time; time.sleep(100)", PATIENT),
        ("print('x' * 10**6)", PATIENT),
        ("n = [n] * 10**9", PATIENT),
        ("n = [n] * 10**6 + n", PATIENT),
        (
            "import sys; sys._getframe(1).f_globals['emit'](9, b'')",
            PATIENT,
        ),
    ] {
        for rounds in [3, 4_000] {
            let source = format!(
                "def solve(n):\n    i = 0\n    while i < n:\n        i += 1\n    {end}\n    return 1"
            );
            let trace = trace(&source, vec![call([Value::Int(rounds)], None)], 0, limits);
            let last = trace.steps().next_back().unwrap();
            assert_eq!(last.line, 5, "{end}: {:?}", steps(&trace));
            let before: Vec<String> = steps(&trace).into_iter().rev().skip(1).take(8).collect();
            let counted = format!("i={rounds}");
            let is_there = before.iter().any(|s| s.contains(&counted));
            assert!(is_there, "{end}: {before:?}");
        }
    }
}

/// A program may do to its own trace what it likes: the trace may be short or wrong, and that is all.
#[test]
fn hostile_programs_harm_nothing_but_their_own_trace() {
    let forged = "sys._getframe(1).f_globals['emit']";
    for body in [
        "sys.monitoring.free_tool_id(4)",
        "sys.monitoring.set_events(4, 0)",
        "sys.monitoring.register_callback(4, sys.monitoring.events.LINE, lambda *a: 1 / 0)",
        "sys.settrace(lambda *a: None)",
        "sys.settrace(None)",
        "sys.setrecursionlimit(12)",
        "import builtins; builtins.repr = builtins.type = builtins.dict = None",
        &format!("{forged}(6, b'[1,2')"),
        &format!("{forged}(6, b'\\xff' * 100)"),
        &format!("{forged}(6, b'[' * 100000)"),
        &format!("{forged}(7, b'18446744073709551615')"),
        &format!("{forged}(7, b'-1')"),
        &format!(
            "{forged}(6, b'[1,4294967295,\"\\\\u001b[2J\",4294967295,4294967295,4294967295,1,1,{{\"a\":\"b\",\"c\":[1]}},null]')"
        ),
    ] {
        let source = format!(
            "import sys\ndef solve(x):\n    try: {body}\n    except ValueError: pass\n    y = x + 1\n    return y"
        );
        let problem = problem(
            function("solve"),
            vec![call([Value::Int(1)], Value::Int(5))],
            PATIENT,
        );
        let ordinary = run(&problem, &source);
        let told = told_of(&source, &problem);
        assert!(!told.contains('\u{1b}'), "{told}");
        if !body.contains(forged) {
            assert_eq!(
                ordinary.tests[0].actual,
                Some(Value::Int(2)),
                "{body}: {ordinary:?}"
            );
            assert!(told.contains("Step by step"), "{body}: {told}");
        } else {
            // In an ordinary run nobody listens to a trace.
            let error = ordinary.tests[0].error.as_ref().unwrap();
            assert_eq!(error.kind, "SandboxError", "{body}");
        }
    }
}

#[test]
fn a_flood_of_events_ends_and_is_not_kept() {
    let source = "import sys
def solve(x):
    emit = sys._getframe(1).f_globals['emit']
    while True:
        emit(6, b'[1,1,\"f\",1,2,0,1,9,{},null]' + b' ' * 16000)";
    let trace = trace(source, vec![call([Value::Int(1)], None)], 0, PATIENT);
    assert!(trace.steps().count() <= 1_100, "{}", trace.steps().count());
}

#[test]
fn the_code_of_a_program_is_not_run_to_show_its_values() {
    let source = "ran = []
class Sly(list):
    def __repr__(self): ran.append('repr')
    def __len__(self): ran.append('len'); return 9
    def __iter__(self): ran.append('iter'); return iter([])
    def __getitem__(self, i): ran.append('item')
    def __eq__(self, other): ran.append('eq')
    __hash__ = None
class Bytes(bytes):
    def __buffer__(self, flags): ran.append('buffer'); return memoryview(b'')
    def __getitem__(self, i): ran.append('item')
class Whole(int):
    def __index__(self): ran.append('index'); return 7
    def __repr__(self): ran.append('repr'); return 'x'
class Meta(type):
    def __getattribute__(self, name): ran.append('meta'); return type.__getattribute__(self, name)
    def __instancecheck__(self, other): ran.append('instance')
    def __subclasscheck__(self, other): ran.append('subclass')
class Thing(metaclass=Meta):
    def __getattribute__(self, name): ran.append('get')
    @property
    def __dict__(self): ran.append('dict')
    @property
    def __class__(self): ran.append('class')
class Text(str):
    def __eq__(self, other): ran.append('eq')
    def __hash__(self): ran.append('hash'); return 1
    def __str__(self): ran.append('str'); return self
class Named:
    __module__ = Text('program')
class Space(dict):
    def items(self): ran.append('items')
    def __iter__(self): ran.append('iter')
class Body(type):
    def __prepare__(name, bases): return Space()
def solve():
    a, b, c, d = Sly([1, 2]), Bytes(b'ab'), Whole(3), Thing()
    e = {'k': a, 'l': Space(x=1)}
    f = Text('t')
    g = Named()
    ran.clear()
    class Inner(metaclass=Body):
        x = 1
        y = 2
    h = (a, b, c, d, e, f, g)
    return ','.join(ran)";
    let trace = trace(source, vec![call([], None)], 0, PATIENT);
    let values: Vec<String> = trace
        .steps()
        .map(short)
        .filter(|s| s.contains(" a="))
        .collect();
    assert_eq!(values.len(), 1, "{values:?}");
    assert!(values[0].contains("a=[1, 2] b=b'ab' c=3"), "{values:?}");
    let last = steps(&trace).pop().unwrap();
    assert!(last.ends_with("Returned(Some(\"''\"))"), "{last}");
}

#[test]
fn what_was_never_run_has_no_trace() {
    let problem = problem(function("solve"), vec![call([], Value::Int(1))], PATIENT);
    for source in ["def solve(:", &"#".repeat(300 << 10)] {
        let report = run(&problem, source);
        let program = Program::new(source);
        let explain = |level| SANDBOX.explain(&problem, &program, &report, level).text;
        assert_eq!(explain(FeedbackLevel::Trace), explain(FeedbackLevel::Diff));
    }
    let program = Program::new("def solve(): return 1");
    let job = Job::visible(&problem, &program);
    let error = SANDBOX.trace(&job, &Report::default(), 0).unwrap_err();
    assert!(error.to_string().contains("no test 1"), "{error}");
}

#[test]
fn a_program_that_fails_to_load_is_traced_until_there() {
    let source =
        "table = {}\nfor i in range(3):\n    table[i] = 6 // (2 - i)\ndef solve(): return table";
    insta::assert_snapshot!(told(source, vec![call([], Value::Int(1))], PATIENT));
}

/// Where the first line fails there is nothing to be told step by step.
#[test]
fn a_module_that_is_not_there_is_told_in_a_line() {
    let text = told("import numpy", vec![call([], Value::Int(1))], PATIENT);
    assert!(
        text.contains("ModuleNotFoundError was raised in line 1"),
        "{text}"
    );
    assert!(
        !text.contains("Step by step") && !text.contains("\n  ..."),
        "{text}"
    );
}

/// Two traces of the same are the same.
#[test]
fn traces_are_deterministic() {
    let source = "def solve(n):\n    s = {str(i) for i in range(n)}\n    t = 0\n    for x in s:\n        t += int(x) * hash(x)\n    return t";
    let again = || trace(source, vec![call([Value::Int(3_000)], None)], 0, PATIENT);
    assert_eq!(again(), again());
}

#[test]
fn feedback_is_as_long_as_it_may_be() {
    let source = "def solve(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n        if total > 50:\n            total -= 7\n    return [total] * n\n";
    let wanted = ints(&(0..200).collect::<Vec<_>>());
    let problem = problem(
        function("solve"),
        vec![call([Value::Int(200)], wanted)],
        PATIENT,
    );
    let program = Program::new(source);
    let report = run(&problem, source);
    let told = |tokens: usize, level| {
        let sandbox = cogitree_executors::Sandbox::builder()
            .feedback_tokens(tokens)
            .open(|_| {})
            .unwrap();
        sandbox.explain(&problem, &program, &report, level).text
    };
    let mut before = 0;
    for tokens in [50, 100, 200, 400] {
        let text = told(tokens, FeedbackLevel::Trace);
        let length = text.chars().count();
        assert!(
            length <= 4 * tokens,
            "{length} characters at {tokens} tokens"
        );
        assert!(length > before, "{length} characters at {tokens} tokens");
        before = length;
        assert!(text.starts_with("0 of 1 "), "{text}");
    }
    assert!(told(50, FeedbackLevel::Diff).chars().count() <= 200);
    assert_eq!(
        told(700, FeedbackLevel::Trace),
        SANDBOX
            .explain(&problem, &program, &report, FeedbackLevel::Trace)
            .text
    );
}
