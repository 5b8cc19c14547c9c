//! A whole run of a short program with ten assertions in the sandbox, beside `python3 -c` as a
//! subprocess; and what an instance costs.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example against_python [SECONDS [THREADS…]]
//! ```
//!
//! The two take turns, so that a busy machine is busy for both.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cogitree_engine::{Executor, Interface, Job, Limits, Program, Signature, Test, Value};
use cogitree_executors::Sandbox;

const PROGRAM: &str = r#"
from typing import List

def separate_paren_groups(paren_string: str) -> List[str]:
    """ Separate the groups of balanced parentheses in a string, and return the list of them. """
    result, current, depth = [], [], 0
    for c in paren_string:
        if c == '(':
            depth += 1
            current.append(c)
        elif c == ')':
            depth -= 1
            current.append(c)
            if depth == 0:
                result.append(''.join(current))
                current.clear()
    return result
"#;

const GROUPS: [&str; 10] = [
    "",
    "()",
    "() ()",
    "(())",
    "(()) ()",
    "(()()) ((())) () ((())()())",
    "() (()) ((())) (((())))",
    "(()(())((())))",
    "( ) (( )) (( )( ))",
    "((((((((()))))))))",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let seconds: f64 = words.next().map_or(Ok(10.0), |w| w.parse())?;
    let threads: Vec<usize> = words.map(|w| w.parse()).collect::<Result<_, _>>()?;
    let threads = if threads.is_empty() {
        vec![1, 2]
    } else {
        threads
    };
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    let tests: Vec<Test> = GROUPS.iter().map(|g| assertion(g)).collect();
    let script = tests
        .iter()
        .fold(PROGRAM.to_owned(), |script, test| match test {
            Test::Assert { code } => format!("{script}{code}\n"),
            _ => script,
        });
    let interface = Interface::Function(Signature::new("separate_paren_groups", []));
    let program = Program::new(PROGRAM);
    let job = Job {
        interface: &interface,
        program: &program,
        tests: &tests,
        checker: &Default::default(),
        limits: Limits::default(),
    };
    let ours = || match sandbox.run(&job) {
        Ok(report) => assert!(report.all_passed(), "{report:?}"),
        Err(error) => panic!("{error}"),
    };
    let theirs = || {
        let mut python = Command::new("python3");
        python.args(["-c", &script]).stdin(Stdio::null());
        assert!(python.status().expect("python3 runs").success());
    };
    phases(&ours, &sandbox);
    memory(&sandbox);
    println!("a program with ten assertions");
    for threads in threads {
        let (mut sandboxed, mut native) = (Vec::new(), Vec::new());
        let turn = Duration::from_secs_f64(seconds / 10.0);
        let (mut rates, rate) = (Vec::new(), |times: &[f64]| times.len() as f64);
        for _ in 0..5 {
            let one = run_for(turn, threads, &ours);
            let other = run_for(turn, threads, &theirs);
            rates.push(rate(&one) / rate(&other).max(1.0));
            sandboxed.extend(one);
            native.extend(other);
        }
        let whole = 5.0 * turn.as_secs_f64();
        show("sandbox", threads, whole, &mut sandboxed);
        show("python3 -c", threads, whole, &mut native);
        rates.sort_by(f64::total_cmp);
        println!(
            "    {threads} threads: {:.1} times the programs (rounds: {:.1} to {:.1})",
            rates[2], rates[0], rates[4]
        );
    }
    Ok(())
}

fn assertion(groups: &str) -> Test {
    let mut expected: Vec<String> = Vec::new();
    let mut depth = 0;
    for c in groups.chars().filter(|c| *c != ' ') {
        if depth == 0 {
            expected.push(String::new());
        }
        depth += if c == '(' { 1 } else { -1 };
        expected.last_mut().expect("there is a group").push(c);
    }
    Test::Assert {
        code: format!("assert separate_paren_groups({groups:?}) == {expected:?}"),
    }
}

/// The milliseconds of each call of `work`, on so many threads for so long.
fn run_for(time: Duration, threads: usize, work: &(dyn Fn() + Sync)) -> Vec<f64> {
    let times = Mutex::new(Vec::new());
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::new();
                while Instant::now() < end {
                    let start = Instant::now();
                    work();
                    own.push(start.elapsed().as_secs_f64() * 1e3);
                }
                times.lock().expect("no thread panics").extend(own);
            });
        }
    });
    times.into_inner().expect("no thread panics")
}

fn show(name: &str, threads: usize, seconds: f64, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "    {name:10} {threads} threads: {:7.1} a second, p50 {:6.2} ms, p99 {:6.2} ms",
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99)
    );
}

/// Where the time of a run goes, on average of many.
fn phases(run: &dyn Fn(), sandbox: &Sandbox) {
    const RUNS: u32 = 200;
    let before = sandbox.spent();
    let start = Instant::now();
    (0..RUNS).for_each(|_| run());
    let whole = start.elapsed() / RUNS;
    let spent = sandbox.spent() - before;
    let of = |part: Duration| part / spent.instances.max(1) as u32;
    println!(
        "an instance: starting {:.2?}, running {:.2?}, teardown {:.2?}; the whole run {whole:.2?}",
        of(spent.starting),
        of(spent.running),
        of(spent.ending)
    );
}

/// Memory of instances while they run: the growth of this process by so many at once.
fn memory(sandbox: &Sandbox) {
    let instances = std::thread::available_parallelism().map_or(1, |n| n.get());
    let interface = Interface::Function(Signature::new("solve", []));
    let program = Program::new("def solve(n):\n    for i in range(n): pass\n");
    let job = Job {
        interface: &interface,
        program: &program,
        tests: &[Test::Call {
            args: vec![Value::Int(3_000_000)],
            expected: None,
        }],
        checker: &Default::default(),
        limits: Limits::default(),
    };
    let mut largest = 0;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..instances)
            .map(|_| scope.spawn(|| sandbox.run(&job)))
            .collect();
        while !running.iter().all(|r| r.is_finished()) {
            largest = largest.max(private_kib());
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    println!(
        "memory of this process with {instances} instances that run: {largest} KiB of its own; \
         idle: {} KiB",
        private_kib()
    );
}

/// Memory that only this process has, in KiB; 0 where the system does not tell.
fn private_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    text.lines()
        .filter(|l| l.starts_with("Private_Dirty:"))
        .filter_map(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum()
}
