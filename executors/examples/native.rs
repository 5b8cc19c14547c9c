//! Programs bound by the processor: native CPython, the sandbox without fuel (epochs only), and the
//! sandbox with fuel, in turns.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example native [ROUNDS]
//! ```
//!
//! Times are processor times, which a busy machine changes little; the table has medians.

use std::process::Command;

use cogitree_engine::{Executor, Interface, Job, Limits, Program, Signature, Test, Value};
use cogitree_executors::Sandbox;

const PROGRAMS: [(&str, i64, &str); 6] = [
    (
        "loops",
        1_500_000,
        "def solve(n):\n    total = 0\n    for i in range(n):\n        total += i * i % 7\n    return total\n",
    ),
    (
        "calls",
        24,
        "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\ndef solve(n): return fib(n)\n",
    ),
    (
        "strings",
        60_000,
        "def solve(n):\n    words = [str(i * 7919) for i in range(n)]\n    text = ' '.join(words)\n    \
         return len(text.replace('9', '__').upper().split('_')) + sum(w.count('1') for w in words)\n",
    ),
    (
        "dicts",
        150_000,
        "def solve(n):\n    seen = {}\n    for i in range(n):\n        k = i * 31 % 10007\n        \
         seen[k] = seen.get(k, 0) + 1\n    return max(seen.values()) + len({(k, v) for k, v in seen.items()})\n",
    ),
    (
        "sorting",
        60_000,
        "def solve(n):\n    xs = [(i * 7919 % 100003, i) for i in range(n)]\n    xs.sort()\n    \
         ys = sorted(xs, key=lambda p: -p[1])\n    return ys[0][0] + xs[-1][1]\n",
    ),
    (
        "floats",
        400_000,
        "import math\ndef solve(n):\n    x = 0.0\n    for i in range(1, n):\n        \
         x += math.sqrt(i) / (i + x) - math.sin(x)\n    return x\n",
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |w| w.parse())?;
    let metered = Sandbox::builder().fuel(true).open(|s| eprintln!("{s}"))?;
    let plain = Sandbox::builder().fuel(false).open(|s| eprintln!("{s}"))?;
    let version = Command::new("python3").arg("--version").output()?.stdout;
    println!("native: {}", String::from_utf8_lossy(&version).trim());
    println!(
        "{:8} {:>10} {:>8} {:>8} {:>13}",
        "", "native", "epochs", "fuel", "fuel / epochs"
    );
    for (name, n, source) in PROGRAMS {
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..rounds {
            times[0].push(native(source, n)?);
            times[1].push(sandboxed(&plain, source, n)?);
            times[2].push(sandboxed(&metered, source, n)?);
        }
        let ratios = |a: usize, b: usize| {
            let mut ratios: Vec<f64> = times[a].iter().zip(&times[b]).map(|(a, b)| a / b).collect();
            ratios.sort_by(f64::total_cmp);
            ratios
        };
        let [epochs, fuel, meter] = [(1, 0), (2, 0), (2, 1)].map(|(a, b)| ratios(a, b));
        let mut native = times[0].clone();
        native.sort_by(f64::total_cmp);
        println!(
            "{name:8} {:7.0} ms {:7.2}x {:7.2}x {:7.2}x ({:.2} to {:.2})",
            native[rounds / 2] * 1e3,
            epochs[rounds / 2],
            fuel[rounds / 2],
            meter[rounds / 2],
            meter[0],
            meter[rounds - 1],
        );
    }
    Ok(())
}

/// Seconds of processor time of the call, as Python itself measures it.
fn native(source: &str, n: i64) -> Result<f64, Box<dyn std::error::Error>> {
    let script = format!(
        "import time\n{source}\nstart = time.process_time()\nsolve({n})\n\
         print(time.process_time() - start)"
    );
    let output = Command::new("python3").args(["-c", &script]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Seconds of processor time of a whole run, on this thread.
fn sandboxed(sandbox: &Sandbox, source: &str, n: i64) -> Result<f64, Box<dyn std::error::Error>> {
    let before = thread_seconds()?;
    let report = sandbox.run(&Job {
        interface: &Interface::Function(Signature::new("solve", [])),
        program: &Program::new(source),
        tests: &[Test::Call {
            args: vec![Value::Int(n)],
            expected: None,
        }],
        checker: &Default::default(),
        limits: Limits {
            seconds: 60.0,
            ..Limits::default()
        },
    })?;
    assert!(report.all_passed(), "{report:?}");
    Ok(thread_seconds()? - before)
}

/// Processor time of this thread; only Linux tells it.
fn thread_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("no time")?.parse()?;
    Ok(nanoseconds / 1e9)
}
