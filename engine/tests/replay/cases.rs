//! Random configurations: every search can be followed, and waves do not depend on threads.

use proptest::prelude::*;

use super::*;

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
        flags in any::<[bool; 6]>(),
        advisory_weight in prop::sample::select(vec![0.0, 0.4]),
    ) -> SearchConfig {
        let [rehearse, latest, advised, go_on, passing, blamed] = flags;
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
            target: if blamed { Target::Blamed } else { Target::Last },
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
        target: Target::Blamed,
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
    let (mut advised, mut warned, mut blank, mut blamed) = (0, 0, 0, 0);
    for event in &first.journal {
        let json = serde_json::to_value(event).unwrap();
        kinds.insert(json["event"].as_str().unwrap().to_owned());
        if let Event::Ran {
            advisory,
            feedback,
            thought,
            chain,
            ..
        } = event
        {
            advised += usize::from(advisory.is_some());
            warned += usize::from(feedback.contains("that may be wrong"));
            blank += usize::from(thought.is_blank());
            blamed += usize::from(chain.is_some());
        }
    }
    let all = "abandoned asked compared descended designed fault proposed pruned ran rehearsed \
               repeated spent stopped told";
    assert_eq!(kinds, all.split_whitespace().map(String::from).collect());
    assert!(
        advised > warned && warned > 0 && blank > 0 && blamed > 0,
        "{advised} {warned} {blank} {blamed}"
    );
    let again = search(policy, Lock::new("???", None), config).replay(&first.journal);
    assert_same(&first, &again.unwrap());
}
