//! SWE-Search.

use super::{Preset, published};
use crate::{Backup, Reviewed, Rule, SearchConfig, Uct};

/// With hindsight and a debate at the end.
pub(super) const SWE_SEARCH: Preset = Preset {
    name: "swe-search",
    summary: "UCT on the scores of a value agent, whose reasons are told to whoever goes on; at the end the \
              finalists are debated",
    source: "Antoniades et al. 2024, \"SWE-Search: Enhancing Software Agents with Monte Carlo Tree Search \
             and Iterative Refinement\" (arXiv 2410.20285), equation 3; code: aorwall/moatless-tree-search",
    parameters: "100 iterations and 3 expansions of a node (paper), 5 finalists; c = √2 is ours, for \
                 scores in [0, 1]",
    differences: &[
        "searches over thoughts about one program, not over an agent's actions in a repository",
        "UCT as in the paper: the code takes a node's own raw score from −100 to 100, to which an \
         exploration of weight 1 adds nothing that counts, and first follows one line to its end",
        "the bonus and the penalty for depth are left out: siblings have the same, so below a node they \
         decide nothing",
        "finalists that behave alike are one, and they are compared in pairs",
    ],
    config: || SearchConfig {
        rule: Rule::Uct(Uct::default()),
        backup: Backup::mean(),
        width: 3,
        depth: 20,
        review: Reviewed::Always,
        go_on: true,
        value_weight: 1.0,
        agreement: 16,
        compare: 5,
        ..published(100)
    },
};
