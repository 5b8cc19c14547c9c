//! The command line: one file per subcommand.
//!
//! Results go to standard output, progress and messages to standard error. Exit codes: 0 the
//! problem is solved (or the program passes), 1 it is not, 2 bad input or infrastructure.

mod doctor;
mod duration;
mod failure;
mod feedback_level;
mod judge;
mod model;
mod output;
mod presets;
mod problem_source;
mod progress;
mod prompts;
mod sandbox;
mod schema;
mod solve;
mod style;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// Monte Carlo tree search over thoughts, for code: thinks of a way, writes the program, runs
/// it in a sandbox, learns from what went wrong, and thinks again.
#[derive(Debug, Parser)]
#[command(name = "cogitree", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 solved, 1 not solved, 2 bad input or infrastructure.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Search for a program that solves a problem
    Solve(Box<solve::Args>),
    /// Run a program against a problem's tests in the sandbox
    Judge(judge::Args),
    /// Show the searches that are there by name
    Presets(presets::Args),
    /// Print the JSON schema of a search's configuration (`solve --config`)
    Schema,
    /// Show what is there, what is missing and how to get it
    Doctor(doctor::Args),
    /// Show the prompts for language models, or write them to a folder to be edited
    Prompts(prompts::Args),
    /// Run programs for the sandbox of another process (`--isolate process`)
    #[command(hide = true)]
    Worker,
}

/// How a command ended: whether what it was about is right.
type Ended = Result<bool, Failure>;

pub(crate) fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Solve(args) => solve::run(&args),
        Command::Judge(args) => judge::run(&args),
        Command::Presets(args) => presets::run(&args),
        Command::Schema => schema::run(),
        Command::Doctor(args) => doctor::run(&args),
        Command::Prompts(args) => prompts::run(&args),
        Command::Worker => worker(),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever closed the pipe has seen enough; there is nobody left to tell.
        Err(Failure::ClosedPipe) => ExitCode::from(141),
        Err(Failure::Message(message)) => {
            style::error(&message);
            ExitCode::from(2)
        }
    }
}

/// Serves until standard input ends. There is nothing to type here: a sandbox starts it.
fn worker() -> Ended {
    cogitree::serve_worker().map_err(|e| {
        Failure::Message(format!(
            "a worker is started by a sandbox (--isolate process), which speaks to it on standard \
             input; it was told {e}"
        ))
    })?;
    Ok(true)
}
