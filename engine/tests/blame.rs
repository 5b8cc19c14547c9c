//! Rethinking the thought that is to blame, wherever in the chain it stands.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use cogitree_engine::tree::NodeId;
use cogitree_engine::*;

/// Offers one digit after the other of a number, and blames what a test says.
struct Dial {
    offers: &'static str,
    /// From how many digits on it finds fault, and with what: the place, what comes there, and how
    /// often that was tried here already.
    faults: fn(&str, usize) -> Option<(usize, &'static str)>,
    /// The chains it was asked to refine, with what was tried.
    asked: Mutex<Vec<(String, Vec<String>)>>,
}

fn digits(thoughts: &[Thought]) -> String {
    thoughts.iter().map(|t| t.text.as_ref()).collect()
}

impl Policy for Dial {
    fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
        let depth = ask.chain.thoughts.len();
        let next = self.offers.get(depth..=depth).into_iter();
        let proposal = |digit: &str| Proposal {
            thought: Thought::new(digit),
            prior: 1.0,
        };
        Ok(next.map(proposal).collect())
    }

    fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
        Ok(Program::new(digits(ask.chain.thoughts)))
    }

    fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
        Ok((ask.chain.thoughts.len() == 3).then(|| Thought::new("7")))
    }

    fn refine(&self, ask: &Rethink<'_>) -> Result<Option<Refined>, PolicyError> {
        let chain = digits(ask.chain.thoughts);
        let tried = ask.tried.iter().map(|t| t.text.to_string()).collect();
        self.asked.lock().unwrap().push((chain.clone(), tried));
        let fault = (self.faults)(&chain, ask.tried.len());
        Ok(fault.map(|(at, digit)| Refined {
            at,
            thought: Thought::new(digit),
        }))
    }
}

/// Passes as many tests as the number has digits of 3142 at its beginning.
struct Lock;

impl Executor for Lock {
    fn run(&self, job: &Job<'_>) -> Result<Report, ExecutorError> {
        let number = job.program.source.bytes();
        let right = number.zip(*b"3142").take_while(|(a, b)| a == b).count();
        let verdict = |i| match i < right {
            true => Verdict::Passed,
            false => Verdict::WrongAnswer,
        };
        Ok(Report {
            tests: (0..4).map(|i| TestReport::new(verdict(i))).collect(),
        })
    }
}

fn dial(offers: &'static str, faults: fn(&str, usize) -> Option<(usize, &'static str)>) -> Dial {
    Dial {
        offers,
        faults,
        asked: Mutex::default(),
    }
}

fn search(dial: Dial, target: Target, threads: usize) -> (Outcome, Arc<Dial>) {
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
    let config = SearchConfig {
        target,
        threads,
        value_weight: 0.0,
        agreement: 0,
        budget: Budget {
            simulations: 12,
            ..Budget::default()
        },
        ..SearchConfig::default()
    };
    let dial = Arc::new(dial);
    let begin =
        || Search::new(problem.clone(), dial.clone(), Arc::new(Lock)).config(config.clone());
    let outcome = begin().run().unwrap();
    let asked = dial.asked.lock().unwrap().clone();
    // Whatever happens, it can be followed.
    let again = begin().replay(&outcome.journal).unwrap();
    assert_eq!(again.journal, outcome.journal);
    *dial.asked.lock().unwrap() = asked;
    (outcome, dial)
}

/// Finds the 9 in front, but only with three digits in view.
fn front(chain: &str, _: usize) -> Option<(usize, &'static str)> {
    (chain == "914").then_some((0, "3"))
}

#[test]
fn a_thought_further_up_is_put_anew_and_the_line_goes_on_from_it() {
    let (outcome, _) = search(dial("9142", front), Target::Blamed, 1);
    assert!(outcome.solved, "{:?}", outcome.stop);
    assert_eq!(outcome.answer.as_ref().unwrap().program.source, "3142");
    let line: Vec<Vec<(String, Option<String>)>> = (outcome.chain().into_iter())
        .map(|(_, _, tried)| {
            let version = |t: &&Tried| (t.thought.text.to_string(), t.chain.as_deref().map(digits));
            tried.iter().map(version).collect()
        })
        .collect();
    let as_it_is = |digit: &str| (digit.to_owned(), None);
    assert_eq!(
        line,
        [
            vec![as_it_is("9")],
            vec![as_it_is("1")],
            vec![as_it_is("4"), ("4".to_owned(), Some("314".to_owned()))],
            vec![as_it_is("2")],
        ],
        "nodes above keep their thoughts, and the ones below are told the better line"
    );
    // The last thought alone cannot help.
    let (outcome, dial) = search(dial("9142", front), Target::Last, 1);
    assert!(!outcome.solved);
    assert!(dial.asked.lock().unwrap().is_empty());
}

#[test]
fn the_tree_does_not_depend_on_threads() {
    let journal = |threads| {
        search(dial("9142", front), Target::Blamed, threads)
            .0
            .journal
    };
    let one = journal(1);
    assert!(
        one.iter()
            .any(|e| matches!(e, Event::Ran { chain: Some(_), .. }))
    );
    assert_eq!(journal(2), one);
    assert_eq!(journal(8), one);
    // As JSON, too.
    let text = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), one);
}

#[test]
fn a_version_that_is_worse_is_not_built_upon() {
    // The 1 of 914 passes nothing; of 314 it is right, and an 8 there is worse.
    let (outcome, _) = search(
        dial("314", |chain, _| (chain == "314").then_some((1, "8"))),
        Target::Blamed,
        1,
    );
    let deepest = outcome.tree.walk(NodeId::ROOT).last().unwrap();
    assert_eq!(deepest.payload.versions.iter().count(), 2);
    assert_eq!(deepest.payload.versions.current_index(), Some(0));
    assert_eq!(outcome.answer.unwrap().program.source, "314");
}

#[test]
fn a_line_that_was_tried_is_named_and_another_is_asked_for_once() {
    // Says 5 first, then the 9 that was there, and when that is named once more the right one.
    let (outcome, dial) = search(
        dial("914", |chain, tried| match (chain, tried) {
            ("914", _) => Some((0, "5")),
            ("514", 1) => Some((0, "9")),
            ("514", _) => Some((0, "3")),
            _ => None,
        }),
        Target::Blamed,
        1,
    );
    let asked = dial.asked.lock().unwrap();
    let of_three: Vec<_> = asked.iter().filter(|a| a.0.len() == 3).collect();
    let entry = |chain: &str, tried: &[&str]| {
        let tried = tried.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        (chain.to_owned(), tried)
    };
    assert_eq!(
        of_three,
        [
            &entry("914", &[]),
            &entry("514", &["9"]),
            &entry("514", &["9", "9"]),
        ]
    );
    assert_eq!(outcome.answer.unwrap().program.source, "314");
}

#[test]
fn a_place_that_is_not_in_the_line_ends_the_rethinking() {
    let (outcome, dial) = search(dial("914", |_, _| Some((9, "3"))), Target::Blamed, 1);
    assert_eq!(outcome.cost.executions, 3);
    assert_eq!(outcome.cost.rethinks, 0);
    assert_eq!(dial.asked.lock().unwrap().len(), 3);
}

#[test]
fn a_policy_that_blames_nothing_rethinks_the_last_thought() {
    /// Knows nothing of blame.
    struct Plain(Dial);
    impl Policy for Plain {
        fn propose(&self, ask: &Propose<'_>) -> Result<Vec<Proposal>, PolicyError> {
            self.0.propose(ask)
        }
        fn implement(&self, ask: &Implement<'_>) -> Result<Program, PolicyError> {
            self.0.implement(ask)
        }
        fn rethink(&self, ask: &Rethink<'_>) -> Result<Option<Thought>, PolicyError> {
            self.0.rethink(ask)
        }
    }
    let plain = Plain(dial("914", |_, _| None));
    let (problem, meter) = (problem_of(), Meter::default());
    let thoughts = ["9", "1", "4"].map(Thought::new);
    let program = Program::new("914");
    let report = Report { tests: vec![] };
    let ask = Rethink {
        chain: Chain::new(&problem, &thoughts, 1, &meter),
        outcome: Attempt {
            program: &program,
            report: &report,
            feedback: &Feedback::default(),
        },
        tried: &[],
    };
    let refined = plain.refine(&ask).unwrap().unwrap();
    assert_eq!((refined.at, &*refined.thought.text), (2, "7"));
}

fn problem_of() -> Problem {
    Problem {
        id: "lock".into(),
        statement: String::new(),
        interface: Interface::Stdin,
        tests: vec![],
        checker: Checker::Exact,
        limits: Limits::default(),
    }
}
