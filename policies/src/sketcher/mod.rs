//! The Sketcher: program synthesis from examples and words, without a model.

mod language;
