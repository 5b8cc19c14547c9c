//! The children of a node, as a rule sees them.

use crate::backup::{Backup, Statistic};
use crate::tree::siblings::{Source, States};
use crate::tree::{Block, Count, Node, Statistics};

/// A child as a rule sees it.
///
/// Numbers are single precision, as scores are in lc0: a count beyond 2²⁴ is rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Child {
    /// Its id: lower ids are older.
    pub id: u32,
    /// n: visits; where equal states are merged, those by way of this parent.
    pub visits: f32,
    /// o: simulations in flight through it.
    pub in_flight: f32,
    /// Q: backed-up value in [0, 1]; 0 before the first visit.
    pub value: f32,
    /// p: prior among its siblings, in (0, 1].
    pub prior: f32,
    /// Whether it may be chosen: not closed, and not held by another simulation.
    pub free: bool,
}

impl Default for Child {
    /// Child 0: free, never tried, with prior 1.
    fn default() -> Self {
        Child {
            id: 0,
            visits: 0.0,
            in_flight: 0.0,
            value: 0.0,
            prior: 1.0,
            free: true,
        }
    }
}

impl Child {
    /// n + o.
    #[inline]
    pub fn samples(&self) -> f32 {
        self.visits + self.in_flight
    }

    /// Q, or `otherwise` before the first visit.
    #[inline]
    pub fn value_or(&self, otherwise: f32) -> f32 {
        if self.visits > 0.0 {
            self.value
        } else {
            otherwise
        }
    }
}

/// The children of one node: read as they are gone over, without a copy. They can be gone
/// over twice; under other workers' hands the second look may differ.
#[derive(Clone, Copy)]
pub struct Children<'a> {
    youngest: Block,
    /// Its nodes, as far as they lie in one chunk.
    head: &'a [Node],
    /// Where the rest is found, if there is any.
    source: &'a dyn Source,
    /// There are older blocks.
    more: bool,
    backup: Backup,
    avoid: &'a [u32],
    /// Where equal states are merged: what the children lead to.
    states: Option<&'a dyn States>,
}

impl std::fmt::Debug for Children<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        self.for_each(|child| {
            list.entry(child);
        });
        list.finish()
    }
}

impl<'a> Children<'a> {
    /// The children in `youngest`, which begins with `head`, and, if there are `more`, in the
    /// blocks before it; those in `avoid` are shown as held.
    #[inline]
    pub(crate) fn new(
        source: &'a dyn Source,
        youngest: Block,
        head: &'a [Node],
        more: bool,
        backup: Backup,
        avoid: &'a [u32],
    ) -> Self {
        Children {
            youngest,
            head,
            source,
            more,
            backup,
            avoid,
            states: None,
        }
    }

    /// The same, where children are edges to these states.
    pub(crate) fn leading_to(self, states: &'a dyn States) -> Self {
        Children {
            states: Some(states),
            ..self
        }
    }

    /// The free child with the highest score; ties go to the higher prior, then to the older
    /// child. A score may be infinite; one that is NaN is never chosen. O(children).
    #[inline]
    pub fn best_by(self, score: impl Fn(&Child) -> f32) -> Option<u32> {
        // One loop for each statistic, so that none has to ask which it is.
        match (self.states, self.backup.statistic) {
            (None, Statistic::Mean) => self.scan(read::<false>, score),
            (None, Statistic::Max) => self.scan(read::<true>, score),
            (Some(states), _) => self.scan(|id, edge| self.lead(states, id, edge), score),
        }
    }

    #[inline]
    fn scan(
        self,
        read: impl Fn(u32, &Node) -> Child,
        score: impl Fn(&Child) -> f32,
    ) -> Option<u32> {
        let mut best = NONE;
        self.for_each_run(|first, run| {
            for (id, node) in (first..).zip(run) {
                let child = read(id, node);
                if child.free && !self.avoid.contains(&id) {
                    best.offer(score(&child), &child);
                }
            }
        });
        (best.prior >= 0.0).then_some(best.id)
    }

    /// Calls `look` with every child, free or not; those of one expansion in order.
    #[inline]
    pub fn for_each(self, mut look: impl FnMut(&Child)) {
        let max = self.backup.statistic == Statistic::Max;
        self.for_each_run(|first, run| {
            for (id, node) in (first..).zip(run) {
                let mut child = match self.states {
                    Some(states) => self.lead(states, id, node),
                    None if max => read::<true>(id, node),
                    None => read::<false>(id, node),
                };
                child.free &= !self.avoid.contains(&id);
                look(&child);
            }
        });
    }

    /// An edge with the value and the freedom of the state that it leads to.
    fn lead(&self, states: &dyn States, id: u32, edge: &Node) -> Child {
        let to = states.look(id, edge, self.backup.statistic);
        Child {
            value: to.value as f32,
            free: to.free && !self.avoid.contains(&to.state),
            ..read::<false>(id, edge)
        }
    }

    #[inline]
    fn for_each_run(self, mut look: impl FnMut(u32, &'a [Node])) {
        look(self.youngest.first, self.head);
        let (mut block, mut seen) = (self.youngest, self.head.len() as u32);
        loop {
            while seen < block.len {
                let rest = Block {
                    first: block.first + seen,
                    len: block.len - seen,
                };
                let run = self.source.run(rest);
                look(rest.first, run);
                seen += run.len() as u32;
            }
            let older = self.more.then(|| self.source.older(block.first)).flatten();
            match older {
                Some(older) => (block, seen) = (older, 0),
                None => return,
            }
        }
    }
}

/// A node as a child.
#[inline]
pub(crate) fn read<const MAX: bool>(id: u32, node: &Node) -> Child {
    let count = node.statistics.count();
    let visits = count.visits() as i64 as f32;
    Child {
        id,
        visits,
        in_flight: count.in_flight() as i32 as f32,
        value: if MAX {
            node.best.get() as f32
        } else {
            // A reward is added just before its visit: while that happens the sum is ahead.
            (node.statistics.sum() / visits.max(1.0)).min(1.0)
        },
        prior: node.prior.get(),
        free: count.is_free(),
    }
}

/// The best child so far.
struct Best {
    score: f32,
    /// Negative while there is none.
    prior: f32,
    id: u32,
}

const NONE: Best = Best {
    score: f32::NEG_INFINITY,
    prior: -1.0,
    id: 0,
};

impl Best {
    #[inline]
    fn offer(&mut self, score: f32, child: &Child) {
        let before = child.prior > self.prior || child.prior == self.prior && child.id < self.id;
        if score > self.score || score == self.score && before {
            *self = Best {
                score,
                prior: child.prior,
                id: child.id,
            };
        }
    }
}

/// Children without a tree, to try a rule out.
#[derive(Default)]
pub struct Family(Vec<Node>);

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.children().fmt(f)
    }
}

impl Family {
    /// Children with these numbers (visits less than 2³⁸, in flight less than 2²⁴, both
    /// rounded down); their ids are their places in the list.
    pub fn new(children: impl IntoIterator<Item = Child>) -> Self {
        let node = |child: Child| {
            let count = Count::of(child.visits as u64, child.in_flight as u32, child.free);
            let node = Node {
                statistics: Statistics::of(count, f64::from(child.value)),
                ..Node::default()
            };
            node.best.offer(f64::from(child.value));
            node.prior.set(f64::from(child.prior));
            node
        };
        Family(children.into_iter().map(node).collect())
    }

    #[cfg(test)]
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.0
    }

    /// The children, for [`SelectionRule::choose`](super::SelectionRule::choose).
    pub fn children(&self) -> Children<'_> {
        let all = Block {
            first: 0,
            len: self.0.len() as u32,
        };
        Children::new(self, all, &self.0, false, Backup::mean(), &[])
    }
}

impl Source for Family {
    fn older(&self, _: u32) -> Option<Block> {
        None
    }

    fn run(&self, block: Block) -> &[Node] {
        &self.0[block.first as usize..(block.first + block.len) as usize]
    }
}
