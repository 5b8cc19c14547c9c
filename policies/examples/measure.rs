//! Searches many problems with the Sketcher and the dry run, and prints what was found as
//! JSON lines, for measuring without a sandbox.
//!
//! ```sh
//! cargo run --release --example measure -- PROBLEMS.jsonl SIMULATIONS RETHINKS > FOUND.jsonl
//! ```
//! `PROBLEMS.jsonl` holds one problem a line, as `cogitree_engine::Problem` is serialised.

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use std::time::Instant;

use cogitree_engine::{Problem, Search, SearchConfig};
use cogitree_policies::{Closeness, DryRun, Sketcher};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("the path of the problems is missing")?;
    let simulations: u64 = args.next().map_or(Ok(200), |s| s.parse())?;
    let rethinks: usize = args.next().map_or(Ok(2), |s| s.parse())?;
    let policy = Arc::new(Sketcher::new());
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let problem: Problem = serde_json::from_str(&line?)?;
        let id = problem.id.clone();
        let mut config = SearchConfig {
            threads: 1,
            rethinks,
            ..SearchConfig::default()
        };
        config.budget.simulations = simulations;
        let start = Instant::now();
        let outcome = Search::new(problem, policy.clone(), Arc::new(DryRun))
            .value_model(Arc::new(Closeness))
            .config(config)
            .run()?;
        let answer = outcome.answer.as_ref();
        let row = json!({
            "task_id": id,
            "solved": outcome.solved,
            "visible": answer.is_some_and(|a| a.report.all_passed()),
            "score": answer.and_then(|a| a.evidence.opinion),
            "reason": answer.map(|a| a.evidence.reason.clone()),
            "program": answer.map(|a| a.program.source.clone()),
            "simulations": outcome.cost.simulations,
            "seconds": start.elapsed().as_secs_f64(),
        });
        writeln!(out, "{row}")?;
    }
    Ok(())
}
