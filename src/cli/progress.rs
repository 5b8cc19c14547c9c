//! Progress on standard error: of getting the sandbox ready, and of a search.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use cogitree::{Budget, Cost, Event, Money, Observer};

/// Redraws at most this often.
const INTERVAL: Duration = Duration::from_millis(80);

/// The live line of a search.
#[derive(Debug)]
pub(crate) struct SearchProgress {
    bar: ProgressBar,
    state: Mutex<State>,
    budget: Budget,
}

#[derive(Debug)]
struct State {
    asked: u64,
    ended: u64,
    best: f64,
    cost: Cost,
    drawn: Option<Instant>,
    started: Instant,
}

impl SearchProgress {
    /// A line that shows itself when standard error is a terminal and `quiet` is false.
    pub(crate) fn new(budget: Budget, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(budget.simulations), target);
        let style = ProgressStyle::with_template("{spinner} {bar:24} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        bar.set_style(style);
        let state = State {
            asked: 0,
            ended: 0,
            best: 0.0,
            cost: Cost::default(),
            drawn: None,
            started: Instant::now(),
        };
        SearchProgress {
            bar,
            state: Mutex::new(state),
            budget,
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, state: &State) -> String {
        let mut left = vec![format!(
            "{} simulations left",
            self.budget
                .simulations
                .saturating_sub(state.cost.simulations)
        )];
        if let Some(limit) = self.budget.time {
            let rest = limit.saturating_sub(state.started.elapsed());
            left.push(format!("{:.0} s left", rest.as_secs_f64()));
        }
        let usage = state.cost.usage;
        if let Some(most) = self.budget.calls {
            left.push(format!("{} calls left", most.saturating_sub(usage.calls)));
        }
        if let Some(most) = self.budget.tokens {
            left.push(format!(
                "{} tokens left",
                most.saturating_sub(usage.tokens())
            ));
        }
        if let Some(most) = self.budget.money {
            left.push(format!("{} left", most - usage.money));
        } else if usage.money > Money(0) {
            left.push(format!("{} spent", usage.money));
        }
        format!(
            "{} done · {} in flight · best {:.0} % of tests · {}",
            state.cost.simulations,
            state.asked - state.ended,
            100.0 * state.best,
            left.join(", "),
        )
    }
}

impl Observer for SearchProgress {
    fn observe(&self, event: &Event) {
        if self.bar.is_hidden() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Asked { .. } => state.asked += 1,
            Event::Abandoned { .. } => state.ended += 1,
            Event::Told { cost, best, .. } => {
                state.ended += 1;
                state.cost = *cost;
                state.best = *best;
            }
            _ => return,
        }
        if state.drawn.is_none_or(|at| at.elapsed() >= INTERVAL) {
            state.drawn = Some(Instant::now());
            self.bar.set_position(state.cost.simulations);
            self.bar.set_message(self.line(&state));
        }
    }
}
