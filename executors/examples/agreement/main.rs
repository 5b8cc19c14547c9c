//! Runs programs whose verdict is known, and lists every one on which the sandbox disagrees.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example agreement -- DATA [--set NAME] [--every N]
//!     [--repeat N] [--seconds S]
//! ```
//!
//! `DATA` is a folder with the data sets named in `tests/common/records.rs`: canonical solutions, which
//! must pass, and programs that models wrote, with the verdict that native Python gave them. Of a
//! disagreement it tells the label, the verdict, and what the sandbox saw. `--set` runs the sets with
//! that in their name, `--every` only each so many-th of the recorded programs. With `--repeat 2` everything is run twice and the reports must be the same, byte
//! for byte, wall times aside. Ends with 1 when they are not, or when a canonical solution fails that is
//! not known to.

#[path = "../../tests/common/records.rs"]
mod records;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cogitree_engine::{
    Checker, Executor, ExecutorError, Interface, Job, Limits, Program, Report, Verdict,
};
use cogitree_executors::Sandbox;
use records::{CANNOT, CANONICAL, Case, RECORDED, Set};

struct Options {
    data: PathBuf,
    only: Option<String>,
    every: usize,
    repeat: usize,
    seconds: f64,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        data: PathBuf::new(),
        only: None,
        every: 1,
        repeat: 1,
        // Labels are of native runs that had three to four seconds.
        seconds: 15.0,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--set" => options.only = Some(next()?),
            "--every" => options.every = next()?.parse::<usize>()?.max(1),
            "--repeat" => options.repeat = next()?.parse()?,
            "--seconds" => options.seconds = next()?.parse()?,
            _ => options.data = word.into(),
        }
    }
    if !options.data.is_dir() {
        return Err(format!("{:?} is no folder with data sets", options.data).into());
    }
    Ok(options)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    let mut fine = true;
    println!("Canonical solutions: all must pass.");
    for set in &CANONICAL {
        let Some(outcome) = run_set(&sandbox, &options, set, 1)? else {
            continue;
        };
        fine &= outcome.disagreements == 0 && outcome.same;
    }
    println!("\nRecorded programs, against the verdict of native Python.");
    for set in &RECORDED {
        let Some(outcome) = run_set(&sandbox, &options, set, options.every)? else {
            continue;
        };
        fine &= outcome.same;
    }
    Ok(ExitCode::from(u8::from(!fine)))
}

struct Outcome {
    /// Those that are not explained.
    disagreements: usize,
    /// All rounds gave the same reports.
    same: bool,
}

fn run_set(
    sandbox: &Sandbox,
    options: &Options,
    set: &Set,
    every: usize,
) -> Result<Option<Outcome>, Box<dyn Error>> {
    if options.only.as_ref().is_some_and(|o| !set.name.contains(o)) {
        return Ok(None);
    }
    let Some(cases) = set.cases(Path::new(&options.data))? else {
        println!("{}: {} is not at hand", set.name, set.file);
        return Ok(None);
    };
    let cases: Vec<Case> = cases.into_iter().step_by(every).collect();
    let start = Instant::now();
    let mut rounds = (0..options.repeat.max(1)).map(|_| run_all(sandbox, &cases, options.seconds));
    let reports = rounds.next().unwrap_or_else(|| Ok(Vec::new()))?;
    let mut differing = Vec::new();
    for again in rounds {
        for ((case, a), b) in cases.iter().zip(&reports).zip(&again?) {
            if told(a) != told(b) {
                differing.push(case.id.clone());
            }
        }
    }
    let misses: Vec<(&Case, &Report)> = cases
        .iter()
        .zip(&reports)
        .filter(|(case, report)| (case.label == "pass") != report.all_passed())
        .collect();
    let as_labelled = cases
        .iter()
        .zip(&reports)
        .filter(|(case, report)| verdict_of(&case.label) == Some(report.verdict()))
        .count();
    println!(
        "{}: {} programs, {} disagree on whether they pass; {as_labelled} have the label's very verdict ({:.0} s)",
        set.name,
        cases.len(),
        misses.len(),
        start.elapsed().as_secs_f64()
    );
    for (case, report) in &misses {
        let (here, why) = (words(report), cannot(case));
        println!("  {}: label {}, here {here}{why}", case.id, case.label);
    }
    if options.repeat > 1 {
        println!(
            "  {} rounds; reports that are not the same byte for byte, times aside: {}",
            options.repeat,
            if differing.is_empty() {
                "none".into()
            } else {
                differing.join(", ")
            }
        );
    }
    Ok(Some(Outcome {
        disagreements: misses.iter().filter(|(c, _)| cannot(c).is_empty()).count(),
        same: differing.is_empty(),
    }))
}

/// Runs all on as many threads as the sandbox has places; the reports are in the order of the cases.
fn run_all(sandbox: &Sandbox, cases: &[Case], seconds: f64) -> Result<Vec<Report>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Report)>, ExecutorError> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else {
                return Ok(done);
            };
            done.push((index, run(sandbox, case, seconds)?));
        }
    };
    let mut reports = Vec::with_capacity(cases.len());
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            reports.extend(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(())
    })?;
    reports.sort_by_key(|(index, _)| *index);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

fn run(sandbox: &Sandbox, case: &Case, seconds: f64) -> Result<Report, ExecutorError> {
    sandbox.run(&Job {
        interface: &case.interface,
        program: &Program::new(case.source.as_str()),
        tests: &case.tests,
        checker: match case.interface {
            Interface::Stdin => &Checker::Tokens,
            _ => &Checker::Exact,
        },
        limits: Limits {
            seconds,
            memory_mib: 512,
            ..Limits::default()
        },
    })
}

/// Why a solution cannot pass, where that is known.
fn cannot(case: &Case) -> String {
    let known = CANNOT.iter().find(|(id, _)| *id == case.id);
    known.map_or(String::new(), |(_, why)| format!(" (known: {why})"))
}

fn verdict_of(label: &str) -> Option<Verdict> {
    match label {
        "pass" => Some(Verdict::Passed),
        "wrong" => Some(Verdict::WrongAnswer),
        "error" | "syntax" => Some(Verdict::RuntimeError),
        "timeout" => Some(Verdict::Timeout),
        _ => None,
    }
}

/// A report as text, wall times aside.
fn told(report: &Report) -> String {
    let mut report = report.clone();
    for test in &mut report.tests {
        test.time = Default::default();
    }
    serde_json::to_string(&report).unwrap_or_else(|e| format!("no text: {e}"))
}

/// The verdict, and what the first test that failed showed.
fn words(report: &Report) -> String {
    let Some(failed) = report.tests.iter().position(|t| !t.verdict.passed()) else {
        return report.verdict().to_string();
    };
    let test = &report.tests[failed];
    let mut words = format!("{} in test {}", test.verdict, failed + 1);
    if let Some(error) = &test.error {
        words += &format!(": {error}").replace('\n', " ");
    }
    words.chars().take(240).collect()
}
