//! The parts of an answer that may be code.

use cogitree_python::module;
use rustpython_ruff_python_ast::Stmt;

/// The most lines that are searched for Python, and the most that one statement at the top level is
/// put together from. Together they bound the work.
const MOST_LINES: usize = 4000;
const MOST_PARTS: usize = 12;

/// The texts between fences (CommonMark 0.31, section 4.5, at any indentation), or between the tags
/// that CodeLlama was taught; the last may lack its end.
pub(super) fn fenced(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(char, usize, Vec<&str>)> = None;
    for line in text.lines() {
        match &mut open {
            Some((mark, length, lines)) => {
                if closes(line, *mark, *length) {
                    blocks.push(dedented(lines));
                    open = None;
                } else {
                    lines.push(line);
                }
            }
            None => {
                let Some((mark, length, info)) = opens(line) else {
                    continue;
                };
                match info.rfind(&mark.to_string().repeat(length)) {
                    // All in one line.
                    Some(end) => blocks.push(without_language(&info[..end]).to_owned()),
                    None => open = Some((mark, length, Vec::new())),
                }
            }
        }
    }
    if let Some((.., lines)) = open {
        blocks.push(dedented(&lines));
    }
    if blocks.is_empty() {
        return tagged(text);
    }
    blocks
}

/// The mark of an opening fence, its length, and what follows.
fn opens(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = line.trim_start_matches(mark);
    let length = line.len() - info.len();
    (length >= 3).then_some((mark, length, info))
}

fn closes(line: &str, mark: char, length: usize) -> bool {
    let line = line.trim();
    line.len() >= length && line.chars().all(|c| c == mark)
}

fn without_language(code: &str) -> &str {
    let code = code.trim();
    let rest = code
        .strip_prefix("python3")
        .or_else(|| code.strip_prefix("python"));
    match rest.or_else(|| code.strip_prefix("py")) {
        Some(rest) if rest.starts_with(' ') => rest.trim_start(),
        _ => code,
    }
}

fn tagged(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("[PYTHON]") {
        let (block, next) = after.split_once("[/PYTHON]").unwrap_or((after, ""));
        let lines: Vec<&str> = block.lines().collect();
        blocks.push(dedented(&lines));
        rest = next;
    }
    blocks
}

/// The lines without the indentation that the first of them and all others have: a fence in a list
/// is indented with its code. The body of a function keeps its own.
fn dedented(lines: &[&str]) -> String {
    let filled = || lines.iter().filter(|l| !l.trim().is_empty());
    let indent = |l: &&str| l.len() - l.trim_start_matches(' ').len();
    let least = filled().map(indent).min().unwrap_or(0);
    let flat = filled().any(|l| {
        let code = l.trim_start();
        indent(l) == least
            && ["def ", "class ", "import ", "from ", "@"]
                .iter()
                .any(|k| code.starts_with(k))
    });
    let by = if flat { least } else { 0 };
    let mut out = String::new();
    for line in lines {
        out.push_str(line.get(by..).unwrap_or(""));
        out.push('\n');
    }
    out
}

/// The code of a session of the interpreter: what follows `>>>` and `...`; `None` where there is
/// none.
pub(super) fn session(text: &str) -> Option<String> {
    let prompt = |line: &&str| line.trim_start().starts_with(">>>");
    text.lines().find(prompt)?;
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        let code = line
            .strip_prefix(">>>")
            .or_else(|| line.strip_prefix("..."));
        if let Some(code) = code {
            out.push_str(code.strip_prefix(' ').unwrap_or(code));
            out.push('\n');
        }
    }
    Some(out)
}

/// A text without the lines that only open or close a fence.
pub(super) fn without_marks(text: &str) -> String {
    let lines = text.lines().filter(|line| opens(line).is_none());
    lines.fold(String::with_capacity(text.len()), |mut out, line| {
        out.push_str(line);
        out.push('\n');
        out
    })
}

/// The lines of a text that are Python: first the indented ones at its beginning (the body of a
/// function), then all statements at the top level, together, without the prose between them.
pub(super) fn python_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    let flat = |l: &&str| !l.trim().is_empty() && !l.starts_with([' ', '\t']);
    let start = lines.iter().position(&flat).unwrap_or(lines.len());
    let body = lines[..start].join("\n");
    if !body.trim().is_empty() {
        found.push(body);
    }
    // Each begins at a line that is not indented.
    let mut parts: Vec<String> = Vec::new();
    for line in &lines[start..] {
        match parts.last_mut().filter(|_| !flat(line)) {
            Some(last) => {
                last.push_str(line);
                last.push('\n');
            }
            None => parts.push(format!("{line}\n")),
        }
    }
    let mut code = String::new();
    let mut at = 0;
    while at < parts.len() {
        let ends = at + 1..=(at + MOST_PARTS).min(parts.len());
        let end = ends
            .into_iter()
            .find(|&end| is_statements(&parts[at..end].concat()));
        match end {
            Some(end) => {
                code.push_str(&parts[at..end].concat());
                at = end;
            }
            None => at += 1,
        }
    }
    if !code.trim().is_empty() {
        found.push(code);
    }
    found
}

/// Statements that are more than a word or a comment.
fn is_statements(source: &str) -> bool {
    module(source).is_ok_and(|body| {
        let prose = |s: &Stmt| s.as_expr_stmt().is_some_and(|e| !e.value.is_call_expr());
        !body.iter().any(prose)
    })
}
