//! The command line as a user meets it: real binary, real sandbox.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn cogitree(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cogitree"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("COGITREE_MODEL")
        .env("NO_COLOR", "1");
    command
}

fn run(arguments: &[&str]) -> Output {
    cogitree(arguments).stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

const PROBLEM: &str = "examples/problems/running_peak.toml";

/// The JSON object with everything that depends on the clock taken out.
fn timeless(output: &Output) -> Value {
    let mut object: Value = serde_json::from_slice(&output.stdout).unwrap();
    object.as_object_mut().unwrap().remove("seconds");
    object["config"].as_object_mut().unwrap().remove("threads");
    for test in object["answer"]["tests"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        test.as_object_mut().unwrap().remove("seconds");
    }
    object
}

#[test]
fn solve_finds_a_program_and_says_how() {
    let solved = run(&["solve", PROBLEM]);
    assert_eq!(code(&solved), 0, "{}{}", out(&solved), err(&solved));
    let text = out(&solved);
    for part in [
        "✓ running_peak solved",
        "def running_peak",
        "How it was found",
        "Evidence",
        "Cost",
    ] {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours where nobody sees them");
}

#[test]
fn waves_give_the_same_answer_at_1_2_and_8_threads() {
    // One problem that is solved at once, and one that keeps the search busy.
    for problem in [PROBLEM, "examples/problems/csv_column.toml"] {
        let solve = |threads| {
            let solved = run(&[
                "solve",
                problem,
                "--json",
                "--seed",
                "5",
                "--threads",
                threads,
                "--exhaust",
                "--simulations",
                "60",
            ]);
            assert!(code(&solved) < 2, "{}", err(&solved));
            timeless(&solved)
        };
        let one = solve("1");
        assert!(
            one["cost"]["simulations"].as_u64().unwrap() > 16,
            "{}",
            one["cost"]
        );
        for threads in ["2", "8"] {
            assert_eq!(one, solve(threads), "{problem} with {threads} threads");
        }
    }
}

#[test]
fn an_eager_search_is_run_again_from_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (first, second, broken) = (path("first"), path("second"), path("broken"));
    let eager = |more: &[&str]| {
        let all = [
            &["solve", PROBLEM, "--schedule", "eager", "--json"],
            &["--threads", "2", "--simulations", "60", "--exhaust"],
            more,
        ];
        run(&all.concat())
    };
    let original = eager(&["--journal", &first]);
    let again = eager(&["--replay", &first, "--journal", &second]);
    assert_eq!(timeless(&again), timeless(&original), "{}", err(&again));
    let journal = std::fs::read_to_string(&first).unwrap();
    assert_eq!(std::fs::read_to_string(&second).unwrap(), journal);

    // The same journal for another search, and a line that is none.
    let other = run(&["solve", PROBLEM, "--seed", "1", "--replay", &first]);
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("event "), "{}", err(&other));
    std::fs::write(&broken, journal.replacen('{', "", 1)).unwrap();
    let refused = eager(&["--replay", &broken]);
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("broken, line 1: "),
        "{}",
        err(&refused)
    );
}

#[test]
fn an_unsolved_problem_gives_the_best_so_far_and_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let problem = folder.path().join("impossible.toml");
    std::fs::write(
        &problem,
        "statement = 'Guess.'\nsignature = 'def guess(n: int) -> int'\n\
         [[tests]]\nargs = [1]\nexpected = 918273645546372819\n\
         [[tests]]\nargs = [2]\nexpected = 283746556473829191\n",
    )
    .unwrap();
    let program = folder.path().join("best.py");
    let dot = folder.path().join("tree.dot");
    let journal = folder.path().join("journal.jsonl");
    let unsolved = run(&[
        "solve",
        problem.to_str().unwrap(),
        "--simulations",
        "25",
        "--tree",
        "--out",
        program.to_str().unwrap(),
        "--dot",
        dot.to_str().unwrap(),
        "--journal",
        journal.to_str().unwrap(),
    ]);
    assert_eq!(code(&unsolved), 1, "{}", err(&unsolved));
    let text = out(&unsolved);
    assert!(
        text.contains("not solved") && text.contains("0 of 2 visible tests"),
        "{text}"
    );
    assert!(text.contains("Tree (visits"), "{text}");
    assert!(
        std::fs::read_to_string(program)
            .unwrap()
            .contains("def guess(n: int) -> int:")
    );
    assert!(std::fs::read_to_string(dot).unwrap().starts_with("digraph"));
    for line in std::fs::read_to_string(journal).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string());
    }
}

/// Writes the first byte that it reads, through WASI preview 1. From the text
/// `(import fd_read, fd_write) (data (i32.const 0) "\08\00\00\00\01") (func (export "_start")
/// (drop (call fd_read 0 0 1 16)) (drop (call fd_write 1 0 1 16)))`.
fn first_byte() -> Vec<u8> {
    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        [&[id, body.len() as u8], body].concat()
    }
    let import = |name: &str| {
        let module = "wasi_snapshot_preview1";
        let text = |t: &str| [&[t.len() as u8], t.as_bytes()].concat();
        [text(module), text(name), vec![0, 0]].concat()
    };
    let call = |fd: u8, function: u8| [0x41, fd, 0x41, 0, 0x41, 1, 0x41, 16, 0x10, function, 0x1a];
    let code = [&[0][..], &call(0, 0), &call(1, 1), &[0x0b]].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, b"\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\0\0"),
        section(
            2,
            &[vec![2], import("fd_read"), import("fd_write")].concat(),
        ),
        section(3, &[1, 1]),
        section(5, &[1, 0, 1]),
        section(7, b"\x02\x06_start\0\x02\x06memory\x02\0"),
        section(10, &[&[1, code.len() as u8], &code[..]].concat()),
        section(11, b"\x01\0\x41\0\x0b\x05\x08\0\0\0\x01"),
    ]
    .concat()
}

#[test]
fn judge_runs_webassembly_modules() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let problem = write(
        "first.toml",
        b"statement = 'Write the first character.'\nkind = 'stdin'\n\
          tests = [{ input = 'abc', output = 'a' }, { input = 'x', output = 'x' }]\n\
          hidden = [{ input = 'q', output = 'r' }]",
    );
    let module = write("first.wasm", &first_byte());
    // Nothing has to be built for a module: no guest, and no cache, which could not be made below a file.
    let cache = format!("{problem}/cache");
    let judge = |arguments: &[&str]| {
        let mut command = cogitree(arguments);
        let command = command.env("COGITREE_CACHE", &cache);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let judged = judge(&["judge", &problem, &module, "--visible-only"]);
    assert_eq!(code(&judged), 0, "{}{}", out(&judged), err(&judged));
    assert!(out(&judged).contains("2 of 2 visible tests passed"));
    let judged = judge(&["judge", &problem, &module]);
    assert_eq!(code(&judged), 1, "{}", err(&judged));
    assert!(out(&judged).contains("0 of 1 hidden tests passed: wrong_answer"));

    let judged = judge(&["judge", PROBLEM, &module]);
    assert_eq!(code(&judged), 2);
    assert!(
        err(&judged).contains("first.wasm: a WebAssembly module reads standard input"),
        "{}",
        err(&judged)
    );
    let cut = write("cut.wasm", &first_byte()[..60]);
    let judged = judge(&["judge", &problem, &cut, "--visible-only"]);
    assert_eq!(code(&judged), 1, "{}", err(&judged));
    assert!(
        out(&judged).contains("the module cannot be run"),
        "{}",
        out(&judged)
    );
    let neither = write("neither", b"\xff\xfe");
    let judged = judge(&["judge", &problem, &neither]);
    assert_eq!(code(&judged), 2, "{}", err(&judged));
}

/// A checker is Python whatever the program is, and is asked about each output in a sandbox of its own.
#[test]
fn a_program_checks_what_a_module_writes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let problem = |name: &str, body: &str| {
        let text = format!(
            "statement = 'Write some character.'\nkind = 'stdin'\n\
             checker = {{ program = \"\"\"\ndef check(input, expected, output):\n    {body}\n\"\"\" }}\n\
             tests = [{{ input = 'abc' }}, {{ input = 'xbc' }}, {{ input = '' }}]\n"
        );
        write(name, text.as_bytes())
    };
    let module = write("first.wasm", &first_byte());
    let judged = run(&[
        "judge",
        &problem(
            "some.toml",
            "return output in ('a', 'b') and output in input",
        ),
        &module,
        "--json",
    ]);
    assert_eq!(code(&judged), 1, "{}{}", out(&judged), err(&judged));
    let object: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let verdicts = ["passed", "wrong_answer", "wrong_answer"];
    for (test, verdict) in object["tests"].as_array().unwrap().iter().zip(verdicts) {
        assert_eq!(test["verdict"], verdict, "{object}");
    }
    // Its failure is one of the machinery, not of the module.
    let judged = run(&["judge", &problem("broken.toml", "return 1 / 0"), &module]);
    assert_eq!(code(&judged), 2, "{}", out(&judged));
    let message = err(&judged);
    assert!(
        message.contains("the problem's checker raised ZeroDivisionError"),
        "{message}"
    );
}

#[test]
fn judge_tells_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("peak.py");
    std::fs::write(
        &program,
        "def running_peak(changes):\n    sums = [sum(changes[:i + 1]) for i in range(len(changes))]\n    return max(sums)\n",
    )
    .unwrap();
    let judged = run(&["judge", PROBLEM, program.to_str().unwrap()]);
    assert_eq!(code(&judged), 1, "{}", err(&judged));
    let text = out(&judged);
    assert!(text.contains("3 of 4 visible tests passed"), "{text}");
    assert!(
        text.contains("ValueError") && text.contains("running_peak([])"),
        "{text}"
    );
    let json = run(&["judge", PROBLEM, program.to_str().unwrap(), "--json"]);
    let object: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(object["verdict"], "runtime_error");
    assert_eq!(object["tests"][3]["error"]["line"], 3);

    let told = |level| {
        let judged = run(&[
            "judge",
            PROBLEM,
            program.to_str().unwrap(),
            "--json",
            "--feedback",
            level,
        ]);
        let object: Value = serde_json::from_slice(&judged.stdout).unwrap();
        object["feedback"].as_str().unwrap().to_owned()
    };
    assert_eq!(told("none"), "");
    assert_eq!(
        told("verdict"),
        "3 of 4 visible tests passed: 1 runtime_error."
    );
    assert_eq!(told("diff"), object["feedback"].as_str().unwrap());
    let traced = told("trace");
    assert!(traced.starts_with(&told("diff")), "{traced}");
    assert!(
        traced.ends_with("`return max(sums)` of running_peak, with changes = [], sums = []."),
        "{traced}"
    );

    let right = "def running_peak(changes):\n    best = total = 0\n    for i, c in enumerate(changes):\n        total += c\n        best = total if i == 0 else max(best, total)\n    return best\n";
    let mut child = cogitree(&["judge", PROBLEM, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(right.as_bytes())
        .unwrap();
    let judged = child.wait_with_output().unwrap();
    assert_eq!(code(&judged), 0, "{}", out(&judged));
}

/// Programs come in the encodings that Python reads files in.
#[test]
fn judge_reads_programs_as_python_does() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let problem = write(
        "cafe.toml",
        "statement = 'Say it.'\nkind = 'stdin'\ntests = [{ input = '', output = 'café' }]"
            .as_bytes(),
    );
    for (name, bytes) in [
        ("utf8.py", "print('café')".as_bytes()),
        ("marked.py", b"\xef\xbb\xbfprint('caf\xc3\xa9')"),
        (
            "latin.py",
            b"#!/usr/bin/python3\n# coding: latin-1\nprint('caf\xe9')",
        ),
    ] {
        let judged = run(&["judge", &problem, &write(name, bytes)]);
        assert_eq!(code(&judged), 0, "{name}: {}{}", out(&judged), err(&judged));
    }
    let undeclared = run(&["judge", &problem, &write("bare.py", b"\nprint('caf\xe9')")]);
    assert_eq!(code(&undeclared), 2);
    for part in ["bare.py: ", "byte 0xe9", "(line 2)", "save it as UTF-8"] {
        let message = err(&undeclared);
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
}

/// The level reaches the search, and more words lead the embedded policy no other way.
#[test]
fn solve_tells_as_much_as_is_asked_for() {
    let solved = |level: &[&str]| {
        let arguments = [
            "solve",
            PROBLEM,
            "--json",
            "--seed",
            "1",
            "--simulations",
            "12",
            "--exhaust",
        ];
        let run = run(&[&arguments, level].concat());
        let object: Value = serde_json::from_slice(&run.stdout).unwrap();
        object
    };
    let (diff, trace) = (solved(&[]), solved(&["--feedback", "trace"]));
    assert_eq!(diff["config"]["feedback"], "diff");
    assert_eq!(trace["config"]["feedback"], "trace");
    assert_eq!(diff["answer"]["program"], trace["answer"]["program"]);
    assert_eq!(diff["nodes"], trace["nodes"]);
    let again = trace["again"].as_str().unwrap();
    assert!(again.contains("--feedback trace"), "{again}");
    assert!(!diff["again"].as_str().unwrap().contains("--feedback"));
}

/// What is random to a program follows from the seed, in a search as in judging.
#[test]
fn the_seed_reaches_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let object = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };

    let draw = file(
        "draw.toml",
        "statement = 'Draw.'\nkind = 'stdin'\ntests = [{ input = '', output = '0' }]\n",
    );
    let drawing = file("drawing.py", "import random\nprint(random.random())\n");
    let drawn = |seed: &[&str]| {
        let judged = run(&[&["judge", &draw, &drawing, "--json"], seed].concat());
        let number = object(&judged)["tests"][0]["stdout"]
            .as_str()
            .unwrap()
            .to_owned();
        number.trim().parse::<f64>().unwrap()
    };
    let (default, three) = (drawn(&[]), drawn(&["--seed", "3"]));
    assert_eq!(drawn(&["--seed", "0"]), default);
    assert_eq!(drawn(&["--seed", "3"]), three);
    assert_ne!(default, three);

    // A test that holds for one of the two seeds only, whatever the program.
    let half = f64::midpoint(default, three);
    let whim = file(
        "whim.toml",
        &format!(
            "statement = 'Return n.'\nsignature = 'def f(n: int) -> int'\n\
             [[tests]]\nargs = [3]\nexpected = 3\n[[tests]]\nargs = [7]\nexpected = 7\n\
             [[tests]]\nassert = '(f(3), __import__(\"random\").random() < {half}) == (3, True)'\n"
        ),
    );
    for (seed, drawn) in [("0", default), ("3", three)] {
        let arguments = [
            "solve",
            &whim,
            "--json",
            "--seed",
            seed,
            "--simulations",
            "20",
        ];
        let solved = run(&arguments);
        let found = object(&solved);
        assert_eq!(code(&solved), i32::from(drawn > half), "{found}");
        assert_eq!(found["answer"]["tests"][1]["verdict"], "passed", "{found}");
        let again = found["again"].as_str().unwrap();
        assert!(again.contains(&format!(" --seed {seed} ")), "{again}");
    }
}

/// Every bad input ends with exit code 2 and one message that says what to do.
#[test]
fn bad_input_is_refused_in_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let head = "statement = 's'\nsignature = 'def f(x)'\n";
    let broken = file("broken.toml", "statement = ");
    let arity = file(
        "arity.toml",
        &format!("{head}[[tests]]\nargs = [1, 2]\nexpected = 3\n"),
    );
    let empty = file("empty.toml", &format!("{head}tests = []\n"));
    let contradiction = file(
        "contradiction.toml",
        &format!(
            "{head}[[tests]]\nargs = [1]\nexpected = 3\n[[tests]]\nargs = [1]\nexpected = 4\n"
        ),
    );
    let entry = file(
        "entry.toml",
        &format!("{head}[[tests]]\nassert = 'g(1) == 2'\n"),
    );
    let dots = file(
        "dots.toml",
        &format!("id = '../../x'\n{head}[[tests]]\nargs = [1]\nexpected = 3\n"),
    );
    let tasks = file(
        "tasks.jsonl",
        "{\"task_id\": \"Set/1\", \"text\": \"Double.\", \"test_list\": [\"assert f(1) == 2\"]}\n",
    );
    let cases: &[(&[&str], &str)] = &[
        (&["solve", "no/such/file.toml"], "no such file"),
        (
            &["solve", "examples/problems/running_peek.toml"],
            "Did you mean `examples/problems/running_peak.toml`",
        ),
        (&["solve", &broken], "broken.toml:1"),
        (&["solve", &arity], "arity.toml:4"),
        (&["solve", &empty], "no visible test"),
        (&["solve", &contradiction], "contradiction.toml"),
        (&["solve", &entry], "is about `g`"),
        (&["solve", &dots], "dots.toml:1"),
        (&["solve", "--from", &tasks, "--task", "Set/2"], "`Set/1`"),
        (
            &["solve", PROBLEM, "--simulations", "0"],
            "it must be a whole number of at least 1",
        ),
        (&["solve", PROBLEM, "--simulations", "-5"], "--simulations"),
        (&["solve", PROBLEM, "--time", "0s"], "longer than 0"),
        (
            &["solve", PROBLEM, "--rule", "uctt"],
            "the rules are uct, wu_uct, p_ucb",
        ),
        (
            &["solve", PROBLEM, "--in-flight", "0"],
            "in_flight must be at least 1",
        ),
        (
            &["solve", PROBLEM, "--out", "no/such/folder/x.py"],
            "no/such/folder/x.py",
        ),
        (
            &["solve", PROBLEM, "--feedback", "loud"],
            "none, verdict, diff, trace",
        ),
        (&["judge", PROBLEM], "judge takes two files"),
        (
            &["judge", PROBLEM, "no/such/program.py"],
            "no/such/program.py",
        ),
    ];
    for (arguments, part) in cases {
        let refused = run(arguments);
        let message = err(&refused);
        assert_eq!(code(&refused), 2, "{arguments:?}: {message}");
        assert!(
            message.contains(part),
            "{arguments:?}: `{part}` is missing in: {message}"
        );
        assert_eq!(out(&refused), "", "{arguments:?}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = cogitree(&["solve", PROBLEM, "--tree", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut messages = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut messages)
        .unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), messages.as_str()), (Some(141), ""));
}

#[test]
fn without_a_home_the_remedy_is_named() {
    let refused = cogitree(&["solve", PROBLEM])
        .env("HOME", "/dev/null")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("COGITREE_CACHE")
        .output()
        .unwrap();
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("COGITREE_CACHE"),
        "{}",
        err(&refused)
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_the_best_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.jsonl");
    let problem = folder.path().join("endless.toml");
    std::fs::write(
        &problem,
        "statement = 'Guess.'\nsignature = 'def guess(xs: list[int]) -> int'\n\
         [[tests]]\nargs = [[3, 1, 2]]\nexpected = 918273645546372819\n",
    )
    .unwrap();
    let child = cogitree(&[
        "solve",
        problem.to_str().unwrap(),
        "--simulations",
        "100000000",
        "-q",
        "--journal",
        journal.to_str().unwrap(),
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    // Long enough to be searching; were it still opening the sandbox, it would end as well.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(code(&ended), 1, "{}", err(&ended));
    assert!(out(&ended).contains("it was cancelled"), "{}", out(&ended));
    assert!(out(&ended).contains("def guess"), "{}", out(&ended));
}

#[test]
fn doctor_lists_what_the_sandbox_needs() {
    let doctor = run(&["doctor", "--json"]);
    assert_eq!(code(&doctor), 0, "{}", err(&doctor));
    let object: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let names: Vec<&str> = object["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"python") && names.contains(&"guest"),
        "{names:?}"
    );
}
