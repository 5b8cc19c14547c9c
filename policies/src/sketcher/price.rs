//! What a plan costs a priori, in nats: long, unusual and unprompted plans cost more; words
//! of the statement that a plan accounts for are worth something.

use super::plan::{Call, Fill, Plan, Step};
use super::reading::Reading;
use super::types::Type;
use super::vocabulary::{Entry, VOCABULARY};

/// Worth of a nat of telling words that a plan newly accounts for.
pub(crate) const FRESH: f64 = 0.46;
/// Worth of words that earlier steps account for already.
pub(crate) const STALE: f64 = 0.02;
/// Cost of applying one function to the result of another.
pub(crate) const COMPOSE: f64 = 1.0;
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
    let words = reading.masks.get(position).copied().unwrap_or(0);
    let silent = if words == 0 { 1.0 } else { 0.0 };
    let base = match (step, e.is_function) {
        (true, false) => 2.6 + 0.2 * silent,
        // A function as a step of its own.
        (true, true) => 2.9 + 0.2 * silent,
        (false, _) => 1.4 + 0.7 * silent,
    };
    Price {
        cost: base + 0.025 * e.size.min(60) as f64 - 1.3 * e.weight,
        words,
        uses: 0,
    }
}

/// What a plan looks like, counted. The weights of [`WEIGHTS`] make a log-odds of it.
pub(crate) const FEATURES: usize = 35;

/// Names of the features, by position.
pub(crate) const NAMES: [&str; FEATURES] = [
    "step_words",
    "function_words",
    "unexplained",
    "step_weight",
    "function_weight",
    "steps",
    "functions",
    "compositions",
    "size",
    "mentioned",
    "plain",
    "odd",
    "variables",
    "verdicts",
    "copied",
    "unused",
    "idle",
    "failing",
    "rigid",
    "coercion",
    "guards",
    "silent_steps",
    "silent_functions",
    "rigid_steps",
    "stale",
    "plain_functions",
    "repeated",
    "left",
    "rigid_verdict",
    "learnt_by_heart",
    "guard_words",
    "single",
    "examples",
    "said",
    "otherwise",
];

/// Features by position.
pub(crate) mod feature {
    /// Telling words that steps account for.
    pub(crate) const STEP_WORDS: usize = 0;
    /// Telling words that only functions in holes account for.
    pub(crate) const FUNCTION_WORDS: usize = 1;
    /// Telling words that nothing accounts for.
    pub(crate) const UNEXPLAINED: usize = 2;
    pub(crate) const STEP_WEIGHT: usize = 3;
    pub(crate) const FUNCTION_WEIGHT: usize = 4;
    pub(crate) const STEPS: usize = 5;
    pub(crate) const FUNCTIONS: usize = 6;
    pub(crate) const COMPOSITIONS: usize = 7;
    /// Nodes of code.
    pub(crate) const SIZE: usize = 8;
    /// Constants that the statement mentions.
    pub(crate) const MENTIONED: usize = 9;
    /// 0, 1, 2 and the like.
    pub(crate) const PLAIN: usize = 10;
    pub(crate) const ODD: usize = 11;
    /// Variables in constants' places.
    pub(crate) const VARIABLES: usize = 12;
    /// Texts of the expected answer where a truth value is put into words.
    pub(crate) const VERDICTS: usize = 13;
    /// Texts of the expected answer elsewhere.
    pub(crate) const COPIED: usize = 14;
    pub(crate) const UNUSED: usize = 15;
    pub(crate) const IDLE: usize = 16;
    /// Share of invented inputs on which it fails.
    pub(crate) const FAILING: usize = 17;
    /// The answer is the same on all inputs.
    pub(crate) const RIGID: usize = 18;
    pub(crate) const COERCION: usize = 19;
    pub(crate) const GUARDS: usize = 20;
    /// Steps without a word of the statement.
    pub(crate) const SILENT_STEPS: usize = 21;
    /// Functions without a word of the statement.
    pub(crate) const SILENT_FUNCTIONS: usize = 22;
    /// Intermediate results that are the same on all inputs.
    pub(crate) const RIGID_STEPS: usize = 23;
    /// Words accounted for again.
    pub(crate) const STALE: usize = 24;
    /// Functions that are steps of their own.
    pub(crate) const PLAIN_FUNCTIONS: usize = 25;
    /// Entries that occur again.
    pub(crate) const REPEATED: usize = 26;
    /// Numbers and quoted texts of the statement that are not used.
    pub(crate) const LEFT: usize = 27;
    /// The answer is a truth value and the same on all inputs.
    pub(crate) const RIGID_VERDICT: usize = 28;
    /// Guards that answer with a constant that edge cases do not usually get.
    pub(crate) const LEARNT_BY_HEART: usize = 29;
    /// Words accounted for by guards only.
    pub(crate) const GUARD_WORDS: usize = 30;
    /// Guards that one visible example alone speaks for.
    pub(crate) const SINGLE: usize = 31;
    /// Logarithm of the number of visible examples: the same for all plans of a problem, it
    /// tells nothing of which is right, but of how likely one is.
    pub(crate) const EXAMPLES: usize = 32;
    /// Guards that answer with a constant that the statement mentions.
    pub(crate) const SAID: usize = 33;
    /// What cannot be carried out is answered with a constant.
    pub(crate) const OTHERWISE: usize = 34;
}

/// Turns merit into log-odds of being right: `SLOPE * merit + BIAS`, fitted after the weights on
/// the best program of each problem of the same half.
pub(crate) const SLOPE: f64 = 0.51;
/// See [`SLOPE`].
pub(crate) const BIAS: f64 = 1.32;
/// A plan this likely to be right ends the search.
pub(crate) const SURE: f64 = 0.93;

/// Weights of the features. Fitted by conditional logit (which of a problem's programs that pass
/// the visible tests are right) on the half of the HumanEval and MBPP problems whose id has an
/// even CRC-32, pulled towards what they were before: `policies/fit/fit.py`.
/// Those of `learnt_by_heart`, `said` and `otherwise` were set by hand: too few programs have them.
pub(crate) const WEIGHTS: [f64; FEATURES] = [
    0.47, 0.43, 0.0, 1.21, 0.58, -2.57, -1.51, -1.44, -0.038, -0.78, -1.61, -2.28, -0.19, -0.25,
    -4.0, -2.31, -2.03, -1.02, -2.1, -1.93, -1.61, -0.36, -0.51, -1.28, -0.026, -0.094, -0.83,
    -0.51, -1.93, -3.0, 0.0, 0.05, 1.24, 1.5, -1.5,
];

/// Whether an answer is one that edge cases usually get.
pub(crate) fn is_edge_answer(source: &str) -> bool {
    const USUAL: [&str; 12] = [
        "None", "True", "False", "0", "1", "-1", "0.0", "''", "[]", "()", "{}", "set()",
    ];
    USUAL.contains(&source)
}

/// Counts the features of a plan that do not depend on values; `lengths` are the arguments that
/// may be left out, and `lone` the guards that one example alone speaks for, as bit sets.
pub(crate) fn features(
    p: &Plan,
    arguments: usize,
    lengths: u32,
    lone: u32,
    reading: &Reading,
) -> Option<[f64; FEATURES]> {
    let mut f = [0.0; FEATURES];
    // Steps, and whether their words count: what one example alone speaks for can be any.
    let mut steps: Vec<(&Step, bool)> = p.steps.iter().map(|s| (s, true)).collect();
    f[feature::SINGLE] = f64::from(lone.count_ones());
    for (i, g) in p.guards.iter().enumerate() {
        f[feature::GUARDS] += 1.0;
        steps.push((&g.when, true));
        match &g.answer {
            super::plan::Answer::Steps(s) => {
                steps.extend(s.iter().map(|s| (s, lone & bit(i) == 0)));
            }
            super::plan::Answer::Constant(c) if reading.mentions(c) => f[feature::SAID] += 1.0,
            super::plan::Answer::Constant(c) => {
                if !is_edge_answer(c) {
                    f[feature::LEARNT_BY_HEART] += 1.0;
                }
            }
        }
    }
    if let Some(otherwise) = &p.otherwise {
        f[feature::OTHERWISE] = 1.0;
        if reading.mentions(&otherwise.answer) {
            f[feature::SAID] += 1.0;
        }
    }
    let (mut step_words, mut function_words, mut uses) = (0u64, 0u64, 0u32);
    let mut tally = Tally::default();
    for (i, (s, telling)) in steps.into_iter().enumerate() {
        let position = *VOCABULARY.by_key.get(&s.entry.0)?;
        let e = &VOCABULARY.entries[position];
        let words = if telling { reading.masks[position] } else { 0 };
        if i >= p.steps.len() {
            f[feature::GUARD_WORDS] += reading.weight(words & !(step_words | function_words));
        }
        f[feature::STEPS] += 1.0;
        f[feature::STEP_WEIGHT] += e.weight;
        f[feature::SIZE] += e.size.min(60) as f64;
        f[feature::STALE] += reading.weight(words & step_words);
        if e.is_function {
            f[feature::PLAIN_FUNCTIONS] += 1.0;
        }
        if words == 0 {
            f[feature::SILENT_STEPS] += 1.0;
        }
        step_words |= words;
        tally.entries.push(s.entry.0);
        let verdict = e.takes.contains(&Type::Bool);
        let mut filled = 0;
        for h in &s.holes {
            count(
                h,
                verdict,
                reading,
                &mut f,
                &mut filled,
                &mut uses,
                &mut tally,
            )?;
        }
        if telling {
            function_words |= filled;
        }
        for &i in &s.inputs {
            uses |= bit(i);
        }
    }
    let n = tally.entries.len();
    tally.entries.sort_unstable();
    tally.entries.dedup();
    f[feature::REPEATED] = (n - tally.entries.len()) as f64;
    let mentioned = reading.numbers.iter().chain(&reading.quoted);
    f[feature::LEFT] = mentioned
        .filter(|m| !tally.constants.contains(m))
        .count()
        .min(4) as f64;
    f[feature::STEP_WORDS] = reading.weight(step_words);
    f[feature::FUNCTION_WORDS] = reading.weight(function_words & !step_words);
    f[feature::UNEXPLAINED] = reading.total() - reading.weight(function_words | step_words);
    f[feature::UNUSED] = (0..arguments)
        .filter(|&i| (uses | lengths) & bit(i) == 0)
        .count() as f64;
    let last = arguments + p.steps.len().saturating_sub(1);
    f[feature::IDLE] = (arguments..last).filter(|&i| uses & bit(i) == 0).count() as f64;
    Some(f)
}

/// What occurs in a plan.
#[derive(Default)]
struct Tally {
    entries: Vec<u64>,
    constants: Vec<String>,
}

fn count(
    h: &Fill,
    verdict: bool,
    reading: &Reading,
    f: &mut [f64; FEATURES],
    words: &mut u64,
    uses: &mut u32,
    tally: &mut Tally,
) -> Option<()> {
    match h {
        Fill::Variable(i) => {
            f[feature::VARIABLES] += 1.0;
            *uses |= bit(*i);
        }
        Fill::Constant(c) => {
            f[kind(c, verdict, reading)] += 1.0;
            tally.constants.push(c.clone());
        }
        Fill::Function(c) => {
            let mut next = Some(c);
            while let Some(c) = next {
                let position = *VOCABULARY.by_key.get(&c.entry.0)?;
                let e = &VOCABULARY.entries[position];
                f[feature::FUNCTIONS] += 1.0;
                f[feature::FUNCTION_WEIGHT] += e.weight;
                f[feature::SIZE] += e.size.min(60) as f64;
                if reading.masks[position] == 0 {
                    f[feature::SILENT_FUNCTIONS] += 1.0;
                }
                tally.entries.push(e.key);
                *words |= reading.masks[position];
                for h in &c.holes {
                    count(h, false, reading, f, words, uses, tally)?;
                }
                next = c.then.as_ref();
                if next.is_some() {
                    f[feature::COMPOSITIONS] += 1.0;
                }
            }
        }
    }
    Some(())
}

/// Which kind of constant it is, as a feature's position.
fn kind(source: &str, verdict: bool, reading: &Reading) -> usize {
    let answer = reading.answers.iter().any(|a| a == source);
    let mentioned =
        reading.quoted.iter().any(|q| q == source) || reading.numbers.iter().any(|n| n == source);
    if verdict && answer {
        feature::VERDICTS
    } else if mentioned && !(verdict && source.len() <= 3) {
        feature::MENTIONED
    } else if answer {
        feature::COPIED
    } else if (matches!(source, "0" | "1" | "2" | "''" | "' '")
        || reading.signs.iter().any(|s| s == source))
        && !verdict
    {
        feature::PLAIN
    } else {
        feature::ODD
    }
}

/// The price of a constant; `verdict` where a truth value is put into words.
pub(crate) fn constant(source: &str, verdict: bool, reading: &Reading) -> f64 {
    match kind(source, verdict, reading) {
        feature::MENTIONED => 0.4,
        feature::VERDICTS => {
            0.3 + 0.15
                * reading
                    .answers
                    .iter()
                    .position(|a| a == source)
                    .unwrap_or(0) as f64
        }
        feature::COPIED => 4.0,
        feature::PLAIN => 1.6,
        _ => 2.2,
    }
}

fn fill(f: &Fill, verdict: bool, reading: &Reading) -> Option<Price> {
    Some(match f {
        Fill::Variable(i) => Price {
            cost: if verdict { 3.0 } else { VARIABLE },
            words: 0,
            uses: bit(*i),
        },
        Fill::Constant(c) => Price {
            cost: constant(c, verdict, reading),
            ..Price::default()
        },
        Fill::Function(c) => call(c, reading)?,
    })
}

fn call(c: &Call, reading: &Reading) -> Option<Price> {
    let position = *VOCABULARY.by_key.get(&c.entry.0)?;
    let mut price = entry(&VOCABULARY.entries[position], position, false, reading);
    for h in &c.holes {
        price = price.plus(fill(h, false, reading)?);
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
        price = price.plus(fill(
            h,
            VOCABULARY.entries[position].takes.contains(&Type::Bool),
            reading,
        )?);
    }
    for &i in &s.inputs {
        price.uses |= bit(i);
    }
    Some(price)
}

/// What a plan accounts for and uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Account {
    /// Words accounted for, as [`Reading::masks`].
    pub(crate) words: u64,
    /// Variables used, as a bit set.
    pub(crate) uses: u32,
    /// Arguments that no step uses.
    pub(crate) unused: usize,
}

/// Sums up what a plan accounts for and uses.
pub(crate) fn account(
    p: &Plan,
    arguments: usize,
    lengths: u32,
    reading: &Reading,
) -> Option<Account> {
    let mut all = Account::default();
    let guards = p.guards.iter().flat_map(|g| {
        let answer = match &g.answer {
            super::plan::Answer::Steps(s) => &s[..],
            super::plan::Answer::Constant(_) => &[],
        };
        answer.iter().chain([&g.when])
    });
    for s in p.steps.iter().chain(guards) {
        let price = step(s, reading)?;
        all.words |= price.words;
        all.uses |= price.uses;
    }
    all.unused = (0..arguments)
        .filter(|&i| (all.uses | lengths) & bit(i) == 0)
        .count();
    Some(all)
}
