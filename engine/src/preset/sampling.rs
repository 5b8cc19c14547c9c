//! Plain sampling, the baseline beside which every search must be seen.

use super::{Preset, published};
use crate::{Breadth, Reviewed, Rule, SearchConfig, Thinking, Widening};

/// All programs are drawn, and then one is chosen.
pub(super) const BEST_OF_N: Preset = Preset {
    name: "best-of-n",
    summary: "programs drawn one by one, without a thought and without a look at each other; of those that \
              pass the visible tests the one that most others behave like",
    source: "Chen et al. 2021, \"Evaluating Large Language Models Trained on Code\" (arXiv 2107.03374); the \
             choice after Chen et al. 2022, \"CodeT\" (arXiv 2207.10397)",
    parameters: "16 programs, all of them compared on generated inputs",
    differences: &[
        "programs agree by what they do on inputs mutated from the visible ones; CodeT has a model write \
         tests",
    ],
    config: || SearchConfig {
        budget: published(16).budget,
        stop_when_solved: false,
        agreement: 100,
        ..draws()
    },
};

/// Until one passes.
pub(super) const RESAMPLE: Preset = Preset {
    name: "resample",
    summary: "programs drawn one by one until one passes the visible tests",
    source: "the baseline \"Resample\" of CodeTree (arXiv 2411.04329); code: resample_baseline.py",
    parameters: "20 programs (CodeTree)",
    differences: &["up to 7 more are drawn in the wave that finds it; `in_flight = 1` draws none"],
    config: draws,
};

fn draws() -> SearchConfig {
    SearchConfig {
        rule: Rule::Breadth(Breadth::default()),
        thinking: Thinking::Nowhere,
        // Another child of the root for every simulation.
        width: 1,
        widening: Some(Widening { c: 1.0, alpha: 1.0 }),
        depth: 1,
        review: Reviewed::Never,
        in_flight: 8,
        ..published(20)
    }
}
