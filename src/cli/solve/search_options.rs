//! The options of a search: each replaces a field of the configuration that it starts from.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use cogitree::{Money, Preset, Rule, Schedule, SearchConfig, Target};

use crate::cli::duration;
use crate::cli::failure::Failure;
use crate::cli::feedback_level::FeedbackName;
use crate::cli::problem_source::quoted;

/// What of the configuration is given on the command line.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SearchOptions {
    /// The search to begin with, such as rethink or codetree (see `cogitree presets`); the other
    /// options change it [default with a language model: cogitree]
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,

    /// Fields of the configuration to change, as TOML (see `cogitree schema`); the other options
    /// come after it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Seed of everything random, in programs too; the same seed gives the same answer in waves
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// CPU threads; 0 takes one for each core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// Simulations in flight at once: the size of a wave [default: 8]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    in_flight: Option<usize>,

    /// Begin with 4 in flight and let them grow with the search, to N/4 after N simulations
    #[arg(long)]
    ramp: bool,

    /// How simulations share the machine [default: waves]
    #[arg(long, value_enum)]
    schedule: Option<ScheduleName>,

    /// How a simulation chooses its way: uct, wu_uct, p_ucb, puct, gumbel, thompson,
    /// best_first, breadth, depth or softmax [default: p_ucb]
    #[arg(long, value_name = "RULE")]
    rule: Option<Rule>,

    /// How often a failed thought may be rethought in one simulation; 0 turns it off [default: 2]
    #[arg(long, value_name = "N")]
    rethinks: Option<usize>,

    /// Which thought of a failed line is rethought, by the policy's judgement where it is the blamed
    /// one [default: last]
    #[arg(long, value_enum)]
    rethink: Option<TargetName>,

    /// What is told of a failed program: nothing, its verdict, how its result differs from the
    /// expected one, or with `trace` also what it did step by step, at the cost of more runs
    /// [default: diff]
    #[arg(long, value_enum)]
    feedback: Option<FeedbackName>,

    /// Go on after the first accepted program, to the end of the budget
    #[arg(long)]
    exhaust: bool,

    #[command(flatten)]
    budget: BudgetOptions,
}

/// What may be spent; the search ends when any part is used up.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Budget")]
struct BudgetOptions {
    /// Most simulations: passes of think, write, run, rethink [default: 1000]
    #[arg(
        long,
        value_name = "N",
        value_parser = at_least_one,
        allow_negative_numbers = true
    )]
    simulations: Option<u64>,

    /// Most programs run
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    executions: Option<u64>,

    /// Most calls of the language model
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    calls: Option<u64>,

    /// Most tokens of the language model, in and out
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    tokens: Option<u64>,

    /// Most money for the language model, in dollars, such as 0.25; by the price table
    #[arg(long, value_name = "DOLLARS", value_parser = money, allow_negative_numbers = true)]
    money: Option<Money>,

    /// Most wall time, such as 30s, 2m or 1.5h; the result then depends on the machine
    #[arg(long, value_name = "TIME", value_parser = duration::parse, allow_hyphen_values = true)]
    time: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScheduleName {
    /// Leaves are selected in waves; the result does not depend on threads or timing
    Waves,
    /// Each thread runs simulations back to back; fastest, repeated only from its journal
    Eager,
}

impl ScheduleName {
    fn name(self) -> &'static str {
        match self {
            ScheduleName::Waves => "waves",
            ScheduleName::Eager => "eager",
        }
    }
}

impl From<ScheduleName> for Schedule {
    fn from(name: ScheduleName) -> Self {
        match name {
            ScheduleName::Waves => Schedule::Waves,
            ScheduleName::Eager => Schedule::Eager,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TargetName {
    /// The last thought
    Last,
    /// The one that the feedback blames
    Blamed,
}

impl TargetName {
    fn name(self) -> &'static str {
        match self {
            TargetName::Last => "last",
            TargetName::Blamed => "blamed",
        }
    }
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Self {
        match name {
            TargetName::Last => Target::Last,
            TargetName::Blamed => Target::Blamed,
        }
    }
}

impl SearchOptions {
    /// The configuration: a preset's, else `default`, with what was given in its place.
    pub(super) fn over(&self, default: SearchConfig) -> Result<SearchConfig, Failure> {
        let mut config = match &self.preset {
            Some(name) => Preset::named(name)?.config(),
            None => default,
        };
        if let Some(file) = &self.config {
            config = laid_over(&config, file)?;
        }
        fn set<T: Copy, U: From<T>>(field: &mut U, given: Option<T>) {
            if let Some(given) = given {
                *field = given.into();
            }
        }
        config.seed = self.seed;
        config.threads = self.threads;
        set(&mut config.in_flight, self.in_flight);
        config.ramp |= self.ramp;
        set(&mut config.schedule, self.schedule);
        set(&mut config.rule, self.rule);
        set(&mut config.rethinks, self.rethinks);
        set(&mut config.target, self.rethink);
        set(&mut config.feedback, self.feedback);
        if self.exhaust {
            config.stop_when_solved = false;
            config.patience = 0;
        }
        let given = &self.budget;
        let budget = &mut config.budget;
        set(&mut budget.simulations, given.simulations);
        set(&mut budget.executions, given.executions);
        set(&mut budget.calls, given.calls);
        set(&mut budget.tokens, given.tokens);
        set(&mut budget.money, given.money);
        set(&mut budget.time, given.time);
        config.validate()?;
        Ok(config)
    }

    /// The preset that was named.
    pub(super) fn preset(&self) -> Option<&str> {
        self.preset.as_deref()
    }

    /// The arguments that give a search once more. Its time is left out: what it ended by depends on
    /// the machine.
    pub(super) fn as_arguments(&self, config: &SearchConfig) -> String {
        let mut arguments = format!(
            " --seed {} --simulations {} --in-flight {}",
            self.seed, config.budget.simulations, config.in_flight,
        );
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                arguments.push_str(&format!(" --{name} {value}"));
            }
        };
        add("preset", self.preset.clone());
        let file = |path: &PathBuf| quoted(&path.display().to_string());
        add("config", self.config.as_ref().map(file));
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        add("executions", number(self.budget.executions));
        add("calls", number(self.budget.calls));
        add("tokens", number(self.budget.tokens));
        let dollars = |money: Money| money.dollars().to_string();
        add("money", self.budget.money.map(dollars));
        add("rule", self.rule.map(|rule| rule.to_string()));
        add("schedule", self.schedule.map(|s| s.name().to_owned()));
        add("rethinks", self.rethinks.map(|n| n.to_string()));
        add("rethink", self.rethink.map(|t| t.name().to_owned()));
        add("feedback", self.feedback.map(|f| f.name().to_owned()));
        for (given, name) in [(self.ramp, " --ramp"), (self.exhaust, " --exhaust")] {
            if given {
                arguments.push_str(name);
            }
        }
        arguments
    }
}

fn laid_over(config: &SearchConfig, file: &Path) -> Result<SearchConfig, Failure> {
    let wrong = |why: &dyn Display| Failure::Message(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| wrong(&e))?;
    let fields: serde_json::Value = toml::from_str(&text).map_err(|e| wrong(&e))?;
    config.overlaid(&fields).map_err(|e| {
        wrong(&format!(
            "{e} (`cogitree schema` has all fields, `cogitree presets NAME` an example)"
        ))
    })
}

/// Reads a number of simulations, calls and the like.
fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("it must be a whole number of at least 1".to_owned()),
    }
}

fn money(text: &str) -> Result<Money, String> {
    let dollars = text.trim().trim_start_matches('$').parse().ok();
    match dollars.and_then(Money::from_dollars) {
        Some(money) if money > Money(0) => Ok(money),
        _ => Err("give dollars, such as 0.25, more than 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_in_dollars() {
        assert_eq!(money("0.25"), Ok(Money(250_000_000_000)));
        assert_eq!(money("$3"), Ok(Money(3_000_000_000_000)));
        for bad in ["", "0", "-1", "nan", "inf", "1e9", "much", "1e-13"] {
            assert!(money(bad).is_err(), "{bad}");
        }
    }
}
