//! A program out of an answer.
//!
//! First what may be code is found: blocks between fences, or, where there is none, the lines that are
//! Python. Then one of them is chosen:
//! 1. The last that defines the function asked for. If it uses names that only other blocks define,
//!    those come before it.
//! 2. Where none does, the body of a function without its header (as in completions of HumanEval) is
//!    put below the header.
//! 3. Else the last block that is Python; for standard input that is the first choice.
//!
//! Blocks that stand word for word in the prompt are chosen last. At last the program is made ready:
//! see [`ready`](self::ready).

mod blocks;
mod names;
mod ready;

use cogitree_engine::{Interface, Limits, Problem, Program, Signature};
use cogitree_python::module;
use rustpython_ruff_python_ast::Stmt;

use super::Said;
use names::Names;

/// The most blocks that are looked at.
const MOST_BLOCKS: usize = 64;

/// The program of an answer to a problem.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn program(answer: &Said<'_>, problem: &Problem) -> Result<Program, String> {
    let candidates = candidates(answer);
    let source = match &problem.interface {
        Interface::Function(signature) => function(&candidates, signature),
        _ => script(&candidates),
    };
    let Some(source) = source else {
        return Err(why_not(answer, &candidates));
    };
    // What was put before it may not stand before everything, such as a byte order mark.
    if let Err(e) = module(&source) {
        return Err(format!(
            "its code is not Python: line {}: {}",
            e.line, e.why
        ));
    }
    let Limits { source_kib, .. } = problem.limits;
    if source.len() > source_kib as usize * 1024 {
        return Err(format!("the program is larger than {source_kib} KiB"));
    }
    Ok(Program::new(source))
}

/// A part of an answer that may be code.
struct Candidate {
    source: String,
    /// Its statements, where it is Python.
    body: Option<Vec<Stmt>>,
    quoted: bool,
}

impl Candidate {
    fn new(source: String, quoted: bool) -> Self {
        let body = module(&source).ok();
        Candidate {
            source,
            body,
            quoted,
        }
    }

    /// Python that does something. Words alone are Python as well: `Done` is a name.
    fn is_code(&self) -> bool {
        let idle = |s: &Stmt| match s {
            Stmt::Expr(e) => !e.value.is_call_expr(),
            _ => false,
        };
        self.body
            .as_ref()
            .is_some_and(|body| !body.iter().all(idle))
    }

    fn defines(&self, name: &str) -> bool {
        self.body
            .as_ref()
            .is_some_and(|body| names::defined(body).any(|d| d == name))
    }
}

fn candidates(answer: &Said<'_>) -> Vec<Candidate> {
    let fenced = blocks::fenced(answer.text);
    let mut found: Vec<Candidate> = Vec::new();
    for source in fenced.into_iter().rev().take(MOST_BLOCKS).rev() {
        let quoted = answer.quotes(&source);
        let candidate = Candidate::new(source, quoted);
        if candidate.body.is_some() {
            found.push(candidate);
            continue;
        }
        // A session of the interpreter, or prose and code in one fence, or code that was cut.
        let parts = match blocks::session(&candidate.source) {
            Some(code) => vec![code],
            None => blocks::python_lines(&candidate.source),
        };
        match parts.is_empty() {
            true => found.push(candidate),
            false => found.extend(parts.into_iter().map(|p| Candidate::new(p, quoted))),
        }
    }
    if !found.iter().any(Candidate::is_code) {
        let lines = blocks::python_lines(&blocks::without_marks(answer.text));
        found.extend(lines.into_iter().map(|p| {
            let quoted = answer.quotes(&p);
            Candidate::new(p, quoted)
        }));
    }
    found
}

fn function(candidates: &[Candidate], signature: &Signature) -> Option<String> {
    let name = signature.name.as_str();
    let last = |quoted: bool| {
        candidates
            .iter()
            .rposition(|c| c.quoted == quoted && c.defines(name))
    };
    if let Some(at) = last(false).or_else(|| last(true)) {
        return ready::function(&joined(candidates, at), signature);
    }
    let mut completed = candidates
        .iter()
        .rev()
        .filter_map(|c| under_header(&c.source, signature));
    if let Some(source) = completed.next() {
        return ready::function(&source, signature);
    }
    let code = candidates.iter().rev().find(|c| c.is_code())?;
    ready::function(&code.source, signature)
}

/// A candidate, with those before it that define names it uses and nobody else does.
fn joined(candidates: &[Candidate], at: usize) -> String {
    let mut source = candidates[at].source.clone();
    for other in candidates[..at].iter().rev() {
        let (Some(body), Ok(chosen)) = (&other.body, module(&source)) else {
            continue;
        };
        let names = Names::of(&chosen);
        let needed = names::defined(body).any(|d| names.lacks(d));
        if needed && !other.quoted {
            source = format!("{}\n\n\n{source}", other.source.trim_end());
        }
    }
    source
}

/// The body of a function below its header. What is no body is none: it returns something, or its
/// first line is indented.
fn under_header(body: &str, signature: &Signature) -> Option<String> {
    let lines: Vec<&str> = body.lines().collect();
    let first = lines.iter().find(|l| !l.trim().is_empty())?;
    let indent = &first[..first.len() - first.trim_start().len()];
    let indented = if indent.is_empty() {
        let returns = |s: &Stmt| names::returns(s);
        if !module(body).ok()?.iter().any(returns) {
            return None;
        }
        let deeper = |l: &&str| match l.trim().is_empty() {
            true => String::new(),
            false => format!("    {l}"),
        };
        lines.iter().map(deeper).collect::<Vec<_>>().join("\n")
    } else {
        // Up to the first line outside the body, which completions run on into.
        let inside = |l: &&&str| l.trim().is_empty() || l.starts_with(indent);
        let body: Vec<&str> = lines.iter().take_while(inside).copied().collect();
        body.join("\n")
    };
    let source = format!("{}\n{}\n", signature.header(), indented.trim_end());
    module(&source).ok().map(|_| source)
}

fn script(candidates: &[Candidate]) -> Option<String> {
    let last = |quoted: bool| {
        candidates
            .iter()
            .rposition(|c| c.quoted == quoted && c.is_code())
    };
    let at = last(false).or_else(|| last(true))?;
    ready::script(&joined(candidates, at))
}

/// Why an answer holds no program.
fn why_not(answer: &Said<'_>, candidates: &[Candidate]) -> String {
    let said = answer.text.trim();
    if said.is_empty() {
        return "the answer is empty".to_owned();
    }
    let broken = candidates.iter().rev().find(|c| c.body.is_none());
    if let Some(Err(e)) = broken.map(|c| module(&c.source)) {
        return format!("its code is not Python: line {}: {}", e.line, e.why);
    }
    let said: String = said.chars().take(80).collect();
    format!("it holds no code, but begins {said:?}")
}

#[cfg(test)]
mod tests;
