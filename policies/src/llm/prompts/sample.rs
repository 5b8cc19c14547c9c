//! Requests that templates are tried on: with everything there can be, and with nothing.

use std::sync::Arc;

use cogitree_engine::{
    Attempt, Chain, Checker, DesignTests, Feedback, Implement, Interface, Limits, Meter, Parameter,
    Problem, Program, Propose, Report, Rethink, Review, Signature, Test, TestReport, Thought,
    Value, Verdict,
};

use super::Scene;

/// A scene for each operator and each kind of problem, once with all variables and once with as few
/// as there can be.
pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    let mut scenes = vec![("system", Scene::default())];
    scenes.push(("repair", Scene::repair("it holds no JSON", "{}")));
    for (problem, full) in [
        (function(), true),
        (function(), false),
        (stdin(), true),
        (bare(), false),
    ] {
        of_problem(&problem, full, &mut scenes);
    }
    scenes
}

pub(super) fn of_problem(problem: &Problem, full: bool, scenes: &mut Vec<(&'static str, Scene)>) {
    let meter = Meter::default();
    let thoughts = [
        Thought::new("Keep the largest number seen so far while walking through the list."),
        Thought::new("Begin with the first number instead of 0, so that negative ones count."),
    ];
    let program = Program::new(
        "def peak(xs):\n    best = 0\n    for x in xs:\n        best = max(best, x)\n    return best\n",
    );
    let report = Report {
        tests: vec![
            TestReport::new(Verdict::Passed),
            TestReport::new(Verdict::WrongAnswer),
        ],
    };
    let feedback = Feedback {
        text: "1 of 2 visible tests passed: 1 wrong_answer.\nTest 2: `peak([-2, -5])` returned 0 where -2 is expected."
            .into(),
        test: Some(1),
        differences: Vec::new(),
    };
    let silent = Feedback::default();
    let attempt = Attempt {
        program: &program,
        report: &report,
        feedback: if full { &feedback } else { &silent },
    };
    let given = |there: bool| there.then_some(attempt);
    let some = |there: bool| if there { &thoughts[..] } else { &[] };
    let tried = [Arc::new(program.clone())];
    let first = Chain::new(problem, &[], 1, &meter);
    let chain = Chain {
        above: given(full),
        ..Chain::new(problem, &thoughts, 1, &meter)
    };
    let propose = Propose {
        chain: if full { chain } else { first },
        outcome: given(full),
        siblings: some(full),
        width: if full { 3 } else { 1 },
    };
    // A step on from a program, and the same step rethought.
    let implement = Implement {
        chain,
        failed: None,
        tried: if full { &tried } else { &[] },
    };
    let again = Implement {
        failed: given(full),
        ..implement
    };
    let rethink = Rethink {
        chain,
        outcome: attempt,
        tried: some(full),
    };
    let review = Review {
        chain,
        outcome: attempt,
    };
    let design = DesignTests {
        problem,
        wanted: 5,
        seed: 1,
        meter: &meter,
    };
    scenes.extend([
        ("propose", Scene::propose(&propose)),
        ("rehearse", Scene::rehearse(&chain)),
        ("implement", Scene::implement(&implement)),
        ("implement", Scene::implement(&again)),
        ("rethink", Scene::rethink(&rethink)),
        ("refine", Scene::rethink(&rethink)),
        ("review", Scene::review(&review)),
        ("design_tests", Scene::design_tests(&design)),
        ("compare", Scene::compare(problem, attempt, attempt)),
    ]);
}

/// A function with all that a problem can have.
pub(super) fn function() -> Problem {
    let list = |xs: &[i64]| Value::List(xs.iter().copied().map(Value::Int).collect());
    let test = |xs: &[i64], expected: i64| Test::Call {
        args: vec![list(xs)],
        expected: Some(Value::Int(expected)),
    };
    let mut xs = Parameter::new("xs");
    xs.annotation = Some("List[int]".into());
    let mut signature = Signature::new("peak", [xs]);
    signature.returns = Some("int".into());
    signature.preamble = "from typing import List\n".into();
    Problem {
        id: "peak".into(),
        statement: "Return the largest number of a list that is not empty.".into(),
        interface: Interface::Function(signature),
        tests: vec![test(&[3, 9, 1], 9), test(&[-2, -5], -2)],
        checker: Checker::Unordered,
        limits: Limits::default(),
    }
}

fn stdin() -> Problem {
    Problem {
        id: "sum".into(),
        statement: "Read two numbers and print their sum.".into(),
        interface: Interface::Stdin,
        tests: vec![Test::Stdio {
            input: "1 2\n".into(),
            expected: Some("3\n".into()),
        }],
        checker: Checker::Tokens,
        limits: Limits::default(),
    }
}

/// As little as a problem can be.
fn bare() -> Problem {
    Problem {
        tests: Vec::new(),
        checker: Checker::Exact,
        ..stdin()
    }
}
