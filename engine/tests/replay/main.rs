//! A search run again from its journal is the same search: same tree, same programs, same
//! answer, same journal.
#![allow(clippy::unwrap_used)]

mod cases;
mod journals;
mod json;
mod lock;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cogitree_engine::tree::NodeId;
use cogitree_engine::*;
use lock::{Digits, INPUT, Length, Lock};

const PLAIN: Digits = Digits {
    rethinks: true,
    panics: false,
    dead_ends: true,
    waits: true,
    pays: false,
};

/// An eager search with eight in flight that finds no program good enough to stop.
fn eager() -> SearchConfig {
    SearchConfig {
        schedule: Schedule::Eager,
        budget: Budget {
            simulations: 120,
            ..Budget::default()
        },
        stop_when_solved: false,
        rethinks: 1,
        patience: 0,
        ..SearchConfig::default()
    }
}

fn problem() -> Problem {
    Problem {
        id: "lock".into(),
        statement: "Open the lock.".into(),
        interface: Interface::Stdin,
        tests: vec![
            Test::Stdio {
                input: INPUT.into(),
                expected: Some(String::new())
            };
            3
        ],
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

fn search(policy: impl Policy + 'static, executor: Lock, config: SearchConfig) -> Search {
    Search::new(problem(), Arc::new(policy), Arc::new(executor))
        .value_model(Arc::new(Length))
        .config(config)
}

/// All that a search leaves but the time it took.
fn assert_same(a: &Outcome, b: &Outcome) {
    assert_eq!(a.journal, b.journal);
    assert_eq!((&a.stop, a.cost, a.solved), (&b.stop, b.cost, b.solved));
    let answer = |outcome: &Outcome| {
        let answer = outcome.answer.clone()?;
        let Answer {
            program,
            report,
            evidence,
            node,
            version,
            ..
        } = answer;
        Some((program, report, evidence, node, version))
    };
    assert_eq!(answer(a), answer(b));
    assert_eq!(a.tree.len(), b.tree.len());
    for (x, y) in a.tree.walk(NodeId::ROOT).zip(b.tree.walk(NodeId::ROOT)) {
        assert_eq!(
            (x.id, x.parent, x.place, x.stats),
            (y.id, y.parent, y.place, y.stats)
        );
        assert_eq!(x.payload.proposed, y.payload.proposed);
        let versions = |line: &Line| {
            let tried = line.versions.iter().map(|t| {
                let known = (t.thought.clone(), t.program.clone(), t.report.clone());
                (known, t.feedback.clone(), t.reward)
            });
            (line.versions.current_index(), tried.collect::<Vec<_>>())
        };
        assert_eq!(versions(x.payload), versions(y.payload));
    }
}

/// The journal as a file holds it.
fn through_json(journal: &[Event]) -> Vec<Event> {
    let lines: Vec<String> = journal
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
