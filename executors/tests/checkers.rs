//! Checkers that are programs, and tests that share nothing.

#![allow(clippy::unwrap_used)]

mod common;

use cogitree_engine::{
    Checker, Executor, ExecutorError, FeedbackLevel, Interface, Job, Limits, Problem, Program,
    Report, Test, Value, Verdict,
};
use cogitree_executors::{HiddenTests, Judge, Sandbox};
use common::{SANDBOX, SHORT, call, function};

fn int(i: i64) -> Value {
    Value::Int(i)
}
fn ints(v: &[i64]) -> Value {
    Value::List(v.iter().map(|&i| int(i)).collect())
}

fn checked(
    checker: &str,
    interface: &Interface,
    source: &str,
    tests: &[Test],
) -> Result<Report, ExecutorError> {
    SANDBOX.run(&Job {
        interface,
        program: &Program::new(source),
        tests,
        checker: &Checker::Program {
            source: checker.into(),
        },
        limits: SHORT,
    })
}

/// The verdicts of a program with the entry point `solve`.
fn verdicts(checker: &str, source: &str, tests: &[Test]) -> Vec<Verdict> {
    let report = checked(checker, &function("solve"), source, tests).unwrap();
    report.tests.iter().map(|t| t.verdict).collect()
}

/// Any order of the argument, and any two numbers with the sum.
const ANY_ORDER: &str = "def check(args, expected, actual):\n    \
                         return type(actual) is list and sorted(args[0]) == sorted(actual)\n";

use Verdict::{Denied, OutputLimit, Passed, RuntimeError, Timeout, WrongAnswer};

#[test]
fn a_checker_accepts_every_right_answer_and_no_other() {
    let tests = [
        call([ints(&[3, 1, 2])], ints(&[1, 2, 3])),
        call([ints(&[])], None),
    ];
    for (body, expected) in [
        ("xs", [Passed, Passed]),
        ("xs[::-1]", [Passed, Passed]),
        ("sorted(xs)", [Passed, Passed]),
        ("xs + [1]", [WrongAnswer, WrongAnswer]),
        ("xs[1:]", [WrongAnswer, Passed]),
        ("tuple(xs)", [WrongAnswer, WrongAnswer]),
        ("None", [WrongAnswer, WrongAnswer]),
    ] {
        let source = format!("def solve(xs): return {body}");
        assert_eq!(verdicts(ANY_ORDER, &source, &tests), expected, "{body}");
    }
}

/// What the checker is told: the arguments as they were given, and what is expected.
#[test]
fn a_checker_sees_the_input_whatever_the_program_did_to_it() {
    let checker = "def check(args, expected, actual):\n    \
                   assert args == [[1, 2], 5] and expected == {'k': (1,)}, 'not as given'\n    \
                   return actual == 'done'";
    let expected = Value::Dict(vec![(Value::Str("k".into()), Value::Tuple(vec![int(1)]))]);
    let tests = [call([ints(&[1, 2]), int(5)], expected)];
    let source = "def solve(xs, n):\n    xs.clear()\n    return 'done'";
    assert_eq!(verdicts(checker, source, &tests), [Passed]);
    let other = [call([ints(&[1]), int(5)], None)];
    assert_eq!(
        verdicts(checker, source, &other),
        [WrongAnswer],
        "a failed assert says no"
    );
}

#[test]
fn a_checker_of_outputs_sees_input_and_output() {
    let checker = "def check(input, expected, output):\n    \
                   assert expected in (None, 'x')\n    n = int(input)\n    \
                   words = output.split()\n    \
                   return len(words) == 2 and all(w.isdigit() for w in words) and \
                   sum(map(int, words)) == n";
    let tests = [("7", Some("x")), ("1", None)].map(|(input, expected)| Test::Stdio {
        input: input.into(),
        expected: expected.map(str::to_owned),
    });
    let run = |source| {
        let report = checked(checker, &Interface::Stdin, source, &tests).unwrap();
        report.tests.iter().map(|t| t.verdict).collect::<Vec<_>>()
    };
    assert_eq!(run("n = int(input()); print(n - 1, 1)"), [Passed, Passed]);
    assert_eq!(run("print(3, 4)"), [Passed, WrongAnswer]);
    assert_eq!(run("pass"), [WrongAnswer, WrongAnswer]);
    assert_eq!(run("1 / 0"), [RuntimeError, RuntimeError]);
}

/// Only answers are asked about; other verdicts stand, and so do tests that are code.
#[test]
fn a_checker_is_not_asked_where_there_is_no_answer() {
    let tests = [
        call([int(0)], None),
        call([int(1)], None),
        call([int(2)], None),
        call([int(3)], None),
        Test::Assert {
            code: "assert solve(0) == 'zero'".into(),
        },
        Test::Assert {
            code: "assert solve(0) == 'nought'".into(),
        },
        call([int(4)], None),
    ];
    let source = "def solve(n):\n    if n == 1: return 1 / 0\n    \
                  if n == 2: return 'x' * 10**6\n    if n == 3: return open('/etc/passwd')\n    \
                  while n == 4: pass\n    return 'zero'";
    let checker = "def check(args, expected, actual):\n    \
                   if args != [0]: raise RuntimeError('asked without an answer')\n    return True";
    assert_eq!(
        verdicts(checker, source, &tests),
        [
            Passed,
            RuntimeError,
            OutputLimit,
            Denied,
            Passed,
            WrongAnswer,
            Timeout
        ]
    );
}

/// Whatever a checker does wrong is said of the checker, with its line, and is no verdict.
#[test]
fn a_checker_that_fails_is_an_error_of_the_problem() {
    let tests = [call([int(1)], None), call([int(2)], int(2))];
    for (checker, parts) in [
        (
            "def check(args, expected, actual):\n    if expected:\n        return [][0]\n    return True",
            &["IndexError", "line 3: return [][0]", "test 2"][..],
        ),
        (
            "def check(args, expected, actual):\n    while True: pass",
            &["did not end within 10 s", "test 1"],
        ),
        (
            "def check(args, expected, actual): return 1",
            &["of type int, not True or False"],
        ),
        (
            "def check(args, expected, actual): pass",
            &["of type NoneType, not True or False"],
        ),
        ("import numpy", &["ModuleNotFoundError", "numpy", "line 1"]),
        ("def chek(): pass", &["NameError", "'check'"]),
        ("def check(:", &["SyntaxError", "line 1"]),
        ("def check(a): return True", &["TypeError"]),
        (
            "import os\ndef check(*a): os._exit(0)",
            &["left with status 0"],
        ),
        (
            "def check(*a):\n    while True: print('x' * 99999)",
            &["more than 1024 KiB"],
        ),
        (
            "def check(*a): return [bytearray(1 << 30) for _ in range(3)]",
            &["more than 1024 MiB"],
        ),
        (
            "def check(*a): return open('/etc/passwd')",
            &["PermissionError"],
        ),
        (
            "def check(*a): raise ValueError('a\\x1b[2Jb')",
            &["a\\u{1b}[2Jb"],
        ),
    ] {
        let error = checked(
            checker,
            &function("solve"),
            "def solve(n): return n",
            &tests,
        )
        .expect_err(checker)
        .to_string();
        for part in ["the problem's checker"].iter().chain(parts) {
            assert!(error.contains(part), "{checker}\n`{part}` not in: {error}");
        }
    }
}

/// Answers are data to a checker: what a program makes of its classes or of the interpreter is gone.
#[test]
fn an_answer_cannot_reach_the_checker() {
    let tests = [call([ints(&[2, 1])], ints(&[1, 2]))];
    for source in [
        // Equal to everything, sorted as it likes, true whatever happens.
        "class A(list):\n    def __eq__(self, o): return True\n    def __iter__(self): return iter([2, 1])\n\
         def solve(xs): return A([9])",
        "class A:\n    def __eq__(self, o): return True\ndef solve(xs): return A()",
        "class A:\n    def __eq__(self, o): return True\ndef solve(xs): return [A(), A()]",
        // A builtin changed in the program's interpreter is not changed in the checker's.
        "import builtins\nbuiltins.sorted = lambda xs: []\ndef solve(xs): return [5]",
        "import sys\ndef solve(xs):\n    \
         sys.modules['checker'] = sys.modules['program']\n    return {'check': True}",
        // An answer in the harness's place, with more and deeper data than the harness sends.
        "import sys\ndef solve(xs):\n    emit = sys._getframe(1).f_globals['emit']\n    \
         emit(4, b'{\"value\": \"' + b'[' * 60 + b']' * 60 + b'\"}')",
    ] {
        assert_eq!(
            verdicts(ANY_ORDER, source, &tests),
            [WrongAnswer],
            "{source}"
        );
    }
}

/// Many large answers do not fit into one instance; the checker must see them all the same.
#[test]
fn large_answers_are_put_to_the_checker_in_parts() {
    let tests: Vec<Test> = (0..40).map(|i| call([int(i)], None)).collect();
    let checker = "def check(args, expected, actual):\n    \
                   return len(actual) == 900_000 and args[0] % 2 == 0";
    let report = SANDBOX
        .run(&Job {
            interface: &function("solve"),
            program: &Program::new("def solve(i): return 'x' * 900_000"),
            tests: &tests,
            checker: &Checker::Program {
                source: checker.into(),
            },
            limits: Limits {
                output_kib: 1024,
                ..SHORT
            },
        })
        .unwrap();
    for (i, test) in report.tests.iter().enumerate() {
        assert_eq!(test.verdict.passed(), i % 2 == 0, "test {i}");
    }
}

#[test]
fn feedback_says_that_the_checker_refused() {
    let problem = Problem {
        id: "p".into(),
        statement: String::new(),
        interface: function("solve"),
        tests: vec![
            call([ints(&[2, 1])], ints(&[1, 2])),
            call([ints(&[7, 8, 9])], None),
        ],
        checker: Checker::Program {
            source: ANY_ORDER.into(),
        },
        limits: SHORT,
    };
    let explain = |source: &str, tests: usize| {
        let mut problem = problem.clone();
        problem.tests.drain(..2 - tests);
        let program = Program::new(source);
        let report = SANDBOX.run(&Job::visible(&problem, &program)).unwrap();
        SANDBOX.explain(&problem, &program, &report, FeedbackLevel::Diff)
    };
    let feedback = explain("def solve(xs): return xs[:1]", 2);
    assert_eq!(
        feedback.text,
        "0 of 2 visible tests passed: 2 wrong_answer.\n\
         Test 1: `solve([2, 1])` returned `[2]`, which the problem's checker refuses; the test's own \
         answer is `[1, 2]`.\nTest 2 fails, too."
    );
    // The one answer that the test names is not the only one: how they differ says nothing.
    assert_eq!(feedback.differences, []);
    assert_eq!(
        explain("def solve(xs): return 5", 1).text,
        "0 of 1 visible tests passed: 1 wrong_answer.\n\
         Test 1: `solve([7, 8, 9])` returned `5`, which the problem's checker refuses."
    );
    // Hidden tests are judged by it, too.
    let hidden = HiddenTests::from(vec![call([ints(&[5, 4])], None)]);
    let judge = |source: &str| {
        let report = Judge::new(&*SANDBOX).judge(&problem, &Program::new(source), &hidden);
        report.unwrap().verdict()
    };
    assert_eq!(judge("def solve(xs): return xs[::-1]"), Passed);
    assert_eq!(judge("def solve(xs): return xs[1:]"), WrongAnswer);
}

/// A program that counts its calls, and one that spoils the library for the next test.
#[test]
fn nothing_is_left_for_the_next_test_where_each_has_an_instance() {
    let alone = Sandbox::builder()
        .instances(1)
        .instance_per_test(true)
        .open(|_| {})
        .unwrap();
    let counts = "calls = 0\ndef solve(x):\n    global calls\n    calls += 1\n    return calls";
    let spoils = "import math\ndef solve(x):\n    \
                  kept, math.floor = math.floor, lambda v: 2\n    return kept(1.5)";
    for source in [counts, spoils] {
        let run = |sandbox: &Sandbox, tests: &[Test]| {
            let report = sandbox.run(&Job {
                interface: &function("solve"),
                program: &Program::new(source),
                tests,
                checker: &Checker::Exact,
                limits: SHORT,
            });
            let tests = report.unwrap().tests;
            tests.iter().map(|t| t.verdict).collect::<Vec<_>>()
        };
        let calls = vec![call([int(0)], int(1)); 3];
        assert_eq!(run(&alone, &calls), [Passed, Passed, Passed]);
        assert_eq!(run(&SANDBOX, &calls), [Passed, WrongAnswer, WrongAnswer]);
        let code = vec![
            Test::Assert {
                code: "assert solve(0) == 1".into()
            };
            2
        ];
        assert_eq!(run(&alone, &code), [Passed, Passed]);
        assert_eq!(run(&SANDBOX, &code), [Passed, WrongAnswer]);
    }
    // A program that does not load fails in each, and a time-out is that of one test.
    let report = alone.run(&Job {
        interface: &function("solve"),
        program: &Program::new("1 / 0"),
        tests: &[call([int(0)], None), call([int(1)], None)],
        checker: &Checker::Exact,
        limits: SHORT,
    });
    assert_eq!(report.unwrap().verdict(), RuntimeError);
}
