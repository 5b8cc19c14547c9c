//! `solve` with a language model behind a real HTTP server on loopback.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const KEY: &str = "sk-very-secret-0123456789";
const PROBLEM: &str = "examples/problems/second_largest.toml";

/// A server that answers as a model might that gets it right only when it rethinks.
struct Server {
    url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    /// What came that was no request with the key.
    strange: Mutex<Vec<String>>,
    /// Take requests and answer none.
    silent: AtomicBool,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = shared.clone();
                // A connection that breaks is the client's to deal with.
                std::thread::spawn(move || drop(serve(stream, &seen)));
            }
        });
        Server { url, seen }
    }

    fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |n| n.trim().parse().unwrap())];
        reader.read_exact(&mut body)?;
        seen.requests.fetch_add(1, Ordering::SeqCst);
        let now = seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most_in_flight.fetch_max(now, Ordering::SeqCst);
        if !head.contains(&format!("authorization: bearer {KEY}"))
            || !head.starts_with("post /v1/chat/completions ")
        {
            seen.strange.lock().unwrap().push(head);
        }
        while seen.silent.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(5));
        seen.in_flight.fetch_sub(1, Ordering::SeqCst);
        let reply = reply(&serde_json::from_slice(&body).unwrap()).to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        )?;
    }
}

/// What the model says: the thought decides about the program.
fn reply(request: &Value) -> Value {
    let messages = request["messages"].as_array().unwrap();
    let prompt = messages.last().unwrap()["content"].as_str().unwrap();
    let text = match request["response_format"]["json_schema"]["name"].as_str() {
        Some("thoughts") => json!({"thoughts": [
            {"thought": "Sort the list and take the last but one.", "prior": 0.7},
            {"thought": "Take the smallest.", "prior": 0.2},
        ]})
        .to_string(),
        Some("thought") => json!({
            "cause": "Equal numbers count twice, and a short list has none.",
            "thought": "Drop what is equal, and answer None where fewer than two are left.",
        })
        .to_string(),
        Some("opinion") => {
            json!({"reason": "It does what is asked.", "score": 0.9, "decision": "accept"})
                .to_string()
        }
        _ => {
            let body = if prompt.contains("Drop what is equal") {
                "s = sorted(set(values))\n    return s[-2] if len(s) > 1 else None"
            } else if prompt.contains("Take the smallest") {
                "return min(values)"
            } else {
                "return sorted(values)[-2]"
            };
            format!("Here it is:\n```python\ndef second_largest(values):\n    {body}\n```\nDone.")
        }
    };
    json!({
        "id": "x", "object": "chat.completion", "model": "tiny",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    })
}

fn solve(url: &str, cache: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cogitree"));
    command
        .args(["solve", PROBLEM, "--model", "tiny", "--llm-url", url])
        .arg("--cache-dir")
        .arg(cache)
        .args(more)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .env_remove("COGITREE_MODEL")
        .env_remove("COGITREE_API_KEY")
        .env("OPENAI_API_KEY", KEY);
    command
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8(bytes.clone()).unwrap())
        .concat()
}

fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(output)))
}

#[test]
fn a_model_thinks_fails_rethinks_and_solves_and_the_second_time_it_costs_nothing() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let (first_tree, second_tree) = (folder.path().join("1.dot"), folder.path().join("2.dot"));
    let cache = folder.path().join("cache");
    let prices = folder.path().join("prices.toml");
    std::fs::write(
        &prices,
        "[[price]]\nmodel = \"tiny\"\nprompt = 1.0\ncompletion = 10.0\n",
    )
    .unwrap();
    let run = |tree: &Path| {
        let more = ["--json", "-q", "--dot", tree.to_str().unwrap(), "--prices"];
        solve(&server.url, &cache, &more)
            .arg(&prices)
            .output()
            .unwrap()
    };
    let output = run(&first_tree);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let first = object(&output);
    assert_eq!(first["hidden"]["verdict"], "passed", "{first}");
    let source = first["answer"]["program"].as_str().unwrap();
    assert!(source.contains("sorted(set(values))"), "{source}");
    let sent = server.requests() as u64;
    assert_eq!(first["model"]["requests"]["requests"], sent);
    assert_eq!(server.seen.strange.lock().unwrap()[..], [""; 0]);
    // The table: each call 100 tokens at a dollar a million, and 20 at ten.
    let calls = first["calls"].as_object().unwrap();
    let sum = |field: &str| -> f64 { calls.values().map(|c| c[field].as_f64().unwrap()).sum() };
    // What two simulations ask at the same time is sent once.
    let hits = first["model"]["cache"]["hits"].as_u64().unwrap();
    let made = (sent + hits) as f64;
    assert_eq!(sum("calls"), made);
    assert_eq!(sum("prompt_tokens"), 100.0 * made);
    assert_eq!(sum("completion_tokens"), 20.0 * made);
    assert!((sum("dollars") - 3e-4 * made).abs() < 1e-12);
    for operator in ["propose", "implement", "rethink", "review"] {
        assert!(calls[operator]["calls"].as_u64() > Some(0), "{calls:?}");
    }

    // The same again, from the cache alone.
    let output = run(&second_tree);
    let second = object(&output);
    assert_eq!(server.requests() as u64, sent, "nothing was sent");
    assert_eq!(second["model"]["requests"]["requests"], 0);
    let costs = |object: &Value| {
        let mut calls = object["calls"].clone();
        for operator in calls.as_object_mut().unwrap().values_mut() {
            operator.as_object_mut().unwrap().remove("seconds");
        }
        (
            calls,
            object["cost"].clone(),
            object["answer"]["program"].clone(),
        )
    };
    assert_eq!(costs(&first), costs(&second));
    let trees = [first_tree, second_tree].map(|path| std::fs::read_to_string(path).unwrap());
    assert_eq!(trees[0], trees[1]);

    // The key is in none of it, nor in what is kept.
    assert!(!text(&output).contains(KEY));
    let kept = Command::new("grep")
        .args(["-r", KEY])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(text(&kept), "");
}

#[test]
fn a_record_gives_the_same_tree_at_any_number_of_threads_and_asks_nobody() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let common = ["-q", "--exhaust", "--simulations", "12", "--in-flight", "4"];
    let (record, journal) = (path("record.jsonl"), path("0.jsonl"));
    let files = ["--cache", "off", "--record", &record, "--journal", &journal];
    let recorded = solve(&server.url, folder.path(), &[&common[..], &files].concat())
        .output()
        .unwrap();
    assert_eq!(recorded.status.code(), Some(0), "{}", text(&recorded));
    let first = std::fs::read_to_string(&journal).unwrap();
    let sent = server.requests();
    for threads in ["1", "2", "8"] {
        let journal = path(&format!("{threads}.jsonl"));
        let output = Command::new(env!("CARGO_BIN_EXE_cogitree"))
            .args([
                "solve",
                PROBLEM,
                "--preset",
                "cogitree",
                "--recorded",
                &record,
            ])
            .args(["--threads", threads, "--journal", &journal])
            .args(common)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert!(
            !text(&output).contains("not in the record"),
            "{}",
            text(&output)
        );
        assert!(
            first == std::fs::read_to_string(&journal).unwrap(),
            "{threads}"
        );
    }
    assert_eq!(server.requests(), sent);
}

#[test]
fn budgets_are_kept_and_as_many_are_asked_at_once_as_are_in_flight() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let more = [
        "--json",
        "-q",
        "--preset",
        "resample",
        "--in-flight",
        "32",
        "--simulations",
        "200",
        "--calls",
        "70",
        "--exhaust",
    ];
    let output = solve(&server.url, folder.path(), &more).output().unwrap();
    let object = object(&output);
    assert_eq!(object["stop"], json!({"spent": "calls"}), "{object}");
    assert_eq!(server.requests(), 70);
    let most = server.seen.most_in_flight.load(Ordering::SeqCst);
    assert!((8..=32).contains(&most), "{most}");
}

#[test]
fn what_is_wrong_with_the_server_is_said_in_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let missing = missing.to_str().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cases: [(&str, &[&str], &str); 5] = [
        (
            &format!("http://{nobody}/v1"),
            &[],
            "cannot be reached after 3 attempts",
        ),
        (
            "ftp://x",
            &[],
            "the base URL of the language model cannot be used",
        ),
        (
            "http://127.0.0.1:1/v1",
            &["--llm-kind", "clippy"],
            "there is no server profile `clippy`",
        ),
        ("http://127.0.0.1:1/v1", &["--prompts", missing], missing),
        ("http://127.0.0.1:1/v1", &["--prices", missing], missing),
    ];
    for (url, more, part) in cases {
        let output = solve(url, folder.path(), more).output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "`{part}` not in: {said}");
        assert!(!said.contains(KEY) && !said.contains("panicked"), "{said}");
    }
}

/// Ctrl-C while the server takes its time: the requests are let go at once.
#[cfg(unix)]
#[test]
fn an_interrupt_does_not_wait_for_the_server() {
    let server = Server::start();
    server.seen.silent.store(true, Ordering::SeqCst);
    let folder = tempfile::tempdir().unwrap();
    let child = solve(&server.url, folder.path(), &["-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while server.requests() == 0 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "nothing was asked"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    // The server never answers: only the interrupt can end it.
    let output = child.wait_with_output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("not solved: no program was written; it was cancelled"),
        "{said}"
    );
}
