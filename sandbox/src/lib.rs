//! The Sinch Conversation API on localhost, for tests and for learning: no account, no phone, no network.
//!
//! ```
//! use tidings_sandbox::{Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::default())?;
//! assert!(sandbox.url().starts_with("http://127.0.0.1:"));
//! for (name, value) in sandbox.environment() {
//!     println!("{name}={value}"); // what a client reads to come here
//! }
//! sandbox.stop();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! It is independent of Sinch, neither affiliated with nor endorsed by it.
//!
//! # What it plays
//!
//! One address stands for all hosts: paths are those of the contract's keys, so operations of the batch host begin
//! with `/batch`. A request whose `Host` is a host of the API, such as `us.conversationbatch.api.sinch.com`, uses the
//! real path. HTTP/1.1 and HTTP/2 with prior knowledge are served. What is refused is refused in the real error form,
//! after the same table that the client validates by.
//!
//! - `auth.token`: signed tokens that really expire, and the endpoint's bucket of 30 requests, 10 a second.
//! - `apps.*` and `webhooks.*`, all of them. Channels are active as soon as they are written.
//! - `messages.*`, all of them, in both processing modes.
//! - Delivery: each accepted message is queued on its channel and then reaches its handset, within 40 ms by default.
//!   The ledger says what each handset got. The callbacks `MESSAGE_DELIVERY` and `MESSAGE_SUBMIT` are signed,
//!   repeated after 1, 2, 4, 8 and 16 s without a 2xx, and come in order per webhook.
//!
//! Everything else in the contract is checked like any call and then answered with 501: `batches.*`, `capability.*`,
//! `consents.*`, `contacts.*`, `conversations.*`, `events.*`, `project_settings.*`, `templates.*`, `transcoding.*`.
//! Also not played yet: the limits of 800 requests a second and of the app's own rates, `ttl`, fallback to a second
//! channel, inbound messages, the daily clean-up of stored messages, and `client_credentials` of webhooks.
//!
//! # Control
//!
//! Under `/_sandbox/` are operations of the sandbox's own, without credentials: reset, the ledger and waiting for a
//! message, the journal of requests, faults, and `run-until-idle`, which moves the clock on until nothing is planned.
//! The typed clients have them as methods.
//!
//! # The same every time
//!
//! Ids, nonces, delays and the strikes of faults with a share are drawn from [`Options::seed`]. With [`Clock::Virtual`]
//! and calls one after the other, two runs are equal byte for byte.

#![forbid(unsafe_code)]

mod answer;
mod api;
mod auth;
mod callbacks;
mod clock;
mod connection;
mod control;
mod errors;
mod exchange;
mod faults;
mod identifiers;
mod journal;
mod options;
mod receipts;
mod router;
mod scheduler;
mod server;
mod shelf;
mod sms;
mod state;

use std::fmt;
use std::io;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub use clock::Clock;
pub use options::{Options, Retained};

/// The project that [`Sandbox::environment`] names. Any other project exists as well.
const PROJECT: &str = "sandbox-project";

/// A running sandbox, with a thread of its own. It stops when it is dropped.
///
/// Starting blocks for some milliseconds, stopping for a quarter of a second at most while requests are under way.
/// Both can be done from synchronous and asynchronous code alike. Everything else is done over HTTP at
/// [`url`](Self::url).
pub struct Sandbox {
    url: String,
    key_id: String,
    key_secret: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox on 127.0.0.1. When this returns, it answers.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for options that make no sense, `AddrInUse` for a port that is taken, and whatever the system
    /// says when it has no socket or thread left.
    pub fn start(options: Options) -> io::Result<Self> {
        if let Some(fault) = options.fault() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the sandbox's options: {fault}"),
            ));
        }
        let listener = server::listen(options.port)?;
        let url = format!("http://{}", listener.local_addr()?);
        let (key_id, key_secret) = (options.key_id.clone(), options.key_secret.clone());
        let (stop, stopped) = oneshot::channel();
        let (started, outcome) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name("tidings-sandbox".into()).spawn(move || {
            tidings_core::door::block_broken_pipe_signal();
            let started = |result| drop(started.send(result));
            server::run(options, listener, started, stopped);
        })?;
        let sandbox = Self { url, key_id, key_secret, stop: Some(stop), thread: Some(thread) };
        match outcome.recv() {
            Ok(result) => result.map(|()| sandbox),
            Err(_) => Err(io::Error::other("the sandbox's thread ended at its start")),
        }
    }

    /// Where it answers, such as `http://127.0.0.1:40123`; without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of the access key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The secret of the access key.
    pub fn key_secret(&self) -> &str {
        &self.key_secret
    }

    /// The variables of the environment that lead a client here, as names and values.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("SINCH_PROJECT_ID", PROJECT.to_owned()),
            ("SINCH_KEY_ID", self.key_id.clone()),
            ("SINCH_KEY_SECRET", self.key_secret.clone()),
            ("TIDINGS_BASE_URL", self.url.clone()),
        ]
    }

    /// Stops it: requests under way have a quarter of a second to end, then every connection is closed. Afterwards
    /// the port is free and the thread has ended. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("url", &self.url)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
