//! LATS.

use super::{Preset, published};
use crate::{Acceptance, Backup, Reviewed, Rule, SearchConfig, Thinking, Uct};

/// As for HumanEval.
pub(super) const LATS: Preset = Preset {
    name: "lats",
    summary: "UCT over programs: a first one, and below each that fails five more by what was thought of it; \
              the signal is tests of the model's own",
    source: "Zhou et al. 2023, \"Language Agent Tree Search Unifies Reasoning, Acting and Planning in \
             Language Models\" (arXiv 2310.04406); code: lapisrocks/LanguageAgentTreeSearch, programming/mcts.py",
    parameters: "8 iterations of 5 programs each and the first one (41), w = 1, mean as backup, 4 generated \
                 tests (mcts.py)",
    differences: &[
        "hidden tests are not run: the code adds their verdict to the reward and stops by it",
        "visible tests count as much as generated ones, which are wrong about one time in nine; a program \
         must pass both to be accepted",
        "a simulation evaluates one program, and the next may go elsewhere; an iteration of the code \
         evaluates five siblings, and evaluates each again with every new one",
        "each program has a thought of its own; the code's five share one reflection",
        "the answer is the best of all programs; the code takes a child of the root with the largest sum \
         of rewards",
    ],
    config: || SearchConfig {
        rule: Rule::Uct(Uct {
            c: 1.0,
            ..Uct::default()
        }),
        backup: Backup::mean(),
        thinking: Thinking::BelowFirst,
        width: 5,
        depth: 9,
        review: Reviewed::Never,
        advisory: 4,
        advisory_weight: 0.5,
        accept: Acceptance::Advisory,
        go_on: true,
        ..published(41)
    },
};
