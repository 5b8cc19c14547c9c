//! The vocabulary: what the Sketcher knows to do, read from the TOML files beside it.
//!
//! The format is described in `vocabulary/README.md`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::language::evaluator::{Body, Functions};
use super::language::lower;
use super::language::syntax::{Expr, Function, Literal, Name, Stmt};
use super::types::{Type, split};
use super::words;

/// Name and text of every file, collected by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/vocabulary.rs"));

/// What a hole wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hole {
    /// A function from these types to that.
    Function(Vec<Type>, Type),
    /// A constant.
    Constant(Type),
}

/// A piece of a sentence: text, or the phrase of an input or hole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Say {
    Text(String),
    Input(usize),
    Hole(usize),
}

/// One entry. Inputs come first, then constant holes, as the body's inputs; function holes
/// are its fillers.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Names the entry in encodings: a fingerprint of what it says and does.
    pub(crate) key: u64,
    pub(crate) say: Vec<Say>,
    /// The text of `say` as a phrase for functions.
    pub(crate) phrase: Option<Vec<Say>>,
    pub(crate) words: BTreeSet<String>,
    pub(crate) weight: f64,
    pub(crate) names: Vec<Name>,
    pub(crate) takes: Vec<Type>,
    pub(crate) holes: Vec<Hole>,
    pub(crate) gives: Type,
    pub(crate) body: Arc<Body>,
    /// Nodes of the code.
    pub(crate) size: usize,
    /// Whether it may be a step, and whether it may fill a function hole.
    pub(crate) is_step: bool,
    pub(crate) is_function: bool,
}

/// All entries.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    pub(crate) entries: Vec<Entry>,
    pub(crate) by_key: HashMap<u64, usize>,
    pub(crate) helpers: Functions,
    /// How telling a word is: ln(entries / entries with the word), at least 0.
    pub(crate) telling: BTreeMap<String, f64>,
    /// What could not be read, with file and reason. Empty in a released vocabulary.
    pub(crate) faults: Vec<String>,
}

/// The vocabulary, read once.
pub(crate) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::read(FILES));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    step: Vec<Raw>,
    #[serde(default)]
    function: Vec<Raw>,
    #[serde(default)]
    helper: Vec<Helper>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Helper {
    name: String,
    code: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    say: String,
    #[serde(default)]
    words: String,
    takes: String,
    #[serde(default)]
    holes: String,
    gives: String,
    code: String,
    #[serde(default)]
    phrase: Option<String>,
    #[serde(default)]
    weight: f64,
}

impl Vocabulary {
    fn read(files: &[(&str, &str)]) -> Vocabulary {
        let mut v = Vocabulary::default();
        for (name, text) in files {
            let file: File = match toml::from_str(text) {
                Ok(f) => f,
                Err(e) => {
                    v.faults.push(format!("{name}.toml: {e}"));
                    continue;
                }
            };
            for h in file.helper {
                match helper(&h) {
                    Ok(f) => {
                        v.helpers.insert(h.name.as_str().into(), f);
                    }
                    Err(e) => v
                        .faults
                        .push(format!("{name}.toml: helper {}: {e}", h.name)),
                }
            }
            let all = file.step.into_iter().map(|r| (r, true));
            for (raw, step) in all.chain(file.function.into_iter().map(|r| (r, false))) {
                for raw in choices(raw) {
                    match entry(&raw, step) {
                        Ok(e) => {
                            if let Some(_old) = v.by_key.insert(e.key, v.entries.len()) {
                                v.faults
                                    .push(format!("{name}.toml: {:?} is there twice", raw.say));
                                continue;
                            }
                            v.entries.push(e);
                        }
                        Err(e) => v.faults.push(format!("{name}.toml: {:?}: {e}", raw.say)),
                    }
                }
            }
        }
        v.weigh();
        v
    }

    fn weigh(&mut self) {
        let mut count: BTreeMap<String, f64> = BTreeMap::new();
        // Variants of one entry count once.
        let mut seen = BTreeSet::new();
        for e in &self.entries {
            if seen.insert(&e.words) {
                for w in &e.words {
                    *count.entry(w.clone()).or_default() += 1.0;
                }
            }
        }
        let n = seen.len() as f64;
        self.telling = count
            .into_iter()
            .map(|(w, c)| (w, (n / c).ln().max(0.0)))
            .collect();
    }
}

fn helper(h: &Helper) -> Result<Arc<Function>, String> {
    let module = lower::module(&h.code).map_err(|e| e.0)?;
    match module.into_iter().find_map(|s| match s {
        Stmt::Def(f) => Some(f),
        _ => None,
    }) {
        Some(f) if *f.name == h.name => Ok(f),
        _ => Err("does not define its name".into()),
    }
}

/// Multiplies an entry by the choices of its choice holes.
fn choices(raw: Raw) -> Vec<Raw> {
    let holes = split(&raw.holes, &[';', ',']);
    for (i, h) in holes.iter().enumerate() {
        let Some((name, rest)) = h.split_once(':') else {
            continue;
        };
        let rest = rest.trim();
        // `{2|10}`, or a type before it: `int {2|10}`.
        let Some(inner) = rest
            .find('{')
            .and_then(|at| rest[at + 1..].strip_suffix('}'))
        else {
            continue;
        };
        let others: Vec<&str> = holes
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, h)| *h)
            .collect();
        let options: Vec<&str> = alternatives(inner);
        let name = name.trim();
        let open = format!("{{{name}}}");
        return options
            .iter()
            .flat_map(|o| {
                let (code, phrase) = match o.split_once('~') {
                    Some((c, p)) if !p.trim().is_empty() => (c.trim(), p.trim()),
                    _ => (o.trim(), o.trim()),
                };
                let mut r = raw.clone();
                r.holes = others.join("; ");
                r.code = raw.code.replace(&open, code);
                r.say = raw.say.replace(&open, phrase);
                r.phrase = raw.phrase.as_ref().map(|p| p.replace(&open, phrase));
                if o.contains('~') {
                    r.words = format!("{} {phrase}", raw.words);
                }
                r.weight -= 0.3 * (options.len() as f64).ln();
                choices(r)
            })
            .collect();
    }
    vec![raw]
}

/// Splits at `|`, except inside quotes and where two stand together.
fn alternatives(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut quote, mut from) = (None, 0);
    let bytes = text.as_bytes();
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"')
                // An apostrophe inside a phrase is no quote.
                if (i == 0 || !bytes[i - 1].is_ascii_alphanumeric()) => {
                    quote = Some(c);
                }
            (None, '|') => {
                parts.push(text[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}

fn typed(text: &str) -> Result<(Name, &str), String> {
    let (name, ty) = text
        .split_once(':')
        .ok_or_else(|| format!("{text:?} has no type"))?;
    Ok((name.trim().into(), ty.trim()))
}

fn parse_type(text: &str) -> Result<Type, String> {
    Type::parse(text).ok_or_else(|| format!("unknown type {text:?}"))
}

fn entry(raw: &Raw, step: bool) -> Result<Entry, String> {
    let mut names = Vec::new();
    let mut takes = Vec::new();
    for t in split(&raw.takes, &[';', ',']) {
        let (n, t) = typed(t)?;
        names.push(n);
        takes.push(parse_type(t)?);
    }
    let (mut holes, mut hole_names) = (Vec::new(), Vec::new());
    for h in split(&raw.holes, &[';', ',']) {
        let (n, t) = typed(h)?;
        hole_names.push(n);
        holes.push(match t.rsplit_once("->") {
            Some((from, to)) => {
                let from = from.trim();
                let from = from
                    .strip_prefix('(')
                    .and_then(|f| f.strip_suffix(')'))
                    .unwrap_or(from);
                let args = split(from, &[','])
                    .into_iter()
                    .map(parse_type)
                    .collect::<Result<_, _>>()?;
                Hole::Function(args, parse_type(to)?)
            }
            None => Hole::Constant(parse_type(t)?),
        });
    }
    let gives = parse_type(&raw.gives)?;
    let code = open_places(&raw.code, &names, &holes, &hole_names)?;
    let body = match lower::expression(code.trim()) {
        Ok(e) => Body::Expr(close(e, &names, &holes)),
        Err(_) => {
            let block = lower::module(&code).map_err(|e| e.0)?;
            Body::Block(
                block
                    .iter()
                    .map(|s| s.map(&mut |e| place(e, &names, &holes)))
                    .collect(),
            )
        }
    };
    let mut size = 0;
    let mut outputs = false;
    let mut used = BTreeSet::new();
    let mut look = |e: &Expr| {
        size += 1;
        match e {
            Expr::Name(n) if &**n == "out" => outputs = true,
            Expr::Input(i) => {
                used.insert(*i);
            }
            _ => {}
        }
    };
    match &body {
        Body::Expr(e) => e.walk(&mut look),
        Body::Block(b) => b.iter().for_each(|s| s.walk(&mut look)),
    }
    if matches!(body, Body::Block(_)) && !outputs {
        return Err("the block does not assign {out}".into());
    }
    let constants = holes
        .iter()
        .filter(|h| matches!(h, Hole::Constant(_)))
        .count();
    if step && used.len() < names.len() + constants {
        return Err("an input or hole is not used in the code".into());
    }
    let say = sentence(&raw.say, &names, &hole_names);
    let phrase = match (&raw.phrase, step) {
        (Some(p), true) => Some(sentence(p, &names, &hole_names)),
        (_, true) => None,
        (_, false) => Some(say.clone()),
    };
    Ok(Entry {
        key: fingerprint(&[&raw.say, &raw.code, &raw.takes]),
        is_step: step || (1..=3).contains(&takes.len()),
        is_function: phrase.is_some(),
        say,
        phrase,
        words: words::of_entry(&raw.words),
        weight: raw.weight,
        names,
        takes,
        holes,
        gives,
        body: Arc::new(body),
        size,
    })
}

/// FNV-1a.
fn fingerprint(texts: &[&str]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for b in texts.iter().flat_map(|t| t.bytes().chain([0])) {
        h = (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    }
    h
}

/// Turns `{x}` into `_in0` and `{p(x)}` into `_h0(x)`, which the parser can read.
fn open_places(
    code: &str,
    names: &[Name],
    holes: &[Hole],
    hole_names: &[Name],
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = code.trim_matches('\n');
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let end = tail
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(tail.len());
        let name = &tail[..end];
        let after = tail[end..].chars().next();
        let hole = hole_names.iter().position(|n| &**n == name);
        let is_function = hole.is_some_and(|h| matches!(holes[h], Hole::Function(..)));
        if after == Some('}')
            && (name == "out"
                || names.iter().any(|n| &**n == name)
                || (hole.is_some() && !is_function))
        {
            if name == "out" {
                out.push_str("out");
            } else {
                out.push_str(&format!("_in_{name}"));
            }
            rest = &tail[end + 1..];
        } else if after == Some('(') && is_function {
            // The closing brace that belongs to this application.
            let mut depth = 0;
            let close = tail[end..].char_indices().find_map(|(i, c)| {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' => depth -= 1,
                    '}' if depth == 0 => return Some(end + i),
                    '}' => depth -= 1,
                    _ => {}
                }
                None
            });
            let close = close.ok_or("an application is not closed")?;
            let mut inner = open_places(&tail[end..close], names, holes, hole_names)?;
            // Inside an application an input needs no braces of its own.
            for n in names {
                inner = replace_word(&inner, n, &format!("_in_{n}"));
            }
            out.push_str(&format!("_hole_{name}{inner}"));
            rest = &tail[close + 1..];
        } else {
            out.push('{');
            rest = tail;
        }
    }
    out.push_str(rest);
    // The names are numbered here, once all places are found.
    let mut constants = names.len();
    let mut functions = 0;
    for (i, n) in names.iter().enumerate() {
        out = replace_word(&out, &format!("_in_{n}"), &format!("_in{i}"));
    }
    for (n, h) in hole_names.iter().zip(holes) {
        match h {
            Hole::Constant(_) => {
                out = replace_word(&out, &format!("_in_{n}"), &format!("_in{constants}"));
                constants += 1;
            }
            Hole::Function(..) => {
                out = replace_word(&out, &format!("_hole_{n}"), &format!("_h{functions}"));
                functions += 1;
            }
        }
    }
    Ok(out)
}

fn replace_word(text: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let after = &rest[at + from.len()..];
        let wordy = |c: char| c.is_alphanumeric() || c == '_';
        let inside = after.starts_with(wordy)
            || rest[..at].ends_with(wordy)
            || at == 0 && out.ends_with(wordy);
        out.push_str(&rest[..at]);
        out.push_str(if inside { from } else { to });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn close(e: Expr, names: &[Name], holes: &[Hole]) -> Expr {
    e.map(&mut |e| place(e, names, holes))
}

fn place(e: Expr, _names: &[Name], _holes: &[Hole]) -> Expr {
    match &e {
        Expr::Name(n) => match n.strip_prefix("_in").and_then(|d| d.parse().ok()) {
            Some(i) => Expr::Input(i),
            None => e,
        },
        Expr::Call(f, args, _) => match &**f {
            Expr::Name(n) => match n.strip_prefix("_h").and_then(|d| d.parse().ok()) {
                Some(i) => Expr::Apply(i, args.clone()),
                None => e,
            },
            _ => e,
        },
        _ => e,
    }
}

fn sentence(text: &str, names: &[Name], holes: &[Name]) -> Vec<Say> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let Some(end) = rest[at..].find('}').map(|e| at + e) else {
            break;
        };
        let name = &rest[at + 1..end];
        out.push(Say::Text(rest[..at].to_owned()));
        if let Some(i) = names.iter().position(|n| &**n == name) {
            out.push(Say::Input(i));
        } else if let Some(i) = holes.iter().position(|n| &**n == name) {
            out.push(Say::Hole(i));
        } else {
            out.push(Say::Text(rest[at..=end].to_owned()));
        }
        rest = &rest[end + 1..];
    }
    out.push(Say::Text(rest.to_owned()));
    out.retain(|s| !matches!(s, Say::Text(t) if t.is_empty()));
    out
}

/// A constant written as Python.
pub(crate) fn constant(text: &str) -> Option<Literal> {
    // Most are small numbers, which need no parser.
    if let Ok(i) = text.parse::<i64>() {
        return (!text.starts_with('+')).then_some(Literal::Int(i));
    }
    match lower::expression(text).ok()? {
        Expr::Literal(l) => Some(l),
        Expr::Unary(super::language::syntax::Unary::Minus, e) => match *e {
            Expr::Literal(Literal::Int(i)) => Some(Literal::Int(-i)),
            Expr::Literal(Literal::Float(f)) => Some(Literal::Float(-f)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_well_formed() {
        let v = &*VOCABULARY;
        assert!(
            v.faults.is_empty(),
            "{} faults:\n{}",
            v.faults.len(),
            v.faults.join("\n")
        );
        assert!(v.entries.len() > 500);
        println!("{} entries", v.entries.len());
    }
}
