//! Runs very many programs in one process, good and hostile ones side by side, and looks for what is left.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example endurance -- [--programs 100000]
//!     [--hostile 10] [--threads 4] [--mib 64]
//! ```
//!
//! Of each hundred programs `--hostile` are hostile. Every good one must pass and every hostile one
//! must get its verdict. After each twentieth of the programs, when none runs, memory, threads,
//! descriptors, children and files are counted: memory of this process' own may then be at most
//! `--mib` MiB above that after the first twentieth, and of the rest there may be no more. Ends with 1
//! otherwise.

#[path = "../tests/common/process.rs"]
mod process;

use std::error::Error;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cogitree_engine::{
    Checker, Executor, Interface, Job, Limits, Program, Signature, Test, Value, Verdict,
};
use cogitree_executors::Sandbox;
use process::Held;

/// Programs that compute x² + 1.
const GOOD: &[&str] = &[
    "def solve(x):\n    return x * x + 1",
    "from functools import lru_cache\n@lru_cache(None)\ndef odd(n): return 2 * n - 1\n\
     def solve(x): return sum(odd(n) for n in range(1, abs(x) + 1)) + 1",
    "import re\ndef solve(x):\n    print(x)\n    return int(re.sub('x', str(x), 'x')) ** 2 + 1",
    "class Box:\n    def __init__(self, x): self.x = x\ndef solve(x):\n    boxes = {i: Box(i) for i in range(200)}\n    \
     return boxes[abs(x)].x ** 2 + 1",
    "import json\ndef solve(x):\n    return json.loads(json.dumps({'a': [x * x]}))['a'][0] + 1",
    "def solve(x):\n    xs = sorted(range(1000), key=lambda i: -i)\n    return xs[999 - abs(x)] ** 2 + 1",
];

/// Programs that do harm, and what they get for it.
const HOSTILE: &[(&str, Verdict)] = &[
    ("def solve(x):\n    while True: pass", Verdict::Timeout),
    (
        "import time\ndef solve(x): time.sleep(1e9)",
        Verdict::Timeout,
    ),
    ("def solve(x): return sum(range(10**15))", Verdict::Timeout),
    ("def solve(x): return bytes(1 << 30)", Verdict::MemoryLimit),
    (
        "def solve(x):\n    a = []\n    while True: a.append(bytearray(1 << 20))",
        Verdict::MemoryLimit,
    ),
    (
        "import os\ndef solve(x): os._exit(0)",
        Verdict::RuntimeError,
    ),
    (
        "import sys\nsys.setrecursionlimit(10**9)\ndef solve(x):\n    a = []\n    for _ in range(10**5): a = [a]\n    return repr(a)",
        Verdict::RuntimeError,
    ),
    (
        "def solve(x):\n    it = iter([x])\n    for _ in range(10**5): it = map(abs, it)\n    return next(it)",
        Verdict::RuntimeError,
    ),
    (
        "def solve(x):\n    while True: print('x' * 999)",
        Verdict::OutputLimit,
    ),
    (
        "def solve(x): return list(range(10**6))",
        Verdict::OutputLimit,
    ),
    (
        "def solve(x): return open('/etc/passwd').read()",
        Verdict::Denied,
    ),
    (
        "import socket\ndef solve(x): socket.create_connection(('127.0.0.1', 9))",
        Verdict::Denied,
    ),
    (
        "class A(int):\n    def __eq__(self, o): return True\ndef solve(x): return A(-1)",
        Verdict::WrongAnswer,
    ),
    (
        "import sys\ndef solve(x):\n    sys._getframe(1).f_globals['emit'](4, b'{')\n    return 0",
        Verdict::RuntimeError,
    ),
    (
        "import os, ctypes\ndef solve(x): return 0",
        Verdict::RuntimeError,
    ),
];

struct Options {
    programs: usize,
    hostile: usize,
    threads: usize,
    mib: usize,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        programs: 100_000,
        hostile: 10,
        threads: 4,
        mib: 64,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let number = words
            .next()
            .ok_or(format!("{word} needs a number"))?
            .parse()?;
        match word.as_str() {
            "--programs" => options.programs = number,
            "--hostile" => options.hostile = number,
            "--threads" => options.threads = number,
            "--mib" => options.mib = number,
            _ => return Err(format!("{word} is no option").into()),
        }
    }
    Ok(options)
}

/// Set in the process that runs the programs.
const INSIDE: &str = "COGITREE_ENDURANCE";

/// Starts this program again with an empty folder for temporary files, where new ones show.
fn main() -> Result<ExitCode, Box<dyn Error>> {
    if std::env::var_os(INSIDE).is_some() {
        return endure();
    }
    let folder = std::env::temp_dir().join(format!("cogitree-endurance-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .current_dir(&folder)
        .env("TMPDIR", &folder)
        .env(INSIDE, "1")
        .status();
    std::fs::remove_dir_all(&folder)?;
    Ok(ExitCode::from(status?.code().map_or(2, |c| c as u8)))
}

fn endure() -> Result<ExitCode, Box<dyn Error>> {
    const PARTS: usize = 20;
    let options = options()?;
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    let (failures, mut first) = (Mutex::new(Vec::new()), None);
    let start = Instant::now();
    println!("programs  per second  memory, MiB  threads  descriptors  children  new files");
    for part in 0..PARTS {
        let range = options.programs * part / PARTS..options.programs * (part + 1) / PARTS;
        let (next, end) = (AtomicUsize::new(range.start), range.end);
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    return;
                }
                if let Err(failure) = one(&sandbox, index, options.hostile)
                    && let Ok(mut failures) = failures.lock()
                {
                    failures.push(failure);
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..options.threads).map(|_| scope.spawn(work)).collect();
            // The end of a scope waits for what threads do, and joining for the threads themselves.
            for thread in threads {
                let _ = thread.join();
            }
        });
        let Some(held) = Held::now() else {
            return Err("this system does not tell what a process holds".into());
        };
        let new_files = files();
        println!(
            "{end:>8}  {:>10.0}  {:>11.1}  {:>7}  {:>11}  {:>8}  {new_files:>9}",
            end as f64 / start.elapsed().as_secs_f64(),
            held.resident_kib as f64 / 1024.0,
            held.threads,
            held.descriptors,
            held.children
        );
        let first = *first.get_or_insert(held);
        let mut failures = failures.lock().map_err(|_| "a thread panicked")?;
        failures.extend(held.more_than(&first));
        if held.resident_kib > first.resident_kib + (options.mib << 10) {
            failures.push(format!("memory grew by more than {} MiB", options.mib));
        }
        if new_files > 0 {
            failures.push(format!("{new_files} new files"));
        }
    }
    let failures = failures.into_inner()?;
    println!(
        "{} failures in {:.0} s",
        failures.len(),
        start.elapsed().as_secs_f64()
    );
    for failure in failures.iter().take(20) {
        println!("  {failure}");
    }
    Ok(ExitCode::from(u8::from(!failures.is_empty())))
}

/// Runs one program; an error says how what came of it is not as it must be.
fn one(sandbox: &Sandbox, index: usize, share: usize) -> Result<(), String> {
    let (source, expected, seconds) = if index % 100 < share {
        let (source, verdict) = HOSTILE[(index / 100 * share + index % 100) % HOSTILE.len()];
        // Only what is to time out must be given little time.
        let seconds = if verdict == Verdict::Timeout {
            0.02
        } else {
            30.0
        };
        (source, verdict, seconds)
    } else {
        (GOOD[index % GOOD.len()], Verdict::Passed, 30.0)
    };
    let x = (index % 100) as i64;
    let report = sandbox
        .run(&Job {
            interface: &Interface::Function(Signature::new("solve", [])),
            program: &Program::new(source),
            tests: &[Test::Call {
                args: vec![Value::Int(x)],
                expected: Some(Value::Int(x * x + 1)),
            }],
            checker: &Checker::Exact,
            limits: Limits {
                seconds,
                memory_mib: 256,
                ..Limits::default()
            },
        })
        .map_err(|e| format!("program {index}: {e}"))?;
    if report.verdict() == expected {
        Ok(())
    } else {
        Err(format!(
            "program {index}: {} in place of {expected}: {:?}",
            report.verdict(),
            report.tests[0].error
        ))
    }
}

/// What there is in the folder for temporary files.
fn files() -> usize {
    std::fs::read_dir(std::env::temp_dir()).map_or(0, |entries| entries.count())
}
