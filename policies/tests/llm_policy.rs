//! A search that thinks with a model: what it may spend, and that it repeats itself.

#![allow(clippy::unwrap_used)]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::*;
use cogitree_policies::llm::{
    Chat, ChatError, ChatReply, ChatRequest, Choice, LlmPolicy, LlmStatistics, TokenUsage,
};

/// Answers each request by its hash: with thoughts, programs, opinions, or what cannot be read.
#[derive(Default)]
struct Dice {
    calls: AtomicU64,
}

impl Chat for Dice {
    fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ChatError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut hasher = DefaultHasher::new();
        format!("{request:?}").hash(&mut hasher);
        let n = hasher.finish();
        let name = request.schema.as_ref().map(|s| s.name.as_str());
        let text = match name {
            _ if n.is_multiple_of(7) => "I do not know.".to_owned(),
            Some("thoughts") => format!(
                r#"{{"thoughts": [{{"thought": "Add {}.", "prior": 0.7}}, {{"thought": "Try {}.", "prior": 0.2}}]}}"#,
                n % 50,
                n / 50 % 50
            ),
            Some("thought") => format!(r#"{{"thought": "Rather add {}."}}"#, n % 1000),
            Some(_) => r#"{"reason": "so", "score": 0.4, "decision": "refine"}"#.to_owned(),
            None => format!("```python\ndef f(x):\n    return x + {}\n```", n % 30),
        };
        let mut reply = ChatReply::new(vec![Choice::new(text)]);
        reply.usage = TokenUsage {
            replies: 1,
            prompt: 300,
            completion: n % 100,
            ..TokenUsage::default()
        };
        Ok(reply)
    }
}

/// Passes the programs that add 17.
struct Adding;

impl Executor for Adding {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let right = job.program.source.contains("x + 17");
        let verdict = if right {
            Verdict::Passed
        } else {
            Verdict::WrongAnswer
        };
        Ok(Report {
            tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect(),
        })
    }
}

fn problem() -> Problem {
    Problem {
        id: "f".into(),
        statement: "Add the number that is meant.".into(),
        interface: Interface::Function(Signature::new("f", [Parameter::new("x")])),
        tests: vec![Test::Call {
            args: vec![Value::Int(0)],
            expected: Some(Value::Int(17)),
        }],
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

fn search(config: SearchConfig) -> (Outcome, LlmStatistics, u64) {
    let dice = Arc::new(Dice::default());
    let policy = Arc::new(LlmPolicy::new(dice.clone()));
    let outcome = Search::new(problem(), policy.clone(), Arc::new(Adding))
        .config(config)
        .run()
        .unwrap();
    (
        outcome,
        policy.statistics(),
        dice.calls.load(Ordering::Relaxed),
    )
}

fn config(calls: Option<u64>, tokens: Option<u64>) -> SearchConfig {
    let mut config = SearchConfig {
        stop_when_solved: false,
        patience: 0,
        width: 3,
        ..SearchConfig::default()
    };
    config.budget.simulations = 60;
    config.budget.calls = calls;
    config.budget.tokens = tokens;
    config
}

#[test]
fn a_budget_ends_the_search_before_it_is_passed() {
    for calls in [1, 2, 7, 40] {
        let (outcome, counted, asked) = search(config(Some(calls), None));
        assert!(asked <= calls, "{asked} of {calls}");
        assert_eq!(counted.calls, asked);
        assert_eq!(outcome.stop, StopReason::Spent(Resource::Calls), "{calls}");
    }
    let (outcome, _, asked) = search(config(None, Some(20_000)));
    assert!(asked > 3);
    assert_eq!(outcome.stop, StopReason::Spent(Resource::Tokens));
}

/// With the same model the tree depends on the seed, not on the threads.
#[test]
fn the_same_search_asks_the_same() {
    let run = |threads: usize, seed: u64| {
        let (outcome, counted, _) = search(SearchConfig {
            threads,
            seed,
            ..config(None, None)
        });
        (serde_json::to_string(&outcome.journal).unwrap(), counted)
    };
    let first = run(1, 1);
    assert!(
        first.1.calls > 60 && first.1.repairs > 0 && first.1.repaired > 0,
        "{:?}",
        first.1
    );
    assert_eq!(first, run(2, 1));
    assert_eq!(first, run(8, 1));
    assert_ne!(first.0, run(1, 2).0);
}
