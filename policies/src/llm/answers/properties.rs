//! Whatever text comes, reading it ends, and what is read keeps its promises.

use cogitree_engine::{Checker, Decision, Interface, Limits, Parameter, Problem, Signature};
use proptest::prelude::*;

use super::*;

fn problem(function: bool) -> Problem {
    let signature = Signature::new("f", [Parameter::new("x")]);
    Problem {
        id: "f".into(),
        statement: String::new(),
        interface: if function {
            Interface::Function(signature)
        } else {
            Interface::Stdin
        },
        tests: Vec::new(),
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

/// Pieces of what answers are made of, so that the odd corners are met.
fn answer() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```"),
        Just("````python"),
        Just("\n"),
        Just("\n\n"),
        Just("    "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("'"),
        Just(","),
        Just(":"),
        Just("\\"),
        Just("\\u"),
        Just("\"thoughts\": "),
        Just("\"thought\": "),
        Just("\"prior\": "),
        Just("\"score\": "),
        Just("\"decision\": \"accept\""),
        Just("\"better\": "),
        Just("\"tests\": "),
        Just("\"sound\": "),
        Just("0.5"),
        Just("1e999"),
        Just("50%"),
        Just("null"),
        Just("1. "),
        Just("- "),
        Just("(prior: 0.5)"),
        Just("def f(x):\n"),
        Just("    return x\n"),
        Just("assert f(1) == 2"),
        Just("import math\n"),
        Just(">>> "),
        Just("... "),
        Just("<think>"),
        Just("</think>"),
        Just("[PYTHON]"),
        Just("é"),
        Just("\u{1f600}"),
        Just("”"),
        Just("“"),
        Just("if __name__ == '__main__':\n"),
        Just("("),
        Just(";"),
        Just("\u{a0}"),
        Just("\r\n"),
        Just("\0"),
        Just("`"),
        Just("~~~"),
        Just("word "),
    ];
    prop_oneof![
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat()),
        "\\PC{0,200}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_can_be_read(text in answer(), told in answer(), width in 1usize..5) {
        let said = Said::new(&text, &told);
        let offered = thoughts(&[said, said], &[], width);
        prop_assert!(offered.proposals.len() <= width);
        let sum: f64 = offered.proposals.iter().map(|p| p.prior).sum();
        prop_assert!(offered.proposals.is_empty() || (sum - 1.0).abs() < 1e-9, "{}", sum);
        let least = least_of(offered.proposals.len());
        prop_assert!(offered.proposals.iter().all(|p| p.prior >= least));
        one_thought(&said);
        rehearsal(&said);
        better(&said);
        if let Some(opinion) = opinion(&said) {
            prop_assert!((0.0..=1.0).contains(&opinion.score));
            prop_assert!(opinion.decision != Decision::Accept || opinion.score >= 0.5);
        }
        for function in [true, false] {
            let problem = problem(function);
            prop_assert!(designed(&said, &problem, width).tests.len() <= width);
            if let Ok(program) = program(&said, &problem) {
                prop_assert!(cogitree_python::module(&program.source).is_ok(), "{}", program.source);
            }
        }
    }
}

/// A tenth of an equal share.
fn least_of(n: usize) -> f64 {
    0.1 / n.max(1) as f64
}

/// Texts on which reading twice as much must not take four times as long: a hostile one of the
/// largest size is read before anybody waits for it.
#[test]
fn hostile_texts_of_the_largest_size_are_read() {
    for piece in [
        "[",
        "{\"",
        "{\"a\":[",
        "```\n",
        "{'",
        "1. a\n",
        "x = [\n",
        "\"",
        "\\",
        "`",
        "(",
        "def f(x):\n",
        "{\"thought\": \"a\"},",
        "assert f(1) == 2\n",
        ">>> f(x)\n",
        "[PYTHON]",
        "    x\n",
        "{\"score\":1,",
        "a\n\n",
        "if x:\n",
        "'''\n",
        "\"\"\"",
        "f(",
        "x=1;",
    ] {
        let text = piece.repeat(2 * MOST / piece.len());
        let said = Said::new(&text, "");
        assert!(said.text.len() <= MOST);
        thoughts(&[said], &[], 3);
        one_thought(&said);
        opinion(&said);
        for function in [true, false] {
            let problem = problem(function);
            designed(&said, &problem, 3);
            let _ = program(&said, &problem);
        }
    }
}
