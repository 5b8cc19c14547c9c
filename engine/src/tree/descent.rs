//! From the root down to a leaf.

use smallvec::SmallVec;

use super::graph::Merged;
use super::node::state;
use super::siblings::Source;
use super::statistics::{Count, MAX_IN_FLIGHT, MAX_VISITS};
use super::ticket::Held;
use super::{Node, NodeId, Ticket, Tree, pause};
use crate::backup::{Backup, Statistic};
use crate::selection::{Children, ParentStats, Rule, SelectionRule};

/// How a tree is searched: the *tree policy* of the literature.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guide<R = Rule> {
    /// Which child is gone down to.
    pub rule: R,
    /// What of the rewards below a node is its value.
    pub backup: Backup,
    /// The seed of rules that draw lots.
    pub seed: u64,
}

impl<R> Guide<R> {
    /// A guide with seed 0.
    pub fn new(rule: R, backup: Backup) -> Self {
        Guide {
            rule,
            backup,
            seed: 0,
        }
    }

    /// The same with another seed.
    pub fn seed(self, seed: u64) -> Self {
        Guide { seed, ..self }
    }
}

/// What [`Tree::ask`] found.
#[derive(Debug)]
pub enum Ask<'t, P> {
    /// A node to be evaluated: work out its reward, then [`Ticket::tell`].
    Evaluate(Ticket<'t, P>),
    /// A node to be expanded: find children for it, then [`Ticket::expand`].
    Expand(Ticket<'t, P>),
    /// Every way down ends at a node that another ticket holds (or 2²³ are in flight). Ask
    /// again when one was told.
    Busy,
    /// Nothing is left to do in the whole tree.
    Closed,
}

impl<P> Tree<P> {
    /// Descends by the guide's rule from the root and claims a leaf. O(depth × branching).
    ///
    /// Where all children of a node are held by others, the descent turns back and takes the
    /// next best way: [`Ask::Busy`] means that there is none.
    pub fn ask<'t, R: SelectionRule>(&'t self, guide: &Guide<R>) -> Ask<'t, P> {
        self.ask_as(guide, false)
    }

    /// Asks; `alone`: as a worker without others.
    #[inline(always)]
    pub(super) fn ask_as<'t, R: SelectionRule>(
        &'t self,
        guide: &Guide<R>,
        alone: bool,
    ) -> Ask<'t, P> {
        let root = self.node(NodeId::ROOT);
        if root.statistics.count().is_closed() {
            return Ask::Closed;
        }
        // From the first mark on the ticket answers for them, also if a rule panics.
        let mut ticket = Ticket::new(self, alone);
        // The node come to, and what it looked like to the others.
        let (mut at, mut node, mut count) = ticket.mark(NodeId::ROOT, root);
        if count.in_flight() >= MAX_IN_FLIGHT || count.visits() >= MAX_VISITS {
            return Ask::Busy;
        }
        // Nodes from which this descent turned back.
        let mut avoid: SmallVec<[u32; 4]> = SmallVec::new();
        loop {
            pause::point();
            let link = node.link.get();
            let leaf = if !link.has(state::EVALUATED) {
                self.claim(node, alone)
            } else if self.widening.is_some() {
                self.may_grow(at, count)
            } else if !link.has(state::EXPANDED) {
                self.claim(node, alone)
            } else {
                None
            };
            if let Some((held, evaluate)) = leaf {
                ticket.hold(held);
                pause::point();
                return if evaluate {
                    Ask::Evaluate(ticket)
                } else {
                    Ask::Expand(ticket)
                };
            }
            let glance = if alone && avoid.is_empty() {
                self.glance(link, count, &guide.rule)
            } else {
                None
            };
            let depth = ticket.depth() as u32;
            match glance.or_else(|| self.select(at, node, depth, count, guide, &avoid)) {
                Some((id, child)) => {
                    (at, node, count) = ticket.mark(id, child);
                }
                None => {
                    avoid.push(at.0);
                    if !ticket.turn_back() {
                        return if root.statistics.count().is_closed() {
                            Ask::Closed
                        } else {
                            Ask::Busy
                        };
                    }
                    at = ticket.node();
                    node = self.node(at);
                    count = ticket.others(self.count(at, node));
                }
            }
        }
    }

    /// Up to `n` tickets, fewer when the tree is busy or closed.
    pub fn ask_batch<'t, R: SelectionRule>(
        &'t self,
        guide: &Guide<R>,
        n: usize,
    ) -> Vec<Ask<'t, P>> {
        std::iter::repeat_with(|| self.ask(guide))
            .take(n)
            .take_while(|ask| matches!(ask, Ask::Evaluate(_) | Ask::Expand(_)))
            .collect()
    }

    /// Claims a leaf; whether it is to be evaluated.
    #[inline]
    pub(super) fn claim(&self, node: &Node, alone: bool) -> Option<(Held, bool)> {
        if alone {
            let link = node.link.get();
            let free = !node.statistics.count().is_claimed();
            return free.then_some((Held::Claim, !link.has(state::EVALUATED)));
        }
        if !node.statistics.claim() {
            return None;
        }
        pause::point();
        // The state may have changed between the look and the claim; under the claim it stands.
        let link = node.link.get();
        if !link.has(state::EVALUATED) {
            Some((Held::Claim, true))
        } else if !link.has(state::EXPANDED) && self.widening.is_none() {
            Some((Held::Claim, false))
        } else {
            node.statistics.release();
            None
        }
    }

    /// The free child that the rule prefers, of a node at this depth that looks so to others.
    #[inline]
    pub(super) fn select<'t, R: SelectionRule>(
        &'t self,
        at: NodeId,
        node: &Node,
        depth: u32,
        count: Count,
        guide: &Guide<R>,
        avoid: &[u32],
    ) -> Option<(NodeId, &'t Node)> {
        let link = node.link.get();
        let youngest = link.block()?;
        // Most nodes have one block in one chunk: it is found once, here.
        let head = self.nodes.run(youngest);
        let more = link.has(state::OLDER);
        let visits = count.visits();
        let parent = ParentStats {
            visits,
            in_flight: count.in_flight(),
            value: match guide.backup.statistic {
                _ if visits == 0 => 0.0,
                Statistic::Mean => self.mean(at, node, visits),
                Statistic::Max => node.best.get(),
            },
            depth,
            seed: guide.seed,
        };
        let mut children = Children::new(&self.nodes, youngest, head, more, guide.backup, avoid);
        let merged;
        if let Some(graph) = self.graph.as_deref() {
            merged = Merged {
                nodes: &self.nodes,
                graph,
            };
            children = children.leading_to(&merged);
        }
        let id = guide.rule.choose(&parent, children)?;
        let in_head = head.get(id.wrapping_sub(youngest.first) as usize);
        let child = in_head.unwrap_or_else(|| self.node(NodeId(id)));
        Some((NodeId(id), child))
    }
}
