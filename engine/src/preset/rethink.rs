//! RethinkMCTS.

use super::{Preset, published};
use crate::{Backup, FeedbackLevel, Keep, PUcb, Rule, SearchConfig, Valued};

const SOURCE: &str = "Li et al. 2024, \"RethinkMCTS: Refining Erroneous Thoughts in Monte Carlo Tree \
                      Search for Code Generation\" (arXiv 2409.09584); code: SIMONLQY/RethinkMCTS";

/// As the paper describes it.
pub(super) const RETHINK: Preset = Preset {
    name: "rethink",
    summary: "P-UCB over thoughts; a thought whose program fails is rethought once, with block-level \
              feedback, and the better version stands",
    source: SOURCE,
    parameters: "16 rollouts, 3 thoughts at a node, c = 4, c_base = 10, maximum as backup with γ = 0.9, \
                 one rethink, reward 0.8 + 0.2 · evaluation for what passes and else the share of tests \
                 passed (the defaults of run.py)",
    differences: &[
        "the rethought version replaces the old one only if it scores at least as well: the paper's aim \
         is a better thought, and its code overwrites it even by a worse one",
        "ends when a program passes and the policy accepts it, in place of always making 16 rollouts",
        "while N = 1 the bonus of P-UCB is 0 for every child: the prior decides, not the order in which \
         they were listed",
        "a leaf's own value is not discounted; the code discounts it once as well, which scales all \
         values by γ against the exploration",
        "the evaluation of what passes is a score in [0, 1]; the code asks for one in [−1, 1]",
        "a program that was run before, or a thought that was had before, is asked for again once",
    ],
    config: paper,
};

/// As its code does it.
pub(super) const RETHINK_RELEASED: Preset = Preset {
    name: "rethink-released",
    summary: "as `rethink`, with the last version of a thought built upon, even if it is worse, and no \
              end before the last rollout",
    source: SOURCE,
    parameters: "as `rethink`",
    differences: &[
        "nothing is built below a program that the policy accepts, and one that it does not accept may be \
         rethought by the reasons of its review; the code expands below it",
        "one bad proposal does not discard the others, and a crash or a time-out has its feedback, which \
         are faults of the code and not of its search",
        "ties at N = 1, the leaf's discount and the range of the evaluation as in `rethink`",
    ],
    config: released,
};

fn paper() -> SearchConfig {
    SearchConfig {
        rule: Rule::PUcb(PUcb::default()),
        backup: Backup::max().discounted(0.9),
        width: 3,
        depth: 16,
        rethinks: 1,
        value_weight: 0.2,
        valued: Valued::Passing,
        feedback: FeedbackLevel::Trace,
        ..published(16)
    }
}

fn released() -> SearchConfig {
    SearchConfig {
        keep: Keep::Latest,
        again: 0,
        go_on: true,
        stop_when_solved: false,
        ..paper()
    }
}
