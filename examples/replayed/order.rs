//! The order of answers alone.

use std::collections::HashSet;
use std::sync::Arc;

use cogitree::{
    Budget, Event, Outcome, Preset, Problem, Program, Search, SearchConfig, StopReason,
};
use cogitree_policies::logs::{Log, LogPolicy};

use super::codet;
use super::judges::Folds;
use super::searches::mean_and_error;
use super::user::User;
use super::{Args, Executor, Others, Pool, side_by_side};

/// How an answer is chosen, with the share of problems that it solves.
type Shares = Vec<(String, f64)>;

/// What is different from the order of answers as it is.
#[derive(Clone, Default)]
struct Variant {
    trust: f64,
    value: Option<Arc<Folds>>,
    user: Option<(usize, Arc<User>)>,
}

/// Runs every program of the pool and gives the answer among them.
fn among_all(
    problem: &Problem,
    log: &Arc<Log>,
    draws: usize,
    executor: &Executor,
    seed: u64,
    variant: &Variant,
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
        trust: variant.trust,
        questions: variant.user.as_ref().map_or(0, |(questions, _)| *questions),
        ..preset.config()
    };
    let policy = LogPolicy::new(log.clone(), seed);
    let mut search =
        Search::new(problem.clone(), Arc::new(policy), executor.clone()).config(config);
    if let Some(model) = &variant.value {
        search = search.value_model(model.clone());
    }
    if let Some((_, user)) = &variant.user {
        search = search.arbiter(user.clone());
    }
    let outcome = search.run().map_err(|e| e.to_string())?;
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
    others: &Others,
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
        let answer = |seed, variant: &Variant| {
            among_all(
                problem,
                &pool.log,
                task.draws.len(),
                executor,
                seed,
                variant,
            )
        };
        let is_right = |outcome: &Outcome| {
            f64::from(outcome.answer.as_ref().is_some_and(|a| right(&a.program)))
        };
        let mean = |variant: &Variant| -> Result<f64, String> {
            let of = |seed| Ok(is_right(&answer(seed, variant)?));
            let answers: Vec<f64> = (0..args.seeds).map(of).collect::<Result<_, String>>()?;
            Ok(answers.iter().sum::<f64>() / args.seeds as f64)
        };
        let first = answer(0, &Variant::default())?;
        let passing = passing(&first);
        let passed: Vec<&Program> = (all.iter().copied())
            .filter(|p| passing.contains(&p.fingerprint()))
            .collect();
        if args.list && is_right(&first) == 0.0 && passed.iter().any(|p| right(p)) {
            eprintln!(
                "{}: {:.0} % of {} that pass are right, but not the answer",
                problem.id,
                100.0 * share(&passed),
                passed.len(),
            );
        }
        let mut shares: Shares = vec![
            ("first sample".into(), share(&all)),
            ("most visible tests passed".into(), share(&passed)),
        ];
        if let Some(generated) = &others.generated {
            let tests = generated.of(problem);
            for (name, draws) in [
                ("CodeT, generated tests alone", &all),
                ("CodeT of those that pass", &passed),
            ] {
                let share = codet::share(problem, draws, tests, right, executor)?;
                shares.push((name.into(), share));
            }
        }
        shares.push(("ours".into(), mean(&Variant::default())?));
        if let Some(folds) = &others.folds {
            for &trust in [0.0].iter().chain(&args.trust) {
                let variant = Variant {
                    trust,
                    value: Some(folds.clone()),
                    ..Variant::default()
                };
                shares.push((format!("ours, values with trust {trust}"), mean(&variant)?));
            }
        }
        for &questions in &args.questions {
            let variant = Variant {
                user: Some((questions, others.user.clone())),
                ..Variant::default()
            };
            shares.push((
                format!("ours, up to {questions} questions"),
                mean(&variant)?,
            ));
        }
        shares.push(("oracle".into(), f64::from(all.iter().any(|p| right(p)))));
        Ok(Some(shares))
    };
    let shares: Vec<Shares> = (side_by_side(problems, each)?.into_iter())
        .flatten()
        .collect();
    // The number of probes and how support is counted were chosen on the first half.
    let half = |half: usize| shares.iter().skip(half).step_by(2).collect::<Vec<_>>();
    let halves = [shares.iter().collect(), half(0), half(1)];
    println!(
        "{}, {} problems, {} seeds: solved in %                  all  half A  half B   over ours (95 %)",
        pool.name,
        shares.len(),
        args.seeds
    );
    let names: Vec<&String> = shares
        .first()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    let ours = names.iter().position(|name| *name == "ours").unwrap_or(0);
    for (column, name) in names.iter().enumerate() {
        let mean = |of: &Vec<&Shares>| {
            100.0 * of.iter().map(|s| s[column].1).sum::<f64>() / of.len().max(1) as f64
        };
        let [all, a, b] = halves.each_ref().map(mean);
        let over: Vec<f64> = (shares.iter()).map(|s| s[column].1 - s[ours].1).collect();
        let (gain, error) = mean_and_error(&over);
        println!(
            "  {name:44} {all:7.1} {a:7.1} {b:7.1}   {:+5.1} ± {:.1}",
            100.0 * gain,
            196.0 * error
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
            let outcome = among_all(problem, &log, chain.len(), executor, 0, &Variant::default())?;
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
