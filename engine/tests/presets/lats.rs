//! `lats`.

use cogitree_engine::{Share, StopReason};
use serde_json::json;

use crate::script::{Script, close, play};

/// The first program, called 0, passes 4 visible tests of 10: 0.5 · 0.4. Below it all five children
/// come before any of their own: UCT. Then N = 6, √(ln 6) = 1.339: v has 0.75 + 1.339, the others
/// at most 0.15 + 1.339.
#[test]
fn generated_tests_are_the_signal() {
    let script = Script {
        thoughts: &[(
            "0",
            &[("v", 0.2), ("w", 0.2), ("x", 0.2), ("y", 0.2), ("z", 0.2)],
        )],
        passed: &[("0", 4), ("v", 10), ("v1", 10)],
        advised: &[("v", 2)],
        ..Script::default()
    };
    let play = play("lats", script, json!({}));
    assert_eq!(play.asked("design"), ["4"], "once, at the beginning");
    assert_eq!(play.programs(), ["0", "v", "w", "x", "y", "z", "v1"]);
    // No thought stands behind the first; each later one repairs the program above by its own.
    assert_eq!(play.asked("propose"), ["_", "_/v"]);
    assert_eq!(play.asked("implement")[0], "_ above nothing");
    assert_eq!(play.asked("implement")[1], "_/v above 0");
    assert_eq!(play.asked("implement")[6], "_/v/v1 above v");
    // Visible and generated tests count as much: v passes all of the ones and half of the others.
    assert!(close(play.of("0").0, 0.2));
    assert!(close(play.of("v").0, 0.5 + 0.5 * 0.5));
    // It is not accepted, and gone on from with what the generated tests show.
    assert!(
        play.of("v")
            .1
            .contains("Of 4 tests that were written for this search")
    );
    assert_eq!(play.outcome.stop, StopReason::Solved);
    assert_eq!(play.answer(), "v1");
    let evidence = &play.outcome.answer.as_ref().unwrap().evidence;
    assert_eq!(
        evidence.advisory,
        Some(Share {
            passed: 4,
            tests: 4
        })
    );
}

/// A generated test that is wrong keeps the search from stopping, and not the program from being the
/// answer.
#[test]
fn generated_tests_never_veto() {
    let script = Script {
        passed: &[("01", 10)],
        advised: &[("01", 0)],
        ..Script::default()
    };
    let play = play("lats", script, json!({}));
    assert_eq!(play.outcome.stop, StopReason::Simulations);
    assert_eq!(play.outcome.cost.simulations, 41);
    assert!(play.outcome.solved);
    assert_eq!(play.answer(), "01");
}
