//! The two schedules: how simulations are run side by side.

use std::sync::{Condvar, Mutex, PoisonError};

use super::evaluation::Past;
use super::simulation::{Asked, Next};
use super::{BUSY_WAIT, Run, StopReason};
use crate::tree::NodeId;
use crate::{Meter, Resource};

impl<'s> Run<'s> {
    /// Each worker runs simulations back to back.
    pub(super) fn eager(&self) {
        let told = (Mutex::new(0u64), Condvar::new());
        let worker = || {
            while self.may_go_on() {
                let place = self.flying.take(self.most());
                let alone = place.as_ref().is_some_and(|place| place.alone);
                let meter = || Meter::on(self.account.clone(), alone);
                let next = place.as_ref().map_or(Next::Busy, |_| self.ask());
                let asked = match next {
                    Next::Evaluate(asked) => Some(asked),
                    Next::Expand(asked) => {
                        let offer = self.propose(&asked, meter());
                        self.expand(asked, offer)
                    }
                    Next::Busy => {
                        drop(place);
                        // Outside the tree: there is nothing to do until another is told.
                        let guard = told.0.lock().unwrap_or_else(PoisonError::into_inner);
                        drop(told.1.wait_timeout(guard, BUSY_WAIT));
                        continue;
                    }
                    Next::Closed => return,
                };
                if let Some(asked) = asked {
                    // The children of an expansion are open to others from here on.
                    told.1.notify_all();
                    let evaluation = self.evaluate(asked.ticket.node(), &Past::Candidates, meter());
                    self.conclude(asked, evaluation);
                }
                drop(place);
                told.1.notify_all();
            }
        };
        let workers = self.workers.concurrency(self.search.config.in_flight);
        std::thread::scope(|s| {
            for _ in 0..workers {
                s.spawn(worker);
            }
        });
    }

    /// How many simulations may be in flight now.
    fn most(&self) -> usize {
        let config = &self.search.config;
        if !config.ramp {
            return config.in_flight;
        }
        let told = self.tree.stats(NodeId::ROOT).visits;
        let grown = usize::try_from(told / 4).unwrap_or(usize::MAX);
        grown.max(4).min(config.in_flight)
    }

    /// Selects a wave of leaves in order, evaluates them in parallel, tells them in order.
    pub(super) fn waves(&self) {
        while self.may_go_on() {
            let wave = self.select_wave();
            if wave.is_empty() {
                if self.stop_reason().is_none() {
                    self.stop(StopReason::Exhausted);
                }
                return;
            }
            let nodes = wave.iter().map(|asked| asked.ticket.node());
            let evaluations = self
                .workers
                .map(self.dealt(nodes.collect()), |(node, meter)| {
                    self.evaluate(node, &Past::Candidates, meter)
                });
            for (asked, evaluation) in wave.into_iter().zip(evaluations) {
                self.conclude(asked, evaluation);
            }
        }
    }

    /// Up to `in_flight` simulations that are ready to be evaluated. Leaves to be expanded
    /// are expanded on the way, side by side, and published in order, so that the wave can be
    /// filled with their children.
    fn select_wave(&self) -> Vec<Asked<'s>> {
        let mut ready: Vec<Asked<'s>> = Vec::new();
        loop {
            let width = self.funded(self.most());
            let mut expanding = Vec::new();
            let mut closed = false;
            while ready.len() + expanding.len() < width && self.may_go_on() {
                match self.ask() {
                    Next::Evaluate(asked) => ready.push(asked),
                    Next::Expand(asked) => expanding.push(asked),
                    Next::Busy => break,
                    Next::Closed => {
                        closed = true;
                        break;
                    }
                }
            }
            if expanding.is_empty() {
                if closed && ready.is_empty() {
                    self.stop(StopReason::Exhausted);
                }
                return ready;
            }
            let leaves = self.dealt(expanding.iter().collect());
            let offers = self
                .workers
                .map(leaves, |(asked, meter)| self.propose(asked, meter));
            for (asked, offer) in expanding.into_iter().zip(offers) {
                ready.extend(self.expand(asked, offer));
            }
        }
    }

    /// How many of so many simulations what is left of the account can pay for, at least one. In a
    /// wave none may depend on what the others spend, so each has a share of its own, and it should
    /// not be one that ends it half way.
    fn funded(&self, most: usize) -> usize {
        let calls = self.account.left().calls;
        let whole = calls.map_or(u64::MAX, |n| n / self.search.config.calls_of_a_simulation());
        if self.flying.is_one_by_one() {
            return 1;
        }
        most.min(usize::try_from(whole).unwrap_or(usize::MAX))
            .max(1)
    }

    /// Deals what is left of the account out in equal shares.
    fn dealt<T>(&self, items: Vec<T>) -> Vec<(T, Meter)> {
        let (left, of) = (self.account.left(), items.len());
        let deal = |(index, item)| {
            let meter = if left.is_none() {
                Meter::on(self.account.clone(), false)
            } else {
                Meter::share(&self.account, left, index, of)
            };
            (item, meter)
        };
        items.into_iter().enumerate().map(deal).collect()
    }

    /// A call was refused. Where others were in flight, it may have been for what they had set aside:
    /// then it is tried again with all that is left.
    pub(super) fn fall_short(&self, of: Resource, alone: bool) {
        if alone {
            self.stop(StopReason::Spent(of));
        } else {
            self.flying.go_one_by_one();
        }
    }
}
