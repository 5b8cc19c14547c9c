//! The language model of a command: its options, and the client and cache made of them.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use cogitree::llm::{
    CacheMode, CancelHandle, Endpoint, Limits, OpenAiClient, PriceTable, Profile, ResponseCache,
};

use super::duration;
use super::failure::Failure;
use super::problem_source::quoted;

/// Options of every command that can think with a language model.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Language model")]
pub(crate) struct ModelOptions {
    /// Think with this model; without one the embedded Sketcher thinks. The key is read from
    /// COGITREE_API_KEY or OPENAI_API_KEY [env: COGITREE_MODEL]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Where it is: the base URL of a server with OpenAI's chat completions, such as
    /// http://127.0.0.1:8000/v1 [env: COGITREE_LLM_URL, OPENAI_BASE_URL]
    /// [default: OpenAI's]
    #[arg(long, value_name = "URL")]
    llm_url: Option<String>,

    /// What kind of server it is: auto, openai, vllm, llama.cpp, ollama, openrouter or generic
    #[arg(long, value_name = "KIND", default_value_t = Profile::Auto)]
    llm_kind: Profile,

    /// Longest time for one request
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "300s")]
    llm_timeout: Duration,

    /// Most requests within any minute
    #[arg(long, value_name = "N")]
    rpm: Option<NonZeroU32>,

    /// Most tokens, in and out, within any minute
    #[arg(long, value_name = "N")]
    tpm: Option<NonZeroU64>,

    /// Use answers of the model that were kept, and keep new ones
    #[arg(long, value_enum, value_name = "HOW", default_value_t = CacheName::Write)]
    cache: CacheName,

    /// Keep them there [default: the folder `llm` beside the sandbox's guest]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,

    /// Prices of models, over the built-in ones (TOML)
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    /// Prompts to use in place of the built-in ones (see `cogitree prompts --write DIR`)
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CacheName {
    /// Neither
    Off,
    /// Use what is there
    Read,
    /// Use what is there and keep what is new: the same search costs nothing the second time
    Write,
}

impl From<CacheName> for CacheMode {
    fn from(name: CacheName) -> Self {
        match name {
            CacheName::Off => CacheMode::Off,
            CacheName::Read => CacheMode::Read,
            CacheName::Write => CacheMode::Write,
        }
    }
}

/// A model that can be asked.
pub(crate) struct Model {
    pub(crate) chat: Arc<ResponseCache<OpenAiClient>>,
    pub(crate) prices: PriceTable,
    /// Ends its requests.
    pub(crate) cancel: CancelHandle,
}

impl ModelOptions {
    /// The model, where one is named here or in the environment. Nothing is sent yet.
    pub(crate) fn open(&self) -> Result<Option<Model>, Failure> {
        let variable = |name: &str| std::env::var(name).ok();
        let named = |name| variable(name).is_some_and(|v| !v.trim().is_empty());
        if self.model.is_none() && self.llm_url.is_none() && !named("COGITREE_MODEL") {
            return Ok(None);
        }
        let endpoint =
            Endpoint::from_env(self.llm_url.as_deref(), self.model.as_deref(), variable)?;
        let cancel = CancelHandle::new();
        let client = OpenAiClient::builder(endpoint)
            .profile(self.llm_kind)
            .limits(Limits {
                requests_per_minute: self.rpm,
                tokens_per_minute: self.tpm,
                ..Limits::default()
            })
            .timeout(self.llm_timeout)
            .cancel_with(cancel.clone())
            .build()?;
        let id = client.id();
        let folder = match &self.cache_dir {
            Some(folder) => folder.clone(),
            None => cogitree::cache_folder()?.join("llm"),
        };
        let chat = Arc::new(ResponseCache::new(client, id, folder, self.cache.into())?);
        let prices = PriceTable::built_in();
        let prices = match &self.prices {
            Some(file) => prices.with_file(file)?,
            None => prices,
        };
        Ok(Some(Model {
            chat,
            prices,
            cancel,
        }))
    }

    /// The arguments that differ from the defaults, for a command that can be typed again.
    pub(crate) fn as_arguments(&self) -> String {
        let mut arguments = String::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                arguments.push_str(&format!(" --{name} {}", quoted(&value)));
            }
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
        add("model", self.model.clone());
        add("llm-url", self.llm_url.clone());
        let kind = (self.llm_kind != Profile::Auto).then(|| self.llm_kind.to_string());
        add("llm-kind", kind);
        add("cache-dir", path(&self.cache_dir));
        add("prices", path(&self.prices));
        add("prompts", path(&self.prompts));
        arguments
    }
}
