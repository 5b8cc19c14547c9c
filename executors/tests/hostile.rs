//! Programs that attack, cheat or exhaust: each must get its verdict, and none may get away.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use cogitree_engine::{
    Checker, Executor, Interface, Job, Limits, Program, Report, Test, Value, Verdict,
};
use common::{SANDBOX, SHORT, call, function, run, run_with, script, shared};
use serde_json::Value as Json;

/// The square of the argument, plus one.
fn square() -> Vec<Test> {
    [0, 1, 7]
        .map(|x| call([Value::Int(x)], Value::Int(x * x + 1)))
        .into()
}

/// Programs of our own: name, source, verdict.
const TABLE: &[(&str, &str, Verdict)] = &[
    (
        "an object that equals everything",
        "class A:\n    def __eq__(self, o): return True\ndef solve(x): return A()",
        Verdict::WrongAnswer,
    ),
    (
        "an int that equals everything",
        "class A(int):\n    def __eq__(self, o): return True\n    def __repr__(self): return '1'\n\
         def solve(x): return A(5)",
        Verdict::WrongAnswer,
    ),
    (
        "leaves with success",
        "import os\ndef solve(x): os._exit(0)",
        Verdict::RuntimeError,
    ),
    (
        "raises SystemExit",
        "def solve(x): raise SystemExit(0)",
        Verdict::RuntimeError,
    ),
    (
        "replaces what the harness might use",
        "import builtins, json, sys\n\
         builtins.type = builtins.issubclass = builtins.len = builtins.dict = lambda *a: 1\n\
         json.dumps = lambda *a, **k: '{}'\nsys.stdout = None\n\
         def solve(x): return x * x + 1",
        Verdict::Passed,
    ),
    (
        "answers in the harness's place",
        "import sys\ndef solve(x):\n    \
         sys._getframe(1).f_globals['emit'](4, b'{\"value\": \"1\"}')\n    return 0",
        Verdict::WrongAnswer,
    ),
    (
        "answers in the harness's place, at length",
        "import sys\ndef solve(x):\n    \
         sys._getframe(1).f_globals['emit'](4, b'{\"value\": \"' + b'1' * 10**6 + b'\"}')\n    return 0",
        Verdict::OutputLimit,
    ),
    (
        "loops in Python",
        "def solve(x):\n    while True: pass",
        Verdict::Timeout,
    ),
    (
        "loops in Python, catching everything",
        "def solve(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        Verdict::Timeout,
    ),
    (
        "loops in C",
        "def solve(x): return sum(range(10**15))",
        Verdict::Timeout,
    ),
    (
        "sleeps",
        "import time\ndef solve(x): time.sleep(1e6)",
        Verdict::Timeout,
    ),
    ("loops while loading", "while True: pass", Verdict::Timeout),
    (
        "takes memory",
        "def solve(x):\n    a = []\n    while True: a.append(bytearray(1 << 20))",
        Verdict::MemoryLimit,
    ),
    (
        "takes memory and insists",
        "def solve(x):\n    a = []\n    while True:\n        try: a.append(bytearray(1 << 20))\n        except MemoryError: pass",
        Verdict::MemoryLimit,
    ),
    (
        "writes without end",
        "def solve(x):\n    while True: print('x' * 999)",
        Verdict::OutputLimit,
    ),
    (
        "returns too much",
        "def solve(x): return list(range(10**6))",
        Verdict::OutputLimit,
    ),
    (
        "returns a shared structure that unfolds without end",
        "def solve(x):\n    a = []\n    for _ in range(40): a = [a, a]\n    return a",
        Verdict::OutputLimit,
    ),
    (
        "recurses",
        "import sys\nsys.setrecursionlimit(10**9)\ndef solve(x): return repr(solve) + solve(x)",
        Verdict::RuntimeError,
    ),
    (
        "reads a file",
        "def solve(x): return open('/etc/passwd').read()",
        Verdict::Denied,
    ),
    (
        "lists a folder",
        "import os\ndef solve(x): return os.listdir('/')",
        Verdict::Denied,
    ),
    (
        "opens a connection",
        "import socket\ndef solve(x): socket.create_connection(('127.0.0.1', 9))",
        Verdict::Denied,
    ),
    (
        "starts a process",
        "import subprocess\ndef solve(x): subprocess.run(['ls'])",
        Verdict::Denied,
    ),
    (
        "an error whose message fails",
        "class E(Exception):\n    def __str__(self): raise E\ndef solve(x): raise E",
        Verdict::RuntimeError,
    ),
];

#[test]
fn our_own() {
    let mut misses = Vec::new();
    for (name, source, verdict) in TABLE {
        // Other work on the machine must not turn an error into a timeout.
        let seconds = if *verdict == Verdict::Timeout {
            0.3
        } else {
            10.0
        };
        let report = run_with(source, &square(), Limits { seconds, ..SHORT });
        if report.verdict() != *verdict {
            misses.push(format!(
                "{name}: {} {:?}",
                report.verdict(),
                report.tests[0]
            ));
        }
        assert!(run("def solve(x): return x * x + 1", &square()).all_passed());
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn nothing_of_the_host_shows() {
    let source = "import os, sys, json\n\
                  print(json.dumps([dict(os.environ), sys.argv, sys.path, os.getcwd()]))";
    let report = script(source, "", "");
    assert_eq!(
        report.stdout.trim(),
        r#"[{}, ["program.py"], [], "/"]"#,
        "{report:?}"
    );
}

struct Task {
    interface: Interface,
    checker: Checker,
    tests: Vec<Test>,
}

fn tasks(folder: &Path) -> Json {
    let text = std::fs::read_to_string(folder.join("tests.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn task(all: &Json, name: &str) -> Task {
    let task = &all["tasks"][name];
    let stdio = task["mode"] == "stdio";
    let text = |v: &Json| v.as_str().unwrap().to_owned();
    let mut tests: Vec<Test> = Vec::new();
    for pair in task["tests"].as_array().into_iter().flatten() {
        tests.push(if stdio {
            Test::Stdio {
                input: text(&pair[0]),
                expected: Some(text(&pair[1])),
            }
        } else {
            call([Value::from(pair[0].clone())], Value::from(pair[1].clone()))
        });
    }
    if tests.is_empty() {
        tests = (0..3)
            .map(|i| Test::Stdio {
                input: format!("tok{i} {}", "x".repeat(4_000_000)),
                expected: Some(format!("tok{i}\n")),
            })
            .collect();
    }
    let compare = text(&task["compare"]);
    Task {
        interface: if stdio {
            Interface::Stdin
        } else {
            function("solve")
        },
        checker: match compare.as_str() {
            "exact" => Checker::Exact,
            "tokens" => Checker::Tokens,
            _ => Checker::Tolerance {
                absolute: 1e-9,
                relative: 1e-9,
            },
        },
        tests,
    }
}

/// The suite of hostile programs, where it is at hand. Its misses are printed; a cheat that passes
/// or a host that shows is an error.
#[test]
fn the_suite() {
    let Some(folder) = shared("hostile") else {
        eprintln!("no hostile suite at hand");
        return;
    };
    let all = tasks(&folder);
    // The suite says 2 s; half of it is enough for what must pass, and most of the time of this test
    // is spent on what must not.
    let limits = Limits {
        seconds: 1.0,
        output_kib: 64,
        source_kib: 1024,
        ..SHORT
    };
    let expected = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let (mut misses, mut errors, mut count) = (Vec::new(), Vec::new(), 0);
    for line in expected.lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let file = line["file"].as_str().unwrap();
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            continue;
        };
        // What is not text never becomes a program.
        let Ok(source) = String::from_utf8(bytes) else {
            continue;
        };
        count += 1;
        let Task {
            interface,
            checker,
            tests,
        } = task(&all, line["task"].as_str().unwrap());
        let run = || -> Report {
            SANDBOX
                .run(&Job {
                    interface: &interface,
                    program: &Program::new(source.clone()),
                    tests: &tests,
                    checker: &checker,
                    limits,
                })
                .unwrap()
        };
        let start = std::time::Instant::now();
        let report = run();
        let time = start.elapsed();
        let verdict = match report.verdict() {
            Verdict::Passed => "ok",
            v => v.name(),
        };
        let fine = |name: &Json| name == verdict;
        let also = line["also_ok"].as_array().unwrap().iter().any(fine);
        if line["expect"] != verdict && !also {
            misses.push(format!(
                "{file}: {verdict}, expected {} ({time:?}) {:?}",
                line["expect"], report.tests[0]
            ));
        }
        if line["cheat"] == true && verdict == "ok" {
            errors.push(format!("{file}: a cheat passed"));
        }
        if let Some(partial) = line.get("partial")
            && partial[0] != report.passed()
        {
            misses.push(format!(
                "{file}: {} passed, expected {partial}",
                report.passed()
            ));
        }
        let told = serde_json::to_string(&report).unwrap();
        for secret in line["must_not_contain"].as_array().into_iter().flatten() {
            if told.contains(secret.as_str().unwrap()) {
                errors.push(format!("{file}: shows {secret}"));
            }
        }
        if line["deterministic"] == true || line["deterministic"] == "if clock is virtual" {
            let outputs =
                |r: Report| -> Vec<String> { r.tests.into_iter().map(|t| t.stdout).collect() };
            if outputs(report) != outputs(run()) {
                misses.push(format!("{file}: two runs differ"));
            }
        }
        assert!(common::run("def solve(x): return x * x + 1", &square()).all_passed());
    }
    eprintln!(
        "{count} programs, {} misses\n{}",
        misses.len(),
        misses.join("\n")
    );
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
