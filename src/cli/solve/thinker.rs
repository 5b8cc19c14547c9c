//! Who thinks in a search: the embedded Sketcher, a language model, or a record of either.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use cogitree::llm::{CacheCounts, CancelHandle, ClientCounts, LlmPolicy, LlmStatistics, Prompts};
use cogitree::{Policy, Preset, Recorded, Recorder, SearchConfig, Sketcher, Thinking};

use crate::cli::failure::Failure;
use crate::cli::model::{Model, ModelOptions};
use crate::cli::problem_source::quoted;
use crate::cli::style;

/// Who is to think.
#[derive(Clone, Debug, Args)]
pub(super) struct ThinkerOptions {
    #[command(flatten)]
    model: ModelOptions,

    /// Write down every answer of the one who thinks, for `--recorded`
    #[arg(long, value_name = "FILE", help_heading = "Language model")]
    record: Option<PathBuf>,

    /// Take all answers from a record, and ask nobody
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["record", "model", "llm_url"],
        help_heading = "Language model"
    )]
    recorded: Option<PathBuf>,
}

/// The search for language models that no paper has published.
const OURS: &str = "cogitree";

/// The one who thinks.
pub(super) struct Thinker {
    pub(super) policy: Arc<dyn Policy>,
    who: Who,
}

enum Who {
    Sketcher,
    Model(Box<Model>, Arc<LlmPolicy>),
    Recorded(Arc<Recorded>),
}

/// What was asked of a language model.
pub(super) struct Asked {
    pub(super) policy: LlmStatistics,
    pub(super) client: ClientCounts,
    pub(super) cache: CacheCounts,
}

impl ThinkerOptions {
    pub(super) fn open(&self) -> Result<Thinker, Failure> {
        let thinker = self.who()?;
        let Some(file) = &self.record else {
            return Ok(thinker);
        };
        let recorder = Recorder::open(file, thinker.policy)?;
        if let Some(line) = recorder.cut() {
            style::warning(&format!(
                "{}:{line}: the last entry was cut, and is removed",
                file.display()
            ));
        }
        Ok(Thinker {
            policy: Arc::new(recorder),
            who: thinker.who,
        })
    }

    fn who(&self) -> Result<Thinker, Failure> {
        if let Some(file) = &self.recorded {
            let recorded = Arc::new(Recorded::open(file)?);
            return Ok(Thinker {
                policy: recorded.clone(),
                who: Who::Recorded(recorded),
            });
        }
        let Some(model) = self.model.open()? else {
            return Ok(Thinker {
                policy: Arc::new(Sketcher::new()),
                who: Who::Sketcher,
            });
        };
        let prompts = match &model.prompts {
            Some(folder) => Prompts::with_folder(folder)?,
            None => Prompts::embedded(),
        };
        let policy = LlmPolicy::new(model.chat.clone())
            .prompts(prompts)
            .price(model.price);
        let policy = Arc::new(policy);
        Ok(Thinker {
            policy: policy.clone(),
            who: Who::Model(Box::new(model), policy),
        })
    }

    /// The arguments that name it, for a command that can be typed again.
    pub(super) fn as_arguments(&self) -> String {
        let mut arguments = self.model.as_arguments();
        if let Some(file) = &self.recorded {
            let file = quoted(&file.display().to_string());
            arguments.push_str(&format!(" --recorded {file}"));
        }
        arguments
    }
}

impl Thinker {
    /// The configuration to begin with where none is named.
    pub(super) fn default_config(&self) -> Result<SearchConfig, Failure> {
        match self.who {
            Who::Model(..) => Ok(Preset::named(OURS)?.config()),
            _ => Ok(SearchConfig::default()),
        }
    }

    /// Whether the trained value model is worth having: where calls of a language model, or a record of
    /// one, are spent on our own search.
    pub(super) fn wants_trained(&self, preset: Option<&str>) -> bool {
        match self.who {
            Who::Sketcher => false,
            Who::Model(..) => preset.is_none_or(|name| name == OURS),
            Who::Recorded(_) => preset == Some(OURS),
        }
    }

    /// Refuses what the one who thinks cannot do.
    pub(super) fn check(&self, config: &SearchConfig) -> Result<(), Failure> {
        match self.who {
            Who::Sketcher if config.thinking != Thinking::Everywhere => Err(Failure::Message(
                "this search has programs written without a thought, which the embedded \
                     Sketcher cannot do: name a language model with --model, or set `thinking` to \
                     \"everywhere\""
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// What ends its requests, where it makes any.
    pub(super) fn cancel(&self) -> Option<CancelHandle> {
        match &self.who {
            Who::Model(model, _) => Some(model.cancel.clone()),
            _ => None,
        }
    }

    /// What was asked of a language model, where there is one.
    pub(super) fn asked(&self) -> Option<Asked> {
        match &self.who {
            Who::Model(model, policy) => Some(Asked {
                policy: policy.statistics(),
                client: model.chat.inner().counts(),
                cache: model.chat.counts(),
            }),
            _ => None,
        }
    }

    /// What should be known of the answers, on standard error.
    pub(super) fn warn(&self) {
        match &self.who {
            Who::Recorded(recorded) if recorded.misses() > 0 => style::warning(&format!(
                "{} requests were not in the record; nothing was made up for them",
                recorded.misses()
            )),
            Who::Model(model, _) => {
                if let Some(why) = model.chat.first_failure() {
                    style::warning(&format!("answers could not be kept: {why}"));
                }
            }
            _ => {}
        }
    }
}
