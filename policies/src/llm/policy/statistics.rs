//! What went well and what went wrong, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

macro_rules! counters {
    ($($(#[doc = $about:literal])+ $name:ident,)+) => {
        /// What an [`LlmPolicy`](super::LlmPolicy) asked and what went wrong. Faults are recovered from
        /// where that is possible; here they are counted.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct LlmStatistics {
            $($(#[doc = $about])+ pub $name: u64,)+
        }

        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $($name: AtomicU64,)+
        }

        impl Counters {
            pub(super) fn read(&self) -> LlmStatistics {
                LlmStatistics { $($name: self.$name.load(Ordering::Relaxed),)+ }
            }

            $(pub(super) fn $name(&self, n: u64) {
                self.$name.fetch_add(n, Ordering::Relaxed);
            })+
        }
    };
}

counters! {
    /// Questions that were asked, repairs included.
    calls,
    /// Requests sent for them, repeated ones included; what a cache answers sends none.
    requests,
    /// Questions that a cache answered.
    cached,
    /// Questions that were not answered.
    failed,
    /// Answers that the model or the server declined to give.
    refused,
    /// Answers that the limit of tokens, or of the context, cut.
    cut,
    /// Answers that could not be read at all, or said nothing new.
    unreadable,
    /// Questions asked once more for that reason.
    repairs,
    /// Repairs that helped.
    repaired,
    /// Items of answers that could not be read, or did not fit.
    unread,
    /// Items of answers that said the same as another one, or as what was known.
    repeated,
}
