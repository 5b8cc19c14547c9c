//! `cogitree judge`: run a program against a problem's tests.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args as ClapArgs;
use serde_json::json;

use cogitree::{
    Checker, Executor, Feedback, Interface, Job, Judge, Problem, Program, Report, WasmExecutor,
    WasmSandbox, decode_source,
};

use super::Ended;
use super::failure::Failure;
use super::feedback_level::FeedbackName;
use super::output::{heading, paragraph, verdicts};
use super::problem_source::ProblemSource;
use super::sandbox::SandboxOptions;
use super::solve::test_objects;
use super::style;

/// Run a program against a problem's tests in the sandbox.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    // The program comes last, with or without a problem file before it.
    /// A problem file and a program (Python, or a WebAssembly module with WASI preview 1), or with
    /// --from and --task only a program; `-` reads the program from standard input
    #[arg(value_name = "PROBLEM PROGRAM", num_args = 1..=2, required = true)]
    paths: Vec<PathBuf>,

    /// Take the problem from a data set: HumanEval or MBPP, .jsonl or .jsonl.gz
    #[arg(long, value_name = "FILE", requires = "task")]
    from: Option<PathBuf>,

    /// Which task of the data set
    #[arg(long, value_name = "ID", requires = "from")]
    task: Option<String>,

    /// Leave the hidden tests out
    #[arg(long)]
    visible_only: bool,

    /// What is told of a program that fails: nothing, its verdict, how its result differs from the
    /// expected one, or with `trace` also what it did step by step
    #[arg(long, value_enum, default_value_t = FeedbackName::Diff)]
    feedback: FeedbackName,

    /// Seed of what is random in programs; the one that a search was given shows its answer the
    /// same numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,

    /// No progress
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    sandbox: SandboxOptions,
}

pub(crate) fn run(args: &Args) -> Ended {
    let (problem, program) = match (&args.paths[..], &args.from) {
        ([problem, program], None) => (Some(problem.clone()), program),
        ([program], Some(_)) => (None, program),
        ([_], None) => {
            return Err(Failure::Message(
                "judge takes two files, a problem and a program: cogitree judge PROBLEM PROGRAM"
                    .to_owned(),
            ));
        }
        _ => {
            return Err(Failure::Message(
                "with --from and --task name only the program: cogitree judge --from FILE --task ID PROGRAM"
                    .to_owned(),
            ));
        }
    };
    let source = ProblemSource {
        problem,
        from: args.from.clone(),
        task: args.task.clone(),
    };
    let loaded = source.load()?;
    let problem = &loaded.problem;
    let bytes = read_program(program)?;
    let (program, executor): (Program, Box<dyn Executor>) = if WasmSandbox::is_module(&bytes) {
        (
            Program::new(""),
            Box::new(module(args, problem, program, bytes)?),
        )
    } else {
        let sandbox = args.sandbox.open(args.seed, args.quiet)?;
        (text(program, &bytes)?, Box::new(sandbox))
    };
    let report = executor.run(&Job::visible(problem, &program))?;
    let feedback = executor.explain(problem, &program, &report, args.feedback.into());
    let hidden = match &loaded.hidden {
        Some(hidden) if !args.visible_only => {
            Some(Judge::new(&*executor).judge(problem, &program, hidden)?)
        }
        _ => None,
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        let object = json!({
            "problem": problem.id,
            "passed": report.all_passed() && hidden.as_ref().is_none_or(Report::all_passed),
            "verdict": report.verdict(),
            "tests": test_objects(problem, &problem.tests, &report),
            "feedback": feedback.text,
            "hidden": hidden.as_ref().map(|h| json!({
                "passed": h.passed(), "tests": h.tests.len(), "verdict": h.verdict(),
            })),
        });
        writeln!(out, "{object}")?;
    } else {
        print(
            &mut out,
            &loaded.problem,
            &report,
            &feedback,
            hidden.as_ref(),
        )?;
    }
    out.flush()?;
    Ok(report.all_passed() && hidden.is_none_or(|h| h.all_passed()))
}

fn print(
    out: &mut dyn Write,
    problem: &Problem,
    report: &Report,
    feedback: &Feedback,
    hidden: Option<&Report>,
) -> std::io::Result<()> {
    let mark = if report.all_passed() {
        style::good("✓")
    } else {
        style::bad("✗")
    };
    writeln!(
        out,
        "{mark} {}: {} of {} visible tests passed",
        style::bold(&problem.id),
        report.passed(),
        report.tests.len()
    )?;
    verdicts(out, problem, &problem.tests, &report.tests)?;
    if let Some(hidden) = hidden {
        let mark = if hidden.all_passed() {
            style::good("✓")
        } else {
            style::bad("✗")
        };
        let rest = if hidden.all_passed() {
            String::new()
        } else {
            format!(": {}", hidden.verdict())
        };
        writeln!(
            out,
            "{mark} {} of {} hidden tests passed{rest}",
            hidden.passed(),
            hidden.tests.len()
        )?;
    }
    if !feedback.text.is_empty() {
        heading(out, "Feedback")?;
        paragraph(out, "  ", "  ", &feedback.text)?;
    }
    Ok(())
}

/// Reads a program, at most a little more than any limit allows.
fn read_program(path: &Path) -> Result<Vec<u8>, Failure> {
    const MOST: u64 = 64 << 20;
    let fail = |e: std::io::Error| {
        Failure::Message(format!(
            "{}: the program cannot be read: {e}",
            path.display()
        ))
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MOST)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
    } else {
        let file = std::fs::File::open(path).map_err(fail)?;
        file.take(MOST).read_to_end(&mut bytes).map_err(fail)?;
    }
    Ok(bytes)
}

/// A program in Python, in the encoding that Python would read it in.
fn text(path: &Path, bytes: &[u8]) -> Result<Program, Failure> {
    decode_source(bytes).map_err(|e| {
        Failure::Message(format!(
            "{}: the program is no WebAssembly module, and cannot be read as Python: {e}; save it as \
             UTF-8, or say with a coding line what it is",
            path.display()
        ))
    })
}

/// What runs one WebAssembly module, whatever text it is given as program.
fn module(
    args: &Args,
    problem: &Problem,
    path: &Path,
    bytes: Vec<u8>,
) -> Result<impl Executor, Failure> {
    if problem.interface != Interface::Stdin {
        return Err(Failure::Message(format!(
            "{}: a WebAssembly module reads standard input, and the problem asks for a function; \
             take a problem with kind = \"stdin\"",
            path.display()
        )));
    }
    let mut builder = WasmSandbox::builder().seed(args.seed);
    if let Checker::Program { .. } = problem.checker {
        builder = builder.checkers(Arc::new(args.sandbox.open(args.seed, args.quiet)?));
    }
    Ok(WasmExecutor::new(builder.open()?, move |_| {
        Ok(bytes.clone())
    }))
}
