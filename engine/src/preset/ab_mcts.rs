//! AB-MCTS.

use super::{Preset, published};
use crate::{Arms, Backup, Reviewed, Rule, SearchConfig, Thinking, Thompson};

/// With node aggregation.
pub(super) const AB_MCTS: Preset = Preset {
    name: "ab-mcts",
    summary: "at every node Thompson sampling decides between a new program and going on from one that \
              there is, which is repaired",
    source: "Inoue et al. 2025, \"Wider or Deeper? Scaling LLM Inference-Time Compute with Adaptive Branching \
             Tree Search\" (arXiv 2503.04412), AB-MCTS-A; code: SakanaAI/treequest",
    parameters: "128 programs (paper), Beta posteriors with Jeffreys' prior (0.5, 0.5) (prob_state.py)",
    differences: &[
        "the Beta variant, whose prior needs no tuning; TreeQuest's default is Gaussian",
        "what is known of a new program is the mean below each sibling, once; the paper counts each \
         sibling's own score",
        "a program that passes the visible tests ends the search",
    ],
    config: || SearchConfig {
        rule: Rule::Thompson(Thompson {
            prior_alpha: 0.5,
            prior_beta: 0.5,
            arms: Arms::WiderOrDeeper,
            ..Thompson::default()
        }),
        backup: Backup::mean(),
        thinking: Thinking::Nowhere,
        // In reserve: a child is made only when it is chosen.
        width: 128,
        depth: 128,
        review: Reviewed::Never,
        ..published(128)
    },
};
