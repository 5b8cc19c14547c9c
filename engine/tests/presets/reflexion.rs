//! `reflexion`.

use cogitree_engine::StopReason;
use serde_json::json;

use crate::script::{Script, play};

#[test]
fn one_chain_in_which_each_program_repairs_the_last() {
    let script = Script {
        passed: &[("01", 8)],
        ..Script::default()
    };
    let play = play("reflexion", script, json!({}));
    assert_eq!(play.asked("design"), ["6"]);
    assert_eq!(play.programs(), ["0", "01", "011", "0111", "01111"]);
    assert_eq!(
        play.asked("implement"),
        [
            "_ above nothing",
            "_/01 above 0",
            "_/01/011 above 01",
            "_/01/011/0111 above 011",
            "_/01/011/0111/01111 above 0111",
        ]
    );
    assert_eq!(play.outcome.stop, StopReason::Simulations);
    assert_eq!(play.answer(), "01", "the best and not the last");
}

/// It goes on from a program that fails a test of the model's own, and ends with one that passes all.
#[test]
fn the_chain_ends_by_the_tests_of_its_own() {
    let script = Script {
        passed: &[("0", 10), ("01", 10)],
        advised: &[("0", 5)],
        ..Script::default()
    };
    let play = play("reflexion", script, json!({}));
    assert_eq!(play.programs(), ["0", "01"]);
    assert!(play.of("0").1.contains("5 pass"));
    assert_eq!(play.outcome.stop, StopReason::Solved);
    assert_eq!(play.answer(), "01");
}
