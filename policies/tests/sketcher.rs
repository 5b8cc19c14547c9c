//! The Sketcher as a search sees it.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};

use cogitree_engine::{
    Attempt, Chain, Executor, Feedback, Interface, Job, Meter, Parameter, Policy, PolicyError,
    Problem, Program, Propose, Report, Rethink, Review, Search, SearchConfig, Signature, State,
    Test, TestReport, Thought, Value, ValueModel, Verdict,
};
use cogitree_policies::{Closeness, DryRun, Sketcher};

fn ints(v: &[i64]) -> Value {
    Value::List(v.iter().map(|&i| Value::Int(i)).collect())
}

fn problem(
    statement: &str,
    name: &str,
    parameters: &[&str],
    examples: Vec<(Vec<Value>, Value)>,
) -> Problem {
    Problem {
        id: name.to_owned(),
        statement: statement.to_owned(),
        interface: Interface::Function(Signature::new(
            name,
            parameters.iter().map(|p| Parameter::new(*p)),
        )),
        tests: examples
            .into_iter()
            .map(|(args, expected)| Test::Call {
                args,
                expected: Some(expected),
            })
            .collect(),
        checker: Default::default(),
        limits: Default::default(),
    }
}

fn even_squares() -> Problem {
    problem(
        "Return the sum of the squares of the even numbers in the list.",
        "even_squares",
        &["xs"],
        vec![
            (vec![ints(&[1, 2, 3, 4])], Value::Int(20)),
            (vec![ints(&[5, 6])], Value::Int(36)),
        ],
    )
}

fn chain<'a>(problem: &'a Problem, thoughts: &'a [Thought]) -> Chain<'a> {
    static METER: LazyLock<Meter> = LazyLock::new(Meter::default);
    Chain::new(problem, thoughts, 1, &METER)
}

fn proposals(policy: &Sketcher, problem: &Problem, thoughts: &[Thought]) -> Vec<(Thought, f64)> {
    let ask = Propose {
        chain: chain(problem, thoughts),
        outcome: None,
        siblings: &[],
        width: 24,
    };
    policy
        .propose(&ask)
        .unwrap()
        .into_iter()
        .map(|p| (p.thought, p.prior))
        .collect()
}

fn run(problem: &Problem, program: &Program) -> Report {
    DryRun.run(&Job::visible(problem, program)).unwrap()
}

#[test]
fn solves_a_problem_of_three_ideas() {
    let problem = even_squares();
    let hidden = Test::Call {
        args: vec![ints(&[-2, 7, 10])],
        expected: Some(Value::Int(104)),
    };
    let outcome = Search::new(problem.clone(), Arc::new(Sketcher::new()), Arc::new(DryRun))
        .value_model(Arc::new(Closeness))
        .simulations(60)
        .run()
        .unwrap();
    let program = outcome.answer.unwrap().program;
    let report = DryRun
        .run(&Job::visible(&problem, &program).on(&[hidden]))
        .unwrap();
    assert!(report.all_passed(), "{}", program.source);
    assert!(
        program.source.contains("    # "),
        "thoughts stand as comments:\n{}",
        program.source
    );
}

#[test]
fn the_same_request_gets_the_same_answer() {
    let problem = even_squares();
    let policy = Sketcher::new();
    let first = proposals(&policy, &problem, &[]);
    assert!(!first.is_empty() && first.len() <= 24);
    assert!(first.windows(2).all(|w| w[0].1 >= w[1].1), "best first");
    assert_eq!(proposals(&policy, &problem, &[]), first);
    assert_eq!(proposals(&Sketcher::new(), &problem, &[]), first);
}

#[test]
fn proposals_differ_and_can_be_implemented() {
    let problem = even_squares();
    let policy = Sketcher::new();
    let offered = proposals(&policy, &problem, &[]);
    for (i, (thought, _)) in offered.iter().enumerate() {
        assert!(
            offered[..i]
                .iter()
                .all(|(t, _)| t.encoding != thought.encoding)
        );
        let thoughts = [thought.clone()];
        let program = policy
            .implement(&chain(&problem, &thoughts).into())
            .unwrap();
        let report = run(&problem, &program);
        let readable = report
            .tests
            .iter()
            .all(|t| t.error.as_ref().is_none_or(|e| e.kind != "SyntaxError"));
        assert!(readable, "{}", program.source);
    }
}

#[test]
fn a_failed_thought_is_repaired() {
    let problem = problem(
        "Return the elements of the list that are odd.",
        "odds",
        &["xs"],
        vec![
            (vec![ints(&[1, 2, 3])], ints(&[1, 3])),
            (vec![ints(&[4, 5])], ints(&[5])),
            (vec![ints(&[7])], ints(&[7])),
        ],
    );
    let policy = Sketcher::new();
    let mut repaired = 0;
    for (thought, _) in proposals(&policy, &problem, &[]) {
        let thoughts = [thought];
        let program = policy
            .implement(&chain(&problem, &thoughts).into())
            .unwrap();
        let report = run(&problem, &program);
        if report.all_passed() {
            continue;
        }
        let feedback = Feedback::of_verdicts(&report);
        let outcome = Attempt {
            program: &program,
            report: &report,
            feedback: &feedback,
        };
        let ask = Rethink {
            chain: chain(&problem, &thoughts),
            outcome,
            tried: &[],
        };
        let Some(better) = policy.rethink(&ask).unwrap() else {
            continue;
        };
        let new = [better.clone()];
        let fixed = policy.implement(&chain(&problem, &new).into()).unwrap();
        assert!(
            run(&problem, &fixed).passed() > report.passed(),
            "{}",
            better.text
        );
        // What was tried is not offered again.
        let again = Rethink { tried: &new, ..ask };
        assert_ne!(policy.rethink(&again).unwrap(), Some(better));
        repaired += 1;
    }
    assert!(repaired > 0);
}

/// The answer of a short search.
fn answer(problem: &Problem, rethinks: usize) -> Option<Arc<Program>> {
    let config = SearchConfig {
        rethinks,
        ..SearchConfig::default()
    };
    let outcome = Search::new(problem.clone(), Arc::new(Sketcher::new()), Arc::new(DryRun))
        .value_model(Arc::new(Closeness))
        .config(config)
        .simulations(40)
        .run()
        .unwrap();
    let solved = outcome.solved;
    outcome.answer.filter(|_| solved).map(|a| a.program)
}

#[test]
fn rethinking_finds_a_case_of_its_own_for_the_examples_that_fail() {
    let problem = problem(
        "Return the sum of the list, but its length if any number is negative.",
        "f",
        &["xs"],
        vec![
            (vec![ints(&[4, 1, 9])], Value::Int(14)),
            (vec![ints(&[8, -2, 8, 1])], Value::Int(4)),
            (vec![ints(&[7, 20])], Value::Int(27)),
            (vec![ints(&[-5, 5])], Value::Int(2)),
        ],
    );
    let program = answer(&problem, 2).unwrap();
    let hidden = [(ints(&[-9, 1, 1]), 3), (ints(&[3, 4]), 7)].map(|(xs, n)| Test::Call {
        args: vec![xs],
        expected: Some(Value::Int(n)),
    });
    let report = DryRun
        .run(&Job::visible(&problem, &program).on(&hidden))
        .unwrap();
    assert!(report.all_passed(), "{}", program.source);
    assert!(program.source.contains("if "), "{}", program.source);
    // No chain of proposals has a case.
    assert!(answer(&problem, 0).is_none());
}

#[test]
fn rethinking_answers_where_the_steps_cannot_be_carried_out() {
    let problem = problem(
        "Return the third character of the text. Without a third one the answer is None.",
        "f",
        &["text"],
        vec![
            (vec![Value::Str("hello".into())], Value::Str("l".into())),
            (vec![Value::Str("ab".into())], Value::None),
            (
                vec![Value::Str("world wide".into())],
                Value::Str("r".into()),
            ),
        ],
    );
    let program = answer(&problem, 2).unwrap();
    let hidden = [
        ("", Value::None),
        ("xyz", Value::Str("z".into())),
        ("b", Value::None),
    ]
    .map(|(text, expected)| Test::Call {
        args: vec![Value::Str(text.into())],
        expected: Some(expected),
    });
    let report = DryRun
        .run(&Job::visible(&problem, &program).on(&hidden))
        .unwrap();
    assert!(report.all_passed(), "{}", program.source);
}

#[test]
fn an_odd_answer_of_one_example_is_not_learnt_by_heart() {
    let problem = problem(
        "Double the number.",
        "f",
        &["n"],
        vec![
            (vec![Value::Int(3)], Value::Int(6)),
            (vec![Value::Int(10)], Value::Int(20)),
            (vec![Value::Int(0)], Value::Int(7361)),
        ],
    );
    let learnt = answer(&problem, 2).is_some_and(|p| p.source.contains("7361"));
    assert!(!learnt);
}

#[test]
fn a_function_named_like_a_builtin_does_not_call_itself() {
    let problem = problem(
        "Return the sum of the squares of the list.",
        "sum",
        &["xs"],
        vec![
            (vec![ints(&[1, 2, 3])], Value::Int(14)),
            (vec![ints(&[5, 6])], Value::Int(61)),
        ],
    );
    let program = answer(&problem, 0).unwrap();
    assert!(
        program
            .source
            .starts_with("builtin_sum = sum\n\n\ndef sum(xs):\n"),
        "{}",
        program.source
    );
}

#[test]
fn reviews_are_probabilities_and_prefer_what_the_statement_says() {
    // One example that "the largest" and "the last" both satisfy.
    let problem = problem(
        "Find the largest number of a list.",
        "f",
        &["xs"],
        vec![(vec![ints(&[3, 1, 9])], Value::Int(9))],
    );
    let policy = Sketcher::new();
    let mut opinions = Vec::new();
    for (thought, _) in proposals(&policy, &problem, &[]) {
        let thoughts = [thought.clone()];
        let program = policy
            .implement(&chain(&problem, &thoughts).into())
            .unwrap();
        let report = run(&problem, &program);
        if report.all_passed() {
            let feedback = Feedback::default();
            let outcome = Attempt {
                program: &program,
                report: &report,
                feedback: &feedback,
            };
            let o = policy
                .review(&Review {
                    chain: chain(&problem, &thoughts),
                    outcome,
                })
                .unwrap()
                .unwrap();
            assert!((0.0..=1.0).contains(&o.score));
            opinions.push((o.score, program.source));
        }
    }
    let best = opinions.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert!(best.1.contains("max("), "{}", best.1);
    assert!(opinions.len() > 1);
}

#[test]
fn thoughts_of_others_are_refused() {
    let problem = even_squares();
    for thought in [
        Thought::new("Just do it."),
        Thought::encoded("x", "{}"),
        Thought::encoded("x", r#"{"step":{"entry":"0000000000000001","inputs":[0]}}"#),
    ] {
        let thoughts = [thought];
        let error = Sketcher::new()
            .implement(&chain(&problem, &thoughts).into())
            .unwrap_err();
        assert!(matches!(error, PolicyError::Unusable(_)));
    }
}

#[test]
fn no_example_no_proposal() {
    let mut problem = even_squares();
    problem.tests = vec![Test::Assert {
        code: "assert even_squares([2]) == 4".into(),
    }];
    assert!(proposals(&Sketcher::new(), &problem, &[]).is_empty());
}

#[test]
fn reads_standard_input() {
    let mut problem = even_squares();
    problem.interface = Interface::Stdin;
    problem.statement = "Read numbers and print their sum.".into();
    problem.tests = vec![
        Test::Stdio {
            input: "1 2 3\n".into(),
            expected: Some("6\n".into()),
        },
        Test::Stdio {
            input: "10 5\n".into(),
            expected: Some("15\n".into()),
        },
    ];
    let policy = Sketcher::new();
    let (thought, _) = proposals(&policy, &problem, &[])
        .into_iter()
        .next()
        .unwrap();
    let thoughts = [thought];
    let program = policy
        .implement(&chain(&problem, &thoughts).into())
        .unwrap();
    assert!(
        program.source.contains("sys.stdin.read()"),
        "{}",
        program.source
    );
}

#[test]
fn awkward_values_are_survived() {
    let nested = Value::Dict(vec![(Value::Str("a".into()), Value::None)]);
    for value in [
        Value::None,
        Value::Str(String::new()),
        Value::List(vec![]),
        nested,
        Value::Float(f64::NAN),
        Value::Int(i64::MIN),
        Value::Bytes(vec![1]),
        Value::Str("é\u{1f600}".into()),
    ] {
        let problem = problem(
            "Do something.",
            "f",
            &["x"],
            vec![(vec![value.clone()], value)],
        );
        let policy = Sketcher::new();
        let offered = proposals(&policy, &problem, &[]);
        for (t, _) in offered.iter().take(3) {
            let thoughts = [t.clone()];
            let _ = policy.implement(&chain(&problem, &thoughts).into());
        }
    }
}

#[test]
fn closeness_grows_towards_the_answer() {
    let problem = problem(
        "",
        "f",
        &["x"],
        vec![(vec![Value::Int(1)], ints(&[1, 2, 3]))],
    );
    let program = Program::new("");
    let feedback = Feedback::default();
    let estimate = |actual: Option<Value>| {
        let mut t = TestReport::new(Verdict::WrongAnswer);
        t.actual = actual;
        let report = Report { tests: vec![t] };
        let outcome = Attempt {
            program: &program,
            report: &report,
            feedback: &feedback,
        };
        Closeness
            .estimate(&[State {
                chain: chain(&problem, &[]),
                outcome,
            }])
            .unwrap()[0]
    };
    let ladder = [
        None,
        Some(Value::Int(7)),
        Some(ints(&[9])),
        Some(ints(&[3, 2, 1])),
        Some(ints(&[1, 2, 4])),
        Some(ints(&[1, 2, 3])),
    ];
    let values: Vec<f64> = ladder.into_iter().map(estimate).collect();
    assert!(values.windows(2).all(|w| w[0] <= w[1]), "{values:?}");
    assert!(values[0] == 0.0 && values.iter().all(|v| (0.0..1.0).contains(v)));
}
