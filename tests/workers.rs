//! Worker processes: the real executable, killed, stopped and replaced by things that are no worker.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use cogitree::{
    Checker, Executor, ExecutorError, FeedbackLevel, Interface, Isolation, Job, Limits, Parameter,
    Problem, Program, Report, Sandbox, SandboxError, Signature, Test, Value, Verdict,
};

const WORKER: &str = env!("CARGO_BIN_EXE_cogitree");

fn with_workers(line: &[&str], workers: u32) -> Result<Sandbox, SandboxError> {
    let worker = line.iter().map(OsString::from).collect();
    Sandbox::builder()
        .instances(workers)
        .isolation(Isolation::Process { worker })
        .open(|step| eprintln!("{step}"))
}

fn isolated(workers: u32) -> Sandbox {
    with_workers(&[WORKER, "worker"], workers).expect("the sandbox opens")
}

static HERE: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::builder().instances(2).open(|_| {}).unwrap());

const SHORT: Limits = Limits {
    seconds: 0.3,
    memory_mib: 256,
    output_kib: 64,
    source_kib: 256,
};

fn problem(interface: Interface, tests: Vec<Test>, checker: Checker) -> Problem {
    Problem {
        id: "p".into(),
        statement: "s".into(),
        interface,
        tests,
        checker,
        limits: SHORT,
    }
}

fn square() -> Problem {
    let tests = [0, 1, 7].map(|x| Test::Call {
        args: vec![Value::Int(x)],
        expected: Some(Value::Int(x * x + 1)),
    });
    let signature = Signature::new("solve", [Parameter::new("x")]);
    problem(Interface::Function(signature), tests.into(), Checker::Exact)
}

fn run(sandbox: &Sandbox, problem: &Problem, source: &str) -> Result<Report, ExecutorError> {
    sandbox.run(&Job::visible(problem, &Program::new(source)))
}

const RIGHT: &str = "def solve(x): return x * x + 1";
const ENDLESS: &str = "def solve(x):\n    while True: pass";

/// The report with the feedback on it, as text, without times. Programs that loop for ever get less
/// time than others, which must never be ended by it, however busy the machine is.
fn timeless(sandbox: &Sandbox, problem: &Problem, source: &str) -> String {
    let mut problem = problem.clone();
    if !source.contains("while True") {
        problem.limits.seconds = 20.0;
    }
    let problem = &problem;
    let told = run(sandbox, problem, source).map(|mut report| {
        for test in &mut report.tests {
            test.time = Duration::ZERO;
            if test.verdict == Verdict::Timeout {
                // On a busy machine wall time may end it before its fuel does.
                test.fuel = 0;
            }
        }
        let program = Program::new(source);
        let feedback = sandbox.explain(problem, &program, &report, FeedbackLevel::Diff);
        (report, feedback)
    });
    format!("{told:#?}")
}

/// The processes whose parent is this one and that are workers, from /proc: waiting ones and zombies.
#[cfg(target_os = "linux")]
fn children_of(parent: u32) -> Vec<(u32, char)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name stands in parentheses and may hold anything.
        let mut fields = stat[stat.rfind(')').unwrap() + 2..].split(' ');
        let state = fields.next().unwrap().chars().next().unwrap();
        if fields.next().unwrap().parse() == Ok(parent) {
            found.push((pid, state));
        }
    }
    found
}

/// Waits until something is so.
fn within(seconds: u64, what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed().as_secs() < seconds, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([name, &pid.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn reports_are_the_same_as_in_this_process() {
    let workers = isolated(2);
    let scripts = || {
        let tests = [("3 4\n", "7\n"), ("1 1\n", "2\n")].map(|(i, o)| Test::Stdio {
            input: i.into(),
            expected: Some(o.into()),
        });
        problem(Interface::Stdin, tests.into(), Checker::Exact)
    };
    let asserts = || {
        let tests = ["assert solve(1) == 2", "assert solve(2) == 6, 'six'"];
        Problem {
            tests: tests.map(|t| Test::Assert { code: t.into() }).into(),
            ..square()
        }
    };
    let by_program = || Problem {
        checker: Checker::Program {
            source: "def check(args, expected, actual):\n    return actual % 2 == 1".into(),
        },
        ..square()
    };
    let broken_checker = || Problem {
        checker: Checker::Program {
            source: "def check(args, expected, actual):\n    return actual % 0".into(),
        },
        ..square()
    };
    let tiny = || {
        let mut problem = square();
        problem.limits.memory_mib = 8;
        problem
    };
    let cases: &[(Problem, &[&str])] = &[
        (
            square(),
            &[
                RIGHT,
                "def solve(x): return x",
                "def solve(x): return {(x, 1.5): [b'\\xff', {2}, None, 2**80, 'zü\\0\\n', 1j, float('nan')]}",
                "def solve(x):\n    a = {}\n    for _ in range(45): a = {'k': a}\n    return a",
                "def solve(x): return lambda: x",
                "def solve(x):\n    if x == 1: raise KeyError('\\x1b[2J')\n    return x",
                "import random, time\ndef solve(x):\n    time.sleep(0.01)\n    return [random.random(), time.time(), hash('a'), id(0)]",
                "def solve(x",
                "1 / 0",
                "def f(): pass",
                ENDLESS,
                "while True: pass",
                "def solve(x): return bytearray(1 << 30)",
                "def solve(x): return open('/etc/passwd').read()",
                "def solve(x): return list(range(10**6))",
                "def solve(x):\n    while True: print('y' * 999)",
                "import sys\ndef solve(x):\n    sys.stdout.buffer.write(b'\\xff\\x00' * 30000)\n    return 5",
                "import os\ndef solve(x):\n    if x == 1: os._exit(7)\n    return x * x + 1",
                "import sys\ndef solve(x):\n    sys._getframe(1).f_globals['emit'](4, b'{\"value\": \"1\"}')",
                "import sys\ndef solve(x):\n    sys._getframe(1).f_globals['emit'](4, b'{\"value\": \"' + b'1' * 10**6 + b'\"}')",
                "import sys\ndef solve(x):\n    sys._getframe(1).f_globals['emit'](9, b'')",
                "import sys\nsys.setrecursionlimit(10**9)\ndef solve(x): return repr(solve) + solve(x)",
            ],
        ),
        (
            scripts(),
            &[
                "print(sum(map(int, input().split())))",
                "print(5)",
                "import sys; sys.exit(3)",
                "while True: pass",
            ],
        ),
        (asserts(), &[RIGHT, "def solve(x): return x * x + x"]),
        (by_program(), &[RIGHT, "def solve(x): return 3"]),
        (broken_checker(), &[RIGHT]),
        (tiny(), &[RIGHT]),
    ];
    for (problem, programs) in cases {
        for source in *programs {
            let here = timeless(&HERE, problem, source);
            assert_eq!(timeless(&workers, problem, source), here, "{source}");
        }
    }
    // The machinery's own errors leave a worker as it was, and so do all these programs.
    assert!(run(&workers, &square(), RIGHT).unwrap().all_passed());
}

/// A trace is made in a worker, too, and put into words here.
#[test]
fn traces_are_the_same_as_in_this_process() {
    let workers = isolated(1);
    let mut problem = square();
    problem.limits.seconds = 0.5;
    for source in [
        "def solve(x):\n    y = x * x\n    return y",
        "def solve(x):\n    for i in range(3):\n        x += [1, 2][i]\n    return x",
        "def solve(x):\n    while True:\n        x += 1",
    ] {
        let program = Program::new(source);
        let explained = |sandbox: &Sandbox| {
            let report = run(sandbox, &problem, source).unwrap();
            sandbox.explain(&problem, &program, &report, FeedbackLevel::Trace)
        };
        let here = explained(&HERE);
        assert!(here.text.contains("Step by step"), "{}", here.text);
        assert_eq!(explained(&workers).text, here.text);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_worker_is_an_error_of_its_job_and_the_next_has_another() {
    // The sandbox lives in a process of its own, so that its workers can be told from others'.
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("endless.py");
    std::fs::write(&program, ENDLESS.replace("solve", "running_peak")).unwrap();
    let mut judge = Command::new(WORKER)
        .args(["judge", "examples/problems/running_peak.toml"])
        .arg(&program)
        .args(["--isolate", "process", "--visible-only"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut worker = None;
    within(60, "a worker is started", || {
        worker = children_of(judge.id()).first().copied();
        worker.is_some()
    });
    let (worker, _) = worker.unwrap();
    within(60, "it works", || at_work(worker));
    let begun = cpu_ticks(worker);
    within(60, "it runs the program", || cpu_ticks(worker) > begun + 20);
    signal("-KILL", worker);
    let ended = judge.wait().map(|status| status.code());
    let judged = judge.wait_with_output().unwrap();
    let message = String::from_utf8(judged.stderr).unwrap();
    assert_eq!(ended.unwrap(), Some(2), "{message}");
    assert!(
        message.contains("a worker process was ended by signal 9")
            && message.contains("has no verdict"),
        "{message}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_goes_on_when_its_workers_are_killed() {
    let mut solve = Command::new(WORKER)
        .args([
            "solve",
            "examples/problems/running_peak.toml",
            "--json",
            "-q",
        ])
        .args(["--isolate", "process", "--exhaust", "--simulations", "80"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut killed = Vec::new();
    within(60, "two workers have been at work", || {
        for (worker, _) in children_of(solve.id()) {
            if !killed.contains(&worker) && at_work(worker) {
                signal("-KILL", worker);
                killed.push(worker);
            }
        }
        killed.len() >= 2 || solve.try_wait().unwrap().is_some()
    });
    let solved = solve.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&solved.stderr);
    assert!(killed.len() >= 2, "it ended too soon: {message}");
    assert_eq!(solved.status.code(), Some(0), "{message}");
    let object: serde_json::Value = serde_json::from_slice(&solved.stdout).unwrap();
    // A simulation whose program got no verdict is not counted.
    let simulations = object["cost"]["simulations"].as_u64();
    assert!((70..=80).contains(&simulations.unwrap()), "{object}");
    assert_eq!(object["hidden"]["verdict"], "passed", "{object}");
}

/// Whether a worker has said that it is ready: it has a thread for what it is asked then.
#[cfg(target_os = "linux")]
fn at_work(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    threads.flatten().any(|thread| {
        let name = std::fs::read_to_string(thread.path().join("comm"));
        name.is_ok_and(|name| name.starts_with("cogitree-reque"))
    })
}

/// One that is ended from outside before it has begun is started anew, and one that leaves is not.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_killed_as_it_starts_is_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("starts");
    let line = |how: &str, times: u32| {
        format!(
            "echo start >> {0}; [ $(wc -l < {0}) -gt {times} ] || {how}; exec {WORKER} worker",
            starts.display()
        )
    };
    let opened = |how: &str, times: u32| {
        let _ = std::fs::remove_file(&starts);
        let line = line(how, times);
        let sandbox = with_workers(&["/bin/sh", "-c", &line], 1);
        let started = std::fs::read_to_string(&starts).unwrap().lines().count();
        (sandbox.map_err(|e| e.to_string()), started)
    };
    let (sandbox, started) = opened("kill -KILL $$", 2);
    assert_eq!(started, 3);
    assert!(
        run(&sandbox.unwrap(), &square(), RIGHT)
            .unwrap()
            .all_passed()
    );

    let (sandbox, started) = opened("kill -KILL $$", 99);
    assert_eq!(started, 3);
    assert!(sandbox.unwrap_err().contains("ended by signal 9"));
    let (sandbox, started) = opened("exit 7", 99);
    assert_eq!(started, 1);
    assert!(sandbox.unwrap_err().contains("left with status 7"));
}

/// What a process has used of its processor, in hundredths of a second.
#[cfg(target_os = "linux")]
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some(end) = stat.rfind(')') else { return 0 };
    let fields: Vec<&str> = stat[end + 2..].split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// One sandbox of one worker, whose process id its command line writes down.
#[cfg(target_os = "linux")]
#[test]
fn workers_are_replaced_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("pids");
    let line = format!(
        "exec 7>> {}; echo $$ >&7; exec {WORKER} worker",
        noted.display()
    );
    let started = || -> Vec<u32> {
        let text = std::fs::read_to_string(&noted).unwrap_or_default();
        text.lines().map(|l| l.parse().unwrap()).collect()
    };
    let mine = |pid: u32| children_of(std::process::id()).iter().any(|c| c.0 == pid);
    let sandbox = with_workers(&["/bin/sh", "-c", &line], 1).unwrap();
    let long = |problem: Problem| Problem {
        limits: Limits {
            seconds: 60.0,
            ..SHORT
        },
        ..problem
    };
    assert!(run(&sandbox, &square(), RIGHT).unwrap().all_passed());
    assert_eq!(started().len(), 1);

    // Nothing of ours is in its environment, and what was left open for it is closed.
    let first = started()[0];
    let descriptors = std::fs::read_dir(format!("/proc/{first}/fd")).unwrap();
    let open: Vec<_> = descriptors
        .map(|d| std::fs::read_link(d.unwrap().path()).unwrap())
        .collect();
    assert!(open.len() >= 3 && !open.contains(&noted), "{open:?}");
    let environment = std::fs::read_to_string(format!("/proc/{first}/environ")).unwrap();
    let names: Vec<&str> = environment
        .split('\0')
        .filter_map(|e| Some(e.split_once('=')?.0))
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)) // the shell's own
        .collect();
    assert_eq!(names, [""; 0]);

    // In the middle of a program.
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&sandbox, &long(square()), ENDLESS));
        let before = cpu_ticks(first);
        within(60, "the program runs", || cpu_ticks(first) > before + 20);
        signal("-KILL", first);
        running.join().unwrap().unwrap_err()
    });
    assert!(error.to_string().contains("ended by signal 9"), "{error}");
    assert!(!mine(first), "it was waited for");
    assert!(run(&sandbox, &square(), RIGHT).unwrap().all_passed());
    assert_eq!(started().len(), 2);

    // While it waits: nobody has to know.
    let second = started()[1];
    signal("-KILL", second);
    within(10, "it is gone", || {
        children_of(std::process::id()).contains(&(second, 'Z'))
    });
    assert!(run(&sandbox, &square(), RIGHT).unwrap().all_passed());
    assert_eq!(started().len(), 3);
    assert!(!mine(second), "it was waited for");

    // Nor does it matter how far the system is with taking it down.
    for _ in 0..20 {
        signal("-KILL", *started().last().unwrap());
        assert!(run(&sandbox, &square(), RIGHT).unwrap().all_passed());
    }
    assert_eq!(started().len(), 23);

    // It stops: given up after what its program may take and a little more.
    let third = started()[22];
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&sandbox, &square(), ENDLESS));
        let before = cpu_ticks(third);
        within(60, "the program runs", || cpu_ticks(third) > before + 5);
        signal("-STOP", third);
        running.join().unwrap().unwrap_err()
    });
    assert!(
        error.to_string().contains("did not answer within"),
        "{error}"
    );
    assert!(!mine(third));

    assert!(run(&sandbox, &square(), RIGHT).unwrap().all_passed());
    let fourth = started()[23];
    assert!(mine(fourth));
    drop(sandbox);
    assert!(!mine(fourth), "it ends with the sandbox");
}

/// What is no worker, or one of another version, is said to be so when the sandbox is opened.
#[test]
fn what_is_no_worker_is_refused() {
    let frame = |json: &str| {
        let length = json.len();
        format!("printf 'cgtw\\{length:03o}\\000\\000\\000%s' '{json}'")
    };
    let refused = frame(r#"{"Refused":"it is of another version"}"#);
    let nonsense = frame(r#"{"Told":5}"#);
    // Each reads a little first, so that it is spoken to before it speaks or ends.
    let shell = |script: &str| {
        ["/bin/sh", "-c", &format!("head -c 8 >/dev/null; {script}")]
            .map(str::to_owned)
            .to_vec()
    };
    let words = |line: &[&str]| line.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
    let cases = [
        (vec![], "command line of a worker is empty"),
        (words(&["/no/such/worker"]), "/no/such/worker: "),
        (shell("exit 3"), "left with status 3"),
        (shell("kill -ABRT $$"), "ended by signal 6"),
        (
            shell("echo hello, who is there?; sleep 9"),
            "said something that is no message",
        ),
        (shell("printf cgtw"), "said it broke off"),
        (
            shell("printf 'cgtw\\377\\377\\377\\377'; sleep 9"),
            "no more than 1048576 can be right",
        ),
        (shell(&nonsense), "cannot be read"),
        (shell(&refused), "it is of another version"),
        (words(&[WORKER, "doctor"]), "a worker process"),
    ];
    for (line, part) in cases {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let refused = with_workers(&words, 1);
        let error = refused.expect_err(&format!("{line:?}")).to_string();
        assert!(
            error.starts_with("cannot start a worker process: ") && error.contains(part),
            "{line:?}: `{part}` not in: {error}"
        );
    }
}

/// A worker that is taken over in the middle, and says what is no answer: an error of the job, and the
/// next one has another worker.
#[test]
fn a_worker_that_says_nonsense_is_an_error_of_its_job() {
    let ready = r#"head -c 8 >/dev/null; printf 'cgtw\007\000\000\000"Ready"'; "#;
    let taken = r#"printf 'cgtw\007\000\000\000"Taken"'; "#;
    let empty = r#"{"Ok":{"entries":[],"not_loaded":null,"end":"Returned","recorder":null,"fuel":0,"slept":false}}"#;
    let empty = format!(
        "printf 'cgtw\\{:03o}\\000\\000\\000%s' '{empty}'; sleep 9",
        empty.len()
    );
    let cases = [
        (
            "echo nonsense; sleep 9",
            "said something that is no message",
        ),
        (&empty, "said a report of other tests than were asked for"),
        ("sleep 0.2; exit 4", "left with status 4"),
    ];
    for (then, part) in cases {
        let script = format!("{ready}{taken}{then}");
        let sandbox = with_workers(&["/bin/sh", "-c", &script], 1).unwrap();
        for _ in 0..2 {
            let error = run(&sandbox, &square(), RIGHT).unwrap_err().to_string();
            assert!(
                error.contains(part) && error.contains("another worker takes its place"),
                "`{part}` not in: {error}"
            );
        }
    }
    // Before it has taken the program: another is tried, and then it is the workers that are wrong.
    for (then, part) in [cases[0], cases[2]] {
        let script = format!("{ready}{then}");
        let sandbox = with_workers(&["/bin/sh", "-c", &script], 1).unwrap();
        let error = run(&sandbox, &square(), RIGHT).unwrap_err().to_string();
        assert!(
            error.contains("cannot start a worker process") && error.contains(part),
            "`{part}` not in: {error}"
        );
    }
}

/// The executable as a worker, told what no sandbox of its version says.
#[test]
fn a_worker_refuses_other_versions_and_other_talk() {
    let tell = |bytes: &[u8]| {
        let mut worker = Command::new(WORKER)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        worker.stdin.take().unwrap().write_all(bytes).unwrap();
        let output = worker.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let framed = |json: &str| {
        let mut frame = b"cgtw".to_vec();
        frame.extend((json.len() as u32).to_le_bytes());
        frame.extend(json.as_bytes());
        frame
    };
    let (code, out, _) = tell(&framed(r#"{"protocol":999,"version":"9.9","new":1}"#));
    assert_eq!(code, Some(0));
    assert!(
        out.contains("Refused") && out.contains("the sandbox of version 9.9 (protocol 999)"),
        "{out}"
    );
    let (code, out, err) = tell(b"what is this?\n");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("a worker is started by a sandbox"), "{err}");
    assert_eq!(tell(b""), (Some(0), String::new(), String::new()));
}

/// A sandbox's process is killed, and has no time to end anything: its workers end all the same, even
/// in the middle of a program.
#[cfg(target_os = "linux")]
#[test]
fn workers_end_when_the_process_of_their_sandbox_dies() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("endless.py");
    std::fs::write(&program, "def running_peak(x):\n    while True: pass").unwrap();
    let mut judge = Command::new(WORKER)
        .args(["judge", "examples/problems/running_peak.toml"])
        .arg(&program)
        .args(["--isolate", "process"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut workers = Vec::new();
    within(60, "a worker is started", || {
        workers = children_of(judge.id());
        !workers.is_empty()
    });
    let (worker, _) = workers[0];
    within(60, "it works", || at_work(worker));
    let begun = cpu_ticks(worker);
    within(60, "it runs the program", || cpu_ticks(worker) > begun + 20);
    judge.kill().unwrap();
    judge.wait().unwrap();
    within(5, "the worker has ended", || {
        // Whoever adopts orphans may take its time to wait for them.
        let stat = std::fs::read_to_string(format!("/proc/{worker}/stat"));
        stat.is_err() || stat.is_ok_and(|s| s[s.rfind(')').unwrap()..].starts_with(") Z"))
    });
}

#[test]
fn many_threads_share_the_workers() {
    let sandbox = isolated(2);
    let problem = square();
    std::thread::scope(|scope| {
        for i in 0..12 {
            let (sandbox, problem) = (&sandbox, &problem);
            scope.spawn(move || {
                let right = i % 3 != 0;
                let source = if right {
                    RIGHT
                } else {
                    "def solve(x): return -x"
                };
                let report = run(sandbox, problem, source).unwrap();
                assert_eq!(report.all_passed(), right);
                assert_eq!(report.tests[0].verdict == Verdict::Passed, right);
            });
        }
    });
}
