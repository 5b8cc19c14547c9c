//! A simulated language model, with the problems that it is asked and the programs that it writes, for
//! experiments on the search: how often it solves, what it costs, what parallelism gains.
//!
//! Whatever is drawn is a function of the request and the world's seed, so searches can be
//! reproduced. `docs/recorded.md` describes the model and where its figures come from.
//!
//! - **A problem** has an ease, normally distributed on the logit scale. It asks for a function from a
//!   whole number to a whole number, and shows a few of its values as visible tests.
//! - **A thought** has a quality, drawn likewise; a thought that follows another, or a rethought one,
//!   stays close to it, and is the better the more the feedback says. A prior is a noisy reading of it.
//! - **A program** is right with the probability logistic(ease + quality): the Rasch model of item
//!   response. A wrong one is one of a dozen popular mistakes. Repairs often repeat what was there.
//! - **A mistake** shows on a share of the inputs: on nearly all, or on few, and then the visible tests
//!   may all pass. Since a mistake shows the same on every input whoever asks, visible tests, generated
//!   tests, agreement on probes and partial credit all come from one mechanism.
//! - **A review**, a generated test, a rehearsal and a comparison are wrong with given probabilities.
//!
//! Whether a program is right only a [`SimulatedJudge`] says. The policy and the executor are made
//! from the same world and have no way to ask one.
//!
//! ```
//! use std::sync::Arc;
//! use cogitree_engine::{Search, SearchConfig};
//! use cogitree_policies::simulated::{World, Odds};
//!
//! let world = World::new(Odds::default(), 7);
//! let problem = world.problem(0);
//! let outcome = Search::new(problem.clone(), Arc::new(world.policy()), Arc::new(world.executor()))
//!     .config(SearchConfig { depth: 3, ..SearchConfig::default() })
//!     .simulations(30)
//!     .run()?;
//! let answer = outcome.answer.expect("something was tried");
//! let right = world.judge().is_right(&answer.program);
//! assert!(!right || outcome.solved, "what is right passes the visible tests");
//! # Ok::<(), cogitree_engine::ConfigError>(())
//! ```

mod executor;
mod judge;
mod odds;
mod plan;
mod policy;
mod program;
mod world;

pub use executor::SimulatedExecutor;
pub use judge::SimulatedJudge;
pub use odds::Odds;
pub use policy::Simulated;
pub use world::World;
