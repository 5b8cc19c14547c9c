//! How many problems the embedded policy solves at a budget.
//!
//!     cargo run --release --example solve_rate -- examples/problems --simulations 200 1000
//!     cargo run --release --example solve_rate -- HumanEval.jsonl.gz --rethinks 0 --json out.jsonl
//!     cargo run --release --example solve_rate -- HumanEval.jsonl.gz --rethinks 0 --json out.jsonl --resume
//!
//! The search sees the visible tests; the hidden ones judge its answer afterwards. Problems
//! run side by side, one thread each; a result does not depend on that.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::Parser;
use cogitree::onnx::{ModelFiles, OnnxError, OnnxValue, ValueConfig};
use cogitree::problem::{self, Dataset, LoadedProblem};
use cogitree::{
    Budget, Chain, Closeness, Event, Judge, Meter, Outcome, PassFraction, Program, Rule, Sandbox,
    Search, SearchConfig, Sketcher, StopReason, Thought, ValueModel, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Measure the solve rate of the embedded policy.
#[derive(Parser)]
struct Args {
    /// A data set (.jsonl, .jsonl.gz) or a folder of problem files
    problems: PathBuf,
    /// Budgets to measure at
    #[arg(long, num_args = 1.., default_values_t = [200, 1000],
        value_parser = clap::value_parser!(u64).range(1..))]
    simulations: Vec<u64>,
    /// Rethinks in one simulation; 0 turns rethinking off
    #[arg(long, default_value_t = SearchConfig::default().rethinks)]
    rethinks: usize,
    /// The selection rule, with its defaults
    #[arg(long, default_value_t = SearchConfig::default().rule)]
    rule: Rule,
    /// Programs whose behaviour is compared for the answer; 0 for none
    #[arg(long, default_value_t = SearchConfig::default().agreement)]
    agreement: usize,
    /// The value model: closeness, tests, default, or an .onnx file
    #[arg(long, default_value = "closeness")]
    value_model: String,
    /// Fields of the configuration to change, as JSON: {"value_weight": 0, "foresight": 1}
    #[arg(long, default_value = "{}")]
    config: String,
    /// Take only the problems whose ids are lines of this file
    #[arg(long)]
    only: Option<PathBuf>,
    /// Take every Nth problem only
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Seed of the searches
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write one JSON line for each problem and budget
    #[arg(long)]
    json: Option<PathBuf>,
    /// Take what the file of --json already has, and add what it lacks: for runs of hours
    #[arg(long, requires = "json", conflicts_with = "candidates")]
    resume: bool,
    /// Search on when solved, and write one JSON line for each program that passes the visible
    /// tests: what the policy counts in it, and the hidden verdict. For fitting its weights
    #[arg(long)]
    candidates: Option<PathBuf>,
}

/// What became of one problem.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    id: String,
    simulations: u64,
    rethinks: usize,
    agreement: usize,
    seed: u64,
    #[serde(default = "default_rule")]
    rule: String,
    #[serde(default = "default_value")]
    value_model: String,
    #[serde(default = "nothing")]
    config: String,
    visible: bool,
    hidden: bool,
    executions: u64,
    seconds: f64,
    /// The search ended by itself, before its budget did: a larger one changes nothing, as a
    /// search in waves reads its budget only to end.
    settled: bool,
}

/// The rule of files that do not name one.
fn default_rule() -> String {
    SearchConfig::default().rule.to_string()
}

fn default_value() -> String {
    "closeness".to_owned()
}

fn nothing() -> String {
    "{}".to_owned()
}

/// The value model of a name.
fn value_model(name: &str) -> Result<Arc<dyn ValueModel>, OnnxError> {
    let files = match name {
        "closeness" => return Ok(Arc::new(Closeness)),
        "tests" => return Ok(Arc::new(PassFraction)),
        "default" => ModelFiles::embedded(),
        file => ModelFiles::read(file.as_ref())?,
    };
    // A failure of the model must not go unnoticed in a measurement.
    let config = ValueConfig {
        fallback: None,
        ..ValueConfig::default()
    };
    let model = OnnxValue::load(&files, &config)?.on_warning(|why| give_up(&why));
    Ok(Arc::new(model))
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = Args::parse();
    args.simulations.sort_unstable();
    let only: Option<HashSet<String>> = match &args.only {
        Some(file) => Some(
            std::fs::read_to_string(file)?
                .lines()
                .map(str::to_owned)
                .collect(),
        ),
        None => None,
    };
    let problems: Vec<LoadedProblem> = load(&args.problems)?
        .into_iter()
        .filter(|loaded| {
            only.as_ref()
                .is_none_or(|ids| ids.contains(&loaded.problem.id))
        })
        .step_by(args.every.max(1))
        .collect();
    let sandbox = Arc::new(Sandbox::open(|step| eprintln!("{step}"))?);
    let value = value_model(&args.value_model)?;
    let changes: serde_json::Value = serde_json::from_str(&args.config)?;
    let base = SearchConfig::default().overlaid(&changes)?;
    let known = match &args.json {
        Some(path) if args.resume && path.exists() => resume(path, &args)?,
        _ => HashMap::new(),
    };
    let mut file = args
        .json
        .as_ref()
        .map(|path| {
            let mut how = File::options();
            if args.resume {
                how.append(true).create(true).open(path)
            } else {
                how.write(true).truncate(true).create(true).open(path)
            }
        })
        .transpose()?
        .map(BufWriter::new);
    let candidates = args
        .candidates
        .as_ref()
        .map(File::create)
        .transpose()?
        .map(|f| Mutex::new(BufWriter::new(f)));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{}: {} problems, value model {}, {}, {} rethinks, seed {}, {} threads",
        args.problems.display(),
        problems.len(),
        args.value_model,
        args.config,
        args.rethinks,
        args.seed,
        threads
    );
    println!(
        "simulations  solved           95 %           visible  false positives  programs/problem  time"
    );
    let mut before: Vec<Option<Row>> = vec![None; problems.len()];
    for &simulations in &args.simulations {
        let started = Instant::now();
        let done = AtomicUsize::new(0);
        let log = Mutex::new(&mut file);
        let next = AtomicUsize::new(0);
        let rows: Mutex<Vec<Option<Row>>> = Mutex::new(vec![None; problems.len()]);
        // Threads of our own: a rayon worker that waits for a search would begin another.
        let worker = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(loaded) = problems.get(index) else {
                    break;
                };
                let known = known.get(&(loaded.problem.id.clone(), simulations));
                let row = match (&before[index], known) {
                    (_, Some(row)) => row.clone(),
                    (Some(row), None) if row.settled => Row {
                        simulations,
                        ..row.clone()
                    },
                    _ => {
                        let with = (&sandbox, &value, &base);
                        solve(loaded, with, simulations, &args, candidates.as_ref())
                    }
                };
                let n = done.fetch_add(1, Ordering::Relaxed) + 1;
                eprint!("\r{n} of {} at {simulations} simulations ", problems.len());
                if known.is_none()
                    && let Ok(mut log) = log.lock()
                    && let Some(file) = log.as_mut()
                {
                    let line = serde_json::to_string(&row).unwrap_or_else(|e| give_up(&e));
                    let written = writeln!(file, "{line}").and_then(|()| file.flush());
                    written.unwrap_or_else(|e| give_up(&e));
                }
                if let Ok(mut rows) = rows.lock() {
                    rows[index] = Some(row);
                }
            }
        };
        std::thread::scope(|s| {
            for _ in 0..threads {
                s.spawn(worker);
            }
        });
        let settled = before.iter().flatten().filter(|r| r.settled).count();
        before = rows.into_inner().map_err(|_| "a search panicked")?;
        let rows: Vec<&Row> = before.iter().flatten().collect();
        eprint!("\r{:40}\r", "");
        let solved = rows.iter().filter(|r| r.visible && r.hidden).count();
        let visible = rows.iter().filter(|r| r.visible).count();
        let programs: u64 = rows.iter().map(|r| r.executions).sum();
        let (low, high) = wilson(solved, rows.len());
        println!(
            "{simulations:11}  {solved:3} = {:5.1} %   {:4.1} to {:4.1} %   {visible:7}  {:15}  {:16.0}  {:.0} s",
            100.0 * solved as f64 / rows.len().max(1) as f64,
            100.0 * low,
            100.0 * high,
            visible - solved,
            programs as f64 / rows.len().max(1) as f64,
            started.elapsed().as_secs_f64(),
        );
        if settled > 0 {
            println!("             {settled} of them had ended by themselves at the budget before");
        }
        let wrong: Vec<&str> = rows
            .iter()
            .filter(|r| r.visible && !r.hidden)
            .map(|r| r.id.as_str())
            .collect();
        println!(
            "             pass the visible tests only: {}",
            wrong.join(" ")
        );
    }
    Ok(())
}

fn solve(
    loaded: &LoadedProblem,
    (sandbox, value, base): (&Arc<Sandbox>, &Arc<dyn ValueModel>, &SearchConfig),
    simulations: u64,
    args: &Args,
    candidates: Option<&Mutex<BufWriter<File>>>,
) -> Row {
    let fitting = candidates.is_some();
    let config = SearchConfig {
        stop_when_solved: !fitting,
        patience: if fitting { 0 } else { base.patience },
        budget: Budget {
            simulations,
            ..Budget::default()
        },
        rule: args.rule,
        rethinks: args.rethinks,
        agreement: args.agreement,
        seed: args.seed,
        threads: 1,
        ..base.clone()
    };
    let policy = Arc::new(Sketcher::new());
    let outcome = Search::new(loaded.problem.clone(), policy.clone(), sandbox.clone())
        .config(config)
        .value_model(value.clone())
        .run()
        .unwrap_or_else(|e| give_up(&e));
    if let StopReason::Failed(why) = &outcome.stop {
        give_up(why);
    }
    let right = |program: &Program| {
        loaded.hidden.as_ref().is_some_and(|hidden| {
            let judged = Judge::new(sandbox.as_ref()).judge(&loaded.problem, program, hidden);
            // A failure of the machinery must not count as a wrong answer.
            let report = judged.unwrap_or_else(|e| give_up(&e));
            report.all_passed()
        })
    };
    if let Some(file) = candidates {
        write_candidates(loaded, &outcome, &policy, right, file);
    }
    let hidden = outcome.answer.as_ref().is_some_and(|a| right(&a.program));
    Row {
        id: loaded.problem.id.clone(),
        simulations,
        rethinks: args.rethinks,
        agreement: args.agreement,
        seed: args.seed,
        rule: args.rule.to_string(),
        value_model: args.value_model.clone(),
        config: args.config.clone(),
        visible: outcome.solved,
        hidden,
        executions: outcome.cost.executions,
        seconds: outcome.elapsed.as_secs_f64(),
        settled: outcome.stop != StopReason::Simulations,
    }
}

/// The rows of an earlier run, by problem and budget. Its settings must be those of this one.
fn resume(
    path: &Path,
    args: &Args,
) -> Result<HashMap<(String, u64), Row>, Box<dyn std::error::Error>> {
    let mut rows = HashMap::new();
    for (number, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let at = || format!("{}:{}", path.display(), number + 1);
        let row: Row = serde_json::from_str(line)
            .map_err(|e| format!("{}: not a row of an earlier run ({e}); remove it", at()))?;
        let theirs = (row.rethinks, row.agreement, row.seed, row.rule.as_str());
        let ours = (args.rethinks, args.agreement, args.seed, args.rule.name());
        let values = (&row.value_model, &row.config) == (&args.value_model, &args.config);
        if theirs != ours || !values {
            return Err(format!(
                "{}: was run with --value-model {} --config '{}' --rethinks {} --agreement {} --seed {} \
                 --rule {}; give the same, or another file to --json",
                at(),
                row.value_model,
                row.config,
                row.rethinks,
                row.agreement,
                row.seed,
                row.rule
            )
            .into());
        }
        rows.insert((row.id.clone(), row.simulations), row);
    }
    Ok(rows)
}

/// One line for each different program that passes the visible tests.
fn write_candidates(
    loaded: &LoadedProblem,
    outcome: &Outcome,
    policy: &Sketcher,
    right: impl Fn(&Program) -> bool,
    file: &Mutex<BufWriter<File>>,
) {
    let mut seen = HashSet::new();
    for event in &outcome.journal {
        let Event::Ran {
            node,
            thought,
            program,
            verdicts,
            version,
            ..
        } = event
        else {
            continue;
        };
        if verdicts.iter().any(|v| *v != Verdict::Passed) || !seen.insert(program.fingerprint()) {
            continue;
        }
        let path = outcome.tree.path(*node);
        let mut thoughts: Vec<Thought> = path[1..path.len() - 1]
            .iter()
            .map(|id| outcome.tree.payload(*id).thought().clone())
            .collect();
        thoughts.push(thought.clone());
        let meter = Meter::default();
        let chain = Chain::new(&loaded.problem, &thoughts, 0, &meter);
        let Some(features) = policy.features(&chain) else {
            continue;
        };
        let line = json!({
            "id": loaded.problem.id,
            "right": right(program),
            "rethought": version > &0,
            "features": features.into_iter().collect::<BTreeMap<_, _>>(),
            "program": program.source,
        });
        if let Ok(mut file) = file.lock() {
            let written = writeln!(file, "{line}").and_then(|()| file.flush());
            written.unwrap_or_else(|e| give_up(&e));
        }
    }
}

/// Ends the measurement: its figures would not be true.
fn give_up(error: &dyn std::fmt::Display) -> ! {
    eprintln!("\nerror: the measurement cannot go on: {error}");
    std::process::exit(2)
}

fn load(path: &Path) -> Result<Vec<LoadedProblem>, Box<dyn std::error::Error>> {
    if !path.is_dir() {
        return Ok(Dataset::open(path)?.collect::<Result<_, _>>()?);
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|p| p.extension().is_some_and(|e| e == "toml" || e == "json"));
    files.sort();
    Ok(files
        .iter()
        .map(|p| problem::load(p))
        .collect::<Result<_, _>>()?)
}

/// Wilson's 95 % interval of a share.
fn wilson(hits: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (n as f64, 1.96_f64);
    let p = hits as f64 / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    (centre - half, centre + half)
}
