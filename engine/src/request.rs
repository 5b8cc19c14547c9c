//! What a [`Policy`](crate::Policy) is asked.

use std::sync::Arc;

use crate::{Feedback, Meter, Problem, Program, Report, Thought};

/// A line of thought: the problem and the thoughts from the root to a node.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// The thoughts so far, first to last.
    pub thoughts: &'a [Thought],
    /// Differs from node to node and run seed to run seed, and from one attempt to the next where
    /// there was no usable answer before; depends on nothing else.
    pub seed: u64,
    /// The program of the node above and what came of it, so that a thought can repair or improve
    /// it; `None` where the last thought is the first one, or the one above has no program.
    pub above: Option<Attempt<'a>>,
    /// Where calls are asked for and accounted.
    pub meter: &'a Meter,
}

impl<'a> Chain<'a> {
    /// A chain without a program above it.
    pub fn new(problem: &'a Problem, thoughts: &'a [Thought], seed: u64, meter: &'a Meter) -> Self {
        Chain {
            problem,
            thoughts,
            seed,
            above: None,
            meter,
        }
    }
}

/// A request for thoughts.
#[derive(Clone, Copy, Debug)]
pub struct Propose<'a> {
    /// What was thought so far.
    pub chain: Chain<'a>,
    /// What came of the program of this chain, unless the chain is empty.
    pub outcome: Option<Attempt<'a>>,
    /// Thoughts already offered at this node, when it is widened.
    pub siblings: &'a [Thought],
    /// How many thoughts are wanted at the most.
    pub width: usize,
}

/// A request for a program.
#[derive(Clone, Copy, Debug)]
pub struct Implement<'a> {
    /// The chain to write down.
    pub chain: Chain<'a>,
    /// Where the last thought is a rethought one: the program of the version before, and what came
    /// of it.
    pub failed: Option<Attempt<'a>>,
    /// Programs that this very request was answered with and that had been run before; another one
    /// is asked for. Mostly empty.
    pub tried: &'a [Arc<Program>],
}

impl<'a> From<Chain<'a>> for Implement<'a> {
    /// The first request for a chain.
    fn from(chain: Chain<'a>) -> Self {
        Implement {
            chain,
            failed: None,
            tried: &[],
        }
    }
}

/// A request to think again.
#[derive(Clone, Copy, Debug)]
pub struct Rethink<'a> {
    /// The chain that failed.
    pub chain: Chain<'a>,
    /// What came of its program.
    pub outcome: Attempt<'a>,
    /// What was put in the place of a thought here and is not in the chain, oldest first: earlier
    /// versions that failed, and later ones whose program turned out to have been run before.
    pub tried: &'a [Thought],
}

/// A request for an opinion on a program.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// The chain behind the program.
    pub chain: Chain<'a>,
    /// The program and its report.
    pub outcome: Attempt<'a>,
}

/// A program that was run, and what it showed.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its report on the visible tests.
    pub report: &'a Report,
    /// The report in words; empty when all passed.
    pub feedback: &'a Feedback,
}

/// A request for tests.
#[derive(Clone, Copy, Debug)]
pub struct DesignTests<'a> {
    /// The problem, with its visible tests, which are not wanted again.
    pub problem: &'a Problem,
    /// How many tests are wanted at the most.
    pub wanted: usize,
    /// As [`Chain::seed`].
    pub seed: u64,
    /// Where calls are asked for and accounted.
    pub meter: &'a Meter,
}

/// A request to choose between two programs.
#[derive(Clone, Copy, Debug)]
pub struct Compare<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// One program.
    pub first: Attempt<'a>,
    /// The other.
    pub second: Attempt<'a>,
    /// As [`Chain::seed`].
    pub seed: u64,
    /// Where calls are asked for and accounted.
    pub meter: &'a Meter,
}
