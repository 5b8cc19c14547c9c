//! Exports training data for the value model: labelled programs of real models, and of our own searches.
//!
//!     cargo run --release --example value_data -- DATA --out rows.jsonl --cache reports.jsonl
//!
//! DATA is a folder with the logs that `docs/recorded.md` describes. Every program is run on the visible
//! tests of its problem, as a search would run it, and encoded as a value model would see it. Its label
//! is the verdict of hidden tests, which nothing that is encoded has seen.
//!
//! A row: `problem`, `group` (of near-duplicate problems), `part` (of 20, the same for a whole group),
//! `split`, `source`, `written` (false of a thought that is shown without its program), `tokens`, `features`, `right`, `plus` (the same by EvalPlus's added tests, where
//! they were run), `reached` (of programs that recorded attempts follow: whether it or one of those was
//! right), `passes_visible`. The first line is a header with the encoding.

#[path = "../replayed/cache.rs"]
mod cache;
mod problems;
mod rows;
mod searches;
#[path = "../replayed/side_by_side.rs"]
mod side_by_side;
mod sources;
mod split;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use cogitree::Sandbox;
use cogitree_policies::logs::NormalForm;
use cogitree_policies::onnx::encode::{Encoder, FEATURES, VERSION};
use serde_json::json;

use cache::Cached;
use problems::Problems;
use side_by_side::side_by_side;
use sources::Case;
use split::Parts;

/// Export training data for the value model.
#[derive(Parser)]
struct Args {
    /// The folder of the logs
    data: PathBuf,
    /// A folder of problem files to search on; these are always held out
    #[arg(long, default_value = "examples/problems")]
    examples: PathBuf,
    /// Where the rows go
    #[arg(long)]
    out: PathBuf,
    /// Keep reports of programs in this file, for the next run
    #[arg(long)]
    cache: Option<PathBuf>,
    /// The most different programs of one problem from one source
    #[arg(long, default_value_t = 40)]
    most: usize,
    /// Simulations of our own search on a problem; 0 leaves our own searches out
    #[arg(long, default_value_t = 100)]
    simulations: u64,
    /// Search on every Nth problem of the logs
    #[arg(long, default_value_t = 4)]
    every: usize,
    /// Ids of tokens
    #[arg(long, default_value_t = 8192)]
    buckets: u32,
    /// Tokens of a state
    #[arg(long, default_value_t = 512)]
    longest: usize,
}

type Executor = Arc<Cached<Sandbox>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let problems = Problems::read(&args.data, &args.examples)?;
    let parts = Parts::of(&problems.statements());
    eprintln!(
        "{} problems in {} groups of near duplicates, the largest of {}",
        problems.len(),
        parts.groups(),
        parts.largest()
    );
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    let executor = Arc::new(Cached::open(sandbox, args.cache.as_deref())?);

    let mut cases = sources::all(&args.data)?;
    cases.retain(|case| problems.get(&case.task).is_some());
    let mut tasks = by_task(cases);
    if args.simulations > 0 {
        let chosen = problems.to_search(args.every);
        let searched = side_by_side(&chosen, |known| {
            searches::cases(known, &executor, args.simulations, args.most)
        })?;
        for case in searched.into_iter().flatten() {
            tasks.entry(case.task.clone()).or_default().push(case);
        }
    }

    let encoder = Encoder::hashed(args.buckets, args.longest);
    let mut out = BufWriter::new(File::create(&args.out)?);
    let header = json!({
        "cogitree_value_data": 2,
        "encoding": {
            "kind": "hashed",
            "version": VERSION,
            "buckets": encoder.buckets(),
            "longest": encoder.longest(),
            "features": FEATURES.as_slice(),
        },
    });
    writeln!(out, "{header}")?;
    let tasks: Vec<(String, Vec<Case>)> = tasks.into_iter().collect();
    let written = side_by_side(&tasks, |(task, cases)| {
        let known = problems.get(task).ok_or("the problem is gone")?;
        let reached = rows::reached(cases);
        let chosen = chosen(cases, args.most);
        rows::of(
            &known.problem,
            &chosen,
            &reached,
            &parts,
            &encoder,
            &executor,
        )
    })?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (source, row) in written.into_iter().flatten() {
        *counts.entry(source).or_default() += 1;
        writeln!(out, "{row}")?;
    }
    out.flush()?;
    for (source, count) in counts {
        println!("{count:6} {source}");
    }
    Ok(())
}

fn by_task(cases: Vec<Case>) -> BTreeMap<String, Vec<Case>> {
    let mut tasks: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases {
        tasks.entry(case.task.clone()).or_default().push(case);
    }
    tasks
}

/// Every program once for each source, and no more than `most` of them: those whose hash is lowest, which
/// says nothing of what they are.
fn chosen(cases: &[Case], most: usize) -> Vec<&Case> {
    let mut cases: Vec<(blake3::Hash, &Case)> = (cases.iter())
        .map(|case| (blake3::hash(case.program.source.as_bytes()), case))
        .collect();
    cases.sort_by_key(|(hash, _)| *hash.as_bytes());
    let mut seen: HashSet<(&str, NormalForm)> = HashSet::new();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    let mut chosen = Vec::new();
    for (_, case) in cases {
        let taken = taken.entry(case.source).or_default();
        if *taken < most && seen.insert((case.source, case.form)) {
            *taken += 1;
            chosen.push(case);
        }
    }
    chosen
}
