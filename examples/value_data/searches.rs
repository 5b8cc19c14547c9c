//! Programs of our own searches, judged by the hidden tests of their problem.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cogitree::{
    Budget, Closeness, Event, Judge, Program, Search, SearchConfig, Sketcher, StopReason,
};

use super::Executor;
use super::problems::Known;
use super::sources::Case;

/// Searches on a problem, goes on where it is solved, and gives at most `most` of the different
/// programs, those that pass the visible tests first.
pub(crate) fn cases(
    known: &Known,
    executor: &Executor,
    simulations: u64,
    most: usize,
) -> Result<Vec<Case>, String> {
    let Some(hidden) = &known.hidden else {
        return Ok(Vec::new());
    };
    let config = SearchConfig {
        stop_when_solved: false,
        patience: 0,
        budget: Budget {
            simulations,
            ..Budget::default()
        },
        agreement: 0,
        threads: 1,
        ..SearchConfig::default()
    };
    let problem = &known.problem;
    let outcome = Search::new(problem.clone(), Arc::new(Sketcher::new()), executor.clone())
        .config(config)
        .value_model(Arc::new(Closeness))
        .run()
        .map_err(|e| e.to_string())?;
    if let StopReason::Failed(why) = &outcome.stop {
        return Err(format!("{}: {why}", problem.id));
    }
    let mut seen = HashSet::new();
    let mut last: HashMap<_, Arc<Program>> = HashMap::new();
    let mut ran = Vec::new();
    for event in &outcome.journal {
        let Event::Ran {
            node,
            thought,
            program,
            verdicts,
            ..
        } = event
        else {
            continue;
        };
        last.insert(*node, program.clone());
        if !seen.insert(program.fingerprint()) {
            continue;
        }
        let path = outcome.tree.path(*node);
        let mut thoughts: Vec<String> = (path[1..path.len() - 1].iter())
            .map(|id| outcome.tree.payload(*id).thought().text.to_string())
            .collect();
        thoughts.push(thought.text.to_string());
        let above = last.get(&path[path.len() - 2]).cloned();
        let passes = verdicts.iter().all(|v| v.passed());
        ran.push((!passes, thoughts, above, program.clone()));
    }
    ran.sort_by_key(|(fails, _, _, program)| (*fails, program.fingerprint()));
    let judged = ran.into_iter().take(most);
    let judged = judged.map(|(_, thoughts, above, program)| {
        let report = Judge::new(executor.as_ref())
            .judge(problem, &program, hidden)
            .map_err(|e| e.to_string())?;
        Ok(Case {
            thoughts,
            above,
            ..Case::new("own searches", &problem.id, program, report.all_passed())
        })
    });
    judged.collect()
}
