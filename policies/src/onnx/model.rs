//! [`OnnxValue`]: a model as a [`ValueModel`].

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use cogitree_engine::{Attempt, Chain, Feedback, Program, Report, State, ValueError, ValueModel};

use super::batcher::{Batcher, Gathering, Keyed, Missing, Scorer};
use super::cache::{Cache, Key};
use super::description::{Check, Description, Kind};
use super::encode::{Encoder, Encoding};
use super::health::{Health, Hook};
use super::input::{Input, Rectangle};
use super::session::{Contract, Session};
use super::{ModelFiles, OnnxError, Runtime, ValueConfig, ValueCounts, runtime};

/// The steps in which values are told: 1e-4, within which backends and batches agree. So a value depends
/// on its state, and not on what else was in its call.
const STEPS: f64 = 1e4;

/// A value model in ONNX.
///
/// Safe to be asked from any number of threads: requests are gathered into batches. It gives the same
/// value to the same state, up to failures of the model; those are answered by
/// [`ValueConfig::fallback`], counted ([`counts`](Self::counts)), and told once
/// ([`warning`](Self::warning)).
///
/// ```no_run
/// use std::sync::Arc;
/// use cogitree_engine::ValueModel;
/// use cogitree_policies::onnx::{ModelFiles, OnnxValue, ValueConfig};
///
/// let files = ModelFiles::read("my-model.onnx".as_ref())?;
/// let value = OnnxValue::load(&files, &ValueConfig::default())?;
/// println!("{} runs in {}", value.name(), value.runtime());
/// let value: Arc<dyn ValueModel> = Arc::new(value); // for Search::value_model
/// # Ok::<(), cogitree_policies::onnx::OnnxError>(())
/// ```
#[derive(Debug)]
pub struct OnnxValue {
    name: String,
    label: String,
    runtime: Runtime,
    remark: Option<String>,
    reader: Reader,
    foresees: bool,
    cache: Arc<Cache>,
    batcher: Batcher,
    health: Health,
    hook: Option<Hook>,
    timeout: Duration,
    fallback: Option<f64>,
    patience: u32,
}

/// How a state becomes numbers.
#[derive(Debug)]
enum Reader {
    Hashed(Encoder),
    #[cfg(feature = "tokenizers")]
    Text(Box<super::tokenizer::Reader>),
}

impl OnnxValue {
    /// Starts the backend if none runs, loads a model and tries it out: its inputs and outputs must be
    /// those of its description, and it must reproduce its stored answers within 1e-4, one by one and in
    /// batches of 8 that are padded together.
    ///
    /// # Errors
    /// Says which file or setting is at fault, and how.
    pub fn load(files: &ModelFiles, config: &ValueConfig) -> Result<OnnxValue, OnnxError> {
        config.check()?;
        let description = Description::read(&files.label, &files.description)?;
        let fault = |reason: String| OnnxError::Model {
            model: files.label.clone(),
            reason,
        };
        let (reader, vocabulary) = Reader::new(files, &description)?;
        let input = Input::new(&description, vocabulary);
        let checked =
            stored(&description.check, &input).map_err(|reason| OnnxError::Description {
                model: files.label.clone(),
                reason,
            })?;
        let running = runtime::started(&config.backend)?;
        let contract = Arc::new(Contract {
            inputs: description.inputs.clone(),
            output: description.output.clone(),
            input,
            rows: config.rows,
        });
        let mut remark = None;
        let mut scorers: Vec<Box<dyn Scorer>> = Vec::new();
        for i in 0..config.sessions {
            // Sessions of one graph behave alike: the first is tried out.
            let trials = if i == 0 {
                trials(&checked, &contract.input)
            } else {
                Vec::new()
            };
            let mut session = Session::load(
                running,
                &files.graph,
                contract.clone(),
                config.device,
                trials,
            )
            .map_err(fault)?;
            if i == 0 {
                session.verify(&checked, config.timeout).map_err(fault)?;
            }
            remark = session.remark.take();
            scorers.push(Box::new(session));
        }
        let cache = Arc::new(Cache::new(config.cached));
        let gathering = Gathering {
            rows: config.rows,
            delay: config.delay,
            queue: config.queue,
        };
        let batcher = Batcher::new(scorers, gathering, cache.clone())
            .map_err(|e| fault(format!("a thread for it cannot be started: {e}")))?;
        Ok(OnnxValue {
            name: description.name,
            label: files.label.clone(),
            runtime: running.runtime.clone(),
            remark,
            reader,
            foresees: description.foresees,
            cache,
            batcher,
            health: Health::default(),
            hook: None,
            timeout: config.timeout,
            fallback: config.fallback,
            patience: config.patience,
        })
    }

    /// Has `tell` called with the first failure, from the thread that met it.
    pub fn on_warning(mut self, tell: impl Fn(&str) + Send + Sync + 'static) -> OnnxValue {
        self.hook = Some(Hook(Arc::new(tell)));
        self
    }

    /// The model's name, from its description.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it says something of thoughts without a program ([`foresee`](ValueModel::foresee)).
    pub fn foresees(&self) -> bool {
        self.foresees
    }

    /// The backend that it runs in.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Why the device that was asked for is not used.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// The first failure since it was loaded, as one line.
    pub fn warning(&self) -> Option<&str> {
        self.health.first()
    }

    /// Whether it failed so often that it is not asked any more.
    pub fn given_up(&self) -> bool {
        self.health.given_up()
    }

    /// What it has done so far.
    pub fn counts(&self) -> ValueCounts {
        self.health.counts(self.batcher.batches())
    }

    /// Estimates from encodings, as [`estimate`](ValueModel::estimate) does from states. For measurements
    /// and for data that was encoded before.
    ///
    /// # Errors
    /// As [`estimate`](ValueModel::estimate).
    pub fn score(&self, rows: Vec<Encoding>) -> Result<Vec<f64>, ValueError> {
        self.health.asked.fetch_add(rows.len() as u64, Relaxed);
        if self.given_up() {
            return self.spare(rows.len());
        }
        self.answer(rows.into_iter().map(Ok).collect())
    }

    fn judge(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        self.health.asked.fetch_add(states.len() as u64, Relaxed);
        if self.given_up() {
            return self.spare(states.len());
        }
        self.answer(
            states
                .iter()
                .map(|state| self.reader.encode(state))
                .collect(),
        )
    }

    fn answer(&self, rows: Vec<Result<Encoding, String>>) -> Result<Vec<f64>, ValueError> {
        let mut values: Vec<Result<f32, Missing>> = Vec::with_capacity(rows.len());
        let mut asked = Vec::new();
        let mut places = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            match row {
                Err(why) => values.push(Err(Missing::Failed(why))),
                Ok(row) => {
                    let key = Key::of(&row);
                    match self.cache.get(&key) {
                        Some(value) => {
                            self.health.kept.fetch_add(1, Relaxed);
                            values.push(Ok(value));
                            continue;
                        }
                        None => values.push(Err(Missing::Late)),
                    }
                    asked.push(Keyed { key, row });
                    places.push(place);
                }
            }
        }
        if !asked.is_empty() {
            let deadline = Instant::now() + self.timeout;
            for (place, answer) in places.into_iter().zip(self.batcher.ask(asked, deadline)) {
                if answer.is_ok() {
                    self.health.well();
                }
                values[place] = answer;
            }
        }
        values.into_iter().map(|value| self.settle(value)).collect()
    }

    fn settle(&self, value: Result<f32, Missing>) -> Result<f64, ValueError> {
        let (counter, why) = match value {
            Ok(value) => return Ok((f64::from(value) * STEPS).round() / STEPS),
            Err(Missing::Late) => (
                &self.health.late,
                format!("no answer within {:?}", self.timeout),
            ),
            Err(Missing::Failed(why)) => (&self.health.failed, why),
        };
        let first = self
            .health
            .ill(counter, self.patience, || self.in_words(&why));
        if first && let Some(Hook(tell)) = &self.hook {
            tell(&self.in_words(&why));
        }
        match self.fallback {
            Some(value) => Ok(value),
            None => Err(ValueError(format!("{}: {why}", self.label))),
        }
    }

    fn in_words(&self, why: &str) -> String {
        let instead = match self.fallback {
            Some(value) => format!("{value} is used where it fails"),
            None => "the search goes on without its estimate".to_owned(),
        };
        format!("value model {}: {why}; {instead}", self.label)
    }

    fn spare(&self, count: usize) -> Result<Vec<f64>, ValueError> {
        self.health.spared.fetch_add(count as u64, Relaxed);
        match self.fallback {
            Some(value) => Ok(vec![value; count]),
            None => Err(ValueError(format!(
                "{}: it failed too often: {}",
                self.label,
                self.warning().unwrap_or_default()
            ))),
        }
    }
}

impl ValueModel for OnnxValue {
    fn estimate(&self, states: &[State<'_>]) -> Result<Vec<f64>, ValueError> {
        self.judge(states)
    }

    /// Of a model whose description says that it foresees; others have nothing to say.
    fn foresee(&self, chains: &[Chain<'_>]) -> Result<Option<Vec<f64>>, ValueError> {
        if !self.foresees {
            return Ok(None);
        }
        let (program, report, feedback) =
            (Program::new(""), Report::default(), Feedback::default());
        let outcome = Attempt {
            program: &program,
            report: &report,
            feedback: &feedback,
        };
        let states: Vec<State<'_>> = (chains.iter())
            .map(|&chain| State { chain, outcome })
            .collect();
        self.judge(&states).map(Some)
    }
}

impl Reader {
    /// With the number of its tokens, where it brings them.
    fn new(files: &ModelFiles, description: &Description) -> Result<(Reader, i64), OnnxError> {
        match &description.encoding {
            Kind::Hashed {
                buckets, longest, ..
            } => Ok((Reader::Hashed(Encoder::hashed(*buckets, *longest)), 0)),
            #[cfg(feature = "tokenizers")]
            Kind::Tokenizer {
                file,
                longest,
                parts,
                ..
            } => {
                let fault = |reason| OnnxError::Model {
                    model: files.label.clone(),
                    reason: format!("its tokenizer `{file}`: {reason}"),
                };
                let bytes = files.tokenizer.as_deref();
                let bytes = bytes.ok_or_else(|| fault("was not given".to_owned()))?;
                let reader =
                    super::tokenizer::Reader::new(bytes, *longest, parts).map_err(fault)?;
                let vocabulary = reader.vocabulary();
                Ok((Reader::Text(Box::new(reader)), vocabulary))
            }
            #[cfg(not(feature = "tokenizers"))]
            Kind::Tokenizer { .. } => Err(OnnxError::Model {
                model: files.label.clone(),
                reason:
                    "it reads text, and this program was built without the feature `tokenizers`"
                        .to_owned(),
            }),
        }
    }

    fn encode(&self, state: &State<'_>) -> Result<Encoding, String> {
        match self {
            Reader::Hashed(encoder) => Ok(encoder.encode(state)),
            #[cfg(feature = "tokenizers")]
            Reader::Text(reader) => reader.encode(state),
        }
    }
}

/// The stored inputs, checked, with their answers.
fn stored(checks: &[Check], input: &Input) -> Result<Vec<(Encoding, f32)>, String> {
    checks
        .iter()
        .enumerate()
        .map(|(i, check)| {
            let encoding = check.encoding();
            input
                .check(&encoding)
                .map_err(|why| format!("`check[{i}]`: {why}"))?;
            Ok((encoding, check.probability))
        })
        .collect()
}

/// How many stored inputs are tried out in one call.
pub(super) const TOGETHER: usize = 8;

/// What a model is tried out on before it is relied on.
fn trials(stored: &[(Encoding, f32)], input: &Input) -> Vec<Rectangle> {
    let alone = stored
        .iter()
        .map(|(row, _)| Rectangle::new([row], input.pad));
    let together = stored
        .chunks(TOGETHER)
        .map(|rows| Rectangle::new(rows.iter().map(|(row, _)| row), input.pad));
    let extreme = [Rectangle::new([&input.extreme()], input.pad)];
    alone.chain(together).chain(extreme).collect()
}
