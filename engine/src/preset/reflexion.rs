//! Reflexion.

use super::{Preset, published};
use crate::{Acceptance, Depth, Reviewed, Rule, SearchConfig, Thinking};

/// One chain of attempts.
pub(super) const REFLEXION: Preset = Preset {
    name: "reflexion",
    summary: "one chain: a program, what the model thinks went wrong by tests of its own, the next program",
    source: "Shinn et al. 2023, \"Reflexion: Language Agents with Verbal Reinforcement Learning\" \
             (arXiv 2303.11366), section 4.3; code: noahshinn/reflexion, programming_runs/reflexion.py",
    parameters: "5 programs (run_reflexion.sh), up to 6 generated tests (paper)",
    differences: &[
        "hidden tests are not run in the loop",
        "a program must pass the visible tests as well as the generated ones to end the chain",
        "the answer is the best of all programs, not the last",
    ],
    config: || SearchConfig {
        rule: Rule::Depth(Depth::default()),
        thinking: Thinking::BelowFirst,
        width: 1,
        depth: 5,
        review: Reviewed::Never,
        advisory: 6,
        accept: Acceptance::Advisory,
        go_on: true,
        ..published(5)
    },
};
