//! Instances in this process.

use std::sync::Arc;

use cogitree_engine::ExecutorError;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre};

use super::hot_pages::HotPages;
use super::instance::{self, Chance, Guest, Work};
use super::machine::Ticker;
use super::slots::Slots;
use super::spent::{Spending, Spent};
use super::transcript::Told;
use super::{SandboxBuilder, SandboxError};

/// The guest, ready to be made instances of, as many at once as there are slots.
pub(super) struct Local {
    pre: InstancePre<Guest>,
    ticker: Ticker,
    slots: Slots,
    fuel: bool,
    chance: Chance,
    hot: Arc<HotPages>,
    spending: Spending,
}

impl Local {
    pub(super) fn new(
        engine: &Engine,
        component: &Component,
        slots: u32,
        options: &SandboxBuilder,
    ) -> Result<Local, SandboxError> {
        let pre = instance::linker(engine)
            .and_then(|linker| linker.instantiate_pre(component))
            .map_err(SandboxError::runtime)?;
        let ticker = Ticker::new(engine)
            .map_err(|e| SandboxError::Runtime(format!("cannot start a thread: {e}")))?;
        Ok(Local {
            pre,
            ticker,
            slots: Slots::new(slots),
            fuel: options.fuel,
            chance: Chance::of(options.seed),
            hot: Arc::default(),
            spending: Spending::default(),
        })
    }

    pub(super) fn run(&self, work: &Work) -> Result<Told, ExecutorError> {
        let _slot = self.slots.take();
        let _attended = self.ticker.attend();
        instance::run(
            &self.pre,
            work,
            self.fuel,
            &self.chance,
            &self.hot,
            &self.spending,
        )
    }

    pub(super) fn spent(&self) -> Spent {
        self.spending.read()
    }
}
