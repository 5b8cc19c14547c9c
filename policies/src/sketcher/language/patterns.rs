//! `re`, where Python's patterns and ours agree.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::Regex;

use super::builtins::keyword;
use super::evaluator::Interpreter;
use super::object::{Fault, Match, Object, Outcome, TYPE_ERROR};
use super::syntax::Name;

type Captures<'t> = fancy_regex::Captures<'t, str>;

thread_local! {
    /// Compiled patterns; a pattern that does not compile is remembered too.
    static PATTERNS: RefCell<HashMap<String, Option<Rc<Regex>>>> = RefCell::default();
}

fn compiled(pattern: &str) -> Outcome<Rc<Regex>> {
    PATTERNS.with_borrow_mut(|cache| {
        if cache.len() > 4_000 {
            cache.clear();
        }
        let made = cache
            .entry(pattern.to_owned())
            .or_insert_with(|| Regex::new(&pattern.replace("\\Z", "\\z")).ok().map(Rc::new));
        made.clone().ok_or(Fault::Unknown)
    })
}

fn match_of(text: &str, c: &Captures<'_>) -> Object {
    let at = |i: usize| text[..i].chars().count();
    let groups = c
        .iter()
        .map(|g| g.map(|g| (Rc::from(g.as_str()), at(g.start()), at(g.end()))));
    Object::Match(Rc::new(Match {
        groups: groups.collect(),
    }))
}

pub(crate) fn call(
    me: &mut Interpreter<'_>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    if let ("escape", [s]) = (name, args) {
        return Ok(Object::str(fancy_regex::escape(s.text()?).into_owned()));
    }
    let pattern = args.first().ok_or(TYPE_ERROR)?.text()?;
    let flags = keyword(&mut kw, "flags").or_else(|| {
        let at = match name {
            "sub" => 4,
            _ => 2,
        };
        args.get(at).cloned()
    });
    let mut source = match name {
        "match" => format!("^(?:{pattern})"),
        "fullmatch" => format!("^(?:{pattern})$"),
        _ => pattern.to_owned(),
    };
    if flags.is_some_and(|f| matches!(f, Object::Int(2))) {
        source = format!("(?i){source}");
    }
    let re = compiled(&source)?;
    let fault = |_| Fault::Fuel;
    me.burn(20)?;
    match (name, args) {
        ("search" | "match" | "fullmatch", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            Ok(re
                .captures(s)
                .map_err(fault)?
                .map_or(Object::None, |c| match_of(s, &c)))
        }
        ("findall", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let mut out = Vec::new();
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let text = |i: usize| Object::str(c.get(i).map_or("", |g| g.as_str()));
                out.push(match c.len() {
                    1 => text(0),
                    2 => text(1),
                    n => Object::tuple((1..n).map(text).collect()),
                });
            }
            Ok(Object::list(out))
        }
        ("split", [_, s, ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let (mut out, mut from) = (Vec::new(), 0);
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let whole = c.get(0).ok_or(Fault::Unknown)?;
                out.push(Object::str(&s[from..whole.start()]));
                for i in 1..c.len() {
                    out.push(c.get(i).map_or(Object::None, |g| Object::str(g.as_str())));
                }
                from = whole.end();
            }
            out.push(Object::str(&s[from..]));
            Ok(Object::list(out))
        }
        ("sub", [_, with, s, rest @ ..]) => {
            let s = s.text()?;
            me.burn(s.len())?;
            let limit = match rest.first() {
                Some(n) => usize::try_from(n.index()?).unwrap_or(0),
                None => 0,
            };
            let (mut out, mut from, mut done) = (String::new(), 0, 0);
            for c in re.captures_iter(s) {
                let c = c.map_err(fault)?;
                let whole = c.get(0).ok_or(Fault::Unknown)?;
                out.push_str(&s[from..whole.start()]);
                match with {
                    Object::Str(t) => expand(t, &c, &mut out)?,
                    f => out.push_str(me.call(f, vec![match_of(s, &c)], vec![])?.text()?),
                }
                from = whole.end();
                done += 1;
                if limit > 0 && done == limit {
                    break;
                }
            }
            out.push_str(&s[from..]);
            Ok(Object::str(out))
        }
        _ => Err(TYPE_ERROR),
    }
}

/// A replacement with `\1` and `\g<1>`.
fn expand(template: &str, c: &Captures<'_>, out: &mut String) -> Outcome<()> {
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.chars().next().ok_or(Fault::Unknown)?;
        rest = &rest[next.len_utf8()..];
        match next {
            '0'..='9' => {
                let i = next as usize - '0' as usize;
                out.push_str(c.get(i).map_or("", |g| g.as_str()));
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            '\\' => out.push('\\'),
            'g' => {
                let end = rest.find('>').ok_or(Fault::Unknown)?;
                let i: usize = rest
                    .get(1..end)
                    .and_then(|d| d.parse().ok())
                    .ok_or(Fault::Unknown)?;
                out.push_str(c.get(i).map_or("", |g| g.as_str()));
                rest = &rest[end + 1..];
            }
            _ => return Err(Fault::Unknown),
        }
    }
    out.push_str(rest);
    Ok(())
}
