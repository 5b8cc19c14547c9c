//! What a plan costs a priori, in nats: long, unusual and unprompted plans cost more; words
//! of the statement that a plan accounts for are worth something.

use super::plan::{Call, Fill, Plan, Step};
use super::reading::Reading;
use super::vocabulary::{Entry, VOCABULARY};

/// Worth of a nat of telling words that a plan newly accounts for.
pub(crate) const FRESH: f64 = 0.62;
/// Worth of words that earlier steps account for already.
pub(crate) const STALE: f64 = 0.06;
/// Cost of applying one function to the result of another.
pub(crate) const COMPOSE: f64 = 0.8;
/// Cost of a variable in a constant's place.
pub(crate) const VARIABLE: f64 = 0.4;

/// Cost, words and variables of a part of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Price {
    pub(crate) cost: f64,
    /// Words of the statement, as [`Reading::masks`].
    pub(crate) words: u64,
    /// Variables used, as a bit set.
    pub(crate) uses: u32,
}

impl Price {
    pub(crate) fn plus(self, other: Price) -> Price {
        Price {
            cost: self.cost + other.cost,
            words: self.words | other.words,
            uses: self.uses | other.uses,
        }
    }
}

fn bit(variable: usize) -> u32 {
    1u32.checked_shl(variable as u32).unwrap_or(0)
}

/// The price of an entry apart from its holes and inputs.
pub(crate) fn entry(e: &Entry, position: usize, step: bool, reading: &Reading) -> Price {
    let base = match (step, e.is_function) {
        (true, false) => 1.0,
        // A function as a step of its own.
        (true, true) => 1.3,
        (false, _) => 0.6,
    };
    Price {
        cost: base + 0.025 * e.size.min(60) as f64 - e.weight,
        words: reading.masks.get(position).copied().unwrap_or(0),
        uses: 0,
    }
}

/// The price of a constant.
pub(crate) fn constant(source: &str, reading: &Reading) -> f64 {
    if reading.quoted.iter().any(|q| q == source) {
        return 0.2;
    }
    if let Some(i) = reading.numbers.iter().position(|n| n == source) {
        return 0.4 + 0.1 * i as f64;
    }
    match source {
        "0" | "1" | "2" | "''" | "' '" => 1.6,
        "3" | "10" => 2.0,
        _ => 2.2,
    }
}

fn fill(f: &Fill, reading: &Reading) -> Option<Price> {
    Some(match f {
        Fill::Variable(i) => Price { cost: VARIABLE, words: 0, uses: bit(*i) },
        Fill::Constant(c) => Price { cost: constant(c, reading), ..Price::default() },
        Fill::Function(c) => call(c, reading)?,
    })
}

fn call(c: &Call, reading: &Reading) -> Option<Price> {
    let position = *VOCABULARY.by_key.get(&c.entry.0)?;
    let mut price = entry(&VOCABULARY.entries[position], position, false, reading);
    for h in &c.holes {
        price = price.plus(fill(h, reading)?);
    }
    if let Some(outer) = &c.then {
        price = price.plus(call(outer, reading)?);
        price.cost += COMPOSE;
    }
    Some(price)
}

/// The price of a step.
pub(crate) fn step(s: &Step, reading: &Reading) -> Option<Price> {
    let position = *VOCABULARY.by_key.get(&s.entry.0)?;
    let mut price = entry(&VOCABULARY.entries[position], position, true, reading);
    for h in &s.holes {
        price = price.plus(fill(h, reading)?);
    }
    for &i in &s.inputs {
        price.uses |= bit(i);
    }
    Some(price)
}

/// What a plan looks like from outside the examples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Appraisal {
    /// Log-prior: worth of the words less the cost.
    pub(crate) score: f64,
    /// Words accounted for, in nats.
    pub(crate) explained: f64,
    /// Words not accounted for, in nats.
    pub(crate) unexplained: f64,
    /// Cost of the steps.
    pub(crate) cost: f64,
    /// Arguments that no step uses.
    pub(crate) unused: usize,
    /// Results of steps, the last apart, that no later step uses.
    pub(crate) idle: usize,
    /// Words accounted for.
    pub(crate) words: u64,
    /// Variables used.
    pub(crate) uses: u32,
}

/// Appraises a plan.
pub(crate) fn plan(p: &Plan, arguments: usize, reading: &Reading) -> Option<Appraisal> {
    let mut a = Appraisal::default();
    let mut uses = 0;
    let mut stale = 0.0;
    let mut steps = Vec::new();
    steps.extend(&p.steps);
    for g in &p.guards {
        a.cost += 2.5;
        if let super::plan::Answer::Steps(s) = &g.answer {
            steps.extend(s);
        }
        steps.push(&g.when);
    }
    for s in steps {
        let price = step(s, reading)?;
        stale += reading.weight(price.words & a.words);
        a.words |= price.words;
        a.cost += price.cost;
        uses |= price.uses;
    }
    a.explained = reading.weight(a.words);
    a.unexplained = reading.total() - a.explained;
    a.unused = (0..arguments).filter(|&i| uses & bit(i) == 0).count();
    let last = arguments + p.steps.len().saturating_sub(1);
    a.idle = (arguments..last).filter(|&i| uses & bit(i) == 0).count();
    a.uses = uses;
    a.score = FRESH * a.explained + STALE * stale - a.cost - 1.2 * a.unused as f64 - 2.0 * a.idle as f64;
    Some(a)
}
