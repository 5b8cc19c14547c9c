//! Words of statements and entries: split, stemmed, synonyms brought together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Words that say nothing about what to do.
const STOP: &str = "a an the of to in on at by for with from and or but if is are was were be been being \
    this that these those it its as which who whom whose write function python program given \
    find return returns takes take using use used you your we our i should would could can may \
    will shall must do does did has have had not no nor so then than there their them they he she \
    also into over out up about such e g etc example examples note hint following based task \
    implement create make please want need help let lets method code solve problem input output \
    result results answer value values given particular specified certain specific other another \
    any some get gets number numbers list lists array string strings element elements item items";

const THESAURUS: &str = include_str!("vocabulary/thesaurus.txt");

static STOPPED: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| STOP.split_whitespace().map(stem).collect());

/// Each stem's representative among its synonyms.
static CANON: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut canon = BTreeMap::new();
    for line in THESAURUS.lines().filter(|l| !l.starts_with('#')) {
        let mut stems = line.split_whitespace().map(stem);
        let Some(first) = stems.next() else { continue };
        for s in stems.chain([first.clone()]) {
            canon.entry(s).or_insert_with(|| first.clone());
        }
    }
    canon
});

/// A word's stem: plural, -ing, -ed and a final e taken off.
pub(crate) fn stem(word: &str) -> String {
    let w = word.to_lowercase();
    if !w.is_ascii() || w.len() <= 3 {
        return w;
    }
    let mut s = w.as_str();
    let plural;
    if let Some(base) = s.strip_suffix("ies").filter(|b| b.len() > 2) {
        plural = format!("{base}y");
        s = &plural;
    } else if s.ends_with("sses")
        || s.ends_with("xes")
        || s.ends_with("ches")
        || s.ends_with("shes")
    {
        s = &s[..s.len() - 2];
    } else if s.ends_with('s') && !s.ends_with("ss") && !s.ends_with("us") && !s.ends_with("is") {
        s = &s[..s.len() - 1];
    }
    let has_vowel = |b: &str| b.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let mut out = s.to_owned();
    for ending in ["ing", "ed"] {
        if let Some(base) = s
            .strip_suffix(ending)
            .filter(|b| b.len() >= 3 && has_vowel(b))
        {
            out = base.to_owned();
            let b = out.as_bytes();
            let n = b.len();
            if n > 3 && b[n - 1] == b[n - 2] && !b"lsz".contains(&b[n - 1]) {
                out.pop();
            }
            break;
        }
    }
    if out.len() > 3 && out.ends_with('e') {
        out.pop();
    }
    if out.len() > 3 && out.ends_with('y') {
        out.pop();
        out.push('i');
    }
    out
}

/// The stem's representative, or nothing for a stop word.
fn canonical(word: &str) -> Option<String> {
    let s = stem(word);
    if STOPPED.contains(&s) {
        return None;
    }
    Some(CANON.get(&s).cloned().unwrap_or(s))
}

/// The words of an entry; `a_b` stands for adjacent words.
pub(crate) fn of_entry(words: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for w in words.split_whitespace() {
        if w.contains('_') {
            let parts: Vec<String> = w.split('_').map(joined).collect();
            out.insert(parts.join("_"));
        } else if let Some(c) = canonical(w.trim_matches(|c: char| !c.is_alphanumeric())) {
            out.insert(c);
        }
    }
    out
}

/// A word inside a pair: stop words count.
fn joined(word: &str) -> String {
    let s = stem(word);
    CANON.get(&s).cloned().unwrap_or(s)
}

/// Splits camel and snake case and everything that is not a letter or digit.
fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let boundary = before.is_lowercase() && c.is_uppercase()
            || before.is_ascii_digit() != c.is_ascii_digit() && before.is_alphanumeric();
        if (!c.is_alphanumeric() || boundary) && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c);
        }
        before = c;
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// The words of a statement, with adjacent pairs (and pairs around one stop word).
pub(crate) fn of_text(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for sentence in text.split(['.', '\n', ';', ':', '?', '!']) {
        let words = tokens(sentence);
        out.extend(words.iter().filter_map(|w| canonical(w)));
        let stems: Vec<String> = words.iter().map(|w| joined(w)).collect();
        for pair in stems.windows(2) {
            out.insert(pair.join("_"));
        }
        for triple in stems.windows(3) {
            out.insert(triple.join("_"));
            out.insert(format!("{}_{}", triple[0], triple[2]));
        }
    }
    out
}

/// For each word of a text that [`of_text`] gives alone, how the text first says it.
pub(crate) fn spoken(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for word in tokens(text) {
        if let Some(known) = canonical(&word) {
            out.entry(known).or_insert_with(|| word.to_lowercase());
        }
    }
    out
}

/// Numbers written in a text, as digits or words, in order of appearance.
pub(crate) fn numbers(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut push = |s: String| {
        if !out.contains(&s) {
            out.push(s);
        }
    };
    let words = [
        ("zero", 0),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("hundred", 100),
        ("second", 2),
        ("third", 3),
        ("fourth", 4),
        ("fifth", 5),
        ("sixth", 6),
        ("seventh", 7),
        ("thousand", 1000),
        ("twice", 2),
        ("double", 2),
        ("half", 2),
    ];
    for token in text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')) {
        let t = token.trim_end_matches(['.', '-']);
        let t = t
            .trim_end_matches("st")
            .trim_end_matches("nd")
            .trim_end_matches("rd")
            .trim_end_matches("th");
        if t.parse::<i64>().is_ok() || (t.contains('.') && t.parse::<f64>().is_ok()) {
            push(t.to_owned());
        } else if let Some((_, n)) = words
            .iter()
            .find(|(w, _)| *w == token.to_lowercase().trim_matches(['.', '-']))
        {
            push(n.to_string());
        }
    }
    out
}

/// Texts in quotes.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for quote in ['\'', '"', '`'] {
        let parts: Vec<&str> = text.split(quote).collect();
        for (i, p) in parts.iter().enumerate().skip(1).step_by(2) {
            // An apostrophe inside a word does not open a quotation.
            let before = parts[i - 1].chars().next_back();
            let plausible = i + 1 < parts.len()
                && !before.is_some_and(char::is_alphanumeric)
                && p.len() <= 24
                && !p.contains('\n');
            if plausible && !out.contains(&(*p).to_owned()) {
                out.push((*p).to_owned());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spoken_as_the_text_has_them() {
        let text = "Return the Uppercase vowels of a string.";
        let spoken = spoken(text);
        assert_eq!(spoken.get(&stem("uppercase")).unwrap(), "uppercase");
        assert_eq!(spoken.get(&stem("vowels")).unwrap(), "vowels");
        assert!(!spoken.contains_key("string"), "it tells nothing");
        assert!(spoken.keys().all(|k| of_text(text).contains(k)));
    }
}
