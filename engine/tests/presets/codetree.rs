//! `codetree`, `codetree-bfs` and `codetree-dfs`.

use cogitree_engine::{Decision, StopReason};
use serde_json::json;

use crate::script::{Script, close, play};

/// Depth first, where the critic wants more: s1 is debugged before s2 is begun; what is below a
/// program that it abandons is never asked for.
#[test]
fn the_critic_decides_what_is_debugged() {
    let script = Script {
        thoughts: &[
            ("", &[("s1", 0.5), ("s2", 0.3), ("s3", 0.2)]),
            ("s1", &[("s1a", 0.5), ("s1b", 0.5)]),
            ("s1b", &[("s1b1", 1.0)]),
            ("s2", &[("s2a", 1.0)]),
            ("s2a", &[("s2a1", 1.0)]),
        ],
        passed: &[("s1b", 7), ("s2a", 10), ("s2a1", 10)],
        opinions: &[
            ("s1", 0.6, Decision::Refine),
            ("s1a", 0.1, Decision::Abandon),
            ("s1b", 0.8, Decision::Refine),
            ("s1b1", 0.2, Decision::Refine),
            ("s2", 0.5, Decision::Refine),
            ("s2a", 0.5, Decision::Refine),
            ("s2a1", 0.9, Decision::Accept),
        ],
        ..Script::default()
    };
    let play = play("codetree", script, json!({}));
    let order = ["s1", "s1a", "s1b", "s1b1", "s2", "s2a", "s2a1"];
    assert_eq!(play.programs(), order);
    assert_eq!(play.asked("review"), order, "every program is reviewed");
    // s1a was abandoned, and s1b1 is at the last level.
    assert_eq!(play.asked("propose"), ["", "s1", "s1/s1b", "s2", "s2/s2a"]);
    // A fix is made from the program above.
    assert_eq!(play.asked("implement")[2], "s1/s1b above s1");
    // s2a passes, the critic wants more, and says why to the one who fixes it.
    assert!(play.of("s2a").1.contains("reasons about s2a"));
    assert_eq!(play.outcome.stop, StopReason::Solved);
    assert_eq!(play.answer(), "s2a1");
    // Share passed and critic as 1 : 1/3.
    assert!(close(play.of("s1b").0, (0.7 + 0.8 / 3.0) / (4.0 / 3.0)));
}

#[test]
fn the_best_of_all_is_the_answer_and_not_the_latest() {
    let script = Script {
        thoughts: &[("", &[("s1", 0.6), ("s2", 0.4)]), ("s1", &[]), ("s2", &[])],
        passed: &[("s1", 8), ("s2", 2)],
        ..Script::default()
    };
    let play = play("codetree", script, json!({}));
    assert_eq!(play.programs(), ["s1", "s2"]);
    assert_eq!(play.outcome.stop, StopReason::Exhausted);
    assert_eq!(play.answer(), "s1");
}

const STRATEGIES: &[(&str, &[(&str, f64)])] = &[("", &[("p", 0.4), ("q", 0.3), ("r", 0.3)])];

/// Levels in order, and in a level the least visited first, of equals the likelier.
#[test]
fn breadth_first_finishes_a_level() {
    let script = Script {
        thoughts: STRATEGIES,
        passed: &[("p", 1), ("q", 6), ("r", 4)],
        ..Script::default()
    };
    let play = play("codetree-bfs", script, json!({}));
    let level2 = ["p1", "q1", "r1", "p2", "q2", "r2", "p3", "q3", "r3"];
    let programs = play.programs();
    assert_eq!(programs[..3], ["p", "q", "r"]);
    assert_eq!(programs[3..12], level2);
    assert_eq!(programs[12..15], ["p11", "q11", "r11"]);
    assert_eq!(programs.len(), 20, "the budget of programs");
    assert!(play.asked("review").is_empty(), "there is no critic");
}

/// All siblings, then below the best of them: q (0.6), then q2 (0.5); when nothing is left there, q1
/// and q3, and only then r (0.4).
#[test]
fn depth_first_goes_below_the_best_sibling() {
    let script = Script {
        thoughts: STRATEGIES,
        passed: &[
            ("p", 1),
            ("q", 6),
            ("r", 4),
            ("q1", 2),
            ("q2", 5),
            ("q3", 1),
        ],
        ..Script::default()
    };
    let play = play(
        "codetree-dfs",
        script.clone(),
        json!({"depth": 3, "budget": {"simulations": 30}}),
    );
    let programs = play.programs();
    assert_eq!(programs[..3], ["p", "q", "r"]);
    assert_eq!(programs[3..6], ["q1", "q2", "q3"]);
    assert_eq!(programs[6..9], ["q21", "q22", "q23"]);
    assert_eq!(programs[9..12], ["q11", "q12", "q13"]);
    assert_eq!(programs[12..15], ["q31", "q32", "q33"]);
    assert_eq!(programs[15..18], ["r1", "r2", "r3"]);
    // The first that passes ends it.
    let solving = Script {
        passed: &[("q", 6), ("q2", 10)],
        ..script
    };
    let play = crate::script::play("codetree-dfs", solving, json!({}));
    assert_eq!(play.programs(), ["p", "q", "r", "q1", "q2"]);
    assert_eq!(
        (&play.outcome.stop, play.answer()),
        (&StopReason::Solved, "q2")
    );
}
