//! The steps that could come next: every entry, on every choice of variables that fits, with
//! its holes filled in the likeliest ways, best first.

use std::sync::Arc;

use super::language::syntax::Literal;
use rustc_hash::FxHashMap;

use super::plan::{Call, Fill, Key, Step};
use super::price::{self, COMPOSE, Price, VARIABLE};
use super::reading::Reading;
use super::types::{Bindings, Type};
use super::vocabulary::{Hole, VOCABULARY};

/// A step that could come next.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) step: Step,
    /// Log-prior given the steps before.
    pub(crate) score: f64,
    /// Variables that it uses, as a bit set.
    pub(crate) uses: u32,
}

/// What steps before have used and accounted for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    pub(crate) words: u64,
    pub(crate) uses: u32,
    /// Only steps that use this variable.
    pub(crate) must: Option<usize>,
}

/// Ways to fill one hole, likeliest first.
type Options = Arc<Vec<Choice>>;

/// One way to fill a hole.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    fill: Fill,
    price: Price,
    gives: Type,
    worth: f64,
}

/// A candidate whose step is not built yet: most never are.
#[derive(Debug)]
struct Draft {
    position: u32,
    inputs: [u8; 4],
    choice: [u16; 4],
    holes: Arc<Vec<Options>>,
    price: Price,
    /// Whether its result may be of the type that is wanted.
    fits: bool,
}

/// All steps that variables of some types allow. They depend on the types alone, so chains
/// whose variables have the same types share one universe; what the steps before have used
/// only orders it.
#[derive(Debug)]
pub(crate) struct Universe {
    drafts: Vec<Draft>,
}

/// Fillings of one function hole that are considered.
const FILLINGS: usize = 48;
/// Fillings of all holes of one entry together.
const PRODUCTS: usize = 70;

impl Universe {
    /// The steps over variables of these types towards a result of the type that is wanted.
    pub(crate) fn of(variables: &[Type], wanted: &Type, reading: &Reading) -> Universe {
        let mut maker = Maker {
            variables,
            wanted,
            reading,
            functions: FxHashMap::default(),
            drafts: Vec::new(),
        };
        for (position, e) in VOCABULARY.entries.iter().enumerate() {
            if e.is_step && e.takes.len() <= 4 && e.holes.len() <= 4 {
                let own = price::entry(e, position, true, reading);
                maker.inputs(position, own, &mut Vec::new(), &Bindings::default());
            }
        }
        Universe {
            drafts: maker.drafts,
        }
    }

    /// Its steps after what came before, best first, at most `most`.
    pub(crate) fn steps(&self, reading: &Reading, before: Before, most: usize) -> Vec<Candidate> {
        self.best(reading, before, most, |_| true)
    }

    /// The same of one entry.
    pub(crate) fn variants(
        &self,
        entry: Key,
        reading: &Reading,
        before: Before,
        most: usize,
    ) -> Vec<Candidate> {
        let Some(&position) = VOCABULARY.by_key.get(&entry.0) else {
            return vec![];
        };
        self.best(reading, before, most, |d| d.position as usize == position)
    }

    fn best(
        &self,
        reading: &Reading,
        before: Before,
        most: usize,
        wanted: impl Fn(&Draft) -> bool,
    ) -> Vec<Candidate> {
        let must = before.must.map_or(0, |m| 1 << m.min(31));
        let mut scored: Vec<(f64, usize)> = (self.drafts.iter().enumerate())
            .filter(|(_, d)| d.price.uses & must == must && wanted(d))
            .map(|(i, d)| (score(d, reading, before), i))
            .collect();
        // Of equal scores the earlier draft, so that the order is the same everywhere.
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if scored.len() > most {
            scored.select_nth_unstable_by(most, order);
            scored.truncate(most);
        }
        scored.sort_unstable_by(order);
        let build = |(score, i): (f64, usize)| Candidate {
            step: self.drafts[i].step(),
            score,
            uses: self.drafts[i].price.uses,
        };
        scored.into_iter().map(build).collect()
    }
}

/// The log-prior of a draft given what came before.
fn score(d: &Draft, reading: &Reading, before: Before) -> f64 {
    let fresh = reading.weight(d.price.words & !before.words);
    let stale = reading.weight(d.price.words & before.words);
    let new = (d.price.uses & !before.uses).count_ones().min(3);
    let fits = if d.fits { 0.8 } else { 0.0 };
    price::FRESH * fresh + price::STALE * stale - d.price.cost + fits + 0.6 * f64::from(new)
}

impl Draft {
    fn step(&self) -> Step {
        let e = &VOCABULARY.entries[self.position as usize];
        let inputs = self.inputs[..e.takes.len()].iter();
        let holes = self.holes.iter().zip(self.choice);
        Step {
            entry: Key(e.key),
            inputs: inputs.map(|&i| usize::from(i)).collect(),
            holes: holes.map(|(o, c)| o[usize::from(c)].fill.clone()).collect(),
        }
    }
}

/// Makes a universe.
struct Maker<'a> {
    variables: &'a [Type],
    wanted: &'a Type,
    reading: &'a Reading,
    /// Function fillings by argument types, result type and depth.
    functions: FxHashMap<(Vec<Type>, Type, usize), Options>,
    drafts: Vec<Draft>,
}

impl Maker<'_> {
    /// What a price is worth before any step.
    fn worth(&self, p: &Price) -> f64 {
        price::FRESH * self.reading.weight(p.words) - p.cost
    }

    fn inputs(&mut self, position: usize, own: Price, chosen: &mut Vec<usize>, bound: &Bindings) {
        let e = &VOCABULARY.entries[position];
        let Some(wanted) = e.takes.get(chosen.len()) else {
            self.filled(position, own, chosen, bound);
            return;
        };
        for (v, ty) in self.variables.iter().enumerate() {
            if chosen.contains(&v) || !ty.could_fit(wanted) {
                continue;
            }
            let mut bound = bound.clone();
            if ty.fits(wanted, &mut bound) {
                chosen.push(v);
                self.inputs(position, own, chosen, &bound);
                chosen.pop();
            }
        }
    }

    fn filled(&mut self, position: usize, own: Price, inputs: &[usize], bound: &Bindings) {
        let e = &VOCABULARY.entries[position];
        let mut price = own;
        for &i in inputs {
            price.uses |= 1 << i.min(31);
        }
        let each = match e.holes.len() {
            0 | 1 => FILLINGS,
            2 => 14,
            _ => 6,
        };
        let verdict = e.takes.contains(&Type::Bool);
        let mut holes = Vec::with_capacity(e.holes.len());
        for h in &e.holes {
            let options = self.options(h, bound, inputs, verdict);
            if options.is_empty() {
                return;
            }
            holes.push(options);
        }
        let mut products: Vec<([u16; 4], Price, f64)> = vec![([0; 4], price, self.worth(&price))];
        for (h, options) in holes.iter().enumerate() {
            let mut next = Vec::with_capacity(products.len() * options.len().min(each));
            for (choice, p, _) in &products {
                for (i, o) in options.iter().take(each).enumerate() {
                    let mut choice = *choice;
                    choice[h] = i as u16;
                    let price = p.plus(o.price);
                    next.push((choice, price, self.worth(&price)));
                }
            }
            if next.len() > PRODUCTS {
                next.select_nth_unstable_by(PRODUCTS, |a, b| {
                    b.2.total_cmp(&a.2).then(a.0.cmp(&b.0))
                });
                next.truncate(PRODUCTS);
            }
            products = next;
        }
        // The cut leaves them in no order.
        products.sort_unstable_by_key(|p| p.0);
        let fits = bound.apply(&e.gives).may_be(self.wanted);
        let holes = Arc::new(holes);
        let mut slots = [0; 4];
        for (slot, i) in slots.iter_mut().zip(inputs) {
            *slot = *i as u8;
        }
        for (choice, price, _) in products {
            // One text for both verdicts says nothing.
            if verdict
                && holes.len() == 2
                && holes[0][usize::from(choice[0])].fill == holes[1][usize::from(choice[1])].fill
            {
                continue;
            }
            self.drafts.push(Draft {
                position: position as u32,
                inputs: slots,
                holes: holes.clone(),
                choice,
                price,
                fits,
            });
        }
    }

    /// The likeliest fillings of a hole.
    fn options(
        &mut self,
        hole: &Hole,
        bound: &Bindings,
        inputs: &[usize],
        verdict: bool,
    ) -> Options {
        match hole {
            Hole::Constant(t) => Arc::new(self.constants(&bound.apply(t), inputs, verdict)),
            Hole::Function(args, gives) => {
                let args: Vec<Type> = args.iter().map(|a| bound.apply(a)).collect();
                self.functions(args, bound.apply(gives), 0)
            }
        }
    }

    fn constants(&self, t: &Type, inputs: &[usize], verdict: bool) -> Vec<Choice> {
        let mut out: Vec<Choice> = Vec::new();
        let choice = |fill: Fill, price: Price| Choice {
            fill,
            price,
            gives: t.clone(),
            worth: -price.cost,
        };
        for (i, v) in self.variables.iter().enumerate() {
            if !inputs.contains(&i)
                && v.fits(t, &mut Bindings::default())
                && !matches!(t, Type::Any)
            {
                out.push(choice(
                    Fill::Variable(i),
                    Price {
                        cost: if verdict { 3.0 } else { VARIABLE },
                        words: 0,
                        uses: 1 << i.min(31),
                    },
                ));
            }
        }
        let mut push = |source: &str| {
            let f = Fill::Constant(source.to_owned());
            if !out.iter().any(|c| c.fill == f) {
                out.push(choice(
                    f,
                    Price {
                        cost: price::constant(source, verdict, self.reading),
                        ..Price::default()
                    },
                ));
            }
        };
        let number = matches!(t, Type::Int | Type::Num | Type::Float);
        if number {
            for n in &self.reading.numbers {
                if !matches!(t, Type::Int) || !n.contains('.') {
                    push(n);
                }
            }
            for n in ["0", "1", "2", "3", "10"] {
                push(n);
            }
        }
        if matches!(t, Type::Str | Type::Char) {
            let single = |s: &str| constant_chars(s) == 1;
            let reading = self.reading;
            let texts = reading.quoted.iter().chain(&reading.signs);
            for s in texts
                .chain(&reading.answers)
                .filter(|s| matches!(t, Type::Str) || single(s))
            {
                push(s);
            }
            for s in ["' '", "','", "'_'", "'-'", "''", "'0'", "'1'"] {
                if matches!(t, Type::Str) || single(s) {
                    push(s);
                }
            }
        }
        out.sort_by(|a, b| a.price.cost.total_cmp(&b.price.cost));
        out
    }

    /// Functions from these types to that, likeliest first.
    fn functions(&mut self, args: Vec<Type>, gives: Type, depth: usize) -> Options {
        let key = (args, gives, depth);
        if let Some(known) = self.functions.get(&key) {
            return known.clone();
        }
        let (args, gives, _) = &key;
        let mut out = self.plain(args, gives, depth);
        if depth == 0 && args.len() == 1 {
            self.compose(args, gives, &mut out);
        }
        sort(&mut out);
        out.truncate(FILLINGS);
        let out = Arc::new(out);
        self.functions.insert(key, out.clone());
        out
    }

    fn plain(&mut self, args: &[Type], gives: &Type, depth: usize) -> Vec<Choice> {
        let mut out = Vec::new();
        for (position, e) in VOCABULARY.entries.iter().enumerate() {
            if !e.is_function || e.takes.len() != args.len() {
                continue;
            }
            if depth > 0 && !e.holes.iter().all(|h| matches!(h, Hole::Constant(_))) {
                continue;
            }
            if !args.iter().zip(&e.takes).all(|(a, t)| a.could_fit(t)) {
                continue;
            }
            let mut bound = Bindings::default();
            if !args
                .iter()
                .zip(&e.takes)
                .all(|(a, t)| a.fits(t, &mut bound))
            {
                continue;
            }
            let own = bound.apply(&e.gives);
            if !own.may_be(gives) {
                continue;
            }
            let price = price::entry(e, position, false, self.reading);
            let mut products = vec![(Vec::new(), price)];
            for h in &e.holes {
                let options = match h {
                    Hole::Constant(t) => Arc::new(self.constants(&bound.apply(t), &[], false)),
                    Hole::Function(a, g) => {
                        let a: Vec<Type> = a.iter().map(|a| bound.apply(a)).collect();
                        self.functions(a, bound.apply(g), depth + 1)
                    }
                };
                products = products
                    .iter()
                    .flat_map(|(fills, p): &(Vec<Fill>, Price)| {
                        options.iter().take(8).map(move |o| {
                            let mut fills = fills.clone();
                            fills.push(o.fill.clone());
                            (fills, p.plus(o.price))
                        })
                    })
                    .take(64)
                    .collect();
            }
            for (holes, price) in products {
                let call = Call {
                    entry: Key(e.key),
                    holes,
                    then: None,
                };
                out.push(Choice {
                    fill: Fill::Function(Box::new(call)),
                    worth: self.worth(&price),
                    price,
                    gives: own.clone(),
                });
            }
        }
        out
    }

    /// Adds functions of functions.
    fn compose(&mut self, args: &[Type], gives: &Type, out: &mut Vec<Choice>) {
        let inner = self.functions(args.to_vec(), Type::Any, 1);
        // A truth value says too little to be worked on further.
        let inner: Vec<Choice> = inner
            .iter()
            .filter(|f| !matches!(f.gives, Type::Bool | Type::Any))
            .take(14)
            .cloned()
            .collect();
        for f in inner {
            let outers = self.functions(vec![f.gives.clone()], gives.clone(), 1);
            let Fill::Function(first) = &f.fill else {
                continue;
            };
            for g in outers.iter().take(10) {
                let Fill::Function(second) = &g.fill else {
                    continue;
                };
                if second.entry == first.entry {
                    continue;
                }
                let mut call = first.clone();
                call.then = Some(second.clone());
                let mut price = f.price.plus(g.price);
                price.cost += COMPOSE;
                out.push(Choice {
                    fill: Fill::Function(call),
                    worth: self.worth(&price),
                    price,
                    gives: g.gives.clone(),
                });
            }
        }
    }
}

/// Likeliest first. The sort is stable and the vocabulary's order fixed, so ties are too.
fn sort(choices: &mut [Choice]) {
    choices.sort_by(|a, b| b.worth.total_cmp(&a.worth));
}

/// How many characters a text constant has.
fn constant_chars(source: &str) -> usize {
    match super::vocabulary::constant(source) {
        Some(Literal::Str(s)) => s.chars().count(),
        _ => 0,
    }
}
