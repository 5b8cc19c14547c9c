//! What is no longer the journal of a search is refused.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

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
