use proptest::prelude::*;

use super::*;

const IN_FLIGHT: [InFlight; 3] = [
    InFlight::Ignored,
    InFlight::Unobserved,
    InFlight::VirtualLoss {
        weight: 1.0,
        loss: 0.0,
    },
];

/// The rules whose choice is the maximum of a score of each child by itself.
fn scores() -> Vec<Rule> {
    let mut rules = vec![
        Rule::WuUct(WuUct::default()),
        Rule::BestFirst(BestFirst::default()),
    ];
    for in_flight in IN_FLIGHT {
        rules.push(Rule::Uct(Uct { in_flight, c: 1.0 }));
        rules.push(Rule::PUcb(PUcb {
            in_flight,
            ..PUcb::default()
        }));
        rules.push(Rule::Puct(Puct {
            in_flight,
            ..Puct::default()
        }));
        rules.push(Rule::Softmax(Softmax {
            in_flight,
            ..Softmax::default()
        }));
    }
    rules
}

fn parent(children: &[Child]) -> ParentStats {
    let visits: f32 = children.iter().map(|c| c.visits).sum();
    let in_flight: f32 = children.iter().map(|c| c.in_flight).sum();
    let value: f32 = children.iter().map(|c| c.visits * c.value).sum();
    ParentStats {
        visits: visits as u64,
        in_flight: in_flight as u32,
        value: f64::from(value / visits.max(1.0)),
        depth: 1,
        seed: 7,
    }
}

fn choose(rule: &Rule, children: &[Child]) -> Option<u32> {
    rule.choose(
        &parent(children),
        Family::new(children.iter().copied()).children(),
    )
}

fn some_children() -> impl Strategy<Value = Vec<Child>> {
    let child = (
        0u16..60,
        0u8..4,
        0.0f32..1.0,
        0.01f32..1.0,
        prop::bool::weighted(0.8),
    );
    prop::collection::vec(child, 1..24).prop_map(|children| {
        let child = |(id, (visits, in_flight, value, prior, free)): (usize, _)| Child {
            id: id as u32,
            visits: f32::from(visits),
            in_flight: f32::from(in_flight),
            value: if visits > 0 { value } else { 0.0 },
            prior,
            free,
        };
        children.into_iter().enumerate().map(child).collect()
    })
}

proptest! {
    /// The contract of `SelectionRule`: a free child, unless there is none.
    #[test]
    fn a_free_child_is_chosen(children in some_children()) {
        for rule in Rule::all() {
            let choice = choose(&rule, &children);
            let free = children.iter().any(|c| c.free);
            prop_assert_eq!(choice.is_some(), free, "{}", rule.name());
            prop_assert!(choice.is_none_or(|id| children[id as usize].free), "{}", rule.name());
        }
    }

    /// What is chosen stays chosen when its value or its prior rises and all else is equal.
    #[test]
    fn a_better_child_is_not_given_up(children in some_children(), more in 0.0f32..0.5) {
        for rule in scores() {
            let Some(id) = choose(&rule, &children) else { continue };
            let known = parent(&children);
            let mut better = children.clone();
            let chosen = &mut better[id as usize];
            if chosen.visits > 0.0 {
                chosen.value = (chosen.value + more).min(1.0);
            }
            let again = rule.choose(&known, Family::new(better.iter().copied()).children());
            prop_assert_eq!(again, Some(id), "value, {}", rule.name());
            // First-play urgency sinks with the prior that was tried: raise it for an untried
            // child only, whose own prior is not part of that.
            let mut likelier = children.clone();
            if likelier[id as usize].visits == 0.0 {
                likelier[id as usize].prior += more;
                let again = rule.choose(&known, Family::new(likelier.iter().copied()).children());
                prop_assert_eq!(again, Some(id), "prior, {}", rule.name());
            }
        }
    }

    /// Upper confidence bounds do not care where the zero of the rewards is.
    #[test]
    fn uct_is_invariant_to_a_shift_of_all_rewards(children in some_children(), shift in 0.0f32..0.3) {
        let children: Vec<Child> = children
            .into_iter()
            .map(|c| Child { visits: c.visits + 1.0, value: c.value * 0.7, ..c })
            .collect();
        let shifted: Vec<Child> = children
            .iter()
            .map(|c| Child { value: c.value + shift, ..*c })
            .collect();
        for rule in [Rule::Uct(Uct::default()), Rule::WuUct(WuUct::default())] {
            let (a, b) = (choose(&rule, &children), choose(&rule, &shifted));
            // Two scores may lie nearer than rewards are stored.
            if a != b {
                let (Some(a), Some(b)) = (a, b) else { panic!("{a:?} {b:?}") };
                let score = |id: u32| {
                    let c = &children[id as usize];
                    let total = parent(&children).samples();
                    let n = if rule.name() == "uct" { c.visits } else { c.samples() };
                    f64::from(c.value) + (2.0 * total.ln() / f64::from(n)).sqrt()
                };
                prop_assert!((score(a) - score(b)).abs() < 1e-5, "{} {a} {b}", rule.name());
            }
        }
    }

    /// The order in which children are listed plays no part, ids apart.
    #[test]
    fn ties_go_to_the_prior_and_then_to_the_older(n in 1usize..20, likely in 0usize..20) {
        let mut children = vec![Child { prior: 0.25, ..Child::default() }; n];
        for rule in [Rule::Uct(Uct::default()), Rule::Depth(Depth::default())] {
            prop_assert_eq!(choose(&rule, &children), Some(0));
        }
        children[likely % n].prior = 0.5;
        for rule in [Rule::Uct(Uct::default()), Rule::Depth(Depth::default())] {
            prop_assert_eq!(choose(&rule, &children), Some((likely % n) as u32));
        }
    }
}

/// Bandits: arms with fixed rewards, pulled by a rule.
fn pulls(rule: &Rule, values: &[f32], priors: &[f32], turns: u64, depth: u32) -> Vec<f32> {
    let mut arms: Vec<Child> = priors
        .iter()
        .enumerate()
        .map(|(id, &prior)| Child {
            id: id as u32,
            prior,
            ..Child::default()
        })
        .collect();
    for turn in 0..turns {
        let mut known = parent(&arms);
        known.visits = turn;
        known.depth = depth;
        let id = rule
            .choose(&known, Family::new(arms.iter().copied()).children())
            .unwrap();
        let arm = &mut arms[id as usize];
        arm.visits += 1.0;
        arm.value = values[id as usize];
    }
    arms.iter().map(|a| a.visits).collect()
}

#[test]
fn every_child_is_visited_in_the_limit_and_the_best_most() {
    let values = [0.2, 0.8, 0.5, 0.3, 0.6];
    let priors = [0.4, 0.1, 0.3, 0.1, 0.1];
    for rule in Rule::all() {
        // Greedy by design: these have no such limit.
        if ["best_first", "depth", "gumbel"].contains(&rule.name()) {
            continue;
        }
        let pulls = pulls(&rule, &values, &priors, 4_000, 1);
        assert!(
            pulls.iter().all(|&n| n >= 2.0),
            "{}: {pulls:?}",
            rule.name()
        );
        if rule.name() != "breadth" {
            let most = (0..5).max_by(|&a, &b| pulls[a].total_cmp(&pulls[b]));
            assert_eq!(most, Some(1), "{}: {pulls:?}", rule.name());
        }
    }
}

#[test]
fn breadth_is_even_and_depth_and_best_first_are_not() {
    let (values, priors) = ([0.2, 0.8, 0.5], [0.2, 0.2, 0.6]);
    let breadth = pulls(&Rule::Breadth(Breadth::default()), &values, &priors, 30, 1);
    assert_eq!(breadth, [10.0, 10.0, 10.0]);
    let beam = pulls(&Rule::Breadth(Breadth { beam: 2 }), &values, &priors, 31, 1);
    assert_eq!(beam, [1.0, 15.0, 15.0]);
    let depth = pulls(&Rule::Depth(Depth::default()), &values, &priors, 30, 1);
    assert_eq!(depth, [0.0, 0.0, 30.0]);
    let best = pulls(
        &Rule::BestFirst(BestFirst::default()),
        &values,
        &priors,
        30,
        1,
    );
    assert_eq!(best, [1.0, 28.0, 1.0]);
}

/// Sequential halving: 16 simulations on 4 candidates are 4 + 4, then 4 each for the better
/// two; the best one keeps its lead.
#[test]
fn gumbel_halves_at_the_root() {
    let rule = Rule::Gumbel(Gumbel {
        candidates: 4,
        simulations: Some(16),
        ..Gumbel::default()
    });
    let values = [0.1, 0.9, 0.2, 0.8, 0.0, 0.0];
    let mut pulls = pulls(&rule, &values, &[1.0 / 6.0; 6], 16, 0);
    pulls.sort_by(f32::total_cmp);
    assert_eq!(pulls, [0.0, 0.0, 2.0, 2.0, 6.0, 6.0]);
}

/// Where the choice tips between two children, against values worked out by hand: N = 15, the
/// first child has n = 10 and Q = 0.5, the second n = 5; ln 15 = 2.70805.
#[test]
fn choices_tip_where_the_formulas_say() {
    let tips = |rule: Rule, first: Child, second: Child, expected: f32| {
        for (value, chosen) in [(expected - 2e-4, 0), (expected + 2e-4, 1)] {
            let pair = [first, Child { value, ..second }];
            assert_eq!(choose(&rule, &pair), Some(chosen), "{rule:?} at {value}");
        }
    };
    let child = |id, visits, prior| Child {
        id,
        visits,
        prior,
        value: 0.5,
        ..Child::default()
    };
    let (a, b) = (child(0, 10.0, 0.8), child(1, 5.0, 0.2));
    // c = 1: 0.5 + √0.270805 − √0.541610 = 0.5 + 0.520389 − 0.735942
    let uct = Uct {
        c: 1.0,
        in_flight: InFlight::Ignored,
    };
    tips(Rule::Uct(uct), a, b, 0.284_447);
    // β = ln(26 / 10) + 4 = 4.955511; √ln 15 = 1.645615; β·√ln N = 8.154865.
    // 0.5 + 8.154865 · (0.8 / 11 − 0.2 / 6) = 0.5 + 0.321252
    tips(Rule::PUcb(PUcb::default()), a, b, 0.821_252);
    // c(N) = 1.25 + ln(19668 / 19652) = 1.250814; ·√15 = 4.844382.
    // 0.5 + 4.844382 · (0.8 / 11 − 0.2 / 6) = 0.5 + 0.190840
    tips(Rule::Puct(Puct::default()), a, b, 0.690_840);
    // Three in flight through the second child: N + O = 18, ln 18 = 2.890372, n + o = 8.
    // 0.5 + √0.289037 − √0.361296 = 0.5 + 0.537622 − 0.601079
    let busy = Child {
        in_flight: 3.0,
        ..b
    };
    tips(Rule::WuUct(WuUct { c: 1.0 }), a, busy, 0.436_543);
    // The same as a virtual loss: the value of 5 visits is divided by 8.
    // (0.5 + 0.537622 − 0.601079) · 8 / 5
    let lost = Uct {
        c: 1.0,
        in_flight: InFlight::VirtualLoss {
            weight: 1.0,
            loss: 0.0,
        },
    };
    tips(Rule::Uct(lost), a, busy, 0.698_469);
}

#[test]
fn rules_survive_their_configuration() {
    for rule in Rule::all() {
        let text = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), rule, "{text}");
        assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
    }
    let error = "uctt".parse::<Rule>().unwrap_err().to_string();
    assert!(
        error.starts_with("there is no selection rule \"uctt\"; the rules are uct, wu_uct"),
        "{error}"
    );
}

#[test]
fn draws_are_uniform_and_differ() {
    let child = Child::default();
    let mut mean = 0.0;
    for turn in 0..10_000 {
        let known = ParentStats::default();
        let draw = known.draw(&child, turn);
        assert!(draw > 0.0 && draw < 1.0);
        mean += draw / 10_000.0;
    }
    assert!((mean - 0.5).abs() < 0.02, "{mean}");
}
