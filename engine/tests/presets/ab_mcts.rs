//! `ab-mcts`. How often it goes wider is worked out where the rule is.

use cogitree_engine::StopReason;
use serde_json::json;

use crate::script::{Script, play};

/// Programs are drawn at the root (0, 1, …) or repaired from one that there is (0.0, 0.1, …), one by
/// one; no thought is asked for, and the number of children is not fixed.
#[test]
fn it_goes_wider_and_deeper() {
    let play = play(
        "ab-mcts",
        Script::default(),
        json!({"budget": {"simulations": 40}}),
    );
    let programs = play.programs();
    assert_eq!(programs.len(), 40);
    assert_eq!(programs[0], "0");
    assert!(play.asked("propose").is_empty() && play.asked("rethink").is_empty());
    for (program, asked) in programs.iter().zip(play.asked("implement")) {
        let above = program
            .rsplit_once('.')
            .map_or("nothing", |(above, _)| above);
        assert!(
            asked.ends_with(&format!(" above {above}")),
            "{program}: {asked}"
        );
        // Siblings come in order.
        let (family, number) = match program.rsplit_once('.') {
            Some((above, number)) => (format!("{above}."), number),
            None => (String::new(), *program),
        };
        if let Some(before) = number.parse::<u32>().unwrap().checked_sub(1) {
            let older = format!("{family}{before}");
            let place = |name: &str| programs.iter().position(|p| *p == name);
            assert!(place(&older) < place(program), "{older} before {program}");
        }
    }
    let wide = programs.iter().filter(|p| !p.contains('.')).count();
    assert!((2..39).contains(&wide), "{programs:?}");
    assert!(programs.iter().any(|p| p.matches('.').count() > 1));
}

#[test]
fn a_program_that_passes_ends_it() {
    let script = Script {
        passed: &[("0", 4), ("0.0", 10), ("1", 10)],
        ..Script::default()
    };
    let play = play("ab-mcts", script, json!({}));
    assert_eq!(play.programs().len(), 2, "either way the second passes");
    assert_eq!(play.outcome.stop, StopReason::Solved);
}
