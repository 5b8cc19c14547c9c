//! Ours.

use super::Preset;
use crate::{Budget, SearchConfig};

/// Monte Carlo tree search over thoughts, for a language model.
pub(super) const COGITREE: Preset = Preset {
    name: "cogitree",
    summary: "P-UCB over thoughts, each rethought once when its program fails and kept only when better; \
              what passes is reviewed, and candidates that behave alike vote together",
    source: "this project, DESIGN.md sections 1 and 5",
    parameters: "4 thoughts at a node and 3 levels, since wider and shallower beats deeper (CodeTree, \
                 section 4); c = 4, c_base = 10 and the maximum as backup (RethinkMCTS); 8 in \
                 flight, growing with the search",
    differences: &[
        "the embedded policy, whose thoughts cost nothing, is searched with `SearchConfig::default()`: \
         24 thoughts at a node and 6 levels",
        "`cogitree solve` adds the trained value model, which decides what is worth a rethink \
         (`rethink_above` 0.05, `abandon_below` 0.02); with a constant one that would forbid them all",
    ],
    config,
};

fn config() -> SearchConfig {
    SearchConfig {
        budget: Budget {
            simulations: 64,
            ..Budget::default()
        },
        ramp: true,
        width: 4,
        attempts: 3,
        depth: 3,
        rethinks: 1,
        go_on: true,
        patience: 16,
        ..SearchConfig::default()
    }
}
