//! The meter of a request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Account, Limits, Operator, Resource, Spending, Usage};
use crate::PolicyError;

/// Where a policy asks whether it may make a call that costs something, and writes down what it
/// cost. A policy whose calls cost nothing needs none of it.
///
/// ```
/// use cogitree_engine::*;
///
/// fn ask(meter: &Meter) -> Result<String, PolicyError> {
///     // What it may cost at the most: nothing is sent where there is too little left.
///     let most = Usage { calls: 1, prompt_tokens: 900, completion_tokens: 500, ..Usage::default() };
///     let call = meter.begin(Operator::Propose, most)?;
///     let answer = "Sort first.".to_owned(); // here it would be sent
///     call.settle(Usage { calls: 1, prompt_tokens: 850, completion_tokens: 3, ..Usage::default() });
///     Ok(answer)
/// }
/// let meter = Meter::default();
/// ask(&meter).unwrap();
/// assert_eq!(meter.spending().total().tokens(), 853);
/// ```
#[derive(Debug, Default)]
pub struct Meter {
    /// What is asked whether there is enough left.
    purse: Arc<Account>,
    /// What a purse of one's own is a share of.
    whole: Option<Arc<Account>>,
    /// Whether nobody else spends from the account meanwhile, so that a refusal is final.
    alone: bool,
    /// In a replay: what to repeat.
    recorded: Recorded,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    spending: Spending,
    time: BTreeMap<Operator, Duration>,
    granted: u64,
    refused: Option<Refusal>,
    bookings: Vec<Booking>,
    requests: u64,
    failed: Option<Failure>,
}

/// What the journal says of a stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) refused: Option<Refusal>,
    pub(crate) failed: Option<Failure>,
}

/// A call that was asked for, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Who asked for it.
    pub operator: Operator,
    /// What it was estimated to cost at the most.
    pub estimate: Usage,
    /// Whether it was granted.
    pub granted: bool,
    /// What it cost; `None` where it was not granted, or not settled.
    pub spent: Option<Usage>,
}

/// The first call that was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What there was too little of.
    pub resource: Resource,
    /// How many calls had been granted before.
    pub granted: u64,
}

/// A request that was not answered for reasons outside ([`PolicyError::Unavailable`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What the policy was asked for.
    pub operator: Operator,
    /// How many requests of the stage came before.
    pub request: u64,
    /// What it cost all the same.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub cost: Usage,
    /// Why.
    pub why: String,
}

impl Meter {
    /// A meter on an account that others spend from, too, unless it is alone.
    pub(crate) fn on(account: Arc<Account>, alone: bool) -> Self {
        Meter {
            purse: account,
            alone,
            ..Meter::default()
        }
    }

    /// A meter that grants no more than one of so many equal shares of what is left of an account.
    pub(crate) fn share(whole: &Arc<Account>, left: Limits, index: usize, of: usize) -> Self {
        Meter {
            purse: Arc::new(Account::new(left.share(index, of))),
            whole: Some(whole.clone()),
            alone: of == 1,
            ..Meter::default()
        }
    }

    /// A meter that grants and refuses as another did, and asks no account.
    pub(crate) fn recorded(whole: Arc<Account>, recorded: Recorded) -> Self {
        Meter {
            whole: Some(whole),
            recorded,
            ..Meter::default()
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for leave to make a call that costs no more than `estimate`, which is set aside until the
    /// call is settled or dropped.
    ///
    /// # Errors
    /// [`PolicyError::Spent`] when that is more than is left; every later call is refused as well. The
    /// policy passes it on.
    pub fn begin(&self, operator: Operator, estimate: Usage) -> Result<Call<'_>, PolicyError> {
        let mut record = self.record();
        if let Some(refused) = record.refused {
            return Err(PolicyError::Spent(refused.resource));
        }
        let granted = match self.recorded.refused {
            Some(refusal) if refusal.granted == record.granted => Err(refusal.resource),
            _ => self.purse.set_aside(estimate),
        };
        record.bookings.push(Booking {
            operator,
            estimate,
            granted: granted.is_ok(),
            spent: None,
        });
        if let Err(resource) = granted {
            record.refused = Some(Refusal {
                resource,
                granted: record.granted,
            });
            return Err(PolicyError::Spent(resource));
        }
        record.granted += 1;
        Ok(Call {
            meter: self,
            operator,
            estimate,
            booking: record.bookings.len() - 1,
            begun: Instant::now(),
            settled: false,
        })
    }

    /// Every call that was asked for, in that order: what a record needs to ask for them again.
    pub fn bookings(&self) -> Vec<Booking> {
        self.record().bookings.clone()
    }

    /// What was settled so far.
    pub fn spending(&self) -> Spending {
        self.record().spending.clone()
    }

    /// How long the settled calls took, by operator; side by side they add up.
    pub fn time(&self) -> BTreeMap<Operator, Duration> {
        self.record().time.clone()
    }

    /// Makes a request of the policy. In a replay one that was not answered is not made again: why it
    /// was not lies outside.
    pub(crate) fn request<T>(
        &self,
        operator: Operator,
        ask: impl FnOnce() -> Result<T, PolicyError>,
    ) -> Result<T, PolicyError> {
        let mut record = self.record();
        let request = record.requests;
        record.requests += 1;
        let before = record.spending.of(operator);
        if let Some(failed) = &self.recorded.failed
            && failed.request == request
        {
            record.failed = Some(failed.clone());
            if !failed.cost.is_zero() {
                record.spending.add(operator, failed.cost);
            }
            if let Some(whole) = &self.whole {
                whole.take(failed.cost);
            }
            return Err(PolicyError::Unavailable(failed.why.clone()));
        }
        drop(record);
        let answer = ask();
        if let Err(PolicyError::Unavailable(why)) = &answer {
            let mut record = self.record();
            let cost = record.spending.of(operator) - before;
            record.failed.get_or_insert_with(|| Failure {
                operator,
                request,
                cost,
                why: why.clone(),
            });
        }
        answer
    }

    /// The first request that was not answered for reasons outside.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.record().failed.clone()
    }

    /// Whether a refusal was final.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }

    /// The first call that was not granted, if there is one.
    pub fn refusal(&self) -> Option<Refusal> {
        self.record().refused
    }
}

/// A call that may be made. Dropped unsettled, it has cost nothing.
#[derive(Debug)]
#[must_use = "a call that is not settled has cost nothing"]
pub struct Call<'m> {
    meter: &'m Meter,
    operator: Operator,
    estimate: Usage,
    /// Its place among the meter's.
    booking: usize,
    begun: Instant,
    settled: bool,
}

impl Call<'_> {
    /// Writes down what the call cost, which may be more than was estimated.
    pub fn settle(mut self, usage: Usage) {
        self.settled = true;
        self.meter.purse.settle(self.estimate, usage);
        if let Some(whole) = &self.meter.whole {
            whole.take(usage);
        }
        let mut record = self.meter.record();
        record.spending.add(self.operator, usage);
        record.bookings[self.booking].spent = Some(usage);
        *record.time.entry(self.operator).or_default() += self.begun.elapsed();
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.meter.purse.settle(self.estimate, Usage::default());
        }
    }
}
