//! Who thinks: the [`Policy`] trait.

use std::sync::Arc;

use crate::{
    Chain, Compare, DesignTests, Implement, Opinion, PolicyError, Preference, Program, Proposal,
    Propose, Refined, Rehearsal, Rethink, Review, Test, Thought,
};

/// Thinks: offers thoughts, turns a chain of thoughts into a program, and thinks again when
/// the program failed.
///
/// One policy serves all simulations of a search at once, from many threads. For a run to be
/// reproducible an answer must depend on the request alone: take randomness from
/// [`Chain::seed`], never from time or from the order of calls. A policy whose calls cost something
/// asks [`Chain::meter`] before each.
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
///     fn implement(&self, _: &Implement<'_>) -> Result<Program, PolicyError> {
///         Ok(Program::new("def f(x):\n    return 2 * x\n"))
///     }
/// }
/// ```
pub trait Policy: Send + Sync {
    /// Offers up to `ask.width` thoughts that could follow the chain, each with a prior,
    /// best first. An empty list says that nothing follows: the node is a dead end.
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError>;

    /// Turns a chain of at least one thought into a program. `Err` with
    /// [`PolicyError::Unusable`] says that this chain cannot be turned into one, or into no other
    /// than those already [`tried`](Implement::tried).
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError>;

    /// Refines the last thought of a chain whose program failed, or gives up (`None`).
    /// The default gives up.
    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let _ = ask;
        Ok(None)
    }

    /// Refines the thought of a failed chain that the feedback blames, whichever it is, or gives up
    /// (`None`). Asked in place of [`rethink`](Policy::rethink) where the search is configured to
    /// ([`Target::Blamed`](crate::Target::Blamed)). The default blames the last thought.
    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let last = ask.chain.thoughts.len().saturating_sub(1);
        let better = self.rethink(ask)?;
        Ok(better.map(|thought| Refined { at: last, thought }))
    }

    /// Judges a program: one that passed all visible tests, or any where the search is configured to
    /// ask. `None` where the policy has no opinion. The default has none.
    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let _ = ask;
        Ok(None)
    }

    /// Walks a chain of at least one thought through an example before it is written down, and says
    /// whether it holds. The default does not (`None`).
    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        let _ = chain;
        Ok(None)
    }

    /// Writes tests of its own, with what it thinks is expected. They advise and decide nothing alone:
    /// about one in nine is wrong. The default writes none.
    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        let _ = ask;
        Ok(Vec::new())
    }

    /// Says which of two programs is more likely right. The default has no opinion.
    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
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

impl<P: Policy + ?Sized> Policy for Arc<P> {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        (**self).propose(ask)
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        (**self).implement(ask)
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        (**self).rethink(ask)
    }

    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        (**self).refine(ask)
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        (**self).review(ask)
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        (**self).rehearse(chain)
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        (**self).design_tests(ask)
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        (**self).compare(ask)
    }

    fn is_cpu_bound(&self) -> bool {
        (**self).is_cpu_bound()
    }
}
