//! How servers differ, and what a client finds out about the one it talks to.
//!
//! All say that they are OpenAI-compatible. They differ in which parameters they take, under
//! which names, and in which they ignore without a word. A [`Profile`] says what a kind of
//! server is known to do; a [`Dialect`] is what the client does at the moment, which starts as
//! the profile's and is corrected by what the server answers.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// Which kind of server answers, as far as it matters for how it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Found out from the address and from what the server answers.
    #[default]
    Auto,
    /// OpenAI: the limit of tokens is `max_completion_tokens`.
    OpenAi,
    /// vLLM: takes everything.
    Vllm,
    /// llama.cpp's server: `n` works up to its number of slots, and then the usage covers the
    /// first choice only.
    LlamaCpp,
    /// Ollama: ignores `n`.
    Ollama,
    /// OpenRouter: `n` depends on the provider behind it and is mostly ignored.
    OpenRouter,
    /// Something else: taken to do everything until it is seen not to.
    Generic,
}

const NAMES: [(&str, Profile); 7] = [
    ("auto", Profile::Auto),
    ("openai", Profile::OpenAi),
    ("vllm", Profile::Vllm),
    ("llama.cpp", Profile::LlamaCpp),
    ("ollama", Profile::Ollama),
    ("openrouter", Profile::OpenRouter),
    ("generic", Profile::Generic),
];

impl Profile {
    /// The names of all profiles, as [`FromStr`] takes them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The profile that an address gives away.
    pub(super) fn of_host(host: &str) -> Option<Profile> {
        let is = |domain: &str| {
            host.strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if is("openai.com") {
            Some(Profile::OpenAi)
        } else if is("openrouter.ai") {
            Some(Profile::OpenRouter)
        } else {
            None
        }
    }

    /// How to speak to such a server at first.
    pub(super) fn dialect(self) -> Dialect {
        let mut dialect = Dialect::default();
        match self {
            Profile::OpenAi => dialect.limit = TokenLimit::MaxCompletionTokens,
            Profile::LlamaCpp => dialect.usage_of_first_choice = true,
            Profile::Ollama | Profile::OpenRouter => dialect.refuse(Parameter::N),
            Profile::Auto | Profile::Vllm | Profile::Generic => {}
        }
        dialect
    }
}

impl FromStr for Profile {
    type Err = ConfigError;

    fn from_str(given: &str) -> Result<Profile, ConfigError> {
        NAMES
            .iter()
            .find(|(name, _)| *name == given)
            .map(|(_, profile)| *profile)
            .ok_or_else(|| ConfigError::Profile {
                given: given.to_owned(),
                known: Profile::names().collect::<Vec<_>>().join(", "),
            })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES
            .iter()
            .find(|(_, profile)| profile == self)
            .map_or("?", |(name, _)| name);
        f.write_str(name)
    }
}

/// A part of a request that some servers refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Parameter {
    /// `n`: several choices at once.
    N,
    /// `max_tokens`, or `max_completion_tokens`.
    TokenLimit,
    /// `response_format` with a JSON schema.
    Schema,
    /// `seed`.
    Seed,
    /// `stop`.
    Stop,
    /// `temperature`.
    Temperature,
    /// `top_p`.
    TopP,
}

impl Parameter {
    /// Every parameter, in the order of their bits in [`Dialect::refused`].
    pub(super) const ALL: [Parameter; 7] = [
        Parameter::N,
        Parameter::TokenLimit,
        Parameter::Schema,
        Parameter::Seed,
        Parameter::Stop,
        Parameter::Temperature,
        Parameter::TopP,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Parameter::N => "n",
            Parameter::TokenLimit => "max_tokens",
            Parameter::Schema => "response_format",
            Parameter::Seed => "seed",
            Parameter::Stop => "stop",
            Parameter::Temperature => "temperature",
            Parameter::TopP => "top_p",
        }
    }

    /// Names by which error messages speak of it.
    pub(super) fn aliases(self) -> &'static [&'static str] {
        match self {
            Parameter::N => &["n", "n_cmpl"],
            Parameter::TokenLimit => &["max_tokens", "max_completion_tokens"],
            Parameter::Schema => &["response_format", "json_schema", "grammar", "guided_json"],
            Parameter::Seed => &["seed"],
            Parameter::Stop => &["stop"],
            Parameter::Temperature => &["temperature"],
            Parameter::TopP => &["top_p"],
        }
    }
}

/// The name of the limit of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TokenLimit {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

/// How to speak to one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) limit: TokenLimit,
    /// The usage of a reply with several choices counts the completion of the first only.
    pub(super) usage_of_first_choice: bool,
    /// The limit was renamed already, so a second refusal is about its value.
    renamed: bool,
    refused: u8,
}

impl Dialect {
    pub(super) fn takes(&self, parameter: Parameter) -> bool {
        self.refused & (1 << parameter as u8) == 0
    }

    pub(super) fn refuse(&mut self, parameter: Parameter) {
        self.refused |= 1 << parameter as u8;
    }

    /// This dialect after the server objected to a parameter; `None` when nothing is left
    /// to change about it. A limit of tokens is renamed once and never left out: without it
    /// nothing would bound the cost of a request.
    pub(super) fn after_refusal(mut self, parameter: Parameter) -> Option<Dialect> {
        if parameter == Parameter::TokenLimit {
            if self.renamed {
                return None;
            }
            self.renamed = true;
            self.limit = match self.limit {
                TokenLimit::MaxTokens => TokenLimit::MaxCompletionTokens,
                TokenLimit::MaxCompletionTokens => TokenLimit::MaxTokens,
            };
            return Some(self);
        }
        if !self.takes(parameter) {
            return None;
        }
        self.refuse(parameter);
        Some(self)
    }

    /// This dialect with what is known of a kind of server besides.
    pub(super) fn join(mut self, known: Dialect) -> Dialect {
        self.refused |= known.refused;
        self.usage_of_first_choice |= known.usage_of_first_choice;
        if !self.renamed {
            self.limit = known.limit;
        }
        self
    }
}
