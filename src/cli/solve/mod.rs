//! `cogitree solve`: search for a program that solves a problem.

mod cost;
mod interview;
mod journal;
mod json;
mod screen;
mod search_options;
mod thinker;
mod tree;
mod value_options;

pub(crate) use json::tests as test_objects;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;

use cogitree::llm::CancelHandle;
use cogitree::problem::LoadedProblem;
use cogitree::{
    Budget, CancelToken, Judge, Outcome, Problem, Report, Sandbox, Schedule, Search, SearchConfig,
    StopReason, Test,
};

use super::failure::Failure;
use super::problem_source::{ProblemSource, quoted};
use super::progress::SearchProgress;
use super::sandbox::SandboxOptions;
use super::{Ended, style};
use interview::Interview;
use search_options::SearchOptions;
use thinker::{Asked, Thinker, ThinkerOptions};
use value_options::{ValueOptions, Valuer};

/// Search for a program that solves a problem.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    source: ProblemSource,

    #[command(flatten)]
    search: SearchOptions,

    #[command(flatten)]
    value: ValueOptions,

    #[command(flatten)]
    thinker: ThinkerOptions,

    /// Ask on the terminal which result is right where programs that pass the visible tests disagree, and
    /// search on where none gives it. The search does not end at the first accepted program then
    #[arg(long, conflicts_with = "replay")]
    interactive: bool,

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

/// A search that has ended, with what the command needs to tell of it.
struct Solved {
    loaded: LoadedProblem,
    config: SearchConfig,
    outcome: Outcome,
    /// The answer on the hidden tests, where the problem has any.
    hidden: Option<Report>,
    /// How long it took until the sandbox was ready.
    ready: Duration,
    /// What was asked of a language model, where one thought.
    asked: Option<Asked>,
    valuer: Valuer,
    /// Tests that the user's answers gave.
    learnt: Vec<Test>,
    /// The command that gives the same again.
    again: String,
}

pub(crate) fn run(args: &Args) -> Ended {
    let started = Instant::now();
    let mut loaded = args.source.load()?;
    let thinker = args.thinker.open()?;
    let mut config = args.search.over(thinker.default_config()?)?;
    let trained = thinker.wants_trained(args.search.preset());
    args.value.over(trained, &mut config)?;
    if args.interactive {
        config.stop_when_solved = false;
    }
    thinker.check(&config)?;
    args.check_outputs()?;
    let recorded = args.replay.as_deref().map(journal::read).transpose()?;
    let valuer = args.value.open(trained, &config)?;
    let sandbox = Arc::new(args.sandbox.open(config.seed, args.quiet)?);
    let ready = started.elapsed();

    let cancel = cancel_on_interrupt(thinker.cancel());
    let parts = Parts {
        config: &config,
        thinker: &thinker,
        valuer: &valuer,
        sandbox: &sandbox,
        cancel,
        quiet: args.quiet,
    };
    let (outcome, learnt) = if args.interactive {
        parts.interview(&mut loaded.problem)?
    } else {
        let (search, progress) = parts.search(loaded.problem.clone(), config.budget);
        let outcome = match recorded {
            None => search.run()?,
            Some(recorded) => search.replay(&recorded).map_err(|e| {
                progress.finish();
                Failure::Message(format!("the search cannot be run again: {e}"))
            })?,
        };
        progress.finish();
        (outcome, Vec::new())
    };
    thinker.warn();

    let hidden = hidden_report(&sandbox, &loaded, &outcome)?;
    let again = args.again(&config);
    let solved = Solved {
        loaded,
        config,
        outcome,
        hidden,
        ready,
        asked: thinker.asked(),
        valuer,
        learnt,
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

/// What searches are made of.
struct Parts<'a> {
    config: &'a SearchConfig,
    thinker: &'a Thinker,
    valuer: &'a Valuer,
    sandbox: &'a Arc<Sandbox>,
    cancel: CancelToken,
    quiet: bool,
}

impl Parts<'_> {
    fn search(&self, problem: Problem, budget: Budget) -> (Search, Arc<SearchProgress>) {
        let progress = Arc::new(SearchProgress::new(budget, self.quiet));
        let policy = self.thinker.policy.clone();
        let search = Search::new(problem, policy, self.sandbox.clone())
            .config(SearchConfig {
                budget,
                ..self.config.clone()
            })
            .value_model(self.valuer.model())
            .observer(progress.clone())
            .cancel_token(self.cancel.clone());
        (search, progress)
    }

    /// Searches, asks the user, and searches on with what was said as tests where no program does it,
    /// as long as the budget lasts. The last outcome, and the tests.
    fn interview(&self, problem: &mut Problem) -> Result<(Outcome, Vec<Test>), Failure> {
        let interview = Arc::new(Interview::default());
        let mut budget = self.config.budget;
        let mut learnt: Vec<Test> = Vec::new();
        loop {
            let (search, progress) = self.search(problem.clone(), budget);
            interview.interrupts(progress.clone());
            let mut outcome = search.arbiter(interview.clone()).run()?;
            outcome.elapsed = outcome.elapsed.saturating_sub(interview.waited());
            progress.finish();
            let said = outcome.rulings.iter().filter(|r| r.known);
            let new: Vec<Test> = (said.map(|r| r.test.clone()))
                .filter(|test| !problem.tests.contains(test))
                .collect();
            let contradicted = outcome.rulings.iter().any(|r| r.contradicted);
            learnt.extend(new.iter().cloned());
            // Whatever tests it passes, the user has said that it is wrong.
            outcome.solved &= !contradicted;
            if !contradicted || new.is_empty() || self.cancel.is_cancelled() {
                return Ok((outcome, learnt));
            }
            let Some(left) = budget.less(&outcome.cost, outcome.elapsed) else {
                style::warning(&"no program does what you said, and the budget is used up");
                return Ok((outcome, learnt));
            };
            budget = left;
            let spent = &outcome.cost;
            eprintln!(
                "no program does what you said; searching on with {} for a test (spent so far and not told \
                 again: {} simulations, {} calls, {})",
                if new.len() == 1 { "it" } else { "each of it" },
                spent.simulations,
                spent.usage.calls,
                spent.usage.money
            );
            problem.tests.extend(new);
        }
    }
}

impl Args {
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
    fn again(&self, config: &SearchConfig) -> String {
        let mut command = format!(
            "cogitree solve {}{}",
            self.source.as_arguments(),
            self.search.as_arguments(config)
        );
        if config.schedule == Schedule::Eager
            // Without its journal an eager search is another one each time.
            && let Some(journal) = self.replay.as_ref().or(self.journal.as_ref())
        {
            let journal = quoted(&journal.display().to_string());
            command.push_str(&format!(" --replay {journal}"));
        }
        command.push_str(&self.value.as_arguments());
        if self.interactive {
            command.push_str(" --interactive");
        }
        command.push_str(&self.thinker.as_arguments());
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
fn cancel_on_interrupt(requests: Option<CancelHandle>) -> CancelToken {
    let cancel = CancelToken::default();
    let (token, presses) = (cancel.clone(), AtomicU32::new(0));
    let installed = ctrlc::set_handler(move || {
        if presses.fetch_add(1, Ordering::Relaxed) == 0 {
            token.cancel();
            if let Some(requests) = &requests {
                requests.cancel();
            }
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
