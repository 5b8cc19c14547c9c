//! Numbers on the report and the feedback: what the program did on the visible tests.

use cogitree_engine::{Difference, State, Test, TestReport, Value, Verdict};

use super::{TESTS, flag, scaled, share};

pub(super) const NAMES: [&str; 32] = [
    "passed_share",
    "passed_all",
    "wrong_share",
    "error_share",
    "limit_share",
    "none_share",
    "other_type_share",
    "opaque_share",
    "printed_share",
    "fuel",
    "loading_fuel",
    "error_syntax",
    "error_name",
    "error_type",
    "error_lookup",
    "error_value",
    "error_attribute",
    "error_recursion",
    "error_assertion",
    "error_import",
    "error_other",
    "differs_type",
    "differs_by_constant",
    "differs_in_sign",
    "differs_in_order",
    "differs_missing",
    "differs_extra",
    "differs_in_spelling",
    "differs_empty",
    "differs_in_elements",
    "failed_first",
    "failed_last",
];

pub(super) fn of(state: &State<'_>) -> [f32; NAMES.len()] {
    let report = &state.outcome.report.tests;
    let report = &report[..report.len().min(TESTS)];
    let of = |is: &dyn Fn(&TestReport) -> bool| {
        share(report.iter().filter(|t| is(t)).count(), report.len())
    };
    let error = |kind: ErrorKind| {
        of(&|t| (t.error.as_ref()).is_some_and(|e| ErrorKind::of(&e.kind) == kind))
    };
    let pairs = || state.chain.problem.tests.iter().zip(report);
    let valued = |is: &dyn Fn(&Value, &Value) -> bool| {
        let count = pairs().filter(|(test, shown)| match (test, &shown.actual) {
            (
                Test::Call {
                    expected: Some(expected),
                    ..
                },
                Some(actual),
            ) => is(actual, expected),
            _ => false,
        });
        share(count.count(), report.len())
    };
    let called = |t: &Test| !matches!(t, Test::Stdio { .. });
    let printed = pairs().filter(|(test, shown)| called(test) && !shown.stdout.is_empty());
    let mean = |fuel: &dyn Fn(&TestReport) -> u64| {
        let sum: f64 = report.iter().map(|t| fuel(t) as f64).sum();
        scaled(sum / report.len().max(1) as f64 / 1e4, 1e6)
    };
    let differs = |is: &dyn Fn(&Difference) -> bool| {
        flag(
            state
                .outcome
                .feedback
                .differences
                .iter()
                .take(TESTS)
                .any(is),
        )
    };
    let failed = |at: Option<&TestReport>| flag(at.is_some_and(|t| !t.verdict.passed()));
    use Difference as D;
    [
        of(&|t| t.verdict.passed()),
        flag(!report.is_empty() && report.iter().all(|t| t.verdict.passed())),
        of(&|t| t.verdict == Verdict::WrongAnswer),
        of(&|t| t.verdict == Verdict::RuntimeError),
        of(&|t| {
            let v = t.verdict;
            !matches!(
                v,
                Verdict::Passed | Verdict::WrongAnswer | Verdict::RuntimeError
            )
        }),
        valued(&|actual, expected| *actual == Value::None && *expected != Value::None),
        valued(&|actual, expected| {
            *actual != Value::None && actual.type_name() != expected.type_name()
        }),
        valued(&|actual, _| matches!(actual, Value::Opaque { .. })),
        share(printed.count(), report.len()),
        mean(&|t| t.fuel),
        mean(&|t| t.loading_fuel),
        error(ErrorKind::Syntax),
        error(ErrorKind::Name),
        error(ErrorKind::Type),
        error(ErrorKind::Lookup),
        error(ErrorKind::Value),
        error(ErrorKind::Attribute),
        error(ErrorKind::Recursion),
        error(ErrorKind::Assertion),
        error(ErrorKind::Import),
        error(ErrorKind::Other),
        differs(&|d| matches!(d, D::Type { .. })),
        differs(&|d| matches!(d, D::OffBy(_) | D::Rounding)),
        differs(&|d| matches!(d, D::Sign | D::Negated)),
        differs(&|d| matches!(d, D::Reversed | D::Permuted)),
        differs(&|d| matches!(d, D::Missing(_) | D::Prefix)),
        differs(&|d| matches!(d, D::Extra(_))),
        differs(&|d| matches!(d, D::Case | D::Whitespace)),
        differs(&|d| matches!(d, D::Empty)),
        differs(&|d| matches!(d, D::Elements { .. })),
        failed(report.first()),
        failed(report.last()),
    ]
}

/// The kinds of error that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ErrorKind {
    Syntax,
    Name,
    Type,
    Lookup,
    Value,
    Attribute,
    Recursion,
    Assertion,
    Import,
    Other,
}

impl ErrorKind {
    fn of(exception: &str) -> ErrorKind {
        match exception {
            "SyntaxError" | "IndentationError" | "TabError" => ErrorKind::Syntax,
            "NameError" | "UnboundLocalError" => ErrorKind::Name,
            "TypeError" => ErrorKind::Type,
            "IndexError" | "KeyError" | "StopIteration" => ErrorKind::Lookup,
            "ValueError" | "ZeroDivisionError" | "OverflowError" => ErrorKind::Value,
            "AttributeError" => ErrorKind::Attribute,
            "RecursionError" => ErrorKind::Recursion,
            "AssertionError" => ErrorKind::Assertion,
            "ImportError" | "ModuleNotFoundError" => ErrorKind::Import,
            _ => ErrorKind::Other,
        }
    }
}
