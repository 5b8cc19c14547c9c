//! The client and the response cache against HTTP servers on loopback: proper ones
//! (`server::Server`), and ones that do what a proper server cannot (`server::Raw`).
//!
//! Time decides nothing here: delays are asserted as the client planned them, and on the
//! server's side as lower bounds only.

#![allow(clippy::unwrap_used)]

#[path = "llm_client/server.rs"]
mod server;

#[path = "llm_client/cache.rs"]
mod cache;
#[path = "llm_client/dialects.rs"]
mod dialects;
#[path = "llm_client/faults.rs"]
mod faults;
#[path = "llm_client/in_flight.rs"]
mod in_flight;
#[path = "llm_client/retries.rs"]
mod retries;
#[path = "llm_client/secrets.rs"]
mod secrets;
