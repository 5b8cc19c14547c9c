//! Verbal feedback: a report put into words, without a model.
//!
//! First how many tests passed, then the one failing test that is most worth talking about: the
//! call, what came of it, what was expected, how the two differ; or the error with its source line.

mod clauses;
mod text;
mod trace;

use cogitree_engine::{
    Checker, Difference, Feedback, FeedbackLevel, Interface, Problem, ProgramError, Report, Test,
    TestReport, Value, Verdict, most_relevant,
};

use crate::difference;
use clauses::{clause, telling};
use text::{VALUE, cut, quoted, shown, visible};
pub(crate) use trace::add_trace;

/// The length of the whole feedback, in tokens: about what a page of code takes.
pub(crate) const TOKENS: usize = 700;

/// Characters that a token stands for, roughly, in code and in English.
pub(crate) const PER_TOKEN: usize = 4;

/// Keeps a feedback within so many characters: its beginning and its end.
pub(crate) fn keep_within(feedback: &mut Feedback, longest: usize) {
    if feedback.text.len() > longest {
        feedback.text = cut(&feedback.text, longest);
    }
}

/// Longest text of one error message or source line.
const MESSAGE: usize = 300;

/// So many other failing tests are listed.
const OTHERS: usize = 8;

/// The feedback on a report on the visible tests of `problem`.
pub(crate) fn explain(problem: &Problem, report: &Report, level: FeedbackLevel) -> Feedback {
    if level == FeedbackLevel::None || report.all_passed() {
        return Feedback::default();
    }
    let mut feedback = Feedback::of_verdicts(report);
    if level == FeedbackLevel::Verdict {
        return feedback;
    }
    let Some(index) = most_relevant(&problem.tests, report) else {
        return feedback;
    };
    let Some(test) = problem.tests.get(index) else {
        return feedback;
    };
    feedback.test = Some(index);
    // Where a checker decides, the expected result is not the one right answer.
    if !decided_by_program(problem) {
        feedback.differences = differences(test, &report.tests[index]);
    }
    let words = Words {
        problem,
        test,
        report: &report.tests[index],
        differences: &feedback.differences,
    };
    let details = words.sentence();
    feedback
        .text
        .push_str(&format!("\nTest {}: {details}", index + 1));
    if let Some(others) = others(report, index) {
        feedback.text.push_str(&format!("\n{others}"));
    }
    feedback
}

fn decided_by_program(problem: &Problem) -> bool {
    matches!(problem.checker, Checker::Program { .. })
}

/// How the actual result differs from the expected one, where both are known.
fn differences(test: &Test, report: &TestReport) -> Vec<Difference> {
    if report.verdict != Verdict::WrongAnswer {
        return Vec::new();
    }
    match (test, &report.actual) {
        (
            Test::Call {
                expected: Some(e), ..
            },
            Some(a),
        ) => difference::between(a, e),
        (
            Test::Stdio {
                expected: Some(e), ..
            },
            _,
        ) => difference::between_texts(&report.stdout, e),
        _ => Vec::new(),
    }
}

/// Which other tests failed.
fn others(report: &Report, but: usize) -> Option<String> {
    let failed: Vec<usize> = (0..report.tests.len())
        .filter(|&i| i != but && !report.tests[i].verdict.passed())
        .map(|i| i + 1)
        .collect();
    match failed.as_slice() {
        [] => None,
        [one] => Some(format!("Test {one} fails, too.")),
        many => {
            let mut shown: Vec<String> = many.iter().take(OTHERS).map(usize::to_string).collect();
            let last = match many.len() - shown.len() {
                0 => shown.pop().unwrap_or_default(),
                more => format!("{more} more"),
            };
            Some(format!("Tests {} and {last} fail, too.", shown.join(", ")))
        }
    }
}

struct Words<'a> {
    problem: &'a Problem,
    test: &'a Test,
    report: &'a TestReport,
    differences: &'a [Difference],
}

impl Words<'_> {
    fn sentence(&self) -> String {
        let limits = &self.problem.limits;
        match self.report.verdict {
            Verdict::WrongAnswer => self.wrong(),
            Verdict::Timeout => format!(
                "{} did not end within {} s: it loops for ever or is too slow.",
                self.call(),
                limits.seconds
            ),
            Verdict::MemoryLimit => format!(
                "{} needed more than {} MiB of memory{}.",
                self.call(),
                limits.memory_mib,
                self.report.error.as_ref().map_or(String::new(), place)
            ),
            Verdict::OutputLimit => format!(
                "{} wrote or returned more than {} KiB.",
                self.call(),
                limits.output_kib
            ),
            _ => self.raised(),
        }
    }

    /// The call as Python, or the input, or the test's code.
    fn call(&self) -> String {
        match self.test {
            Test::Call { args, .. } => {
                let name = match &self.problem.interface {
                    Interface::Function(signature) => signature.name.as_str(),
                    _ => "the program",
                };
                let room = VALUE.max(2 * VALUE / args.len().max(1));
                let args: Vec<String> = args.iter().map(|a| shown(a, room)).collect();
                format!("`{name}({})`", args.join(", "))
            }
            Test::Stdio { input, .. } => format!("the program, given the input {}", quoted(input)),
            Test::Assert { code } if code.lines().count() == 1 => {
                format!("`{}`", cut(&visible(code.trim()), MESSAGE))
            }
            _ => "the test".into(),
        }
    }

    fn wrong(&self) -> String {
        if decided_by_program(self.problem) && !matches!(self.test, Test::Assert { .. }) {
            return self.refused();
        }
        match self.test {
            Test::Call {
                expected: Some(expected),
                ..
            } => {
                let call = self.call();
                let Some(actual) = &self.report.actual else {
                    return format!("{call} gave no readable result.");
                };
                let printed = self.report.stdout.trim();
                if *actual == Value::None && !printed.is_empty() {
                    return format!(
                        "{call} printed {} but returned None; expected it to return `{}`.",
                        quoted(printed),
                        shown(expected, VALUE)
                    );
                }
                format!(
                    "{call} returned `{}`; expected `{}`{}.",
                    shown(actual, VALUE),
                    shown(expected, VALUE),
                    self.how(actual, expected)
                )
            }
            Test::Stdio {
                expected: Some(expected),
                ..
            } => self.wrong_output(expected),
            _ => self.failed_assertion(),
        }
    }

    /// An answer that the problem's checker refused. What the test expects is shown as one that
    /// may be right.
    fn refused(&self) -> String {
        let call = self.call();
        let (answered, example) = match self.test {
            Test::Stdio { expected, .. } => (
                format!("{call}, printed {}", quoted(&self.report.stdout)),
                expected.as_deref().map(quoted),
            ),
            Test::Call { expected, .. } => {
                let Some(actual) = &self.report.actual else {
                    return format!("{call} gave no readable result.");
                };
                let shown = |v| format!("`{}`", shown(v, VALUE));
                let answered = format!("{call} returned {}", shown(actual));
                (answered, expected.as_ref().map(shown))
            }
            _ => (call, None),
        };
        let example = example.map_or(String::new(), |e| format!("; the test's own answer is {e}"));
        format!("{answered}, which the problem's checker refuses{example}.")
    }

    fn failed_assertion(&self) -> String {
        match &self.report.error {
            // The message of a bare `assert` is its text.
            Some(error) if error.message.starts_with("assert ") => {
                format!("`{}` failed.", cut(&visible(&error.message), MESSAGE))
            }
            Some(error) => format!("{} failed: {}.", self.call(), message(error)),
            None => format!("{} failed.", self.call()),
        }
    }

    fn wrong_output(&self, expected: &str) -> String {
        let (call, actual) = (self.call(), self.report.stdout.as_str());
        if actual.trim().is_empty() {
            return format!("{call}, printed nothing; expected {}.", quoted(expected));
        }
        let mut text = format!(
            "{call}, printed {}; expected {}",
            quoted(actual),
            quoted(expected)
        );
        let lines = actual.trim_end().lines().zip(expected.trim_end().lines());
        let first = lines
            .enumerate()
            .find(|(_, (a, e))| a.trim_end() != e.trim_end());
        match first {
            Some((n, (a, e))) if expected.trim_end().contains('\n') => text.push_str(&format!(
                ". Line {} is {}, expected {}",
                n + 1,
                quoted(a),
                quoted(e)
            )),
            _ => {
                let as_text = |t: &str| Value::Str(t.trim_end().to_owned());
                text.push_str(&self.how(&as_text(actual), &as_text(expected)));
            }
        }
        text.push('.');
        text
    }

    /// The differences as a clause, with its colon.
    fn how(&self, actual: &Value, expected: &Value) -> String {
        let clauses: Vec<String> = telling(self.differences)
            .into_iter()
            .filter_map(|d| clause(d, actual, expected))
            .collect();
        if clauses.is_empty() {
            String::new()
        } else {
            format!(": {}", clauses.join("; "))
        }
    }

    fn raised(&self) -> String {
        let expected = match self.test {
            Test::Call {
                expected: Some(e), ..
            } => {
                format!("; expected `{}`", shown(e, VALUE))
            }
            Test::Stdio {
                expected: Some(e), ..
            } => format!("; expected {}", quoted(e)),
            _ => String::new(),
        };
        let Some(error) = &self.report.error else {
            return format!("{} ended without a result{expected}.", self.call());
        };
        let what = format!("{}{}", message(error), place(error));
        match error.kind.as_str() {
            "ModuleNotFoundError" => format!(
                "{} raised {what}; there are no modules but those of Python's standard library.",
                self.call()
            ),
            "SyntaxError" | "IndentationError" | "TabError" => {
                format!("the program cannot be read: {what}.")
            }
            _ => format!("{} raised {what}{expected}.", self.call()),
        }
    }
}

fn message(error: &ProgramError) -> String {
    let message = visible(error.message.trim()).replace('\n', " ");
    if message.is_empty() {
        visible(&error.kind)
    } else {
        format!("{}: {}", visible(&error.kind), cut(&message, MESSAGE))
    }
}

fn place(error: &ProgramError) -> String {
    match (error.line, &error.source_line) {
        (Some(n), Some(text)) if !text.is_empty() => {
            format!(" in line {n}, `{}`", cut(&visible(text), MESSAGE))
        }
        (Some(n), _) => format!(" in line {n}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
