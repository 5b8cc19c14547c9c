//! `best-of-n` and `resample`.

use cogitree_engine::StopReason;
use serde_json::json;

use crate::script::{Script, play};

const SOME_PASS: Script = Script {
    thoughts: &[],
    passed: &[("3", 10), ("5", 10), ("7", 10), ("9", 10), ("11", 9)],
    advised: &[],
    opinions: &[],
    better: &[],
    // Of the four that pass three do the same.
    behaviour: &[("5", "x"), ("7", "x"), ("9", "x")],
    preferred: "",
};

#[test]
fn of_all_draws_the_largest_group_wins() {
    let play = play("best-of-n", SOME_PASS, json!({}));
    let mut programs = play.programs();
    programs.sort_by_key(|p| p.parse::<u32>().unwrap());
    let all: Vec<String> = (0..16).map(|n| n.to_string()).collect();
    assert_eq!(programs, all, "each is a draw of its own");
    assert!(
        play.asked("implement")
            .iter()
            .all(|a| *a == "_ above nothing")
    );
    assert!(play.asked("propose").is_empty());
    assert_eq!(play.outcome.stop, StopReason::Simulations);
    // 3 was found first, and 5 has two others behind it.
    assert_eq!(play.answer(), "5");
    let evidence = &play.outcome.answer.as_ref().unwrap().evidence;
    assert_eq!((evidence.agreeing, evidence.compared), (3, 4));
}

#[test]
fn resampling_ends_with_the_first_that_passes() {
    let one = play("resample", SOME_PASS, json!({"in_flight": 1}));
    assert_eq!(one.programs(), ["0", "1", "2", "3"]);
    assert_eq!(
        (&one.outcome.stop, one.answer()),
        (&StopReason::Solved, "3")
    );
    let wave = play("resample", SOME_PASS, json!({}));
    assert_eq!(wave.programs().len(), 8, "its wave is finished");
    assert_eq!(wave.answer(), "3");
    assert!(
        wave.asked("implement")
            .iter()
            .all(|a| *a == "_ above nothing")
    );
    // A budget of any size can be drawn.
    let none = Script {
        passed: &[],
        ..SOME_PASS
    };
    let long = play("resample", none, json!({"budget": {"simulations": 100}}));
    assert_eq!(long.programs().len(), 100);
    assert_eq!(long.outcome.stop, StopReason::Simulations);
}
