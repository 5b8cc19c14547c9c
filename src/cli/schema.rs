//! `cogitree schema`: the JSON schema of a search's configuration.

use std::io::Write;

use cogitree::SearchConfig;

use super::Ended;

/// Prints the schema of what `solve --config` takes.
pub(crate) fn run() -> Ended {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:#}", SearchConfig::json_schema())?;
    out.flush()?;
    Ok(true)
}
