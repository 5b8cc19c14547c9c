//! Journals as JSON.

use proptest::prelude::*;

use super::*;

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
