//! Random graphs against a model that knows nothing but paths and rewards.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Q and the best reward, worked out one tell at a time from paths and rewards alone.
#[derive(Default)]
struct Model {
    own: HashMap<NodeId, Vec<f64>>,
    edges: HashMap<NodeId, u64>,
    mean: HashMap<NodeId, f64>,
    best: HashMap<NodeId, f64>,
}

impl Model {
    fn tell(&mut self, tree: &Tree<u64>, path: &[u32], reward: f64, discount: f64) {
        let leaf = tree.state(NodeId(path[path.len() - 1]));
        self.own.entry(leaf).or_default().push(reward);
        for &edge in path.iter().rev() {
            let at = tree.state(NodeId(edge));
            let own = self.own.get(&at).map_or(&[][..], Vec::as_slice);
            let (mut n, mut sum) = (own.len() as f64, own.iter().sum::<f64>());
            let mut best = own.iter().copied().fold(0.0, f64::max);
            for child in tree.children(at) {
                let to = tree.state(child);
                let visits = self.edges.get(&child).copied().unwrap_or(0) as f64;
                n += visits;
                sum += visits * discount * self.mean.get(&to).unwrap_or(&0.0);
                best = f64::max(best, discount * self.best.get(&to).unwrap_or(&0.0));
            }
            self.mean.insert(at, sum / n);
            self.best.insert(at, best);
            *self.edges.entry(NodeId(edge)).or_default() += 1;
        }
    }

    fn check(&self, tree: &Tree<u64>) {
        for edge in ids(tree) {
            let (stats, at) = (tree.stats(edge), tree.state(edge));
            assert_eq!(stats.visits, *self.edges.get(&edge).unwrap_or(&0));
            let mean = *self.mean.get(&at).unwrap_or(&0.0);
            assert!((stats.mean - mean).abs() < 1e-6, "{at}: {mean} {stats:?}");
            let best = *self.best.get(&at).unwrap_or(&0.0);
            assert!((stats.best - best).abs() < 1e-6, "{at}: {best} {stats:?}");
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    Tell(prop::sample::Index, u8),
    Drop(prop::sample::Index),
    Close(prop::sample::Index),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Ask),
        5 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(i, r)| Act::Tell(i, r)),
        1 => any::<prop::sample::Index>().prop_map(Act::Drop),
        1 => any::<prop::sample::Index>().prop_map(Act::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Random graphs of few states, tickets told, dropped and closed in any order.
    #[test]
    fn laws_of_random_graphs(
        acts in prop::collection::vec(act(), 1..250),
        spread in 2u64..7,
        width in 1u64..4,
        discount in prop_oneof![Just(1.0), Just(0.9)],
        widen in any::<bool>(),
    ) {
        let mut tree = Tree::new(0u64, 1 << 14).merging(|&p| p.into());
        if widen {
            tree = tree.widening(crate::Widening { c: 1.5, alpha: 0.6 });
        }
        let backup = Backup::mean().discounted(discount);
        let guide = Guide::new(Rule::WuUct(WuUct::default()), backup);
        let mut model = Model::default();
        let mut held: Vec<Ticket<'_, u64>> = Vec::new();
        for act in acts {
            match act {
                Act::Ask => match tree.ask(&guide) {
                    Ask::Evaluate(ticket) => held.push(ticket),
                    Ask::Expand(mut ticket) => {
                        let (at, depth) = (*ticket.payload(), ticket.depth());
                        let had = tree.children(ticket.node()).count() as u64;
                        let width = if depth < 5 { width } else { 0 };
                        let child = |i| (mix(at ^ (had + i) << 32 ^ (depth as u64) << 48) % spread, 1.0);
                        ticket.expand((0..width).map(child)).unwrap();
                        ticket.descend(&guide);
                        held.push(ticket);
                    }
                    Ask::Busy | Ask::Closed => {}
                },
                Act::Tell(i, reward) if !held.is_empty() => {
                    let ticket = held.swap_remove(i.index(held.len()));
                    let reward = f64::from(reward) / 255.0;
                    let path = ticket.edges().to_vec();
                    ticket.tell(reward, &backup).unwrap();
                    model.tell(&tree, &path, reward, discount);
                }
                Act::Drop(i) if !held.is_empty() => drop(held.swap_remove(i.index(held.len()))),
                Act::Close(i) if !held.is_empty() => held.swap_remove(i.index(held.len())).close(),
                _ => {}
            }
        }
        model.check(&tree);
        held.clear();
        check_invariants(&tree);
        model.check(&tree);
    }
}
