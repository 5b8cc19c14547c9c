//! The checker that is a program, [`Checker::Program`]: asked about answers in an instance of its
//! own, after the program under test has ended.
//!
//! To the sandbox it is one more program, and each answer a call of it. What it is given is data: an
//! answer with a part that is not plain data never comes here. What it does wrong is never held
//! against the program under test.

use cogitree_engine::{
    Checker, ExecutorError, Interface, Job, Limits, Program, Signature, Test, TestReport, Value,
    Verdict,
};

use super::{Mode, Sandbox};

/// The function that a checker defines.
const ENTRY: &str = "check";

/// What a checker may use, for each answer. More than most programs under test: it is trusted to be
/// meant well, and must cope with the largest answer that they may give.
const LIMITS: Limits = Limits {
    seconds: 10.0,
    memory_mib: 1024,
    output_kib: 1024,
    source_kib: 256,
};

/// Answers are put to one instance until they weigh so much together (see [`Value::weight`]): its
/// memory holds them all.
const AT_ONCE: usize = 4 << 20;

impl Sandbox {
    /// Asks the checker about every answer among the reports, which are those that passed so far,
    /// and makes those wrong that it refuses.
    ///
    /// # Errors
    /// When the checker does not load, or fails on an answer instead of deciding.
    pub(super) fn ask_checker(
        &self,
        source: &str,
        tests: &[Test],
        reports: &mut [TestReport],
    ) -> Result<(), ExecutorError> {
        let mut questions = Vec::new();
        for (index, (test, report)) in tests.iter().zip(&mut *reports).enumerate() {
            if report.verdict.passed()
                && let Some(answer) = question(test, report)
            {
                match answer {
                    Some(question) => questions.push((index, question)),
                    None => report.verdict = Verdict::WrongAnswer,
                }
            }
        }
        let checker = Program::new(source);
        let interface = Interface::Function(Signature::new(ENTRY, []));
        let (indices, questions): (Vec<usize>, Vec<Test>) = questions.into_iter().unzip();
        let mut answered = 0;
        while answered < questions.len() {
            let some = together(&questions[answered..]);
            let told = self.run_some(
                &Job {
                    interface: &interface,
                    program: &checker,
                    tests: some,
                    checker: &Checker::Exact,
                    limits: LIMITS,
                },
                Mode::Call,
                0,
                some,
            )?;
            for answer in told {
                let index = indices[answered];
                if !says_yes(&answer).map_err(|why| failure(&why, index))? {
                    reports[index].verdict = Verdict::WrongAnswer;
                }
                answered += 1;
            }
        }
        Ok(())
    }
}

/// The call that asks about an answer. `None` where there is nothing to ask: the test is code, which
/// has decided already. `Some(None)` where the answer is not plain data.
fn question(test: &Test, report: &TestReport) -> Option<Option<Test>> {
    let text = |t: &str| Value::Str(t.to_owned());
    let args = match test {
        Test::Call { args, expected } => {
            let Some(actual) = report.actual.as_ref().filter(|v| is_plain(v)) else {
                return Some(None);
            };
            let expected = expected.clone().unwrap_or(Value::None);
            vec![Value::List(args.clone()), expected, actual.clone()]
        }
        Test::Stdio { input, expected } => {
            let expected = expected.as_deref().map_or(Value::None, text);
            vec![text(input), expected, text(&report.stdout)]
        }
        _ => return None,
    };
    Some(Some(Test::Call {
        args,
        expected: None,
    }))
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Opaque { .. } => false,
        Value::Dict(d) => d.iter().all(|(k, v)| is_plain(k) && is_plain(v)),
        v => v.items().is_none_or(|items| items.iter().all(is_plain)),
    }
}

/// The first questions that fit together into one instance: at least one.
fn together(questions: &[Test]) -> &[Test] {
    let mut weight = 0;
    let fit = questions.iter().take_while(|q| {
        weight += q.weight();
        weight <= AT_ONCE
    });
    &questions[..fit.count().max(1).min(questions.len())]
}

/// What the checker decided; `Err` says in words how it failed to.
fn says_yes(report: &TestReport) -> Result<bool, String> {
    match (report.verdict, &report.actual, &report.error) {
        (Verdict::Passed, Some(Value::Bool(yes)), _) => Ok(*yes),
        (Verdict::Passed, other, _) => {
            let kind = other.as_ref().map_or("nothing", Value::type_name);
            Err(format!(
                "returned a value of type {kind}, not True or False"
            ))
        }
        (_, _, Some(error)) if error.kind == "AssertionError" => Ok(false),
        (Verdict::Timeout, ..) => Err(format!("did not end within {} s", LIMITS.seconds)),
        (Verdict::MemoryLimit, ..) => Err(format!(
            "needed more than {} MiB of memory",
            LIMITS.memory_mib
        )),
        (Verdict::OutputLimit, ..) => Err(format!(
            "wrote or returned more than {} KiB",
            LIMITS.output_kib
        )),
        (_, _, Some(error)) => Err(format!("raised {error}")),
        (verdict, ..) => Err(format!("ended with {verdict}")),
    }
}

/// The error of a checker that failed. Its words may repeat what the program under test answered, so
/// what could steer a terminal is escaped.
fn failure(why: &str, test: usize) -> ExecutorError {
    let mut shown = String::with_capacity(why.len());
    for c in why.chars() {
        match c {
            '\n' => shown.push(' '),
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    ExecutorError(format!(
        "the problem's checker {shown}, when it was asked about the answer to test {}; a checker must \
         decide on any answer, of any type: let it return False for those that it cannot read",
        test + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_put_together_while_they_fit() {
        let of = |weight: usize| Test::Call {
            args: vec![Value::Str("x".repeat(weight - 1))],
            expected: None,
        };
        let half = AT_ONCE / 2;
        for (weights, fit) in [
            (&[1, 1, 1][..], 3),
            (&[half, half, 1], 2),
            (&[half + 1, half, 1], 1),
            (&[2 * AT_ONCE, 1], 1),
        ] {
            let questions: Vec<Test> = weights.iter().map(|&w| of(w)).collect();
            assert_eq!(together(&questions).len(), fit, "{weights:?}");
        }
        assert_eq!(together(&[]).len(), 0);
    }
}
