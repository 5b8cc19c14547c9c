//! `self-debug`.

use cogitree_engine::StopReason;
use serde_json::json;

use crate::script::{Script, play};

#[test]
fn a_chain_of_repairs_ends_at_the_first_that_passes() {
    let script = Script {
        passed: &[("0", 2), ("0.0", 6), ("0.0.0", 10)],
        ..Script::default()
    };
    let play = play("self-debug", script, json!({}));
    assert_eq!(play.programs(), ["0", "0.0", "0.0.0"]);
    assert_eq!(
        play.asked("implement"),
        ["_ above nothing", "_/_ above 0", "_/_/_ above 0.0"]
    );
    assert!(play.asked("propose").is_empty() && play.asked("review").is_empty());
    assert_eq!(play.outcome.stop, StopReason::Solved);
}

#[test]
fn after_ten_turns_it_gives_the_best() {
    let script = Script {
        passed: &[("0.0", 6)],
        ..Script::default()
    };
    let play = play(
        "self-debug",
        script,
        json!({"budget": {"simulations": 100}}),
    );
    assert_eq!(play.programs().len(), 11);
    assert_eq!(play.outcome.stop, StopReason::Exhausted);
    assert_eq!(play.answer(), "0.0");
}
