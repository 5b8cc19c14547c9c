//! What a value model is shown, and what it cannot be shown.

use std::time::Duration;

use cogitree_engine::*;
use cogitree_policies::onnx::encode::{Encoder, Encoding, FEATURES};
use proptest::prelude::*;

/// A state's parts, to be changed one at a time.
#[derive(Clone, Debug)]
struct Scene {
    problem: Problem,
    thoughts: Vec<Thought>,
    seed: u64,
    program: Program,
    report: Report,
    feedback: Feedback,
    above: Option<(Program, Report)>,
}

impl Scene {
    fn encode(&self, encoder: Encoder) -> Encoding {
        let meter = Meter::default();
        let none = Feedback::default();
        let above = self.above.as_ref().map(|(program, report)| Attempt {
            program,
            report,
            feedback: &none,
        });
        let chain = Chain {
            above,
            ..Chain::new(&self.problem, &self.thoughts, self.seed, &meter)
        };
        encoder.encode(&State {
            chain,
            outcome: Attempt {
                program: &self.program,
                report: &self.report,
                feedback: &self.feedback,
            },
        })
    }

    fn plain(&self) -> Encoding {
        self.encode(Encoder::hashed(8192, 512))
    }

    fn feature(&self, name: &str) -> f32 {
        let at = FEATURES.iter().position(|f| *f == name);
        self.plain().features[at.unwrap_or_else(|| panic!("no feature {name}"))]
    }
}

fn call(args: Vec<Value>, expected: Value) -> Test {
    Test::Call {
        args,
        expected: Some(expected),
    }
}

fn shown(verdict: Verdict, actual: Option<Value>) -> TestReport {
    TestReport {
        actual,
        ..TestReport::new(verdict)
    }
}

fn scene() -> Scene {
    let signature = Signature::new("sum_prices", [Parameter::new("prices")]);
    let list = |items: [i64; 2]| vec![Value::List(items.map(Value::Int).to_vec())];
    Scene {
        problem: Problem {
            id: "set/1".into(),
            statement: "Sum the prices, unless the list is empty.".into(),
            interface: Interface::Function(signature),
            tests: vec![
                call(list([1, 2]), Value::Int(3)),
                call(list([4, 5]), Value::Int(9)),
            ],
            checker: Checker::Exact,
            limits: Limits::default(),
        },
        thoughts: vec![Thought::encoded("Add them one by one.", "plan 7")],
        seed: 1,
        program: Program::new(
            "def sum_prices(prices):\n    total = 0\n    for p in prices:\n        total += p\n    return total\n",
        ),
        report: Report {
            tests: vec![
                shown(Verdict::Passed, Some(Value::Int(3))),
                shown(Verdict::WrongAnswer, Some(Value::None)),
            ],
        },
        feedback: Feedback {
            text: "1 of 2 visible tests passed.".into(),
            test: Some(1),
            differences: vec![Difference::Empty],
        },
        above: None,
    }
}

#[test]
fn names_are_each_there_once() {
    let mut names = FEATURES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FEATURES.len());
    assert_eq!(scene().plain().features.len(), FEATURES.len());
}

#[test]
fn where_a_state_comes_from_does_not_show() {
    let plain = scene();
    let mut other = plain.clone();
    other.problem.id = "HumanEval/7".into();
    other.problem.limits.seconds = 1.0;
    other.thoughts[0].encoding = Some("draw 3".into());
    other.seed = 99;
    for test in &mut other.report.tests {
        test.time = Duration::from_secs(3);
    }
    assert_eq!(plain.plain(), other.plain());
}

#[test]
fn everything_else_of_a_state_shows() {
    let plain = scene();
    let changes: [(&str, fn(&mut Scene)); 9] = [
        ("statement", |s| {
            s.problem.statement.push_str(" Round down.")
        }),
        ("interface", |s| s.problem.interface = Interface::Stdin),
        ("tests", |s| s.problem.tests.truncate(1)),
        ("thought", |s| s.thoughts = vec![Thought::new("Use sum.")]),
        ("program", |s| s.program.source.push_str("x = 1\n")),
        ("verdict", |s| {
            s.report.tests[1].verdict = Verdict::RuntimeError;
        }),
        ("fuel", |s| s.report.tests[0].fuel = 5_000_000),
        ("feedback", |s| s.feedback.text.push_str(" Off by one.")),
        ("above", |s| {
            s.above = Some((Program::new("x"), Report::default()));
        }),
    ];
    for (what, change) in changes {
        let mut other = plain.clone();
        change(&mut other);
        assert_ne!(plain.plain(), other.plain(), "{what}");
    }
}

#[test]
fn numbers_say_what_their_names_say() {
    let mut s = scene();
    assert_eq!(s.feature("passed_share"), 0.5);
    assert_eq!(s.feature("passed_all"), 0.0);
    assert_eq!(s.feature("none_share"), 0.5);
    assert_eq!(s.feature("differs_empty"), 1.0);
    assert_eq!(s.feature("failed_last"), 1.0);
    assert_eq!(s.feature("expects_integer"), 1.0);
    assert_eq!(s.feature("expected_distinct"), 1.0);
    assert_eq!(s.feature("defines_entry"), 1.0);
    assert_eq!(s.feature("arity_fits"), 1.0);
    assert_eq!(s.feature("parameters_used"), 1.0);
    assert_eq!(s.feature("recursion"), 0.0);
    assert_eq!(s.feature("top_level_code"), 0.0);
    assert_eq!(s.feature("cut_off"), 0.0);
    assert_eq!(s.feature("inputs_written"), 0.0);

    s.program.source =
        "def sum_prices(prices, q):\n    if prices == [1, 2]: return sum_prices(".into();
    assert_eq!(s.feature("arity_fits"), 0.0);
    assert_eq!(s.feature("parameters_used"), 0.5);
    assert_eq!(s.feature("recursion"), 1.0);
    assert_eq!(s.feature("cut_off"), 1.0);
    assert_eq!(s.feature("inputs_written"), 0.5);
    // Where the examples of a docstring stand they are not written by the program.
    s.program.source = "def sum_prices(prices):\n    '''sum_prices([1, 2])'''\n".into();
    assert_eq!(s.feature("inputs_written"), 0.0);

    s.program.source = "print(1)\nprint(2)".into();
    assert_eq!(s.feature("defines_entry"), 0.0);
    assert!(s.feature("top_level_code") > 0.0);

    s.report.tests[1].verdict = Verdict::RuntimeError;
    s.report.tests[1].error = Some(ProgramError {
        kind: "KeyError".into(),
        message: String::new(),
        line: None,
        source_line: None,
    });
    assert_eq!(s.feature("error_lookup"), 0.5);

    s.above = Some((s.program.clone(), Report::default()));
    assert_eq!(s.feature("unchanged"), 1.0);
    assert_eq!(s.feature("gained"), 0.5);
}

#[test]
fn a_state_of_nothing_has_a_token() {
    let mut s = scene();
    s.problem.interface = Interface::Stdin;
    s.problem.statement.clear();
    s.problem.tests.clear();
    s.thoughts.clear();
    s.program.source.clear();
    s.report = Report::default();
    s.feedback = Feedback::default();
    assert_eq!(s.plain().tokens.len(), 1);
}

#[test]
fn the_program_has_room_whatever_is_said_of_it() {
    let mut s = scene();
    s.problem.statement = "word ".repeat(10_000);
    s.thoughts = vec![Thought::new("thought ".repeat(10_000)); 40];
    s.feedback.text = "feedback ".repeat(10_000);
    let mut other = s.clone();
    other.program.source = s.program.source.replace("total += p", "total -= p");
    let (a, b) = (s.plain(), other.plain());
    assert!(a.tokens.len() > 256 && a.tokens.len() <= 512);
    assert_ne!(a.tokens, b.tokens);
}

#[test]
fn a_long_text_costs_no_more_than_its_beginning() {
    let mut s = scene();
    let long = "x = [((((1)))), 'a']\n".repeat(5_000);
    s.program.source.clone_from(&long);
    s.problem.statement.clone_from(&long);
    let plain = s.plain();
    // Far beyond what is looked at, and so without effect.
    s.problem.statement.push_str("word");
    s.program.source.push_str("y = 2");
    assert_eq!(s.plain(), plain);
}

/// Any text, and texts that look like programs.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\PC\n\t'\"#\\\\()\\[\\]]{0,200}",
        proptest::collection::vec(
            prop_oneof![
                Just("def f("),
                Just("'''"),
                Just("\""),
                Just("\n    "),
                Just("é"),
                Just("):"),
                Just("return"),
                Just("\\"),
                Just("9999"),
                Just("sum_prices"),
                Just(",")
            ],
            0..60
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::Str),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        proptest::collection::vec(inner, 0..4).prop_map(Value::List)
    })
}

fn report() -> impl Strategy<Value = Report> {
    let verdict = prop_oneof![
        Just(Verdict::Passed),
        Just(Verdict::WrongAnswer),
        Just(Verdict::RuntimeError),
        Just(Verdict::Denied),
    ];
    let test = (verdict, proptest::option::of(value()), any::<u64>(), text()).prop_map(
        |(verdict, actual, fuel, said)| TestReport {
            actual,
            fuel,
            loading_fuel: fuel / 2,
            stdout: said.clone(),
            error: (verdict == Verdict::RuntimeError).then_some(ProgramError {
                kind: said,
                message: String::new(),
                line: None,
                source_line: None,
            }),
            ..TestReport::new(verdict)
        },
    );
    proptest::collection::vec(test, 0..70).prop_map(|tests| Report { tests })
}

fn any_scene() -> impl Strategy<Value = Scene> {
    let test = prop_oneof![
        (value(), value()).prop_map(|(arg, expected)| call(vec![arg], expected)),
        text().prop_map(|code| Test::Assert { code }),
        text().prop_map(|input| Test::Stdio {
            input,
            expected: None
        }),
    ];
    let tests = proptest::collection::vec(test, 0..70);
    let above = proptest::option::of((text(), report()));
    (
        (text(), text(), text(), text()),
        (tests, report(), above, any::<bool>()),
    )
        .prop_map(|(texts, (tests, report, above, stdin))| {
            let (statement, thought, program, feedback) = texts;
            let plain = scene();
            let interface = if stdin {
                Interface::Stdin
            } else {
                plain.problem.interface.clone()
            };
            Scene {
                problem: Problem {
                    statement,
                    tests,
                    interface,
                    ..plain.problem
                },
                thoughts: vec![Thought::new(thought)],
                program: Program::new(program),
                report,
                feedback: Feedback {
                    text: feedback,
                    ..Feedback::default()
                },
                above: above.map(|(source, report)| (Program::new(source), report)),
                ..plain
            }
        })
}

proptest! {
    #[test]
    fn any_state_has_an_encoding(scene in any_scene(), buckets in 0u32..9000, longest in 0usize..600) {
        let encoder = Encoder::hashed(buckets, longest);
        let encoding = scene.encode(encoder);
        prop_assert!((1..=longest.max(1)).contains(&encoding.tokens.len()));
        let ids = 1..i64::from(buckets.max(2));
        prop_assert!(encoding.tokens.iter().all(|id| ids.contains(id)));
        prop_assert_eq!(encoding.features.len(), FEATURES.len());
        let in_range = |f: &f32| (-1.0..=1.0).contains(f);
        prop_assert!(encoding.features.iter().all(in_range), "{:?}", encoding.features);
        prop_assert_eq!(encoding, scene.clone().encode(encoder));
    }
}
