//! What is read from problem files and data sets, and what is said of bad ones.
//!
//! The messages are the specification, so they stand in snapshots: one line each, behind
//! the input that causes it.

// The lint knows tests by their attribute, and not the helpers that they share.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cogitree::problem::{Dataset, Format, LoadedProblem, ProblemError, load, load_task, parse};
use cogitree_engine::{Checker, Limits, Test, Value};
use cogitree_executors::HiddenTests;

fn toml(text: &str) -> Result<LoadedProblem, ProblemError> {
    parse(text, Format::Toml, Path::new("bad.toml"))
}

fn json(text: &str) -> Result<LoadedProblem, ProblemError> {
    parse(text, Format::Json, Path::new("bad.json"))
}

/// Each input with the one message that it gets.
fn messages(inputs: &[&str], read: impl Fn(&str) -> Result<LoadedProblem, ProblemError>) -> String {
    let mut out = String::new();
    for input in inputs {
        let message = match read(input) {
            Err(e) => e.to_string(),
            Ok(p) => {
                let all: Vec<String> = p.warnings.iter().map(ToString::to_string).collect();
                assert!(!all.is_empty(), "accepted without a word:\n{input}");
                format!("warning: {}", all.join("\nwarning: "))
            }
        };
        assert!(
            !message.ends_with('.'),
            "the full stop is the caller's: {message}"
        );
        writeln!(out, "{}\n  => {message}\n", input.trim_end()).unwrap();
    }
    out
}

/// A problem file with a good beginning.
fn with(rest: &str) -> String {
    format!("statement = 's'\nsignature = 'def f(a, b=1)'\n{rest}\n")
}

#[test]
fn messages_about_keys() {
    let inputs = [
        "statement = 's'\nsignature = 'def f(x)'\n[[test]]\nargs = [1]\nexpected = 1",
        "statment = 's'",
        "completely_different = 1",
        "signature = 'def f(x)'",
        "statement = '  '",
        "statement = 5",
        "statement = 's'",
        "statement = 's'\nkind = 'stdio'",
        "statement = 's'\nkind = 'stdin'\nsignature = 'def f(x)'",
        "statement = 's'\nkind = 'stdin'\npreamble = 'import math'",
        "statement = 's'\nsignature = 'f(x)'",
        "statement = 's'\nsignature = 'def f(x'",
        "statement = 's'\nsignature = 'def f(*xs)'",
        "statement = 's'\nsignature = 'def f(x, x)'",
        "statement = 's'\nsignature = 'def f(x)'\npreamble = 'import ('",
        &with("difficulty = 'impossible'"),
        &with("note = ['a']"),
    ];
    insta::assert_snapshot!(messages(&inputs, toml));
}

#[test]
fn messages_about_syntax() {
    let toml_inputs = [
        "statement = 's\n",
        "statement = \"\"\"s\n",
        "a = 1\na = 2",
        "[tests\n",
        "just words",
        "x = 99999999999999999999999\ny = nonsense",
    ];
    let json_inputs = [
        "",
        "{\n  \"statement\": \"s\",\n}",
        "{\n  \"statement\": \"s\"\n",
        "[1, 2]",
        "{\n  \"statement\": \"s\",\n  \"statement\": \"t\"\n}",
        "{\n  \"statement\": \"s\",\n  \"signature\": \"def f(x)\",\n  \"tests\": [\n    {\"args\": [1], \"expect\": 2}\n  ]\n}",
    ];
    insta::assert_snapshot!(messages(&toml_inputs, toml) + &messages(&json_inputs, json));
}

#[test]
fn messages_about_tests() {
    let inputs = [
        with(""),
        with("tests = []"),
        with("tests = 5"),
        with("tests = [5]"),
        with("[[tests]]\nexpected = 1"),
        with("[[tests]]\nargs = [1]"),
        with("[[tests]]\nargs = 1\nexpected = 1"),
        with("[[tests]]\nargs = []\nexpected = 1"),
        with("[[tests]]\nargs = [1, 2]\nexpected = 1\n[[tests]]\nargs = [1, 2, 3]\nexpected = 1"),
        with("[[tests]]\nargs = [2024-01-01]\nexpected = 1"),
        with("[[tests]]\nargs = [1]\nexpected = 1\nassert = 'f(1) == 1'"),
        with("[[tests]]\ninput = 'a'\noutput = 'b'"),
        with("[[tests]]\nassert = 'f(1) =='"),
        with("[[tests]]\nassert = 'g(1) == 2'"),
        with("[[tests]]\nassert = '1 == 1'"),
        with("[[tests]]\nassert = 'f(1, 2, 3) == 2'"),
        with("[[tests]]\nassert = 'f(b=2) == 2'"),
        with("[[tests]]\nassert = 'f(1, c=2) == 2'"),
        with("[[tests]]\nassert = 'f(1, a=2) == 2'"),
        with("[[tests]]\nargs = [1]\nexpected = 1\n[[hidden]]\nassert = 'g(1) == 2'"),
        format!("{}[[tests]]\nassert = '{}'", with(""), "(".repeat(1000)),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\ninput = 'a'".to_owned(),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\noutput = 'a'".to_owned(),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\ninput = 5\noutput = '5'".to_owned(),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\nargs = [5]".to_owned(),
        "statement = 's'\nsignature = 'def f(xs)'\n[[tests]]\nargs = [1, 2]\nexpected = 3"
            .to_owned(),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(messages(&inputs, toml));
}

#[test]
fn messages_about_programs_that_check() {
    let inputs = [
        with("checker = { program = 5 }"),
        with("checker = { program = '' }"),
        with("checker = { program = 'def check(a, b): return True' }"),
        with("checker = { program = 'def check(args, expected, actual' }"),
        with("checker = { program = 'def check(a, b, c): return True', absolute = 0.1 }"),
        with("checker = { program = 'x', file = 'y' }"),
        with("checker = { file = '../x.py' }"),
        with("checker = { file = 'no_such_checker.py' }"),
        // The same input is the same test, whatever it is expected to give.
        with(
            "checker = { program = 'def check(a, b, c): return True' }\n[[tests]]\nargs = [1]\n[[tests]]\nargs = [1]\nexpected = 2",
        ),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(messages(&inputs, toml));
}

#[test]
fn messages_about_tests_together() {
    let inputs = [
        with("[[tests]]\nargs = [1]\nexpected = 1\n[[tests]]\nargs = [1]\nexpected = 2"),
        with("[[tests]]\nargs = [1]\nexpected = 1\n[[hidden]]\nassert = 'f(1) is None'"),
        with("[[tests]]\nargs = [1]\nexpected = 1\n[[tests]]\nassert = 'f(1) == 1'"),
        with("[[tests]]\nargs = [1]\nexpected = 1\n[[hidden]]\nargs = [1]\nexpected = 1"),
        with("[[tests]]\nargs = [1]\nexpected = 1.5\n[[tests]]\nargs = [1]\nexpected = 1.6\n[checker]\nabsolute = 0.01"),
        with("checker = 'unordered'\n[[tests]]\nargs = [1]\nexpected = [1, 2]\n[[tests]]\nargs = [1]\nexpected = [2, 1]"),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\ninput = 'a'\noutput = 'x'\n[[tests]]\ninput = 'a'\noutput = 'y'".to_owned(),
        "statement = 's'\nkind = 'stdin'\n[[tests]]\ninput = 'a'\noutput = 'x'\n[[tests]]\ninput = 'a'\noutput = \"x \\n\"".to_owned(),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(messages(&inputs, toml));
}

#[test]
fn messages_about_settings() {
    let inputs = [
        with("id = '../../etc/passwd'"),
        with("id = 'a/b'"),
        with("id = 'a\\b'"),
        with("id = ''"),
        with("id = \"a\\u001b[31m\""),
        with("checker = 'fuzzy'"),
        with("checker = 5"),
        with("checker = { absolute = -1 }"),
        with("checker = { relative = nan }"),
        with("checker = { epsilon = 1e-6 }"),
        with("[limits]\nseconds = 0"),
        with("[limits]\nseconds = -1"),
        with("[limits]\nseconds = nan"),
        with("[limits]\nseconds = inf"),
        with("[limits]\nseconds = '5s'"),
        with("[limits]\nmemory_mib = 0"),
        with("[limits]\nmemory_mib = -64"),
        with("[limits]\nmemory_mib = 99999999999999"),
        with("[limits]\nmemory = 64"),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    insta::assert_snapshot!(messages(&inputs, toml));
}

/// A folder with files of each kind of trouble.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The message without the folder's own name.
    fn said(&self, name: &str, result: Result<LoadedProblem, ProblemError>) -> String {
        let message = match result {
            Err(e) => e.to_string(),
            Ok(p) => panic!("{name} was accepted: {p:?}"),
        };
        let folder = format!("{}/", self.0.path().display());
        format!("{name}\n  => {}\n\n", message.replace(&folder, ""))
    }
}

#[test]
fn messages_about_files() {
    let folder = Folder::new();
    folder.file("running_sum.toml", "");
    folder.file("latin1.toml", b"statement = 'a'\nnote = 'caf\xe9'\n");
    folder.file("..dots|.toml", with("[[tests]]\nargs = [1]\nexpected = 1"));
    std::fs::create_dir(folder.0.path().join("folder.toml")).unwrap();
    let large = std::fs::File::create(folder.0.path().join("large.toml")).unwrap();
    // Sparse: a file of 100 MB that takes no room.
    large.set_len(100_000_000).unwrap();
    let mut out = String::new();
    for name in [
        "runing_sum.toml",
        "no/such/folder.toml",
        "latin1.toml",
        "..dots|.toml",
        "folder.toml",
        "large.toml",
        "notes.txt",
        "tasks.jsonl",
    ] {
        out += &folder.said(name, load(&folder.0.path().join(name)));
    }
    insta::assert_snapshot!(out);
}

const HUMAN_EVAL: &str = r#"{"task_id": "Set/1", "prompt": "def twice(x: int, k=2) -> int:\n    \"\"\"Twice.\n    >>> twice(2)\n    4\n    \"\"\"\n", "entry_point": "twice", "canonical_solution": "    return SECRET", "test": "def check(candidate):\n    assert candidate(3) == 6\n"}"#;
const MBPP: &str = r#"{"task_id": 12, "text": "Add.", "code": "def add(p, q): return SECRET", "test_list": ["assert add(1, q=2) == 3", "assert add(2, q=2) == 4", "assert sorted(add([1], q=[])) == [1]"], "test_setup_code": "import math"}"#;

#[test]
fn messages_about_data_sets() {
    let folder = Folder::new();
    let good = format!("{HUMAN_EVAL}\n\n{MBPP}\n");
    let mut out = String::new();
    let mut say = |name: &str, content: &[u8], task: &str| {
        let path = folder.file(name, content);
        out += &folder.said(&format!("{name} {task}"), load_task(&path, task));
    };
    say("good.jsonl", good.as_bytes(), "Set/2");
    say("good.jsonl", good.as_bytes(), "13");
    say("good.jsonl", good.as_bytes(), "twice");
    say("good.jsonl", good.as_bytes(), "../12");
    say("empty.jsonl", b"", "1");
    say("cut.jsonl", &good.as_bytes()[..100], "1");
    say("text.jsonl", b"not a row", "1");
    say("keys.jsonl", br#"{"task_id": "a", "question": "?"}"#, "a");
    say("no_id.jsonl", br#"{"prompt": "?"}"#, "a");
    say("bad_id.jsonl", br#"{"task_id": "../../x"}"#, "x");
    say("list_id.jsonl", br#"{"task_id": [1]}"#, "x");
    say(
        "types.jsonl",
        br#"{"task_id": 1, "text": 5, "test_list": []}"#,
        "1",
    );
    say(
        "no_tests.jsonl",
        br#"{"task_id": 1, "text": "t", "test_list": []}"#,
        "1",
    );
    say(
        "no_call.jsonl",
        br#"{"task_id": 1, "text": "t", "test_list": ["assert 1"]}"#,
        "1",
    );
    say(
        "no_python.jsonl",
        br#"{"task_id": 1, "text": "t", "test_list": ["assert ("]}"#,
        "1",
    );
    let row = |from: &str, to: &str| HUMAN_EVAL.replace(from, to).into_bytes();
    let entry = r#""entry_point": "twice""#;
    say(
        "entry.jsonl",
        &row(entry, r#""entry_point": "thrice""#),
        "1",
    );
    say("prompt.jsonl", &row("def twice(x", "def twice(("), "1");
    say("examples.jsonl", &row(">>> ", ""), "1");
    say("check.jsonl", &row("check(", "verify("), "1");
    say("gzip.jsonl.gz", b"\x1f\x8b and then nonsense", "1");
    out += &folder.said(
        "missing.jsonl",
        load_task(&folder.0.path().join("missing.jsonl"), "1"),
    );
    insta::assert_snapshot!(out);
}

#[test]
fn a_good_file_is_read_whole() {
    let loaded = toml(
        r#"
        statement = """
        Words.
        """
        signature = "def f(xs: list[int], k: int = 2) -> dict"
        preamble = "import math"
        checker = { absolute = 0.5, relative = 1e-6 }
        difficulty = "hard"
        note = "n"
        limits = { seconds = 2, memory_mib = 64 }
        tests = [
            { args = [[1, -2], 123456789012345678901234567890], expected = { a = [1.5, inf, true] } },
            { assert = "f((1, 2), None) == {1}" },
            { assert = "f(k=1, xs=[]) is None" },
            { assert = "assert len(f([1])) == 1, 'why'" },
        ]
        hidden = [{ args = [[]], expected = "é" }]
        "#,
    )
    .unwrap();
    let call = |t: &Test| match t {
        Test::Call {
            args,
            expected: Some(e),
        } => format!("{} -> {e}", Value::Tuple(args.clone())),
        Test::Assert { code } => code.clone(),
        other => format!("{other:?}"),
    };
    let shown: Vec<String> = loaded.problem.tests.iter().map(call).collect();
    assert_eq!(
        shown,
        [
            "([1, -2], 123456789012345678901234567890) -> {'a': [1.5, inf, True]}",
            "((1, 2), None) -> {1}",
            "([], 1) -> None",
            "assert len(f([1])) == 1, 'why'",
        ]
    );
    let problem = loaded.problem;
    assert_eq!(
        (problem.id.as_str(), problem.statement.as_str()),
        ("bad", "Words.")
    );
    let signature = problem.interface.signature().unwrap();
    assert_eq!(
        signature.header(),
        "def f(xs: list[int], k: int = 2) -> dict:"
    );
    assert_eq!(signature.preamble, "import math\n");
    assert_eq!(
        problem.checker,
        Checker::Tolerance {
            absolute: 0.5,
            relative: 1e-6
        }
    );
    assert_eq!(
        problem.limits,
        Limits {
            seconds: 2.0,
            memory_mib: 64,
            ..Limits::default()
        }
    );
    assert_eq!(loaded.difficulty.as_deref(), Some("hard"));
    assert_eq!(loaded.note.as_deref(), Some("n"));
    assert_eq!(loaded.warnings, []);
    let one = vec![Value::List(Vec::new())];
    let hidden = HiddenTests::from(vec![Test::Call {
        args: one,
        expected: Some(Value::Str("é".into())),
    }]);
    assert_eq!(loaded.hidden, Some(hidden));
}

#[test]
fn json_and_toml_say_the_same() {
    let a = toml("id = 'x'\nstatement = 's'\nsignature = 'def f(x)'\n[[tests]]\nargs = [[1, 2.0, 'a', true]]\nexpected = 18446744073709551616").unwrap();
    let b = json(r#"{"id": "x", "statement": "s", "signature": "def f(x)", "tests": [{"args": [[1, 2.0, "a", true]], "expected": 18446744073709551616}]}"#).unwrap();
    assert_eq!(a, b);
    let none = json(r#"{"statement": "s", "signature": "def f(x)", "tests": [{"args": [null], "expected": null}]}"#).unwrap();
    assert_eq!(
        none.problem.tests,
        [Test::Call {
            args: vec![Value::None],
            expected: Some(Value::None)
        }]
    );
}

#[test]
fn data_set_rows_give_problems_without_solutions() {
    let folder = Folder::new();
    let plain = folder.file("set.jsonl", format!("{HUMAN_EVAL}\r\n\n{MBPP}"));
    // Compressed and misnamed: the content decides.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(format!("{HUMAN_EVAL}\n{MBPP}\n").as_bytes())
        .unwrap();
    let packed = folder.file("set2.jsonl", gz.finish().unwrap());

    for path in [&plain, &packed] {
        let all: Vec<LoadedProblem> = Dataset::open(path).unwrap().map(Result::unwrap).collect();
        assert_eq!(all.len(), 2);
        assert!(!format!("{all:?}").contains("SECRET"));
        for (task, index) in [("Set/1", 0), ("1", 0), ("12", 1), ("Mbpp/12", 1)] {
            assert_eq!(load_task(path, task).unwrap(), all[index], "{task}");
        }

        let twice = &all[0].problem;
        let signature = twice.interface.signature().unwrap();
        assert_eq!(signature.header(), "def twice(x: int, k=2) -> int:");
        assert_eq!(twice.statement, "Twice.\n>>> twice(2)\n4");
        assert_eq!(
            twice.tests,
            [Test::Call {
                args: vec![Value::Int(2)],
                expected: Some(Value::Int(4))
            }]
        );
        let code =
            "def check(candidate):\n    assert candidate(3) == 6\n\ncheck(twice)\n".to_owned();
        let check = HiddenTests::from(vec![Test::Assert { code }]);
        assert_eq!(all[0].hidden, Some(check));

        let add = &all[1].problem;
        assert_eq!(
            add.interface.signature().unwrap().header(),
            "def add(a, q):"
        );
        let args = |a, b| vec![Value::Int(a), Value::Int(b)];
        assert_eq!(
            add.tests,
            [Test::Call {
                args: args(1, 2),
                expected: Some(Value::Int(3))
            }]
        );
        let code = "import math\nassert sorted(add([1], q=[])) == [1]\n".to_owned();
        let rest = HiddenTests::from(vec![
            Test::Call {
                args: args(2, 2),
                expected: Some(Value::Int(4)),
            },
            Test::Assert { code },
        ]);
        assert_eq!(all[1].hidden, Some(rest));
    }
}

#[test]
fn hostile_texts_end_in_an_error() {
    let deep = "[".repeat(200_000);
    assert!(toml(&format!("x = {deep}")).is_err());
    assert!(json(&deep).is_err());
    assert!(json(&format!("{}1{}", "[".repeat(90), "]".repeat(90))).is_err());
    assert!(json(&format!("[{}]", "9".repeat(1_000_000))).is_err());
    assert!(toml(&format!("x = {}", "9".repeat(1_000_000))).is_err());
    let header = format!(
        "statement = 's'\nsignature = 'def f(x: {}int)'",
        "-".repeat(100_000)
    );
    assert!(toml(&header).is_err());
}

/// Every problem that ships can be read, has hidden tests, and warns of nothing.
#[test]
fn the_example_problems_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/problems");
    let mut problems = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            continue;
        }
        let loaded = load(&path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(loaded.warnings, [], "{}", path.display());
        let hidden = loaded.hidden.map_or(0, |h| h.len());
        let visible = loaded.problem.tests.len();
        assert!(
            (2..=4).contains(&visible),
            "{}: {visible} visible",
            path.display()
        );
        assert!(
            (4..=8).contains(&hidden),
            "{}: {hidden} hidden",
            path.display()
        );
        assert!(
            loaded.difficulty.is_some(),
            "{}: no difficulty",
            path.display()
        );
        problems += 1;
    }
    assert!(problems >= 24, "{problems} problems");
}
