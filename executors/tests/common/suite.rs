//! A folder of hostile programs with the verdict that each must get: its contract, read and applied.
//!
//! `expected.jsonl` has one line for each program, `tests.json` the tasks and the limits. What a
//! line may say is described in the folder's `README.md`.

// Each file that takes this in uses its part of it.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use cogitree_engine::{
    Checker, Executor, ExecutorError, FeedbackLevel, Interface, Job, Limits, Problem, Report,
    Signature, Test, TestReport, Value, Verdict,
};
use cogitree_executors::{Sandbox, decode_source};
use serde::Deserialize;
use serde_json::Value as Json;

/// What must come of one program.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) file: String,
    pub(crate) task: String,
    pub(crate) expect: String,
    pub(crate) also_ok: Vec<String>,
    /// It tries to be judged right without being right.
    #[serde(default)]
    pub(crate) cheat: bool,
    /// May not occur in anything that is told of the program.
    #[serde(default)]
    pub(crate) must_not_contain: Vec<String>,
    /// Characters that may not reach a terminal as they are.
    #[serde(default)]
    pub(crate) must_not_contain_raw: Vec<String>,
    /// Paths of the host that may not exist afterwards; a `*` at the end stands for anything.
    #[serde(default)]
    pub(crate) must_not_create: Vec<String>,
    /// Two runs give the same bytes: `true`, or a condition in words that holds here.
    #[serde(default)]
    pub(crate) deterministic: Option<Json>,
    /// The program that must have been run just before, and of which nothing may be left.
    #[serde(default)]
    pub(crate) after: Option<String>,
    /// How many tests pass, of how many.
    #[serde(default)]
    pub(crate) partial: Option<(usize, usize)>,
}

struct Task {
    interface: Interface,
    checker: Checker,
    tests: Vec<Test>,
}

/// The programs and their contract.
pub(crate) struct Suite {
    folders: Vec<PathBuf>,
    tasks: Json,
    pub(crate) members: Vec<Member>,
    pub(crate) limits: Limits,
}

/// What came of one program: what was told of it, and how that falls short of the contract.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) misses: Vec<String>,
}

impl Outcome {
    /// The verdict in the words of the contract.
    pub(crate) fn verdict(&self) -> &'static str {
        name(self.report.verdict())
    }

    /// All of the report but wall times, as text.
    pub(crate) fn told(&self) -> String {
        without_times(&self.report)
    }
}

/// A report as text, wall times aside.
pub(crate) fn without_times(report: &Report) -> String {
    let mut report = report.clone();
    for test in &mut report.tests {
        test.time = Default::default();
    }
    serde_json::to_string(&report).unwrap_or_else(|e| format!("no text: {e}"))
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "ok",
        other => other.name(),
    }
}

impl Suite {
    /// Reads the contract in the first folder. Programs are looked for in all of them, in order.
    pub(crate) fn open(folders: Vec<PathBuf>) -> Result<Suite, String> {
        let first = folders.first().cloned().unwrap_or_default();
        let read = |name: &str| {
            let path = first.join(name);
            fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))
        };
        let all: Json =
            serde_json::from_str(&read("tests.json")?).map_err(|e| format!("tests.json: {e}"))?;
        let members = read("expected.jsonl")?
            .lines()
            .enumerate()
            .map(|(i, line)| {
                serde_json::from_str(line)
                    .map_err(|e| format!("expected.jsonl, line {}: {e}", i + 1))
            })
            .collect::<Result<_, _>>()?;
        let limit = |name: &str| {
            let number = all["limits"][name].as_u64();
            number.ok_or_else(|| format!("tests.json: no limit `{name}`"))
        };
        let limits = Limits {
            seconds: limit("time_ms_per_test")? as f64 / 1e3,
            memory_mib: (limit("memory_bytes")? >> 20) as u32,
            output_kib: (limit("stdout_bytes")? >> 10) as u32,
            source_kib: (limit("source_bytes")? >> 10) as u32,
        };
        Ok(Suite {
            tasks: all["tasks"].clone(),
            folders,
            members,
            limits,
        })
    }

    /// The bytes of a program; `None` where it is not at hand.
    pub(crate) fn bytes(&self, file: &str) -> Option<Vec<u8>> {
        self.folders
            .iter()
            .find_map(|f| fs::read(f.join(file)).ok())
    }

    /// Whether the program that must pass whatever was run before still does.
    pub(crate) fn baseline_holds(&self, sandbox: &Sandbox) -> Result<bool, String> {
        let first = self.members.first().ok_or("expected.jsonl is empty")?;
        Ok(self.report(sandbox, first)?.all_passed())
    }

    /// Runs one program, and what must be run before it, and compares with the contract.
    pub(crate) fn run(&self, sandbox: &Sandbox, member: &Member) -> Result<Outcome, String> {
        for pattern in &member.must_not_create {
            for path in matching(pattern) {
                fs::remove_file(&path)
                    .map_err(|e| format!("cannot remove {}: {e}", path.display()))?;
            }
        }
        if let Some(before) = &member.after {
            let before = self.members.iter().find(|m| m.file == *before);
            let before = before.ok_or_else(|| format!("{}: nothing to run after", member.file))?;
            self.report(sandbox, before)?;
        }
        let report = self.report(sandbox, member)?;
        let mut outcome = Outcome {
            misses: Vec::new(),
            report,
        };
        outcome.misses = self.misses(sandbox, member, &outcome)?;
        Ok(outcome)
    }

    fn misses(
        &self,
        sandbox: &Sandbox,
        member: &Member,
        outcome: &Outcome,
    ) -> Result<Vec<String>, String> {
        let mut misses = Vec::new();
        let (verdict, report) = (outcome.verdict(), &outcome.report);
        if member.expect != verdict && !member.also_ok.iter().any(|v| v == verdict) {
            misses.push(format!("{verdict} in place of {}", member.expect));
        }
        if member.cheat && verdict == "ok" {
            misses.push("a cheat passed".into());
        }
        if let Some((passed, total)) = member.partial
            && (report.passed(), report.tests.len()) != (passed, total)
        {
            misses.push(format!(
                "{} of {} tests passed in place of {passed} of {total}",
                report.passed(),
                report.tests.len()
            ));
        }
        let words = self.feedback(sandbox, member, report)?;
        let told = outcome.told() + &words;
        for secret in member.must_not_contain.iter().filter(|s| told.contains(*s)) {
            misses.push(format!("tells {secret:?}"));
        }
        for raw in member
            .must_not_contain_raw
            .iter()
            .filter(|r| words.contains(*r))
        {
            misses.push(format!("feedback has a raw {raw:?}"));
        }
        for path in member.must_not_create.iter().flat_map(|p| matching(p)) {
            misses.push(format!("made {}", path.display()));
        }
        if member.deterministic.is_some() {
            let again = self.report(sandbox, member)?;
            if without_times(report) != without_times(&again) {
                misses.push("two runs differ".into());
            }
        }
        Ok(misses)
    }

    fn report(&self, sandbox: &Sandbox, member: &Member) -> Result<Report, String> {
        let bytes = self
            .bytes(&member.file)
            .ok_or_else(|| format!("{} is not at hand", member.file))?;
        let task = self.task(&member.task)?;
        match decode_source(&bytes) {
            Ok(program) => sandbox
                .run(&Job {
                    interface: &task.interface,
                    program: &program,
                    tests: &task.tests,
                    checker: &task.checker,
                    limits: self.limits,
                })
                .map_err(|ExecutorError(why)| format!("{}: {why}", member.file)),
            Err(error) => {
                let unread = TestReport {
                    error: Some(error),
                    ..TestReport::new(Verdict::RuntimeError)
                };
                Ok(Report {
                    tests: vec![unread; task.tests.len()],
                })
            }
        }
    }

    /// What is said of the program in words, at the level that says most.
    fn feedback(
        &self,
        sandbox: &Sandbox,
        member: &Member,
        report: &Report,
    ) -> Result<String, String> {
        let task = self.task(&member.task)?;
        let problem = Problem {
            id: member.task.clone(),
            statement: String::new(),
            interface: task.interface,
            tests: task.tests,
            checker: task.checker,
            limits: self.limits,
        };
        let source = String::from_utf8_lossy(&self.bytes(&member.file).unwrap_or_default()).into();
        let program = cogitree_engine::Program { source };
        Ok(sandbox
            .explain(&problem, &program, report, FeedbackLevel::Diff)
            .text)
    }

    fn task(&self, name: &str) -> Result<Task, String> {
        let task = &self.tasks[name];
        let bad = || format!("tests.json: the task `{name}` is missing or not readable");
        let stdio = match task["mode"].as_str().ok_or_else(bad)? {
            "stdio" => true,
            "fn" => false,
            _ => return Err(bad()),
        };
        let mut tests = Vec::new();
        for pair in task["tests"].as_array().into_iter().flatten() {
            tests.push(if stdio {
                let text = |i: usize| pair[i].as_str().map(str::to_owned).ok_or_else(bad);
                Test::Stdio {
                    input: text(0)?,
                    expected: Some(text(1)?),
                }
            } else {
                Test::Call {
                    args: vec![Value::from(pair[0].clone())],
                    expected: Some(Value::from(pair[1].clone())),
                }
            });
        }
        if task.get("tests_generated").is_some() {
            tests.extend((0..3).map(|i| Test::Stdio {
                input: format!("tok{i} {}", "x".repeat(4_000_000)),
                expected: Some(format!("tok{i}\n")),
            }));
        }
        if tests.is_empty() {
            return Err(bad());
        }
        let compare = task["compare"].as_str().ok_or_else(bad)?;
        Ok(Task {
            interface: if stdio {
                Interface::Stdin
            } else {
                Interface::Function(Signature::new("solve", []))
            },
            checker: match compare {
                "exact" => Checker::Exact,
                "tokens" => Checker::Tokens,
                other => tolerance(other).ok_or_else(bad)?,
            },
            tests,
        })
    }
}

/// `float:abs=1e-9,rel=1e-9`
fn tolerance(compare: &str) -> Option<Checker> {
    let (mut absolute, mut relative) = (None, None);
    for part in compare.strip_prefix("float:")?.split(',') {
        let (name, number) = part.split_once('=')?;
        let number: f64 = number.parse().ok()?;
        match name {
            "abs" => absolute = Some(number),
            "rel" => relative = Some(number),
            _ => return None,
        }
    }
    Some(Checker::Tolerance {
        absolute: absolute?,
        relative: relative?,
    })
}

/// The paths that a pattern with at most one `*`, at its end, stands for.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some(start) = pattern.strip_suffix('*') else {
        let path = PathBuf::from(pattern);
        return path.exists().then_some(path).into_iter().collect();
    };
    let folder = Path::new(start).parent().unwrap_or(Path::new("/"));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|e| e.path())
        .filter(|p| p.to_string_lossy().starts_with(start))
        .collect()
}
