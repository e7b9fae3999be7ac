//! Typed client for the Sinch Conversation API: SMS, WhatsApp, RCS and ten more channels.
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings::Error> {
//! let client = tidings::Client::from_env()?;
//! let sent = client.sms().send("+46701234567", "Your code is 4711").await?;
//! println!("{}", sent.message_id);
//! # Ok(())
//! # }
//! ```
//!
//! Needs a tokio runtime; for programs without one [`blocking::Client`] is its twin. [`Config::from_env`] names the
//! variables of the environment; [`Config`] sets the same by code.
//!
//! # What became of a call
//!
//! A call ends **accepted** (`Ok`), **rejected**, or **unknown** ([`ErrorKind::UnknownOutcome`]): the request went out
//! and no answer tells what became of it. An unknown call is never repeated on its own, so that no text goes out twice.
//!
//! ```no_run
//! # async fn example(client: tidings::Client) {
//! use tidings::ErrorKind;
//! match client.sms().send("+46701234567", "Your code is 4711").message_metadata("order 7").await {
//!     Ok(sent) => println!("accepted: {}", sent.message_id),
//!     Err(error) if error.kind() == ErrorKind::UnknownOutcome => println!("look for it: {:?}", error.evidence()),
//!     Err(error) => println!("not sent: {error}"),
//! }
//! # }
//! ```
//!
//! # Where things are
//!
//! Every type of the API is in [`models`], every method on the structs that [`Client`] hands out, such as
//! [`Client::messages`]. Every answer is a [`Response`] that also keeps the exact bytes it came in.
//!
//! Tests need no account: the crate `tidings-sandbox` plays the API on this machine, and [`Client::sandbox`] reaches its
//! control plane (ledger, faults, clock).
//!
//! Tidings is independent: neither affiliated with nor endorsed by Sinch, whose name belongs to its owner.

#![forbid(unsafe_code)]

pub mod blocking;
mod client;
mod generated;
mod paging;
pub mod receipts;
mod request;
pub mod segments;
pub mod webhooks;
mod wire;

pub use client::{Async, Client};
pub use paging::{Items, Paged, Pages};
pub use request::{IntoBody, Method, Request, Response};
pub use tidings_core::{
    Config, Credentials, Error, ErrorKind, Evidence, Phase, ProvidedToken, ProviderError, Region, RetryEvent,
    RetryPolicy, Secret, Statistics, TokenFuture, TokenProvider, limits,
};

/// A JSON object with any content.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// Every type of the API. Fields keep the names of the wire.
///
/// What is written is built with `new` and one method per optional property. Where exactly one of several forms is
/// written there is one constructor for each instead, such as `Recipient::contact_id` or, for the SMS channel,
/// `ChannelCredentialsRequest::static_bearer`; `kind()` tells which form is set. What is read has public fields. Reading
/// never fails on what is new: an unknown value of an enum, an unknown form of a union and an unknown property are
/// kept or passed over, and the bytes are all in [`Response::raw`].
pub mod models {
    pub use crate::generated::models::*;
    pub use crate::wire::{Unrecognized, UnrecognizedVariant};
}

/// The methods of each resource, reached through [`Client`].
pub mod resources {
    pub use crate::generated::resources::*;
}
