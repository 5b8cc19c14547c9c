//! `cogitree`.

use cogitree_engine::{Decision, StopReason};
use serde_json::json;

use crate::script::{Script, play};

/// A program that passes and is not accepted is thought about again, with the reasons.
#[test]
fn what_passes_is_verified_and_mended() {
    let script = Script {
        thoughts: &[("", &[("a", 0.7), ("b", 0.3)])],
        passed: &[("a", 10), ("x", 10)],
        opinions: &[("a", 0.4, Decision::Refine), ("x", 0.9, Decision::Accept)],
        better: &[("a", "x")],
        ..Script::default()
    };
    let play = play("cogitree", script, json!({"in_flight": 1}));
    assert_eq!(
        play.log,
        [
            "propose ",
            "implement a above nothing",
            "review a",
            "rethink a",
            "implement x above nothing",
            "review x",
        ]
    );
    assert!(play.of("a").1.contains("reasons about a"));
    assert_eq!(
        (&play.outcome.stop, play.answer()),
        (&StopReason::Solved, "x")
    );
}

/// a (0.5) is rethought as x (0.4), which is worse and built upon by nobody. P-UCB, undiscounted, at
/// rewards that are half of it, since a value model with nothing to say has half the weight: a 0.25
/// + 3.549·0.7/3 = 1.078 against b 3.549·0.3 = 1.065 in the third simulation.
#[test]
fn a_thought_is_rethought_once_and_replaced_by_a_better_one_only() {
    let script = Script {
        thoughts: &[("", &[("a", 0.7), ("b", 0.3)])],
        passed: &[("a", 5), ("x", 4)],
        better: &[("a", "x"), ("x", "y")],
        ..Script::default()
    };
    let play = play(
        "cogitree",
        script,
        json!({"in_flight": 1, "budget": {"simulations": 3}}),
    );
    assert_eq!(
        play.asked("implement"),
        [
            "a above nothing",
            "x above nothing",
            "a/a1 above a",
            "a/a1/a11 above a1",
        ]
    );
    assert_eq!(play.asked("rethink"), ["a", "a/a1", "a/a1/a11"]);
    assert_eq!(play.answer(), "a");
}
