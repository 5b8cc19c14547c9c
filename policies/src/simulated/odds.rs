//! What is likely in a simulated world.

use std::time::Duration;

/// The figures of a simulated world. The defaults lie between a weak and a strong model of the recorded
/// pools; where a figure was measured on them, it is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Odds {
    /// Mean of the problems' ease, on the logit scale. Default −1.5: with the spreads below a first
    /// program is right in about 32 % of cases (recorded: CodeGen-16B 21.5 %, chat models 72.4 %).
    pub ease: f64,
    /// Standard deviation of the ease. Default 2.5: some problems nearly always, some nearly never
    /// (recorded: of 100 draws any is right in 74.6 % of problems, though only 21.5 % of draws are).
    pub ease_spread: f64,
    /// Standard deviation of the quality of thoughts. Default 1.5.
    pub quality_spread: f64,
    /// Correlation of a prior with the quality, in [0, 1]. Default 0.5.
    pub prior_correlation: f64,
    /// Correlation of a thought's quality with that of the one before it, in [0, 1]. Default 0.7.
    pub inheritance: f64,
    /// What a thought gains from feedback on the failure that it answers: without any, from verdicts,
    /// from a difference, from a trace. Default 0, 0.2, 0.5, 0.7. That more feedback helps more is
    /// ConvCodeWorld's finding (Han et al. 2024); the amounts are assumed.
    pub gain: [f64; 4],
    /// Probability that a repair is the program that it was to repair. Default 0.4 (recorded: 33 to
    /// 47 % of refinements repeat an earlier program).
    pub repeat: f64,
    /// How many different mistakes a problem invites. The n-th is made 1/n as often as the first.
    /// Default 12.
    pub mistakes: u32,
    /// Share of the mistakes that show on few inputs. Default 0.12, by which a wrong program passes
    /// all of 3 visible tests in about 8 % of cases (recorded: 4 % of CodeGen's).
    pub subtle: f64,
    /// How many texts a program of one behaviour has. Default 3.
    pub spellings: u32,
    /// Visible tests of a problem. Default 3.
    pub visible: usize,
    /// Probability that a review accepts a right program. Default 0.85.
    pub sensitivity: f64,
    /// Probability that a review rejects a wrong program that passes the visible tests. Default 0.7.
    pub specificity: f64,
    /// Probability that a generated test expects something wrong. Default 0.11, as measured on logs.
    pub wrong_test: f64,
    /// Probability that a rehearsal or a comparison says what is so. Default 0.7.
    pub judgement: f64,
    /// What a call really waits, for measuring parallelism. Default nothing.
    pub latency: Duration,
}

impl Default for Odds {
    fn default() -> Self {
        Odds {
            ease: -1.5,
            ease_spread: 2.5,
            quality_spread: 1.5,
            prior_correlation: 0.5,
            inheritance: 0.7,
            gain: [0.0, 0.2, 0.5, 0.7],
            repeat: 0.4,
            mistakes: 12,
            subtle: 0.12,
            spellings: 3,
            visible: 3,
            sensitivity: 0.85,
            specificity: 0.7,
            wrong_test: 0.11,
            judgement: 0.7,
            latency: Duration::ZERO,
        }
    }
}
