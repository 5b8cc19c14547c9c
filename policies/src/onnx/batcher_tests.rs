//! The hand-over, with scorers that the tests hold in their hands.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// As good as never.
const LONG: Duration = Duration::from_secs(600);

fn row(n: i64) -> Keyed {
    let row = Encoding {
        tokens: vec![n],
        features: vec![],
    };
    Keyed {
        key: Key::of(&row),
        row,
    }
}

fn answer(n: i64) -> f32 {
    n as f32 / 65_536.0
}

/// Tells which rows it is to score, and waits until it may.
struct Held {
    told: Sender<Vec<i64>>,
    may: Receiver<()>,
}

impl Scorer for Held {
    fn score(&mut self, rows: &[&Encoding]) -> Vec<Result<f32, String>> {
        let numbers: Vec<i64> = rows.iter().map(|row| row.tokens[0]).collect();
        let _ = self.told.send(numbers.clone());
        // An end of the test that is no success: go on, so that its threads end.
        let _ = self.may.recv();
        numbers.into_iter().map(|n| Ok(answer(n))).collect()
    }
}

fn held() -> (Box<dyn Scorer>, Receiver<Vec<i64>>, Sender<()>) {
    let (told, hear) = channel();
    let (allow, may) = channel();
    (Box::new(Held { told, may }), hear, allow)
}

struct With<F>(F);

impl<F: FnMut(&[&Encoding]) -> Vec<Result<f32, String>> + Send + 'static> Scorer for With<F> {
    fn score(&mut self, rows: &[&Encoding]) -> Vec<Result<f32, String>> {
        (self.0)(rows)
    }
}

fn batcher(scorers: Vec<Box<dyn Scorer>>, rows: usize, delay: Duration, queue: usize) -> Batcher {
    let gathering = Gathering { rows, delay, queue };
    Batcher::new(scorers, gathering, Arc::new(Cache::new(1000))).unwrap()
}

/// Waits until so many rows are in the queue.
fn until_queued(batcher: &Batcher, count: usize) {
    while lock(&batcher.shared.queue).rows.len() != count {
        thread::yield_now();
    }
}

fn soon() -> Instant {
    Instant::now() + LONG
}

#[test]
fn rows_gather_while_a_call_is_computed() {
    let (scorer, told, allow) = held();
    let batcher = batcher(vec![scorer], 8, Duration::ZERO, 100);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(batcher.ask(vec![row(0)], soon()), [Ok(answer(0))]));
        assert_eq!(told.recv().unwrap(), [0]);
        for n in 1..=10 {
            let batcher = &batcher;
            scope.spawn(move || assert_eq!(batcher.ask(vec![row(n)], soon()), [Ok(answer(n))]));
            until_queued(batcher, n as usize);
        }
        allow.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
        allow.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), [9, 10]);
        allow.send(()).unwrap();
    });
    assert_eq!(batcher.batches(), 3);
}

#[test]
fn the_delay_ends_when_enough_has_gathered() {
    let (scorer, told, allow) = held();
    let batcher = batcher(vec![scorer], 3, LONG, 100);
    thread::scope(|scope| {
        for n in 0..3 {
            let batcher = &batcher;
            assert!(told.try_recv().is_err(), "{n} rows are not enough");
            scope.spawn(move || assert_eq!(batcher.ask(vec![row(n)], soon()), [Ok(answer(n))]));
            if n < 2 {
                until_queued(batcher, n as usize + 1);
            }
        }
        assert_eq!(told.recv().unwrap(), [0, 1, 2]);
        allow.send(()).unwrap();
    });
}

#[test]
fn the_delay_ends_by_itself() {
    let scorer = With(|rows: &[&Encoding]| vec![Ok(0.5); rows.len()]);
    let batcher = batcher(vec![Box::new(scorer)], 100, Duration::from_millis(1), 100);
    assert_eq!(batcher.ask(vec![row(1)], soon()), [Ok(0.5)]);
}

#[test]
fn idle_threads_share_what_is_there() {
    let (one, told_one, allow_one) = held();
    let (two, told_two, allow_two) = held();
    let batcher = batcher(vec![one, two], 100, Duration::ZERO, 100);
    while lock(&batcher.shared.queue).idle < 2 {
        thread::yield_now();
    }
    thread::scope(|scope| {
        let expected: Vec<_> = (0..10).map(|n| Ok(answer(n))).collect();
        let rows = (0..10).map(row).collect();
        let asked = scope.spawn(|| batcher.ask(rows, soon()));
        // Each is held with its share, so neither can take the other's.
        let (one, two) = (told_one.recv().unwrap(), told_two.recv().unwrap());
        assert_eq!((one.len(), two.len()), (5, 5));
        allow_one.send(()).unwrap();
        allow_two.send(()).unwrap();
        assert_eq!(asked.join().unwrap(), expected);
    });
}

#[test]
fn who_finds_the_queue_full_waits_and_not_for_ever() {
    let (scorer, told, allow) = held();
    let batcher = batcher(vec![scorer], 8, Duration::ZERO, 2);
    thread::scope(|scope| {
        let ask = |n| assert_eq!(batcher.ask(vec![row(n)], soon()), [Ok(answer(n))]);
        scope.spawn(move || ask(0));
        assert_eq!(told.recv().unwrap(), [0]);
        scope.spawn(move || ask(1));
        until_queued(&batcher, 1);
        scope.spawn(move || ask(2));
        until_queued(&batcher, 2);
        // No room, and none comes: two of its rows are never taken in.
        let late = batcher.ask(
            vec![row(7), row(8)],
            Instant::now() + Duration::from_millis(20),
        );
        assert_eq!(late, [Err(Missing::Late), Err(Missing::Late)]);
        assert_eq!(lock(&batcher.shared.queue).rows.len(), 2);
        // This one waits for room, and gets it.
        scope.spawn(move || ask(3));
        allow.send(()).unwrap();
        let second = told.recv().unwrap();
        assert_eq!(second, [1, 2]);
        allow.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), [3]);
        allow.send(()).unwrap();
    });
}

#[test]
fn more_rows_than_the_queue_holds_are_answered() {
    let batcher = batcher(
        vec![Box::new(With(|rows: &[&Encoding]| {
            rows.iter().map(|row| Ok(answer(row.tokens[0]))).collect()
        }))],
        3,
        Duration::ZERO,
        4,
    );
    let expected: Vec<_> = (0..100).map(|n| Ok(answer(n))).collect();
    assert_eq!(batcher.ask((0..100).map(row).collect(), soon()), expected);
}

/// The deadline passes where the test says, and not by the clock.
#[test]
fn who_is_late_gets_what_there_is_and_the_rest_is_kept() {
    let (scorer, told, allow) = held();
    let batcher = batcher(vec![scorer], 2, Duration::ZERO, 100);
    let request = Arc::new(Request::new(5));
    let rows = (0..5).map(row).collect();
    assert!(batcher.shared.submit(rows, &request, soon()));
    assert_eq!(told.recv().unwrap(), [0, 1]);
    allow.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), [2, 3]);
    let late = Err(Missing::Late);
    let expected = [
        Ok(answer(0)),
        Ok(answer(1)),
        late.clone(),
        late.clone(),
        late,
    ];
    assert_eq!(request.leave(), expected);
    allow.send(()).unwrap();
    // Row 4 still waited when its caller left, and is not computed.
    thread::scope(|scope| {
        let asked = scope.spawn(|| batcher.ask(vec![row(9)], soon()));
        assert_eq!(told.recv().unwrap(), [9]);
        allow.send(()).unwrap();
        assert_eq!(asked.join().unwrap(), [Ok(answer(9))]);
    });
    let kept = |n| batcher.shared.cache.get(&row(n).key);
    assert_eq!(
        (kept(2), kept(3), kept(4)),
        (Some(answer(2)), Some(answer(3)), None)
    );
}

#[test]
fn a_deadline_passes() {
    let (scorer, told, allow) = held();
    let batcher = batcher(vec![scorer], 2, Duration::ZERO, 100);
    let deadline = Instant::now() + Duration::from_millis(20);
    assert_eq!(batcher.ask(vec![row(1)], deadline), [Err(Missing::Late)]);
    drop(allow);
    drop(told);
}

#[test]
fn a_scorer_that_panics_or_answers_too_little_is_told_and_goes_on() {
    let scorer = With(|rows: &[&Encoding]| match rows[0].tokens[0] {
        1 => panic!("dropped it"),
        2 => vec![],
        n => vec![Ok(answer(n)); rows.len()],
    });
    let batcher = batcher(vec![Box::new(scorer)], 1, Duration::ZERO, 100);
    let failed = |n: i64| match &batcher.ask(vec![row(n)], soon())[..] {
        [Err(Missing::Failed(why))] => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(1), "the backend panicked: dropped it");
    assert_eq!(failed(2), "it gave too few answers");
    assert_eq!(batcher.ask(vec![row(3)], soon()), [Ok(answer(3))]);
}

#[test]
fn its_threads_have_ended_when_it_is_gone() {
    struct Ends(Sender<()>);
    impl Scorer for Ends {
        fn score(&mut self, rows: &[&Encoding]) -> Vec<Result<f32, String>> {
            vec![Ok(0.5); rows.len()]
        }
    }
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    let (tell, told) = channel();
    let scorers = (0..3).map(|_| Box::new(Ends(tell.clone())) as Box<dyn Scorer>);
    let batcher = batcher(scorers.collect(), 8, LONG, 100);
    assert!(told.try_recv().is_err());
    drop(batcher);
    assert_eq!(told.try_iter().count(), 3);
}

#[test]
fn sixty_four_threads_get_their_own_answers_and_each_row_is_scored_once() {
    static SCORED: AtomicUsize = AtomicUsize::new(0);
    let scorers = (0..3).map(|_| {
        Box::new(With(|rows: &[&Encoding]| {
            SCORED.fetch_add(rows.len(), Relaxed);
            rows.iter().map(|row| Ok(answer(row.tokens[0]))).collect()
        })) as Box<dyn Scorer>
    });
    let batcher = batcher(scorers.collect(), 16, Duration::from_micros(50), 24);
    thread::scope(|scope| {
        for t in 0..64 {
            let batcher = &batcher;
            scope.spawn(move || {
                for i in 0..100 {
                    let start = t * 1000 + i * 5;
                    let numbers = start..start + 1 + (t + i) % 5;
                    let rows = numbers.clone().map(row).collect();
                    let expected: Vec<_> = numbers.map(|n| Ok(answer(n))).collect();
                    assert_eq!(batcher.ask(rows, soon()), expected);
                    assert!(lock(&batcher.shared.queue).rows.len() <= 24);
                }
            });
        }
    });
    let rows: i64 = (0..64)
        .flat_map(|t| (0..100).map(move |i| 1 + (t + i) % 5))
        .sum();
    assert_eq!(SCORED.load(Relaxed), rows as usize);
}
