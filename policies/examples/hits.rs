//! Collects every passing program of a search with what the policy thinks of it.
use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Mutex};

use cogitree_engine::*;
use cogitree_policies::{Closeness, DryRun, Sketcher};
use serde_json::json;

struct Recorder(Sketcher, Mutex<Vec<(String, String)>>);

impl Policy for Recorder {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        self.0.propose(ask)
    }
    fn implement(&self, chain: &Chain<'_>) -> Result<Program, PolicyError> {
        self.0.implement(chain)
    }
    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        self.0.rethink(ask)
    }
    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let mut o = self.0.review(ask)?;
        if let Some(o) = &mut o {
            o.accept = false;
            if let Ok(mut v) = self.1.lock() {
                v.push((ask.outcome.program.source.clone(), o.reason.clone()));
            }
        }
        Ok(o)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("the path of the problems is missing")?;
    let simulations: u64 = args.next().map_or(Ok(200), |s| s.parse())?;
    let rethinks: usize = args.next().map_or(Ok(2), |s| s.parse())?;
    let policy = Arc::new(Recorder(Sketcher::new(), Mutex::default()));
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let problem: Problem = serde_json::from_str(&line?)?;
        let id = problem.id.clone();
        let mut config = SearchConfig { threads: 1, rethinks, agreement: 0, ..SearchConfig::default() };
        config.budget.simulations = simulations;
        Search::new(problem, policy.clone(), Arc::new(DryRun)).value_model(Arc::new(Closeness)).config(config).run()?;
        let hits = policy.1.lock().map(|mut v| std::mem::take(&mut *v)).unwrap_or_default();
        writeln!(out, "{}", json!({"task_id": id, "hits": hits}))?;
    }
    Ok(())
}
