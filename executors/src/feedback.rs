//! Verbal feedback: a report put into words, without a model.
//!
//! First how many tests passed, then the one failing test that is most worth talking about: the
//! call, what came of it, what was expected, how the two differ; or the error with its source line.

use cogitree_engine::{
    Difference, Feedback, FeedbackLevel, Interface, Problem, ProgramError, Report, Test,
    TestReport, Value, Verdict, most_relevant,
};

use crate::difference;

/// Longest text of one value, in characters; longer ones are cut in the middle.
const VALUE: usize = 240;

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
    feedback.differences = differences(test, &report.tests[index]);
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

/// The first difference, and another one if that says more.
fn telling(differences: &[Difference]) -> Vec<&Difference> {
    use Difference::{Elements, Empty, Extra, Missing, Prefix, Type};
    let Some((first, rest)) = differences.split_first() else {
        return Vec::new();
    };
    let mut told = vec![first];
    told.extend(rest.iter().find(|d| match (first, d) {
        (Empty, _) => false,
        (_, Type { .. }) | (Prefix, Missing(_)) => true,
        (Missing(_), Extra(_)) | (Missing(_) | Extra(_), Elements { .. }) => true,
        _ => false,
    }));
    told
}

/// A difference in words, about the actual result. `None` for what the values say by themselves.
fn clause(difference: &Difference, actual: &Value, expected: &Value) -> Option<String> {
    let text = matches!(expected, Value::Str(_));
    let (parts, part) = match (text, expected) {
        (true, _) => ("characters", "character"),
        (_, Value::Dict(_)) => ("keys", "key"),
        _ => ("elements", "element"),
    };
    Some(match difference {
        Difference::Type { actual, expected } => {
            format!("it is of type {actual}, not {expected}")
        }
        Difference::OffBy(off) if *off > 0.0 => format!("it is {} too small", plain(*off)),
        Difference::OffBy(off) => format!("it is {} too large", plain(-off)),
        Difference::Sign => "it has the wrong sign".into(),
        Difference::Rounding => "it is rounded differently".into(),
        Difference::Negated => "it is the opposite".into(),
        Difference::Reversed => "it is in reverse order".into(),
        Difference::Permuted => format!("it has the right {parts} in another order"),
        Difference::Missing(missing) => format!("it lacks {}", some(missing)),
        Difference::Extra(extra) => format!("it should not contain {}", some(extra)),
        Difference::Prefix => "it ends too early".into(),
        Difference::Case => "it differs in upper and lower case only".into(),
        Difference::Whitespace => "it differs in white space only".into(),
        Difference::Empty if *actual == Value::None => "nothing was returned".into(),
        Difference::Empty => "it is empty".into(),
        Difference::Elements { first } if parts == "keys" => entry(actual, expected, *first),
        Difference::Elements { first } => {
            match (element(actual, *first), element(expected, *first)) {
                (Some(a), Some(e)) => format!("the {part} at index {first} is `{a}`, not `{e}`"),
                _ => format!("the {part} at index {first} is different"),
            }
        }
        _ => return None,
    })
}

/// What is different about one entry of a dictionary.
fn entry(actual: &Value, expected: &Value, index: usize) -> String {
    let (Value::Dict(a), Value::Dict(e)) = (actual, expected) else {
        return "an entry is different".into();
    };
    let Some((key, right)) = e.get(index) else {
        return "an entry is different".into();
    };
    let wrong = a.iter().find(|(k, _)| k.same(key)).map(|(_, v)| v);
    format!(
        "the value of `{}` is `{}`, not `{}`",
        shown(key, VALUE / 4),
        wrong.map_or(String::new(), |w| shown(w, VALUE / 4)),
        shown(right, VALUE / 4)
    )
}

fn element(value: &Value, index: usize) -> Option<String> {
    let element = match value {
        Value::Str(s) => return s.chars().nth(index).map(|c| visible(&c.to_string())),
        v => v.items()?.get(index)?,
    };
    Some(shown(element, VALUE / 4))
}

fn some(values: &[Value]) -> String {
    let shown: Vec<String> = values
        .iter()
        .map(|v| format!("`{}`", shown(v, VALUE / 4)))
        .collect();
    shown.join(", ")
}

/// A number without needless decimals.
fn plain(number: f64) -> String {
    format!("{}", (number * 1e9).round() / 1e9)
}

/// A value as Python writes it, cut in the middle.
fn shown(value: &Value, longest: usize) -> String {
    cut(&visible(&value.to_string()), longest)
}

/// A text in quotes, cut in the middle.
fn quoted(text: &str) -> String {
    format!("`{}`", shown(&Value::Str(text.into()), VALUE))
}

/// The text with characters that a terminal would obey, or that change the order in which others
/// are seen, made visible.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| {
            if hidden(c) {
                format!("\\u{:04x}", u32::from(c))
            } else {
                c.to_string()
            }
        })
        .collect()
}

/// At most `longest` characters: the beginning and the end.
fn cut(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let half = (longest.saturating_sub(3)) / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    format!("{head}...{tail}")
}

#[cfg(test)]
mod tests;
