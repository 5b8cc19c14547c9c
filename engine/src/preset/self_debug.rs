//! Self-debugging.

use super::{Preset, published};
use crate::{Depth, FeedbackLevel, Reviewed, Rule, SearchConfig, Thinking};

/// One chain of repairs.
pub(super) const SELF_DEBUG: Preset = Preset {
    name: "self-debug",
    summary: "one chain: a program, and repairs of it by what the visible tests show",
    source: "Chen et al. 2023, \"Teaching Large Language Models to Self-Debug\" (arXiv 2304.05128), \
             feedback from unit tests",
    parameters: "a program and up to 10 turns of debugging (paper)",
    differences: &[
        "feedback names the difference, or the error with its line, of the most relevant failing test",
        "the answer is the best of all programs, not the last",
    ],
    config: || SearchConfig {
        rule: Rule::Depth(Depth::default()),
        thinking: Thinking::Nowhere,
        width: 1,
        depth: 11,
        review: Reviewed::Never,
        feedback: FeedbackLevel::Diff,
        ..published(11)
    },
};
