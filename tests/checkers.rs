//! The checkers of problem files: the table of `docs/problem-format.md`, and programs.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use cogitree::problem::{Format, load, parse};
use cogitree::{Executor, Job, Program, Sandbox};
use serde_json::{Value, json};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::open(|_| {}).unwrap());

/// Every row of the table in the docs is tried: the checker, what is expected, the answer, and whether
/// it is right. Values are Python; a row with texts is about standard output.
#[test]
fn the_table_of_the_docs_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/problem-format.md");
    let page = std::fs::read_to_string(path).unwrap();
    let table = page
        .split_once("| checker | expected | answer | |")
        .expect("the table")
        .1;
    let mut checkers = Vec::new();
    for row in table.lines().skip(2).take_while(|l| l.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        let [checker, expected, answer, right] = cells[..] else {
            panic!("{row}");
        };
        let (checker, expected, answer) = (code(checker), code(expected), code(answer));
        let checker: Value = match checker.strip_prefix('{') {
            None => json!(checker.trim_matches('"')),
            Some(_) => {
                let table: toml::Table = toml::from_str(&format!("c = {checker}")).unwrap();
                serde_json::to_value(&table["c"]).unwrap()
            }
        };
        let printed = expected
            .strip_prefix("output ")
            .zip(answer.strip_prefix("output "));
        let (problem, program) = match printed {
            Some((expected, answer)) => {
                let output: String = serde_json::from_str(expected).unwrap();
                let tests = json!([{ "input": "", "output": output }]);
                (
                    json!({ "statement": "s", "kind": "stdin", "checker": checker, "tests": tests }),
                    format!("print({answer}, end='')"),
                )
            }
            None => {
                let tests = json!([{ "assert": format!("f() == {expected}") }]);
                (
                    json!({ "statement": "s", "signature": "def f()", "checker": checker, "tests": tests }),
                    format!("def f():\n    return {answer}"),
                )
            }
        };
        let problem = parse(&problem.to_string(), Format::Json, "row.json".as_ref()).unwrap();
        let problem = problem.problem;
        assert!(
            !matches!(problem.tests[0], cogitree::Test::Assert { .. }),
            "{row}: compared in the sandbox"
        );
        let report = SANDBOX
            .run(&Job::visible(&problem, &Program::new(program)))
            .unwrap();
        assert_eq!(
            report.verdict().name(),
            if right == "right" {
                "passed"
            } else {
                "wrong_answer"
            },
            "{row} {:?}",
            report.tests[0]
        );
        checkers.push(checker.to_string());
    }
    checkers.dedup();
    assert!(checkers.len() >= 5, "{checkers:?}");
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cogitree"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const PROBLEM: &str = r#"
statement = "Return the words of a list in any order, without repeats."
signature = "def distinct(words: list[str]) -> list[str]"
checker = { file = "checker.py" }

[[tests]]
args = [["b", "a", "b"]]
expected = ["b", "a"]

[[hidden]]
args = [["x", "y", "x", "z"]]
"#;

const CHECKER: &str = "def check(args, expected, actual):\n    \
     words, = args\n    return type(actual) is list and sorted(actual) == sorted(set(words))\n";

#[test]
fn judge_and_solve_ask_the_checker() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let problem = file("distinct.toml", PROBLEM);
    file("checker.py", CHECKER);
    let right = file(
        "right.py",
        "def distinct(words):\n    return sorted(set(words))[::-1]\n",
    );
    let wrong = file("wrong.py", "def distinct(words):\n    return words\n");
    for isolate in ["instance", "process"] {
        let judged = run(&[
            "judge",
            &problem,
            &right,
            "--isolate",
            isolate,
            "--instance-per-test",
        ]);
        assert_eq!(judged.status.code(), Some(0), "{}", text(&judged.stderr));
        assert!(text(&judged.stdout).contains("1 of 1 hidden tests passed"));
        let judged = run(&["judge", &problem, &wrong, "--isolate", isolate]);
        assert_eq!(judged.status.code(), Some(1), "{}", text(&judged.stderr));
        let words = text(&judged.stdout);
        assert!(words.contains("which the problem's checker"), "{words}");
        assert!(words.contains("0 of 1 hidden tests passed"), "{words}");
    }
    let mut answers = Vec::new();
    for isolate in ["instance", "process"] {
        let solved = run(&[
            "solve",
            &problem,
            "--json",
            "--simulations",
            "60",
            "--isolate",
            isolate,
        ]);
        assert_eq!(solved.status.code(), Some(0), "{}", text(&solved.stderr));
        let mut object: Value = serde_json::from_slice(&solved.stdout).unwrap();
        assert_eq!(object["hidden"]["passed"], 1, "{object}");
        let again = object["again"].take();
        assert_eq!(
            again.as_str().unwrap().contains("--isolate process"),
            isolate == "process"
        );
        answers.push(object["answer"]["program"].take());
    }
    assert_eq!(answers[0], answers[1]);

    // Inputs that the search makes up to compare candidates are not the checker's business.
    file(
        "checker.py",
        &CHECKER.replace(
            "words, = args\n",
            "words, = args\n    ['bab', 'xyxz'].index(''.join(words))\n",
        ),
    );
    let exhausted = ["--json", "--simulations", "60", "--exhaust"];
    let solved = run(&[&["solve", &problem], &exhausted[..]].concat());
    let object: Value = serde_json::from_slice(&solved.stdout).unwrap();
    let compared = object["answer"]["evidence"]["compared"].as_u64();
    assert!(compared > Some(1), "{}", object["answer"]["evidence"]);

    // A checker that fails is an error of the problem, not the program's.
    file(
        "checker.py",
        "def check(args, expected, actual):\n    return actual[0] < 5\n",
    );
    for command in [&["judge", &problem, &right][..], &["solve", &problem]] {
        let refused = run(command);
        let message = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{message}");
        assert!(
            message.contains("the problem's checker raised TypeError")
                && message.contains("line 2: return actual[0] < 5"),
            "{message}"
        );
    }
}

#[test]
fn a_checker_file_is_read_from_beside_the_problem() {
    let folder = tempfile::tempdir().unwrap();
    let problem = folder.path().join("p.toml");
    let with = |name: &str| {
        std::fs::write(&problem, PROBLEM.replace("checker.py", name)).unwrap();
        load(&problem)
    };
    let message = |name: &str| with(name).unwrap_err().to_string();
    assert!(message("checker.py").contains("there is no such file"));
    std::fs::write(folder.path().join("checker.py"), CHECKER).unwrap();
    let loaded = with("checker.py").unwrap();
    let inline = PROBLEM.replace(
        "{ file = \"checker.py\" }",
        &format!("{{ program = {} }}", json!(CHECKER)),
    );
    let inline = parse(&inline, Format::Toml, &problem).unwrap();
    assert_eq!(loaded, inline);
    for outside in ["../checker.py", "/etc/passwd", "a/checker.py", "", "."] {
        let message = message(outside);
        assert!(message.contains("no file beside this one"), "{message}");
    }
    std::fs::write(folder.path().join("checker.py"), "x = 1\ndef check(:\n").unwrap();
    let broken = message("checker.py");
    assert!(
        broken.contains("`checker` in checker.py is not valid Python: line 2"),
        "{broken}"
    );
}
