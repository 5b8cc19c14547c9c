//! Thoughts in words: entries' sentences with their holes filled.

use super::plan::{Fill, Step};
use super::types::Type;
use super::vocabulary::Say;

/// A step in words.
pub(crate) fn words(s: &Step, names: &[String]) -> Option<String> {
    let entry = s.entry.entry()?;
    let inputs: Vec<String> = s
        .inputs
        .iter()
        .map(|i| names.get(*i).cloned().unwrap_or_else(|| "it".into()))
        .collect();
    let said = say(&entry.say, &inputs, &s.holes, names);
    // A function as a step says a phrase.
    if entry.is_function && entry.phrase.as_deref() == Some(&entry.say[..]) {
        let named = entry.say.iter().any(|p| matches!(p, Say::Input(_)));
        return Some(match (entry.gives == Type::Bool, named) {
            (true, true) => format!("Check whether {said}."),
            (true, false) => format!("Check whether {} is {said}.", inputs.join(" and ")),
            (false, true) => format!("Take {said}."),
            (false, false) => format!("Take {said} of {}.", inputs.join(" and ")),
        });
    }
    let mut c = said.chars();
    let first = c
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    Some(format!("{first}{}", c.as_str()))
}

fn say(parts: &[Say], inputs: &[String], holes: &[Fill], names: &[String]) -> String {
    parts
        .iter()
        .map(|p| match p {
            Say::Text(t) => t.clone(),
            Say::Input(i) => inputs.get(*i).cloned().unwrap_or_default(),
            Say::Hole(h) => match holes.get(*h) {
                Some(f) => phrase(f, names),
                None => String::new(),
            },
        })
        .collect()
}

/// A filling in words.
fn phrase(f: &Fill, names: &[String]) -> String {
    match f {
        Fill::Variable(i) => names.get(*i).cloned().unwrap_or_else(|| "it".into()),
        Fill::Constant(c) => c.clone(),
        Fill::Function(c) => {
            let Some(entry) = c.entry.entry() else {
                return String::new();
            };
            let placeholder: Vec<String> = entry.names.iter().map(|n| n.to_string()).collect();
            let own = say(
                entry.phrase.as_deref().unwrap_or(&entry.say),
                &placeholder,
                &c.holes,
                names,
            );
            match &c.then {
                None => own,
                Some(outer) => {
                    let outer_phrase = phrase(&Fill::Function(outer.clone()), names);
                    let is_bool = outer.entry.entry().is_some_and(|e| e.gives == Type::Bool);
                    if is_bool {
                        format!("such that {own} is {outer_phrase}")
                    } else {
                        format!("{outer_phrase} of {own}")
                    }
                }
            }
        }
    }
}

/// A function's name from what its entry says.
pub(crate) fn helper_name(say: &[Say]) -> String {
    let text: String = say
        .iter()
        .map(|s| {
            if let Say::Text(t) = s {
                t.as_str()
            } else {
                " "
            }
        })
        .collect();
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_lowercase)
        .filter(|w| {
            !w.is_empty()
                && ![
                    "the", "a", "an", "of", "and", "or", "that", "take", "is", "are", "in", "to",
                ]
                .contains(&w.as_str())
        })
        .take(3)
        .collect();
    let name = words.join("_");
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("part_{name}")
    }
}
