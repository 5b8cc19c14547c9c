//! A model in the built-in backend, tried out before it is relied on.
//!
//! `ort` calls its backends through C functions, and a panic that leaves one ends the process. Damaged
//! or unusual graphs make tract panic. So tract is first given the same file by its own interface, where
//! a panic is caught: it loads it, and runs it on the model's stored inputs and on the largest input of
//! all. What a model comes through here it comes through there.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::prelude::*;

use super::description::Inputs;
use super::input::Rectangle;

/// A graph that tract has loaded.
pub(super) struct Rehearsal(TypedModel);

impl Rehearsal {
    /// Loads a graph, or says what failed.
    pub(super) fn load(graph: &[u8]) -> Result<Rehearsal, String> {
        caught(|| {
            let mut graph = graph;
            let framework = tract_onnx::onnx();
            let proto = framework.proto_model_for_read(&mut graph)?;
            let named = proto
                .graph
                .iter()
                .flat_map(|g| g.input.iter().chain(&g.output));
            for value in named {
                // `ort-tract` makes C strings of them and expects no failure.
                if value.name.contains('\0') {
                    return Err(TractError::msg(
                        "the name of an input or output has a NUL in it",
                    ));
                }
            }
            let parsed = framework.parse(&proto, None)?;
            Ok(Rehearsal(parsed.model.into_optimized()?))
        })
    }

    /// Runs it on every input, or says what failed.
    pub(super) fn run(
        self,
        names: &Inputs,
        inputs: impl IntoIterator<Item = Rectangle>,
    ) -> Result<(), String> {
        caught(|| {
            let order = [
                Some(&names.tokens),
                names.features.as_ref(),
                names.mask.as_ref(),
            ];
            let plan = self
                .0
                .with_input_names(order.into_iter().flatten())?
                .into_runnable()?;
            for input in inputs {
                let shape = [input.rows, input.length];
                let mut values: TVec<TValue> =
                    tvec!(Tensor::from_shape(&shape, &input.tokens)?.into());
                if names.features.is_some() {
                    let width = input.features.len() / input.rows.max(1);
                    let features = Tensor::from_shape(&[input.rows, width], &input.features)?;
                    values.push(features.into());
                }
                if names.mask.is_some() {
                    values.push(Tensor::from_shape(&shape, &input.mask)?.into());
                }
                plan.run(values)?;
            }
            Ok(())
        })
    }
}

fn caught<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        // The alternate form has the causes, which name the operator.
        Ok(Err(error)) => Err(format!("{error:#}")),
        Err(panic) => Err(panicked(&*panic)),
    }
}

/// What a panic said.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "the backend panicked: {}",
        said.unwrap_or("it did not say why")
    )
}
