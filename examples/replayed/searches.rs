//! Searches on one ledger of draws.

use std::io::Write;
use std::sync::Arc;

use cogitree::{
    Budget, ConstantValue, FeedbackLevel, Preset, Problem, Program, Search, SearchConfig,
    StopReason, ValueModel,
};
use cogitree_policies::logs::{LogPolicy, Shown};

use super::{Args, Executor, Others, Pool, side_by_side};

/// What came of the searches on a problem, one for each shuffle.
#[derive(Default)]
struct Sums {
    searches: u64,
    right: u64,
    calls: u64,
    tokens: u64,
    asked: u64,
    missed: u64,
}

/// What the searches are run on.
struct Bench<'a> {
    shuffles: u64,
    pool: &'a Pool,
    problems: &'a [Problem],
    executor: &'a Executor,
}

/// Solve rate against calls, then against tokens.
pub(crate) fn table(
    args: &Args,
    pool: &Pool,
    problems: &[Problem],
    executor: &Executor,
    others: &Others,
) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "\n{}: {} problems × {} shuffles; solved in % ± standard error over problems (calls, tokens; \
         repairs that were not recorded); with a value model the gain in % ± its 95 % interval",
        pool.name,
        problems.len(),
        args.shuffles
    );
    let bench = Bench {
        shuffles: args.shuffles,
        pool,
        problems,
        executor,
    };
    let calls = args
        .calls
        .iter()
        .map(|&n| (format!("{n} calls"), Some(n), None));
    let tokens = args
        .tokens
        .iter()
        .map(|&n| (format!("{n} tokens"), None, Some(n)));
    for (name, calls, tokens) in calls.chain(tokens) {
        println!("{name}");
        for preset in &args.presets {
            let config = SearchConfig {
                budget: Budget {
                    simulations: 10_000,
                    calls,
                    tokens,
                    ..Budget::default()
                },
                // What the recorded repairs were shown is the log's; a trace would cost runs.
                feedback: FeedbackLevel::Diff,
                // One after another, so that no call is made that an earlier answer makes needless.
                in_flight: 1,
                threads: 1,
                ..Preset::named(preset)?.config()
            };
            let without = bench.run(&config, Arc::new(ConstantValue(0.0)))?;
            line(preset, &without, None)?;
            let Some(folds) = &others.folds else {
                continue;
            };
            for (name, config) in uses(&config) {
                let with = bench.run(&config, folds.clone())?;
                line(&format!("+ {name}"), &with, Some(&without))?;
            }
        }
    }
    Ok(())
}

/// What a value model may be used for, one by one and all together.
fn uses(config: &SearchConfig) -> Vec<(&'static str, SearchConfig)> {
    let with = |change: fn(&mut SearchConfig)| {
        let mut config = SearchConfig {
            value_weight: 0.0,
            ..config.clone()
        };
        change(&mut config);
        config
    };
    vec![
        // What a reward is without a value, to see the other uses alone.
        ("no weight", with(|_| ())),
        ("reward", with(|c| c.value_weight = 0.5)),
        ("rethink gate", with(|c| c.rethink_above = 0.05)),
        ("abandon", with(|c| c.abandon_below = 0.02)),
        ("answer", with(|c| c.trust = 0.5)),
        (
            "all but answer",
            with(|c| {
                c.value_weight = 0.5;
                c.rethink_above = 0.05;
                c.abandon_below = 0.02;
            }),
        ),
        (
            "all",
            with(|c| {
                c.value_weight = 0.5;
                c.rethink_above = 0.05;
                c.abandon_below = 0.02;
                c.trust = 0.5;
            }),
        ),
    ]
}

impl Bench<'_> {
    /// Searches on every problem, once for each shuffle.
    fn run(&self, config: &SearchConfig, value: Arc<dyn ValueModel>) -> Result<Vec<Sums>, String> {
        let each = |problem: &Problem| -> Result<Sums, String> {
            let mut sums = Sums::default();
            for shuffle in 0..self.shuffles {
                let log = LogPolicy::new(self.pool.log.clone(), shuffle);
                let policy = Arc::new(log.shown(Shown::Trace));
                let outcome = Search::new(problem.clone(), policy.clone(), self.executor.clone())
                    .config(config.clone())
                    .value_model(value.clone())
                    .run()
                    .map_err(|e| e.to_string())?;
                if let StopReason::Failed(why) = &outcome.stop {
                    return Err(format!("{}: {why}", problem.id));
                }
                let right = |p: &Program| self.pool.labels.is_right(&problem.id, p) == Some(true);
                sums.searches += 1;
                sums.right += u64::from(outcome.answer.is_some_and(|a| right(&a.program)));
                sums.calls += outcome.cost.usage.calls;
                sums.tokens += outcome.cost.usage.tokens();
                let missed = policy.missed();
                sums.asked += missed.repairs;
                sums.missed += missed.no_record + missed.exhausted;
            }
            Ok(sums)
        };
        side_by_side(self.problems, each)
    }
}

impl Sums {
    /// The share of searches that solve the problem.
    fn rate(&self) -> f64 {
        self.right as f64 / self.searches.max(1) as f64
    }
}

/// Prints what came of the searches, and how much more that is than without a value model, problem by
/// problem.
fn line(name: &str, sums: &[Sums], without: Option<&[Sums]>) -> std::io::Result<()> {
    let rates: Vec<f64> = sums.iter().map(Sums::rate).collect();
    let (mean, error) = mean_and_error(&rates);
    let total = |of: fn(&Sums) -> u64| sums.iter().map(of).sum::<u64>() as f64;
    let per_search = |of: fn(&Sums) -> u64| total(of) / total(|s| s.searches).max(1.0);
    let over = without.map_or(String::new(), |without| {
        let gains: Vec<f64> = (rates.iter().zip(without))
            .map(|(rate, without)| rate - without.rate())
            .collect();
        let (gain, error) = mean_and_error(&gains);
        format!("  {:+.1} ± {:.1}", 100.0 * gain, 196.0 * error)
    });
    println!(
        "  {name:16}  {:5.1} ± {:3.1}  ({:5.1}, {:6.0}; {:3.0} % of {:.1}){over}",
        100.0 * mean,
        100.0 * error,
        per_search(|s| s.calls),
        per_search(|s| s.tokens),
        100.0 * total(|s| s.missed) / total(|s| s.asked).max(1.0),
        per_search(|s| s.asked)
    );
    std::io::stdout().flush()
}

/// The mean and its standard error.
pub(crate) fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}
