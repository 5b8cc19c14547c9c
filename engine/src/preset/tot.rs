//! Tree of Thoughts.

use super::{Preset, published};
use crate::{Breadth, Reviewed, Rule, SearchConfig};

/// Breadth first, with a beam.
pub(super) const TOT: Preset = Preset {
    name: "tot",
    summary: "thoughts level by level; the model scores all of a level and the best five are gone on from",
    source: "Yao et al. 2023, \"Tree of Thoughts: Deliberate Problem Solving with Large Language Models\" \
             (arXiv 2305.10601), algorithm 1; code: princeton-nlp/tree-of-thought-llm",
    parameters: "b = 5 states kept, k = 5 thoughts at a state, 3 steps: 5 + 25 + 25 evaluations",
    differences: &[
        "a state is scored with a program of it at hand, which is run: the paper's are scored as they are",
        "one score a state; the paper samples three and adds them up",
        "ends when a program passes the visible tests and is accepted",
    ],
    config: || SearchConfig {
        rule: Rule::Breadth(Breadth::default()),
        beam: 5,
        width: 5,
        depth: 3,
        review: Reviewed::Always,
        value_weight: 1.0,
        ..published(55)
    },
};
