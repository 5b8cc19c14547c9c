//! How many programs the sandbox runs in a second, by the number of threads.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example throughput [SECONDS [fuel|no-fuel [CASE]]]
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cogitree_engine::{Executor, Interface, Job, Program, Signature, Test, Value};
use cogitree_executors::Sandbox;

const TRIVIAL: &str = "def solve(x):\n    return x + 1\n";

const TYPICAL: &str = "
from typing import List

def solve(numbers: List[float], threshold: float = 0.5) -> bool:
    \"\"\" Are any two numbers closer to each other than the threshold? \"\"\"
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            if i != j and abs(a - b) < threshold:
                return True
    return False
";

const BUSY: &str = "
def solve(x):
    total = 0
    for i in range(300_000):
        total += i * i % 7
    return total
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let seconds: f64 = words.next().map_or(Ok(3.0), |w| w.parse())?;
    let fuel = words.next().as_deref() != Some("no-fuel");
    let only = words.next();
    let start = Instant::now();
    let sandbox = Sandbox::builder()
        .fuel(fuel)
        .open(|step| eprintln!("{step}"))?;
    println!("opened in {:?}", start.elapsed());
    let numbers = |n: i64| Value::List((0..n).map(|i| Value::Float(i as f64)).collect());
    let typical: Vec<Vec<Value>> = (0..8).map(|n| vec![numbers(n)]).collect();
    let one = vec![vec![Value::Int(1)]];
    for (name, source, inputs) in [
        ("trivial", TRIVIAL, &one),
        ("8 tests", TYPICAL, &typical),
        ("a busy loop", BUSY, &one),
    ] {
        if only.as_ref().is_some_and(|o| o != name) {
            continue;
        }
        let tests: Vec<Test> = inputs
            .iter()
            .map(|args| Test::Call {
                args: args.clone(),
                expected: None,
            })
            .collect();
        let mut single = 0.0;
        for threads in [1, 2, 4] {
            let cpu = cpu_seconds();
            let (rate, count) = measure(&sandbox, source, &tests, threads, seconds);
            let cpu = 1e3 * (cpu_seconds() - cpu) / count as f64;
            if threads == 1 {
                single = rate;
            }
            println!(
                "{name:12} {threads} threads: {rate:7.0} programs/s, {:.2} ms each, {cpu:.2} ms of CPU, {:.2}x",
                1e3 * threads as f64 / rate,
                rate / single
            );
        }
    }
    Ok(())
}

/// Processor time of this process so far, where the system tells it. Says more than wall time on a
/// machine that does other things, too.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = |n: usize| -> f64 {
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let field = after_name.split_whitespace().nth(n);
        field.and_then(|f| f.parse().ok()).unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

/// Programs per second, and how many there were.
fn measure(
    sandbox: &Sandbox,
    source: &str,
    tests: &[Test],
    threads: usize,
    seconds: f64,
) -> (f64, usize) {
    let (interface, program) = (
        Interface::Function(Signature::new("solve", [])),
        Program::new(source),
    );
    let job = Job {
        interface: &interface,
        program: &program,
        tests,
        checker: &Default::default(),
        limits: Default::default(),
    };
    let done = AtomicUsize::new(0);
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while Instant::now() < end {
                    match sandbox.run(&job) {
                        Ok(report) if report.all_passed() => done.fetch_add(1, Ordering::Relaxed),
                        other => panic!("{other:?}"),
                    };
                }
            });
        }
    });
    let done = done.into_inner();
    (done as f64 / start.elapsed().as_secs_f64(), done)
}
