//! `rethink` and `rethink-released`.

use cogitree_engine::{Decision, StopReason};
use serde_json::json;

use crate::script::{Script, close, play};

const ROOT: &[(&str, &[(&str, f64)])] = &[("", &[("a", 0.7), ("b", 0.29), ("c", 0.01)])];

/// P-UCB: Q + β(N)·p·√(ln N)/(1 + n), β(N) = ln((N + 11)/10) + 4; Q is the maximum, times 0.9 a step.
///
/// | rollout | at the root: N, β√(ln N), scores of a and b | at a or b |
/// |---|---|---|
/// | 1 | 0, 0: the prior decides | a: 0.5 |
/// | 2 | 1, 0: a is worth 0.5, b nothing | N = 1: the prior, a1: 0.3 |
/// | 3 | 2, 3.549: a 0.5 + 3.549·0.7/3 = 1.328, b 3.549·0.29 = 1.029 | a1 0.3 + 3.549·0.6/2 = 1.365, a2 3.549·0.3 = 1.065; N(a1) = 1: a11: 0.3 |
/// | 4 | 3, 4.544: a 0.5 + 4.544·0.7/4 = 1.295, b 4.544·0.29 = 1.318 | b: 0.6 |
/// | 5 | 4, 5.187: a 0.5 + 5.187·0.7/4 = 1.408, b 0.6 + 5.187·0.29/2 = 1.352 | N(a) = 3: a1 0.3 + 4.544·0.6/3 = 1.209, a2 4.544·0.3 = 1.363: a2: 0.3 |
/// | 6 | 5, 5.670: a 0.5 + 5.670·0.7/5 = 1.294, b 0.6 + 5.670·0.29/2 = 1.422 | N = 1: b1: 0.9 |
/// | 7 | 6, 6.058: a 0.5 + 6.058·0.7/5 = 1.348, b 0.9·0.9 + 6.058·0.29/3 = 1.396 | b1 0.9 + 3.549·0.6/2 = 1.965: b11: 0.3 |
///
/// c has at most 0.01·(ln(2.6) + 4)·√(ln 15) = 0.08, which is less than any Q: it is never visited.
#[test]
fn sixteen_rollouts_follow_the_bound() {
    let script = Script {
        thoughts: ROOT,
        passed: &[("a", 5), ("b", 6), ("b1", 9)],
        ..Script::default()
    };
    let play = play("rethink", script, json!({}));
    let programs = play.programs();
    assert_eq!(programs[..7], ["a", "a1", "a11", "b", "a2", "b1", "b11"]);
    assert_eq!(programs.len(), 16);
    assert!(!programs.contains(&"c"));
    assert_eq!(play.outcome.stop, StopReason::Simulations);
    // Each failed, and each was thought about once.
    assert_eq!(play.asked("rethink").len(), 16);
    assert_eq!(play.answer(), "b1");
    // γ: 0.9 · 0.9² at the root.
    let root = play.outcome.tree.stats(cogitree_engine::tree::NodeId::ROOT);
    assert!((root.best - 0.729).abs() < 1e-6, "{root:?}");
}

/// a (0.5) is rethought as x (0.4), which is worse; b (0.2) as y (0.6).
#[test]
fn a_worse_version_stands_in_the_released_code_only() {
    let script = Script {
        thoughts: ROOT,
        passed: &[("a", 5), ("x", 4), ("b", 2), ("y", 6)],
        better: &[("a", "x"), ("b", "y")],
        ..Script::default()
    };
    let paper = play("rethink", script.clone(), json!({}));
    assert_eq!(paper.programs()[..3], ["a", "x", "a1"]);
    // The second rollout builds upon a: 0.5 is its value.
    assert_eq!(paper.asked("implement")[2], "a/a1 above a");
    // The third: a 0.5 + 3.549·0.7/3 = 1.328 and b 1.029, as above.
    assert_eq!(paper.asked("implement")[3], "a/a1/a11 above a1");
    let released = play("rethink-released", script, json!({}));
    assert_eq!(released.asked("implement")[2], "x/x1 above x");
    // x has 0.4 + 3.549·0.7/3 = 1.228, and b 1.029.
    assert_eq!(released.asked("implement")[3], "x/x1/x11 above x1");
    // The fourth: x 0.4 + 4.544·0.7/4 = 1.195 and b 1.318. It is rethought as y, and y is told.
    assert_eq!(
        released.asked("implement")[4..6],
        ["b above nothing", "y above nothing"]
    );
    for play in [&paper, &released] {
        let record = play.programs();
        assert!(
            ["a", "x"].iter().all(|p| record.contains(p)),
            "all are on record"
        );
        assert_eq!(play.answer(), "y", "and the best of all is the answer");
    }
}

/// 0.8 · 1 + 0.2 · evaluation where all tests pass, the share of tests passed where not.
#[test]
fn the_evaluation_counts_where_all_tests_pass() {
    let script = Script {
        thoughts: ROOT,
        passed: &[("a", 5), ("a1", 10), ("b", 10)],
        opinions: &[("a1", 0.5, Decision::Refine), ("b", 0.9, Decision::Accept)],
        ..Script::default()
    };
    let paper = play("rethink", script.clone(), json!({}));
    assert!(close(paper.of("a").0, 0.5), "a value model has no say");
    assert!(close(paper.of("a1").0, 0.8 + 0.2 * 0.5));
    assert!(close(paper.of("b").0, 0.8 + 0.2 * 0.9));
    // Reviewed are those that pass. Nothing is tried below a1, which passes, and b ends it.
    assert_eq!(paper.asked("review"), ["a1", "b"]);
    assert_eq!(paper.outcome.stop, StopReason::Solved);
    assert_eq!(paper.answer(), "b");
    let released = play("rethink-released", script, json!({}));
    assert_eq!(released.outcome.stop, StopReason::Simulations);
    assert_eq!(released.outcome.cost.simulations, 16);
    assert!(released.programs().contains(&"a11"), "built upon a1");
}
