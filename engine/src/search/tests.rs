use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use super::*;
use crate::tree::NodeId;
use crate::*;

/// Builds a number digit by digit: every thought appends one; a program is the number.
struct Digits {
    rethinks: bool,
}

impl Policy for Digits {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let rising = ask.chain.seed.is_multiple_of(2);
        let offered: Vec<&str> = ask.siblings.iter().map(|s| s.text.as_ref()).collect();
        Ok((0..10)
            .filter(|d| !offered.contains(&d.to_string().as_str()))
            .take(ask.width)
            .map(|d| Proposal {
                thought: Thought::new(format!("{d}")),
                prior: if rising { f64::from(d) } else { 1.0 },
            })
            .collect())
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        Ok(Program::new(
            ask.chain
                .thoughts
                .iter()
                .map(|t| t.text.as_ref())
                .collect::<String>(),
        ))
    }
    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let last = ask.chain.thoughts.last().map_or("", |t| &t.text);
        let next = last.parse::<u32>().map_or(0, |d| (d + 1) % 10);
        Ok(self.rethinks.then(|| Thought::new(next.to_string())))
    }
}

/// Passes as many of three tests as the program has leading digits right.
struct Lock(&'static str);

impl Executor for Lock {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let right = job
            .program
            .source
            .bytes()
            .zip(self.0.bytes())
            .take_while(|(a, b)| a == b);
        let right = right.count();
        let verdict = |i| {
            if i < right {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            }
        };
        Ok(Report {
            tests: (0..job.tests.len())
                .map(|i| TestReport::new(verdict(i)))
                .collect(),
        })
    }
}

fn problem() -> Problem {
    Problem {
        id: "lock".into(),
        statement: "Open the lock.".into(),
        interface: Interface::Stdin,
        tests: vec![
            Test::Stdio {
                input: String::new(),
                expected: Some(String::new())
            };
            3
        ],
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}

fn search(executor: impl Executor + 'static, config: SearchConfig) -> Outcome {
    let policy = Arc::new(Digits {
        rethinks: config.rethinks > 0,
    });
    Search::new(problem(), policy, Arc::new(executor))
        .config(config)
        .run()
        .unwrap()
}

fn config() -> SearchConfig {
    SearchConfig {
        rethinks: 0,
        value_weight: 0.0,
        ..SearchConfig::default()
    }
}

#[test]
fn finds_the_answer_under_both_schedules() {
    for schedule in [Schedule::Waves, Schedule::Eager] {
        let outcome = search(
            Lock("372"),
            SearchConfig {
                schedule,
                ..config()
            },
        );
        assert!(outcome.solved, "{schedule:?}");
        assert_eq!(outcome.stop, StopReason::Solved);
        let answer = outcome.answer.as_ref().unwrap();
        assert_eq!(answer.program.source, "372");
        let texts: Vec<_> = outcome
            .chain()
            .iter()
            .map(|(_, v, tried)| tried[*v].thought.text.to_string())
            .collect();
        assert_eq!(texts, ["3", "7", "2"]);
    }
}

#[test]
fn waves_do_not_depend_on_the_number_of_threads() {
    let run = |threads, seed| {
        let outcome = search(
            Lock("909"),
            SearchConfig {
                threads,
                seed,
                rethinks: 1,
                ..config()
            },
        );
        (
            serde_json::to_string(&outcome.journal).unwrap(),
            outcome.cost,
        )
    };
    let one = run(1, 3);
    for threads in [2, 8] {
        assert_eq!(one, run(threads, 3), "{threads} threads");
    }
    assert_ne!(one.0, run(1, 4).0, "the seed must matter");
}

/// The most simulations in flight while at least `after` and fewer than `before` were told.
fn widest(outcome: &Outcome, after: usize, before: usize) -> usize {
    let (mut told, mut open, mut widest) = (0, 0, 0);
    for event in &outcome.journal {
        match event {
            Event::Asked { .. } => open += 1,
            Event::Told { .. } => (told, open) = (told + 1, open - 1),
            Event::Abandoned { .. } => open -= 1,
            _ => {}
        }
        if (after..before).contains(&told) {
            widest = widest.max(open);
        }
    }
    widest
}

#[test]
fn what_is_in_flight_grows_with_the_search() {
    let run = |ramp, schedule, threads| {
        let config = SearchConfig {
            in_flight: 16,
            ramp,
            schedule,
            threads,
            stop_when_solved: false,
            patience: 0,
            budget: Budget {
                simulations: 200,
                ..Budget::default()
            },
            ..config()
        };
        search(Lock("909"), config)
    };
    let at_once = run(false, Schedule::Waves, 1);
    assert!(widest(&at_once, 0, 16) > 4);
    for schedule in [Schedule::Waves, Schedule::Eager] {
        let growing = run(true, schedule, 16);
        assert!(widest(&growing, 0, 16) <= 4, "{schedule:?}");
        assert!(widest(&growing, 16, 40) <= 12, "{schedule:?}");
    }
    assert_eq!(widest(&run(true, Schedule::Waves, 1), 64, 200), 16);
    let journal = |threads| {
        let outcome = run(true, Schedule::Waves, threads);
        serde_json::to_string(&outcome.journal).unwrap()
    };
    assert_eq!(
        journal(1),
        journal(8),
        "a wave's size is the search's, not the machine's"
    );
}

#[test]
fn every_rule_searches_and_is_repeatable_in_waves() {
    for rule in crate::Rule::all() {
        let run = |threads| {
            search(
                Lock("372"),
                SearchConfig {
                    rule,
                    threads,
                    // Depth-first search may have to go through all 1,110 combinations.
                    depth: 3,
                    budget: Budget {
                        simulations: 1_200,
                        ..Budget::default()
                    },
                    ..config()
                },
            )
        };
        let one = run(1);
        assert!(one.solved, "{rule}: {:?}, {:?}", one.stop, one.cost);
        let journal = |outcome: &Outcome| serde_json::to_string(&outcome.journal).unwrap();
        assert_eq!(journal(&one), journal(&run(8)), "{rule}");
    }
}

#[test]
fn a_widened_search_asks_for_more_where_it_is_worth_it() {
    let law = Widening { c: 1.0, alpha: 0.5 };
    let run = |threads, schedule| {
        search(
            Lock("372"),
            SearchConfig {
                widening: Some(law),
                width: 1,
                depth: 3,
                threads,
                schedule,
                budget: Budget {
                    simulations: 3_000,
                    ..Budget::default()
                },
                ..config()
            },
        )
    };
    let one = run(1, Schedule::Waves);
    assert!(one.solved, "{:?} {:?}", one.stop, one.cost);
    let journal = |outcome: &Outcome| serde_json::to_string(&outcome.journal).unwrap();
    assert_eq!(journal(&one), journal(&run(8, Schedule::Waves)));
    for outcome in [one, run(4, Schedule::Eager)] {
        let mut widest = 0;
        for node in outcome.tree.walk(tree::NodeId::ROOT) {
            let thoughts: Vec<_> = outcome
                .tree
                .children(node.id)
                .map(|c| outcome.tree.payload(c).proposed.text.clone())
                .collect();
            let different: BTreeSet<_> = thoughts.iter().collect();
            assert_eq!(different.len(), thoughts.len(), "{thoughts:?}");
            // The law holds but where all children are closed, so it holds for the open ones.
            let children = outcome.tree.children(node.id);
            let open = children.filter(|&c| !outcome.tree.stats(c).closed).count();
            let bound = (node.stats.visits as f64 + 16.0).sqrt() + 1.0;
            assert!(open as f64 <= bound, "{open} {:?}", node.stats);
            widest = widest.max(thoughts.len());
        }
        assert!(widest >= 4, "{widest}");
    }
    let error = SearchConfig {
        rule: Rule::PUcb(PUcb {
            c_base: -1.0,
            ..PUcb::default()
        }),
        ..config()
    }
    .validate();
    assert_eq!(error.unwrap_err().field, "rule.c_base");
    assert!(Rule::all().iter().all(|r| r.out_of_range().is_none()));
    let error = SearchConfig {
        widening: Some(Widening { c: 1.0, alpha: 1.5 }),
        ..config()
    }
    .validate();
    assert_eq!(error.unwrap_err().field, "widening.alpha");
}

#[test]
fn a_rethought_version_stands_only_when_it_is_as_good() {
    let outcome = search(
        Lock("555"),
        SearchConfig {
            rethinks: 3,
            budget: Budget {
                simulations: 40,
                ..Budget::default()
            },
            ..config()
        },
    );
    let mut kept = 0;
    for i in 1..outcome.tree.len() {
        let line = outcome.tree.graph();
        let node = line.node_weights().find(|n| n.id.index() == i).unwrap();
        let rewards: Vec<f64> = node.payload.versions.iter().map(|t| t.reward).collect();
        let Some(current) = node.payload.versions.current() else {
            continue;
        };
        assert!(rewards.iter().all(|&r| r <= current.reward), "{rewards:?}");
        kept += usize::from(rewards.len() > 1);
    }
    assert!(kept > 5, "versions are kept on record: {kept}");
}

#[test]
fn rethinking_reaches_what_proposals_lack() {
    let solved = |rethinks| {
        let budget = Budget {
            simulations: 12,
            ..Budget::default()
        };
        search(
            Lock("888"),
            SearchConfig {
                rethinks,
                budget,
                in_flight: 1,
                ..config()
            },
        )
        .solved
    };
    assert!(solved(9));
    assert!(!solved(0));
}

#[test]
fn budgets_are_kept() {
    let budget = Budget {
        simulations: 25,
        ..Budget::default()
    };
    let outcome = search(Lock("x"), SearchConfig { budget, ..config() });
    assert_eq!(
        (outcome.cost.simulations, outcome.stop),
        (25, StopReason::Simulations)
    );
    assert!(!outcome.solved && outcome.answer.is_some());

    let budget = Budget {
        executions: Some(10),
        ..Budget::default()
    };
    let outcome = search(
        Lock("x"),
        SearchConfig {
            budget,
            in_flight: 1,
            ..config()
        },
    );
    assert_eq!(
        (outcome.cost.executions, outcome.stop),
        (10, StopReason::Executions)
    );

    let budget = Budget {
        time: Some(Duration::from_millis(30)),
        simulations: 1 << 40,
        ..Budget::default()
    };
    let outcome = search(
        Lock("x"),
        SearchConfig {
            budget,
            depth: 50,
            ..config()
        },
    );
    assert_eq!(outcome.stop, StopReason::Time);

    let budget = Budget {
        nodes: 50,
        ..Budget::default()
    };
    let outcome = search(Lock("x"), SearchConfig { budget, ..config() });
    assert_eq!(outcome.stop, StopReason::Nodes);
}

#[test]
fn an_exhausted_tree_ends_the_search() {
    for schedule in [Schedule::Waves, Schedule::Eager] {
        let outcome = search(
            Lock("x"),
            SearchConfig {
                depth: 2,
                schedule,
                ..config()
            },
        );
        assert_eq!(outcome.stop, StopReason::Exhausted, "{schedule:?}");
        assert_eq!(outcome.cost.simulations, 110);
        assert_eq!(outcome.cost.executions, 110);
    }
}

#[test]
fn nonsense_is_refused_by_name() {
    let bad = |config: SearchConfig| {
        Search::new(
            problem(),
            Arc::new(Digits { rethinks: false }),
            Arc::new(Lock("")),
        )
        .config(config)
        .run()
        .unwrap_err()
        .field
    };
    let none = Budget {
        simulations: 0,
        ..Budget::default()
    };
    assert_eq!(
        bad(SearchConfig {
            budget: none,
            ..config()
        }),
        "simulations"
    );
    assert_eq!(
        bad(SearchConfig {
            in_flight: 0,
            ..config()
        }),
        "in_flight"
    );
    assert_eq!(
        bad(SearchConfig {
            value_weight: f64::NAN,
            ..config()
        }),
        "value_weight"
    );
}

/// Fails in its machinery every third time at first, then always.
struct Flaky {
    runs: AtomicUsize,
    always_after: usize,
}

impl Executor for Flaky {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let n = self.runs.fetch_add(1, Ordering::Relaxed);
        if n.is_multiple_of(3) || n > self.always_after {
            return Err(ExecutorError("no more sandboxes".into()));
        }
        Lock("123").run(job)
    }
}

#[test]
fn a_failure_of_the_machinery_is_not_a_verdict() {
    let flaky = Flaky {
        runs: AtomicUsize::new(0),
        always_after: usize::MAX,
    };
    let outcome = search(
        flaky,
        SearchConfig {
            threads: 1,
            ..config()
        },
    );
    assert!(outcome.solved);
    let faults = outcome
        .journal
        .iter()
        .filter(|e| matches!(e, Event::Fault { .. }))
        .count();
    assert!(faults > 0);

    let broken = Flaky {
        runs: AtomicUsize::new(0),
        always_after: 20,
    };
    let outcome = search(
        broken,
        SearchConfig {
            in_flight: 1,
            ..config()
        },
    );
    assert!(
        matches!(outcome.stop, StopReason::Failed(_)),
        "{:?}",
        outcome.stop
    );
    assert!(outcome.answer.is_some(), "what was found before is kept");
    let stats = outcome.tree.stats(tree::NodeId::ROOT);
    assert_eq!(
        (stats.in_flight, stats.visits),
        (0, outcome.cost.simulations)
    );
}

struct Panicky;
impl Policy for Panicky {
    fn propose(&self, _: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        std::panic::resume_unwind(Box::new("out of ideas"))
    }
    fn implement(&self, _: &Implement<'_>) -> Result<Program, PolicyError> {
        Err(PolicyError::Unusable("never".into()))
    }
}

#[test]
fn a_panic_in_a_policy_ends_the_search_with_a_reason() {
    for schedule in [Schedule::Waves, Schedule::Eager] {
        let outcome = Search::new(problem(), Arc::new(Panicky), Arc::new(Lock("")))
            .config(SearchConfig {
                schedule,
                ..config()
            })
            .run()
            .unwrap();
        let StopReason::Failed(why) = &outcome.stop else {
            panic!("{:?}", outcome.stop)
        };
        assert!(why.contains("out of ideas"), "{why}");
    }
}

/// A policy that waits, as one with a server behind it does.
struct Slow(Digits);
impl Policy for Slow {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        self.0.propose(ask)
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        std::thread::sleep(Duration::from_millis(5));
        self.0.implement(ask)
    }
    fn is_cpu_bound(&self) -> bool {
        false
    }
}

#[test]
fn waiting_policies_run_side_by_side_and_cancelling_keeps_the_best() {
    let cancel = CancelToken::default();
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = threads.clone();
    let handle = cancel.clone();
    let observer = move |event: &Event| {
        if let Event::Told { simulation, .. } = event {
            seen.lock()
                .unwrap()
                .insert(format!("{:?}", std::thread::current().id()));
            if *simulation > 60 {
                handle.cancel();
            }
        }
    };
    let outcome = Search::new(
        problem(),
        Arc::new(Slow(Digits { rethinks: false })),
        Arc::new(Lock("x")),
    )
    .config(SearchConfig {
        schedule: Schedule::Eager,
        in_flight: 16,
        threads: 1,
        ..config()
    })
    .observer(Arc::new(observer))
    .cancel_token(cancel)
    .run()
    .unwrap();
    assert_eq!(outcome.stop, StopReason::Cancelled);
    assert!(outcome.answer.is_some());
    assert!(
        threads.lock().unwrap().len() > 8,
        "simulations in flight have threads of their own"
    );
}

/// Passes everything and thinks little of it, but of one program a little more.
struct Modest;
impl Policy for Modest {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        Digits { rethinks: false }.propose(ask)
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        Digits { rethinks: false }.implement(ask)
    }
    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        let score = if ask.outcome.program.source == "4" {
            0.3
        } else {
            0.2
        };
        Ok(Some(Opinion {
            score,
            decision: Decision::Refine,
            reason: String::new(),
        }))
    }
}

struct Lenient;
impl Executor for Lenient {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        // Failing is left to programs of one digit that is odd, so that the tree grows.
        let odd = job.program.source.len() == 1 && job.program.source.as_bytes()[0] % 2 == 1;
        let verdict = if odd {
            Verdict::WrongAnswer
        } else {
            Verdict::Passed
        };
        Ok(Report {
            tests: job.tests.iter().map(|_| TestReport::new(verdict)).collect(),
        })
    }
}

#[test]
fn a_search_that_finds_nothing_better_for_long_has_converged() {
    let run = |patience| {
        Search::new(problem(), Arc::new(Modest), Arc::new(Lenient))
            .config(SearchConfig {
                patience,
                in_flight: 1,
                ..config()
            })
            .run()
            .unwrap()
    };
    let outcome = run(20);
    assert_eq!(outcome.stop, StopReason::Converged);
    assert_eq!(
        outcome.answer.unwrap().program.source,
        "4",
        "the best so far is the answer"
    );
    let patient = run(0);
    assert_eq!(patient.stop, StopReason::Exhausted);
    assert!(patient.cost.simulations > outcome.cost.simulations);
}

/// Proposes b before a; for a it has two more ideas, the first of which is b.
struct Ideas;

impl Policy for Ideas {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let root = ask.chain.thoughts.is_empty();
        let ideas = [("b", 0.9), ("a", 0.1)].map(|(text, prior)| Proposal {
            thought: Thought::new(text),
            prior,
        });
        Ok(if root { ideas.into() } else { vec![] })
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        Ok(Program::new(ask.chain.thoughts[0].text.as_ref()))
    }
    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let about_a = &*ask.chain.thoughts[0].text == "a";
        let mut ideas = ["b", "777"].map(Thought::new).into_iter();
        Ok(ideas.find(|t| about_a && !ask.tried.contains(t)))
    }
}

#[test]
fn a_rethought_program_that_was_run_before_calls_for_another() {
    let run = |rethinks| {
        Search::new(problem(), Arc::new(Ideas), Arc::new(Lock("777")))
            .config(SearchConfig {
                rethinks,
                in_flight: 1,
                ..config()
            })
            .run()
            .unwrap()
    };
    // The first idea about a is known to fail; the second opens the lock.
    let outcome = run(2);
    assert!(outcome.solved);
    // Asked again, the policy wrote the same once more.
    assert_eq!(outcome.cost.repeats, 2);
    assert!(!run(1).solved);
}

/// Has a thought only every so many times that it is asked, and a program likewise.
struct Distracted;

impl Policy for Distracted {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let thoughtless = !ask.chain.seed.is_multiple_of(5);
        match (thoughtless, ask.chain.seed.is_multiple_of(2)) {
            (true, true) => Ok(Vec::new()),
            (true, false) => Err(PolicyError::Unusable("it hums".into())),
            _ => Digits { rethinks: false }.propose(ask),
        }
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        if ask.chain.seed.is_multiple_of(3) {
            return Err(PolicyError::Unusable("it whistles".into()));
        }
        Digits { rethinks: false }.implement(ask)
    }
}

#[test]
fn a_policy_that_is_distracted_is_asked_again() {
    let run = |seed, attempts| {
        let config = SearchConfig {
            seed,
            attempts,
            in_flight: 1,
            stop_when_solved: false,
            patience: 0,
            ..SearchConfig::default()
        };
        Search::new(problem(), Arc::new(Distracted), Arc::new(Lock("42")))
            .config(config)
            .simulations(200)
            .run()
            .unwrap()
    };
    let asked_at_root = |outcome: &Outcome| {
        let at_root =
            |e: &&Event| matches!(e, Event::Abandoned { node, .. } if *node == NodeId::ROOT);
        outcome.journal.iter().filter(at_root).count()
    };
    let (mut gave_up, mut went_on) = (0, 0);
    for seed in 0..20 {
        let once = run(seed, 1);
        gave_up += u32::from(once.tree.len() == 1);
        assert!(asked_at_root(&once) <= 1);
        let often = run(seed, 3);
        assert!(often.tree.len() > 1, "the root is not given up");
        went_on += asked_at_root(&often);
        // Another node is, after the third time: none of them is abandoned more often.
        let mut abandoned = std::collections::HashMap::new();
        for event in &often.journal {
            if let Event::Abandoned { node, why, .. } = event
                && *node != NodeId::ROOT
                && why.contains("it ")
            {
                *abandoned.entry(*node).or_insert(0) += 1;
            }
        }
        assert!(abandoned.values().all(|&n| n <= 3), "{abandoned:?}");
    }
    assert!(gave_up > 5 && went_on > 20, "{gave_up} {went_on}");
}
