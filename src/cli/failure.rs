//! What ends a command early.

use std::io;

/// Why a command cannot go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Bad input or infrastructure, said in one message that names the remedy.
    Message(String),
    /// Standard output was closed by whoever reads it.
    ClosedPipe,
}

impl From<io::Error> for Failure {
    /// An error of writing to standard output.
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::BrokenPipe {
            Failure::ClosedPipe
        } else {
            Failure::Message(format!("cannot write to standard output: {e}"))
        }
    }
}

macro_rules! from_display {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(e: $error) -> Self {
                Failure::Message(e.to_string())
            }
        })*
    };
}

from_display!(
    cogitree::ConfigError,
    cogitree::ExecutorError,
    cogitree::SandboxError,
    cogitree::UnknownPreset,
    cogitree::llm::CacheError,
    cogitree::llm::ConfigError,
    cogitree::llm::PriceError,
    cogitree::llm::PromptError,
    cogitree::problem::ProblemError,
);
