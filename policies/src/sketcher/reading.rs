//! What a statement says, as far as the vocabulary understands it: which of its words occur
//! in which entries, the numbers and texts it mentions.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use cogitree_engine::{Problem, Test, Value};

use rustc_hash::FxHashMap;

use super::candidates::Universe;
use super::cases::Cases;
use super::language::print;
use super::language::syntax::Literal;
use super::types::Type;
use super::vocabulary::{VOCABULARY, constant};
use super::words;

/// Words beyond this many (the least telling ones) are ignored.
const MOST: usize = 64;

/// Universes kept for one problem; each takes up to a few megabytes.
const UNIVERSES: usize = 48;

type Universes = FxHashMap<(Vec<Type>, Type), Arc<Universe>>;

/// A statement read once for a problem.
#[derive(Debug)]
pub(crate) struct Reading {
    /// How telling each known word is, most telling first.
    pub(crate) telling: Vec<f64>,
    /// The words themselves, as stems.
    pub(crate) words: Vec<String>,
    /// The same as the statement has them.
    pub(crate) spoken: Vec<String>,
    /// For each entry of the vocabulary, which of the words it has, as a bit set.
    pub(crate) masks: Vec<u64>,
    /// Numbers of the statement, as Python source.
    pub(crate) numbers: Vec<String>,
    /// Quoted texts of the statement, as Python source.
    pub(crate) quoted: Vec<String>,
    /// All constants that the statement mentions, in digits, quotes or words.
    said: Vec<String>,
    /// Texts that answers are made of: those expected by the examples and their opposites.
    pub(crate) answers: Vec<String>,
    /// Signs that are in every expected text and in no argument: they can only be constants.
    pub(crate) signs: Vec<String>,
    /// By the types of the variables and the type that is wanted.
    universes: Mutex<Universes>,
    /// By the examples that fail, as a bit set.
    cases: Mutex<FxHashMap<u64, Arc<Cases>>>,
}

impl Reading {
    /// All steps over variables of these types towards a result of the type that is wanted.
    pub(crate) fn universe(&self, variables: Vec<Type>, wanted: &Type) -> Arc<Universe> {
        let key = (variables, wanted.clone());
        let lock = || {
            self.universes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        // Made outside the lock: two threads may make the same one, and no thread waits.
        let new = Arc::new(Universe::of(&key.0, &key.1, self));
        let mut kept = lock();
        if kept.len() >= UNIVERSES {
            kept.clear();
        }
        kept.entry(key).or_insert(new).clone()
    }

    pub(crate) fn of(problem: &Problem) -> Reading {
        let name = problem.interface.signature().map_or("", |s| &s.name);
        let prose = prose(&problem.statement, name);
        let mut text = prose.clone();
        if let Some(s) = problem.interface.signature() {
            text.push_str(" . ");
            text.push_str(&s.name);
            for p in &s.parameters {
                if p.name.len() > 2 {
                    text.push_str(" . ");
                    text.push_str(&p.name);
                }
            }
        }
        let in_name = words::of_text(name);
        let known: BTreeSet<String> = words::of_text(&text);
        let mut known: Vec<(String, f64)> = known
            .into_iter()
            .filter_map(|w| {
                let t = *VOCABULARY.telling.get(&w)?;
                // The name of the function is the shortest statement there is.
                Some((w.clone(), if in_name.contains(&w) { t * 1.25 } else { t }))
            })
            .filter(|(_, t)| *t > 0.0)
            .collect();
        known.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        known.truncate(MOST);
        let masks = VOCABULARY
            .entries
            .iter()
            .map(|e| {
                known
                    .iter()
                    .enumerate()
                    .filter(|(_, (w, _))| e.words.contains(w))
                    .fold(0, |m, (i, _)| m | 1 << i)
            })
            .collect();
        let quoted = words::quoted(&prose)
            .into_iter()
            .map(|q| print::literal(&Literal::Str(q.as_str().into())))
            .collect();
        let numbers: Vec<String> = words::numbers(&prose)
            .into_iter()
            .filter(|n| constant(n).is_some())
            .collect();
        let said = numbers.iter().chain(&quoted).cloned();
        Reading {
            said: said.chain(named(&prose)).collect(),
            telling: known.iter().map(|k| k.1).collect(),
            spoken: {
                let spoken = words::spoken(&text);
                let said = |(w, _): &(String, f64)| spoken.get(w).unwrap_or(w).clone();
                known.iter().map(said).collect()
            },
            words: known.into_iter().map(|k| k.0).collect(),
            masks,
            numbers,
            quoted,
            answers: answers(problem),
            signs: signs(problem),
            universes: Mutex::default(),
            cases: Mutex::default(),
        }
    }

    /// The cases of the examples that fail, given as a bit set; found if they are not known.
    pub(crate) fn cases(&self, failing: u64, find: impl FnOnce() -> Cases) -> Arc<Cases> {
        let lock = || self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&failing) {
            return known.clone();
        }
        let new = Arc::new(find());
        lock().entry(failing).or_insert(new).clone()
    }

    /// Whether the statement mentions a constant, given as Python source.
    pub(crate) fn mentions(&self, source: &str) -> bool {
        self.said.iter().any(|m| m == source)
    }

    /// How telling a set of words is together.
    pub(crate) fn weight(&self, mut mask: u64) -> f64 {
        let mut sum = 0.0;
        while mask != 0 {
            sum += self.telling[mask.trailing_zeros() as usize];
            mask &= mask - 1;
        }
        sum
    }

    /// How telling all known words are together.
    pub(crate) fn total(&self) -> f64 {
        self.telling.iter().sum()
    }
}

/// The statement without its examples, which would otherwise count as words.
fn prose(statement: &str, name: &str) -> String {
    let mut out = String::new();
    let mut after_prompt = false;
    for line in statement.lines() {
        let t = line.trim();
        let call = !name.is_empty() && line.contains(&format!("{name}("));
        if t.starts_with(">>>") || call {
            after_prompt = t.starts_with(">>>");
            continue;
        }
        if std::mem::take(&mut after_prompt) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Characters that are neither letters nor digits, in every expected text and in no argument.
fn signs(problem: &Problem) -> Vec<String> {
    let mut common: Option<BTreeSet<char>> = None;
    let mut given = BTreeSet::new();
    for t in &problem.tests {
        let Test::Call {
            args,
            expected: Some(Value::Str(s)),
        } = t
        else {
            return vec![];
        };
        let signs: BTreeSet<char> = s
            .chars()
            .filter(|c| !c.is_alphanumeric() && !c.is_control())
            .collect();
        common = Some(match common {
            Some(c) => c.intersection(&signs).copied().collect(),
            None => signs,
        });
        args.iter().for_each(|a| letters(a, &mut given));
    }
    let own = common
        .unwrap_or_default()
        .into_iter()
        .filter(|c| !given.contains(c));
    own.take(4)
        .map(|c| print::literal(&Literal::Str(c.to_string().as_str().into())))
        .collect()
}

/// Constants that a statement names by a word.
fn named(prose: &str) -> Vec<String> {
    const NAMES: [(&str, &[&str]); 4] = [
        ("None", &["None"]),
        ("True", &["True"]),
        ("False", &["False"]),
        ("empty", &["[]", "''", "()", "{}", "set()"]),
    ];
    let words: BTreeSet<&str> = prose.split(|c: char| !c.is_alphanumeric()).collect();
    let named = NAMES.iter().filter(|(word, _)| words.contains(word));
    named
        .flat_map(|(_, constants)| constants.iter().map(|c| (*c).to_owned()))
        .collect()
}

/// Every character of every text inside a value.
fn letters(v: &Value, out: &mut BTreeSet<char>) {
    match v {
        Value::Str(s) => out.extend(s.chars()),
        Value::List(v) | Value::Tuple(v) | Value::Set(v) => {
            v.iter().for_each(|v| letters(v, out));
        }
        Value::Dict(d) => d.iter().for_each(|(k, v)| {
            letters(k, out);
            letters(v, out);
        }),
        _ => {}
    }
}

/// Texts that answers are made of: those expected, and their opposites.
fn answers(problem: &Problem) -> Vec<String> {
    const OPPOSITES: &[(&str, &str)] = &[
        ("Yes", "No"),
        ("yes", "no"),
        ("YES", "NO"),
        ("Even", "Odd"),
        ("even", "odd"),
        ("EVEN", "ODD"),
        ("Equal", "Not Equal"),
        ("Valid", "Invalid"),
        ("True", "False"),
        ("Found", "Not Found"),
        ("Present", "Not Present"),
        ("Positive", "Negative"),
        ("Possible", "Not Possible"),
        ("Balanced", "Not Balanced"),
    ];
    let expected = || {
        problem.tests.iter().filter_map(|t| match t {
            Test::Call {
                expected: Some(Value::Str(s)),
                ..
            } => Some(s),
            _ => None,
        })
    };
    let mut out: Vec<String> = Vec::new();
    let mut push = |s: &str| {
        let source = print::literal(&Literal::Str(s.into()));
        if !out.contains(&source) {
            out.push(source);
        }
    };
    for s in expected() {
        if s.len() > 60 {
            continue;
        }
        push(s);
        for (a, b) in OPPOSITES {
            if s == a {
                push(b);
            } else if s == b {
                push(a);
            }
        }
    }
    // General ways to say the opposite.
    for s in expected() {
        if s.len() > 40 {
            continue;
        }
        if let Some(rest) = s.strip_prefix("Not ").or_else(|| s.strip_prefix("not ")) {
            let mut c = rest.chars();
            let first = c
                .next()
                .map(|c| c.to_uppercase().to_string())
                .unwrap_or_default();
            push(&format!("{first}{}", c.as_str()));
            push(rest);
        } else {
            push(&format!("Not {s}"));
            push(&format!("Not {}", s.to_lowercase()));
        }
    }
    out
}
