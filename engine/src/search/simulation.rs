//! One simulation, stage by stage.

use std::sync::atomic::Ordering;

use super::evaluation::{attempt, guarded};
use super::journal::Page;
use super::line::Costs;
use super::stages::Thinking;
use super::{Event, Line, Run, StopReason};
use crate::tree::{Ask, NodeId, Ticket};
use crate::{Attempt, Chain, Meter, Operator, PolicyError, Proposal, Propose, Thought};

/// A simulation that was asked for.
pub(super) struct Asked<'t> {
    pub(super) simulation: u64,
    pub(super) ticket: Ticket<'t, Line>,
    /// How many thoughts offered at the node the policy is shown.
    siblings: usize,
    /// How often the policy had no usable answer for the node by then; several may widen it at once.
    attempt: u32,
}

/// Failures of the executor, or of what the policy needs, in a row after which the search gives up.
const FAILURES_IN_A_ROW: u32 = 3;

/// What [`Run::ask`] found.
pub(super) enum Next<'t> {
    Evaluate(Asked<'t>),
    Expand(Asked<'t>),
    Busy,
    Closed,
}

/// What a policy offered.
pub(super) struct Offer {
    /// Nothing where the policy is not asked: the children will be blank.
    proposals: Option<Result<Vec<Proposal>, PolicyError>>,
    meter: Meter,
}

impl<'s> Run<'s> {
    /// Selects a leaf.
    pub(super) fn ask(&self) -> Next<'s> {
        loop {
            match self.tree.ask(&self.guide) {
                Ask::Evaluate(ticket) => return Next::Evaluate(self.begin(ticket, 0)),
                Ask::Expand(ticket) if !self.is_in_beam(ticket.node()) => self.prune(ticket),
                Ask::Expand(ticket) => {
                    let siblings = self.offered(ticket.node()).count();
                    return Next::Expand(self.begin(ticket, siblings));
                }
                Ask::Busy => return Next::Busy,
                Ask::Closed => return Next::Closed,
            }
        }
    }

    /// Begins a simulation at the leaf of a ticket.
    pub(super) fn begin(&self, ticket: Ticket<'s, Line>, siblings: usize) -> Asked<'s> {
        let mut page = self.journal.open();
        let simulation = self.asked.fetch_add(1, Ordering::Relaxed);
        page.write(Event::Asked {
            simulation,
            node: ticket.node(),
            siblings,
        });
        let attempt = self.tree.payload(ticket.node()).unusable();
        Asked {
            simulation,
            ticket,
            siblings,
            attempt,
        }
    }

    /// Asks the policy what could follow a node. Publishes nothing.
    pub(super) fn propose(&self, asked: &Asked<'s>, meter: Meter) -> Offer {
        let node = asked.ticket.node();
        let asks = match self.search.config.thinking {
            Thinking::Everywhere => true,
            Thinking::BelowFirst => node != NodeId::ROOT,
            Thinking::Nowhere => false,
        };
        if !asks {
            return Offer {
                proposals: None,
                meter,
            };
        }
        let thoughts = self.thoughts(node);
        let line = self.tree.payload(node);
        // Others may have added to them since.
        let siblings: Vec<Thought> = self.offered(node).take(asked.siblings).cloned().collect();
        let ask = Propose {
            chain: self.chain(&thoughts, self.above(node), asked.attempt, &meter),
            outcome: line.versions.current().map(attempt),
            siblings: &siblings,
            width: self.search.config.width,
        };
        let propose = || self.search.policy.propose(&ask);
        let proposals = guarded(|| meter.request(Operator::Propose, propose))
            .unwrap_or_else(|p| Err(PolicyError::Fatal(p)))
            .map(|proposals| self.foresee(&ask.chain, proposals));
        Offer {
            proposals: Some(proposals),
            meter,
        }
    }

    /// Corrects the priors of proposals by what the value model foresees, where it is asked and has
    /// something to say.
    fn foresee(&self, chain: &Chain<'_>, mut proposals: Vec<Proposal>) -> Vec<Proposal> {
        let weight = self.search.config.foresight;
        if weight == 0.0 || proposals.is_empty() {
            return proposals;
        }
        let with = |p: &Proposal| [chain.thoughts, std::slice::from_ref(&p.thought)].concat();
        let lines: Vec<Vec<Thought>> = proposals.iter().map(with).collect();
        let longer = |thoughts| Chain { thoughts, ..*chain };
        let chains: Vec<Chain<'_>> = lines.iter().map(|l| longer(l.as_slice())).collect();
        let foreseen = guarded(|| self.search.value.foresee(&chains));
        if let Ok(Ok(Some(values))) = foreseen
            && values.len() == proposals.len()
        {
            for (proposal, value) in proposals.iter_mut().zip(values) {
                let v = if value.is_finite() {
                    value.clamp(0.01, 0.99)
                } else {
                    0.5
                };
                proposal.prior *= (v / (1.0 - v)).powf(weight);
            }
        }
        proposals
    }

    /// Publishes proposals as children and moves the ticket to the one selected; `None` when
    /// nothing follows the node.
    pub(super) fn expand(&self, asked: Asked<'s>, offer: Offer) -> Option<Asked<'s>> {
        let mut asked = self.publish(asked, offer)?;
        if asked.ticket.descend(&self.guide) {
            self.descended(&asked);
            Some(asked)
        } else {
            self.no_child(asked);
            None
        }
    }

    /// Publishes proposals as children; `None` when there are none.
    pub(super) fn publish(&self, mut asked: Asked<'s>, offer: Offer) -> Option<Asked<'s>> {
        let config = &self.search.config;
        let (simulation, node) = (asked.simulation, asked.ticket.node());
        // Open until the children are published: they take the next ids, and another worker
        // that widens the node must not offer the same thoughts meanwhile.
        let mut page = self.journal.open();
        let offered = match offer.proposals {
            Some(offered) => {
                self.ledger.proposals.fetch_add(1, Ordering::Relaxed);
                offered
            }
            // By the number that there are now, so that each is another one.
            None => {
                let first = self.offered(node).count();
                let count = match config.thinking {
                    Thinking::BelowFirst => 1,
                    _ => config.width,
                };
                Ok(blanks(first, count))
            }
        };
        self.charge(&mut page, simulation, node, &offer.meter);
        let mut proposals = match offered {
            // At the root that is no answer: nothing was thought yet.
            Ok(none) if none.is_empty() && node == NodeId::ROOT && !self.gives_up(node) => {
                page.abandon(simulation, node, "nothing was offered".to_owned());
                return None;
            }
            Ok(proposals) => proposals,
            Err(PolicyError::Unusable(why)) => {
                page.abandon(simulation, node, why);
                if self.gives_up(node) {
                    asked.ticket.close();
                }
                return None;
            }
            Err(error @ PolicyError::Unavailable(_)) => {
                self.fault(&mut page, simulation, node, error.to_string());
                page.abandon(simulation, node, error.to_string());
                return None;
            }
            Err(PolicyError::Spent(resource)) => {
                // The node may be expanded yet, by a simulation with a larger share.
                page.abandon(simulation, node, PolicyError::Spent(resource).to_string());
                return None;
            }
            Err(PolicyError::Fatal(why)) => {
                page.abandon(simulation, node, why.clone());
                self.stop(StopReason::Failed(why));
                return None;
            }
        };
        proposals.truncate(config.width);
        let known: Vec<&Thought> = self.offered(node).collect();
        let offered = proposals.len();
        proposals.retain(|p| !known.contains(&&p.thought));
        if offered > 0 && proposals.is_empty() {
            // There may be others: the node is not done with.
            page.abandon(simulation, node, "nothing new was offered".to_owned());
            return None;
        }
        proposals.retain(|p| p.prior.is_finite() && p.prior >= 0.0);
        let thoughts = proposals
            .iter()
            .map(|p| (p.thought.text.clone(), p.prior))
            .collect();
        let children = proposals
            .into_iter()
            .map(|p| (Line::new(p.thought, config.rethinks), p.prior));
        if let Err(full) = asked.ticket.expand(children) {
            page.abandon(simulation, node, full.to_string());
            self.stop(StopReason::Nodes);
            return None;
        }
        let first = asked.ticket.first_added();
        page.write(Event::Proposed {
            simulation,
            node,
            first,
            thoughts,
        });
        if first.is_none() {
            page.abandon(simulation, node, "nothing follows".to_owned());
            return None;
        }
        Some(asked)
    }

    /// Records that a ticket went down to a child.
    pub(super) fn descended(&self, asked: &Asked<'s>) {
        self.journal.open().write(Event::Descended {
            simulation: asked.simulation,
            node: asked.ticket.node(),
        });
    }

    /// Gives a simulation up that others left no child to.
    pub(super) fn no_child(&self, asked: Asked<'s>) {
        let why = "all children are in flight".to_owned();
        let node = asked.ticket.node();
        self.journal.open().abandon(asked.simulation, node, why);
    }

    /// The thoughts that were offered at a node that is widened, oldest first, as they were
    /// proposed.
    pub(super) fn offered(&self, node: NodeId) -> impl Iterator<Item = &'s Thought> {
        let tree = self.tree;
        let widening = self.search.config.widening.is_some();
        let children = widening.then(|| tree.children(node));
        children
            .into_iter()
            .flatten()
            .map(|child| &tree.payload(child).proposed)
    }

    /// The thoughts from the root to a node, each in its current version.
    pub(super) fn thoughts(&self, node: NodeId) -> Vec<Thought> {
        let mut thoughts = Vec::new();
        for id in self.tree.path(node).into_iter().skip(1) {
            let line = self.tree.payload(id);
            match line
                .versions
                .current()
                .and_then(|tried| tried.chain.as_ref())
            {
                Some(chain) => thoughts = chain.to_vec(),
                None => thoughts.push(line.thought().clone()),
            }
        }
        thoughts
    }

    /// The program above a node, and what came of it.
    pub(super) fn above(&self, node: NodeId) -> Option<Attempt<'s>> {
        let parent = self.tree.parent(node)?;
        let tree = self.tree;
        tree.payload(parent).versions.current().map(attempt)
    }

    /// Writes down what the calls of a stage cost.
    pub(super) fn charge(&self, page: &mut Page<'_>, simulation: u64, node: NodeId, meter: &Meter) {
        let costs = Costs::of(meter);
        let (refused, failed) = (meter.refusal(), meter.failure());
        if costs.spending.is_zero() && refused.is_none() && failed.is_none() {
            return;
        }
        self.ledger.charge(&costs);
        self.tree.payload(node).charge(&costs);
        page.write(Event::Spent {
            simulation,
            node,
            by: costs.spending,
            refused,
            failed,
        });
        if let Some(refusal) = refused {
            self.fall_short(refusal.resource, meter.is_alone());
        }
    }

    /// Counts that the policy had no usable answer for a node; whether that was once too often.
    pub(super) fn gives_up(&self, node: NodeId) -> bool {
        let most = self.search.config.attempts;
        let attempts = self.tree.payload(node).count_unusable();
        attempts >= most && (node != NodeId::ROOT || most == 1)
    }

    /// Records that something failed that is not a program's fault.
    pub(super) fn fault(
        &self,
        page: &mut Page<'_>,
        simulation: u64,
        node: NodeId,
        message: String,
    ) {
        page.write(Event::Fault {
            simulation,
            node,
            message: message.clone(),
        });
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_IN_A_ROW {
            self.stop(StopReason::Failed(message));
        }
    }

    pub(super) fn chain<'a>(
        &'a self,
        thoughts: &'a [Thought],
        above: Option<Attempt<'a>>,
        attempt: u32,
        meter: &'a Meter,
    ) -> Chain<'a> {
        // Blank thoughts differ by their number only.
        let words = |t: &'a Thought| match &t.encoding {
            Some(number) if t.is_blank() => number,
            _ => &t.text,
        };
        let texts = thoughts.iter().flat_map(|t| words(t).bytes().chain([0]));
        let seed = texts.fold(self.search.config.seed ^ 0xcbf2_9ce4_8422_2325, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        let seed = seed ^ u64::from(attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Chain {
            problem: &self.search.problem,
            thoughts,
            seed,
            above,
            meter,
        }
    }
}

/// So many blank thoughts, numbered from `first` on, none likelier than another.
fn blanks(first: usize, count: usize) -> Vec<Proposal> {
    let blank = |n| Proposal {
        thought: Thought::blank(n),
        prior: 1.0,
    };
    (first..first + count).map(blank).collect()
}

impl Page<'_> {
    pub(super) fn abandon(&mut self, simulation: u64, node: NodeId, why: String) {
        self.write(Event::Abandoned {
            simulation,
            node,
            why,
        });
    }
}
