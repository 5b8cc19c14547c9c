//! The presets beside each other on a simulated model, at equal numbers of calls; and what
//! simulations in flight gain where a call takes its time.
//!
//!     cargo run --release -p cogitree-policies --example simulated
//!     cargo run --release -p cogitree-policies --example simulated -- --json simulated.jsonl
//!     cargo run --release -p cogitree-policies --example simulated -- --presets cogitree resample --flight ""
//!
//! What is simulated, and what is assumed, is in `docs/recorded.md`. An answer counts as solved when
//! the world's judge says that it is right: to pass the visible tests is not enough.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use cogitree_engine::{Budget, Preset, Schedule, Search, SearchConfig};
use cogitree_policies::simulated::{Odds, World};
use serde_json::json;

/// Measure presets on a simulated model.
#[derive(Parser)]
struct Args {
    /// Problems
    #[arg(long, default_value_t = 200)]
    problems: u32,
    /// Seeds of the searches; the problems are the same
    #[arg(long, num_args = 1.., default_values_t = [1, 2, 3])]
    seeds: Vec<u64>,
    /// Seed of the world
    #[arg(long, default_value_t = 1)]
    world: u64,
    /// Calls that a search may make
    #[arg(long, num_args = 1.., default_values_t = [8, 16, 32, 64])]
    calls: Vec<u64>,
    /// Presets, all by default; none measures flight only
    #[arg(long, num_args = 0..)]
    presets: Option<Vec<String>>,
    /// Simulations in flight to compare; none measures presets only
    #[arg(long, num_args = 0.., default_values_t = [1, 4, 16, 64])]
    flight: Vec<usize>,
    /// Calls of a search whose time is measured
    #[arg(long, default_value_t = 256)]
    flight_calls: u64,
    /// Latency of a call in these, in milliseconds
    #[arg(long, default_value_t = 100)]
    latency: u64,
    /// Write one JSON line for each row, too
    #[arg(long)]
    json: Option<PathBuf>,
}

/// What came of a search.
struct Row {
    problem: u32,
    right: bool,
    visible: bool,
    calls: u64,
    tokens: u64,
    executions: u64,
    time: Duration,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut json = args.json.as_ref().map(File::create).transpose()?;
    let mut write = |line: serde_json::Value| -> std::io::Result<()> {
        json.as_mut()
            .map_or(Ok(()), |file| writeln!(file, "{line}"))
    };
    let names: Vec<&str> = match &args.presets {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => Preset::all().iter().map(|preset| preset.name).collect(),
    };
    if !names.is_empty() {
        table(&args, &names, &mut write)?;
    }
    if !args.flight.is_empty() {
        flight(&args, &mut write)?;
    }
    Ok(())
}

type Write1<'a> = &'a mut dyn FnMut(serde_json::Value) -> std::io::Result<()>;

/// Solve rate against calls.
fn table(args: &Args, names: &[&str], write: Write1<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let world = World::new(Odds::default(), args.world);
    println!(
        "{} problems × {} seeds; solved in % ± standard error over problems (calls used)",
        args.problems,
        args.seeds.len()
    );
    print!("{:16}", "preset");
    for calls in &args.calls {
        print!("  {:>22}", format!("{calls} calls"));
    }
    println!();
    for name in names {
        print!("{name:16}");
        for &calls in &args.calls {
            let config = SearchConfig {
                budget: Budget {
                    simulations: 1_000_000,
                    calls: Some(calls),
                    ..Budget::default()
                },
                threads: 1,
                ..Preset::named(name)?.config()
            };
            let rows = measure(args, &world, &config, cores())?;
            let (rate, error) = solved(args, &rows);
            let mean = |of: fn(&Row) -> u64| {
                rows.iter().map(of).sum::<u64>() as f64 / rows.len().max(1) as f64
            };
            let visible = rows.iter().filter(|r| r.visible).count() as f64 / rows.len() as f64;
            print!(
                "  {:>22}",
                format!(
                    "{:5.1} ± {:3.1} ({:4.1})",
                    100.0 * rate,
                    100.0 * error,
                    mean(|r| r.calls)
                )
            );
            std::io::stdout().flush()?;
            write(json!({
                "preset": name, "calls_allowed": calls, "problems": args.problems,
                "seeds": args.seeds, "solved": rate, "standard_error": error, "visible": visible,
                "calls": mean(|r| r.calls), "tokens": mean(|r| r.tokens),
                "executions": mean(|r| r.executions),
            }))?;
        }
        println!();
    }
    Ok(())
}

/// Wall time and solve rate against simulations in flight. No search stops before its calls are
/// made, so that all do the same work.
fn flight(args: &Args, write: Write1<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let latency = Duration::from_millis(args.latency);
    let world = World::new(
        Odds {
            latency,
            ..Odds::default()
        },
        args.world,
    );
    println!(
        "\npreset cogitree, 16 thoughts a node and no ramp, {} calls of {} ms a search, {} problems, seed {}",
        args.flight_calls, args.latency, args.problems, args.seeds[0]
    );
    println!("schedule  in flight  seconds a search  against the first  solved in %");
    for schedule in [Schedule::Waves, Schedule::Eager] {
        let mut first = None;
        for &in_flight in &args.flight {
            let config = SearchConfig {
                schedule,
                in_flight,
                budget: Budget {
                    simulations: 1_000_000,
                    calls: Some(args.flight_calls),
                    ..Budget::default()
                },
                stop_when_solved: false,
                patience: 0,
                threads: 1,
                // A tree that is large enough for what is in flight, from the first wave on.
                width: 16,
                ramp: false,
                ..Preset::named("cogitree")?.config()
            };
            // They sleep most of the time; not so many that the machine becomes what is measured.
            let side_by_side = (256 / in_flight).clamp(1, 64);
            let one_seed = &args.seeds[..1];
            let rows = measure_seeds(args.problems, one_seed, &world, &config, side_by_side)?;
            let seconds =
                rows.iter().map(|r| r.time.as_secs_f64()).sum::<f64>() / rows.len() as f64;
            let gain = *first.get_or_insert(seconds) / seconds;
            let (rate, error) = solved(args, &rows);
            let name = format!("{schedule:?}").to_lowercase();
            println!(
                "{name:8}  {in_flight:9}  {seconds:16.2}  {gain:16.1}×  {:5.1} ± {:.1}",
                100.0 * rate,
                100.0 * error
            );
            let calls = rows.iter().map(|r| r.calls).sum::<u64>() as f64 / rows.len() as f64;
            write(json!({
                "schedule": name, "in_flight": in_flight, "seconds": seconds, "gain": gain,
                "solved": rate, "standard_error": error, "calls": calls,
                "latency_ms": args.latency,
            }))?;
        }
    }
    Ok(())
}

/// The mean over problems, and its standard error: runs on one problem are not independent.
fn solved(args: &Args, rows: &[Row]) -> (f64, f64) {
    let mut by_problem = vec![(0u32, 0u32); args.problems as usize];
    for row in rows {
        let (right, all) = &mut by_problem[row.problem as usize];
        *right += u32::from(row.right);
        *all += 1;
    }
    let rates: Vec<f64> = (by_problem.iter())
        .map(|(right, all)| f64::from(*right) / f64::from((*all).max(1)))
        .collect();
    let n = rates.len().max(1) as f64;
    let mean = rates.iter().sum::<f64>() / n;
    let variance = rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn measure(
    args: &Args,
    world: &World,
    config: &SearchConfig,
    side_by_side: usize,
) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    measure_seeds(args.problems, &args.seeds, world, config, side_by_side)
}

/// Runs every search, some side by side.
fn measure_seeds(
    problems: u32,
    seeds: &[u64],
    world: &World,
    config: &SearchConfig,
    side_by_side: usize,
) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    config.validate()?;
    let work: Vec<(u32, u64)> = (seeds.iter())
        .flat_map(|&seed| (0..problems).map(move |problem| (problem, seed)))
        .collect();
    let (policy, executor) = (Arc::new(world.policy()), Arc::new(world.executor()));
    let judge = world.judge();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    let worker = || {
        while let Some(&(problem, seed)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let search = Search::new(world.problem(problem), policy.clone(), executor.clone());
            let started = Instant::now();
            let outcome = search
                .config(SearchConfig {
                    seed,
                    ..config.clone()
                })
                .run();
            let row = outcome.map(|outcome| Row {
                problem,
                right: (outcome.answer.as_ref()).is_some_and(|a| judge.is_right(&a.program)),
                visible: outcome.solved,
                calls: outcome.cost.usage.calls,
                tokens: outcome.cost.usage.tokens(),
                executions: outcome.cost.executions,
                time: started.elapsed(),
            });
            rows.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(row);
        }
    };
    std::thread::scope(|s| {
        for _ in 0..side_by_side {
            s.spawn(worker);
        }
    });
    let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(rows.into_iter().collect::<Result<_, _>>()?)
}
