//! One worker alone with a tree.

use super::descent::{Ask, Guide};
use super::look::Form;
use super::node::{Link, state};
use super::siblings::Source;
use super::{Count, Node, NodeId, Tree};
use crate::selection::SelectionRule;

/// A tree in the hands of one worker: see [`Tree::alone`].
#[derive(Debug)]
pub struct Alone<'t, P, R> {
    tree: &'t Tree<P>,
    guide: &'t Guide<R>,
}

impl<P> Tree<P> {
    /// The tree for one worker alone, with one simulation at a time: the same searches, twice
    /// as fast.
    ///
    /// Nobody else can ask while this borrow lasts, so that simulations need no marks, no
    /// claims and no atomic read-modify-writes, and of a rule that has a
    /// [bonus](SelectionRule::bonus) the score of a child is kept ready. The tree is the same
    /// before, meanwhile and after as if [`Tree::ask`] had been used, and can be shared again
    /// when the borrow ends. O(1); O(nodes) when the tree was used alone before with a rule
    /// that scores differently.
    ///
    /// ```
    /// use cogitree_engine::tree::{Ask, Guide, NodeId, Tree};
    /// use cogitree_engine::{Backup, Uct};
    ///
    /// let mut tree = Tree::new(0u32, 10_000);
    /// let guide = Guide::new(Uct::default(), Backup::mean());
    /// let mut alone = tree.alone(&guide);
    /// for _ in 0..1_000 {
    ///     let ticket = match alone.ask() {
    ///         Ask::Evaluate(ticket) => ticket,
    ///         Ask::Expand(mut ticket) => {
    ///             let sum = *ticket.payload();
    ///             ticket.expand((1..4).map(|step| (sum + step, 1.0))).unwrap();
    ///             assert!(ticket.descend(&guide));
    ///             ticket
    ///         }
    ///         Ask::Busy | Ask::Closed => break,
    ///     };
    ///     let reward = f64::from(ticket.payload() % 10) / 10.0;
    ///     ticket.tell(reward, &guide.backup).unwrap();
    /// }
    /// assert_eq!(tree.stats(NodeId::ROOT).visits, 1_000);
    /// ```
    pub fn alone<'t, R: SelectionRule>(&'t mut self, guide: &'t Guide<R>) -> Alone<'t, P, R> {
        let form = guide.rule.bonus().map(|bonus| Form {
            bonus,
            statistic: guide.backup.statistic,
        });
        if self.form != form {
            if self.form.is_some() {
                for id in 0..self.len() as u32 {
                    self.node(NodeId(id)).look.clear();
                }
            }
            self.form = form;
        }
        Alone { tree: self, guide }
    }
}

impl<P> Tree<P> {
    /// The child that a rule prefers, by the looks of the children, where these tell all: they
    /// are for this rule, and all children are in one place. A node is read with `count`.
    #[inline(always)]
    pub(super) fn glance<R: SelectionRule>(
        &self,
        link: Link,
        count: Count,
        rule: &R,
    ) -> Option<(NodeId, &Node)> {
        let form = self.form?;
        let block = link.block()?;
        let siblings = self.nodes.run(block);
        if link.has(state::OLDER) || siblings.len() != block.len as usize {
            return None;
        }
        let weight = rule.weight(count.visits() as i64 as f64);
        let place = form.best(siblings, weight)?;
        Some((NodeId(block.first + place as u32), &siblings[place]))
    }
}

impl<P, R: SelectionRule> Alone<'_, P, R> {
    /// As [`Tree::ask`]; [`Ask::Busy`] only says that a ticket of an earlier time was leaked, or
    /// that the tree was visited as often as it may be.
    pub fn ask(&mut self) -> Ask<'_, P> {
        // The marks of merged states are needed to count the visits of an edge.
        let alone = self.tree.graph.is_none();
        self.tree.ask_as(self.guide, alone)
    }

    /// The tree, between two simulations.
    pub fn tree(&self) -> &Tree<P> {
        self.tree
    }
}
