//! `tot`.

use std::collections::BTreeSet;

use cogitree_engine::{Decision, Event, StopReason};
use serde_json::json;

use crate::script::{Script, close, play};

/// Of nine nodes on the second level the five with the best scores are gone on from: a1 0.9, b1 0.8,
/// b2 0.7, c2 0.6, b3 0.3, though that leaves a with one and b with three.
#[test]
fn the_best_five_of_a_level_are_gone_on_from() {
    const REFINE: Decision = Decision::Refine;
    let script = Script {
        thoughts: &[("", &[("a", 0.4), ("b", 0.3), ("c", 0.3)])],
        passed: &[("a2", 9)],
        opinions: &[
            ("a1", 0.9, REFINE),
            ("a2", 0.1, REFINE),
            ("a3", 0.2, REFINE),
            ("b1", 0.8, REFINE),
            ("b2", 0.7, REFINE),
            ("b3", 0.3, REFINE),
            ("c1", 0.25, REFINE),
            ("c2", 0.6, REFINE),
            ("c3", 0.05, REFINE),
        ],
        ..Script::default()
    };
    let play = play("tot", script, json!({}));
    let programs = play.programs();
    assert_eq!(programs[..3], ["a", "b", "c"]);
    // A level is finished before the next is begun.
    assert!(programs[3..12].iter().all(|p| p.len() == 2));
    let parents: BTreeSet<&str> = programs[12..].iter().map(|p| &p[..2]).collect();
    assert_eq!(parents, BTreeSet::from(["a1", "b1", "b2", "b3", "c2"]));
    assert_eq!(programs.len(), 3 + 9 + 15);
    assert_eq!(play.outcome.stop, StopReason::Exhausted);
    let pruned = play.outcome.journal.iter();
    let pruned = pruned.filter(|e| matches!(e, Event::Pruned { .. })).count();
    assert_eq!(pruned, 4);
    // Scores alone decide, and a2 passes nine tests of ten.
    assert!(close(play.of("a2").0, 0.1));
    assert_eq!(play.answer(), "a2", "tests passed come first in the answer");
}
