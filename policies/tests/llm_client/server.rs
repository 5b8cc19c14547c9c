//! Servers for the tests, and a client that retries at once.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cogitree_policies::llm::*;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// Stands for a real key in every test: long, and found nowhere by chance.
pub(crate) const KEY: &str = "sk-secret-0123456789abcdef";

/// A request as a server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) body: Value,
    pub(crate) authorization: String,
}

/// A proper HTTP server with the one path of the interface.
pub(crate) struct Server {
    mock: MockServer,
    seen: Arc<Mutex<Vec<Seen>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Answers with what the function makes of the number of the request, from 0, and its
    /// body.
    pub(crate) fn new(
        answer: impl Fn(usize, &Value) -> ResponseTemplate + Send + Sync + 'static,
    ) -> Server {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let respond = move |request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let authorization = request.headers.get("authorization");
            let mut log = log.lock().unwrap();
            log.push(Seen {
                at: Instant::now(),
                body: body.clone(),
                authorization: authorization.map_or("", |v| v.to_str().unwrap()).to_owned(),
            });
            answer(log.len() - 1, &body)
        };
        let mock = runtime.block_on(async {
            let mock = MockServer::start().await;
            let post = Mock::given(method("POST")).and(path("/v1/chat/completions"));
            post.respond_with(respond).mount(&mock).await;
            mock
        });
        Server {
            mock,
            seen,
            _runtime: runtime,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/v1", self.mock.uri())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// A good reply with these texts, and 10 tokens in and 5 out for each.
pub(crate) fn said(texts: &[&str]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(spoken(texts))
}

pub(crate) fn spoken(texts: &[&str]) -> Value {
    let choices: Vec<Value> = texts
        .iter()
        .map(|text| json!({"message": {"content": text}, "finish_reason": "stop"}))
        .collect();
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5 * texts.len()});
    json!({"choices": choices, "usage": usage})
}

pub(crate) fn error(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {"message": message}}))
}

/// A server that writes what it likes. Every connection brings one request.
pub(crate) struct Raw {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Raw {
    /// Hands each request's number, from 0, and its connection to the function, each on its
    /// own thread; the connection is closed when it returns.
    pub(crate) fn new(answer: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Raw {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), Arc::clone(&requests));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                thread::spawn(move || {
                    let mut connection = connection.unwrap();
                    if read_request(&mut connection) {
                        answer(count.fetch_add(1, SeqCst), &mut connection);
                    }
                });
            }
        });
        Raw { address, requests }
    }

    /// Answers every request with the same bytes.
    pub(crate) fn saying(bytes: impl Into<Vec<u8>>) -> Raw {
        let bytes = bytes.into();
        // The client may hang up before it has heard all.
        Raw::new(move |_, connection| drop(connection.write_all(&bytes)))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }
}

/// Reads one request to its end; false when the peer hung up before.
fn read_request(connection: &mut TcpStream) -> bool {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(head) = read.windows(4).position(|w| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if read.len() >= head + 4 + length {
                return true;
            }
        }
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A whole HTTP reply with status 200.
pub(crate) fn http(content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    )
    .into_bytes();
    reply.extend_from_slice(body);
    reply
}

/// Short delays, so that tests need not wait; as many retries as the default.
pub(crate) fn at_once() -> RetryPolicy {
    RetryPolicy {
        first_delay: Duration::from_millis(1),
        most_delay: Duration::from_millis(4),
        ..RetryPolicy::default()
    }
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url, "tiny")
        .unwrap()
        .with_key(ApiKey::new(KEY).unwrap())
}

/// A client of this address that retries at once.
pub(crate) fn client(url: &str) -> OpenAiClient {
    OpenAiClient::builder(endpoint(url))
        .retry(at_once())
        .build()
        .unwrap()
}

pub(crate) fn question() -> ChatRequest {
    ChatRequest::new(vec![Message::user("What is 6 times 7?")])
}

pub(crate) fn ask(url: &str) -> Result<ChatReply, ChatError> {
    client(url).chat(&question())
}

pub(crate) fn texts(reply: &ChatReply) -> Vec<&str> {
    reply
        .choices
        .iter()
        .map(|choice| choice.text.as_str())
        .collect()
}
