//! Fuel as a measure of cost: exact, without what is not the program's, and of the right order.

#![allow(clippy::unwrap_used)]

mod common;

use cogitree_engine::{Executor, Interface, Job, Program, Report, Test, Value, Verdict};
use cogitree_executors::Sandbox;
use common::{SANDBOX, SHORT, call, function, run};

const LINEAR: &str = "def solve(xs):\n    seen = set()\n    for x in xs:\n        \
                      if x in seen:\n            return x\n        seen.add(x)\n    return None\n";

const QUADRATIC: &str = "def solve(xs):\n    for i, x in enumerate(xs):\n        \
                         for y in xs[:i]:\n            if x == y:\n                return x\n    \
                         return None\n";

fn numbers(n: i64) -> Test {
    let list = Value::List((0..n).map(|i| Value::Int(i * 7)).collect());
    call([list], Value::None)
}

fn fuel(report: &Report) -> Vec<(u64, u64)> {
    assert!(report.all_passed(), "{report:?}");
    let tests = report.tests.iter();
    tests.map(|t| (t.fuel, t.loading_fuel)).collect()
}

#[test]
fn it_is_the_same_in_every_run_on_every_thread_in_every_place() {
    let tests = [numbers(10), numbers(1_000), numbers(3)];
    let first = fuel(&run(LINEAR, &tests));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|i| {
                let tests = &tests;
                scope.spawn(move || {
                    // What ran before in the same place differs.
                    let other = format!("x = list(range({i}000))\ndef solve(n): return len(x)");
                    run(&other, &[call([Value::Int(1)], None)]);
                    fuel(&run(LINEAR, tests))
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), first);
        }
    });
    let alone = Sandbox::builder().instances(1).open(|_| {}).unwrap();
    let report = alone.run(&Job {
        interface: &function("solve"),
        program: &Program::new(LINEAR),
        tests: &tests,
        checker: &Default::default(),
        limits: SHORT,
    });
    assert_eq!(fuel(&report.unwrap()), first);
}

#[test]
fn the_cheaper_of_two_right_programs_is_told() {
    let tests = [numbers(200), numbers(800)];
    let (linear, quadratic) = (run(LINEAR, &tests), run(QUADRATIC, &tests));
    assert!(linear.fuel() * 10 < quadratic.fuel());
    // Four times the input costs one some four times, the other some sixteen times as much.
    let growth = |r: &Report| r.tests[1].fuel as f64 / r.tests[0].fuel as f64;
    assert!((2.0..5.0).contains(&growth(&linear)), "{}", growth(&linear));
    assert!(
        (12.0..20.0).contains(&growth(&quadratic)),
        "{}",
        growth(&quadratic)
    );
}

#[test]
fn a_trivial_program_costs_next_to_nothing() {
    let report = run("def solve(x): return x", &[call([Value::Int(1)], None)]);
    let [(test, loading)] = fuel(&report)[..] else {
        panic!("{report:?}")
    };
    // Of 10^10 for a second. Compiling the program is most of it.
    assert!((1..100_000).contains(&test), "{test}");
    assert!((1..600_000).contains(&loading), "{loading}");
    let script = Test::Stdio {
        input: String::new(),
        expected: None,
    };
    let report = SANDBOX.run(&Job {
        interface: &Interface::Stdin,
        program: &Program::new("pass"),
        tests: &[script],
        checker: &Default::default(),
        limits: SHORT,
    });
    let [(test, 0)] = fuel(&report.unwrap())[..] else {
        panic!("loading a script is running it")
    };
    assert!((1..600_000).contains(&test), "{test}");
}

#[test]
fn reading_the_tests_is_not_counted_to_the_program() {
    let source = "def solve(xs): return None";
    let few = fuel(&run(source, &[numbers(1)]));
    let many = fuel(&run(source, &[numbers(1), numbers(50_000)]));
    assert!(many[1].0 > 1_000_000, "as text the second test is long");
    assert!(many[0].1.abs_diff(few[0].1) < 10_000, "{many:?} {few:?}");
}

#[test]
fn loading_is_counted_apart_and_once() {
    let idle = "def solve(n): return n\n";
    let busy = format!("{idle}total = 0\nfor i in range(20_000): total += i\n");
    let tests = [call([Value::Int(1)], None), call([Value::Int(2)], None)];
    let (idle, busy) = (fuel(&run(idle, &tests)), fuel(&run(&busy, &tests)));
    assert_eq!((idle[1].1, busy[1].1), (0, 0), "loaded once");
    assert!(busy[0].1 > 20_000 * 50 + idle[0].1, "{busy:?} {idle:?}");
    // The tests themselves cost the same as without.
    for (b, i) in busy.iter().zip(&idle) {
        assert!(b.0.abs_diff(i.0) < 5_000, "{busy:?} {idle:?}");
    }
    // A test more that needs a new instance loads anew: it is in the report of that test.
    let source = "def solve(n):\n    if n == 0:\n        while True: pass\n    return n";
    let limits = cogitree_engine::Limits {
        seconds: 0.05,
        ..SHORT
    };
    let tests = [0, 1, 2].map(|n| call([Value::Int(n)], None));
    let report = common::run_with(source, &tests, limits);
    let loadings: Vec<bool> = report.tests.iter().map(|t| t.loading_fuel > 0).collect();
    assert_eq!(report.tests[0].verdict, Verdict::Timeout);
    assert_eq!(loadings, [true, true, false]);
}

#[test]
fn the_order_of_tests_matters_little() {
    let sizes = [300, 20, 1_000, 3];
    let of = |order: &[usize]| {
        let tests: Vec<Test> = order.iter().map(|&i| numbers(sizes[i])).collect();
        let mut told = vec![0; sizes.len()];
        for (&i, (fuel, _)) in order.iter().zip(fuel(&run(QUADRATIC, &tests))) {
            told[i] = fuel;
        }
        told
    };
    let (one, other) = (of(&[0, 1, 2, 3]), of(&[3, 2, 1, 0]));
    // The interpreter specialises code as it runs, and grows what it keeps.
    for (a, b) in one.iter().zip(&other) {
        assert!(a.abs_diff(*b) <= a / 50 + 10_000, "{one:?} {other:?}");
    }
}

#[test]
fn a_program_cannot_begin_to_load_again() {
    // A loading that could begin anew would have its time anew, without end.
    let source = "import sys\nf = sys._getframe()\n\
                  while f and 'emit' not in f.f_globals: f = f.f_back\n\
                  emit = f.f_globals['emit']\nemit(8, b'')\ndef solve(n): return n";
    let report = run(source, &[call([Value::Int(1)], Value::Int(1))]);
    assert_eq!(report.verdict(), Verdict::RuntimeError, "{report:?}");
    let error = report.tests[0].error.as_ref().unwrap().to_string();
    assert!(error.contains("meddled"), "{error}");
}
