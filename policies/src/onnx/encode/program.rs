//! Numbers on the program: its size and shape, and how it fits what was asked for.

use std::collections::HashSet;

use cogitree_engine::{State, Test, Value};

use super::lexer::{Piece, beginning, word};
use super::tokens::name_words;
use super::{flag, scaled, share};

pub(super) const NAMES: [&str; 38] = [
    "lines",
    "pieces",
    "longest_line",
    "depth",
    "loops",
    "branches",
    "returns",
    "functions",
    "handlers",
    "classes",
    "imports",
    "comprehensions",
    "lambdas",
    "recursion",
    "numbers",
    "texts",
    "comments",
    "long_texts",
    "indexing",
    "slices",
    "comparisons",
    "logic",
    "conversions",
    "prints",
    "placeholders",
    "repeated_lines",
    "unbalanced",
    "cut_off",
    "defines_entry",
    "arity_fits",
    "parameters_used",
    "top_level_code",
    "names",
    "words_used",
    "names_explained",
    "expected_written",
    "inputs_written",
    "guards",
];

pub(super) fn of(
    state: &State<'_>,
    statement: &[String],
    pieces: &[Piece<'_>],
) -> [f32; NAMES.len()] {
    let source = beginning(&state.outcome.program.source);
    let name = |wanted: &[&str]| {
        let is = |p: &&Piece<'_>| matches!(p, Piece::Name(n) if wanted.contains(n));
        pieces.iter().filter(is).count() as f64
    };
    let sign = |wanted: &[&str]| {
        let is = |p: &&Piece<'_>| matches!(p, Piece::Sign(s) if wanted.contains(s));
        pieces.iter().filter(is).count() as f64
    };
    let kind = |is: fn(&Piece<'_>) -> bool| pieces.iter().filter(|p| is(p)).count() as f64;
    let follows = |first: fn(&Piece<'_>) -> bool, second: fn(&Piece<'_>) -> bool| {
        let pairs = pieces.windows(2);
        pairs.filter(|w| first(&w[0]) && second(&w[1])).count() as f64
    };
    let starts = |wanted: &[&str], nested: bool| {
        let is = |w: &&[Piece<'_>]| match w {
            [Piece::Line(width), Piece::Name(n)] => wanted.contains(n) && (nested || *width == 0),
            _ => false,
        };
        pieces.windows(2).filter(is).count() as f64
    };
    let lines: Vec<&str> = (source.lines().map(str::trim))
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .collect();
    let distinct: HashSet<&str> = lines.iter().copied().collect();
    let depth = (pieces.iter()).filter_map(|p| match p {
        Piece::Line(width) => Some(*width),
        _ => None,
    });
    let opened = sign(&["(", "[", "{"]);
    let closed = sign(&[")", "]", "}"]);
    let last = pieces.iter().rev().find(|p| **p != Piece::Comment);
    let for_all = name(&["for"]);
    let headed = starts(&["for"], true);
    let top = starts(&[], false).max(
        kind(|p| *p == Piece::Line(0))
            - starts(&["def", "class", "import", "from", "async"], false)
            - follows(
                |p| *p == Piece::Line(0),
                |p| matches!(p, Piece::Long(_) | Piece::Sign("@")),
            ),
    );
    let fit = Fit::of(state, pieces);
    let names = name_words(pieces);
    let asked: HashSet<&String> = statement.iter().filter(|w| w.len() > 2).collect();
    let used = asked.iter().filter(|w| names.contains(**w)).count();
    let told: HashSet<&String> = names.iter().filter(|w| w.len() > 2).collect();
    let explained = told.iter().filter(|w| asked.contains(**w)).count();
    let (expected, inputs) = written(state, source, pieces);
    [
        scaled(lines.len() as f64, 200.0),
        scaled(pieces.len() as f64, 4000.0),
        scaled(
            lines.iter().map(|l| l.len()).max().unwrap_or(0) as f64,
            1000.0,
        ),
        scaled(depth.max().unwrap_or(0) as f64 / 4.0, 10.0),
        scaled(headed + starts(&["while"], true), 20.0),
        scaled(name(&["if", "elif"]), 40.0),
        scaled(name(&["return", "yield"]), 20.0),
        scaled(name(&["def"]), 10.0),
        scaled(name(&["except"]), 5.0),
        scaled(name(&["class"]), 5.0),
        scaled(starts(&["import", "from"], true), 10.0),
        scaled(for_all - headed, 10.0),
        scaled(name(&["lambda"]), 5.0),
        flag(fit.recursion),
        scaled(kind(|p| matches!(p, Piece::Number(_))), 100.0),
        scaled(kind(|p| matches!(p, Piece::Text(_))), 100.0),
        scaled(kind(|p| *p == Piece::Comment), 50.0),
        scaled(kind(|p| matches!(p, Piece::Long(_))), 5.0),
        scaled(
            follows(|p| matches!(p, Piece::Name(_)), |p| *p == Piece::Sign("[")),
            40.0,
        ),
        scaled(
            follows(|p| *p == Piece::Sign(":"), |p| *p == Piece::Sign("]"))
                + follows(|p| *p == Piece::Sign("["), |p| *p == Piece::Sign(":")),
            10.0,
        ),
        scaled(sign(&["==", "!=", "<", ">", "<=", ">="]), 40.0),
        scaled(name(&["and", "or", "not"]), 20.0),
        scaled(
            name(&[
                "int", "str", "float", "list", "set", "tuple", "dict", "sorted",
            ]),
            20.0,
        ),
        scaled(name(&["print"]), 10.0),
        scaled(
            name(&["pass", "NotImplementedError", "TODO"]) + source.matches("...").count() as f64,
            5.0,
        ),
        1.0 - share(distinct.len(), lines.len().max(1)),
        scaled((opened - closed).abs(), 10.0),
        flag(matches!(
            last,
            Some(Piece::Sign(s)) if !matches!(*s, ")" | "]" | "}" | "." | ";")
        )),
        flag(fit.defined),
        flag(fit.arity),
        fit.parameters_used,
        scaled(top, 20.0),
        scaled(names.len() as f64, 100.0),
        share(used, asked.len()),
        share(explained, told.len()),
        expected,
        inputs,
        scaled(
            follows(|p| *p == Piece::Name("if"), |p| *p == Piece::Name("not"))
                + name(&["None", "isinstance", "len"]),
            20.0,
        ),
    ]
}

/// How the program fits the header that was asked for. What reads standard input fits if it reads it.
struct Fit {
    defined: bool,
    arity: bool,
    parameters_used: f32,
    recursion: bool,
}

impl Fit {
    fn of(state: &State<'_>, pieces: &[Piece<'_>]) -> Fit {
        let Some(signature) = state.chain.problem.interface.signature() else {
            let reads = |p: &Piece<'_>| matches!(p, Piece::Name("input" | "stdin"));
            let reads = pieces.iter().any(reads);
            return Fit {
                defined: reads,
                arity: reads,
                parameters_used: flag(reads),
                recursion: false,
            };
        };
        let named = |p: &Piece<'_>| matches!(p, Piece::Name(n) if *n == signature.name);
        let header = (pieces.windows(2))
            .position(|w| w[0] == Piece::Name("def") && named(&w[1]))
            .map(|at| &pieces[at + 2..]);
        let Some(rest) = header else {
            return Fit {
                defined: false,
                arity: false,
                parameters_used: 0.0,
                recursion: false,
            };
        };
        let (parameters, body) = parameters(rest);
        let used = |wanted: &&str| body.contains(&Piece::Name(wanted));
        Fit {
            defined: true,
            arity: parameters.len() == signature.parameters.len(),
            parameters_used: match parameters.len() {
                0 => 1.0,
                n => share(parameters.iter().filter(|p| used(p)).count(), n),
            },
            recursion: body.iter().any(named),
        }
    }
}

/// The names of a header's parameters, and what comes after its brackets.
fn parameters<'p, 't>(pieces: &'p [Piece<'t>]) -> (Vec<&'t str>, &'p [Piece<'t>]) {
    let mut names = Vec::new();
    let (mut open, mut expected) = (0_usize, true);
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Sign("(" | "[" | "{") => open += 1,
            Piece::Sign(")" | "]" | "}") => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return (names, &pieces[i + 1..]);
                }
            }
            Piece::Sign(",") if open == 1 => expected = true,
            Piece::Name(name) if open == 1 && expected => {
                names.push(*name);
                expected = false;
            }
            _ => {}
        }
    }
    (names, &[])
}

/// The shares of visible tests whose expected result, or one of whose arguments, stands in the program
/// as it is: a sign that they were written down and not worked out. Short ones can be there by chance
/// and do not count, nor do those in a docstring, where examples stand.
fn written(state: &State<'_>, source: &str, pieces: &[Piece<'_>]) -> (f32, f32) {
    const TESTS: usize = 16;
    const WEIGHT: usize = 64;
    const SHORT: usize = 4;
    let quoted = |text: &str| -> usize {
        let count = |piece: &Piece<'_>| match piece {
            Piece::Long(quoted) => quoted.matches(text).count(),
            _ => 0,
        };
        pieces.iter().map(count).sum()
    };
    let there = |value: &Value| {
        value.weight() <= WEIGHT && {
            let text = value.to_string();
            text.len() >= SHORT
                && !matches!(word(&text).as_str(), "true" | "false" | "none")
                && source.matches(&text).count() > quoted(&text)
        }
    };
    let tests = &state.chain.problem.tests;
    let tests = &tests[..tests.len().min(TESTS)];
    let count =
        |is: &dyn Fn(&Test) -> bool| share(tests.iter().filter(|t| is(t)).count(), tests.len());
    (
        count(&|t| matches!(t, Test::Call { expected: Some(v), .. } if there(v))),
        count(&|t| matches!(t, Test::Call { args, .. } if args.iter().any(there))),
    )
}
