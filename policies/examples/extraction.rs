//! Takes programs out of recorded answers of models, and compares them with what the record says.
//!
//! ```text
//! cargo run --release -p cogitree-policies --example extraction -- DATA
//! ```
//!
//! `DATA` is a folder with `he_problems`, `he_chat_prompts`, `he_chat_init` and `he_ldb_debug`
//! (`.jsonl.gz`). A record names the program of an answer by an id; for some ids other records hold its
//! source. Told is how many answers hold a program; how many of those have the recorded syntax tree,
//! where that is known; and how often answers of one id have one tree, and of two ids two. Programs are
//! compared as syntax trees without imports, docstrings, annotations and asserts at the top level.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;

use cogitree_engine::{Checker, Interface, Limits, Problem};
use cogitree_policies::llm::program_of;
use flate2::read::GzDecoder;
use rustpython_ruff_python_ast::comparable::ComparableStmt;
use rustpython_ruff_python_ast::visitor::transformer::{Transformer, walk_stmt};
use rustpython_ruff_python_ast::{Parameters, Stmt, StmtAssign};
use serde_json::Value as Json;

fn rows(folder: &Path, name: &str) -> Result<Vec<Json>, Box<dyn Error>> {
    let file = std::fs::File::open(folder.join(format!("{name}.jsonl.gz")))?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

fn text<'j>(row: &'j Json, field: &str) -> &'j str {
    row[field].as_str().unwrap_or_default()
}

struct Bare;

impl Transformer for Bare {
    fn visit_stmt(&self, stmt: &mut Stmt) {
        match stmt {
            Stmt::FunctionDef(f) => {
                f.returns = None;
                without_annotations(&mut f.parameters);
                without_docstring(&mut f.body);
            }
            Stmt::ClassDef(c) => without_docstring(&mut c.body),
            Stmt::AnnAssign(a) => {
                if let Some(value) = a.value.clone() {
                    *stmt = Stmt::Assign(StmtAssign {
                        range: a.range,
                        node_index: Default::default(),
                        targets: vec![(*a.target).clone()],
                        value,
                    });
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }
}

fn without_annotations(parameters: &mut Parameters) {
    for p in parameters
        .posonlyargs
        .iter_mut()
        .chain(&mut parameters.args)
        .chain(&mut parameters.kwonlyargs)
    {
        p.parameter.annotation = None;
    }
}

fn without_docstring(body: &mut Vec<Stmt>) {
    let text = |s: &Stmt| {
        s.as_expr_stmt()
            .is_some_and(|e| e.value.is_string_literal_expr())
    };
    if body.first().is_some_and(text) {
        body.remove(0);
    }
}

/// The statements of a program, bare, each in words; `None` where it is no Python.
fn tree(source: &str) -> Option<Vec<String>> {
    let mut body = cogitree_python::module(source).ok()?;
    body.retain(|s| !matches!(s, Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::Assert(_)));
    for statement in &mut body {
        Bare.visit_stmt(statement);
    }
    Some(
        body.iter()
            .map(|s| format!("{:?}", ComparableStmt::from(s)))
            .collect(),
    )
}

/// Whether the recorded statements are those taken, which may have others of the problem's before.
fn same(taken: &[String], recorded: &[String]) -> bool {
    taken.ends_with(recorded)
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("the folder with the data is missing")?;
    let folder = Path::new(&folder);
    let mut problems: HashMap<String, Problem> = HashMap::new();
    for row in rows(folder, "he_problems")? {
        let prompt = cogitree_python::from_prompt(text(&row, "prompt"), text(&row, "entry_point"));
        let Ok(Ok(prompt)) = prompt else { continue };
        let id = text(&row, "task_id").to_owned();
        let problem = Problem {
            id: id.clone(),
            statement: prompt.docstring,
            interface: Interface::Function(prompt.signature),
            tests: Vec::new(),
            checker: Checker::Exact,
            limits: Limits::default(),
        };
        problems.insert(id, problem);
    }
    let mut prompts: HashMap<String, String> = HashMap::new();
    for row in rows(folder, "he_chat_prompts")? {
        let told: Vec<&str> = row["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|m| text(m, "content"))
            .collect();
        prompts.insert(text(&row, "prompt_id").to_owned(), told.join("\n"));
    }
    let debug = rows(folder, "he_ldb_debug")?;
    let sources: HashMap<&str, &str> = debug
        .iter()
        .map(|row| (text(row, "parent"), text(row, "parent_code")))
        .collect();

    let first = rows(folder, "he_chat_init")?;
    let answers = first
        .iter()
        .map(|row| (text(row, "program"), row))
        .chain(debug.iter().map(|row| (text(row, "child"), row)));
    let (mut all, mut none, mut passing_lost) = (0u32, 0u32, 0u32);
    let (mut known, mut equal) = (0u32, 0u32);
    let mut trees: BTreeMap<&str, HashMap<Vec<String>, u32>> = BTreeMap::new();
    let mut shown = HashSet::new();
    for (id, row) in answers {
        let Some(problem) = problems.get(text(row, "task_id")) else {
            continue;
        };
        let told = prompts
            .get(text(row, "prompt_id"))
            .map_or("", String::as_str);
        all += 1;
        let program = match program_of(text(row, "output"), told, problem) {
            Ok(program) => program,
            Err(why) => {
                none += 1;
                let passes = row["base"] == "pass" || row["child_base"] == "pass";
                passing_lost += u32::from(passes);
                if passes && shown.insert(id) {
                    println!("nothing taken of {id}, which passes: {why}");
                }
                continue;
            }
        };
        let Some(taken) = tree(&program.source) else {
            continue;
        };
        if let Some(recorded) = sources.get(id).and_then(|s| tree(s)) {
            known += 1;
            if same(&taken, &recorded) {
                equal += 1;
            } else if shown.insert(id) {
                println!("not as recorded: {id}");
            }
        }
        *trees.entry(id).or_default().entry(taken).or_default() += 1;
    }
    // Of each id the most frequent tree; of each tree the most frequent id.
    let taken: u32 = trees.values().flat_map(HashMap::values).sum();
    let one_tree: u32 = trees.values().filter_map(|t| t.values().max()).sum();
    let mut ids: HashMap<(&str, &Vec<String>), u32> = HashMap::new();
    for (id, trees) in &trees {
        let task = id.split('#').next().unwrap_or_default();
        for (tree, n) in trees {
            let most = ids.entry((task, tree)).or_default();
            *most = (*most).max(*n);
        }
    }
    let one_id: u32 = ids.values().sum();
    let percent = |n: u32, of: u32| 100.0 * f64::from(n) / f64::from(of.max(1));
    println!("answers                          {all}");
    println!("no program in them               {none}, of which the record passes {passing_lost}");
    println!(
        "source on record                 {known}, the same tree {equal} ({:.2} %)",
        percent(equal, known)
    );
    println!(
        "answers of one id with one tree  {one_tree} of {taken} ({:.2} %)",
        percent(one_tree, taken)
    );
    println!(
        "answers of one tree with one id  {one_id} of {taken} ({:.2} %)",
        percent(one_id, taken)
    );
    Ok(())
}
