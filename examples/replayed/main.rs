//! Searches on recorded outputs of real models, with no network.
mod cache;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache::Cached;
use clap::Parser;
use cogitree::problem::{Dataset, LoadedProblem};
use cogitree::{Budget, Sandbox, Search, SearchConfig};
use cogitree_policies::logs::{LogPolicy, LogReader};

#[derive(Parser)]
struct Args {
    data: PathBuf,
    #[arg(long)]
    cache: Option<PathBuf>,
    #[arg(long, default_value_t = 16)]
    agreement: usize,
    #[arg(long, default_value_t = 1000)]
    problems: usize,
    #[arg(long, default_value = "codegen")]
    pool: String,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let problems: Vec<LoadedProblem> =
        Dataset::open(&args.data.join("he_problems.jsonl.gz"))?.collect::<Result<_, _>>()?;
    let reader = LogReader::new();
    let reader = if args.pool == "codegen" {
        reader.completions(&args.data.join("he_codegen16b_n100.jsonl.gz"))?
    } else {
        reader.chat(&args.data.join("he_chat_init.jsonl.gz"), |_| true)?
    };
    let (log, labels) = reader.finish();
    let log = Arc::new(log);
    eprintln!("{} tasks, {} labels", log.tasks().count(), labels.len());
    let sandbox = Arc::new(Cached::open(
        Sandbox::open(|s| eprintln!("{s}"))?,
        args.cache.as_deref(),
    )?);
    let next = AtomicUsize::new(0);
    let sums = Mutex::new([0.0f64; 6]);
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(loaded) = problems.get(index).filter(|_| index < args.problems) else {
                break;
            };
            let id = &loaded.problem.id;
            let Some(task) = log.task(id) else { continue };
            let right = |p: &cogitree::Program| labels.is_right(id, p).unwrap_or(false);
            let policy = Arc::new(LogPolicy::new(log.clone(), args.seed));
            let config = SearchConfig {
                width: task.draws.len(),
                depth: 1,
                rethinks: 0,
                stop_when_solved: false,
                patience: 0,
                agreement: args.agreement,
                budget: Budget {
                    simulations: task.draws.len() as u64,
                    ..Budget::default()
                },
                in_flight: 1,
                threads: 1,
                seed: args.seed,
                ..SearchConfig::default()
            };
            let outcome = Search::new(loaded.problem.clone(), policy, sandbox.clone())
                .config(config)
                .run()
                .unwrap();
            let random = task.draws.iter().filter(|d| right(&d.program)).count() as f64
                / task.draws.len() as f64;
            let mut passing = std::collections::HashSet::new();
            for e in &outcome.journal {
                if let cogitree::Event::Ran {
                    program, verdicts, ..
                } = e
                    && verdicts.iter().all(|v| v.passed())
                {
                    passing.insert(program.fingerprint());
                }
            }
            let p: Vec<_> = task
                .draws
                .iter()
                .filter(|d| passing.contains(&d.program.fingerprint()))
                .collect();
            let filter = if p.is_empty() {
                0.0
            } else {
                p.iter().filter(|d| right(&d.program)).count() as f64 / p.len() as f64
            };
            let oracle = task.draws.iter().any(|d| right(&d.program));
            let answer = outcome.answer.as_ref().is_some_and(|a| right(&a.program));
            let e = outcome
                .answer
                .as_ref()
                .map(|a| a.evidence.clone())
                .unwrap_or_default();
            println!(
                "{id} random {random:.2} filter {filter:.2} oracle {oracle} answer {answer} passing {} agree {}/{} probes {} stop {}",
                passing.len(),
                e.agreeing,
                e.compared,
                e.probes,
                outcome.stop
            );
            let mut s = sums.lock().unwrap();
            s[0] += 1.0;
            s[1] += random;
            s[2] += filter;
            s[3] += f64::from(oracle);
            s[4] += f64::from(answer);
        }
    };
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(worker);
        }
    });
    let s = sums.into_inner().unwrap();
    println!(
        "n {} random {:.1} filter {:.1} oracle {:.1} answer {:.1}",
        s[0],
        100.0 * s[1] / s[0],
        100.0 * s[2] / s[0],
        100.0 * s[3] / s[0],
        100.0 * s[4] / s[0]
    );
    Ok(())
}
