//! What `solve --json` prints: one object on one line.

use std::io::{self, Write};

use cogitree::{Operator, Problem, Report, Test, TestReport, Usage};
use serde_json::{Map, Value, json};

use super::Solved;
use crate::cli::output::input;

pub(super) fn write(out: &mut dyn Write, solved: &Solved) -> io::Result<()> {
    let outcome = &solved.outcome;
    let problem = &solved.loaded.problem;
    let answer = outcome.answer.as_ref().map(|a| {
        json!({
            "program": a.program.source,
            "node": a.node,
            "tests": tests(problem, &problem.tests, &a.report),
            "evidence": a.evidence,
            "chain": chain(solved),
        })
    });
    let object = json!({
        "problem": problem.id,
        "solved": outcome.solved,
        "stop": outcome.stop,
        "answer": answer,
        "hidden": solved.hidden.as_ref().map(|h| json!({
            "passed": h.passed(),
            "tests": h.tests.len(),
            "verdict": h.verdict(),
        })),
        "cost": outcome.cost,
        "calls": calls(solved),
        "model": solved.asked.as_ref().map(|asked| json!({
            "requests": asked.client,
            "answers": asked.policy,
            "cache": asked.cache,
        })),
        "value_model": solved.valuer.as_json(),
        "rulings": outcome.rulings,
        "learnt": solved.learnt.iter().map(|test| input(problem, test)).collect::<Vec<_>>(),
        "nodes": outcome.tree.len(),
        "seconds": {
            "ready": solved.ready.as_secs_f64(),
            "search": outcome.elapsed.as_secs_f64(),
        },
        "config": solved.config,
        "again": solved.again,
    });
    writeln!(out, "{object}")
}

/// What the policy's calls cost, by operator. Money in dollars; times side by side add up.
fn calls(solved: &Solved) -> Value {
    let outcome = &solved.outcome;
    let one = |(operator, usage): (&Operator, &Usage)| {
        let time = outcome.time.get(operator).copied().unwrap_or_default();
        let object = json!({
            "calls": usage.calls,
            "prompt_tokens": usage.prompt_tokens,
            "cached_tokens": usage.cached_tokens,
            "completion_tokens": usage.completion_tokens,
            "dollars": usage.money.dollars(),
            "unmetered": usage.unmetered,
            "unpriced": usage.unpriced,
            "seconds": time.as_secs_f64(),
        });
        (operator.to_string(), object)
    };
    outcome
        .spending
        .0
        .iter()
        .map(one)
        .collect::<Map<_, _>>()
        .into()
}

fn chain(solved: &Solved) -> Vec<Value> {
    let chain = solved.outcome.chain();
    chain
        .iter()
        .map(|(node, used, tried)| {
            let versions: Vec<Value> = tried
                .iter()
                .map(|t| {
                    json!({
                        "thought": t.thought.text,
                        "chain": t.chain.as_ref().map(|chain| {
                            chain.iter().map(|thought| &*thought.text).collect::<Vec<_>>()
                        }),
                        "passed": t.report.passed(),
                        "reward": t.reward,
                        "feedback": t.feedback.text,
                        "program": t.program.source,
                    })
                })
                .collect();
            json!({ "node": node, "used": used, "versions": versions })
        })
        .collect()
}

/// The verdicts of tests with what they were about. Values are written as Python writes them.
pub(crate) fn tests(problem: &Problem, tests: &[Test], report: &Report) -> Vec<Value> {
    let one = |(test, report): (&Test, &TestReport)| {
        let expected = match test {
            Test::Call { expected, .. } => expected.as_ref().map(ToString::to_string),
            Test::Stdio { expected, .. } => expected.clone(),
            _ => None,
        };
        json!({
            "input": input(problem, test),
            "expected": expected,
            "verdict": report.verdict,
            "actual": report.actual.as_ref().map(ToString::to_string),
            "error": report.error,
            "stdout": report.stdout,
            "stderr": report.stderr,
            "fuel": report.fuel,
            "seconds": report.time.as_secs_f64(),
        })
    };
    tests.iter().zip(&report.tests).map(one).collect()
}
