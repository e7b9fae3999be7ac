//! The engine of Tidings, a client for the Sinch Conversation API.
//!
//! Everything that happens on the road of a call is here, once, for every language: defaults, validation,
//! authentication, sending, retries, and the judgement whether a call was accepted, rejected or is *unknown*. Bodies
//! are bytes; there are no models here. The typed client for Rust is the crate `tidings`.
//!
//! The road of one call, in [`Engine::execute`]: fill in defaults, turn what is ours into calls of the API, validate,
//! wait for a place and a turn, get a token, try, judge, perhaps try again.

#![forbid(unsafe_code)]

mod addresses;
mod call;
mod composed;
mod config;
pub mod contract;
mod credentials;
pub mod door;
mod engine;
mod error;
mod events;
mod exchange;
pub mod generated;
mod json;
mod judgement;
mod limiter;
pub mod limits;
pub mod mask;
mod network;
mod paging;
mod prepare;
pub mod receipts;
mod retry;
pub mod segments;
mod statistics;
mod token;
mod transport;
mod tree;
pub mod validation;
mod watch;
pub mod webhooks;

pub use call::{Call, CallOptions, Response};
pub use config::{Config, Region};
pub use credentials::{Credentials, ProvidedToken, ProviderError, Secret, TokenFuture, TokenProvider};
pub use engine::Engine;
pub use error::{Error, ErrorKind, Evidence, Phase};
pub use events::RetryEvent;
pub use paging::Pager;
pub use retry::RetryPolicy;
pub use statistics::Statistics;
