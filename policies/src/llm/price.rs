//! What tokens cost.

use std::path::Path;

use globset::{Glob, GlobMatcher};
use serde::Deserialize;
use thiserror::Error;

use super::TokenUsage;

/// Picodollars (10⁻¹² US dollars) in a dollar. Prices are dollars for a million tokens, so one
/// token costs a whole number of these, and sums are exact.
pub const PICODOLLARS: u64 = 1_000_000_000_000;

/// The prices that come with the crate.
const BUILT_IN: &str = include_str!("prices.toml");

/// The price of one model's tokens, in picodollars for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// A token sent.
    pub prompt: u64,
    /// A token sent that the server had cached.
    pub cached: u64,
    /// A token received.
    pub completion: u64,
}

impl Price {
    /// What the counted tokens cost, in picodollars. A lower bound while the usage is not
    /// [complete](TokenUsage::is_complete).
    pub fn of(&self, usage: &TokenUsage) -> u64 {
        let cached = usage.cached.min(usage.prompt);
        [
            (usage.prompt - cached, self.prompt),
            (cached, self.cached),
            (usage.completion, self.completion),
        ]
        .into_iter()
        .fold(0, |sum: u64, (tokens, price)| {
            sum.saturating_add(tokens.saturating_mul(price))
        })
    }
}

/// Prices by the names of models.
///
/// ```
/// use cogitree_policies::llm::{PICODOLLARS, PriceTable, TokenUsage};
///
/// let table = PriceTable::built_in().with(
///     "prices.toml",
///     r#"
///     [[price]]
///     model = "my-model-*"
///     prompt = 0.15
///     completion = 0.60
///     "#,
/// )?;
/// let usage = TokenUsage { prompt: 1_000_000, completion: 500_000, ..TokenUsage::default() };
/// let price = table.price("my-model-7b").unwrap();
/// assert_eq!(price.of(&usage), PICODOLLARS * 45 / 100);
/// assert_eq!(table.price("unheard-of"), None, "unknown, not free");
/// # Ok::<(), cogitree_policies::llm::PriceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PriceTable {
    entries: Vec<(GlobMatcher, Price)>,
}

impl PriceTable {
    /// The prices that come with the crate: some well-known models.
    pub fn built_in() -> PriceTable {
        // That it can be read is tested; if not, every price is unknown.
        PriceTable {
            entries: read("prices.toml", BUILT_IN).unwrap_or_default(),
        }
    }

    /// Puts entries in TOML before those already there; `file` is their name in errors.
    ///
    /// # Errors
    /// When the text has another form, a price is negative or not a number, or a model's name
    /// is no pattern.
    pub fn with(mut self, file: &str, toml: &str) -> Result<PriceTable, PriceError> {
        let mut entries = read(file, toml)?;
        entries.append(&mut self.entries);
        Ok(PriceTable { entries })
    }

    /// As [`with`](PriceTable::with), from a file.
    ///
    /// # Errors
    /// Also when the file cannot be read.
    pub fn with_file(self, path: &Path) -> Result<PriceTable, PriceError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(toml) => self.with(&file, &toml),
            Err(error) => Err(PriceError {
                file,
                message: error.to_string(),
            }),
        }
    }

    /// The price of a model's tokens; `None` when it is not known.
    pub fn price(&self, model: &str) -> Option<Price> {
        self.entries
            .iter()
            .find(|(glob, _)| glob.is_match(model))
            .map(|(_, price)| *price)
    }
}

impl Default for PriceTable {
    fn default() -> PriceTable {
        PriceTable::built_in()
    }
}

/// A price table cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}: {message}")]
pub struct PriceError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    price: Vec<Row>,
}

/// Dollars for a million tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    model: String,
    prompt: f64,
    cached: Option<f64>,
    completion: f64,
}

fn read(file: &str, toml: &str) -> Result<Vec<(GlobMatcher, Price)>, PriceError> {
    let error = |message: String| PriceError {
        file: file.to_owned(),
        message,
    };
    let parsed: File = toml::from_str(toml).map_err(|e| error(e.to_string()))?;
    let entry = |row: Row| {
        let model = &row.model;
        let glob = Glob::new(model).map_err(|e| error(format!("model `{model}`: {e}")))?;
        let token = |name: &str, dollars: f64| {
            // A million dollars for a million tokens is more than any price, and far from
            // where whole numbers stop being exact.
            if (0.0..=1e6).contains(&dollars) {
                Ok((dollars * 1e6).round() as u64)
            } else {
                Err(error(format!(
                    "model `{model}`: `{name}` is {dollars}; give US dollars for a million \
                     tokens, from 0 to 1000000"
                )))
            }
        };
        let prompt = token("prompt", row.prompt)?;
        let cached = row
            .cached
            .map_or(Ok(prompt), |cached| token("cached", cached))?;
        let completion = token("completion", row.completion)?;
        Ok((
            glob.compile_matcher(),
            Price {
                prompt,
                cached,
                completion,
            },
        ))
    };
    parsed.price.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_prices_can_be_read_and_are_exact() {
        let entries = read("prices.toml", BUILT_IN).unwrap();
        assert!(!entries.is_empty());
        let mini = PriceTable::built_in()
            .price("gpt-4o-mini-2024-07-18")
            .unwrap();
        assert_eq!(
            mini,
            Price {
                prompt: 150_000,
                cached: 75_000,
                completion: 600_000
            }
        );
    }

    #[test]
    fn the_first_match_counts_and_the_users_entries_go_first() {
        let text = "[[price]]\nmodel = \"gpt-*\"\nprompt = 1\ncompletion = 2\n";
        let table = PriceTable::built_in().with("mine", text).unwrap();
        assert_eq!(table.price("gpt-4o-mini").unwrap().completion, 2_000_000);
        assert_eq!(table.price("openai/gpt-4o"), None);
        let text = "[[price]]\nmodel = \"*\"\nprompt = 0\ncompletion = 0\n";
        let free = PriceTable::built_in().with("mine", text).unwrap();
        assert_eq!(
            free.price("openai/any").unwrap().of(&TokenUsage::default()),
            0
        );
    }

    #[test]
    fn cached_tokens_are_a_part_of_the_prompt() {
        let price = Price {
            prompt: 10,
            cached: 1,
            completion: 100,
        };
        let usage = TokenUsage {
            prompt: 5,
            cached: 3,
            completion: 2,
            ..TokenUsage::default()
        };
        assert_eq!(price.of(&usage), 2 * 10 + 3 + 2 * 100);
        let hostile = TokenUsage {
            prompt: u64::MAX,
            completion: u64::MAX,
            ..usage
        };
        assert_eq!(price.of(&hostile), u64::MAX);
    }

    #[test]
    fn a_bad_table_is_told_with_its_file_and_field() {
        let told = |text: &str| match PriceTable::built_in().with("mine.toml", text) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let negative = told("[[price]]\nmodel = \"m\"\nprompt = -1\ncompletion = 0\n");
        assert!(
            negative.starts_with("mine.toml: model `m`: `prompt` is -1;"),
            "{negative}"
        );
        assert!(
            told("[[price]]\nmodel = \"m\"\nprompt = nan\ncompletion = 0\n").contains("prompt")
        );
        assert!(
            told("[[price]]\nmodel = \"[\"\nprompt = 1\ncompletion = 0\n").contains("model `[`")
        );
        assert!(told("[[price]]\nmodel = \"m\"\nprompt = 1\n").contains("completion"));
        assert!(told("[[prices]]\nmodel = \"m\"\n").contains("prices"));
    }
}
