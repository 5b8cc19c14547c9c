//! `cogitree solve`: search for a program that solves a problem.

mod journal;
mod json;
mod screen;
mod tree;

pub(crate) use json::tests as test_objects;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use clap::{Args as ClapArgs, ValueEnum};

use cogitree::problem::LoadedProblem;
use cogitree::{
    Budget, CancelToken, Closeness, Judge, Outcome, Report, Rule, Sandbox, Schedule, Search,
    SearchConfig, Sketcher, StopReason,
};

use super::failure::Failure;
use super::feedback_level::FeedbackName;
use super::problem_source::{ProblemSource, quoted};
use super::progress::SearchProgress;
use super::sandbox::SandboxOptions;
use super::{Ended, style};

/// Search for a program that solves a problem.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    source: ProblemSource,

    /// Most simulations: passes of think, write, run, rethink
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1000,
        value_parser = simulations,
        allow_negative_numbers = true
    )]
    simulations: u64,

    /// Most wall time, such as 30s, 2m or 1.5h; the result then depends on the machine
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    time: Option<Duration>,

    /// Seed of everything random, in programs too; the same seed gives the same answer in waves
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// CPU threads; 0 takes one for each core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// Simulations in flight at once: the size of a wave
    #[arg(
        long,
        value_name = "N",
        default_value_t = 8,
        allow_negative_numbers = true
    )]
    in_flight: usize,

    /// Begin with 4 in flight and let them grow with the search, to N/4 after N simulations
    #[arg(long)]
    ramp: bool,

    /// How simulations share the machine
    #[arg(long, value_enum, default_value_t = ScheduleName::Waves)]
    schedule: ScheduleName,

    /// How a simulation chooses its way: uct, wu_uct, p_ucb, puct, gumbel, thompson,
    /// best_first, breadth, depth or softmax
    #[arg(long, value_name = "RULE", default_value_t = SearchConfig::default().rule)]
    rule: Rule,

    /// How often a failed thought may be rethought in one simulation; 0 turns it off
    #[arg(long, value_name = "N", default_value_t = SearchConfig::default().rethinks)]
    rethinks: usize,

    /// What is told of a failed program: nothing, its verdict, how its result differs from the
    /// expected one, or with `trace` also what it did step by step, at the cost of more runs
    #[arg(long, value_enum, default_value_t = FeedbackName::Diff)]
    feedback: FeedbackName,

    /// Go on after the first accepted program, to the end of the budget
    #[arg(long)]
    exhaust: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,

    /// Write the program to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Print the tree of thoughts that was tried
    #[arg(long)]
    tree: bool,

    /// Write the tree of thoughts that was tried as a Graphviz file
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,

    /// Write the journal, every step of the search, as JSON lines
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Run the very search again whose journal this is, step by step; to be given with the
    /// same options. An eager search is repeated in no other way
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,

    /// No progress
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    sandbox: SandboxOptions,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScheduleName {
    /// Leaves are selected in waves; the result does not depend on threads or timing
    Waves,
    /// Each thread runs simulations back to back; fastest, repeated only from its journal
    Eager,
}

impl From<ScheduleName> for Schedule {
    fn from(name: ScheduleName) -> Self {
        match name {
            ScheduleName::Waves => Schedule::Waves,
            ScheduleName::Eager => Schedule::Eager,
        }
    }
}

/// A search that has ended, with what the command needs to tell of it.
struct Solved {
    loaded: LoadedProblem,
    config: SearchConfig,
    outcome: Outcome,
    /// The answer on the hidden tests, where the problem has any.
    hidden: Option<Report>,
    /// How long it took until the sandbox was ready.
    ready: Duration,
    /// The command that gives the same again.
    again: String,
}

pub(crate) fn run(args: &Args) -> Ended {
    let started = Instant::now();
    let loaded = args.source.load()?;
    let config = args.config();
    config.validate()?;
    args.check_outputs()?;
    let recorded = args.replay.as_deref().map(journal::read).transpose()?;
    let sandbox = Arc::new(args.sandbox.open(args.seed, args.quiet)?);
    let ready = started.elapsed();

    let cancel = cancel_on_interrupt();
    let progress = Arc::new(SearchProgress::new(config.budget, args.quiet));
    let search = Search::new(
        loaded.problem.clone(),
        Arc::new(Sketcher::new()),
        sandbox.clone(),
    )
    .config(config.clone())
    .value_model(Arc::new(Closeness))
    .observer(progress.clone())
    .cancel_token(cancel);
    let outcome = match recorded {
        None => search.run()?,
        Some(recorded) => search.replay(&recorded).map_err(|e| {
            progress.finish();
            Failure::Message(format!("the search cannot be run again: {e}"))
        })?,
    };
    progress.finish();

    let hidden = hidden_report(&sandbox, &loaded, &outcome)?;
    let again = args.again();
    let solved = Solved {
        loaded,
        config,
        outcome,
        hidden,
        ready,
        again,
    };
    args.write_files(&solved)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        json::write(&mut out, &solved)?;
    } else {
        screen::write(&mut out, &solved)?;
    }
    if args.tree {
        tree::print(&mut out, &solved.outcome)?;
    }
    out.flush()?;
    match &solved.outcome.stop {
        StopReason::Failed(why) if !solved.outcome.solved => Err(Failure::Message(format!(
            "the search could not go on: {why}"
        ))),
        _ => Ok(solved.outcome.solved),
    }
}

impl Args {
    fn config(&self) -> SearchConfig {
        SearchConfig {
            budget: Budget {
                simulations: self.simulations,
                time: self.time,
                ..Budget::default()
            },
            seed: self.seed,
            threads: self.threads,
            in_flight: self.in_flight,
            ramp: self.ramp,
            schedule: self.schedule.into(),
            rule: self.rule,
            rethinks: self.rethinks,
            feedback: self.feedback.into(),
            stop_when_solved: !self.exhaust,
            patience: if self.exhaust {
                0
            } else {
                SearchConfig::default().patience
            },
            ..SearchConfig::default()
        }
    }

    /// The files to be written must be writable before an hour is spent.
    fn check_outputs(&self) -> Result<(), Failure> {
        for path in [&self.out, &self.dot, &self.journal].into_iter().flatten() {
            let existed = path.exists();
            std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .map_err(|e| {
                    Failure::Message(format!(
                        "{}: cannot be written: {e}. Name another file",
                        path.display()
                    ))
                })?;
            if !existed {
                // Nothing is left behind by a search that never answers.
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }

    fn write_files(&self, solved: &Solved) -> Result<(), Failure> {
        let write = |path: &PathBuf, text: String| {
            std::fs::write(path, text).map_err(|e| {
                Failure::Message(format!("{}: cannot be written: {e}", path.display()))
            })
        };
        if let (Some(path), Some(answer)) = (&self.out, &solved.outcome.answer) {
            write(path, answer.program.source.clone())?;
        }
        if let Some(path) = &self.dot {
            write(path, tree::dot(&solved.outcome))?;
        }
        if let Some(path) = &self.journal {
            write(path, journal::text(&solved.outcome)?)?;
        }
        Ok(())
    }

    /// The command that gives the same answer again.
    fn again(&self) -> String {
        let mut command = format!(
            "cogitree solve {} --seed {} --simulations {} --in-flight {}",
            self.source.as_arguments(),
            self.seed,
            self.simulations,
            self.in_flight,
        );
        if self.ramp {
            command.push_str(" --ramp");
        }
        if self.rule != SearchConfig::default().rule {
            command.push_str(&format!(" --rule {}", self.rule));
        }
        if let ScheduleName::Eager = self.schedule {
            command.push_str(" --schedule eager");
            // Without its journal an eager search is another one each time.
            if let Some(journal) = self.replay.as_ref().or(self.journal.as_ref()) {
                let journal = quoted(&journal.display().to_string());
                command.push_str(&format!(" --replay {journal}"));
            }
        }
        if self.rethinks != SearchConfig::default().rethinks {
            command.push_str(&format!(" --rethinks {}", self.rethinks));
        }
        if self.feedback != FeedbackName::Diff {
            command.push_str(&format!(" --feedback {}", self.feedback.name()));
        }
        if self.exhaust {
            command.push_str(" --exhaust");
        }
        command.push_str(&self.sandbox.as_arguments());
        command
    }
}

/// Judges the answer on the hidden tests, after the search has ended.
fn hidden_report(
    sandbox: &Sandbox,
    loaded: &LoadedProblem,
    outcome: &Outcome,
) -> Result<Option<Report>, Failure> {
    let (Some(hidden), Some(answer)) = (&loaded.hidden, &outcome.answer) else {
        return Ok(None);
    };
    Ok(Some(Judge::new(sandbox).judge(
        &loaded.problem,
        &answer.program,
        hidden,
    )?))
}

/// The first Ctrl-C ends the search with its best so far, the second ends the process.
fn cancel_on_interrupt() -> CancelToken {
    let cancel = CancelToken::default();
    let (token, presses) = (cancel.clone(), AtomicU32::new(0));
    let installed = ctrlc::set_handler(move || {
        if presses.fetch_add(1, Ordering::Relaxed) == 0 {
            token.cancel();
            eprintln!("\nending with the best so far (once more to end at once)");
        } else {
            std::process::exit(130);
        }
    });
    if installed.is_err() {
        style::warning(&"Ctrl-C cannot be caught here; it will end the search without an answer");
    }
    cancel
}

/// Reads a number of simulations.
fn simulations(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("it must be a whole number of at least 1".to_owned()),
    }
}

/// `30`, `30s`, `2m`, `1.5h`, `250ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "give a time such as 30s, 2m or 1.5h".to_owned();
    let text = text.trim();
    let split = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wanted()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wanted())?;
    if number.is_nan() || number <= 0.0 {
        return Err("the time must be longer than 0".to_owned());
    }
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wanted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        for bad in ["", "0", "-3s", "3 parsecs", "nan", "inf", "1e300h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
