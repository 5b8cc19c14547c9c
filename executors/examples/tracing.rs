//! What a trace costs: the time of a traced test over that of an ordinary one, program by program.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example tracing [TIMES]
//! ```

use std::time::{Duration, Instant};

use cogitree_engine::{Executor, Interface, Job, Limits, Program, Signature, Test, Value};
use cogitree_executors::Sandbox;

/// Name, program, argument.
const PROGRAMS: &[(&str, &str, i64)] = &[
    ("a line", "def solve(n):\n    return n + 1", 1),
    (
        "a busy loop",
        "def solve(n):\n    total = 0\n    for i in range(n):\n        total += i * i % 7\n    return total",
        300_000,
    ),
    (
        "a busy while",
        "def solve(n):\n    while n > 1:\n        n -= 1\n    return n",
        500_000,
    ),
    (
        "nested loops over lists",
        "def solve(n):\n    rows = [[0] * n for _ in range(n)]\n    for i in range(n):\n        for j in range(n):\n            \
         if i and j:\n                rows[i][j] = (rows[i - 1][j] + rows[i][j - 1] + i * j) % 1009\n            \
         else:\n                rows[i][j] = 1\n    return rows[-1][-1]",
        300,
    ),
    (
        "recursion",
        "def solve(n):\n    return n if n < 2 else solve(n - 1) + solve(n - 2)",
        23,
    ),
    (
        "words and dictionaries",
        "def solve(n):\n    seen = {}\n    for i in range(n):\n        word = str(i * i)[:3]\n        \
         seen[word] = seen.get(word, 0) + 1\n    return sorted(seen.items())[0][1]",
        100_000,
    ),
    (
        "exceptions",
        "def solve(n):\n    bad = 0\n    for i in range(n):\n        try:\n            int('x' if i % 2 else '1')\n        \
         except ValueError:\n            bad += 1\n    return bad",
        50_000,
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: usize = std::env::args().nth(1).map_or(Ok(5), |w| w.parse())?;
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    println!(
        "{:24} {:>10} {:>10} {:>7}",
        "", "ordinary", "traced", "ratio"
    );
    for (name, source, argument) in PROGRAMS {
        let tests = [Test::Call {
            args: vec![Value::Int(*argument)],
            expected: Some(Value::None),
        }];
        let (interface, program) = (
            Interface::Function(Signature::new("solve", [])),
            Program::new(*source),
        );
        let job = Job {
            interface: &interface,
            program: &program,
            tests: &tests,
            checker: Default::default(),
            limits: Limits {
                seconds: 30.0,
                ..Limits::default()
            },
        };
        let report = sandbox.run(&job)?;
        // Turn by turn, so that other work on the machine slows both; the fastest of each counts.
        let (mut ordinary, mut traced) = (Duration::MAX, Duration::MAX);
        for _ in 0..times {
            let start = Instant::now();
            sandbox.run(&job)?;
            ordinary = ordinary.min(start.elapsed());
            let start = Instant::now();
            let trace = sandbox.trace(&job, &report, 0)?;
            traced = traced.min(start.elapsed());
            let last = trace.steps().next_back().map(|s| s.depth);
            assert_eq!(last, Some(1), "the trace reaches the end");
        }
        println!(
            "{name:24} {:>7.1} ms {:>7.1} ms {:>6.1}x",
            1e3 * ordinary.as_secs_f64(),
            1e3 * traced.as_secs_f64(),
            traced.as_secs_f64() / ordinary.as_secs_f64()
        );
    }
    Ok(())
}
