//! The order of answers alone.

use std::collections::HashSet;
use std::sync::Arc;

use cogitree::{
    Budget, Event, Outcome, Preset, Problem, Program, Search, SearchConfig, StopReason,
};
use cogitree_policies::logs::{Log, LogPolicy};

use super::{Args, Executor, Pool, side_by_side};

/// The shares of problems solved, in [0, 1].
#[derive(Clone, Copy, Default)]
struct Shares {
    random: f64,
    filter: f64,
    oracle: f64,
    answer: f64,
}

pub(crate) fn heading() {
    println!("order of answers  problems  random  filter  answer  oracle   (% of problems)");
}

/// Runs every program of the pool and gives the answer among them.
fn among_all(
    problem: &Problem,
    log: &Arc<Log>,
    draws: usize,
    executor: &Executor,
    seed: u64,
) -> Result<Outcome, String> {
    let preset = Preset::named("best-of-n").map_err(|e| e.to_string())?;
    let config = SearchConfig {
        budget: Budget {
            simulations: draws as u64,
            ..Budget::default()
        },
        agreement: draws,
        again: 0,
        in_flight: 1,
        threads: 1,
        seed,
        ..preset.config()
    };
    let policy = LogPolicy::new(log.clone(), seed);
    let outcome = Search::new(problem.clone(), Arc::new(policy), executor.clone())
        .config(config)
        .run()
        .map_err(|e| e.to_string())?;
    if let StopReason::Failed(why) = &outcome.stop {
        return Err(format!("{}: {why}", problem.id));
    }
    Ok(outcome)
}

/// The fingerprints of programs that pass the visible tests.
fn passing(outcome: &Outcome) -> HashSet<u64> {
    let of = |event: &Event| match event {
        Event::Ran {
            program, verdicts, ..
        } => verdicts
            .iter()
            .all(|v| v.passed())
            .then(|| program.fingerprint()),
        _ => None,
    };
    outcome.journal.iter().filter_map(of).collect()
}

pub(crate) fn pool(
    pool: &Pool,
    problems: &[Problem],
    executor: &Executor,
    args: &Args,
) -> Result<(), String> {
    let each = |problem: &Problem| -> Result<Option<Shares>, String> {
        let Some(task) = pool.log.task(&problem.id) else {
            return Ok(None);
        };
        let right = |p: &Program| pool.labels.is_right(&problem.id, p) == Some(true);
        let share = |of: &[&Program]| match of.len() {
            0 => 0.0,
            n => of.iter().filter(|p| right(p)).count() as f64 / n as f64,
        };
        let all: Vec<&Program> = task.draws.iter().map(|d| d.program.as_ref()).collect();
        let mut shares = Shares {
            random: share(&all),
            oracle: f64::from(all.iter().any(|p| right(p))),
            ..Shares::default()
        };
        for seed in 0..args.seeds {
            let outcome = among_all(problem, &pool.log, task.draws.len(), executor, seed)?;
            let passing = passing(&outcome);
            let passed: Vec<&Program> = (all.iter().copied())
                .filter(|p| passing.contains(&p.fingerprint()))
                .collect();
            let answer = outcome.answer.filter(|a| right(&a.program));
            if args.list && answer.is_none() && passed.iter().any(|p| right(p)) {
                eprintln!(
                    "{} (seed {seed}): {:.0} % of {} that pass are right, but not the answer",
                    problem.id,
                    100.0 * share(&passed),
                    passed.len(),
                );
            }
            shares.filter += share(&passed) / args.seeds as f64;
            shares.answer += f64::from(answer.is_some()) / args.seeds as f64;
        }
        Ok(Some(shares))
    };
    let shares: Vec<Shares> = (side_by_side(problems, each)?.into_iter())
        .flatten()
        .collect();
    // The number of probes and how support is counted were chosen on the first half.
    let halves = |half: usize| {
        shares
            .iter()
            .skip(half)
            .step_by(2)
            .copied()
            .collect::<Vec<_>>()
    };
    for (name, of) in [
        ("all", shares.clone()),
        ("half A", halves(0)),
        ("half B", halves(1)),
    ] {
        let mean = |part: fn(&Shares) -> f64| {
            100.0 * of.iter().map(part).sum::<f64>() / of.len().max(1) as f64
        };
        println!(
            "{:16}  {:8}  {:6.1}  {:6.1}  {:6.1}  {:6.1}",
            format!("{} {name}", pool.name),
            of.len(),
            mean(|s| s.random),
            mean(|s| s.filter),
            mean(|s| s.answer),
            mean(|s| s.oracle)
        );
    }
    Ok(())
}

/// Of chains of at least two programs: the first, the last, the answer among all, and any.
pub(crate) fn chains(
    pool: &Pool,
    problems: &[Problem],
    executor: &Executor,
    args: &Args,
) -> Result<(), String> {
    let each = |problem: &Problem| -> Result<Vec<[bool; 4]>, String> {
        let chains = pool
            .log
            .task(&problem.id)
            .map_or(&[][..], |task| task.chains.as_slice());
        let right = |p: &Program| pool.labels.is_right(&problem.id, p) == Some(true);
        let mut results = Vec::new();
        for chain in chains.iter().filter(|chain| chain.len() > 1) {
            let log = Arc::new(Log::of_programs(&problem.id, chain));
            // In an order that does not tell which was the first or the last.
            let outcome = among_all(problem, &log, chain.len(), executor, 0)?;
            let ends = [right(&chain[0]), right(&chain[chain.len() - 1])];
            let answer = outcome.answer.as_ref();
            if args.list
                && let Some(answer) = answer
                && !right(&answer.program)
                && ends.contains(&true)
            {
                let e = &answer.evidence;
                eprintln!(
                    "{}: first and last are right: {ends:?}, but not the answer, which passes {} of {} \
                     visible tests and agrees with {} of {}",
                    problem.id, e.passed, e.tests, e.agreeing, e.compared
                );
            }
            results.push([
                ends[0],
                ends[1],
                answer.is_some_and(|a| right(&a.program)),
                chain.iter().any(right),
            ]);
        }
        Ok(results)
    };
    let chains: Vec<[bool; 4]> = side_by_side(problems, each)?.concat();
    let count = |i: usize| chains.iter().filter(|c| c[i]).count();
    let worse = chains.iter().filter(|c| (c[0] || c[1]) && !c[2]).count();
    println!(
        "{} chains of two or more: first right in {}, last in {}, answer in {}, any in {}; \
         first or last right and the answer not: {worse}",
        pool.name,
        count(0),
        count(1),
        count(2),
        count(3)
    );
    println!("{} chains: {}", pool.name, chains.len());
    Ok(())
}
