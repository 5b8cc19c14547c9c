//! What the sandbox for raw WebAssembly promises: modules written out as text.

#![allow(clippy::unwrap_used)]

mod modules;

use std::sync::LazyLock;

use cogitree_engine::{
    Checker, Executor, Interface, Job, Limits, Program, ProgramError, Report, Test, TestReport,
    Value, Verdict,
};
use cogitree_executors::{CompileError, WasmExecutor, WasmSandbox};
use modules::{ECHO, GREEDY, PRINT, SORT_SLOWLY, SUM, module};

static SANDBOX: LazyLock<WasmSandbox> =
    LazyLock::new(|| WasmSandbox::builder().instances(2).open().unwrap());

const LIMITS: Limits = Limits {
    seconds: 0.5,
    memory_mib: 4,
    output_kib: 64,
    source_kib: 1,
};

fn test(input: &str, expected: impl Into<Option<&'static str>>) -> Test {
    Test::Stdio {
        input: input.into(),
        expected: expected.into().map(str::to_owned),
    }
}

fn run_all(bytes: &[u8], tests: &[Test]) -> Report {
    SANDBOX
        .run_module(bytes, tests, &Checker::Exact, LIMITS)
        .unwrap()
}

fn run(bytes: &[u8], input: &str) -> TestReport {
    let report = run_all(bytes, &[test(input, None)]);
    report.tests.into_iter().next().unwrap()
}

/// A module whose `_start` does `body`.
fn doing(body: &str) -> Vec<u8> {
    module(&format!("(func (export \"_start\") {body})"))
}

#[test]
fn output_is_judged_test_by_test() {
    let long = "x".repeat(40_000);
    assert_eq!(run(&module(ECHO), &long).stdout, long);
    let report = run_all(
        &module(SUM),
        &[
            test("1 2 3\n", "6\n"),
            test("", "0"),
            test("40 2", "41"),
            test("4000000000 294967295", "4294967295"),
        ],
    );
    let verdicts: Vec<Verdict> = report.tests.iter().map(|t| t.verdict).collect();
    use Verdict::{Passed, WrongAnswer};
    assert_eq!(verdicts, [Passed, Passed, WrongAnswer, Passed]);
    assert_eq!(report.tests[2].stdout, "42\n");
    assert_eq!(
        report.tests[2].actual, None,
        "output is no value, as in Python"
    );
}

#[test]
fn each_way_to_end_has_its_verdict() {
    let cases: [(&str, String, Verdict, &str); 14] = [
        ("loop", "(loop br 0)".into(), Verdict::Timeout, ""),
        (
            "calls",
            "(loop (drop (call $random (i32.const 0) (i32.const 65536))) br 0)".into(),
            Verdict::Timeout,
            "",
        ),
        (
            "recursion",
            "call $deep".into(),
            Verdict::RuntimeError,
            "Trap: call stack exhausted",
        ),
        (
            "trap",
            "unreachable".into(),
            Verdict::RuntimeError,
            "Trap: wasm `unreachable` instruction executed",
        ),
        (
            "division",
            "(drop (i32.div_u (i32.const 1) (i32.const 0)))".into(),
            Verdict::RuntimeError,
            "Trap: integer divide by zero",
        ),
        (
            "out of bounds",
            "(drop (i32.load (i32.const -4)))".into(),
            Verdict::RuntimeError,
            "Trap: out of bounds memory access",
        ),
        (
            "exit 3",
            "(call $exit (i32.const 3))".into(),
            Verdict::RuntimeError,
            "Exit: the program left with status 3",
        ),
        (
            "exit -1",
            "(call $exit (i32.const -1))".into(),
            Verdict::RuntimeError,
            "Exit: the program left with status -1",
        ),
        (
            "exit 0",
            "(call $exit (i32.const 0)) unreachable".into(),
            Verdict::Passed,
            "",
        ),
        (
            "flood",
            "(loop (call $print (i32.const 0) (i32.const 1000)) br 0)".into(),
            Verdict::OutputLimit,
            "",
        ),
        ("greedy", GREEDY.into(), Verdict::MemoryLimit, ""),
        (
            "refused and crashed",
            "(drop (memory.grow (i32.const 1000))) unreachable".into(),
            Verdict::MemoryLimit,
            "",
        ),
        (
            "refused and content",
            "(drop (memory.grow (i32.const 1000)))".into(),
            Verdict::Passed,
            "",
        ),
        (
            "sleep",
            "(call $sleep (i64.const 600000000))".into(),
            Verdict::Timeout,
            "",
        ),
    ];
    for (name, body, verdict, error) in cases {
        let report = run(&doing(&body), "");
        assert_eq!(report.verdict, verdict, "{name}: {report:?}");
        let told = report.error.map_or(String::new(), |e| e.to_string());
        assert_eq!(told, error, "{name}");
    }
}

#[test]
fn what_is_over_the_output_limit_is_cut_there() {
    let flood = doing("(loop (call $print (i32.const 0) (i32.const 1000)) br 0)");
    assert_eq!(run(&flood, "").stdout.len(), 64 << 10);
    let errors = doing("(loop (call $put (i32.const 2) (i32.const 0) (i32.const 1000)) br 0)");
    let report = run(&errors, "");
    assert_eq!(report.verdict, Verdict::OutputLimit);
    assert_eq!((report.stdout.len(), report.stderr.len()), (0, 64 << 10));
}

#[test]
fn a_module_that_cannot_run_says_why() {
    let import = "(import \"env\" \"now\" (func (param i32)))";
    let other = "(import \"wasi_snapshot_preview1\" \"fd_write\" (func (param f64)))";
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let mut broken = module(SUM);
    broken.truncate(broken.len() - 9);
    let cases: [(Vec<u8>, &str); 11] = [
        (b"print(1)".to_vec(), "not WebAssembly in its binary form"),
        (b"(module)".to_vec(), "not WebAssembly in its binary form"),
        (b"\0asm".to_vec(), "not WebAssembly in its binary form"),
        (b"\0asm\x0d\0\x01\0".to_vec(), "it is a component"),
        (b"\0asm\x02\0\0\0".to_vec(), "version 2, not 1"),
        (broken, "not valid"),
        (
            wat(&format!("(module {import} (func (export \"_start\")))")),
            "unknown import: `env::now`",
        ),
        (
            wat(&format!("(module {other} (func (export \"_start\")))")),
            "incompatible import type for `wasi_snapshot_preview1::fd_write`",
        ),
        (
            wat("(module (memory (export \"memory\") 1))"),
            "exports no `_start`",
        ),
        (
            wat("(module (func (export \"_start\") (param i32)))"),
            "`_start` is not a function without arguments",
        ),
        (
            wat("(module (memory 1) (memory 1) (func (export \"_start\")))"),
            "cannot be compiled",
        ),
    ];
    for (bytes, why) in cases {
        let report = run_all(&bytes, &[test("", None), test("", None)]);
        assert_eq!(report.tests.len(), 2);
        assert_eq!(report.tests[0], report.tests[1]);
        assert_eq!(report.verdict(), Verdict::RuntimeError, "{why}");
        let error = report.tests[0].error.as_ref().unwrap();
        assert_eq!(error.kind, "ModuleError");
        assert!(error.message.contains(why), "{why}: {error}");
    }
}

#[test]
fn a_module_over_the_size_limit_is_not_read() {
    let sandbox = WasmSandbox::builder().largest_module(100).open().unwrap();
    let bytes = [b"\0asm".to_vec(), vec![0; 97]].concat();
    let report = sandbox
        .run_module(&bytes, &[test("", None)], &Checker::Exact, LIMITS)
        .unwrap();
    assert_eq!(report.verdict(), Verdict::Denied);
    let error = report.tests[0].error.as_ref().unwrap().to_string();
    assert!(error.contains("101 bytes; the limit is 100"), "{error}");
    let report = sandbox
        .run_module(&bytes[..100], &[test("", None)], &Checker::Exact, LIMITS)
        .unwrap();
    assert_eq!(report.verdict(), Verdict::RuntimeError, "{report:?}");
}

#[test]
fn a_first_memory_over_the_limit_is_over_the_limit() {
    let bytes =
        wat::parse_str("(module (memory (export \"memory\") 65) (func (export \"_start\")))");
    assert_eq!(run(&bytes.unwrap(), "").verdict, Verdict::MemoryLimit);
    let bytes =
        wat::parse_str("(module (memory (export \"memory\") 64) (func (export \"_start\")))");
    assert_eq!(run(&bytes.unwrap(), "").verdict, Verdict::Passed);
}

#[test]
fn a_start_function_is_the_programs_doing() {
    let starting = |body: &str| {
        let text = format!("(func $begin {body}) (start $begin) (func (export \"_start\"))");
        run(&module(&text), "").verdict
    };
    assert_eq!(starting("unreachable"), Verdict::RuntimeError);
    assert_eq!(starting("(loop br 0)"), Verdict::Timeout);
    assert_eq!(
        starting("(call $exit (i32.const 1))"),
        Verdict::RuntimeError
    );
    assert_eq!(starting("nop"), Verdict::Passed);
    let data = "(data (i32.const -1) \"beyond\") (func (export \"_start\"))";
    assert_eq!(run(&module(data), "").verdict, Verdict::RuntimeError);
}

#[test]
fn files_and_connections_are_refused() {
    let open = "(call $path_open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) \
                (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))";
    // Not capable, and that is all that happens...
    let report = run(&doing(&format!("(call $tell {open})")), "");
    assert_eq!((report.verdict, &*report.stdout), (Verdict::Passed, "76\n"));
    // ...unless the program cannot do without.
    let report = run(
        &doing(&format!("(drop {open}) (call $exit (i32.const 1))")),
        "",
    );
    assert_eq!(report.verdict, Verdict::Denied, "{report:?}");
    let told = report.error.unwrap().to_string();
    assert!(
        told.contains("refuses `path_open`; then: the program left with status 1"),
        "{told}"
    );
    let socket = "(drop (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 0))) unreachable";
    assert_eq!(run(&doing(socket), "").verdict, Verdict::Denied);
    // No folder, no variable, one argument.
    let asked = [
        ("(call $prestat (i32.const 3) (i32.const 0))", "8"),
        ("(call $prestat (i32.const 0) (i32.const 0))", "70"),
        ("(call $variables (i32.const 64) (i32.const 68))", "0"),
        (
            "(drop (call $variables (i32.const 64) (i32.const 68))) (i32.load (i32.const 64))",
            "0",
        ),
        (
            "(drop (call $arguments (i32.const 64) (i32.const 68))) (i32.load (i32.const 64))",
            "1",
        ),
    ];
    for (question, answer) in asked {
        let told = run(&doing(&format!("(call $tell {question})")), "").stdout;
        assert_eq!(told.trim_end(), answer, "{question}");
    }
}

#[test]
fn addresses_out_of_bounds_are_the_programs_problem() {
    // A fault (21) is told; nothing is read or written outside of the memory.
    for call in [
        "(call $fd_write (i32.const 1) (i32.const -4) (i32.const 1) (i32.const 0))",
        "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const -2))",
        "(call $fd_read (i32.const 0) (i32.const 65530) (i32.const 2) (i32.const 0))",
        "(call $random (i32.const 65530) (i32.const 7))",
        "(call $random (i32.const -1) (i32.const -1))",
        "(call $clock (i32.const 1) (i64.const 0) (i32.const 65529))",
        "(call $poll (i32.const 65500) (i32.const 0) (i32.const 1) (i32.const 0))",
        "(call $arguments (i32.const 65533) (i32.const 0))",
    ] {
        let report = run(&doing(&format!("(call $tell {call})")), "");
        assert_eq!(
            (report.verdict, &*report.stdout),
            (Verdict::Passed, "21\n"),
            "{call}"
        );
    }
    // Lists are of a bounded length, descriptors are three: invalid (28), bad descriptor (8).
    for (call, errno) in [
        (
            "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1025) (i32.const 0))",
            "28",
        ),
        (
            "(call $poll (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0))",
            "28",
        ),
        (
            "(call $clock (i32.const 9) (i64.const 0) (i32.const 0))",
            "28",
        ),
        (
            "(call $fd_write (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))",
            "8",
        ),
        (
            "(call $fd_read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))",
            "8",
        ),
        (
            "(call $fd_write (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0))",
            "8",
        ),
    ] {
        let told = run(&doing(&format!("(call $tell {call})")), "").stdout;
        assert_eq!(told.trim_end(), errno, "{call}");
    }
}

#[test]
fn a_module_without_a_memory_has_nothing_to_be_written_to() {
    let text = "(module (import \"wasi_snapshot_preview1\" \"random_get\" (func $r (param i32 i32) \
                (result i32))) (func (export \"_start\") (if (i32.ne (call $r (i32.const 0) \
                (i32.const 1)) (i32.const 21)) (then unreachable))))";
    assert_eq!(
        run(&wat::parse_str(text).unwrap(), "").verdict,
        Verdict::Passed
    );
}

#[test]
fn time_is_virtual_and_chance_is_the_same_in_every_run() {
    // The hundredths of a second that a sleep of 0.3 s takes, by the program's own clock.
    let nap = "(local $before i64) (local.set $before (call $now)) \
               (call $sleep (i64.const 300000000)) \
               (call $number (i64.div_u (i64.sub (call $now) (local.get $before)) (i64.const 10000000)))";
    let start = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(run(&doing(nap), "").stdout, "30\n");
    }
    // Twenty naps of 0.3 s: had they been slept this would be far over.
    assert!(start.elapsed().as_secs_f64() < 6.0);
    let noise = "(drop (call $random (i32.const 64) (i32.const 8))) \
                 (call $number (i64.load (i32.const 64))) (call $number (call $now))";
    let told = run(&doing(noise), "").stdout;
    assert!(told.len() > 20, "{told}");
    assert_eq!(run(&doing(noise), "").stdout, told);
    let other = WasmSandbox::builder().instances(1).seed(1).open().unwrap();
    let other = other.run_module(&doing(noise), &[test("", None)], &Checker::Exact, LIMITS);
    let other = &other.unwrap().tests[0].stdout;
    let (random, time) = told.split_once('\n').unwrap();
    let (other_random, other_time) = other.split_once('\n').unwrap();
    assert_ne!(other_random, random, "chance follows from the seed");
    assert_eq!(other_time, time, "time does not");
}

#[test]
fn fuel_tells_cost_exactly() {
    let (slow, fast) = (module(SORT_SLOWLY), module(SUM));
    let input = |n: u32| (0..n).rev().map(|i| format!("{i:03} ")).collect::<String>();
    let fuel = |bytes: &[u8], n| run(bytes, &input(n)).fuel;
    let alone = fuel(&slow, 400);
    // The same from run to run, from thread to thread, and whatever ran before.
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| [fuel(&slow, 400), fuel(&fast, 30), fuel(&slow, 400)]))
            .collect();
        for thread in threads {
            let [first, _, second] = thread.join().unwrap();
            assert_eq!((first, second), (alone, alone));
        }
    });
    // Four times the input: some four times the cost of one, some sixteen times that of the other.
    let ratio = |bytes| fuel(bytes, 800) as f64 / fuel(bytes, 200) as f64;
    assert!((3.0..5.0).contains(&ratio(&fast)), "{}", ratio(&fast));
    assert!((13.0..17.0).contains(&ratio(&slow)), "{}", ratio(&slow));
    // Nothing costs next to nothing, and what the host does on a program's behalf is counted.
    assert!(run(&doing("nop"), "").fuel < 10);
    let large = run(&doing("(call $print (i32.const 0) (i32.const 60000))"), "").fuel;
    assert!((60_500..61_000).contains(&large), "{large}");
}

#[test]
fn what_the_host_does_for_a_program_is_counted() {
    let often = |call: &str| {
        let body = format!(
            "(local $i i32) (loop (drop {call}) (local.set $i (i32.add (local.get $i) \
             (i32.const 1))) (br_if 0 (i32.lt_u (local.get $i) (i32.const 100))))"
        );
        run(&doing(&body), "").fuel
    };
    let none = often("(i32.const 0)");
    let asked = often("(call $arguments (i32.const 64) (i32.const 68))") - none;
    assert!((50_000..51_000).contains(&asked), "{asked}");
    let random = often("(call $random (i32.const 0) (i32.const 1000))") - none;
    assert!((1_650_000..1_651_000).contains(&random), "{random}");
}

#[test]
fn without_fuel_wall_time_ends_a_loop() {
    let sandbox = WasmSandbox::builder().fuel(false).open().unwrap();
    let limits = Limits {
        seconds: 0.1,
        ..LIMITS
    };
    let report = sandbox
        .run_module(
            &doing("(loop br 0)"),
            &[test("", None)],
            &Checker::Exact,
            limits,
        )
        .unwrap();
    assert_eq!(report.verdict(), Verdict::Timeout);
    assert_eq!(report.tests[0].fuel, 0);
}

#[test]
fn nothing_is_left_of_a_run() {
    // Adds one to a number in memory that begins at 1, and tells it.
    let text = "(data (i32.const 64) \"\\01\") (func (export \"_start\") \
                (i64.store (i32.const 64) (i64.add (i64.load (i32.const 64)) (i64.const 1))) \
                (call $number (i64.load (i32.const 64))))";
    let report = run_all(&module(text), &vec![test("", "2\n"); 5]);
    assert!(report.all_passed(), "{report:?}");
}

#[test]
fn calls_of_functions_are_an_error_of_the_caller() {
    let call = Test::Call {
        args: vec![Value::Int(1)],
        expected: None,
    };
    let error = SANDBOX
        .run_module(
            &module(ECHO),
            &[test("", None), call],
            &Checker::Exact,
            LIMITS,
        )
        .unwrap_err();
    assert!(
        error.to_string().contains("test 2 calls a function"),
        "{error}"
    );
}

#[test]
fn a_checker_that_is_a_program_needs_a_sandbox_of_its_own() {
    let checker = Checker::Program {
        source: "def check(input, expected, output): return True".into(),
    };
    let error = SANDBOX
        .run_module(&module(ECHO), &[test("", None)], &checker, LIMITS)
        .unwrap_err();
    let error = error.to_string();
    assert!(error.contains("WasmSandboxBuilder::checkers"), "{error}");
}

#[test]
fn small_stacks_suffice() {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let report = thread
        .spawn(|| run(&doing("call $deep"), ""))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(report.verdict, Verdict::RuntimeError);
}

#[test]
fn an_executor_compiles_each_program_once() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let compiled = AtomicU32::new(0);
    let compile = |program: &Program| {
        compiled.fetch_add(1, Ordering::Relaxed);
        if program.source == "no compiler" {
            let error = cogitree_engine::ExecutorError("gone".into());
            return Err(CompileError::Machinery(error));
        }
        wat::parse_str(&program.source).map_err(|e| {
            CompileError::Program(ProgramError {
                kind: "CompileError".into(),
                message: e.to_string(),
                line: None,
                source_line: None,
            })
        })
    };
    let executor = WasmExecutor::new(WasmSandbox::open().unwrap(), compile);
    let run = |source: &str| {
        executor.run(&Job {
            interface: &Interface::Stdin,
            program: &Program::new(source),
            tests: &[test("1 2", "3")],
            checker: &Checker::Exact,
            limits: LIMITS,
        })
    };
    let sum = format!("(module {PRINT} {SUM})");
    assert!(run(&sum).unwrap().all_passed());
    assert!(run(&sum).unwrap().all_passed());
    assert_eq!(compiled.load(Ordering::Relaxed), 1);
    let report = run("(module (func (export \"_start\") pop))").unwrap();
    assert_eq!(report.verdict(), Verdict::RuntimeError);
    assert_eq!(report.tests[0].error.as_ref().unwrap().kind, "CompileError");
    assert_eq!(run("no compiler").unwrap_err().0, "gone");
}
