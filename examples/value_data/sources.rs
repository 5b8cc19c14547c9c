//! Labelled programs of real models, out of the logs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use cogitree::Program;
use cogitree_policies::logs::{Labels, LogReader, NormalForm};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A program with what came before it, and its label.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) source: &'static str,
    pub(crate) task: String,
    pub(crate) thoughts: Vec<String>,
    /// The program that it repairs.
    pub(crate) above: Option<Arc<Program>>,
    pub(crate) program: Arc<Program>,
    pub(crate) form: NormalForm,
    /// Whether it passes the benchmark's own hidden tests.
    pub(crate) base: bool,
    /// Whether it passes the added tests of EvalPlus, where they were run.
    pub(crate) plus: Option<bool>,
}

impl Case {
    pub(crate) fn new(source: &'static str, task: &str, program: Arc<Program>, base: bool) -> Case {
        Case {
            source,
            task: task.to_owned(),
            thoughts: Vec::new(),
            above: None,
            form: NormalForm::of(&program.source),
            program,
            base,
            plus: None,
        }
    }

    /// Right by all that is known.
    pub(crate) fn right(&self) -> bool {
        self.base && self.plus != Some(false)
    }
}

/// All labelled programs of a folder.
pub(crate) fn all(data: &Path) -> Result<Vec<Case>, String> {
    let file = |name: &str| data.join(format!("{name}.jsonl.gz"));
    let read = LogReader::new;
    let failed = |e: cogitree_policies::logs::LogError| e.to_string();
    let mut cases = Vec::new();
    let logs = [
        (
            "CodeGen on HumanEval",
            read().completions(&file("he_codegen16b_n100")),
        ),
        (
            "chat on HumanEval",
            read().chat(&file("he_chat_init"), |_| true),
        ),
        ("LDB on HumanEval", read().debugging(&file("he_ldb_debug"))),
        (
            "Reflexion on HumanEval",
            read().reflexion(&file("he_reflexion")),
        ),
    ];
    for (source, reader) in logs {
        let (log, labels) = reader.map_err(failed)?.finish();
        for (task, recorded) in log.tasks() {
            let firsts = recorded.chains.iter().filter_map(|c| c.first());
            let firsts = firsts.map(|p| Arc::new(p.clone()));
            for program in firsts.chain(recorded.draws.iter().map(|d| d.program.clone())) {
                cases.extend(labelled(source, task, program, &labels));
            }
            for repair in recorded.repairs.values().flatten() {
                let case = labelled(source, task, repair.program.clone(), &labels);
                cases.extend(case.map(|case| Case {
                    thoughts: vec![repair.explanation.to_string()],
                    above: Some(repair.parent.clone()),
                    ..case
                }));
            }
        }
    }
    mbpp(&file("mbpp_pool"), &file("mbpp_ldb_chains"), &mut cases)?;
    mint(&file("mint_max5"), &mut cases)?;
    contests(&file("lcb_completions"), &mut cases)?;
    apps(&file("apps128"), &mut cases)?;
    Ok(cases)
}

fn labelled(
    source: &'static str,
    task: &str,
    program: Arc<Program>,
    labels: &Labels,
) -> Option<Case> {
    let base = labels.is_right(task, &program)?;
    let plus = labels.passes_plus(task, &program);
    Some(Case {
        plus,
        ..Case::new(source, task, program, base)
    })
}

/// The pool of programs on MBPP, and chains of debugging whose programs have their labels from the pool.
fn mbpp(pool: &Path, chains: &Path, cases: &mut Vec<Case>) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Pool {
        task_id: String,
        programs: Vec<Judged>,
    }
    #[derive(Deserialize)]
    struct Judged {
        code: String,
        judge: String,
    }
    #[derive(Deserialize)]
    struct Chain {
        task_id: String,
        implementations: Vec<String>,
    }
    let mut labels = std::collections::HashMap::new();
    rows(pool, |row: Pool| {
        for program in row.programs {
            let right = program.judge == "pass";
            labels.insert((row.task_id.clone(), program.code.clone()), right);
            let program = Arc::new(Program::new(program.code));
            cases.push(Case::new("pool on MBPP", &row.task_id, program, right));
        }
        Ok(())
    })?;
    rows(chains, |row: Chain| {
        for pair in row.implementations.windows(2) {
            let Some(right) = labels.get(&(row.task_id.clone(), pair[1].clone())) else {
                continue;
            };
            let program = Arc::new(Program::new(&pair[1]));
            cases.push(Case {
                above: Some(Arc::new(Program::new(&pair[0]))),
                ..Case::new("LDB on MBPP", &row.task_id, program, *right)
            });
        }
        Ok(())
    })
}

/// Conversations with thoughts and executions: the programs that were offered as solutions.
fn mint(path: &Path, cases: &mut Vec<Case>) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Talk {
        task_id: String,
        turns: Vec<Turn>,
    }
    #[derive(Deserialize)]
    struct Turn {
        raw: String,
        judge: Option<String>,
    }
    rows(path, |row: Talk| {
        let mut thoughts: Vec<String> = Vec::new();
        let mut above: Option<Arc<Program>> = None;
        for turn in &row.turns {
            thoughts.extend(between(&turn.raw, "<thought>", "</thought>").map(str::to_owned));
            let offered = between(&turn.raw, "<solution>", "</solution>");
            let (Some(code), Some(judge)) = (offered, &turn.judge) else {
                continue;
            };
            let program = Arc::new(Program::new(code.trim_matches('\n')));
            let source = if row.task_id.starts_with("MBPP") {
                "MINT on MBPP"
            } else {
                "MINT on HumanEval"
            };
            cases.push(Case {
                thoughts: thoughts.clone(),
                above: above.replace(program.clone()),
                ..Case::new(source, &row.task_id, program, judge == "pass")
            });
        }
        Ok(())
    })
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let (_, rest) = text.rsplit_once(open)?;
    Some(rest.split(close).next().unwrap_or(rest).trim())
}

/// Programs on LiveCodeBench, with recorded verdicts.
fn contests(path: &Path, cases: &mut Vec<Case>) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Question {
        question_id: String,
        completions: Vec<Completion>,
    }
    #[derive(Deserialize)]
    struct Completion {
        code: String,
        hidden_pass: Option<bool>,
        parent_code: Option<String>,
    }
    rows(path, |row: Question| {
        let task = format!("LCB/{}", row.question_id);
        for completion in row.completions {
            let Some(right) = completion.hidden_pass else {
                continue;
            };
            let program = Arc::new(Program::new(completion.code));
            cases.push(Case {
                above: completion
                    .parent_code
                    .map(|code| Arc::new(Program::new(code))),
                ..Case::new("LiveCodeBench", &task, program, right)
            });
        }
        Ok(())
    })
}

/// Programs on APPS, with recorded counts of tests.
fn apps(path: &Path, cases: &mut Vec<Case>) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Question {
        name: String,
        completions: Vec<Completion>,
    }
    #[derive(Deserialize)]
    struct Completion {
        code: String,
        tests_passed: Option<u64>,
        tests_total: Option<u64>,
    }
    rows(path, |row: Question| {
        let task = format!("APPS/{}", row.name);
        for completion in row.completions {
            if let (Some(passed), Some(total)) = (completion.tests_passed, completion.tests_total) {
                let program = Arc::new(Program::new(completion.code));
                cases.push(Case::new("APPS", &task, program, passed == total));
            }
        }
        Ok(())
    })
}

/// Reads every row of a compressed log.
pub(crate) fn rows<T: DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(T) -> Result<(), String>,
) -> Result<(), String> {
    let unreadable = |e| format!("{}: cannot be read: {e}", path.display());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    for (number, line) in BufReader::new(MultiGzDecoder::new(file))
        .lines()
        .enumerate()
    {
        let line = line.map_err(unreadable)?;
        let wrong = |why: String| format!("{}:{}: {why}", path.display(), number + 1);
        let row = serde_json::from_str(&line).map_err(|e| wrong(e.to_string()))?;
        each(row).map_err(wrong)?;
    }
    Ok(())
}
