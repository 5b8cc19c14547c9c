//! Tests in answers.

use cogitree_engine::{Interface, Problem, Signature, Test, Value};
use cogitree_python::{Assertion, Bound, bind, read_assert};
use serde_json::Value as Json;

use super::Said;

/// The largest input of a designed test ([`Test::weight`]): what a model works out by hand is small.
const LARGEST: usize = 4096;

/// What an answer holds of tests.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Designed {
    /// Those that can be run and are no visible ones, with different inputs.
    pub(crate) tests: Vec<Test>,
    /// How many could not be read, or do not fit the problem.
    pub(crate) unread: u64,
    /// How many have the input of another one.
    pub(crate) repeated: u64,
}

/// The tests of an answer: a plain call of the function asked for, with plain data as its arguments
/// and its result, or an input and an output. Of two with one input the first is kept.
pub(crate) fn designed(answer: &Said<'_>, problem: &Problem, wanted: usize) -> Designed {
    let mut out = Designed::default();
    let found = match &problem.interface {
        Interface::Function(signature) => calls(answer, signature, &mut out.unread),
        _ => inputs(answer, &mut out.unread),
    };
    for test in found {
        if test.weight() > LARGEST {
            out.unread += 1;
        } else if problem
            .tests
            .iter()
            .chain(&out.tests)
            .any(|known| same_input(known, &test))
        {
            out.repeated += 1;
        } else if out.tests.len() < wanted {
            out.tests.push(test);
        }
    }
    out
}

fn same_input(a: &Test, b: &Test) -> bool {
    match (a, b) {
        (Test::Call { args: a, .. }, Test::Call { args: b, .. }) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
        }
        (Test::Stdio { input: a, .. }, Test::Stdio { input: b, .. }) => {
            a.trim_end() == b.trim_end()
        }
        _ => false,
    }
}

/// Asserts: those of a list under `tests`, or else any line that is one.
fn calls(answer: &Said<'_>, signature: &Signature, unread: &mut u64) -> Vec<Test> {
    let mut sources: Vec<String> = Vec::new();
    for found in answer.objects(&["tests"]) {
        let Some(Json::Array(list)) = found.members.get("tests") else {
            continue;
        };
        for json in list {
            let text = json.as_str().or_else(|| {
                let names = ["assert", "test", "code"];
                names.iter().find_map(|n| json.get(n)?.as_str())
            });
            match text {
                Some(text) => sources.push(text.to_owned()),
                None => *unread += 1,
            }
        }
    }
    if sources.is_empty() {
        let lines = answer
            .text
            .lines()
            .map(|l| l.trim().trim_start_matches(['-', '*', ' ']));
        sources = lines
            .filter(|l| l.starts_with("assert "))
            .map(str::to_owned)
            .collect();
    }
    let mut tests = Vec::new();
    for source in sources {
        match call(source.trim(), signature) {
            _ if answer.quotes(&source) => {}
            Some(test) => tests.push(test),
            None => *unread += 1,
        }
    }
    tests
}

fn call(source: &str, signature: &Signature) -> Option<Test> {
    let source = match source.starts_with("assert") {
        true => source.to_owned(),
        false => format!("assert {source}"),
    };
    let Assertion::Equal(call, expected) = read_assert(&source).ok()? else {
        return None;
    };
    if call.function != signature.name {
        return None;
    }
    let Bound::Args(args) = bind(signature, call).ok()? else {
        return None;
    };
    sensible(&expected).then_some(Test::Call {
        args,
        expected: Some(expected),
    })
}

/// NaN equals nothing: a test that expects it fails whatever comes.
fn sensible(expected: &Value) -> bool {
    !matches!(expected, Value::Float(f) if f.is_nan())
}

fn inputs(answer: &Said<'_>, unread: &mut u64) -> Vec<Test> {
    let mut tests = Vec::new();
    for found in answer.objects(&["input"]) {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|n| found.members.get(*n)?.as_str());
            found.map(str::to_owned)
        };
        match (text(&["input"]), text(&["output", "expected"])) {
            (Some(input), Some(expected)) => tests.push(Test::Stdio {
                input,
                expected: Some(expected),
            }),
            _ => *unread += 1,
        }
    }
    tests
}

#[cfg(test)]
mod tests {
    use cogitree_engine::{Checker, Limits, Parameter};

    use super::*;

    fn problem(interface: Interface, tests: Vec<Test>) -> Problem {
        Problem {
            id: "f".into(),
            statement: String::new(),
            interface,
            tests,
            checker: Checker::Exact,
            limits: Limits::default(),
        }
    }

    fn shown(test: &Test) -> String {
        match test {
            Test::Call {
                args,
                expected: Some(e),
            } => format!("{} -> {e}", Value::Tuple(args.clone())),
            Test::Stdio {
                input,
                expected: Some(e),
            } => format!("{input:?} -> {e:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn asserts_become_calls() {
        let signature = Signature::new("f", [Parameter::new("a"), Parameter::new("b")]);
        let visible = Test::Call {
            args: vec![Value::Int(1), Value::Int(2)],
            expected: Some(Value::Int(3)),
        };
        let problem = problem(Interface::Function(signature), vec![visible]);
        let read = |text: &str| {
            let d = designed(&Said::new(text, "say assert f(7, 7) == 7"), &problem, 3);
            (
                d.tests.iter().map(shown).collect::<Vec<_>>(),
                d.unread,
                d.repeated,
            )
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(
            read(
                r#"{"tests": ["assert f(0, 0) == 0", "f(a=2, b=3) == 5", "assert f(1, 2) == 4", "assert f(0, 0) == 1"]}"#
            ),
            (vec!["(0, 0) -> 0".into(), "(2, 3) -> 5".into()], 0, 2)
        );
        // Not a call of it, not plain, not Python, not a text, NaN, too large.
        assert_eq!(
            read(
                r#"{"tests": ["assert g(1, 1) == 2", "assert f(1) == 1", "assert f(x, 1) == 2", "assert f(", 5, "assert f(1, 1) == float('nan')", "assert f('a' * 5000, 1) == 1"]}"#
            ),
            (none.clone(), 7, 0)
        );
        assert_eq!(
            read("```\nassert f(4, 5) == 9  # sum\n```"),
            (vec!["(4, 5) -> 9".into()], 0, 0)
        );
        let many: Vec<String> = (5..50).map(|i| format!("assert f({i}, 1) == 0")).collect();
        assert_eq!(read(&many.join("\n")).0.len(), 3);
        // A quotation of the prompt.
        assert_eq!(read("assert f(7, 7) == 7"), (none, 0, 0));
    }

    #[test]
    fn inputs_and_outputs_are_pairs() {
        let problem = problem(Interface::Stdin, vec![]);
        let text = r#"{"tests": [{"input": "1 2\n", "output": "3"}, {"input": "x"}, {"input": "1 2", "output": "4"}]}"#;
        let d = designed(&Said::new(text, ""), &problem, 3);
        assert_eq!(
            d.tests.iter().map(shown).collect::<Vec<_>>(),
            [r#""1 2\n" -> "3""#]
        );
        assert_eq!((d.unread, d.repeated), (1, 1));
    }
}
