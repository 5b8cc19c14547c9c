//! What the value model decides beside rewards: priors, rethinks, and what is given up.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cogitree_engine::*;

/// Offers a, b and c, each as likely as the others, and to a failed one its next letter.
struct Letters;

impl Policy for Letters {
    fn propose(&self, _: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let proposal = |text: &str| Proposal {
            thought: Thought::new(text),
            prior: 1.0,
        };
        Ok(["a", "b", "c"].map(proposal).into())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let words: Vec<&str> = ask.chain.thoughts.iter().map(|t| t.text.as_ref()).collect();
        Ok(Program::new(words.concat()))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let last = &ask.chain.thoughts[ask.chain.thoughts.len() - 1].text;
        Ok(Some(Thought::new(format!("{last}'"))))
    }
}

/// Nothing passes.
struct Never;

impl Executor for Never {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let failed = |_: &Test| TestReport::new(Verdict::WrongAnswer);
        Ok(Report {
            tests: job.tests.iter().map(failed).collect(),
        })
    }
}

/// Thinks well of b, and of no chain that a stands in.
#[derive(Default)]
struct Taste {
    foresees: Option<[f64; 3]>,
}

impl ValueModel for Taste {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        let of = |s: &State<'_>| match s.outcome.program.source.as_bytes() {
            [b'a', ..] => 0.1,
            [b'b', ..] => 0.8,
            _ => 0.5,
        };
        Ok(states.iter().map(of).collect())
    }

    fn foresee(&self, chains: &[Chain<'_>]) -> Result<Option<Vec<f64>>, ValueError> {
        let last: Vec<&str> = (chains.iter())
            .map(|c| c.thoughts[c.thoughts.len() - 1].text.as_ref())
            .collect();
        assert_eq!(last, ["a", "b", "c"]);
        Ok(self.foresees.map(Vec::from))
    }
}

fn search(taste: Taste, config: SearchConfig) -> Outcome {
    let problem = Problem {
        id: "letters".into(),
        statement: "Say nothing.".into(),
        interface: Interface::Stdin,
        tests: vec![Test::Stdio {
            input: String::new(),
            expected: None,
        }],
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    let begin = || {
        Search::new(problem.clone(), Arc::new(Letters), Arc::new(Never))
            .value_model(Arc::new(Taste { ..taste }))
            .config(config.clone())
    };
    let outcome = begin().run().unwrap();
    let again = begin().replay(&outcome.journal).unwrap();
    assert_eq!(again.journal, outcome.journal);
    outcome
}

fn config() -> SearchConfig {
    SearchConfig {
        in_flight: 1,
        rethinks: 0,
        depth: 2,
        budget: Budget {
            simulations: 30,
            ..Budget::default()
        },
        ..SearchConfig::default()
    }
}

/// The priors of the root's children, as they were journalled.
fn priors(outcome: &Outcome) -> Vec<f64> {
    let first = outcome.journal.iter().find_map(|event| match event {
        Event::Proposed { thoughts, .. } => Some(thoughts.iter().map(|t| t.1).collect()),
        _ => None,
    });
    first.unwrap()
}

fn programs(outcome: &Outcome) -> Vec<String> {
    let of = |event: &Event| match event {
        Event::Ran { program, .. } => Some(program.source.clone()),
        _ => None,
    };
    outcome.journal.iter().filter_map(of).collect()
}

#[test]
fn foresight_corrects_priors_by_the_odds() {
    let foresees = Some([0.2, 0.75, f64::NAN]);
    let with = |foresight| SearchConfig {
        foresight,
        ..config()
    };
    assert_eq!(priors(&search(Taste { foresees }, with(0.0))), [1.0; 3]);
    // Odds 1/4 and 3; of what is no number nothing is known.
    let close = |found: &[f64], expected: [f64; 3]| {
        let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(found.iter().zip(&expected).all(near), "{found:?}");
    };
    close(
        &priors(&search(Taste { foresees }, with(1.0))),
        [0.25, 3.0, 1.0],
    );
    close(
        &priors(&search(Taste { foresees }, with(2.0))),
        [0.0625, 9.0, 1.0],
    );
    // A model without foresight changes nothing.
    assert_eq!(priors(&search(Taste::default(), with(2.0))), [1.0; 3]);
    let first = |foresees| programs(&search(Taste { foresees }, with(2.0)))[0].clone();
    assert_eq!(first(foresees), "b");
    assert_eq!(first(Some([0.9, 0.5, 0.5])), "a");
}

#[test]
fn what_is_not_worth_a_rethink_is_not_rethought() {
    let rethinks = |rethink_above| SearchConfig {
        rethinks: 1,
        rethink_above,
        depth: 1,
        ..config()
    };
    let all = programs(&search(Taste::default(), rethinks(0.0)));
    assert_eq!(all.len(), 6);
    let mut some = programs(&search(Taste::default(), rethinks(0.5)));
    some.sort();
    assert_eq!(some, ["a", "b", "b'", "c", "c'"]);
}

#[test]
fn what_is_abandoned_has_nothing_below_it_and_no_rethink() {
    let abandons = |abandon_below| SearchConfig {
        rethinks: 1,
        abandon_below,
        ..config()
    };
    let below_a = |outcome: &Outcome| {
        let programs = programs(outcome);
        programs.iter().filter(|p| p.starts_with('a')).count()
    };
    assert_eq!(below_a(&search(Taste::default(), abandons(0.11))), 1);
    assert!(below_a(&search(Taste::default(), abandons(0.1))) > 1);
}
