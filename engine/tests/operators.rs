//! The operators of a policy that a search may use: when they are asked, what becomes of their
//! answers, and what a refusal or a failure does.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use cogitree_engine::*;

type Answer<A, R> = Box<dyn Fn(&A) -> Result<R, PolicyError> + Send + Sync>;

/// Writes a chain down, given its words and the programs that it was written down as before.
type Write = fn(&str, &[Arc<Program>]) -> Result<&'static str, PolicyError>;

/// What was asked, in words.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    operator: &'static str,
    about: String,
    tried: Vec<String>,
}

/// Offers a and b at the root, writes the last thought down, and has no more to say than a test gives
/// it.
#[derive(Default)]
struct Puppet {
    asked: Mutex<Vec<Asked>>,
    write: Option<Write>,
    better: Option<fn(&str, usize) -> &'static str>,
    rehearsal: Option<fn(&str) -> Rehearsal>,
    review: Option<Answer<String, Option<Opinion>>>,
    compare: Option<Answer<Meter, Option<Preference>>>,
}

impl Puppet {
    fn note(&self, operator: &'static str, about: &str, tried: Vec<String>) {
        let about = about.to_owned();
        let asked = Asked {
            operator,
            about,
            tried,
        };
        self.asked.lock().unwrap().push(asked);
    }

    /// What was asked of one operator.
    fn of(&self, operator: &str) -> Vec<(String, Vec<String>)> {
        let asked = self.asked.lock().unwrap();
        let mine = asked.iter().filter(|a| a.operator == operator);
        mine.map(|a| (a.about.clone(), a.tried.clone())).collect()
    }
}

fn last(chain: &Chain<'_>) -> String {
    chain
        .thoughts
        .last()
        .map_or_else(String::new, |t| t.text.to_string())
}

impl Policy for Puppet {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let offers = if ask.chain.thoughts.is_empty() {
            vec![("a", 0.7), ("b", 0.3)]
        } else {
            vec![]
        };
        self.note("propose", &last(&ask.chain), vec![]);
        let proposal = |(text, prior)| Proposal {
            thought: Thought::new(text),
            prior,
        };
        Ok(offers.into_iter().map(proposal).collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let about = last(&ask.chain);
        let tried = ask.tried.iter().map(|p| p.source.clone()).collect();
        self.note("implement", &about, tried);
        match self.write {
            Some(write) => Ok(Program::new(write(&about, ask.tried)?)),
            None => Ok(Program::new(about)),
        }
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let about = last(&ask.chain);
        let tried = ask.tried.iter().map(|t| t.text.to_string()).collect();
        self.note("rethink", &about, tried);
        Ok((self.better).map(|better| Thought::new(better(&about, ask.tried.len()))))
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        let about = last(chain);
        self.note("rehearse", &about, vec![]);
        Ok(self.rehearsal.map(|rehearsal| rehearsal(&about)))
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let program = ask.outcome.program.source.clone();
        self.note("review", &program, vec![]);
        self.review
            .as_ref()
            .map_or(Ok(None), |review| review(&program))
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        Ok((0..ask.wanted).map(|n| test(&format!("own {n}"))).collect())
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        self.note("compare", &ask.first.program.source, vec![]);
        (self.compare.as_ref()).map_or(Ok(None), |compare| compare(ask.meter))
    }
}

fn test(input: &str) -> Test {
    Test::Stdio {
        input: input.into(),
        expected: Some(String::new()),
    }
}

/// Passes the one visible test where the source has an o, and as many of three advisory tests as it
/// has x; the machinery fails on those of a source with an f.
struct Bench;

impl Executor for Bench {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let source = &job.program.source;
        let advisory = job.tests.len() == 3;
        if advisory && source.contains('f') {
            return Err(ExecutorError("no sandbox".into()));
        }
        let passed = match advisory {
            true => source.matches('x').count(),
            false => usize::from(source.contains('o')),
        };
        let tests = (0..job.tests.len()).map(|i| {
            let mut report = TestReport::new(match i < passed {
                true => Verdict::Passed,
                false => Verdict::WrongAnswer,
            });
            report.stdout = source.clone();
            report
        });
        Ok(Report {
            tests: tests.collect(),
        })
    }
}

fn search(puppet: Puppet, config: SearchConfig) -> (Outcome, Arc<Puppet>) {
    let problem = Problem {
        id: "puppet".into(),
        statement: "Say o.".into(),
        interface: Interface::Stdin,
        tests: vec![test("visible")],
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    let puppet = Arc::new(puppet);
    let outcome = Search::new(problem.clone(), puppet.clone(), Arc::new(Bench))
        .config(config.clone())
        .run()
        .unwrap();
    let asked = puppet.asked.lock().unwrap().clone();
    // Whatever happens, it can be followed.
    let again = Search::new(problem, puppet.clone(), Arc::new(Bench)).config(config);
    assert_eq!(
        again.replay(&outcome.journal).unwrap().journal,
        outcome.journal
    );
    *puppet.asked.lock().unwrap() = asked;
    (outcome, puppet)
}

fn one_by_one() -> SearchConfig {
    SearchConfig {
        in_flight: 1,
        rethinks: 0,
        agreement: 0,
        depth: 1,
        ..SearchConfig::default()
    }
}

/// The thoughts and programs that were run.
fn ran(outcome: &Outcome) -> Vec<(String, String)> {
    let ran = outcome.journal.iter().filter_map(|event| match event {
        Event::Ran {
            thought, program, ..
        } => Some((thought.text.to_string(), program.source.clone())),
        _ => None,
    });
    ran.collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(a, b)| ((*a).into(), (*b).into()))
        .collect()
}

#[test]
fn a_plan_that_does_not_hold_is_bettered_once_before_it_is_written_down() {
    let rehearsal = |about: &str| Rehearsal {
        sound: about == "b",
        notes: "walked".into(),
        // Of a sound plan nothing better is taken, and what is better is not rehearsed again.
        better: Some(Thought::new(format!("{about}'"))),
    };
    let (outcome, puppet) = search(
        Puppet {
            rehearsal: Some(rehearsal),
            ..Puppet::default()
        },
        SearchConfig {
            rehearse: true,
            ..one_by_one()
        },
    );
    assert_eq!(ran(&outcome), pairs(&[("a'", "a'"), ("b", "b")]));
    assert_eq!(puppet.of("rehearse").len(), 2);
    let nodes = outcome.tree.walk(tree::NodeId::ROOT).skip(1);
    let proposed: Vec<_> = nodes.map(|n| n.payload.proposed.text.to_string()).collect();
    assert_eq!(proposed, ["a", "b"], "what was proposed stays on record");
    let off = search(Puppet::default(), one_by_one()).1;
    assert!(off.of("rehearse").is_empty());
}

#[test]
fn a_program_that_was_run_before_is_asked_for_again() {
    // b is written as a first, then as c, then as d.
    let write = |about: &str, tried: &[Arc<Program>]| match (about, tried.len()) {
        ("a", _) | (_, 0) => Ok("a"),
        (_, 1) => Ok("c"),
        _ => Ok("d"),
    };
    let stubborn = |_: &str, tried: &[Arc<Program>]| match tried.len() {
        0 => Ok("a"),
        _ => Err(PolicyError::Unusable("there is no other".into())),
    };
    let with = |write, again| {
        let config = SearchConfig {
            again,
            ..one_by_one()
        };
        let puppet = Puppet {
            write: Some(write),
            ..Puppet::default()
        };
        let (outcome, puppet) = search(puppet, config);
        (ran(&outcome), outcome.cost, puppet.of("implement"))
    };
    let (programs, cost, asked) = with(write, 1);
    assert_eq!(programs, pairs(&[("a", "a"), ("b", "c")]));
    assert_eq!((cost.executions, cost.repeats), (2, 1));
    assert_eq!(
        asked[2],
        ("b".into(), vec!["a".into()]),
        "with what was tried"
    );
    // Not asked, or without another one: the report of a is taken.
    for (write, again, calls) in [(write as fn(&_, &_) -> _, 0, 2), (stubborn, 3, 3)] {
        let (programs, cost, asked) = with(write, again);
        assert_eq!(programs, pairs(&[("a", "a"), ("b", "a")]));
        assert_eq!((cost.executions, cost.repeats, asked.len()), (1, 1, calls));
    }
}

#[test]
fn a_thought_that_was_had_before_is_asked_for_again() {
    // The first answer about a is a, the second is c.
    let better = |_: &str, tried: usize| if tried == 0 { "a" } else { "c" };
    let rethinks = |again| {
        let config = SearchConfig {
            rethinks: 1,
            again,
            budget: Budget {
                simulations: 1,
                ..Budget::default()
            },
            ..one_by_one()
        };
        let puppet = Puppet {
            better: Some(better),
            ..Puppet::default()
        };
        let (outcome, puppet) = search(puppet, config);
        (ran(&outcome).len(), puppet.of("rethink"))
    };
    let (versions, asked) = rethinks(1);
    let named = |tried: &[&str]| ("a".to_owned(), tried.iter().map(|t| (*t).into()).collect());
    assert_eq!((versions, asked), (2, vec![named(&[]), named(&["a"])]));
    assert_eq!(rethinks(0), (1, vec![named(&[])]));
}

fn opinion(decision: Decision) -> Opinion {
    Opinion {
        score: 0.25,
        decision,
        reason: "so so".into(),
    }
}

#[test]
fn reviews_are_asked_for_as_configured_and_abandon_what_is_below() {
    let with = |review, decision| {
        let config = SearchConfig {
            review,
            depth: 5,
            rethinks: 2,
            ..one_by_one()
        };
        let puppet = Puppet {
            better: Some(|_, tried| ["c", "d"][tried]),
            review: Some(Box::new(move |_| Ok(Some(opinion(decision))))),
            ..Puppet::default()
        };
        search(puppet, config)
    };
    let (_, passing) = with(Reviewed::Passing, Decision::Abandon);
    assert!(passing.of("review").is_empty(), "nothing passes");
    assert!(passing.of("propose").len() > 1, "so both are gone on from");
    let (outcome, always) = with(Reviewed::Always, Decision::Abandon);
    assert_eq!(always.of("review").len(), 2);
    assert!(always.of("rethink").is_empty());
    assert_eq!(always.of("propose").len(), 1, "nothing is asked for below");
    let Some(Event::Ran {
        value, feedback, ..
    }) = (outcome.journal.iter()).find(|e| matches!(e, Event::Ran { .. }))
    else {
        panic!("nothing was run")
    };
    assert_eq!(
        *value, 0.25,
        "the score of a program that fails is its value"
    );
    assert!(feedback.ends_with("The review: so so"));
    let (_, refine) = with(Reviewed::Always, Decision::Refine);
    assert!(refine.of("propose").len() > 1 && !refine.of("rethink").is_empty());
}

/// What was paid for is kept, and nothing is accepted that could not be reviewed.
#[test]
fn a_review_that_fails_for_good_ends_the_search() {
    let fatal = || Err(PolicyError::Fatal("the key is wrong".into()));
    let puppet = Puppet {
        write: Some(|_, _| Ok("o")),
        review: Some(Box::new(move |_| fatal())),
        ..Puppet::default()
    };
    let (outcome, _) = search(puppet, one_by_one());
    assert_eq!(outcome.stop, StopReason::Failed("the key is wrong".into()));
    assert_eq!(outcome.cost.simulations, 1);
    assert_eq!(outcome.answer.unwrap().program.source, "o");
    let unusable = Puppet {
        write: Some(|_, _| Ok("o")),
        review: Some(Box::new(|_| {
            Err(PolicyError::Unusable("cannot say".into()))
        })),
        ..Puppet::default()
    };
    let (outcome, _) = search(unusable, one_by_one());
    assert_eq!(outcome.stop, StopReason::Solved, "no opinion accepts");
}

fn named(about: &str, _: &[Arc<Program>]) -> Result<&'static str, PolicyError> {
    Ok(match about {
        "a" => "o",
        _ => "oxxx",
    })
}

#[test]
fn advisory_tests_decide_between_programs_that_pass() {
    let with = |advisory, write| {
        let config = SearchConfig {
            advisory,
            stop_when_solved: false,
            ..one_by_one()
        };
        let puppet = Puppet {
            write: Some(write),
            ..Puppet::default()
        };
        search(puppet, config).0
    };
    // a is found first; b passes three of three.
    assert_eq!(with(0, named).answer.unwrap().program.source, "o");
    let answer = with(3, named).answer.unwrap();
    assert_eq!(answer.program.source, "oxxx");
    let evidence = answer.evidence.advisory;
    assert_eq!(
        evidence,
        Some(Share {
            passed: 3,
            tests: 3
        })
    );
    // A failure of the machinery is not a wrong answer: it counts for half, which is more than none.
    let outcome = with(3, |about, _| Ok(if about == "a" { "o" } else { "of" }));
    let faults = outcome.journal.iter();
    assert_eq!(
        faults.filter(|e| matches!(e, Event::Fault { .. })).count(),
        1
    );
    let answer = outcome.answer.unwrap();
    assert_eq!(
        (answer.program.source.as_str(), answer.evidence.advisory),
        ("of", None)
    );
}

#[test]
fn comparisons_are_made_while_the_account_lasts() {
    let with = |calls| {
        let config = SearchConfig {
            compare: 2,
            stop_when_solved: false,
            budget: Budget {
                calls,
                ..Budget::default()
            },
            ..one_by_one()
        };
        let compare = |meter: &Meter| {
            let call = Usage {
                calls: 1,
                ..Usage::default()
            };
            meter
                .begin(Operator::Compare, Usage { calls: 2, ..call })?
                .settle(call);
            Ok(Some(Preference {
                which: Which::Second,
                reason: String::new(),
            }))
        };
        let puppet = Puppet {
            write: Some(named),
            compare: Some(Box::new(compare)),
            ..Puppet::default()
        };
        search(puppet, config).0
    };
    let compared = with(None);
    assert_eq!(
        compared.answer.unwrap().program.source,
        "oxxx",
        "the second"
    );
    assert_eq!(compared.spending.0[&Operator::Compare].calls, 1);
    let at_root = compared.tree.payload(tree::NodeId::ROOT).spending();
    assert_eq!(at_root, compared.spending);
    // It might cost two calls, and there is one.
    let spent = with(Some(1));
    let answer = spent.answer.unwrap();
    assert_eq!(
        (answer.program.source.as_str(), answer.evidence.preferred),
        ("o", None)
    );
    assert!(spent.spending.is_zero());
}
