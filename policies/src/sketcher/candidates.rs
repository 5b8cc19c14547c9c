//! The steps that could come next: every entry, on every choice of variables that fits, with
//! its holes filled in the likeliest ways, best first.

use std::collections::HashMap;
use std::rc::Rc;

use super::language::object::Object;
use super::language::print;
use super::language::syntax::Literal;
use super::plan::{Call, Fill, Key, Step};
use super::price::{self, COMPOSE, Price, VARIABLE};
use super::reading::Reading;
use super::scene::Scene;
use super::types::{Bindings, Type};
use super::vocabulary::{Hole, VOCABULARY};

/// A step that could come next.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) step: Step,
    pub(crate) price: Price,
    /// Log-prior given the steps before.
    pub(crate) score: f64,
}

/// A filling of a function hole with its price.
#[derive(Clone, Debug)]
struct Filled {
    call: Call,
    price: Price,
    gives: Type,
    worth: f64,
}

/// What steps before have used and accounted for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    pub(crate) words: u64,
    pub(crate) uses: u32,
    /// Only steps that use this variable.
    pub(crate) must: Option<usize>,
}

type Lists = HashMap<(Vec<Type>, Type), Rc<Vec<Filled>>>;

/// Makes candidates for one scene.
pub(crate) struct Maker<'a> {
    scene: &'a Scene,
    reading: &'a Reading,
    before: Before,
    fillings: Lists,
    texts: Vec<String>,
}

/// Fillings of one function hole that are considered.
const FILLINGS: usize = 48;
/// Fillings of all holes of one entry together.
const PRODUCTS: usize = 70;

impl<'a> Maker<'a> {
    pub(crate) fn new(scene: &'a Scene, reading: &'a Reading, before: Before) -> Self {
        Maker { scene, reading, before, fillings: Lists::new(), texts: texts(scene) }
    }

    fn worth(&self, p: &Price) -> f64 {
        let fresh = self.reading.weight(p.words & !self.before.words);
        let stale = self.reading.weight(p.words & self.before.words);
        price::FRESH * fresh + price::STALE * stale - p.cost
    }

    /// All steps, best first, at most `most`.
    pub(crate) fn steps(&mut self, most: usize) -> Vec<Candidate> {
        let mut out = Vec::new();
        for (position, e) in VOCABULARY.entries.iter().enumerate() {
            if !e.is_step {
                continue;
            }
            let own = price::entry(e, position, true, self.reading);
            let mut chosen = Vec::new();
            self.inputs(position, own, &mut chosen, Bindings::default(), &mut out);
        }
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.step.entry.cmp(&b.step.entry)));
        out.truncate(most);
        out
    }

    fn inputs(
        &mut self,
        position: usize,
        own: Price,
        chosen: &mut Vec<usize>,
        bound: Bindings,
        out: &mut Vec<Candidate>,
    ) {
        let e = &VOCABULARY.entries[position];
        if chosen.len() == e.takes.len() {
            self.filled(position, own, chosen, &bound, out);
            return;
        }
        for v in 0..self.scene.variables.len() {
            if chosen.contains(&v) {
                continue;
            }
            let mut bound = bound.clone();
            if self.scene.variables[v].ty.fits(&e.takes[chosen.len()], &mut bound) {
                chosen.push(v);
                self.inputs(position, own, chosen, bound, out);
                chosen.pop();
            }
        }
    }

    fn filled(
        &mut self,
        position: usize,
        own: Price,
        inputs: &[usize],
        bound: &Bindings,
        out: &mut Vec<Candidate>,
    ) {
        let e = &VOCABULARY.entries[position];
        let mut price = own;
        for &i in inputs {
            price.uses |= 1 << i.min(31);
        }
        let must = self.before.must;
        if e.holes.is_empty() && must.is_some_and(|m| !inputs.contains(&m)) {
            return;
        }
        let mut products: Vec<(Vec<Fill>, Price)> = vec![(Vec::new(), price)];
        let each = match e.holes.len() {
            0 | 1 => FILLINGS,
            2 => 14,
            _ => 6,
        };
        for h in &e.holes {
            let options = self.options(h, bound, inputs, each);
            if options.is_empty() {
                return;
            }
            let mut next: Vec<(Vec<Fill>, Price)> = products
                .iter()
                .flat_map(|(fills, p)| {
                    options.iter().map(move |(f, q)| {
                        let mut fills = fills.clone();
                        fills.push(f.clone());
                        (fills, p.plus(*q))
                    })
                })
                .collect();
            if next.len() > PRODUCTS {
                next.sort_by(|a, b| self.worth(&b.1).total_cmp(&self.worth(&a.1)));
                next.truncate(PRODUCTS);
            }
            products = next;
        }
        let gives = bound.apply(&e.gives);
        let fits = if gives.may_be(&self.scene.wanted) { 0.8 } else { 0.0 };
        for (holes, price) in products {
            if must.is_some_and(|m| price.uses & (1 << m.min(31)) == 0) {
                continue;
            }
            let fresh = (price.uses & !self.before.uses).count_ones();
            let score = self.worth(&price) + fits + 0.6 * f64::from(fresh.min(3));
            out.push(Candidate {
                step: Step { entry: Key(e.key), inputs: inputs.to_vec(), holes },
                price,
                score,
            });
        }
    }

    /// The likeliest fillings of a hole.
    fn options(&mut self, hole: &Hole, bound: &Bindings, inputs: &[usize], most: usize) -> Vec<(Fill, Price)> {
        match hole {
            Hole::Constant(t) => {
                let mut all = self.constants(&bound.apply(t), inputs);
                all.truncate(most);
                all
            }
            Hole::Function(args, gives) => {
                let args: Vec<Type> = args.iter().map(|a| bound.apply(a)).collect();
                let list = self.functions(args, bound.apply(gives), 0);
                list.iter()
                    .take(most)
                    .map(|f| (Fill::Function(Box::new(f.call.clone())), f.price))
                    .collect()
            }
        }
    }

    fn constants(&self, t: &Type, inputs: &[usize]) -> Vec<(Fill, Price)> {
        let mut out: Vec<(Fill, Price)> = Vec::new();
        for (i, v) in self.scene.variables.iter().enumerate() {
            if !inputs.contains(&i) && v.ty.fits(t, &mut Bindings::default()) && !matches!(t, Type::Any) {
                out.push((Fill::Variable(i), Price { cost: VARIABLE, words: 0, uses: 1 << i.min(31) }));
            }
        }
        let mut push = |source: &str| {
            let f = Fill::Constant(source.to_owned());
            if !out.iter().any(|(g, _)| *g == f) {
                out.push((f, Price { cost: price::constant(source, self.reading), ..Price::default() }));
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
            let texts = self.reading.quoted.iter().chain(&self.texts);
            for s in texts.filter(|s| matches!(t, Type::Str) || single(s)) {
                push(s);
            }
            for s in ["' '", "','", "'_'", "'-'", "''", "'0'", "'1'"] {
                if matches!(t, Type::Str) || single(s) {
                    push(s);
                }
            }
        }
        out.sort_by(|a, b| a.1.cost.total_cmp(&b.1.cost));
        out
    }

    /// Functions from these types to that, likeliest first.
    fn functions(&mut self, args: Vec<Type>, gives: Type, depth: usize) -> Rc<Vec<Filled>> {
        let key = (args, gives);
        if depth == 0 {
            if let Some(known) = self.fillings.get(&key) {
                return known.clone();
            }
        }
        let (args, gives) = &key;
        let mut out = self.plain(args, gives, depth);
        if depth == 0 && args.len() == 1 {
            self.compose(args, gives, &mut out);
        }
        out.sort_by(|a, b| b.worth.total_cmp(&a.worth).then_with(|| a.call.entry.cmp(&b.call.entry)));
        out.truncate(FILLINGS);
        let out = Rc::new(out);
        if depth == 0 {
            self.fillings.insert(key, out.clone());
        }
        out
    }

    fn plain(&mut self, args: &[Type], gives: &Type, depth: usize) -> Vec<Filled> {
        let mut out = Vec::new();
        for (position, e) in VOCABULARY.entries.iter().enumerate() {
            if !e.is_function || e.takes.len() != args.len() {
                continue;
            }
            let mut bound = Bindings::default();
            if !args.iter().zip(&e.takes).all(|(a, t)| a.fits(t, &mut bound)) {
                continue;
            }
            let own = bound.apply(&e.gives);
            if !own.may_be(gives) || (depth > 0 && !e.holes.iter().all(|h| matches!(h, Hole::Constant(_)))) {
                continue;
            }
            let price = price::entry(e, position, false, self.reading);
            let mut products = vec![(Vec::new(), price)];
            for h in &e.holes {
                let options = match h {
                    Hole::Constant(t) => {
                        let mut all = self.constants(&bound.apply(t), &[]);
                        all.truncate(8);
                        all
                    }
                    Hole::Function(a, g) => {
                        let a: Vec<Type> = a.iter().map(|a| bound.apply(a)).collect();
                        let list = self.functions(a, bound.apply(g), depth + 1);
                        list.iter().take(8).map(|f| (Fill::Function(Box::new(f.call.clone())), f.price)).collect()
                    }
                };
                products = products
                    .iter()
                    .flat_map(|(fills, p): &(Vec<Fill>, Price)| {
                        options.iter().map(move |(f, q)| {
                            let mut fills = fills.clone();
                            fills.push(f.clone());
                            (fills, p.plus(*q))
                        })
                    })
                    .take(64)
                    .collect();
            }
            for (holes, price) in products {
                out.push(Filled {
                    call: Call { entry: Key(e.key), holes, then: None },
                    worth: self.worth(&price),
                    price,
                    gives: own.clone(),
                });
            }
        }
        out
    }

    /// Adds functions of functions.
    fn compose(&mut self, args: &[Type], gives: &Type, out: &mut Vec<Filled>) {
        let mut inner = self.plain(args, &Type::Any, 1);
        inner.sort_by(|a, b| b.worth.total_cmp(&a.worth).then_with(|| a.call.entry.cmp(&b.call.entry)));
        // A truth value says too little to be worked on further.
        inner.retain(|f| !matches!(f.gives, Type::Bool | Type::Any));
        inner.truncate(14);
        for f in inner {
            let outers = self.functions(vec![f.gives.clone()], gives.clone(), 1);
            for g in outers.iter().take(10) {
                if g.call.entry == f.call.entry {
                    continue;
                }
                let mut call = f.call.clone();
                call.then = Some(Box::new(g.call.clone()));
                let mut price = f.price.plus(g.price);
                price.cost += COMPOSE;
                out.push(Filled { call, worth: self.worth(&price), price, gives: g.gives.clone() });
            }
        }
    }
}

/// How many characters a text constant has.
fn constant_chars(source: &str) -> usize {
    match super::vocabulary::constant(source) {
        Some(Literal::Str(s)) => s.chars().count(),
        _ => 0,
    }
}

/// Texts that answers are made of: those expected, and their opposites.
fn texts(scene: &Scene) -> Vec<String> {
    const OPPOSITES: &[(&str, &str)] = &[
        ("Yes", "No"), ("yes", "no"), ("YES", "NO"), ("Even", "Odd"), ("even", "odd"), ("EVEN", "ODD"),
        ("Equal", "Not Equal"), ("Valid", "Invalid"), ("True", "False"), ("Accepted", "Rejected"),
        ("Found a match!", "Not matched!"), ("Found", "Not Found"), ("Valid Email", "Invalid Email"),
        ("Matched!", "Not Matched!"), ("Accept", "Discard"), ("Present", "Not Present"),
        ("Positive", "Negative"), ("Possible", "Not Possible"), ("Balanced", "Not Balanced"),
    ];
    let mut out: Vec<String> = Vec::new();
    let mut push = |s: &str| {
        let source = print::literal(&Literal::Str(s.into()));
        if !out.contains(&source) {
            out.push(source);
        }
    };
    for e in &scene.expected {
        let Object::Str(s) = e else { continue };
        if s.len() > 60 {
            continue;
        }
        push(s);
        for (a, b) in OPPOSITES {
            if &**s == *a {
                push(b);
            } else if &**s == *b {
                push(a);
            }
        }
    }
    // General ways to say the opposite.
    for e in &scene.expected {
        let Object::Str(s) = e else { continue };
        if s.len() > 40 {
            continue;
        }
        if let Some(rest) = s.strip_prefix("Not ").or_else(|| s.strip_prefix("not ")) {
            let mut c = rest.chars();
            let first = c.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            push(&format!("{first}{}", c.as_str()));
            push(rest);
        } else {
            push(&format!("Not {s}"));
            push(&format!("Not {}", s.to_lowercase()));
        }
    }
    out
}
