//! Methods of texts.

use std::rc::Rc;

use super::builtins::{keyword, length};
use super::evaluator::Interpreter;
use super::methods::{ATTRIBUTE, place};
use super::object::{Fault, INDEX_ERROR, Key, Object, Outcome, TYPE_ERROR, Table, VALUE_ERROR};
use super::syntax::Name;

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// True where the text is not empty and all its characters are so.
fn all(s: &str, f: impl Fn(char) -> bool) -> Object {
    Object::Bool(!s.is_empty() && s.chars().all(f))
}

fn strings(parts: Vec<String>) -> Object {
    Object::list(parts.into_iter().map(Object::str).collect())
}

pub(crate) fn call(
    me: &mut Interpreter<'_>,
    s: &Rc<str>,
    name: &str,
    args: &[Object],
    mut kw: Vec<(Name, Object)>,
) -> Outcome<Object> {
    me.burn(s.len() / 8)?;
    if name == "format" {
        return format_method(s, args, &kw);
    }
    if let ("split" | "rsplit", Some(n)) = (name, keyword(&mut kw, "maxsplit")) {
        let sep = keyword(&mut kw, "sep")
            .or(args.first().cloned())
            .unwrap_or(Object::None);
        return call(me, s, name, &[sep, n], kw);
    }
    if !kw.is_empty() {
        return Err(Fault::Unknown);
    }
    let characters = |o: &Object| -> Outcome<Vec<char>> { Ok(o.text()?.chars().collect()) };
    Ok(match (name, args) {
        ("upper", []) => Object::str(s.to_uppercase()),
        ("lower" | "casefold", []) => Object::str(s.to_lowercase()),
        ("title", []) => {
            let mut start = true;
            let mut out = String::new();
            for c in s.chars() {
                if start {
                    out.extend(c.to_uppercase())
                } else {
                    out.extend(c.to_lowercase())
                }
                start = !c.is_alphabetic();
            }
            Object::str(out)
        }
        ("capitalize", []) => {
            let mut chars = s.chars();
            let first: String = chars
                .next()
                .map(|c| c.to_uppercase().collect())
                .unwrap_or_default();
            Object::str(first + &chars.as_str().to_lowercase())
        }
        ("swapcase", []) => {
            let mut out = String::new();
            for c in s.chars() {
                if c.is_uppercase() {
                    out.extend(c.to_lowercase())
                } else {
                    out.extend(c.to_uppercase())
                }
            }
            Object::str(out)
        }
        ("isalpha", []) => all(s, char::is_alphabetic),
        ("isdigit" | "isdecimal" | "isnumeric", []) => {
            if !s.is_ascii() {
                return Err(Fault::Unknown);
            }
            all(s, |c| c.is_ascii_digit())
        }
        ("isalnum", []) => all(s, char::is_alphanumeric),
        ("isspace", []) => all(s, is_space),
        ("isascii", []) => Object::Bool(s.is_ascii()),
        ("isupper", []) => {
            Object::Bool(s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase))
        }
        ("islower", []) => {
            Object::Bool(s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase))
        }
        ("istitle", []) => {
            let (mut cased, mut before) = (false, false);
            for c in s.chars() {
                if c.is_uppercase() == before && c.is_alphabetic() {
                    return Ok(Object::Bool(false));
                }
                cased |= c.is_alphabetic();
                before = c.is_alphabetic();
            }
            Object::Bool(cased)
        }
        ("isidentifier", []) => Object::Bool(
            s.chars()
                .next()
                .is_some_and(|c| c.is_alphabetic() || c == '_')
                && s.chars().all(|c| c.is_alphanumeric() || c == '_'),
        ),
        ("strip", []) => Object::str(s.trim_matches(is_space)),
        ("lstrip", []) => Object::str(s.trim_start_matches(is_space)),
        ("rstrip", []) => Object::str(s.trim_end_matches(is_space)),
        ("strip", [c]) => Object::str(s.trim_matches(&characters(c)?[..])),
        ("lstrip", [c]) => Object::str(s.trim_start_matches(&characters(c)?[..])),
        ("rstrip", [c]) => Object::str(s.trim_end_matches(&characters(c)?[..])),
        ("removeprefix", [p]) => Object::str(s.strip_prefix(p.text()?).unwrap_or(s)),
        ("removesuffix", [p]) => Object::str(s.strip_suffix(p.text()?).unwrap_or(s)),
        ("split" | "rsplit", [] | [Object::None]) => strings(
            s.split(is_space)
                .filter(|p| !p.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
        ("split", [sep]) => {
            let sep = sep.text()?;
            if sep.is_empty() {
                return Err(VALUE_ERROR);
            }
            strings(s.split(sep).map(str::to_owned).collect())
        }
        ("rsplit", [sep]) => return call(me, s, "split", std::slice::from_ref(sep), vec![]),
        ("split", [Object::None, n]) if n.index()? < 0 => return call(me, s, name, &[], vec![]),
        ("split", [Object::None, n]) => {
            let n = n.index()? as usize;
            let mut parts = Vec::new();
            let mut rest = s.trim_start_matches(is_space);
            while !rest.is_empty() {
                match rest.find(is_space) {
                    Some(at) if parts.len() < n => {
                        parts.push(rest[..at].to_owned());
                        rest = rest[at..].trim_start_matches(is_space);
                    }
                    _ => {
                        parts.push(rest.trim_end_matches(is_space).to_owned());
                        break;
                    }
                }
            }
            strings(parts)
        }
        ("split" | "rsplit", [sep, n]) => {
            let (sep, n) = (sep.text()?, n.index()?);
            if sep.is_empty() {
                return Err(VALUE_ERROR);
            }
            let n = usize::try_from(n).unwrap_or(usize::MAX - 1) + 1;
            let mut parts: Vec<String> = if name == "split" {
                s.splitn(n, sep).map(str::to_owned).collect()
            } else {
                s.rsplitn(n, sep).map(str::to_owned).collect()
            };
            if name == "rsplit" {
                parts.reverse()
            }
            strings(parts)
        }
        ("splitlines", []) => strings(s.lines().map(str::to_owned).collect()),
        ("partition" | "rpartition", [sep]) => {
            let sep = sep.text()?;
            if sep.is_empty() {
                return Err(VALUE_ERROR);
            }
            let at = if name == "partition" {
                s.find(sep)
            } else {
                s.rfind(sep)
            };
            let parts = match at {
                Some(i) => [&s[..i], sep, &s[i + sep.len()..]],
                None if name == "partition" => [&**s, "", ""],
                None => ["", "", &**s],
            };
            Object::tuple(parts.into_iter().map(Object::str).collect())
        }
        ("join", [xs]) => {
            let items = me.items(xs)?;
            let mut out = String::new();
            for (i, x) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(s)
                }
                out.push_str(x.text()?);
            }
            me.burn(out.len() / 8)?;
            if out.len() > 200_000 {
                return Err(Fault::Fuel);
            }
            Object::str(out)
        }
        ("replace", [a, b]) => {
            let out = s.replace(a.text()?, b.text()?);
            me.burn(out.len() / 8)?;
            Object::str(out)
        }
        ("replace", [a, b, n]) => match usize::try_from(n.index()?) {
            Ok(n) => Object::str(s.replacen(a.text()?, b.text()?, n)),
            Err(_) => Object::str(s.replace(a.text()?, b.text()?)),
        },
        ("startswith" | "endswith", [Object::Tuple(options)]) => {
            for o in options.iter() {
                if call(me, s, name, std::slice::from_ref(o), vec![])?.truth() {
                    return Ok(Object::Bool(true));
                }
            }
            Object::Bool(false)
        }
        ("startswith", [p]) => Object::Bool(s.starts_with(p.text()?)),
        ("endswith", [p]) => Object::Bool(s.ends_with(p.text()?)),
        ("find" | "index" | "rfind" | "rindex", [p, from @ ..]) => {
            let n = length(&Object::Str(s.clone()))? as usize;
            let from = match from {
                [] => 0,
                [f] => place(f, n)?,
                _ => return Err(Fault::Unknown),
            };
            let skip: usize = s.chars().take(from).map(char::len_utf8).sum();
            let tail = &s[skip..];
            let at = if name.starts_with('r') {
                tail.rfind(p.text()?)
            } else {
                tail.find(p.text()?)
            };
            match at {
                Some(i) => Object::Int((from + tail[..i].chars().count()) as i64),
                None if name.ends_with("find") => Object::Int(-1),
                None => return Err(VALUE_ERROR),
            }
        }
        ("count", [p]) => {
            let p = p.text()?;
            let n = if p.is_empty() {
                s.chars().count() + 1
            } else {
                s.matches(p).count()
            };
            Object::Int(n as i64)
        }
        ("ljust" | "rjust" | "center" | "zfill", [n, fill @ ..]) => {
            let n = usize::try_from(n.index()?).unwrap_or(0);
            if n > 10_000 {
                return Err(Fault::Fuel);
            }
            let fill = match fill.first() {
                Some(f) => f.text()?.to_owned(),
                None if name == "zfill" => "0".into(),
                None => " ".into(),
            };
            let missing = n.saturating_sub(s.chars().count());
            Object::str(match name {
                "ljust" => s.to_string() + &fill.repeat(missing),
                "rjust" => fill.repeat(missing) + s,
                "center" => {
                    // CPython puts the odd blank left when the width is odd too.
                    let left = missing / 2 + (missing & n & 1);
                    fill.repeat(left) + s + &fill.repeat(missing - left)
                }
                _ => match s.strip_prefix(['-', '+']) {
                    Some(rest) => format!("{}{}{rest}", &s[..1], "0".repeat(missing)),
                    None => "0".repeat(missing) + s,
                },
            })
        }
        ("translate", [Object::Dict(d)]) => {
            let mut out = String::new();
            for c in s.chars() {
                match d
                    .borrow()
                    .table
                    .get(&Key(Object::Int(i64::from(u32::from(c)))))
                {
                    Some(Object::Str(t)) => out.push_str(t),
                    Some(Object::None) => {}
                    Some(Object::Int(i)) => {
                        out.extend(u32::try_from(*i).ok().and_then(char::from_u32))
                    }
                    _ => out.push(c),
                }
            }
            Object::str(out)
        }
        ("maketrans", [to]) => {
            let from: Vec<char> = s.chars().collect();
            let to: Vec<char> = to.text()?.chars().collect();
            if from.len() != to.len() {
                return Err(VALUE_ERROR);
            }
            let mut table = Table::default();
            for (a, b) in from.into_iter().zip(to) {
                table.insert(
                    Key(Object::Int(i64::from(u32::from(a)))),
                    Object::Int(i64::from(u32::from(b))),
                );
            }
            Object::dict(table)
        }
        ("expandtabs" | "encode" | "format_map" | "maketrans", _) => return Err(Fault::Unknown),
        ("upper" | "lower" | "strip" | "split" | "join" | "replace" | "count", _) => {
            return Err(TYPE_ERROR);
        }
        _ => return Err(ATTRIBUTE),
    })
}

fn format_method(s: &str, args: &[Object], kw: &[(Name, Object)]) -> Outcome<Object> {
    let mut out = String::new();
    // Counted and numbered fields do not mix.
    let (mut next, mut numbered) = (0, false);
    let mut rest = s;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = tail;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{").ok_or(VALUE_ERROR)?;
        let (field, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let value = if field.is_empty() {
            if numbered {
                return Err(VALUE_ERROR);
            }
            next += 1;
            args.get(next - 1)
        } else if let Ok(i) = field.parse::<usize>() {
            if next > 0 {
                return Err(VALUE_ERROR);
            }
            numbered = true;
            args.get(i)
        } else if field.chars().all(|c| c.is_alphanumeric() || c == '_') {
            kw.iter().find(|(n, _)| &**n == field).map(|(_, v)| v)
        } else {
            return Err(Fault::Unknown);
        };
        out.push_str(&super::format::format(value.ok_or(INDEX_ERROR)?, spec)?);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(Object::str(out))
}
