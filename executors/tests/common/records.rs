//! Programs of public data sets, with what is known of them: canonical solutions, and programs that
//! models wrote, with the verdict that native Python gave them.

// Each file that takes this in uses its part of it.
#![allow(dead_code)]

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use cogitree_engine::{Interface, Signature, Test};
use serde_json::Value as Json;

/// A program whose verdict is known.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) interface: Interface,
    pub(crate) source: String,
    pub(crate) tests: Vec<Test>,
    /// `pass`, or how it failed: `wrong`, `error`, `syntax`, `timeout`.
    pub(crate) label: String,
}

/// A file of the data, and how to read it.
pub(crate) struct Set {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    read: fn(&Path) -> Result<Vec<Case>, String>,
}

impl Set {
    /// The programs, where the file is at hand in `folder`.
    pub(crate) fn cases(&self, folder: &Path) -> Result<Option<Vec<Case>>, String> {
        if !folder.join(self.file).exists() {
            return Ok(None);
        }
        (self.read)(folder).map(Some)
    }
}

/// Solutions that come with the problems.
pub(crate) const CANONICAL: [Set; 3] = [
    Set {
        name: "HumanEval",
        file: "he_problems.jsonl.gz",
        read: human_eval,
    },
    Set {
        name: "MBPP",
        file: "mbpp_problems.jsonl.gz",
        read: mbpp,
    },
    Set {
        name: "LeetCode",
        file: "LeetCodeDataset-v0.3.1-test.jsonl.gz",
        read: leet_code,
    },
];

/// Canonical solutions that cannot pass here, and why.
pub(crate) const CANNOT: [(&str, &str); 3] = [
    (
        "MBPP/341",
        "its test compares the order of a set, and fails in native CPython 3.11, too",
    ),
    (
        "MBPP/642",
        "its test compares the order of sets, and fails in native CPython 3.11, too",
    ),
    (
        "maximum-value-sum-by-placing-three-rooks-i",
        "it imports `sortedcontainers`, which is not of the standard library",
    ),
];

/// What models wrote.
pub(crate) const RECORDED: [Set; 5] = [
    Set {
        name: "CodeGen on HumanEval",
        file: "he_codegen16b_n100.jsonl.gz",
        read: code_gen,
    },
    Set {
        name: "chat models on HumanEval",
        file: "he_chat_init.jsonl.gz",
        read: chat,
    },
    Set {
        name: "Reflexion on HumanEval",
        file: "he_reflexion.jsonl.gz",
        read: reflexion,
    },
    Set {
        name: "pool on MBPP",
        file: "mbpp_pool.jsonl.gz",
        read: mbpp_pool,
    },
    Set {
        name: "LiveCodeBench, passed",
        file: "lcb_completions.jsonl.gz",
        read: live_code_bench,
    },
];

/// The lines of a compressed file of JSON lines.
pub(crate) fn json_lines(path: &Path) -> Result<Vec<Json>, String> {
    let bad = |e: &dyn std::fmt::Display| format!("cannot read {}: {e}", path.display());
    let file = std::fs::File::open(path).map_err(|e| bad(&e))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .map_err(|e| bad(&e))?;
    text.lines()
        .map(|l| serde_json::from_str(l).map_err(|e| bad(&e)))
        .collect()
}

fn text<'a>(json: &'a Json, field: &str) -> Result<&'a str, String> {
    let text = json[field].as_str();
    text.ok_or_else(|| format!("no text `{field}` in {:.80}", json.to_string()))
}

fn list<'a>(json: &'a Json, field: &str) -> Result<&'a Vec<Json>, String> {
    let list = json[field].as_array();
    list.ok_or_else(|| format!("no list `{field}` in {:.80}", json.to_string()))
}

fn function(name: &str) -> Interface {
    Interface::Function(Signature::new(name, []))
}

/// The problems of HumanEval: prompt, entry point and tests, by id.
struct HumanEval(std::collections::HashMap<String, (String, String, Test)>);

impl HumanEval {
    fn read(folder: &Path) -> Result<HumanEval, String> {
        let rows = json_lines(&folder.join(CANONICAL[0].file))?;
        let problem = |p: &Json| {
            let entry = text(p, "entry_point")?.to_owned();
            let code = format!("{}\ncheck({entry})", text(p, "test")?);
            let of = (text(p, "prompt")?.to_owned(), entry, Test::Assert { code });
            Ok((text(p, "task_id")?.to_owned(), of))
        };
        rows.iter()
            .map(problem)
            .collect::<Result<_, String>>()
            .map(HumanEval)
    }

    fn case(&self, task: &str, id: String, source: String, label: &str) -> Result<Case, String> {
        let (_, entry, test) = self.0.get(task).ok_or(format!("no problem {task}"))?;
        Ok(Case {
            id,
            interface: function(entry),
            source,
            tests: vec![test.clone()],
            label: label.to_owned(),
        })
    }

    /// An answer below the prompt that it is one to: it may be the body alone, or the whole function
    /// anew, and may use what the prompt defines.
    fn completed(&self, task: &str, answer: &str) -> String {
        format!("{}\n{answer}", self.prompt(task))
    }

    fn prompt(&self, task: &str) -> &str {
        self.0.get(task).map_or("", |(prompt, ..)| prompt)
    }
}

fn human_eval(folder: &Path) -> Result<Vec<Case>, String> {
    let problems = HumanEval::read(folder)?;
    let rows = json_lines(&folder.join(CANONICAL[0].file))?;
    let case = |p: &Json| {
        let task = text(p, "task_id")?;
        let source = format!(
            "{}{}",
            problems.prompt(task),
            text(p, "canonical_solution")?
        );
        problems.case(task, task.to_owned(), source, "pass")
    };
    rows.iter().map(case).collect()
}

fn code_gen(folder: &Path) -> Result<Vec<Case>, String> {
    let problems = HumanEval::read(folder)?;
    let mut cases = Vec::new();
    for row in json_lines(&folder.join("he_codegen16b_n100.jsonl.gz"))? {
        let task = text(&row, "task_id")?;
        for completion in list(&row, "completions")? {
            let id = format!("{task} #{}", completion["idx"][0]);
            let source = format!("{}{}", problems.prompt(task), text(completion, "body")?);
            cases.push(problems.case(task, id, source, text(completion, "base")?)?);
        }
    }
    Ok(cases)
}

/// First answers of chat models: the first block of code in each, every program once.
fn chat(folder: &Path) -> Result<Vec<Case>, String> {
    let problems = HumanEval::read(folder)?;
    let (mut cases, mut seen) = (Vec::new(), HashSet::new());
    for row in json_lines(&folder.join("he_chat_init.jsonl.gz"))? {
        let program = text(&row, "program")?.to_owned();
        if seen.insert(program.clone()) {
            let task = text(&row, "task_id")?;
            let block = first_block(text(&row, "output")?);
            cases.push(problems.case(
                task,
                program,
                problems.completed(task, &block),
                text(&row, "base")?,
            )?);
        }
    }
    Ok(cases)
}

fn first_block(output: &str) -> String {
    let after = |mark: &str| output.split_once(mark).map(|(_, rest)| rest);
    let block = after("```python\n")
        .or_else(|| after("```\n"))
        .unwrap_or(output);
    block.split("```").next().unwrap_or(block).to_owned()
}

fn reflexion(folder: &Path) -> Result<Vec<Case>, String> {
    let problems = HumanEval::read(folder)?;
    let (mut cases, mut seen) = (Vec::new(), HashSet::new());
    for row in json_lines(&folder.join("he_reflexion.jsonl.gz"))? {
        let task = text(&row, "task_id")?;
        let labels = list(&row, "labels")?;
        for (source, label) in list(&row, "implementations")?.iter().zip(labels) {
            let (Some(source), Some(base)) = (source.as_str(), label["base"].as_str()) else {
                continue; // never run: there is no label
            };
            let id = text(label, "program")?.to_owned();
            if seen.insert((task.to_owned(), source.to_owned())) {
                let source = problems.completed(task, source);
                cases.push(problems.case(task, id, source, base)?);
            }
        }
    }
    Ok(cases)
}

/// A problem of MBPP: the function that its tests call, and the tests.
fn mbpp_problem(p: &Json) -> Result<(Interface, Vec<Test>), String> {
    let setup = p["test_setup_code"].as_str().unwrap_or_default();
    let asserts = list(p, "test_list")?;
    let tests = asserts.iter().map(|t| Test::Assert {
        code: format!("{setup}\n{}", t.as_str().unwrap_or_default()),
    });
    let called = asserts.first().and_then(Json::as_str).unwrap_or_default();
    let entry = text(p, "code")?
        .split("def ")
        .filter_map(|part| part.split('(').next())
        .find(|name| !name.is_empty() && called.contains(&format!("{name}(")))
        .unwrap_or_default();
    Ok((function(entry), tests.collect()))
}

fn mbpp(folder: &Path) -> Result<Vec<Case>, String> {
    let rows = json_lines(&folder.join(CANONICAL[1].file))?;
    let case = |p: &Json| {
        let (interface, tests) = mbpp_problem(p)?;
        Ok(Case {
            id: format!("MBPP/{}", p["task_id"]),
            interface,
            source: text(p, "code")?.to_owned(),
            tests,
            label: "pass".into(),
        })
    };
    rows.iter().map(case).collect()
}

fn mbpp_pool(folder: &Path) -> Result<Vec<Case>, String> {
    let problems = json_lines(&folder.join(CANONICAL[1].file))?;
    let mut cases = Vec::new();
    for row in json_lines(&folder.join("mbpp_pool.jsonl.gz"))? {
        let task = text(&row, "task_id")?;
        let same = |p: &&Json| format!("MBPP/{}", p["task_id"]) == task;
        let problem = problems.iter().find(same);
        let (interface, tests) = mbpp_problem(problem.ok_or(format!("no problem {task}"))?)?;
        for (i, program) in list(&row, "programs")?.iter().enumerate() {
            cases.push(Case {
                id: format!("{task} #{i}"),
                interface: interface.clone(),
                source: text(program, "code")?.to_owned(),
                tests: tests.clone(),
                label: text(program, "judge")?.to_owned(),
            });
        }
    }
    Ok(cases)
}

fn leet_code(folder: &Path) -> Result<Vec<Case>, String> {
    let rows = json_lines(&folder.join(CANONICAL[2].file))?;
    let case = |p: &Json| {
        let entry = text(p, "entry_point")?;
        Ok(Case {
            id: text(p, "task_id")?.to_owned(),
            // The test makes the object whose method it calls.
            interface: function("Solution"),
            source: format!("{}\n{}", text(p, "prompt")?, text(p, "completion")?),
            tests: vec![Test::Assert {
                code: format!("{}\ncheck({entry})", text(p, "test")?),
            }],
            label: "pass".into(),
        })
    };
    rows.iter().map(case).collect()
}

/// Programs for standard input that are recorded to have passed the hidden tests, on the public ones.
fn live_code_bench(folder: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for row in json_lines(&folder.join("lcb_completions.jsonl.gz"))? {
        if row["is_function"] == true {
            continue;
        }
        let public = &row["public_tests"];
        let pairs = list(public, "inputs")?.iter().zip(list(public, "outputs")?);
        let tests: Vec<Test> = pairs
            .filter_map(|(input, output)| {
                Some(Test::Stdio {
                    input: input.as_str()?.to_owned(),
                    expected: Some(output.as_str()?.to_owned()),
                })
            })
            .collect();
        for (i, completion) in list(&row, "completions")?.iter().enumerate() {
            if completion["hidden_pass"] == true {
                cases.push(Case {
                    id: format!("{} #{i}", text(&row, "question_id")?),
                    interface: Interface::Stdin,
                    source: text(completion, "code")?.to_owned(),
                    tests: tests.clone(),
                    label: "pass".into(),
                });
            }
        }
    }
    Ok(cases)
}
