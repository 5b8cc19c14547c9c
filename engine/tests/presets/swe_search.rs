//! `swe-search`.

use cogitree_engine::{Decision, Share};
use serde_json::json;

use crate::script::{Script, close, play};

/// UCT: Q + √2·√(ln N / n), Q the mean of the value agent's scores and of nothing else.
///
/// | simulation | N, √(2 ln N) | scores |
/// |---|---|---|
/// | 1 to 3 | | a 0.6, b 0.2, c 0.4, each once before any twice |
/// | 4 | 3, 1.482 | a 0.6 + 1.482: a1 0.1, so a is worth 0.35 |
/// | 5 | 4, 1.665 | a 0.35 + 1.665/√2 = 1.527, b 1.865, c 2.065: c1 0.9, so c is worth 0.65 |
/// | 6 | 5, 1.794 | a 0.35 + 1.269 = 1.619, b 1.994, c 0.65 + 1.269 = 1.919: b1 |
const SCRIPT: Script = Script {
    thoughts: &[("", &[("a", 0.5), ("b", 0.3), ("c", 0.2)])],
    passed: &[("a1", 10), ("b", 9), ("c1", 10)],
    opinions: &[
        ("a", 0.6, Decision::Refine),
        ("b", 0.2, Decision::Refine),
        ("c", 0.4, Decision::Refine),
        ("a1", 0.1, Decision::Refine),
        ("c1", 0.9, Decision::Refine),
        ("b1", 0.3, Decision::Refine),
    ],
    advised: &[],
    better: &[],
    behaviour: &[],
    preferred: "a1",
};

#[test]
fn the_value_agent_guides_and_the_debate_decides() {
    let play = play("swe-search", SCRIPT, json!({"budget": {"simulations": 6}}));
    assert_eq!(play.programs(), ["a", "b", "c", "a1", "c1", "b1"]);
    // b passes nine tests of ten, which has no weight.
    assert!(close(play.of("b").0, 0.2));
    // Hindsight: what the value agent says of a program is told to whoever goes on from it.
    assert!(play.of("a").1.ends_with("The review: reasons about a"));
    assert_eq!(play.asked("review").len(), 6);
    // Of the two that pass, c1 has the better score, and the debate prefers a1.
    assert_eq!(play.asked("compare"), ["c1 a1"]);
    assert_eq!(play.answer(), "a1");
    let evidence = &play.outcome.answer.as_ref().unwrap().evidence;
    assert_eq!(
        evidence.preferred,
        Some(Share {
            passed: 1,
            tests: 1
        })
    );
}

#[test]
fn without_a_preference_the_better_score_wins() {
    let script = Script {
        preferred: "",
        ..SCRIPT
    };
    let play = play("swe-search", script, json!({"budget": {"simulations": 6}}));
    assert_eq!(play.answer(), "c1");
}

/// Of programs that do the same on other inputs one is enough for the debate.
#[test]
fn finalists_behave_differently() {
    let script = Script {
        behaviour: &[("a1", "x"), ("c1", "x")],
        ..SCRIPT
    };
    let play = play("swe-search", script, json!({"budget": {"simulations": 6}}));
    assert!(play.asked("compare").is_empty());
    assert_eq!(play.answer(), "c1");
}
