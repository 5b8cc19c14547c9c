//! Which problems are trained on and which are held out: near-duplicate problems always together.
//!
//! Two problems are near duplicates where the sets of three consecutive words of their statements have a
//! Jaccard similarity of at least one half (Broder 1997), or where they ask for a function of the same
//! name, if that has two words or more. Groups are the connected components of this relation.

use std::collections::{BTreeMap, HashSet};

/// How many parts there are: an even share of the groups of every data set each.
pub(crate) const PARTS: usize = 20;

/// The first of them are held out; the next serve to choose and to calibrate.
const TEST: usize = 5;
const VALIDATION: usize = 3;

/// Statements this alike are of one group.
const ALIKE: f64 = 0.5;

/// What the split looks at.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The problem, as `set/number`.
    pub(crate) id: String,
    pub(crate) text: String,
    /// The name of the function asked for.
    pub(crate) function: Option<String>,
    /// Never trained on.
    pub(crate) held_out: bool,
}

/// The part of every problem.
pub(crate) struct Parts {
    groups: BTreeMap<String, (usize, usize)>,
    sizes: Vec<usize>,
}

impl Parts {
    pub(crate) fn of(statements: &[Statement]) -> Parts {
        let mut members: BTreeMap<usize, Vec<&Statement>> = BTreeMap::new();
        for (root, statement) in components(statements).into_iter().zip(statements) {
            members.entry(root).or_default().push(statement);
        }
        let mut groups: Vec<Vec<&Statement>> = members.into_values().collect();
        for group in &mut groups {
            group.sort_by(|a, b| a.id.cmp(&b.id));
        }
        // An order that says nothing of what a problem is.
        groups.sort_by_key(|group| *blake3::hash(group[0].id.as_bytes()).as_bytes());
        let mut dealt: BTreeMap<(String, bool), usize> = BTreeMap::new();
        let mut parts = Parts {
            groups: BTreeMap::new(),
            sizes: groups.iter().map(Vec::len).collect(),
        };
        for (number, group) in groups.iter().enumerate() {
            let held_out = group.iter().any(|s| s.held_out);
            let set = group[0].id.split('/').next().unwrap_or_default().to_owned();
            let count = dealt.entry((set, held_out)).or_default();
            let part = *count % if held_out { TEST } else { PARTS };
            *count += 1;
            for statement in group {
                parts.groups.insert(statement.id.clone(), (number, part));
            }
        }
        parts
    }

    /// The group of a problem and its part.
    pub(crate) fn get(&self, id: &str) -> Option<(usize, usize)> {
        self.groups.get(id).copied()
    }

    pub(crate) fn groups(&self) -> usize {
        self.sizes.len()
    }

    pub(crate) fn largest(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or(0)
    }
}

/// The name of the split that a part belongs to.
pub(crate) fn split(part: usize) -> &'static str {
    if part < TEST {
        "test"
    } else if part < TEST + VALIDATION {
        "validation"
    } else {
        "train"
    }
}

/// For every statement the first one of its component.
fn components(statements: &[Statement]) -> Vec<usize> {
    let shingles: Vec<HashSet<u64>> = statements.iter().map(|s| shingles(&s.text)).collect();
    let mut parent: Vec<usize> = (0..statements.len()).collect();
    for i in 0..statements.len() {
        for j in 0..i {
            let same = named_alike(&statements[i], &statements[j]);
            if same || similarity(&shingles[i], &shingles[j]) >= ALIKE {
                let (a, b) = (root(&mut parent, i), root(&mut parent, j));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    (0..statements.len())
        .map(|i| root(&mut parent, i))
        .collect()
}

fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

fn named_alike(a: &Statement, b: &Statement) -> bool {
    let words = |name: &str| {
        let humps = name
            .chars()
            .skip(1)
            .filter(char::is_ascii_uppercase)
            .count();
        humps + name.trim_matches('_').matches('_').count() + 1
    };
    match (&a.function, &b.function) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b) && words(a) > 1,
        _ => false,
    }
}

/// Every three consecutive words, hashed; of fewer words all together.
fn shingles(text: &str) -> HashSet<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let hash = |words: &[&str]| {
        let hash = blake3::hash(words.join(" ").as_bytes());
        hash.as_bytes()[..8]
            .iter()
            .fold(0, |sum, b| sum << 8 | u64::from(*b))
    };
    if words.len() < 3 {
        return HashSet::from([hash(&words)]);
    }
    words.windows(3).map(hash).collect()
}

/// Jaccard's similarity.
fn similarity(a: &HashSet<u64>, b: &HashSet<u64>) -> f64 {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    // The quotient cannot be larger than that of the sizes.
    if (few.len() as f64) < ALIKE * many.len() as f64 {
        return 0.0;
    }
    let both = few.iter().filter(|s| many.contains(s)).count();
    both as f64 / (a.len() + b.len() - both).max(1) as f64
}
