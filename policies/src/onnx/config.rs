//! How a value model is run.

use std::time::Duration;

use super::{Backend, OnnxError};

/// Where a model computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// A graphics card, by its number, where the ONNX Runtime in use was built with CUDA. Else the
    /// processor is used, and [`OnnxValue::remark`](super::OnnxValue::remark) says why.
    Cuda(i32),
}

/// How a value model is run. `docs/value-model.md` has the measurements behind the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueConfig {
    /// The backend. Default [`Backend::Auto`].
    pub backend: Backend,
    /// The device. Default the processor.
    pub device: Device,
    /// Sessions, each with a thread and the model in memory; 1 to 64. Default 1.
    pub sessions: usize,
    /// The most rows of one call, 1 to 4096. Default 32.
    pub rows: usize,
    /// How long a request waits for others to share its call, at most a second. Default 0: rows gather
    /// while the call before is computed.
    pub delay: Duration,
    /// The most rows that wait, 1 to 2²⁰; who comes then waits for room. Default 1024.
    pub queue: usize,
    /// How long a request may take, from 1 ms to 10 minutes. Default 5 s.
    pub timeout: Duration,
    /// Answers kept by the content of what was asked, at most 2²⁴; 0 keeps none. Default 65 536 (some
    /// 6 MB).
    pub cached: usize,
    /// What is said in place of an answer that does not come, in [0, 1]; `None` passes the failure on, and
    /// the search then counts the value as 0. Default 0.5.
    pub fallback: Option<f64>,
    /// After so many failures in a row, without an answer between them, the model is not asked any more.
    /// Default 16.
    pub patience: u32,
}

impl Default for ValueConfig {
    fn default() -> Self {
        ValueConfig {
            backend: Backend::Auto,
            device: Device::Cpu,
            sessions: 1,
            rows: 32,
            delay: Duration::ZERO,
            queue: 1024,
            timeout: Duration::from_secs(5),
            cached: 65_536,
            fallback: Some(0.5),
            patience: 16,
        }
    }
}

impl ValueConfig {
    pub(super) fn check(&self) -> Result<(), OnnxError> {
        let in_range = |setting, value: usize, range: std::ops::RangeInclusive<usize>| {
            if range.contains(&value) {
                return Ok(());
            }
            Err(OnnxError::Setting {
                setting,
                reason: format!("is {value}, not {} to {}", range.start(), range.end()),
            })
        };
        in_range("sessions", self.sessions, 1..=64)?;
        in_range("rows", self.rows, 1..=4096)?;
        in_range("queue", self.queue, 1..=1 << 20)?;
        in_range("cached", self.cached, 0..=1 << 24)?;
        in_range("patience", self.patience as usize, 1..=u32::MAX as usize)?;
        let lasts = |setting, value: Duration, least: Duration, most: Duration| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(OnnxError::Setting {
                setting,
                reason: format!("is {value:?}, not {least:?} to {most:?}"),
            })
        };
        lasts("delay", self.delay, Duration::ZERO, Duration::from_secs(1))?;
        let most = Duration::from_secs(600);
        lasts("timeout", self.timeout, Duration::from_millis(1), most)?;
        match self.fallback {
            Some(value) if !(0.0..=1.0).contains(&value) => Err(OnnxError::Setting {
                setting: "fallback",
                reason: format!("is {value}, not in [0, 1]"),
            }),
            _ => Ok(()),
        }
    }
}
