//! One HTTP exchange: a body goes out, a bounded reply comes back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url, redirect};

use super::endpoint::{ApiKey, ConfigError, Endpoint};
use super::fault::{self, Fault, FaultKind, excerpt};
use super::retry;

/// Bytes of a reply with an error status that are read.
const ERROR_BODY: usize = 64 * 1024;

/// Idle connections are closed after this time. llama.cpp closes its own after 5 s, and a
/// request sent on a connection that is being closed is lost.
const IDLE: Duration = Duration::from_secs(4);

/// A key shorter than this is a placeholder like `none` or `ollama`, which may stand in any
/// text; a longer one is hidden wherever a server repeats it.
const REAL_KEY: usize = 16;

/// The way to one endpoint.
#[derive(Debug)]
pub(super) struct Transport {
    http: Client,
    url: Url,
    key: Option<ApiKey>,
    most_bytes: usize,
}

impl Transport {
    pub(super) fn new(
        endpoint: &Endpoint,
        connect_timeout: Duration,
        most_bytes: usize,
    ) -> Result<Transport, ConfigError> {
        let start = |error: &dyn std::fmt::Display| ConfigError::Start(error.to_string());
        let url = endpoint.completions();
        let mut http = Client::builder()
            .tls_backend_preconfigured(trust(&url).map_err(|error| start(&error))?)
            .user_agent(concat!("cogitree/", env!("CARGO_PKG_VERSION")))
            // Nothing is followed: neither the key nor the conversation goes to an address
            // that the user did not give.
            .redirect(redirect::Policy::none())
            .http1_only()
            // Retries are ours alone, so that each one is counted.
            .retry(reqwest::retry::never())
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE);
        if endpoint.is_loopback() {
            // A proxy cannot reach this machine's own servers.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| start(&error))?;
        Ok(Transport {
            http,
            url,
            key: endpoint.key().cloned(),
            most_bytes,
        })
    }

    /// Sends one request and reads its reply, which has a good status and is UTF-8.
    pub(super) async fn exchange(&self, body: Vec<u8>) -> Result<String, Fault> {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        if let Some(key) = &self.key
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let response = request.send().await.map_err(|error| broken(&error))?;
        let status = response.status();
        let retry_after = retry::asked(response.headers(), SystemTime::now());
        if status.is_success() {
            let kind = header(&response, CONTENT_TYPE.as_str());
            let body = self.read(response, self.most_bytes, false).await?;
            let body = String::from_utf8(body)
                .map_err(|_| Fault::new(FaultKind::Malformed, "it is not UTF-8"))?;
            if is_html(&kind, &body) {
                let page = format!(
                    "it answers with a web page: `{}`",
                    self.hide(excerpt(&body), 1)
                );
                return Err(Fault {
                    status: Some(status.as_u16()),
                    ..Fault::new(FaultKind::NotChat, page)
                });
            }
            return Ok(self.hide(body, REAL_KEY));
        }
        if status.is_redirection() {
            let to = self.hide(header(&response, LOCATION.as_str()), 1);
            let words = format!("it redirects to `{}`", excerpt(&to));
            return Err(Fault {
                status: Some(status.as_u16()),
                ..Fault::new(FaultKind::NotChat, words)
            });
        }
        // The status alone tells what to do, even when the words are lost.
        let body = self
            .read(response, ERROR_BODY, true)
            .await
            .unwrap_or_default();
        let body = self.hide(String::from_utf8_lossy(&body).into_owned(), 1);
        Err(Fault {
            retry_after,
            ..fault::of_status(status.as_u16(), &body)
        })
    }

    /// Reads a body chunk by chunk. One that is too long is cut, or is a fault.
    async fn read(&self, mut response: Response, most: usize, cut: bool) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            let room = most - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                if cut {
                    break;
                }
                let words = format!("it is longer than {most} bytes");
                return Err(Fault::new(FaultKind::Malformed, words));
            }
        }
        Ok(body)
    }

    /// Hides the key in what a server says, if it is at least so long.
    fn hide(&self, text: String, shortest: usize) -> String {
        match &self.key {
            Some(key) if key.expose().len() >= shortest && text.contains(key.expose()) => {
                text.replace(key.expose(), "[key]")
            }
            _ => text,
        }
    }
}

/// Whom the connection trusts: the certificates of the system, through ring.
fn trust(url: &Url) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    // A system without certificates can still talk to a server that has none.
    let config = if url.scheme() == "https" {
        let system = rustls_platform_verifier::Verifier::new(provider)?;
        config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(system))
    } else {
        config.with_root_certificates(rustls::RootCertStore::empty())
    };
    Ok(config.with_no_client_auth())
}

fn header(response: &Response, name: &str) -> String {
    let value = response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn is_html(content_type: &str, body: &str) -> bool {
    let start: String = body
        .trim_start()
        .chars()
        .take(14)
        .collect::<String>()
        .to_lowercase();
    content_type.to_lowercase().starts_with("text/html")
        || start.starts_with("<!doctype html")
        || start.starts_with("<html")
}

/// A connection that failed, in the words of its deepest cause. The URL is left out: the
/// caller names the endpoint.
fn broken(error: &reqwest::Error) -> Fault {
    let kind = if error.is_connect() {
        FaultKind::Connect
    } else {
        FaultKind::Broken
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    Fault::new(kind, format!("{what}: {}", excerpt(&cause.to_string())))
}
