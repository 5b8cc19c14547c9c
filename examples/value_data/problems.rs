//! The problems of all data sets, as a search sees them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cogitree::problem::{self, Dataset, LoadedProblem};
use cogitree::{Checker, HiddenTests, Interface, Limits, Problem, Signature, Test};
use serde::Deserialize;

use super::sources::rows;
use super::split::Statement;

/// Problems by id: `HumanEval/2`, `MBPP/3`, `LCB/2828`, `APPS/4724`, `examples/total`.
pub(crate) struct Problems(BTreeMap<String, Known>);

/// A problem, and the hidden tests where they are not only recorded verdicts.
pub(crate) struct Known {
    pub(crate) problem: Problem,
    pub(crate) hidden: Option<HiddenTests>,
}

impl From<LoadedProblem> for Known {
    fn from(loaded: LoadedProblem) -> Known {
        Known {
            problem: loaded.problem,
            hidden: loaded.hidden,
        }
    }
}

impl Problems {
    pub(crate) fn read(data: &Path, examples: &Path) -> Result<Problems, String> {
        let mut problems = BTreeMap::new();
        let mut add = |id: String, mut known: Known| {
            known.problem.id.clone_from(&id);
            problems.insert(id, known);
        };
        for (file, prefix) in [("he_problems", "HumanEval"), ("mbpp_problems", "MBPP")] {
            let path = data.join(format!("{file}.jsonl.gz"));
            for loaded in Dataset::open(&path).map_err(|e| e.to_string())? {
                let loaded = loaded.map_err(|e| e.to_string())?;
                let number = loaded.problem.id.rsplit('/').next().unwrap_or_default();
                add(format!("{prefix}/{number}"), loaded.into());
            }
        }
        rows(&data.join("lcb_completions.jsonl.gz"), |row: Contest| {
            add(format!("LCB/{}", row.question_id), row.load());
            Ok(())
        })?;
        rows(&data.join("apps128.jsonl.gz"), |row: Apps| {
            let id = format!("APPS/{}", row.name);
            if let Some(known) = row.load() {
                add(id, known);
            }
            Ok(())
        })?;
        for path in files(examples)? {
            let loaded = problem::load(&path).map_err(|e| e.to_string())?;
            add(format!("examples/{}", loaded.problem.id), loaded.into());
        }
        Ok(Problems(problems))
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Known> {
        self.0.get(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn statements(&self) -> Vec<Statement> {
        let of = |known: &Known| Statement {
            id: known.problem.id.clone(),
            text: known.problem.statement.clone(),
            function: (known.problem.interface.signature()).map(|s| s.name.clone()),
            held_out: known.problem.id.starts_with("examples/"),
        };
        self.0.values().map(of).collect()
    }

    /// The problems for our own searches: all examples, and every `every`th one of HumanEval and MBPP.
    pub(crate) fn to_search(&self, every: usize) -> Vec<&Known> {
        let of = |prefix: &'static str, every: usize| {
            let wanted = move |l: &&Known| l.problem.id.starts_with(prefix) && l.hidden.is_some();
            self.0.values().filter(wanted).step_by(every.max(1))
        };
        of("examples/", 1)
            .chain(of("HumanEval/", every))
            .chain(of("MBPP/", every))
            .collect()
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |e| format!("{}: cannot be read: {e}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "toml" || e == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A problem of LiveCodeBench.
#[derive(Deserialize)]
struct Contest {
    question_id: String,
    question_content: String,
    public_tests: Public,
    is_function: bool,
    entry_point: Option<String>,
}

#[derive(Deserialize)]
struct Public {
    inputs: Vec<String>,
    outputs: Vec<String>,
}

/// What LiveCodeBench's evaluator puts before a program.
const CONTEST_IMPORTS: &str = "import bisect, collections, copy, functools, heapq, itertools, json, math, random, re, string, sys\n\
     from bisect import *\nfrom collections import *\nfrom functools import *\nfrom heapq import *\n\
     from itertools import *\nfrom math import *\nfrom typing import *\n";

impl Contest {
    fn load(self) -> Known {
        let pairs = self.public_tests.inputs.into_iter();
        let pairs = pairs.zip(self.public_tests.outputs);
        let method = self.entry_point.filter(|_| self.is_function);
        let (interface, tests) = match method {
            // A method of a class is called by code.
            Some(method) => {
                let mut signature = Signature::new("Solution", []);
                signature.preamble = CONTEST_IMPORTS.to_owned();
                let test = |(input, output): (String, String)| Test::Assert {
                    code: format!(
                        "import json\nassert Solution().{method}(*map(json.loads, {input:?}.splitlines())) == json.loads({output:?})\n"
                    ),
                };
                (Interface::Function(signature), pairs.map(test).collect())
            }
            None => {
                let test = |(input, output)| Test::Stdio {
                    input,
                    expected: Some(output),
                };
                (Interface::Stdin, pairs.map(test).collect())
            }
        };
        plain(self.question_content, interface, tests)
    }
}

/// A problem of APPS.
#[derive(Deserialize)]
struct Apps {
    name: String,
    description: String,
    starter_code: String,
    sample_io: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    input: String,
    output: Vec<serde_json::Value>,
}

impl Apps {
    /// The problem, where its programs read standard input: how arguments are written for the others
    /// is not recorded.
    fn load(self) -> Option<Known> {
        if !self.starter_code.trim().is_empty() {
            return None;
        }
        let test = |sample: Sample| {
            Some(Test::Stdio {
                input: sample.input,
                expected: Some(sample.output.first()?.as_str()?.to_owned()),
            })
        };
        let tests: Option<Vec<Test>> = self.sample_io.into_iter().map(test).collect();
        Some(plain(self.description, Interface::Stdin, tests?))
    }
}

fn plain(statement: String, interface: Interface, tests: Vec<Test>) -> Known {
    Known {
        problem: Problem {
            id: String::new(),
            statement,
            interface,
            tests,
            checker: Checker::Lines,
            limits: Limits::default(),
        },
        hidden: None,
    }
}
