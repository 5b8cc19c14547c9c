//! What a value model is shown of a state: hashed tokens and numbers.
//!
//! An [`Encoder`] is given a [`State`] and nothing else, and of it reads only what a search sees anew in
//! every problem: not the problem's id, not a policy's own encoding of a thought, no seed and no time. So
//! neither a hidden test nor where a record came from can reach a model.
//!
//! Every text is looked at up to its first 16 KiB and every list of tests up to its first
//! 64, so a state takes bounded time and room, whatever is in it.

mod chain;
mod lexer;
mod problem;
mod program;
mod results;
mod tokens;

use cogitree_engine::{Attempt, Chain, Feedback, Program, Report, State};

use lexer::code;

/// The version of the encoding. A model is for one version: any change to what tokens or numbers a state
/// is encoded as must change it.
pub const VERSION: u32 = 2;

const COUNT: usize =
    results::NAMES.len() + problem::NAMES.len() + program::NAMES.len() + chain::NAMES.len();

/// The names of the numbers of an [`Encoding`], in their order.
pub const FEATURES: [&str; COUNT] = {
    let groups: [&[&str]; 4] = [
        &results::NAMES,
        &problem::NAMES,
        &program::NAMES,
        &chain::NAMES,
    ];
    let mut names = [""; COUNT];
    let (mut group, mut at) = (0, 0);
    while group < groups.len() {
        let mut i = 0;
        while i < groups[group].len() {
            names[at] = groups[group][i];
            at += 1;
            i += 1;
        }
        group += 1;
    }
    names
};

/// The most tests of a report that are looked at.
const TESTS: usize = 64;

/// A state as a model takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// Hashed tokens, each in 1..buckets (0 is for padding); at least one.
    pub tokens: Vec<i64>,
    /// One number in [−1, 1] for each of [`FEATURES`].
    pub features: Vec<f32>,
}

/// Encodes states for a model with hashed tokens.
///
/// The tokens are the statement's words, those of them that the program's names have, the thoughts'
/// words (the last thought first), the feedback's, and then the pieces of the program without its
/// comments, at most `longest` together. A quarter of them is for the statement, an eighth each for
/// thoughts and feedback; the program has what they leave.
///
/// ```
/// use cogitree_engine::*;
/// use cogitree_policies::onnx::encode::{Encoder, FEATURES};
///
/// let problem = Problem {
///     id: "twice".into(),
///     statement: "Double a number.".into(),
///     interface: Interface::Function(Signature::new("twice", [Parameter::new("number")])),
///     tests: vec![],
///     checker: Checker::Exact,
///     limits: Limits::default(),
/// };
/// let thoughts = [Thought::new("Add the number to itself.")];
/// let meter = Meter::default();
/// let state = State {
///     chain: Chain::new(&problem, &thoughts, 0, &meter),
///     outcome: Attempt {
///         program: &Program::new("def twice(number):\n    return number + number\n"),
///         report: &Report { tests: vec![TestReport::new(Verdict::Passed)] },
///         feedback: &Feedback::default(),
///     },
/// };
/// let encoding = Encoder::hashed(8192, 512).encode(&state);
/// assert_eq!(encoding.features.len(), FEATURES.len());
/// assert!(encoding.tokens.iter().all(|id| (1..8192).contains(id)));
/// let passed = FEATURES.iter().position(|name| *name == "passed_share").unwrap();
/// assert_eq!(encoding.features[passed], 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    buckets: u32,
    longest: usize,
}

impl Encoder {
    /// Tokens in 1..`buckets` (at least 2), at most `longest` (at least 1) of them.
    pub fn hashed(buckets: u32, longest: usize) -> Encoder {
        Encoder {
            buckets: buckets.max(2),
            longest: longest.max(1),
        }
    }

    /// How many ids there are, that of padding included.
    pub fn buckets(&self) -> u32 {
        self.buckets
    }

    /// The most tokens of a state.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The encoding of a state.
    pub fn encode(&self, state: &State<'_>) -> Encoding {
        let pieces = code(&state.outcome.program.source);
        let statement = tokens::statement(state.chain.problem);
        let tokens = tokens::of(state, &statement, &pieces, self.buckets, self.longest);
        let mut features = Vec::with_capacity(COUNT);
        features.extend(results::of(state));
        features.extend(problem::of(state.chain.problem, &statement));
        features.extend(program::of(state, &statement, &pieces));
        features.extend(chain::of(state));
        for feature in &mut features {
            *feature = if feature.is_finite() {
                feature.clamp(-1.0, 1.0)
            } else {
                0.0
            };
        }
        Encoding { tokens, features }
    }

    /// The encoding of a chain whose last thought was offered and not written down yet: that of a state
    /// without a program, which the number `unwritten` tells.
    pub fn encode_chain(&self, chain: &Chain<'_>) -> Encoding {
        self.encode(&State {
            chain: *chain,
            outcome: Attempt {
                program: &Program::new(""),
                report: &Report::default(),
                feedback: &Feedback::default(),
            },
        })
    }
}

/// A count on the scale of its logarithm: 0 for nothing, 1 for `most` or more.
fn scaled(count: f64, most: f64) -> f32 {
    (count.max(0.0).ln_1p() / most.ln_1p()).min(1.0) as f32
}

/// One of two counts as a share of the other; 0 of nothing.
fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}
