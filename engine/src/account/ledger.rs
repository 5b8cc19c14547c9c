//! The books: what was spent, what is set aside, and what may be.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Money, Resource, Usage};

/// What may be spent; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) calls: Option<u64>,
    pub(crate) tokens: Option<u64>,
    pub(crate) money: Option<Money>,
}

impl Limits {
    pub(crate) fn is_none(&self) -> bool {
        *self == Limits::default()
    }

    /// What is left of the limits after spending.
    fn less(self, spent: Usage) -> Limits {
        Limits {
            calls: self.calls.map(|n| n.saturating_sub(spent.calls)),
            tokens: self.tokens.map(|n| n.saturating_sub(spent.tokens())),
            money: self.money.map(|n| n - spent.money),
        }
    }

    /// What there is nothing left of.
    pub(crate) fn used_up(&self) -> Option<Resource> {
        if self.calls == Some(0) {
            Some(Resource::Calls)
        } else if self.tokens == Some(0) {
            Some(Resource::Tokens)
        } else if self.money == Some(Money(0)) {
            Some(Resource::Money)
        } else {
            None
        }
    }

    /// One of so many equal shares; the first ones take what cannot be divided.
    pub(crate) fn share(self, index: usize, of: usize) -> Limits {
        let part = |n: u64| {
            let (index, of) = (index as u64, (of as u64).max(1));
            n / of + u64::from(index < n % of)
        };
        Limits {
            calls: self.calls.map(part),
            tokens: self.tokens.map(part),
            money: self.money.map(|n| Money(part(n.0))),
        }
    }

    /// What a sum would be too much of.
    fn passed_by(&self, usage: Usage) -> Option<Resource> {
        if self.calls.is_some_and(|n| usage.calls > n) {
            Some(Resource::Calls)
        } else if self.tokens.is_some_and(|n| usage.tokens() > n) {
            Some(Resource::Tokens)
        } else if self.money.is_some_and(|n| usage.money > n) {
            Some(Resource::Money)
        } else {
            None
        }
    }
}

/// An account that any number of callers spend from at once.
///
/// Behind a mutex: it is touched twice for a call of a model, which takes a thousand times as long.
#[derive(Debug, Default)]
pub(crate) struct Account {
    limits: Limits,
    books: Mutex<Books>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Books {
    spent: Usage,
    set_aside: Usage,
}

impl Account {
    pub(crate) fn new(limits: Limits) -> Self {
        Account {
            limits,
            books: Mutex::default(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets aside what a call may cost; what there is too little of, if that is so.
    pub(super) fn set_aside(&self, estimate: Usage) -> Result<(), Resource> {
        let mut books = self.books();
        let sum = books.spent + books.set_aside + estimate;
        match self.limits.passed_by(sum) {
            Some(short) => Err(short),
            None => {
                books.set_aside += estimate;
                Ok(())
            }
        }
    }

    /// Replaces what was set aside by what was spent.
    pub(super) fn settle(&self, estimate: Usage, spent: Usage) {
        let mut books = self.books();
        let aside = &mut books.set_aside;
        aside.calls = aside.calls.saturating_sub(estimate.calls);
        aside.prompt_tokens = aside.prompt_tokens.saturating_sub(estimate.prompt_tokens);
        aside.completion_tokens =
            (aside.completion_tokens).saturating_sub(estimate.completion_tokens);
        aside.money = aside.money - estimate.money;
        books.spent += spent;
    }

    /// Takes what was spent from a share of this account.
    pub(crate) fn take(&self, spent: Usage) {
        self.books().spent += spent;
    }

    /// What was not spent yet; calls in flight have not.
    pub(crate) fn left(&self) -> Limits {
        self.limits.less(self.books().spent)
    }
}
