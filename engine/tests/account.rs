//! What calls cost: budgets hold, shares make waves reproducible, refusals are replayed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::tree::NodeId;
use cogitree_engine::*;
use proptest::prelude::*;

/// Mixes numbers (SplitMix64's finaliser).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers, digit by digit. What a call costs depends on the request alone.
#[derive(Default)]
struct Paid {
    /// Calls that were made, so that the books can be checked.
    made: AtomicU64,
    /// One call in so many is not answered, whichever that is.
    fails: Option<u64>,
}

const PRICE: Money = Money(7);

impl Paid {
    fn call(&self, operator: Operator, chain: &Chain<'_>, salt: u64) -> Result<u64, PolicyError> {
        let draw = mix(chain.seed ^ mix(operator as u64 + 31 * salt));
        let most = Usage {
            calls: 1,
            prompt_tokens: 60,
            completion_tokens: 40,
            money: PRICE.times(100),
            ..Usage::default()
        };
        let call = chain.meter.begin(operator, most)?;
        std::thread::yield_now();
        let made = self.made.fetch_add(1, Ordering::Relaxed);
        if self.fails.is_some_and(|n| made % n == n - 1) {
            call.settle(Usage {
                calls: 1,
                unmetered: 1,
                ..Usage::default()
            });
            return Err(PolicyError::Unavailable(format!(
                "it hung up on call {made}"
            )));
        }
        let (prompt_tokens, completion_tokens) = (20 + draw % 41, draw >> 8 & 31);
        call.settle(Usage {
            calls: 1,
            prompt_tokens,
            completion_tokens,
            money: PRICE.times(prompt_tokens + completion_tokens),
            ..Usage::default()
        });
        Ok(draw)
    }
}

fn digits(chain: &Chain<'_>) -> String {
    chain.thoughts.iter().map(|t| t.text.as_ref()).collect()
}

impl Policy for Paid {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let draw = self.call(Operator::Propose, &ask.chain, 0)?;
        Ok((0..10)
            .map(|d| Proposal {
                thought: Thought::new(d.to_string()),
                prior: 1.0 + (draw >> d & 3) as f64,
            })
            .collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        let salt = u64::from(ask.failed.is_some()) + ask.tried.len() as u64;
        self.call(Operator::Implement, &ask.chain, salt)?;
        Ok(Program::new(digits(&ask.chain)))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        let draw = self.call(Operator::Rethink, &ask.chain, ask.tried.len() as u64)?;
        Ok(Some(Thought::new((draw % 10).to_string())))
    }

    fn is_cpu_bound(&self) -> bool {
        false
    }
}

/// Passes as many tests as there are leading digits right.
struct Lock;

impl Executor for Lock {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let source = job.program.source.bytes();
        let right = source.zip(*b"2718").take_while(|(a, b)| a == b).count();
        let verdict = |i| match i < right {
            true => Verdict::Passed,
            false => Verdict::WrongAnswer,
        };
        let tests = (0..job.tests.len()).map(|i| TestReport::new(verdict(i)));
        Ok(Report {
            tests: tests.collect(),
        })
    }
}

fn search(policy: &Arc<Paid>, config: &SearchConfig) -> Search {
    let test = Test::Stdio {
        input: String::new(),
        expected: Some(String::new()),
    };
    let problem = Problem {
        id: "lock".into(),
        statement: "Open the lock.".into(),
        interface: Interface::Stdin,
        tests: vec![test; 4],
        checker: Checker::Exact,
        limits: Limits::default(),
    };
    Search::new(problem, policy.clone(), Arc::new(Lock)).config(config.clone())
}

fn config(seed: u64, schedule: Schedule, in_flight: usize, budget: Budget) -> SearchConfig {
    SearchConfig {
        seed,
        schedule,
        in_flight,
        budget: Budget {
            simulations: 300,
            ..budget
        },
        width: 10,
        depth: 4,
        ..SearchConfig::default()
    }
}

prop_compose! {
    fn budgets()(
        calls in prop::option::of(1_u64..80),
        tokens in prop::option::of(50_u64..5_000),
        money in prop::option::of(500_u64..40_000),
    ) -> Budget {
        Budget { calls, tokens, money: money.map(Money), ..Budget::default() }
    }
}

fn assert_kept(outcome: &Outcome, policy: &Paid, budget: &Budget) {
    let spent = outcome.spending.total();
    assert_eq!(
        spent.calls,
        policy.made.load(Ordering::Relaxed),
        "every call is in the books"
    );
    assert!(
        budget.calls.is_none_or(|most| spent.calls <= most),
        "{spent:?}"
    );
    assert!(
        budget.tokens.is_none_or(|most| spent.tokens() <= most),
        "{spent:?}"
    );
    assert!(
        budget.money.is_none_or(|most| spent.money <= most),
        "{spent:?}"
    );
    assert_eq!(outcome.cost.usage, spent);
    // The nodes have it all, and so has the journal.
    let (mut of_nodes, mut of_journal) = (Spending::default(), Spending::default());
    for node in outcome.tree.walk(NodeId::ROOT) {
        of_nodes.merge(&node.payload.spending());
    }
    for event in &outcome.journal {
        if let Event::Spent { by, .. } = event {
            of_journal.merge(by);
        }
    }
    assert_eq!(of_nodes, outcome.spending);
    assert_eq!(of_journal, outcome.spending);
    let timed: Vec<_> = outcome.time.keys().collect();
    assert_eq!(timed, outcome.spending.0.keys().collect::<Vec<_>>());
    // It ends by the budget only where nothing more could be bought: a call costs no more than 100
    // tokens.
    if let StopReason::Spent(resource) = outcome.stop {
        match resource {
            Resource::Calls => assert_eq!(Some(spent.calls), budget.calls),
            Resource::Tokens => assert!(spent.tokens() + 100 > budget.tokens.unwrap()),
            Resource::Money => assert!(spent.money + PRICE.times(100) > budget.money.unwrap()),
            other => panic!("{other}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// In waves a search within a budget depends on its seed and what is in flight, not on threads.
    #[test]
    fn budgets_hold_in_waves_at_any_number_of_threads(
        seed in any::<u64>(), in_flight in 1_usize..17, budget in budgets(), ramp in any::<bool>(),
    ) {
        let mut first: Option<Outcome> = None;
        for threads in [1, 2, 8] {
            let policy = Arc::new(Paid::default());
            let config = SearchConfig { threads, ramp, ..config(seed, Schedule::Waves, in_flight, budget) };
            let outcome = search(&policy, &config).run().unwrap();
            assert_kept(&outcome, &policy, &budget);
            if let Some(first) = &first {
                prop_assert_eq!(&first.journal, &outcome.journal);
            } else {
                let again = search(&policy, &config).replay(&outcome.journal);
                prop_assert_eq!(&again.unwrap().journal, &outcome.journal);
                first = Some(outcome);
            }
        }
    }

    #[test]
    fn budgets_hold_in_eager_searches_and_their_refusals_and_failures_are_replayed(
        seed in any::<u64>(),
        in_flight in 1_usize..17,
        budget in budgets(),
        fails in prop::option::of(3_u64..20),
    ) {
        let policy = Arc::new(Paid { fails, ..Paid::default() });
        let config = config(seed, Schedule::Eager, in_flight, budget);
        let outcome = search(&policy, &config).run().unwrap();
        assert_kept(&outcome, &policy, &budget);
        let text = serde_json::to_string(&outcome.journal).unwrap();
        let journal: Vec<Event> = serde_json::from_str(&text).unwrap();
        // Faults come from the journal, so nothing must fail again.
        let sound = Arc::new(Paid::default());
        let again = match search(&sound, &config).replay(&journal) {
            Ok(again) => again,
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(&again.journal, &outcome.journal);
        prop_assert_eq!(&again.spending, &outcome.spending);
        prop_assert_eq!(&again.stop, &outcome.stop);
    }
}

/// With eight in flight and calls for two and a half simulations, two are begun and then the rest.
#[test]
fn a_wave_is_no_larger_than_its_budget_can_pay_for() {
    let policy = Arc::new(Paid::default());
    let budget = Budget {
        calls: Some(23),
        ..Budget::default()
    };
    let outcome = search(&policy, &config(3, Schedule::Waves, 8, budget))
        .run()
        .unwrap();
    assert_eq!(outcome.stop, StopReason::Spent(Resource::Calls));
    assert_eq!(outcome.spending.total().calls, 23);
    // A simulation wants 3 calls and 3 more for each of two rethinks. The root's proposal leaves 22:
    // two of them (22 / 9) are evaluated side by side.
    let mut asked = 0;
    for event in &outcome.journal {
        match event {
            Event::Asked { .. } => asked += 1,
            Event::Told { .. } => break,
            _ => {}
        }
    }
    assert_eq!(asked, 2);
    // None was ended by the share that it was dealt, but for the last one.
    let refused = |event: &&Event| {
        matches!(
            event,
            Event::Spent {
                refused: Some(_),
                ..
            }
        )
    };
    assert!(outcome.journal.iter().filter(refused).count() <= 1);
}

#[test]
fn operators_have_accounts_of_their_own() {
    let policy = Arc::new(Paid::default());
    let budget = Budget {
        calls: Some(40),
        ..Budget::default()
    };
    let outcome = search(&policy, &config(1, Schedule::Waves, 1, budget))
        .run()
        .unwrap();
    let calls: BTreeMap<Operator, u64> = (outcome.spending.0.iter())
        .map(|(o, u)| (*o, u.calls))
        .collect();
    let cost = outcome.cost;
    assert_eq!(calls[&Operator::Propose], cost.proposals);
    assert_eq!(calls[&Operator::Implement], cost.executions + cost.repeats);
    assert_eq!(calls.values().sum::<u64>(), 40);
    // The root's are the proposals made there, and nothing else.
    let root = outcome.tree.payload(NodeId::ROOT).spending();
    assert_eq!(root.0.keys().collect::<Vec<_>>(), [&Operator::Propose]);
    let zero = SearchConfig {
        budget: Budget {
            calls: Some(0),
            ..Budget::default()
        },
        ..SearchConfig::default()
    };
    let error = search(&policy, &zero).run().unwrap_err().to_string();
    assert_eq!(error, "calls must be at least 1, not 0");
}

/// However calls interleave, what is spent and set aside stays within the limits.
#[test]
fn sixteen_threads_share_one_budget() {
    let policy = Arc::new(Paid::default());
    let budget = Budget {
        tokens: Some(20_000),
        ..Budget::default()
    };
    let mut config = config(9, Schedule::Eager, 16, budget);
    config.budget.simulations = 100_000;
    let outcome = search(&policy, &config).run().unwrap();
    assert_eq!(outcome.stop, StopReason::Spent(Resource::Tokens));
    assert_kept(&outcome, &policy, &budget);
}

#[test]
fn a_server_that_is_gone_ends_the_search_and_one_that_hiccups_does_not() {
    let run = |fails| {
        let policy = Arc::new(Paid {
            fails: Some(fails),
            ..Paid::default()
        });
        let mut config = config(5, Schedule::Waves, 1, Budget::default());
        config.budget.simulations = 60;
        search(&policy, &config).run().unwrap()
    };
    let gone = run(1);
    let why = "no answer came: it hung up on call 2".to_owned();
    assert_eq!(gone.stop, StopReason::Failed(why));
    assert_eq!(gone.tree.len(), 1);
    let hiccups = run(5);
    assert_eq!(hiccups.stop, StopReason::Simulations);
    let faults = |event: &&Event| matches!(event, Event::Fault { .. });
    assert!(hiccups.journal.iter().filter(faults).count() > 10);
    // Nobody's thought is closed by it: what was not answered is asked again.
    let visits = hiccups.tree.stats(NodeId::ROOT).visits;
    assert!(visits > 30, "{visits}");
}
