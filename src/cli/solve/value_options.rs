//! What estimates the value of programs in a search.

#[cfg(feature = "onnx")]
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use cogitree::{Closeness, PassFraction, SearchConfig, ValueModel};

use crate::cli::failure::Failure;
use crate::cli::problem_source::quoted;

/// What of the value model is given on the command line.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Value model")]
pub(super) struct ValueOptions {
    /// What estimates a program's value: `closeness` of its results to the expected ones, the trained
    /// `default` model, the `tests` passed and nothing else, or an ONNX model of your own (a file .onnx
    /// with its .json beside it, see docs/value-model.md) [default: closeness; with a language model and
    /// no other preset than cogitree the `default` model, --rethink-above 0.05 and --abandon-below 0.02]
    #[arg(long, value_name = "MODEL")]
    value_model: Option<String>,

    /// What runs an ONNX model: `built-in`, a library of ONNX Runtime (its file), or `auto`, which takes
    /// the library that ORT_DYLIB_PATH names or that is installed, else what is built in
    #[arg(long, value_name = "RUNTIME", default_value = AUTO)]
    onnx_runtime: String,

    /// Run an ONNX model on this graphics card, where the library can
    #[arg(long, value_name = "N")]
    cuda: Option<i32>,

    /// The weight of a program's value in its reward, from 0 to 1; the rest is the share of visible
    /// tests passed [default: 0.5]
    #[arg(long, value_name = "W")]
    value_weight: Option<f64>,

    /// How strongly the model's estimates correct the priors of offered thoughts, from 0 to 10
    /// [default: 0]
    #[arg(long, value_name = "W")]
    foresight: Option<f64>,

    /// How strongly a program's value counts when the answer is chosen, from 0 to 10 [default: 0]
    #[arg(long, value_name = "W")]
    trust: Option<f64>,

    /// Rethink a failed thought only where its program's value is at least this [default: 0]
    #[arg(long, value_name = "V")]
    rethink_above: Option<f64>,

    /// Try nothing below a program whose value is less than this [default: 0]
    #[arg(long, value_name = "V")]
    abandon_below: Option<f64>,
}

/// Where what a model says is relied on to save calls: chosen before they were measured on recorded answers
/// (docs/measurements.md).
const RETHINK_ABOVE: f64 = 0.05;
const ABANDON_BELOW: f64 = 0.02;

const CLOSENESS: &str = "closeness";
const TESTS: &str = "tests";
const DEFAULT: &str = "default";
const AUTO: &str = "auto";

/// The value model of a search.
pub(super) enum Valuer {
    Plain(Arc<dyn ValueModel>),
    #[cfg(feature = "onnx")]
    Onnx(Arc<cogitree::onnx::OnnxValue>),
}

impl Valuer {
    pub(super) fn model(&self) -> Arc<dyn ValueModel> {
        match self {
            Valuer::Plain(model) => model.clone(),
            #[cfg(feature = "onnx")]
            Valuer::Onnx(model) => model.clone(),
        }
    }

    /// Whether it says something of thoughts without a program.
    fn foresees(&self) -> bool {
        match self {
            Valuer::Plain(_) => false,
            #[cfg(feature = "onnx")]
            Valuer::Onnx(model) => model.foresees(),
        }
    }

    /// What is told of it, for people: of one that computes.
    pub(super) fn told(&self) -> Option<String> {
        match self {
            Valuer::Plain(_) => None,
            #[cfg(feature = "onnx")]
            Valuer::Onnx(model) => {
                let counts = model.counts();
                Some(format!(
                    "value model {}: {} estimates ({} kept, {} batches), in {}",
                    model.name(),
                    counts.asked,
                    counts.kept,
                    counts.batches,
                    match &model.runtime().library {
                        Some(library) => format!("ONNX Runtime ({})", library.display()),
                        None => "the built-in backend".to_owned(),
                    }
                ))
            }
        }
    }

    /// The same for machines.
    pub(super) fn as_json(&self) -> Option<serde_json::Value> {
        match self {
            Valuer::Plain(_) => None,
            #[cfg(feature = "onnx")]
            Valuer::Onnx(model) => Some(serde_json::json!({
                "name": model.name(),
                "library": model.runtime().library,
                "counts": model.counts(),
                "warning": model.warning(),
            })),
        }
    }
}

impl ValueOptions {
    /// What is named; else what the search is best off with, which `trained` says of one whose calls cost
    /// something.
    fn named(&self, trained: bool) -> &str {
        match &self.value_model {
            Some(name) => name,
            None if trained && cfg!(feature = "onnx") => DEFAULT,
            None => CLOSENESS,
        }
    }

    /// Loads the model.
    pub(super) fn open(&self, trained: bool, config: &SearchConfig) -> Result<Valuer, Failure> {
        let valuer = match self.named(trained) {
            CLOSENESS => Valuer::Plain(Arc::new(Closeness)),
            TESTS => Valuer::Plain(Arc::new(PassFraction)),
            name => self.onnx(name)?,
        };
        if config.foresight > 0.0 && !valuer.foresees() {
            return Err(Failure::Message(format!(
                "foresight {}: the value model {} says nothing of a thought before its program is written; \
                 take --value-model {DEFAULT}, or --foresight 0",
                config.foresight,
                self.named(trained)
            )));
        }
        Ok(valuer)
    }

    #[cfg(feature = "onnx")]
    fn onnx(&self, name: &str) -> Result<Valuer, Failure> {
        use cogitree::onnx::{Backend, Device, ModelFiles, OnnxValue, ValueConfig};

        use crate::cli::style;

        let wrong = |e: cogitree::onnx::OnnxError| Failure::Message(e.to_string());
        let files = match name {
            DEFAULT => ModelFiles::embedded(),
            name if name.ends_with(".onnx") => ModelFiles::read(name.as_ref()).map_err(wrong)?,
            other => {
                return Err(Failure::Message(format!(
                    "--value-model {other}: there is none of this name; give {CLOSENESS}, {TESTS}, \
                     {DEFAULT} or a file that ends in .onnx"
                )));
            }
        };
        let config = ValueConfig {
            backend: match self.onnx_runtime.as_str() {
                AUTO => Backend::Auto,
                "built-in" => Backend::BuiltIn,
                path => Backend::Library(PathBuf::from(path)),
            },
            device: self.cuda.map_or(Device::Cpu, Device::Cuda),
            ..ValueConfig::default()
        };
        let model = OnnxValue::load(&files, &config).map_err(wrong)?;
        if let Some(remark) = model.remark() {
            style::warning(&remark);
        }
        let model = model.on_warning(|why| style::warning(&why));
        Ok(Valuer::Onnx(Arc::new(model)))
    }

    #[cfg(not(feature = "onnx"))]
    fn onnx(&self, name: &str) -> Result<Valuer, Failure> {
        Err(Failure::Message(format!(
            "--value-model {name}: this program was built without the feature `onnx`; give {CLOSENESS} or \
             {TESTS}, or build it with that feature"
        )))
    }

    /// Puts what was given in the place of a configuration's.
    pub(super) fn over(&self, trained: bool, config: &mut SearchConfig) -> Result<(), Failure> {
        if self.value_model.is_none() && self.named(trained) == DEFAULT {
            config.rethink_above = config.rethink_above.max(RETHINK_ABOVE);
            config.abandon_below = config.abandon_below.max(ABANDON_BELOW);
        }
        let given = [
            (&mut config.value_weight, self.value_weight),
            (&mut config.foresight, self.foresight),
            (&mut config.trust, self.trust),
            (&mut config.rethink_above, self.rethink_above),
            (&mut config.abandon_below, self.abandon_below),
        ];
        for (field, given) in given {
            if let Some(given) = given {
                *field = given;
            }
        }
        Ok(config.validate()?)
    }

    /// The arguments that were given, for a command that can be typed again.
    pub(super) fn as_arguments(&self) -> String {
        let mut arguments = String::new();
        if let Some(name) = &self.value_model {
            arguments.push_str(&format!(" --value-model {}", quoted(name)));
        }
        if self.onnx_runtime != AUTO {
            arguments.push_str(&format!(" --onnx-runtime {}", quoted(&self.onnx_runtime)));
        }
        if let Some(card) = self.cuda {
            arguments.push_str(&format!(" --cuda {card}"));
        }
        let numbers = [
            ("value-weight", self.value_weight),
            ("foresight", self.foresight),
            ("trust", self.trust),
            ("rethink-above", self.rethink_above),
            ("abandon-below", self.abandon_below),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                arguments.push_str(&format!(" --{name} {value}"));
            }
        }
        arguments
    }
}
