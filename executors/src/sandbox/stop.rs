//! Why the host ended an instance.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A reason of the host's for ending an instance; it travels through the guest as a trap.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stop {
    /// Everything that was asked for has been told.
    #[error("done")]
    Done,
    /// Over the time limit.
    #[error("over the time limit")]
    Timeout,
    /// Over the memory limit.
    #[error("over the memory limit")]
    Memory,
    /// Wrote too much.
    #[error("over the output limit")]
    Output,
    /// Sent a message that no harness sends.
    #[error("a message out of order")]
    Protocol,
}
