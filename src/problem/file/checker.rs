//! The key that says how answers are compared.

use std::path::{Component, Path};

use cogitree_engine::{Checker, Limits};

use super::settings::{not_a, number};
use super::table::Table;
use crate::problem::document::{Kind, Node};
use crate::problem::error::shown;
use crate::problem::python::{self, CheckerFault};
use crate::problem::{Fault, ProblemError, read as files};

const REMEDY: &str = "Write \"exact\", \"tokens\", \"lines\", \"unordered\", \
                      { absolute = 1e-9, relative = 1e-6 } or { program = \"…\" }";

/// The value of `checker`: a name, tolerances, or a program.
pub(super) fn read(top: &mut Table<'_>) -> Result<Checker, ProblemError> {
    let Some(node) = top.take("checker") else {
        return Ok(Checker::default());
    };
    let at = node.at;
    match node.kind {
        Kind::Text(t) => match t.as_str() {
            "exact" => Ok(Checker::Exact),
            "tokens" => Ok(Checker::Tokens),
            "lines" => Ok(Checker::Lines),
            "unordered" => Ok(Checker::Unordered),
            other => {
                let why = format!("is \"{}\"", shown(other));
                Err(top.invalid(at, "`checker`", &why, REMEDY))
            }
        },
        Kind::Table(_) => of_table(top, node),
        other => {
            let why = format!("is {}", other.name());
            Err(top.invalid(at, "`checker`", &why, REMEDY))
        }
    }
}

fn of_table(top: &Table<'_>, node: Node) -> Result<Checker, ProblemError> {
    let whole = node.at;
    let known = ["absolute", "relative", "program", "file"];
    let mut table = Table::new(top.source, node, "`checker`", &known)?;
    let given: Vec<&str> = known
        .into_iter()
        .filter(|k| table.at(k).is_some())
        .collect();
    match given[..] {
        ["program"] => {
            let text = table.text("program")?;
            let (source, at) = text.unwrap_or((String::new(), whole));
            program(&table, "`program` of `checker`", at, &source)
        }
        ["file"] => {
            let text = table.text("file")?;
            let (name, at) = text.unwrap_or((String::new(), whole));
            let source = beside(&table, at, &name)?;
            program(
                &table,
                &format!("`checker` in {}", shown(&name)),
                at,
                &source,
            )
        }
        _ if given.contains(&"program") || given.contains(&"file") => Err(table.invalid(
            whole,
            "`checker`",
            &format!("has {} together", super::table::list(&given)),
            "Give either tolerances, or a `program`, or a `file` that holds one",
        )),
        _ => tolerance(&mut table),
    }
}

fn tolerance(table: &mut Table<'_>) -> Result<Checker, ProblemError> {
    let mut tolerance = |key: &str| match table.take(key) {
        None => Ok(0.0),
        Some(node) => match number(&node).filter(|t| t.is_finite() && *t >= 0.0) {
            Some(t) => Ok(t),
            None => Err(table.invalid(
                node.at,
                &format!("`{key}` of `checker`"),
                &not_a(&node, "number from 0 up"),
                REMEDY,
            )),
        },
    };
    Ok(Checker::Tolerance {
        absolute: tolerance("absolute")?,
        relative: tolerance("relative")?,
    })
}

/// The text of a file in the folder of the problem file.
fn beside(table: &Table<'_>, at: usize, name: &str) -> Result<String, ProblemError> {
    let mut parts = Path::new(name).components();
    let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
        return Err(table.invalid(
            at,
            "`file` of `checker`",
            &format!("is \"{}\", which is no file beside this one", shown(name)),
            "Name a file in the same folder: file = \"checker.py\"",
        ));
    };
    let read = files::whole(&table.source.path.with_file_name(name));
    read.map_err(|error| match error.fault() {
        // Not the file that was asked for: it takes the place that names it to find the mistake.
        Fault::Unreadable { why, remedy, .. } => table.invalid(
            at,
            "`file` of `checker`",
            &format!("is \"{}\": {why}", shown(name)),
            remedy,
        ),
        _ => error,
    })
}

/// A checker from its source, looked at as far as that can be done without running it.
fn program(
    table: &Table<'_>,
    field: &str,
    at: usize,
    source: &str,
) -> Result<Checker, ProblemError> {
    let most = (Limits::default().source_kib as usize) << 10;
    let invalid = |why: String, remedy: &str| Err(table.invalid(at, field, &why, remedy));
    if source.len() > most {
        return invalid(
            format!("has {} bytes, more than {} KiB", source.len(), most >> 10),
            "Shorten it",
        );
    }
    let header = "Let it define `def check(args, expected, actual)`, or `def check(input, expected, \
                  output)` for standard input, returning True or False";
    match python::check_checker(source) {
        Ok(()) => Ok(Checker::Program {
            source: source.into(),
        }),
        Err(CheckerFault::Syntax(e)) => invalid(
            format!("is not valid Python: line {}: {}", e.line, e.why),
            header,
        ),
        Err(CheckerFault::Undefined) => invalid("does not define `check`".to_owned(), header),
        Err(CheckerFault::Parameters(line)) => invalid(
            format!("has a `check`, in line {line}, that cannot be called with three arguments"),
            header,
        ),
    }
}
