//! Any policy, recorded and played again.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cogitree_engine::{
    Budget, Event, FeedbackLevel, Outcome, Policy, Resource, Schedule, Search, SearchConfig,
    StopReason,
};
use cogitree_policies::simulated::{Odds, World};
use cogitree_policies::{Recorded, Recorder};

/// A file that is removed at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cogitree-record-{}-{number}.jsonl", std::process::id());
        Temporary(std::env::temp_dir().join(name))
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.0).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn world() -> World {
    World::new(Odds::default(), 3)
}

fn config(threads: usize, calls: u64) -> SearchConfig {
    SearchConfig {
        schedule: Schedule::Waves,
        in_flight: 8,
        threads,
        width: 6,
        depth: 5,
        feedback: FeedbackLevel::Trace,
        stop_when_solved: false,
        patience: 0,
        budget: Budget {
            simulations: 40,
            calls: Some(calls),
            ..Budget::default()
        },
        seed: 5,
        ..SearchConfig::default()
    }
}

fn search(policy: Arc<dyn Policy>, config: SearchConfig) -> Outcome {
    let world = world();
    Search::new(world.problem(4), policy, Arc::new(world.executor()))
        .config(config)
        .run()
        .unwrap()
}

fn record(file: &Temporary, config: SearchConfig) -> Outcome {
    let recorder = Recorder::open(&file.0, world().policy()).unwrap();
    search(Arc::new(recorder), config)
}

#[test]
fn a_replay_gives_the_same_tree_on_any_number_of_threads() {
    for (calls, of_calls) in [(1000, false), (61, true)] {
        let file = Temporary::new();
        let first = record(&file, config(2, calls));
        assert!(first.cost.usage.calls > 30, "{:?}", first.cost);
        let ended = first.stop == StopReason::Spent(Resource::Calls);
        assert_eq!(ended, of_calls, "{}", first.stop);
        for threads in [1, 2, 8] {
            let recorded = Arc::new(Recorded::open(&file.0).unwrap());
            let again = search(recorded.clone(), config(threads, calls));
            assert_eq!(again.journal, first.journal, "{threads} threads");
            assert_eq!(again.spending, first.spending);
            assert_eq!(again.tree.len(), first.tree.len());
            assert_eq!(recorded.misses(), 0);
        }
        // It is the search that the policy itself gives, too.
        let itself = search(Arc::new(world().policy()), config(1, calls));
        assert_eq!(itself.journal, first.journal);
    }
}

#[test]
fn what_is_not_in_the_record_is_refused_and_counted() {
    let file = Temporary::new();
    let first = record(&file, config(2, 1000));
    let recorded = Arc::new(Recorded::open(&file.0).unwrap());
    let other = SearchConfig {
        seed: 6,
        ..config(2, 1000)
    };
    let again = search(recorded.clone(), other);
    assert!(recorded.misses() > 0);
    assert_eq!(again.stop, StopReason::Exhausted);
    assert_eq!(
        again.cost.usage.calls, 0,
        "nothing was asked, nothing is charged"
    );
    assert!(again.answer.is_none(), "{:?}", again.answer);
    let why = again.journal.iter().find_map(|event| match event {
        Event::Abandoned { why, .. } => Some(why.clone()),
        _ => None,
    });
    assert!(why.is_some_and(|why| why.contains("no record of the request")));

    // Every program of a longer search was in the record.
    let longer = SearchConfig {
        budget: Budget {
            simulations: 400,
            ..Budget::default()
        },
        ..config(2, 1000)
    };
    let recorded = Arc::new(Recorded::open(&file.0).unwrap());
    let again = search(recorded.clone(), longer);
    let programs = |outcome: &Outcome| -> Vec<String> {
        let of = |event: &Event| match event {
            Event::Ran { program, .. } => Some(program.source.clone()),
            _ => None,
        };
        outcome.journal.iter().filter_map(of).collect()
    };
    assert!(recorded.misses() > 0);
    let known = programs(&first);
    assert!(programs(&again).iter().all(|p| known.contains(p)));
}

#[test]
fn a_call_that_was_refused_is_not_invented_for_a_larger_budget() {
    let file = Temporary::new();
    record(&file, config(2, 61));
    let recorded = Arc::new(Recorded::open(&file.0).unwrap());
    let again = search(recorded.clone(), config(2, 100_000));
    assert!(recorded.misses() > 0);
    assert!(again.cost.usage.calls <= 61);
}

#[test]
fn a_cut_last_line_is_left_out_and_said() {
    let file = Temporary::new();
    let first = record(&file, config(2, 1000));
    let whole = fs::read(&file.0).unwrap();
    let lines = file.lines().len();
    fs::write(&file.0, &whole[..whole.len() - 7]).unwrap();

    let recorded = Recorded::open(&file.0).unwrap();
    assert_eq!(recorded.cut(), Some(lines));
    // To go on recording removes it, and asks again for what it said.
    let recorder = Recorder::open(&file.0, world().policy()).unwrap();
    assert_eq!(recorder.cut(), Some(lines));
    assert_eq!(file.lines().len(), lines - 1);
    search(Arc::new(recorder), config(2, 1000));
    assert_eq!(file.lines().len(), lines);
    let recorded = Recorded::open(&file.0).unwrap();
    assert_eq!(recorded.cut(), None);
    assert_eq!(
        search(Arc::new(recorded), config(1, 1000)).journal,
        first.journal
    );
}

#[test]
fn what_is_no_record_is_refused_with_its_line() {
    let file = Temporary::new();
    let refused = |text: &str| {
        fs::write(&file.0, text).unwrap();
        let error = Recorded::open(&file.0).unwrap_err().to_string();
        let append = Recorder::open(&file.0, world().policy()).unwrap_err();
        assert_eq!(append.to_string(), error);
        assert_eq!(
            fs::read_to_string(&file.0).unwrap(),
            text,
            "it is not touched"
        );
        assert!(error.starts_with(&file.0.display().to_string()), "{error}");
        error
    };
    assert!(refused("{\"id\": 1}\n").contains(":1: is no record of version 1"));
    assert!(
        refused("{\"cogitree_record\":9}\n")
            .contains(":1: is no record of version 1: it is of version 9")
    );
    let begun = "{\"cogitree_record\":1}\n";
    assert!(refused(&format!("{begun}nonsense\n")).contains(":2: is no entry of a record"));
    let unknown = "{\"request\":\"00\",\"problem\":\"\",\"answer\":{\"sing\":1}}\n";
    assert!(refused(&format!("{begun}{unknown}")).contains("sing"));

    let absent = Temporary::new();
    let error = Recorded::open(&absent.0).unwrap_err().to_string();
    assert!(
        error.starts_with(&absent.0.display().to_string()),
        "{error}"
    );
}

#[test]
fn which_thought_was_rethought_is_part_of_the_request() {
    let file = Temporary::new();
    let blamed = |threads| SearchConfig {
        target: cogitree_engine::Target::Blamed,
        ..config(threads, 1000)
    };
    let first = record(&file, blamed(2));
    assert!(first.cost.rethinks > 0);
    let recorded = Arc::new(Recorded::open(&file.0).unwrap());
    assert_eq!(search(recorded.clone(), blamed(1)).journal, first.journal);
    assert_eq!(recorded.misses(), 0);
    search(recorded.clone(), config(1, 1000));
    assert!(
        recorded.misses() > 0,
        "a thought that was blamed answers no other question"
    );
}
