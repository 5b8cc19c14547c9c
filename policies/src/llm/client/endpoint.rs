//! Where the model is, its name, and the key: from the command line and the environment.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::llm::ModelId;

/// Where requests go when nothing else is said.
const DEFAULT_URL: &str = "https://api.openai.com/v1";

/// A key to a server. It is shown nowhere: `Debug` hides it, there is no `Display` and no
/// serialisation, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Takes a key as it stands in a variable or a file: space around it is cut.
    ///
    /// # Errors
    /// When it is empty or cannot stand in an HTTP header.
    pub fn new(text: &str) -> Result<ApiKey, ConfigError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ConfigError::Key);
        }
        Ok(ApiKey(SecretString::from(text)))
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// A server with the OpenAI chat-completions interface, and the model wanted from it.
///
/// ```
/// use cogitree_policies::llm::Endpoint;
///
/// let variables = |name: &str| match name {
///     "OPENAI_BASE_URL" => Some("http://127.0.0.1:8000/v1/".to_owned()),
///     "OPENAI_API_KEY" => Some("sk-0123456789".to_owned()),
///     _ => None,
/// };
/// let endpoint = Endpoint::from_env(None, Some("tiny"), variables).unwrap();
/// assert_eq!(endpoint.id().endpoint, "http://127.0.0.1:8000/v1");
/// assert!(!format!("{endpoint:?}").contains("0123456789"));
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: Url,
    model: String,
    key: Option<ApiKey>,
}

impl Endpoint {
    /// A server by its base URL (the part before `/chat/completions`), without a key.
    ///
    /// # Errors
    /// When the URL is not http or https, or has a user, a password, a query or a fragment:
    /// secrets in a URL end up in messages.
    pub fn new(url: &str, model: &str) -> Result<Endpoint, ConfigError> {
        let refuse = |why: &'static str| ConfigError::BaseUrl { why };
        let mut base = Url::parse(url.trim()).map_err(|_| refuse("it is not a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(refuse(
                "it does not begin with http:// or https:// and a host",
            ));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(refuse("it holds a user or a password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refuse("it has a query or a fragment"));
        }
        let path = base.path().trim_end_matches('/');
        let path = path
            .strip_suffix("/chat/completions")
            .unwrap_or(path)
            .to_owned();
        base.set_path(&path);
        let model = model.trim();
        if model.is_empty() {
            return Err(ConfigError::Model);
        }
        Ok(Endpoint {
            base,
            model: model.to_owned(),
            key: None,
        })
    }

    /// The endpoint that the command line and the environment name. What is given here wins;
    /// else `COGITREE_LLM_URL`, `OPENAI_BASE_URL`, and OpenAI's own address; `COGITREE_MODEL`;
    /// and `COGITREE_API_KEY`, `OPENAI_API_KEY`, or no key. An empty variable counts as unset.
    ///
    /// `variable` looks a variable up: `|name| std::env::var(name).ok()`.
    ///
    /// # Errors
    /// As [`Endpoint::new`] and [`ApiKey::new`], and when no model is named.
    pub fn from_env(
        url: Option<&str>,
        model: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, ConfigError> {
        let first = |given: Option<&str>, names: &[&str]| {
            given.map(str::to_owned).or_else(|| {
                names
                    .iter()
                    .find_map(|name| variable(name).filter(|value| !value.trim().is_empty()))
            })
        };
        let url = first(url, &["COGITREE_LLM_URL", "OPENAI_BASE_URL"]);
        let model = first(model, &["COGITREE_MODEL"]).ok_or(ConfigError::Model)?;
        let mut endpoint = Endpoint::new(url.as_deref().unwrap_or(DEFAULT_URL), &model)?;
        if let Some(key) = first(None, &["COGITREE_API_KEY", "OPENAI_API_KEY"]) {
            endpoint.key = Some(ApiKey::new(&key)?);
        }
        Ok(endpoint)
    }

    /// Sends this key with every request.
    pub fn with_key(mut self, key: ApiKey) -> Endpoint {
        self.key = Some(key);
        self
    }

    /// What tells replies of this model from those of another. Holds no secret.
    pub fn id(&self) -> ModelId {
        ModelId {
            endpoint: self.shown(),
            model: self.model.clone(),
        }
    }

    /// The base URL without a slash at its end.
    pub(super) fn shown(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    pub(super) fn key(&self) -> Option<&ApiKey> {
        self.key.as_ref()
    }

    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or("")
    }

    /// Whether the server is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    }

    /// Where the requests go.
    pub(super) fn completions(&self) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/chat/completions",
            self.base.path().trim_end_matches('/')
        ));
        url
    }
}

/// The client cannot be set up as asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base URL cannot be used. It is not repeated here: it may hold a secret.
    #[error(
        "the base URL of the language model cannot be used: {why} (set --llm-url or \
         COGITREE_LLM_URL to something like http://127.0.0.1:8000/v1, and a key to \
         COGITREE_API_KEY)"
    )]
    BaseUrl {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key cannot be used.
    #[error(
        "the API key is empty or has spaces or characters that are not ASCII (set COGITREE_API_KEY or OPENAI_API_KEY to the key alone)"
    )]
    Key,
    /// No model is named.
    #[error("no language model is named (set --model or COGITREE_MODEL)")]
    Model,
    /// There is no profile of this name.
    #[error("there is no server profile `{given}` (there are {known})")]
    Profile {
        /// The name given.
        given: String,
        /// The names there are.
        known: String,
    },
    /// The machine gives the client no threads, or no certificates to trust.
    #[error("the HTTP client cannot start: {0}")]
    Start(String),
}
