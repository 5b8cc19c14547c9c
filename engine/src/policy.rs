//! Who thinks: the [`Policy`] trait and what it is asked.

use serde::{Deserialize, Serialize};

use crate::{Feedback, PolicyError, Problem, Program, Proposal, Report, Thought};

/// Thinks: offers thoughts, turns a chain of thoughts into a program, and thinks again when
/// the program failed.
///
/// One policy serves all simulations of a search at once, from many threads. For a run to be
/// reproducible an answer must depend on the request alone: take randomness from
/// [`Chain::seed`], never from time or from the order of calls.
///
/// Only [`propose`](Policy::propose) and [`implement`](Policy::implement) are required.
///
/// ```
/// use cogitree_engine::*;
///
/// /// Thinks one thought and writes it down.
/// struct Doubler;
/// impl Policy for Doubler {
///     fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
///         let done = !ask.chain.thoughts.is_empty();
///         Ok(if done { vec![] } else {
///             vec![Proposal { thought: Thought::new("Double the number."), prior: 1.0 }]
///         })
///     }
///     fn implement(&self, _: &Chain<'_>) -> Result<Program, PolicyError> {
///         Ok(Program::new("def f(x):\n    return 2 * x\n"))
///     }
/// }
/// ```
pub trait Policy: Send + Sync {
    /// Offers up to `ask.width` thoughts that could follow the chain, each with a prior,
    /// best first. An empty list says that nothing follows: the node is a dead end.
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError>;

    /// Turns a chain of at least one thought into a program. `Err` with
    /// [`PolicyError::Unusable`] says that this chain cannot be turned into one.
    fn implement(&self, chain: &Chain<'_>) -> Result<Program, PolicyError>;

    /// Refines the last thought of a chain whose program failed, or gives up (`None`).
    /// The default gives up.
    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let _ = ask;
        Ok(None)
    }

    /// Judges a program that passed all visible tests; `None` where the policy has no
    /// opinion. The default has none.
    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let _ = ask;
        Ok(None)
    }

    /// True where the policy's time is spent computing on this machine, so that running
    /// more of its calls at once than there are cores gains nothing. Default true; a policy
    /// that waits for a server says false.
    fn is_cpu_bound(&self) -> bool {
        true
    }
}

/// A line of thought: the problem and the thoughts from the root to a node.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// The thoughts so far, first to last.
    pub thoughts: &'a [Thought],
    /// Differs from node to node and run seed to run seed, and depends on nothing else.
    pub seed: u64,
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

/// A request to think again.
#[derive(Clone, Copy, Debug)]
pub struct Rethink<'a> {
    /// The chain whose last thought failed.
    pub chain: Chain<'a>,
    /// What came of its program.
    pub outcome: Attempt<'a>,
    /// The other versions of the last thought tried here, oldest first: earlier ones that failed,
    /// and later ones whose program turned out to have been run before.
    pub tried: &'a [Thought],
}

/// A request for an opinion on a program that passed all visible tests.
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

/// A policy's opinion of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Probability that the program is right, in [0, 1].
    pub score: f64,
    /// Whether the search may stop here.
    pub accept: bool,
    /// Why, in words.
    pub reason: String,
}
