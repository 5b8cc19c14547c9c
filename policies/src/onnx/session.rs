//! A model loaded into the backend: what goes in is checked, and so is what comes out.

use std::borrow::Cow;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ort::ep::CUDA;
use ort::session::builder::{AutoDevicePolicy, GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{Outlet, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType};

use super::Device;
use super::batcher::Scorer;
use super::calls::calls;
use super::description::Inputs;
use super::encode::Encoding;
use super::input::{Input, Rectangle};
use super::model::TOGETHER;
use super::rehearsal::{Rehearsal, panicked};
use super::runtime::Running;

/// How far an answer may lie outside of [0, 1]: the rounding of a calibration by interpolation.
const SLACK: f32 = 1e-5;
/// How far a stored answer may be missed.
const TOLERANCE: f32 = 1e-4;

/// The names and ranges that a graph must have.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    pub(super) inputs: Inputs,
    pub(super) output: String,
    pub(super) input: Input,
    /// The most rows of one call.
    pub(super) rows: usize,
}

/// A model in one session. A session computes one call at a time, so each thread has its own.
#[derive(Debug)]
pub(super) struct Session {
    session: OrtSession,
    contract: Arc<Contract>,
    /// Why the device that was asked for is not used.
    pub(super) remark: Option<String>,
}

impl Session {
    /// Loads a graph and tries it out on `trials`; the reason where it cannot be used.
    pub(super) fn load(
        running: &Running,
        graph: &[u8],
        contract: Arc<Contract>,
        device: Device,
        trials: impl IntoIterator<Item = Rectangle>,
    ) -> Result<Session, String> {
        let rehearsal = if running.runtime.is_built_in() {
            Some(Rehearsal::load(graph).map_err(unreadable)?)
        } else {
            None
        };
        let (session, remark) = caught(|| commit(running, graph, device)).map_err(unreadable)?;
        check_inputs(session.inputs(), &contract)?;
        check_output(session.outputs(), &contract.output)?;
        if let Some(rehearsal) = rehearsal {
            rehearsal
                .run(&contract.inputs, trials)
                .map_err(|why| format!("it cannot be run: {}", brief(&why)))?;
        }
        Ok(Session {
            session,
            contract,
            remark,
        })
    }

    /// Whether the stored inputs are given their stored answers, one by one and together.
    pub(super) fn verify(
        &mut self,
        stored: &[(Encoding, f32)],
        timeout: Duration,
    ) -> Result<(), String> {
        for together in [1, TOGETHER] {
            for (i, rows) in stored.chunks(together).enumerate() {
                let first = i * together;
                let called: Vec<&Encoding> = rows.iter().map(|(row, _)| row).collect();
                let start = Instant::now();
                let answers = caught(|| self.call(&called))
                    .map_err(|why| format!("it cannot be run on `check[{first}]`: {why}"))?;
                let took = start.elapsed();
                if together == 1 && took > timeout {
                    return Err(format!(
                        "it is too slow: one answer took {took:.1?}, and a request may take {timeout:?} \
                         (the setting `timeout`)"
                    ));
                }
                for (j, (answer, (_, wanted))) in answers.into_iter().zip(rows).enumerate() {
                    let at = first + j;
                    let answer = answer.map_err(|why| format!("`check[{at}]`: {why}"))?;
                    let off = (answer - wanted).abs();
                    if off > TOLERANCE {
                        return Err(format!(
                            "it gives {answer:.6} to `check[{at}]` of its description in a batch of \
                             {}, and {wanted:.6} is written there: the two files do not belong together, \
                             or this backend computes it wrongly",
                            called.len()
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, rows: &[&Encoding]) -> Result<Vec<Result<f32, String>>, String> {
        let contract = &self.contract;
        let rectangle = Rectangle::new(rows.iter().copied(), contract.input.pad);
        let shape = [rectangle.rows, rectangle.length];
        let names = &contract.inputs;
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(3);
        values.push((
            names.tokens.as_str().into(),
            tensor(shape, &rectangle.tokens)?.into(),
        ));
        if let Some(name) = &names.features {
            let shape = [rectangle.rows, contract.input.features];
            let features = tensor(shape, &rectangle.features)?;
            values.push((name.as_str().into(), features.into()));
        }
        if let Some(name) = &names.mask {
            values.push((name.as_str().into(), tensor(shape, &rectangle.mask)?.into()));
        }
        let outputs = self
            .session
            .run(values)
            .map_err(|e| brief(&e.to_string()))?;
        let output = outputs
            .get(&contract.output)
            .ok_or_else(|| format!("it gave no `{}`", contract.output))?;
        let (shape, answers) = output
            .try_extract_tensor::<f32>()
            .map_err(|e| brief(&e.to_string()))?;
        if answers.len() != rows.len() {
            return Err(format!(
                "it gave {} answers (`{}` of shape {shape}) to {} rows",
                answers.len(),
                contract.output,
                rows.len()
            ));
        }
        Ok(answers.iter().map(|&answer| probability(answer)).collect())
    }
}

impl Scorer for Session {
    /// One answer for each row. Rows that a model does not take are left out of the calls.
    fn score(&mut self, rows: &[&Encoding]) -> Vec<Result<f32, String>> {
        let checked: Vec<_> = rows
            .iter()
            .map(|row| self.contract.input.check(row))
            .collect();
        let good: Vec<usize> = (0..rows.len()).filter(|&i| checked[i].is_ok()).collect();
        let mut answers: Vec<Result<f32, String>> = checked
            .into_iter()
            .map(|checked| checked.map(|()| f32::NAN))
            .collect();
        let lengths: Vec<usize> = good.iter().map(|&i| rows[i].tokens.len()).collect();
        for call in calls(&lengths, self.contract.rows) {
            let called: Vec<&Encoding> = call.iter().map(|&i| rows[good[i]]).collect();
            match caught(|| self.call(&called)) {
                Ok(given) => {
                    for (i, answer) in call.into_iter().zip(given) {
                        answers[good[i]] = answer;
                    }
                }
                Err(why) => {
                    for i in call {
                        answers[good[i]] = Err(why.clone());
                    }
                }
            }
        }
        answers
    }
}

fn tensor<T: PrimitiveTensorElementType + Debug + Clone + 'static>(
    shape: [usize; 2],
    data: &[T],
) -> Result<TensorRef<'_, T>, String> {
    TensorRef::from_array_view((shape, data)).map_err(|e| e.to_string())
}

fn probability(answer: f32) -> Result<f32, String> {
    if (-SLACK..=1.0 + SLACK).contains(&answer) {
        Ok(answer.clamp(0.0, 1.0))
    } else {
        Err(format!("it answered {answer}, which is not in [0, 1]"))
    }
}

/// Loads a graph; with the reason why the device that was asked for is not used.
fn commit(
    running: &Running,
    graph: &[u8],
    device: Device,
) -> Result<(OrtSession, Option<String>), String> {
    let mut remark = None;
    if let Device::Cuda(id) = device {
        if running.runtime.is_built_in() {
            remark =
                Some("the built-in backend computes on the processor, not with CUDA".to_owned());
        } else {
            // Without `error_on_failure` a provider that cannot start is left out without a word.
            let cuda = CUDA::default()
                .with_device_id(id)
                .build()
                .error_on_failure();
            let on_device = builder(running).and_then(|builder| {
                builder
                    .with_execution_providers([cuda])
                    .map_err(|e| e.to_string())?
                    .commit_from_memory(graph)
                    .map_err(|e| e.to_string())
            });
            match on_device {
                Ok(session) => return Ok((session, None)),
                Err(why) => {
                    remark = Some(format!(
                        "CUDA cannot be used ({}): the processor is",
                        brief(&why)
                    ));
                }
            }
        }
    }
    let mut builder = builder(running)?;
    if !running.runtime.is_built_in() {
        // Else `ort` prefers whatever computes with the least power, which need not be the processor.
        builder = builder
            .with_auto_device(AutoDevicePolicy::PreferCPU)
            .map_err(|e| e.to_string())?;
    }
    let session = builder
        .commit_from_memory(graph)
        .map_err(|e| e.to_string())?;
    Ok((session, remark))
}

fn builder(running: &Running) -> Result<SessionBuilder, String> {
    let builder = OrtSession::builder(&running.environment)
        .map_err(|e| e.to_string())?
        // tract optimises at no lower level.
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(|e| e.to_string())?;
    if running.runtime.is_built_in() {
        return Ok(builder);
    }
    // Many small calls from several threads: threads of its own would only contend for the cores.
    builder
        .with_intra_threads(1)
        .map_err(|e| e.to_string())?
        .with_intra_op_spinning(false)
        .map_err(|e| e.to_string())
}

fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // Of what a panic leaves behind only the session is used again, whose state the backend keeps.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn unreadable(why: String) -> String {
    format!(
        "it is not an ONNX model that can be loaded (damaged, not ONNX, or of operators that the backend \
         does not have): {}",
        brief(&why)
    )
}

/// A backend's message in one line of bearable length.
fn brief(message: &str) -> String {
    const MOST: usize = 300;
    let mut words = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.len() > MOST {
        let end = (0..=MOST)
            .rev()
            .find(|&i| words.is_char_boundary(i))
            .unwrap_or(0);
        words.truncate(end);
        words.push('…');
    }
    words
}

fn check_inputs(found: &[Outlet], contract: &Contract) -> Result<(), String> {
    let names = &contract.inputs;
    let expected = [
        Some((
            &names.tokens,
            TensorElementType::Int64,
            contract.input.longest,
        )),
        names
            .features
            .as_ref()
            .map(|name| (name, TensorElementType::Float32, contract.input.features)),
        names
            .mask
            .as_ref()
            .map(|name| (name, TensorElementType::Int64, contract.input.longest)),
    ];
    let expected: Vec<_> = expected.into_iter().flatten().collect();
    if let Some(extra) = found
        .iter()
        .find(|f| !expected.iter().any(|(n, ..)| *n == f.name()))
    {
        return Err(format!(
            "it takes an input `{}` ({}), which its description does not name",
            extra.name(),
            extra.dtype()
        ));
    }
    for (name, kind, width) in expected {
        let Some(outlet) = found.iter().find(|f| f.name() == name) else {
            return Err(format!(
                "it has no input `{name}`; it takes {}",
                list(found)
            ));
        };
        let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
            return Err(format!(
                "its input `{name}` is {}, not a tensor",
                outlet.dtype()
            ));
        };
        // A fixed number of rows cannot be batched; a fixed length is not that of every input.
        let fits = shape.len() == 2
            && shape[0] < 0
            && match kind {
                TensorElementType::Int64 => shape[1] < 0,
                _ => shape[1] < 0 || usize::try_from(shape[1]) == Ok(width),
            };
        if *ty != kind || !fits {
            let wanted = match kind {
                TensorElementType::Int64 => "i64 [batch, length], both of them dynamic".to_owned(),
                _ => format!("f32 [batch, {width}], the batch dynamic"),
            };
            return Err(format!(
                "its input `{name}` is {}, not {wanted}",
                outlet.dtype()
            ));
        }
    }
    Ok(())
}

fn check_output(found: &[Outlet], name: &str) -> Result<(), String> {
    let Some(outlet) = found.iter().find(|f| f.name() == name) else {
        return Err(format!(
            "it has no output `{name}`; it gives {}",
            list(found)
        ));
    };
    let fits = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => {
            *ty == TensorElementType::Float32
                && match shape.len() {
                    1 => true,
                    2 => shape[1] < 0 || shape[1] == 1,
                    _ => false,
                }
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!(
            "its output `{name}` is {}, not f32 [batch]",
            outlet.dtype()
        ))
    }
}

fn list(outlets: &[Outlet]) -> String {
    let all: Vec<String> = outlets
        .iter()
        .map(|outlet| format!("`{}` ({})", outlet.name(), outlet.dtype()))
        .collect();
    if all.is_empty() {
        "nothing".to_owned()
    } else {
        all.join(", ")
    }
}
