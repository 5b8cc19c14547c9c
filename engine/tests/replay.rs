//! A search run again from its journal is the same search: same tree, same programs, same
//! answer, same journal.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cogitree_engine::tree::NodeId;
use cogitree_engine::*;
use proptest::prelude::*;

/// Numbers, digit by digit. What it answers depends on the request alone; how long it takes
/// does not.
#[derive(Clone, Copy, Debug)]
struct Digits {
    rethinks: bool,
    /// Some chains make it panic.
    panics: bool,
    /// Some chains lead nowhere.
    dead_ends: bool,
    /// Simulations in flight get threads of their own.
    waits: bool,
    /// Calls cost something.
    pays: bool,
}

/// Takes some time, another on each call.
fn dawdle() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let draw = (call ^ std::process::id() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
    match draw {
        0..6 => {}
        6..12 => std::thread::yield_now(),
        more => std::thread::sleep(Duration::from_micros(20 * (more - 11))),
    }
}

fn digit(thought: &Thought) -> usize {
    let number = match &thought.encoding {
        Some(number) if thought.is_blank() => number,
        _ => &thought.text,
    };
    number.parse::<usize>().unwrap() % 10
}

fn digits(chain: &Chain<'_>) -> String {
    chain
        .thoughts
        .iter()
        .map(|t| digit(t).to_string())
        .collect()
}

impl Digits {
    /// A call, if there is enough left for it.
    fn pay(&self, operator: Operator, meter: &Meter, seed: u64) -> Result<(), PolicyError> {
        let call = |calls, prompt_tokens| Usage {
            calls,
            prompt_tokens,
            ..Usage::default()
        };
        if self.pays {
            let granted = meter.begin(operator, call(1, 12))?;
            granted.settle(call(1, 3 + seed % 10));
        }
        Ok(())
    }
}

impl Policy for Digits {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        dawdle();
        self.pay(Operator::Propose, ask.chain.meter, ask.chain.seed)?;
        let deep = ask.chain.thoughts.len() > 1;
        let draw = ask.chain.seed % 29;
        if self.panics && deep && draw == 3 {
            std::panic::resume_unwind(Box::new("out of ideas"));
        }
        if self.dead_ends && deep && draw < 3 {
            return Err(PolicyError::Unusable("no idea".into()));
        }
        let offers = if self.dead_ends && deep && draw < 6 {
            ask.siblings.len().max(1)
        } else {
            10
        };
        // The same may be offered twice, and with a prior that is none.
        let known = |d: &usize| ask.siblings.iter().any(|s| *s.text == *d.to_string());
        Ok((0..offers)
            .filter(|d| !known(d))
            .take(ask.width)
            .map(|d| Proposal {
                thought: Thought::encoded(d.to_string(), format!("digit {d}")),
                prior: if draw == 7 && d == 0 {
                    f64::NAN
                } else {
                    (1.0 + (ask.chain.seed >> d) as u8 as f64).ln()
                },
            })
            .collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        dawdle();
        if self.dead_ends && ask.chain.seed.is_multiple_of(23) {
            return Err(PolicyError::Unusable("cannot be written down".into()));
        }
        self.pay(Operator::Implement, ask.chain.meter, ask.chain.seed)?;
        // Asked for another one it has another, none, or again the same.
        let source = match (ask.tried.len(), ask.chain.seed % 3) {
            (1.., 0) => return Err(PolicyError::Unusable("there is no other".into())),
            (n, 1) => format!("{}{n}", &digits(&ask.chain)[1..]),
            _ => digits(&ask.chain),
        };
        // Many chains lead to one program, up to a comment.
        let source = source.replace(['5', '6', '7'], "4");
        Ok(Program::new(format!("# {}\n{source}", digits(&ask.chain))))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        dawdle();
        self.pay(Operator::Rethink, ask.chain.meter, ask.chain.seed)?;
        let last = ask.chain.thoughts.last().map_or(0, digit);
        // Sometimes what it said before.
        let step = if ask.chain.seed.is_multiple_of(5) {
            0
        } else {
            3
        };
        let next = (last + step + ask.tried.len()) % 10;
        Ok(self.rethinks.then(|| Thought::new(next.to_string())))
    }

    fn rehearse(&self, chain: &Chain<'_>) -> Result<Option<Rehearsal>, PolicyError> {
        dawdle();
        let draw = chain.seed % 7;
        if self.dead_ends && draw == 0 {
            return Err(PolicyError::Unusable("cannot say".into()));
        }
        self.pay(Operator::Rehearse, chain.meter, chain.seed)?;
        let better = (digit(&chain.thoughts[chain.thoughts.len() - 1]) + 1) % 10;
        Ok((draw > 1).then(|| Rehearsal {
            sound: draw > 4,
            notes: format!("walked through {}", digits(chain)),
            better: (draw != 3).then(|| Thought::new(better.to_string())),
        }))
    }

    fn design_tests(&self, ask: &DesignTests<'_>) -> Result<Vec<Test>, PolicyError> {
        self.pay(Operator::DesignTests, ask.meter, ask.seed)?;
        let test = |n| Test::Stdio {
            input: format!("{n} {}", ask.seed % 10),
            expected: Some(String::new()),
        };
        Ok((0..ask.wanted + 1).map(test).collect())
    }

    fn compare(&self, ask: &Compare<'_>) -> Result<Option<Preference>, PolicyError> {
        self.pay(Operator::Compare, ask.meter, ask.seed)?;
        let [first, second] = [ask.first, ask.second].map(|a| a.program.fingerprint());
        Ok((first % 5 > 0).then(|| Preference {
            which: if first < second {
                Which::First
            } else {
                Which::Second
            },
            reason: format!("{first} or {second}"),
        }))
    }

    fn review(&self, ask: &Review<'_>) -> Result<Option<Opinion>, PolicyError> {
        self.pay(Operator::Review, ask.chain.meter, ask.chain.seed)?;
        let draw = ask.chain.seed % 101;
        Ok((draw > 20).then(|| Opinion {
            score: (draw as f64 / 100.0).sqrt(),
            decision: if draw > 97 {
                Decision::Accept
            } else if draw < 27 {
                Decision::Abandon
            } else {
                Decision::Refine
            },
            reason: format!("by {}", digits(&ask.chain)),
        }))
    }

    fn is_cpu_bound(&self) -> bool {
        !self.waits
    }
}

/// What the visible tests give.
const INPUT: &str = "3 14 15";

/// Passes as many of the tests as the program has leading digits right, where `?` stands for
/// any. Every so many runs of the visible tests the machinery fails.
struct Lock {
    number: &'static str,
    runs: AtomicU64,
    fails_every: Option<u64>,
}

impl Lock {
    fn new(number: &'static str, fails_every: Option<u64>) -> Self {
        Lock {
            number,
            runs: AtomicU64::new(0),
            fails_every,
        }
    }
}

impl Executor for Lock {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        dawdle();
        let visible = job.tests.iter().all(|t| t.probe().as_ref() != Some(t));
        if visible && let Some(every) = self.fails_every {
            let run = self.runs.fetch_add(1, Ordering::Relaxed);
            if run % every == every - 1 {
                return Err(ExecutorError(format!("no sandbox for run {run}")));
            }
        }
        let code = job.program.normalized();
        let digits = code.bytes().zip(self.number.bytes());
        let right = digits.take_while(|&(a, b)| a == b || b == b'?').count();
        let report = |i: usize, test: &Test| {
            let Test::Stdio { input, .. } = test else {
                panic!("{test:?}")
            };
            let right = if input == INPUT {
                i < right
            } else {
                // An advisory test, which may be wrong.
                let last = code.bytes().last().map_or(0, usize::from);
                !(last + i).is_multiple_of(4)
            };
            let verdict = if !visible || right {
                Verdict::Passed
            } else {
                Verdict::WrongAnswer
            };
            let mut report = TestReport::new(verdict);
            // Behaviour on generated inputs differs between programs.
            let last = code.bytes().last().map_or(0, |digit| digit % 2);
            report.stdout = format!("{input} {last} {}", code.len() / 2);
            // The words name the source and not what was made of it.
            report.stderr = job.program.source.clone();
            report
        };
        let tests = job.tests.iter().enumerate();
        Ok(Report {
            tests: tests.map(|(i, t)| report(i, t)).collect(),
        })
    }

    fn explain(
        &self,
        _: &Problem,
        program: &Program,
        report: &Report,
        _: FeedbackLevel,
    ) -> Feedback {
        let mut feedback = Feedback::of_verdicts(report);
        feedback.text.push_str(&program.source);
        feedback
    }
}

/// Not the same for every state.
struct Length;
impl ValueModel for Length {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        let value = |s: &State<'_>| 1.0 / (1.3 + s.chain.thoughts.len() as f64);
        Ok(states.iter().map(value).collect())
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

prop_compose! {
    /// Which operators there are, and what becomes of what they say.
    fn operators()(
        thinking in prop::sample::select(vec![
            Thinking::Everywhere, Thinking::Everywhere, Thinking::BelowFirst, Thinking::Nowhere,
        ]),
        beam in prop::sample::select(vec![0_usize, 0, 2, 3]),
        again in 0_usize..3,
        attempts in 1_u32..4,
        review in prop::sample::select(vec![Reviewed::Passing, Reviewed::Always, Reviewed::Never]),
        advisory in 0_usize..4,
        compare in prop::sample::select(vec![0_usize, 2, 3]),
        agreement in prop::sample::select(vec![0_usize, 5]),
        flags in any::<[bool; 5]>(),
        advisory_weight in prop::sample::select(vec![0.0, 0.4]),
    ) -> SearchConfig {
        let [rehearse, latest, advised, go_on, passing] = flags;
        SearchConfig {
            thinking,
            beam,
            again,
            attempts,
            review,
            advisory,
            accept: if advised && advisory > 0 { Acceptance::Advisory } else { Acceptance::Opinion },
            go_on,
            rehearse,
            keep: if latest { Keep::Latest } else { Keep::Best },
            valued: if passing { Valued::Passing } else { Valued::All },
            advisory_weight,
            compare,
            agreement,
            ..SearchConfig::default()
        }
    }
}

prop_compose! {
    fn cases()(
        seed in any::<u64>(),
        workers in prop::sample::select(vec![1_usize, 2, 8]),
        schedule in prop::sample::select(vec![Schedule::Eager, Schedule::Eager, Schedule::Waves]),
        widened in any::<bool>(),
        discount in prop::sample::select(vec![1.0, 0.9]),
        rule in prop::sample::select(Rule::all().to_vec()),
        fails_every in prop::option::of(2_u64..9),
        number in prop::sample::select(vec!["382", "4??", "93x"]),
        policy in any::<[bool; 5]>(),
        ends in any::<[bool; 5]>(),
        operators in operators(),
        calls in prop::option::weighted(0.3, 1_u64..400),
    ) -> (Digits, &'static str, Option<u64>, SearchConfig) {
        let [rethinks, panics, dead_ends, waits, pays] = policy;
        let [solved, patience, executions, nodes, deep] = ends;
        let config = SearchConfig {
            rule,
            backup: Backup { discount, ..Backup::max() },
            schedule,
            budget: Budget {
                simulations: 150,
                executions: executions.then_some(90),
                calls,
                nodes: if nodes { 260 } else { 4_000 },
                ..Budget::default()
            },
            in_flight: workers,
            threads: workers,
            width: if widened { 2 } else { 10 },
            widening: widened.then_some(Widening { c: 1.5, alpha: 0.5 }),
            depth: if deep { 5 } else { 2 },
            rethinks: if rethinks { 2 } else { 0 },
            stop_when_solved: solved,
            patience: if patience { 20 } else { 0 },
            seed,
            ..operators
        };
        (Digits { rethinks, panics, dead_ends, waits, pays }, number, fails_every, config)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_is_the_same_search((policy, number, fails_every, config) in cases()) {
        let lock = Lock::new(number, fails_every);
        let first = search(policy, lock, config.clone()).run().unwrap();
        let journal = through_json(&first.journal);
        prop_assert_eq!(&journal, &first.journal);
        // Faults come from the journal, so the machinery must not fail again.
        let again = search(policy, Lock::new(number, None), config).replay(&journal);
        match again {
            Ok(again) => assert_same(&first, &again),
            Err(error) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// In waves nothing depends on threads, whatever operators there are.
    #[test]
    fn waves_are_the_same_at_any_number_of_threads((policy, number, _, config) in cases()) {
        let run = |threads| {
            let schedule = Schedule::Waves;
            let config = SearchConfig { threads, schedule, ..config.clone() };
            search(policy, Lock::new(number, None), config).run().unwrap()
        };
        let one = run(1);
        assert_same(&one, &run(2));
        assert_same(&one, &run(8));
    }
}

/// The random configurations above would show nothing if an operator were never at work.
#[test]
fn every_operator_leaves_its_entries_and_they_are_followed() {
    let config = SearchConfig {
        thinking: Thinking::BelowFirst,
        beam: 3,
        rehearse: true,
        review: Reviewed::Always,
        advisory: 3,
        accept: Acceptance::Advisory,
        go_on: true,
        advisory_weight: 0.4,
        compare: 3,
        width: 10,
        depth: 3,
        // One after another: which steps there are must not depend on timing.
        schedule: Schedule::Waves,
        in_flight: 1,
        seed: 5,
        ..eager()
    };
    let policy = Digits {
        pays: true,
        ..PLAIN
    };
    let first = search(policy, Lock::new("???", Some(7)), config.clone())
        .run()
        .unwrap();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    let (mut advised, mut warned, mut blank) = (0, 0, 0);
    for event in &first.journal {
        let json = serde_json::to_value(event).unwrap();
        kinds.insert(json["event"].as_str().unwrap().to_owned());
        if let Event::Ran {
            advisory,
            feedback,
            thought,
            ..
        } = event
        {
            advised += usize::from(advisory.is_some());
            warned += usize::from(feedback.contains("that may be wrong"));
            blank += usize::from(thought.is_blank());
        }
    }
    let all = "abandoned asked compared descended designed fault proposed pruned ran rehearsed \
               repeated spent stopped told";
    assert_eq!(kinds, all.split_whitespace().map(String::from).collect());
    assert!(
        advised > warned && warned > 0 && blank > 0,
        "{advised} {warned} {blank}"
    );
    let again = search(policy, Lock::new("???", None), config).replay(&first.journal);
    assert_same(&first, &again.unwrap());
}

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

fn run(config: SearchConfig) -> Outcome {
    search(PLAIN, Lock::new("382", Some(7)), config)
        .run()
        .unwrap()
}

/// The message of a replay that is refused.
fn refusal(journal: &[Event]) -> String {
    match search(PLAIN, Lock::new("382", None), eager()).replay(journal) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn without_its_journal_an_eager_search_is_not_repeatable() {
    let sizes = |outcome: &Outcome| -> Vec<u64> {
        let nodes = outcome.tree.walk(NodeId::ROOT);
        nodes.map(|node| node.stats.visits).collect()
    };
    let first = run(eager());
    let different = (0..50).any(|_| sizes(&run(eager())) != sizes(&first));
    assert!(different, "the comparison with a replay would show nothing");
}

#[test]
fn an_end_from_outside_is_taken_from_the_journal() {
    let timed = SearchConfig {
        budget: Budget {
            simulations: 1 << 40,
            time: Some(Duration::from_millis(20)),
            ..Budget::default()
        },
        ..eager()
    };
    let first = run(timed.clone());
    assert_eq!(first.stop, StopReason::Time);
    // The clock is the journal's: a replay needs no budget of time.
    let mut untimed = timed;
    untimed.budget.time = None;
    let again = search(PLAIN, Lock::new("382", None), untimed).replay(&first.journal);
    assert_same(&first, &again.unwrap());

    // Cancelled with several programs that pass: they are not compared any more.
    let cancel = CancelToken::default();
    let handle = cancel.clone();
    let passed = std::sync::Mutex::new(BTreeSet::new());
    let endless = SearchConfig {
        budget: Budget {
            simulations: 1 << 40,
            ..Budget::default()
        },
        ..eager()
    };
    let first = search(PLAIN, Lock::new("4??", None), endless.clone())
        .cancel_token(cancel.clone())
        .observer(Arc::new(move |event: &Event| {
            if let Event::Ran {
                program, verdicts, ..
            } = event
                && verdicts.iter().all(|v| v.passed())
            {
                let mut passed = passed.lock().unwrap();
                passed.insert(program.normalized());
                if passed.len() > 2 {
                    handle.cancel();
                }
            }
        }))
        .run()
        .unwrap();
    assert_eq!(
        (&first.stop, first.cost.probes),
        (&StopReason::Cancelled, 0)
    );
    let again = search(PLAIN, Lock::new("4??", None), endless).replay(&first.journal);
    assert_same(&first, &again.unwrap());
    let refused = search(PLAIN, Lock::new("382", None), eager())
        .cancel_token(cancel)
        .replay(&first.journal);
    assert!(matches!(refused, Err(ReplayError::Cancelled { index: 0 })));
}

#[test]
fn observers_see_the_journal_as_it_is_written() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let book = seen.clone();
    let outcome = search(PLAIN, Lock::new("382", Some(7)), eager())
        .observer(Arc::new(move |event: &Event| {
            book.lock().unwrap().push(event.clone());
        }))
        .run()
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), outcome.journal);
}

/// The place of the first event of a kind.
fn place(journal: &[Event], kind: fn(&Event) -> bool) -> usize {
    journal.iter().position(kind).unwrap()
}

#[test]
fn a_journal_that_was_changed_is_refused_by_the_event() {
    let journal = run(eager()).journal;
    let asked = place(&journal, |e| {
        matches!(e, Event::Asked { simulation: 9, .. })
    });
    let proposed = place(&journal, |e| matches!(e, Event::Proposed { .. }));
    let descended = place(&journal, |e| matches!(e, Event::Descended { .. }));
    let ran = place(&journal, |e| matches!(e, Event::Ran { .. }));
    let reused = place(&journal, |e| {
        matches!(
            e,
            Event::Ran {
                reused: Some(_),
                ..
            }
        )
    });
    let told = place(&journal, |e| matches!(e, Event::Told { .. }));
    let stopped = journal.len() - 1;
    type Change = fn(&mut Event);
    let changes: [(usize, Change); 15] = [
        (asked, |e| {
            if let Event::Asked { node, .. } = e {
                *node = serde_json::from_str("4000000000").unwrap();
            }
        }),
        (asked, |e| {
            if let Event::Asked { simulation, .. } = e {
                *simulation += 1;
            }
        }),
        (asked, |e| {
            if let Event::Asked { siblings, .. } = e {
                *siblings += 1;
            }
        }),
        (proposed, |e| {
            if let Event::Proposed { thoughts, .. } = e {
                thoughts[0].1 *= 1.5;
            }
        }),
        (proposed, |e| {
            if let Event::Proposed { first, .. } = e {
                *first = None;
            }
        }),
        (descended, |e| {
            if let Event::Descended { node, .. } = e {
                *node = NodeId::ROOT;
            }
        }),
        (ran, |e| {
            if let Event::Ran { simulation, .. } = e {
                *simulation = 1 << 40;
            }
        }),
        (ran, |e| {
            if let Event::Ran { program, .. } = e {
                *program = Arc::new(Program::new("0"));
            }
        }),
        (ran, |e| {
            if let Event::Ran { verdicts, .. } = e {
                verdicts[2] = Verdict::Timeout;
            }
        }),
        (ran, |e| {
            if let Event::Ran { opinion, .. } = e {
                *opinion = Some(Opinion {
                    score: 0.5,
                    decision: Decision::Accept,
                    reason: "tampered with".into(),
                });
            }
        }),
        (reused, |e| {
            if let Event::Ran { reused, .. } = e {
                *reused = Some((NodeId::ROOT, 0));
            }
        }),
        (told, |e| {
            if let Event::Told { reward, .. } = e {
                *reward = 0.123;
            }
        }),
        (told, |e| {
            if let Event::Told { cost, .. } = e {
                cost.executions += 1;
            }
        }),
        (stopped, |e| {
            if let Event::Stopped { reason, .. } = e {
                *reason = StopReason::Solved;
            }
        }),
        (stopped, |e| {
            if let Event::Stopped { answer, .. } = e {
                *answer = None;
            }
        }),
    ];
    for (n, (at, change)) in changes.into_iter().enumerate() {
        let mut changed = journal.clone();
        change(&mut changed[at]);
        let message = refusal(&changed);
        assert!(
            message.starts_with(&format!("event {at} ")),
            "change {n}: {message}"
        );
        let line = serde_json::to_string(&changed[at]).unwrap();
        assert!(message.contains(&line), "change {n}: {message}");
    }

    let cut = refusal(&journal[..stopped]);
    assert!(
        cut.starts_with(&format!(
            "event {stopped} cannot be: the search has not ended"
        )),
        "{cut}"
    );
    // The last simulation asked for never ends.
    let last = journal
        .iter()
        .rposition(|e| matches!(e, Event::Asked { .. }));
    let open = [&journal[..=last.unwrap()], &journal[stopped..]].concat();
    let message = refusal(&open);
    assert!(message.contains("simulations are in flight"), "{message}");
    let nothing = Event::Stopped {
        reason: StopReason::Exhausted,
        cost: Cost::default(),
        answer: None,
        evidence: None,
    };
    let message = refusal(&[nothing]);
    assert!(message.contains("nothing ends the search"), "{message}");
    let more = [&journal[..], &journal[stopped..]].concat();
    assert!(refusal(&more).contains("the search has ended"));
    assert!(refusal(&[]).starts_with("event 0 cannot be"));
    for at in [asked, proposed, descended, ran, told] {
        let mut shorter = journal.clone();
        shorter.remove(at);
        assert_ne!(refusal(&shorter), "accepted", "without event {at}");
    }
}

/// Answers by a count of its calls.
struct Moody(AtomicU64);

impl Policy for Moody {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        PLAIN.propose(ask)
    }
    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let call = self.0.fetch_add(1, Ordering::Relaxed);
        let late = if call > 40 { "# late" } else { "" };
        let program = PLAIN.implement(ask)?;
        Ok(Program::new(format!("{late}\n{}", program.source)))
    }
}

#[test]
fn a_policy_or_an_executor_that_changed_its_mind_is_named() {
    let moody = Arc::new(Moody(AtomicU64::new(0)));
    let with = |policy: Arc<Moody>| {
        Search::new(problem(), policy, Arc::new(Lock::new("382", None))).config(eager())
    };
    let first = with(moody.clone()).run().unwrap();
    let error = with(moody).replay(&first.journal).unwrap_err();
    let ran = place(&first.journal, |e| matches!(e, Event::Ran { .. }));
    let message = error.to_string();
    let ReplayError::Differs {
        index,
        recorded,
        came,
    } = error
    else {
        panic!("{message}")
    };
    assert_eq!(index, ran);
    assert_eq!(recorded.as_deref(), Some(&first.journal[ran]));
    let Event::Ran { program, .. } = *came else {
        panic!("{message}")
    };
    assert!(program.source.starts_with("# late"));
    assert!(
        message.contains("recorded is {\"event\":\"ran\""),
        "{message}"
    );

    // A machine on which programs fare otherwise.
    let journal = run(eager()).journal;
    let other = search(PLAIN, Lock::new("999", None), eager()).replay(&journal);
    let message = other.unwrap_err().to_string();
    assert!(message.contains("wrong_answer"), "{message}");
    // A fault where there was none.
    let faulty = search(PLAIN, Lock::new("382", Some(1)), eager()).replay(&journal);
    let message = faulty.unwrap_err().to_string();
    assert!(message.contains("gave {\"event\":\"fault\""), "{message}");
}

proptest! {
    #[test]
    fn numbers_and_words_survive_json(
        simulation in any::<u64>(),
        priors in prop::collection::vec((".*", prop::num::f64::POSITIVE), 0..4),
        reward in 0.0_f64..=1.0,
        text in ".*",
    ) {
        let thoughts = priors.into_iter().map(|(text, prior)| (text.into(), prior)).collect();
        let mut cost = Cost::default();
        cost.executions = simulation;
        let node = NodeId::ROOT;
        let events = [
            Event::Proposed { simulation, node, first: Some(node), thoughts },
            Event::Told { simulation, node, reward, cost, best: reward / 3.0 },
            Event::Ran {
                simulation,
                node,
                version: 3,
                thought: Thought::encoded(&*text, &*text),
                chain: Some(vec![Thought::new(&*text); 2].into()),
                program: Arc::new(Program::new(&*text)),
                verdicts: vec![Verdict::Passed, Verdict::Denied],
                feedback: text.clone(),
                repeated: true,
                reused: Some((node, 7)),
                opinion: Some(Opinion { score: reward / 7.0, decision: Decision::Accept, reason: text.clone() }),
                advisory: Some(Share { passed: 1, tests: 3 }),
                value: reward / 11.0,
                reward,
            },
            Event::Designed {
                tests: vec![Test::Call {
                    args: vec![Value::Float(f64::INFINITY), Value::Str(text.clone())],
                    expected: Some(Value::Float(reward)),
                }],
            },
            Event::Pruned { node },
            Event::Rehearsed {
                simulation,
                node,
                rehearsal: Rehearsal {
                    sound: false,
                    notes: text.clone(),
                    better: Some(Thought::new(&*text)),
                },
            },
            Event::Repeated {
                simulation,
                node,
                program: Arc::new(Program::new(&*text)),
                of: (node, 3),
            },
            Event::Compared {
                first: (node, 0),
                second: (node, 1),
                preference: Some(Preference { which: Which::Second, reason: text.clone() }),
            },
            Event::Stopped {
                reason: StopReason::Failed(text),
                cost,
                answer: None,
                evidence: Some(Evidence::default()),
            },
        ];
        prop_assert_eq!(&through_json(&events)[..], &events[..]);
    }
}
