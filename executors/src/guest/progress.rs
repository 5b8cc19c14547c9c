//! What is going on while a sandbox is opened.

use std::fmt;
use std::time::{Duration, Instant};

/// A step of opening a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Another process is building the guest.
    Wait,
    /// Something in the cache is not used; the message says why.
    Discard,
    /// A Python is looked for and gets a private environment.
    Environment,
    /// pip installs what the guest is built with.
    Install,
    /// CPython, its library and the harness are made into a component with a snapshot.
    Build,
    /// The component is compiled for this machine.
    Compile,
    /// The compiled guest is checked and mapped into memory.
    Load,
    /// The sandbox is ready.
    Ready,
}

/// Told at the beginning of each step.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The step.
    pub stage: Stage,
    /// What is being done, in words.
    pub message: String,
    /// Since the sandbox began to be opened.
    pub elapsed: Duration,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:5.1} s] {}", self.elapsed.as_secs_f64(), self.message)
    }
}

/// Passes progress on.
pub(super) struct Reporter<'a> {
    since: Instant,
    to: &'a mut dyn FnMut(&Progress),
}

impl<'a> Reporter<'a> {
    pub(super) fn new(to: &'a mut dyn FnMut(&Progress)) -> Self {
        Reporter {
            since: Instant::now(),
            to,
        }
    }

    pub(super) fn tell(&mut self, stage: Stage, message: impl Into<String>) {
        (self.to)(&Progress {
            stage,
            message: message.into(),
            elapsed: self.since.elapsed(),
        });
    }
}
