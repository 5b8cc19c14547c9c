//! Runs a folder of hostile programs and says, of each, whether it got the verdict that it must.
//!
//! ```text
//! cargo run --release -p cogitree-executors --example hostile -- FOLDER [--repeat N] [--seconds S]
//! ```
//!
//! The folder's contract is in its `README.md`; members that are not stored are made by its
//! `generate.py`. After each program the baseline must pass, and this process may hold no thread,
//! descriptor or child more than before, and no new file. With `--repeat 2` the whole is done twice
//! and the reports must be the same, byte for byte, wall times aside. Ends with 1 on a miss.

#[path = "../../tests/common/process.rs"]
mod process;
#[path = "../../tests/common/suite.rs"]
mod suite;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use cogitree_executors::Sandbox;
use process::Held;
use suite::{Outcome, Suite};

/// What the programs look for in the environment, and must not find.
const CANARY: (&str, &str) = ("HOSTILE_CANARY", "canary-7f3a9c");

fn main() -> ExitCode {
    let run = if env::var_os(CANARY.0).is_some() {
        suite_here()
    } else {
        in_a_process_of_its_own()
    };
    match run {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Starts this program again: with the canary in its environment, and in an empty folder, so
/// that whatever is written there shows.
fn in_a_process_of_its_own() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = env::args_os().skip(1);
    let folder = PathBuf::from(words.next().ok_or("give the folder of hostile programs")?);
    let folder = folder
        .canonicalize()
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let own = env::temp_dir().join(format!("cogitree-hostile-{}", std::process::id()));
    let (made, empty) = (own.join("made"), own.join("empty"));
    fs::create_dir(&own)?;
    fs::create_dir(&made)?;
    fs::create_dir(&empty)?;
    let generated = generate(&folder, &made);
    let code = Command::new(env::current_exe()?)
        .arg(&folder)
        .arg(&made)
        .args(words)
        .current_dir(&empty)
        .env("TMPDIR", &empty)
        .env(CANARY.0, CANARY.1)
        .status();
    fs::remove_dir_all(&own)?;
    if let Err(why) = generated {
        eprintln!("note: some programs may be missing: {why}");
    }
    Ok(ExitCode::from(code?.code().map_or(2, |c| c as u8)))
}

fn generate(folder: &Path, into: &Path) -> Result<(), String> {
    let python = env::var_os("COGITREE_PYTHON").unwrap_or_else(|| "python3".into());
    let script = folder.join("generate.py");
    match Command::new(&python).arg(&script).arg(into).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", script.display())),
        Err(e) => Err(format!("{} does not run: {e}", python.display())),
    }
}

struct Options {
    folders: Vec<PathBuf>,
    repeat: usize,
    seconds: Option<f64>,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        folders: Vec::new(),
        repeat: 1,
        seconds: None,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().ok_or(format!("{word} needs a number"));
        match word.as_str() {
            "--repeat" => options.repeat = number()?.parse()?,
            "--seconds" => options.seconds = Some(number()?.parse()?),
            _ => options.folders.push(word.into()),
        }
    }
    Ok(options)
}

fn suite_here() -> Result<ExitCode, Box<dyn Error>> {
    let options = options()?;
    let mut suite = Suite::open(options.folders)?;
    if let Some(seconds) = options.seconds {
        suite.limits.seconds = seconds;
    }
    let sandbox = Sandbox::open(|step| eprintln!("{step}"))?;
    // Whatever is made once is made before the first count.
    if !suite.baseline_holds(&sandbox)? {
        return Err("the baseline does not pass".into());
    }
    let held = Held::now();
    let (mut misses, mut differing) = (0, Vec::new());
    let mut first: Vec<String> = Vec::new();
    for round in 0..options.repeat {
        if round == 0 {
            println!("{:<34} {:<14} {:<14}", "program", "expected", "got");
        }
        for (i, member) in suite.members.iter().enumerate() {
            let outcome = one(&suite, &sandbox, i, held)?;
            let short = outcome.misses.join("; ");
            if round == 0 {
                let verdict = outcome.verdict();
                let word = if short.is_empty() { "ok" } else { "MISS: " };
                println!(
                    "{:<34} {:<14} {verdict:<14} {word}{short}",
                    member.file, member.expect
                );
                first.push(outcome.told());
            } else if first[i] != outcome.told() {
                differing.push(member.file.clone());
            }
            if round > 0 && !short.is_empty() {
                println!("{} in round {}: MISS: {short}", member.file, round + 1);
            }
            misses += usize::from(!short.is_empty());
        }
    }
    println!("\n{} programs, {misses} misses", suite.members.len());
    if options.repeat > 1 {
        println!(
            "{} rounds; reports that are not the same byte for byte, times aside: {}",
            options.repeat,
            match differing.as_slice() {
                [] => "none".into(),
                some => some.join(", "),
            }
        );
    }
    Ok(ExitCode::from(u8::from(
        misses > 0 || !differing.is_empty(),
    )))
}

/// Runs one program, then the baseline, and looks for what is left; `held` is what this process held
/// before the first of them.
fn one(
    suite: &Suite,
    sandbox: &Sandbox,
    index: usize,
    held: Option<Held>,
) -> Result<Outcome, Box<dyn Error>> {
    let member = &suite.members[index];
    if suite.bytes(&member.file).is_none() {
        return Ok(Outcome {
            report: Default::default(),
            misses: vec!["not at hand: neither stored nor made by generate.py".into()],
        });
    }
    let mut outcome = suite.run(sandbox, member)?;
    if !suite.baseline_holds(sandbox)? {
        outcome.misses.push("the baseline no longer passes".into());
    }
    if let (Some(before), Some(now)) = (held, Held::now()) {
        outcome.misses.extend(now.more_than(&before));
    }
    for entry in fs::read_dir(env::temp_dir())?.flatten() {
        outcome
            .misses
            .push(format!("left {}", entry.path().display()));
    }
    Ok(outcome)
}
