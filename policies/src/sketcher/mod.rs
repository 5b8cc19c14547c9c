//! The Sketcher: program synthesis from examples and words, without a model.

mod candidates;
mod cases;
mod closeness;
mod compile;
mod dry_run;
mod explore;
mod invent;
mod language;
mod matching;
mod plan;
mod policy;
mod price;
mod reading;
mod rethink;
mod saying;
mod scene;
mod types;
mod vocabulary;
mod words;

pub use closeness::Closeness;
pub use dry_run::DryRun;
pub use policy::Sketcher;
