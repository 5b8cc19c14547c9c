//! A worker alone with a tree makes the tree that one worker of many makes.

use proptest::prelude::*;

use super::*;
use crate::backup::Statistic;
use crate::selection::{Bonus, Child, Family, ParentStats};
use crate::tree::look::Form;

#[derive(Clone, Copy, Debug)]
enum End {
    Tell(u8),
    TellAndClose(u8),
    Close,
    Drop,
}

/// One simulation: whether alone, where there is a choice; with which guide; how it ends.
type Step = (bool, prop::sample::Index, End);

fn step() -> impl Strategy<Value = Step> {
    // Few rewards, so that scores tie.
    let reward = 0u8..5;
    let end = prop_oneof![
        12 => reward.clone().prop_map(End::Tell),
        1 => reward.prop_map(End::TellAndClose),
        1 => Just(End::Close),
        1 => Just(End::Drop),
    ];
    (any::<bool>(), any::<prop::sample::Index>(), end)
}

fn simulate(ask: Ask<'_, u64>, guide: &Guide, width: u64, end: End) -> &'static str {
    let (ticket, what) = match ask {
        Ask::Evaluate(ticket) => (ticket, "evaluate"),
        Ask::Expand(mut ticket) => {
            let (key, deep) = (*ticket.payload(), ticket.depth() > 4);
            let child = |i| {
                let key = mix(key ^ (i << 17));
                // Some priors are alike.
                (key, (key % 3 + 1) as f64)
            };
            let width = if deep { 0 } else { width };
            ticket.expand((0..width).map(child)).unwrap();
            if !ticket.descend(guide) {
                return "nothing follows";
            }
            (ticket, "expand")
        }
        Ask::Busy => return "busy",
        Ask::Closed => return "closed",
    };
    let reward = |r: u8| f64::from(r) / 4.0;
    match end {
        End::Tell(r) => ticket.tell(reward(r), &guide.backup).unwrap(),
        End::TellAndClose(r) => ticket.tell_and_close(reward(r), &guide.backup).unwrap(),
        End::Close => ticket.close(),
        End::Drop => drop(ticket),
    }
    what
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Two trees with the same simulations, one of them alone now and then.
    #[test]
    fn alone_or_not_the_tree_is_the_same(
        steps in prop::collection::vec(step(), 1..200),
        rules in prop::sample::subsequence(Rule::all().to_vec(), 1..3),
        max in any::<bool>(),
        discount in prop_oneof![Just(1.0), Just(0.9)],
        width in 1u64..12,
        widen in any::<bool>(),
    ) {
        let statistic = if max { Statistic::Max } else { Statistic::Mean };
        let backup = Backup { statistic, discount };
        let guides: Vec<Guide> = rules.into_iter().map(|r| Guide::new(r, backup)).collect();
        let tree = || {
            let tree = Tree::new(7u64, 1 << 12);
            if widen { tree.widening(crate::Widening { c: 1.5, alpha: 0.6 }) } else { tree }
        };
        let (shared, mut other) = (tree(), tree());
        for (alone, guide, end) in steps {
            let guide = guide.get(&guides);
            let expected = simulate(shared.ask(guide), guide, width, end);
            let got = if alone {
                simulate(other.alone(guide).ask(), guide, width, end)
            } else {
                simulate(other.ask(guide), guide, width, end)
            };
            prop_assert_eq!(got, expected);
        }
        check_invariants(&shared);
        check_invariants(&other);
        prop_assert_eq!(all(&other), all(&shared));
    }

    /// The contract of `SelectionRule::bonus`, for the rules that have one.
    #[test]
    fn the_bonus_of_a_rule_chooses_as_the_rule(
        children in prop::collection::vec(
            (0u16..40, 0u8..5, 1u8..4, prop::bool::weighted(0.8)), 1..24),
        more in 0u16..5,
    ) {
        let children: Vec<Child> = children.into_iter().enumerate().map(|(id, c)| Child {
            id: id as u32,
            visits: f32::from(c.0),
            value: if c.0 > 0 { f32::from(c.1) / 4.0 } else { 0.0 },
            prior: f32::from(c.2) / 4.0,
            free: c.3,
            ..Child::default()
        }).collect();
        let visits = children.iter().map(|c| c.visits as u64).sum::<u64>() + u64::from(more);
        let parent = ParentStats { visits, value: 0.4, ..ParentStats::default() };
        for rule in Rule::all() {
            let Some(bonus) = rule.bonus() else { continue };
            let form = Form { bonus, statistic: Statistic::Mean };
            let family = Family::new(children.iter().copied());
            let place = form.best(family.nodes(), rule.weight(visits as f64));
            let expected = rule.choose(&parent, family.children());
            prop_assert_eq!(place.map(|p| p as u32), expected, "{}", rule);
        }
    }
}

/// All that can be seen of a tree.
fn all(tree: &Tree<u64>) -> Vec<(u64, NodeStats, Vec<NodeId>)> {
    let ids = (0..tree.len() as u32).map(NodeId);
    ids.map(|id| {
        (
            *tree.payload(id),
            tree.stats(id),
            tree.children(id).collect(),
        )
    })
    .collect()
}

#[test]
fn some_rules_have_a_bonus() {
    let with = Rule::all().iter().filter(|r| r.bonus().is_some()).count();
    assert_eq!(with, 3);
    assert_eq!(Rule::Uct(Uct::default()).bonus(), Some(Bonus::Root));
}

#[test]
fn alone_with_merged_states() {
    let guide: Guide = Guide::new(Rule::default(), Backup::mean());
    let tree = || Tree::new(0u64, 1 << 12).merging(|&p| u128::from(p % 400));
    let (shared, mut other) = (tree(), tree());
    for turn in 0..500u64 {
        let end = End::Tell((mix(turn) % 5) as u8);
        simulate(shared.ask(&guide), &guide, 3, end);
        simulate(other.alone(&guide).ask(), &guide, 3, end);
    }
    check_invariants(&other);
    assert!(other.stats(NodeId::ROOT).visits > 100);
    assert_eq!(all(&other), all(&shared));
}

#[test]
fn what_a_leaked_ticket_holds_stays_held() {
    let mut tree = Tree::new(0u64, 1_000);
    let guide: Guide = Guide::new(Rule::Uct(Uct::default()), Backup::mean());
    // Alone, so that the child that is leaked next has a look, of a time when it was free.
    for _ in 0..2 {
        simulate(tree.alone(&guide).ask(), &guide, 2, End::Tell(2));
    }
    let Ask::Expand(leaked) = tree.ask(&guide) else {
        panic!("both children were evaluated")
    };
    let held = leaked.node();
    std::mem::forget(leaked);
    let mut alone = tree.alone(&guide);
    for _ in 0..20 {
        simulate(alone.ask(), &guide, 2, End::Tell(2));
    }
    let tree = alone.tree();
    assert_eq!((tree.stats(held).visits, tree.stats(held).children), (1, 0));
    assert_eq!(tree.stats(NodeId::ROOT).visits, 22);
}

#[test]
fn a_panic_alone_leaves_the_tree_as_it_was() {
    let mut tree = Tree::new(7u64, 1_000);
    let guide: Guide = Guide::default();
    for _ in 0..10 {
        simulate(tree.alone(&guide).ask(), &guide, 3, End::Tell(1));
    }
    let before = all(&tree);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut alone = tree.alone(&guide);
        let _ticket = alone.ask();
        std::panic::resume_unwind(Box::new("worker lost"));
    }));
    assert!(panicked.is_err());
    check_invariants(&tree);
    assert_eq!(all(&tree), before);
}
