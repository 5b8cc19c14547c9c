//! Programs that attack, cheat or exhaust: each must get its verdict, and none may get away.

mod common;
#[path = "common/suite.rs"]
mod suite;

use cogitree_engine::{Limits, Test, Value, Verdict};
use common::{SANDBOX, SHORT, call, run, run_with, script, shared};
use suite::Suite;

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

/// Calls of Python by Python take no stack, only memory: which of the two ends first is the limits' to
/// say, and either is a clean end.
#[test]
fn a_recursion_without_end_ends() {
    let source = "import sys\nsys.setrecursionlimit(10**9)\n\
                  def solve(x): return repr(solve) + solve(x)";
    for (memory_mib, verdict) in [(128, Verdict::MemoryLimit), (2048, Verdict::RuntimeError)] {
        let limits = Limits {
            memory_mib,
            seconds: 20.0,
            ..SHORT
        };
        let report = run_with(source, &square()[..1], limits);
        assert_eq!(report.verdict(), verdict, "{memory_mib} MiB: {report:?}");
    }
    assert!(run("def solve(x): return x * x + 1", &square()).all_passed());
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

/// The suite of hostile programs, where it is at hand: the example `hostile` as a test, but with
/// less time for each test, without the programs that must be generated, and with what is left of a
/// program in this process not looked at, since other tests run beside.
#[test]
fn the_suite() {
    let Some(folder) = shared("hostile") else {
        eprintln!("no hostile suite at hand");
        return;
    };
    let mut suite = Suite::open(vec![folder]).expect("the suite is read");
    // Less than the suite says is enough for what must end by itself, and most of the time of this
    // test is spent on what must not.
    suite.limits.seconds *= 0.75;
    let (mut misses, mut count) = (Vec::new(), 0);
    for member in &suite.members {
        if suite.bytes(&member.file).is_none() {
            continue;
        }
        count += 1;
        let outcome = suite.run(&SANDBOX, member).expect("the sandbox runs");
        for miss in &outcome.misses {
            misses.push(format!(
                "{}: {miss} {:?}",
                member.file, outcome.report.tests[0]
            ));
        }
        let holds = suite.baseline_holds(&SANDBOX).expect("the sandbox runs");
        assert!(holds, "after {} the baseline does not pass", member.file);
    }
    assert!(count > 100, "only {count} programs");
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
