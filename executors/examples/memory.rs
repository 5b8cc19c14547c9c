//! How much memory an instance takes while it runs a program, beside what all share.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example memory
//! ```
//!
//! So many programs run at once, each in an instance, and the pages that are this process' own are
//! counted while all of them are at it (`Private_Dirty` of `/proc/self/smaps_rollup`, Linux only). What
//! one more instance adds is the slope.

use std::sync::Barrier;
use std::time::Duration;

use cogitree_engine::{Executor, Interface, Job, Program, Signature, Test, Value};
use cogitree_executors::Sandbox;

/// A program of the size of HumanEval's that is then busy for a second or so: long enough to be
/// looked at together with its like.
const TYPICAL: &str = "
from typing import List

def solve(numbers: List[float], threshold: float = 0.5) -> bool:
    \"\"\" Are any two numbers closer to each other than the threshold? \"\"\"
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            if i != j and abs(a - b) < threshold:
                return True
    total = 0
    while total < 3_000_000:
        total += 1
    return False
";

/// The same with a list of a million small integers, to see that what is measured is memory.
const LARGE: &str = "
def solve(numbers):
    kept = [0] * 1_000_000
    total = 0
    while total < 3_000_000:
        total += 1
    return len(kept) == total  # False, as above
";

const TOGETHER: [u32; 4] = [1, 2, 4, 8];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (name, source) in [("typical", TYPICAL), ("a list of 4 MB", LARGE)] {
        let mut measured = Vec::new();
        for count in TOGETHER {
            let sandbox = Sandbox::builder().instances(count).open(|_| {})?;
            let before = private()?;
            let during = at_once(&sandbox, source, count)?;
            println!(
                "{name}: {count} at once take {:.1} MiB, this process has {:.1}",
                mib(during - before),
                mib(during)
            );
            measured.push((f64::from(count), during - before));
        }
        let (first, last) = (measured[0], measured[measured.len() - 1]);
        let slope = (last.1 - first.1) / (last.0 - first.0);
        println!("{name}: {:.2} MiB for one more", mib(slope));
    }
    Ok(())
}

/// The most bytes that were this process' own while so many programs ran at once.
fn at_once(sandbox: &Sandbox, source: &str, count: u32) -> std::io::Result<f64> {
    let (interface, program) = (
        Interface::Function(Signature::new("solve", [])),
        Program::new(source),
    );
    let numbers = Value::List((0..20).map(|i| Value::Float(f64::from(i))).collect());
    let job = Job {
        interface: &interface,
        program: &program,
        tests: &[Test::Call {
            args: vec![numbers],
            expected: Some(Value::Bool(false)),
        }],
        checker: &Default::default(),
        limits: cogitree_engine::Limits {
            seconds: 60.0,
            ..Default::default()
        },
    };
    let start = Barrier::new(count as usize);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let report = sandbox.run(&job).expect("the sandbox runs");
                    assert!(report.all_passed(), "{report:?}");
                })
            })
            .collect();
        let mut most = private()?;
        while threads.iter().any(|t| !t.is_finished()) {
            std::thread::sleep(Duration::from_millis(5));
            most = most.max(private()?);
        }
        Ok(most)
    })
}

/// Bytes of memory that are this process' own.
fn private() -> std::io::Result<f64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = text.lines().find_map(|l| l.strip_prefix("Private_Dirty:"));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib * 1024.0)
        .ok_or_else(|| std::io::Error::other("smaps_rollup has no Private_Dirty"))
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}
