//! CodeTree, with its critic and without.

use super::{Preset, published};
use crate::{BestFirst, Breadth, Depth, Reviewed, Rule, SearchConfig};

const SOURCE: &str = "Li et al. 2024, \"CodeTree: Agent-guided Tree Search for Code Generation with Large \
                      Language Models\" (arXiv 2411.04329); code: SalesforceAIResearch/CodeTree";

/// Guided by the critic.
pub(super) const CODETREE: Preset = Preset {
    name: "codetree",
    summary: "strategies, each written down and then debugged depth first; a critic scores every \
              program, drops poor branches, and verifies what passes",
    source: SOURCE,
    parameters: "20 programs, 3 levels, up to 10 strategies or fixes at a node (llm_agent_guide.py); a \
                 node's score is share passed + critic/15, which is 3 : 1",
    differences: &[
        "the answer is the best of all programs; the code takes the latest that failed",
        "the critic says itself what to drop (`abandon`); the code compares its score with the parent's",
        "a program that passes and is not accepted at the last level is not accepted because its parent \
         passed as well",
        "siblings are gone through by their priors, then as listed; the code has no priors",
    ],
    config: || SearchConfig {
        rule: Rule::Depth(Depth::default()),
        width: 10,
        depth: 3,
        review: Reviewed::Always,
        go_on: true,
        value_weight: 0.25,
        ..published(20)
    },
};

/// Level by level.
pub(super) const CODETREE_BFS: Preset = Preset {
    name: "codetree-bfs",
    summary: "CodeTree without its critic, level by level: what fails is fixed in the order of levels",
    source: SOURCE,
    parameters: "20 programs, 3 strategies or fixes at a node, fixes 3 levels deep (bfs.py)",
    differences: &[
        "the nodes of a level are expanded in turns, one fix of each, likelier ones first; the code makes \
         all fixes of the best node first",
        "the answer is the best of all programs",
    ],
    config: || SearchConfig {
        rule: Rule::Breadth(Breadth::default()),
        ..without_critic()
    },
};

/// Below the best child first.
pub(super) const CODETREE_DFS: Preset = Preset {
    name: "codetree-dfs",
    summary: "CodeTree without its critic: all fixes of a program are tried, then those of the best of them",
    source: SOURCE,
    parameters: "20 programs, 3 strategies or fixes at a node, fixes 3 levels deep (dfs_real.py)",
    differences: &[
        "its order is `best_first` with the maximum as backup: the best of the siblings first, the next \
         when nothing is left below it, as the code's sorted stack does",
        "the answer is the best of all programs",
    ],
    config: || SearchConfig {
        rule: Rule::BestFirst(BestFirst::default()),
        ..without_critic()
    },
};

fn without_critic() -> SearchConfig {
    SearchConfig {
        width: 3,
        depth: 4,
        review: Reviewed::Never,
        ..published(20)
    }
}
