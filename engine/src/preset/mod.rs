//! Presets: the published searches, each as a configuration of the one engine.
//!
//! A preset is nothing but a [`SearchConfig`]: whatever it needs is an option that any configuration
//! may take. `docs/presets.md` has all of them beside each other. Every one gives the best program
//! that it has seen, by the answer order of the engine, and none sees hidden tests.

mod ab_mcts;
mod codetree;
mod cogitree;
mod lats;
mod reflexion;
mod rethink;
mod sampling;
mod self_debug;
mod swe_search;
mod tot;

use thiserror::Error;

use crate::{Budget, SearchConfig};

/// A published search as a configuration.
///
/// ```
/// use cogitree_engine::Preset;
/// let preset = Preset::named("rethink").unwrap();
/// assert_eq!(preset.config().budget.simulations, 16);
/// assert!(Preset::all().iter().any(|p| p.name == "codetree"));
/// let error = Preset::named("retink").unwrap_err();
/// assert!(error.to_string().contains("did you mean `rethink`?"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// Its hyper-parameters, and whose they are.
    pub parameters: &'static str,
    /// Where it differs from the published code, and why.
    pub differences: &'static [&'static str],
    config: fn() -> SearchConfig,
}

impl Preset {
    /// All of them: our own first, then searches of trees, then chains, then plain sampling.
    pub fn all() -> &'static [Preset] {
        static ALL: [Preset; 14] = [
            cogitree::COGITREE,
            rethink::RETHINK,
            rethink::RETHINK_RELEASED,
            codetree::CODETREE,
            codetree::CODETREE_BFS,
            codetree::CODETREE_DFS,
            swe_search::SWE_SEARCH,
            lats::LATS,
            tot::TOT,
            ab_mcts::AB_MCTS,
            reflexion::REFLEXION,
            self_debug::SELF_DEBUG,
            sampling::BEST_OF_N,
            sampling::RESAMPLE,
        ];
        &ALL
    }

    /// The preset of this name.
    ///
    /// # Errors
    /// There is none; with the names that there are.
    pub fn named(name: &str) -> Result<&'static Preset, UnknownPreset> {
        let found = Preset::all().iter().find(|preset| preset.name == name);
        found.ok_or_else(|| UnknownPreset {
            name: name.to_owned(),
        })
    }

    /// Its configuration.
    pub fn config(&self) -> SearchConfig {
        (self.config)()
    }
}

/// A name that no preset has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no preset {name:?}{}; the presets are {}", nearest(.name), names())]
pub struct UnknownPreset {
    /// The name.
    pub name: String,
}

fn names() -> String {
    let names: Vec<&str> = Preset::all().iter().map(|preset| preset.name).collect();
    names.join(", ")
}

fn nearest(name: &str) -> String {
    let near = |preset: &Preset| (strsim::damerau_levenshtein(name, preset.name), preset.name);
    let nearest = Preset::all().iter().map(near).min();
    nearest
        .filter(|(changes, known)| *changes <= known.len().max(3) / 2)
        .map_or_else(String::new, |(_, known)| {
            format!("; did you mean `{known}`?")
        })
}

/// What published searches have in common and ours has not: one simulation at a time, no rethinking, no
/// value model, and neither patience nor agreement.
fn published(simulations: u64) -> SearchConfig {
    SearchConfig {
        budget: Budget {
            simulations,
            ..Budget::default()
        },
        in_flight: 1,
        rethinks: 0,
        value_weight: 0.0,
        patience: 0,
        agreement: 0,
        ..SearchConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_preset_makes_sense_and_can_be_changed() {
        let mut names = BTreeSet::new();
        for preset in Preset::all() {
            let config = preset.config();
            config.validate().unwrap();
            assert!(names.insert(preset.name), "{} twice", preset.name);
            let file = serde_json::to_value(&config).unwrap();
            assert_eq!(SearchConfig::default().overlaid(&file).unwrap(), config);
            assert!(!preset.source.is_empty() && !preset.parameters.is_empty());
        }
    }
}
