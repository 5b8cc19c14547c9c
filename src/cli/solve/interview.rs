//! `--interactive`: asks the user which result is right where good programs disagree.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cogitree::problem;
use cogitree::{Arbiter, Behaviour, Problem, Question, Ruling};

use crate::cli::output::{count, input, paragraph, printable, shortened};
use crate::cli::progress::SearchProgress;
use crate::cli::style;

/// A person at the terminal: questions go to standard error, answers are lines of standard input.
#[derive(Default)]
pub(super) struct Interview(Mutex<State>);

#[derive(Default)]
struct State {
    progress: Option<Arc<SearchProgress>>,
    waited: Duration,
}

impl Interview {
    /// Has a progress line taken away before the next question.
    pub(super) fn interrupts(&self, progress: Arc<SearchProgress>) {
        self.lock().progress = Some(progress);
    }

    /// How long answers were waited for since the last call: no part of a search.
    pub(super) fn waited(&self) -> Duration {
        std::mem::take(&mut self.lock().waited)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arbiter for Interview {
    fn rule(&self, problem: &Problem, question: &Question) -> Ruling {
        let mut state = self.lock();
        if let Some(progress) = &state.progress {
            progress.finish();
        }
        let asked = Instant::now();
        let (mut answers, mut out) = (io::stdin().lock(), io::stderr().lock());
        // Where nothing can be written or read there is nobody to ask.
        let ruling = ask(problem, question, &mut answers, &mut out).unwrap_or(Ruling::Enough);
        state.waited += asked.elapsed();
        ruling
    }
}

/// Asks until there is an answer that can be understood.
fn ask(
    problem: &Problem,
    question: &Question,
    answers: &mut impl BufRead,
    out: &mut impl Write,
) -> io::Result<Ruling> {
    writeln!(
        out,
        "\n{} programs pass the visible tests and disagree on this input. What is right?",
        style::bold(format!(
            "Question {} of at most {}:",
            question.number, question.most
        )),
    )?;
    writeln!(out, "  {}", printable(&input(problem, &question.input)))?;
    for (i, behaviour) in question.results.iter().enumerate() {
        writeln!(
            out,
            "    {}  {}  {}",
            style::bold(i + 1),
            printable(&shortened(&result(behaviour), 60)),
            style::dim(format!("({})", count(behaviour.programs as u64, "program"))),
        )?;
    }
    let how = "a number, = and the right result as Python writes it, n for none of these, Enter if you do \
               not know, q for no more questions";
    paragraph(out, "  ", "  ", how)?;
    loop {
        write!(out, "> ")?;
        out.flush()?;
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(Ruling::Enough);
        }
        match understood(line.trim(), question.results.len()) {
            Ok(ruling) => return Ok(ruling),
            Err(why) => writeln!(out, "  {why}")?,
        }
    }
}

/// What programs do, in a line.
fn result(behaviour: &Behaviour) -> String {
    let shown = &behaviour.shown;
    match (&shown.actual, &shown.error) {
        (_, Some(error)) => format!("raises {}", error.kind),
        (Some(value), None) => value.to_string(),
        (None, None) if shown.verdict.passed() => format!("prints {:?}", shown.stdout),
        (None, None) => format!("does not end well: {}", shown.verdict),
    }
}

fn understood(answer: &str, results: usize) -> Result<Ruling, String> {
    if let Some(value) = answer.strip_prefix('=') {
        return match problem::value(value.trim()) {
            Some(value) => Ok(Ruling::Expected(value)),
            None => Err(format!(
                "{} is no plain value of Python, such as 3, 'a' or [1, 2]",
                printable(value.trim())
            )),
        };
    }
    match answer {
        "" | "?" => Ok(Ruling::Unsure),
        "n" | "none" => Ok(Ruling::Wrong),
        "q" | "quit" => Ok(Ruling::Enough),
        number => match number.parse::<usize>() {
            Ok(n) if (1..=results).contains(&n) => Ok(Ruling::Right(n - 1)),
            _ => Err(format!(
                "give a number from 1 to {results}, = VALUE, n, q or nothing"
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cogitree::Value;

    #[test]
    fn answers_are_understood() {
        let cases = [
            ("1", Ruling::Right(0)),
            ("3", Ruling::Right(2)),
            ("", Ruling::Unsure),
            ("n", Ruling::Wrong),
            ("q", Ruling::Enough),
            ("= -2", Ruling::Expected(Value::Int(-2))),
            (
                "=[1, 'a']",
                Ruling::Expected(Value::List(vec![Value::Int(1), Value::Str("a".into())])),
            ),
            ("= None", Ruling::Expected(Value::None)),
        ];
        for (answer, ruling) in cases {
            assert_eq!(understood(answer, 3), Ok(ruling), "{answer}");
        }
        for bad in ["0", "4", "-1", "yes", "= print(1)", "=", "= ["] {
            assert!(understood(bad, 3).is_err(), "{bad}");
        }
    }
}
