//! What the sandbox promises, as a table.

#![allow(clippy::unwrap_used)]

mod common;

use cogitree_engine::{Checker, Executor, Interface, Job, Limits, Program, Test, Value, Verdict};
use common::{SANDBOX, SHORT, call, function, run, run_with, script};

fn int(i: i64) -> Value {
    Value::Int(i)
}
fn text(s: &str) -> Value {
    Value::Str(s.into())
}
fn ints(v: &[i64]) -> Value {
    Value::List(v.iter().map(|&i| int(i)).collect())
}

/// What `solve()` returns when its body is `return <expression>`.
fn value_of(expression: &str) -> Value {
    let source = format!(
        "import collections, math, enum, decimal\nclass L(list):\n    def __iter__(self): return iter([9])\n\
         class E(enum.IntEnum):\n    A = 3\nP = collections.namedtuple('P', 'x y')\n\
         def solve():\n    return {expression}"
    );
    let report = run(&source, &[call([], None)]);
    let test = &report.tests[0];
    assert_eq!(test.verdict, Verdict::Passed, "{expression}: {test:?}");
    test.actual.clone().expect("a value")
}

#[test]
fn plain_data_comes_back_as_it_is() {
    let cases = [
        ("None", Value::None),
        ("True", Value::Bool(true)),
        ("-7", int(-7)),
        ("2**63 - 1", int(i64::MAX)),
        ("-2**63", int(i64::MIN)),
        (
            "2**63",
            Value::integer("9223372036854775808".parse().unwrap()),
        ),
        ("0.1", Value::Float(0.1)),
        ("-0.0", Value::Float(-0.0)),
        ("math.inf", Value::Float(f64::INFINITY)),
        ("1-2j", Value::Complex(1.0, -2.0)),
        ("'zü中\\n\\0'", text("zü中\n\0")),
        ("b'\\x00\\xff'", Value::Bytes(vec![0, 255])),
        (
            "[1, [2], []]",
            Value::List(vec![int(1), ints(&[2]), ints(&[])]),
        ),
        ("(1, 'a')", Value::Tuple(vec![int(1), text("a")])),
        ("{3}", Value::Set(vec![int(3)])),
        ("frozenset([3])", Value::FrozenSet(vec![int(3)])),
        (
            "{'a': 1, 2: None}",
            Value::Dict(vec![(text("a"), int(1)), (int(2), Value::None)]),
        ),
        (
            "[True, 1, 2**70]",
            Value::List(vec![
                Value::Bool(true),
                int(1),
                Value::integer("1180591620717411303424".parse().unwrap()),
            ]),
        ),
        // Ordinary answers of other types are read as what they are made of.
        ("collections.deque([1, 2])", ints(&[1, 2])),
        (
            "collections.Counter('a')",
            Value::Dict(vec![(text("a"), int(1))]),
        ),
        (
            "collections.OrderedDict(a=1)",
            Value::Dict(vec![(text("a"), int(1))]),
        ),
        (
            "collections.defaultdict(int, a=1)",
            Value::Dict(vec![(text("a"), int(1))]),
        ),
        ("P(1, 2)", Value::Tuple(vec![int(1), int(2)])),
        ("E.A", int(3)),
        ("bytearray(b'a')", Value::Bytes(vec![97])),
        // What a subclass says of itself does not count.
        ("L([1])", ints(&[1])),
    ];
    for (expression, value) in cases {
        assert_eq!(value_of(expression), value, "{expression}");
    }
}

#[test]
fn what_is_not_plain_data_is_opaque() {
    for (expression, name) in [
        ("(x for x in 'a')", "generator"),
        ("map(str, [1])", "map"),
        ("range(3)", "range"),
        ("len", "builtin_function_or_method"),
        ("decimal.Decimal('1')", "Decimal"),
        ("object", "type"),
        ("'\\ud800'", "str"),
    ] {
        match value_of(expression) {
            Value::Opaque { type_name, .. } => assert_eq!(type_name, name),
            other => panic!("{expression} is {other}"),
        }
    }
    let cyclic = run(
        "def solve():\n    a = []\n    a.append(a)\n    return a",
        &[call([], None)],
    );
    assert!(
        cyclic.tests[0]
            .actual
            .as_ref()
            .unwrap()
            .to_string()
            .contains("...")
    );
}

#[test]
fn arguments_arrive_as_they_were_given() {
    let args = vec![
        Value::Tuple(vec![int(1), Value::Float(0.1), Value::None]),
        Value::Dict(vec![(
            Value::Tuple(vec![int(1)]),
            Value::Set(vec![text("ü")]),
        )]),
        Value::integer("123456789012345678901234567890".parse().unwrap()),
        Value::Bytes(vec![1]),
        Value::Float(f64::NAN),
        Value::Complex(0.0, -1.5),
        Value::FrozenSet(vec![]),
    ];
    let text = "((1, 0.1, None), {(1,): {'ü'}}, 123456789012345678901234567890, b'\\x01', nan, -1.5j, frozenset())";
    let report = run(
        "def solve(*args): return repr(args)",
        &[call(args, Value::Str(text.into()))],
    );
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn each_test_has_fresh_arguments_and_its_own_verdict() {
    let source = "def solve(xs):\n    xs.append(1)\n    if len(xs) == 3: raise KeyError('three')\n    return len(xs)";
    let tests = [
        call([ints(&[])], int(1)),
        call([ints(&[])], int(1)),
        call([ints(&[5])], int(9)),
        call([ints(&[5, 5])], int(3)),
        call([ints(&[5, 5, 5])], int(4)),
    ];
    let verdicts: Vec<Verdict> = run(source, &tests)
        .tests
        .iter()
        .map(|t| t.verdict)
        .collect();
    use Verdict::{Passed, RuntimeError, WrongAnswer};
    assert_eq!(
        verdicts,
        [Passed, Passed, WrongAnswer, RuntimeError, Passed]
    );
}

#[test]
fn tests_after_a_timeout_or_a_crash_get_their_own_verdict() {
    let source = "import os\nprint('loading')\ndef solve(x):\n    print(x)\n    while x == 1: pass\n    \
                  if x == 2: os._exit(0)\n    if x == 3: return bytearray(1 << 29)\n    return x";
    let tests: Vec<Test> = (0..5).map(|x| call([int(x)], int(x))).collect();
    let report = run(source, &tests);
    let verdicts: Vec<Verdict> = report.tests.iter().map(|t| t.verdict).collect();
    use Verdict::{MemoryLimit, Passed, RuntimeError, Timeout};
    assert_eq!(
        verdicts,
        [Passed, Timeout, RuntimeError, MemoryLimit, Passed]
    );
    assert_eq!(report.tests[0].stdout, "loading\n0\n");
    assert_eq!(report.tests[4].stdout, "loading\n4\n");
}

#[test]
fn errors_have_type_message_and_line() {
    let cases = [
        (
            "def solve(x):\n    return {}[x]",
            "KeyError",
            "5",
            Some(2),
            Some("return {}[x]"),
        ),
        (
            "def f(x):\n  return 1 / 0\ndef solve(x):\n  return f(x)",
            "ZeroDivisionError",
            "division by zero",
            Some(2),
            Some("return 1 / 0"),
        ),
        (
            "import json\ndef solve(x):\n  return json.loads('{')",
            "JSONDecodeError",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            Some(3),
            Some("return json.loads('{')"),
        ),
        (
            "def solve(x:\n  pass",
            "SyntaxError",
            "'(' was never closed",
            Some(1),
            Some("def solve(x:"),
        ),
        (
            "def solve(x):\nreturn 1",
            "IndentationError",
            "expected an indented block after function definition on line 1",
            Some(2),
            Some("return 1"),
        ),
        (
            "x = 1\ny = z",
            "NameError",
            "name 'z' is not defined",
            Some(2),
            Some("y = z"),
        ),
        (
            "def other(x): return x",
            "NameError",
            "the program does not define 'solve'",
            None,
            None,
        ),
        (
            "solve = 3",
            "TypeError",
            "'int' object is not callable",
            None,
            None,
        ),
        (
            "def solve(): return 3",
            "TypeError",
            "solve() takes 0 positional arguments but 1 was given",
            None,
            None,
        ),
        (
            "import sys\ndef solve(x): sys.exit(3)",
            "SystemExit",
            "3",
            Some(2),
            Some("def solve(x): sys.exit(3)"),
        ),
        (
            "class E(Exception):\n  def __str__(self): raise E\ndef solve(x): raise E",
            "E",
            "",
            Some(3),
            Some("def solve(x): raise E"),
        ),
        (
            "import numpy",
            "ModuleNotFoundError",
            "No module named 'numpy'",
            Some(1),
            Some("import numpy"),
        ),
    ];
    for (source, kind, message, line, text) in cases {
        let report = run(source, &[call([int(5)], int(5)), call([int(6)], int(6))]);
        assert_eq!(report.verdict(), Verdict::RuntimeError, "{source}");
        let error = report.tests[0].error.as_ref().expect("an error");
        let told = (
            error.kind.as_str(),
            error.message.as_str(),
            error.line,
            error.source_line.as_deref(),
        );
        assert_eq!(told, (kind, message, line, text), "{source}");
    }
}

#[test]
fn a_module_is_not_main_and_a_script_is() {
    let source = "def solve(): return __name__";
    assert!(run(source, &[call([], text("program"))]).all_passed());
    assert!(
        script("if __name__ == '__main__': print(1)", "", "1")
            .verdict
            .passed()
    );
}

#[test]
fn scripts_read_and_write() {
    let sum = "6\n";
    for source in [
        "n = int(input()); print(sum(map(int, input().split())))",
        "import sys; d = sys.stdin.read().split(); print(sum(map(int, d[1:])))",
        "print(sum(map(int, open(0).read().split()[1:])))",
        "import sys; sys.stdout.write(str(sum(int(x) for l in list(sys.stdin)[1:] for x in l.split())))",
        "import sys; r = sys.stdin.buffer.readline; r(); print(sum(map(int, r().split())))",
        "import os; print(sum(map(int, open(0, 'rb').read().split()[1:]))); exit()",
        "import sys\ndef main():\n  input(); print(sum(map(int, input().split()))); sys.exit(0)\nmain()",
        "import atexit; atexit.register(print, 6)",
        "import threading, sys\nsys.setrecursionlimit(10**6); threading.stack_size(1 << 26)\nt = threading.Thread(target=lambda: print(6)); t.start(); t.join()",
        "import asyncio\nasync def f():\n  await asyncio.sleep(0.1)\n  print(6)\nasyncio.run(f())",
    ] {
        let report = script(source, "3\n1 2 3\n", sum);
        assert!(report.verdict.passed(), "{source}: {report:?}");
    }
    assert_eq!(
        script("input(); input()", "1\n", "").error.unwrap().kind,
        "EOFError"
    );
    assert_eq!(script("exit(1)", "", "").verdict, Verdict::RuntimeError);
    assert_eq!(script("print(5)", "", "6").verdict, Verdict::WrongAnswer);
    assert_eq!(
        script("print(6); 1/0", "", "6").verdict,
        Verdict::RuntimeError
    );
}

#[test]
fn output_is_captured_for_each_test() {
    let source = "import sys\ndef solve(x):\n    print('out', x)\n    print('err', x, file=sys.stderr)\n    return x";
    let report = run(source, &[call([int(1)], int(1)), call([int(2)], int(2))]);
    assert_eq!(report.tests[1].stdout, "out 2\n");
    assert_eq!(report.tests[1].stderr, "err 2\n");
}

#[test]
fn assertions_are_run_after_the_program() {
    let code = |c: &str| Test::Assert { code: c.into() };
    let source = "def solve(x):\n    if x == 3: raise ValueError('three')\n    return helper(x)\ndef helper(x): return x + 1";
    let tests = [
        code("assert solve(1) == 2"),
        code("assert solve(1) == 3, 'not three'"),
        code("def helper(x): return 0\nassert solve(1) == 2"),
        code("assert solve(1) == 2"),
        code("assert solve(3) == 4"),
        code("assert undefined"),
        code("def check(f):\n    assert f(1) == 2\ncheck(solve)"),
        code("assert solve(1) =="),
    ];
    let report = run(source, &tests);
    let verdicts: Vec<Verdict> = report.tests.iter().map(|t| t.verdict).collect();
    use Verdict::{Passed, RuntimeError, WrongAnswer};
    assert_eq!(
        verdicts,
        [
            Passed,
            WrongAnswer,
            Passed,
            Passed,
            RuntimeError,
            RuntimeError,
            Passed,
            RuntimeError
        ],
    );
    assert_eq!(report.tests[1].error.as_ref().unwrap().message, "not three");
    assert_eq!(report.tests[4].error.as_ref().unwrap().line, Some(2));
    assert_eq!(report.tests[5].error.as_ref().unwrap().line, None);
}

#[test]
fn values_that_lie_do_not_pass_assertions() {
    let lies = "    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    \
                def __sub__(self, o): return 0\n    def __abs__(self): return 0\n    \
                def __lt__(self, o): return True\n    def __bool__(self): return True\n    \
                __hash__ = object.__hash__\n";
    for (base, value) in [
        ("object", "A()"),
        ("int", "A(3)"),
        ("float", "A(3)"),
        ("str", "A('x')"),
        ("list", "A([3])"),
        ("dict", "A(x=3)"),
        ("int", "[A(3)]"),
        ("object", "{A(): 1}"),
        ("object", "{A()}"),
        ("object", "(1, [A()])"),
    ] {
        let source = format!("class A({base}):\n{lies}def solve(x): return {value}");
        for code in [
            "assert solve(1) == 1",
            "assert not solve(1) != [1]",
            "assert abs(solve(1) - 1) < 1e-6",
            "def check(f):\n    assert f(1) == (1, [2])\ncheck(solve)",
        ] {
            let report = run(&source, &[Test::Assert { code: code.into() }]);
            assert!(!report.all_passed(), "{value} of {base}: {code}");
        }
    }
    // What is honest passes, classes of the program's own as arguments included.
    let source = "import math\nclass P:\n    def __init__(self, x): self.x = x\n\
                  def solve(p): return [p.x, {1: (2.5, 'a')}, {3}, math]";
    let code = "from statistics import mean\nassert solve(P(5))[:3] == [5, {1: (2.5, 'a')}, {3}]";
    let report = run(source, &[Test::Assert { code: code.into() }]);
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn a_program_may_use_what_the_test_imports() {
    let code = "import math\ndef check(f):\n    assert f(4) == 2\ncheck(solve)";
    let report = run(
        "def solve(x): return math.isqrt(x)",
        &[Test::Assert { code: code.into() }],
    );
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn an_assertion_of_the_programs_own_is_an_error() {
    let report = run(
        "def solve(x):\n    assert x > 9",
        &[Test::Assert {
            code: "solve(1)".into(),
        }],
    );
    assert_eq!(report.verdict(), Verdict::RuntimeError);
}

#[test]
fn probes_pass_when_there_is_a_result() {
    let report = run(
        "def solve(x): return 1 // x",
        &[call([int(1)], None), call([int(0)], None)],
    );
    assert_eq!(report.tests[0].actual, Some(int(1)));
    assert_eq!(report.passed(), 1);
}

#[test]
fn limits_have_their_verdicts() {
    let one = [call([int(1)], int(1))];
    let limits = |seconds| Limits { seconds, ..SHORT };
    let cases = [
        (
            "def solve(x):\n  while x: pass",
            limits(0.2),
            Verdict::Timeout,
        ),
        (
            "import time\ndef solve(x): time.sleep(0.1); return x",
            limits(5.0),
            Verdict::Passed,
        ),
        (
            "import time\ndef solve(x): time.sleep(6); return x",
            limits(5.0),
            Verdict::Timeout,
        ),
        (
            "def solve(x): return len(bytes(1 << 28)) and x",
            limits(5.0),
            Verdict::MemoryLimit,
        ),
        (
            "def solve(x): return len(bytes(1 << 26)) and x",
            limits(5.0),
            Verdict::Passed,
        ),
        (
            "def solve(x): print('x' * 70_000); return x",
            limits(5.0),
            Verdict::OutputLimit,
        ),
        (
            "def solve(x): return 'x' * 70_000",
            limits(5.0),
            Verdict::OutputLimit,
        ),
        (
            "#",
            Limits {
                source_kib: 0,
                ..SHORT
            },
            Verdict::Denied,
        ),
    ];
    for (source, limits, verdict) in cases {
        let report = run_with(source, &one, limits);
        assert_eq!(report.verdict(), verdict, "{source}: {report:?}");
    }
}

#[test]
fn deep_recursion_that_python_allows_is_fine() {
    let source = "import sys\nfrom functools import lru_cache\nsys.setrecursionlimit(100_000)\n\
                  @lru_cache(None)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\n\
                  def g(n): return 0 if n == 0 else 1 + g(n - 1)\ndef solve(n): return f(n) + g(n)";
    let report = run_with(
        source,
        &[call([int(20_000)], int(40_000))],
        Limits {
            seconds: 20.0,
            ..SHORT
        },
    );
    assert!(report.all_passed(), "{report:?}");
    let report = run("def solve(n): return solve(n + 1)", &[call([int(1)], None)]);
    assert_eq!(
        report.tests[0].error.as_ref().unwrap().kind,
        "RecursionError"
    );
}

#[test]
fn a_recursion_limit_set_while_loading_holds_for_every_test() {
    let source = "import sys\nsys.setrecursionlimit(20_000)\n\
                  def solve(n): return 0 if n == 0 else 1 + solve(n - 1)";
    let test = || call([int(5_000)], int(5_000));
    let report = run(source, &[test(), test(), test()]);
    assert!(report.all_passed(), "{report:?}");
    let lowered = "import sys\ndef solve(n):\n    sys.setrecursionlimit(20)\n    return n";
    let report = run(
        lowered,
        &[call([ints(&[1])], ints(&[1])), call([int(1)], int(1))],
    );
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn nothing_is_left_of_a_program() {
    assert!(
        run(
            "import math\nmath.pi = 3\ndef solve(): return math.pi",
            &[call([], int(3))]
        )
        .all_passed()
    );
    assert!(
        !run(
            "import math\ndef solve(): return math.pi",
            &[call([], int(3))]
        )
        .all_passed()
    );
}

#[test]
fn time_and_chance_are_the_same_in_every_run() {
    let source = "import time, random, uuid, os\ndef solve():\n  time.sleep(1)\n  \
                  return [time.time(), time.monotonic(), random.random(), str(uuid.uuid4()), os.urandom(4), \
                  hash('a'), id([]), random.Random().random(), list({'a', 'b', 'c', 'd'})]";
    let values: Vec<String> = (0..2)
        .map(|_| {
            run(source, &[call([], None)]).tests[0]
                .actual
                .as_ref()
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(values[0], values[1]);
}

#[test]
fn fuel_is_the_same_in_every_run() {
    let source = "def solve(x):\n    return sum({str(i): i for i in range(x)}.values())";
    let tests = [call([int(10)], None), call([int(10_000)], None)];
    let fuel: Vec<Vec<u64>> = (0..3)
        .map(|_| run(source, &tests).tests.iter().map(|t| t.fuel).collect())
        .collect();
    assert!(fuel[0][1] > 10 * fuel[0][0] && fuel[0][0] > 0, "{fuel:?}");
    assert!(fuel[0] == fuel[1] && fuel[1] == fuel[2], "{fuel:?}");
}

#[test]
fn small_stacks_suffice() {
    let report = std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(|| {
            run(
                "import json\ndef solve(): return json.loads('[' * 500 + ']' * 500)",
                &[call([], None)],
            )
        })
        .unwrap()
        .join()
        .unwrap();
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn many_threads_share_one_sandbox() {
    std::thread::scope(|scope| {
        for i in 0..16 {
            scope.spawn(move || {
                let report = run("def solve(x): return x * x", &[call([int(i)], int(i * i))]);
                assert!(report.all_passed(), "{report:?}");
            });
        }
    });
}

#[test]
fn jobs_that_make_no_sense_are_errors_of_the_caller() {
    let opaque = Value::Opaque {
        type_name: "f".into(),
        repr: "f".into(),
    };
    let job = |interface: &Interface, tests: &[Test]| {
        SANDBOX.run(&Job {
            interface,
            program: &Program::new("def solve(x): return x"),
            tests,
            checker: &Checker::Exact,
            limits: SHORT,
        })
    };
    let error = job(&function("solve"), &[call([opaque], None)]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("argument of test 1 is not plain data"),
        "{error}"
    );
    let error = job(&Interface::Stdin, &[call([int(1)], None)]).unwrap_err();
    assert!(
        error.to_string().contains("test 1 calls a function"),
        "{error}"
    );
    assert_eq!(job(&function("solve"), &[]).unwrap().tests.len(), 0);
    let small = Limits {
        memory_mib: 8,
        ..SHORT
    };
    let error = SANDBOX
        .run(&Job {
            interface: &function("solve"),
            program: &Program::new("def solve(): pass"),
            tests: &[call([], None)],
            checker: &Checker::Exact,
            limits: small,
        })
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("memory limit of 8 MiB is less than the interpreter"),
        "{error}"
    );
}
