//! The simulated model keeps to its odds.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cogitree_engine::{
    Attempt, Chain, Compare, Decision, DesignTests, Executor, Feedback, FeedbackLevel, Implement,
    Job, Meter, Policy, Problem, Program, Propose, Report, Rethink, Review, Search, SearchConfig,
    Test, Which,
};
use cogitree_policies::simulated::{Odds, World};

/// So many problems that the standard error of a share is below 1 %.
const PROBLEMS: u32 = 4000;

fn near(share: f64, expected: f64, by: f64) {
    assert!(
        (share - expected).abs() < by,
        "{share:.3} instead of {expected:.3}"
    );
}

fn attempt<'a>(program: &'a Program, report: &'a Report, feedback: &'a Feedback) -> Attempt<'a> {
    Attempt {
        program,
        report,
        feedback,
    }
}

fn share(of: impl Iterator<Item = bool>) -> f64 {
    let all: Vec<bool> = of.collect();
    assert!(all.len() > 200, "{} are too few", all.len());
    all.iter().filter(|b| **b).count() as f64 / all.len() as f64
}

/// The first thought of a problem, and a program for it.
fn first(world: &World, problem: &Problem, seed: u64) -> (cogitree_engine::Thought, Program) {
    let meter = Meter::default();
    let policy = world.policy();
    let chain = Chain::new(problem, &[], seed, &meter);
    let proposals = policy.propose(&Propose {
        chain,
        outcome: None,
        siblings: &[],
        width: 1,
    });
    let thought = proposals.unwrap().remove(0).thought;
    let thoughts = [thought.clone()];
    let chain = Chain::new(problem, &thoughts, seed, &meter);
    (thought, policy.implement(&chain.into()).unwrap())
}

#[test]
fn first_programs_are_as_often_right_as_documented_and_wrong_ones_seldom_pass() {
    let world = World::new(Odds::default(), 1);
    let judge = world.judge();
    let draws: Vec<(bool, bool)> = (0..PROBLEMS)
        .map(|n| {
            let problem = world.problem(n);
            let (_, program) = first(&world, &problem, 1);
            let report = world
                .executor()
                .run(&Job::visible(&problem, &program))
                .unwrap();
            (judge.is_right(&program), report.all_passed())
        })
        .collect();
    near(share(draws.iter().map(|d| d.0)), 0.32, 0.03);
    assert!(
        draws.iter().all(|(right, passes)| *passes || !right),
        "what is right passes"
    );
    let wrong = draws.iter().filter(|d| !d.0);
    near(share(wrong.map(|d| d.1)), 0.08, 0.03);
}

#[test]
fn nothing_depends_on_the_order_of_requests() {
    let world = World::new(Odds::default(), 2);
    let problem = |n| world.problem(n);
    let forth: Vec<_> = (0..50).map(|n| first(&world, &problem(n), 7)).collect();
    let mut back: Vec<_> = (0..50)
        .rev()
        .map(|n| first(&world, &problem(n), 7))
        .collect();
    back.reverse();
    assert_eq!(forth, back);
    let other: Vec<_> = (0..50).map(|n| first(&world, &problem(n), 8)).collect();
    assert_ne!(forth, other, "another seed of the search");
    let elsewhere = World::new(Odds::default(), 3);
    let other: Vec<_> = (0..50)
        .map(|n| first(&elsewhere, &elsewhere.problem(n), 7))
        .collect();
    assert_ne!(forth, other, "another world");
}

#[test]
fn repairs_repeat_gain_by_feedback_and_judgements_err_as_given() {
    let world = World::new(Odds::default(), 4);
    let (policy, judge, executor) = (world.policy(), world.judge(), world.executor());
    let meter = Meter::default();
    let mut repeats = Vec::new();
    let mut repaired: [Vec<bool>; 2] = Default::default();
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    for n in 0..PROBLEMS {
        let problem = world.problem(n);
        let (thought, program) = first(&world, &problem, 1);
        let report = executor.run(&Job::visible(&problem, &program)).unwrap();
        let thoughts = [thought];
        let chain = Chain::new(&problem, &thoughts, 1, &meter);
        let nothing = Feedback::default();
        if report.all_passed() {
            let review = Review {
                chain,
                outcome: attempt(&program, &report, &nothing),
            };
            let accepts = policy.review(&review).unwrap().unwrap().decision == Decision::Accept;
            if judge.is_right(&program) {
                accepted.push(accepts);
            } else {
                rejected.push(!accepts);
            }
            continue;
        }
        for (level, right) in [FeedbackLevel::None, FeedbackLevel::Trace]
            .iter()
            .zip(&mut repaired)
        {
            let feedback = executor.explain(&problem, &program, &report, *level);
            let outcome = attempt(&program, &report, &feedback);
            let better = policy
                .rethink(&Rethink {
                    chain,
                    outcome,
                    tried: &[],
                })
                .unwrap()
                .unwrap();
            let thoughts = [better];
            let chain = Chain::new(&problem, &thoughts, 1, &meter);
            let ask = Implement {
                chain,
                failed: Some(outcome),
                tried: &[],
            };
            let repair = policy.implement(&ask).unwrap();
            repeats.push(repair == program);
            right.push(judge.is_right(&repair));
        }
    }
    // 40 %, and some that come by chance to the same mistake in the same words.
    let again = share(repeats.into_iter());
    assert!((0.40..0.56).contains(&again), "{again}");
    let [without, with] = repaired.map(|right| share(right.into_iter()));
    assert!(
        with > without + 0.02,
        "{with} with feedback, {without} without"
    );
    near(share(accepted.into_iter()), 0.85, 0.04);
    near(share(rejected.into_iter()), 0.7, 0.1);
}

#[test]
fn generated_tests_and_comparisons_err_as_given() {
    let world = World::new(Odds::default(), 5);
    let (policy, judge, executor) = (world.policy(), world.judge(), world.executor());
    let meter = Meter::default();
    let (mut wrong, mut preferred) = (Vec::new(), Vec::new());
    for n in 0..PROBLEMS {
        let problem = world.problem(n);
        let pair = [1, 2].map(|seed| first(&world, &problem, seed).1);
        let right = pair.clone().map(|p| judge.is_right(&p));
        if right == [true, false] {
            let ask = DesignTests {
                problem: &problem,
                wanted: 4,
                seed: 1,
                meter: &meter,
            };
            let tests: Vec<Test> = policy.design_tests(&ask).unwrap();
            let report = executor
                .run(&Job::visible(&problem, &pair[0]).on(&tests))
                .unwrap();
            wrong.extend(report.tests.iter().map(|t| !t.verdict.passed()));
            let reports = pair
                .clone()
                .map(|p| executor.run(&Job::visible(&problem, &p)).unwrap());
            let feedback = Feedback::default();
            let attempt = |i: usize| Attempt {
                program: &pair[i],
                report: &reports[i],
                feedback: &feedback,
            };
            let ask = Compare {
                problem: &problem,
                first: attempt(0),
                second: attempt(1),
                seed: 1,
                meter: &meter,
            };
            preferred.push(policy.compare(&ask).unwrap().unwrap().which == Which::First);
        }
    }
    near(share(wrong.into_iter()), 0.11, 0.03);
    near(share(preferred.into_iter()), 0.7, 0.08);
}

#[test]
fn priors_say_something_of_quality() {
    let world = World::new(
        Odds {
            ease_spread: 0.0,
            ..Odds::default()
        },
        6,
    );
    let (policy, judge) = (world.policy(), world.judge());
    let meter = Meter::default();
    let (mut best, mut worst) = (Vec::new(), Vec::new());
    for n in 0..PROBLEMS {
        let problem = world.problem(n);
        let chain = Chain::new(&problem, &[], 1, &meter);
        let ask = Propose {
            chain,
            outcome: None,
            siblings: &[],
            width: 4,
        };
        let proposals = policy.propose(&ask).unwrap();
        let right = |thought: &cogitree_engine::Thought| {
            let thoughts = [thought.clone()];
            let chain = Chain::new(&problem, &thoughts, 1, &meter);
            judge.is_right(&policy.implement(&chain.into()).unwrap())
        };
        best.push(right(&proposals[0].thought));
        worst.push(right(&proposals[3].thought));
    }
    let (best, worst) = (share(best.into_iter()), share(worst.into_iter()));
    assert!(best > worst + 0.08, "{best} against {worst}");
}

#[test]
fn a_forged_program_is_no_program_and_never_right() {
    let world = World::new(Odds::default(), 7);
    let problem = world.problem(1);
    for source in [
        "",
        "def f(n):\n    return simulated(1, 0x0000000000000000, n)\n",
        "def f(n):\n    return simulated(1, 0xzz, n)\n",
        "def f(n):\n    return simulated(99999999999, 0x00, n)\n",
    ] {
        let program = Program::new(source);
        let report = world
            .executor()
            .run(&Job::visible(&problem, &program))
            .unwrap();
        assert_eq!(report.passed(), 0, "{source}");
        assert!(!world.judge().is_right(&program));
    }
}

#[test]
fn a_search_with_more_calls_solves_more() {
    let world = World::new(Odds::default(), 8);
    let (policy, executor) = (Arc::new(world.policy()), Arc::new(world.executor()));
    let judge = world.judge();
    let solved = |simulations: u64| {
        share((0..300).map(|n| {
            let outcome = Search::new(world.problem(n), policy.clone(), executor.clone())
                .config(SearchConfig {
                    width: 4,
                    threads: 1,
                    ..SearchConfig::default()
                })
                .simulations(simulations)
                .run()
                .unwrap();
            outcome.answer.is_some_and(|a| judge.is_right(&a.program))
        }))
    };
    let (few, many) = (solved(1), solved(16));
    assert!(many > few + 0.1, "{many} with 16 simulations, {few} with 1");
}
