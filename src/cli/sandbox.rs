//! The sandbox of a command: its options, and opening it with progress.

use std::io::IsTerminal;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use cogitree::{Isolation, Sandbox, SandboxBuilder, Stage};

use super::failure::Failure;

/// Options of every command that runs programs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sandbox")]
pub(crate) struct SandboxOptions {
    /// What separates programs from this process, beside WebAssembly
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Isolate::Instance)]
    isolate: Isolate,

    /// Run each test in an instance of its own: nothing that a program keeps is there in the
    /// next test
    #[arg(long)]
    instance_per_test: bool,

    /// How long what is told of a failed program may be, in tokens of about four characters, from 50
    /// [default: 700]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(50..=1_000_000))]
    feedback_tokens: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Isolate {
    /// Nothing more: programs run in this process
    #[default]
    Instance,
    /// Worker processes: should one crash, the search goes on
    Process,
}

impl SandboxOptions {
    /// Opens the sandbox, saying on standard error what takes long. What is random to programs
    /// follows from the seed.
    pub(crate) fn open(&self, seed: u64, quiet: bool) -> Result<Sandbox, Failure> {
        let mut builder = Sandbox::builder()
            .seed(seed)
            .instance_per_test(self.instance_per_test);
        if let Some(tokens) = self.feedback_tokens {
            builder = builder.feedback_tokens(tokens as usize);
        }
        if self.isolate == Isolate::Process {
            let executable = std::env::current_exe().map_err(|e| {
                Failure::Message(format!(
                    "--isolate process: the path of this executable cannot be found: {e}"
                ))
            })?;
            builder = builder.isolation(Isolation::Process {
                worker: vec![executable.into(), "worker".into()],
            });
        }
        open(builder, quiet)
    }

    /// The arguments that differ from the defaults, for a command that can be typed again.
    pub(crate) fn as_arguments(&self) -> String {
        let mut arguments = String::new();
        if self.isolate == Isolate::Process {
            arguments.push_str(" --isolate process");
        }
        if self.instance_per_test {
            arguments.push_str(" --instance-per-test");
        }
        if let Some(tokens) = self.feedback_tokens {
            arguments.push_str(&format!(" --feedback-tokens {tokens}"));
        }
        arguments
    }
}

/// Opens a sandbox. Building the guest on first use takes about a minute, once.
fn open(builder: SandboxBuilder, quiet: bool) -> Result<Sandbox, Failure> {
    let live = std::io::stderr().is_terminal() && !quiet;
    let spinner = if live {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    let opened = builder.open(|step| {
        // Opening a guest that is there takes no time worth a line.
        let quick = matches!(step.stage, Stage::Load | Stage::Ready);
        spinner.set_message(step.message.clone());
        if !quick && !quiet {
            let line = format!("sandbox: {step}");
            if live {
                spinner.println(line)
            } else {
                eprintln!("{line}")
            }
        }
    });
    spinner.finish_and_clear();
    Ok(opened?)
}
