//! How a sandbox is set up.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::clock::Clock;

/// How a sandbox is set up. Start from [`Options::default`] and change what matters.
///
/// ```
/// use tidings_sandbox::{Clock, Options};
/// let options = Options::default().seed(7).clock(Clock::Virtual { start: "2026-01-31T09:30:00Z".parse()? });
/// assert_eq!(options.port, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The port on 127.0.0.1; 0, the default, takes any free one.
    pub port: u16,
    /// What ids, nonces, delays and the strikes of faults with a share are drawn from; 1 by default.
    pub seed: u64,
    /// The id of the access key, `sandbox-key` by default. The key is good for every project.
    pub key_id: String,
    /// The secret of the access key, `sandbox-secret` by default.
    pub key_secret: String,
    /// Where time comes from; [`Clock::Real`] by default.
    pub clock: Clock,
    /// How long a token is good for, in whole seconds of the sandbox's clock; 3,600 s by default.
    pub token_lifetime: Duration,
    /// How long after the acceptance of a message it is queued on its channel: drawn from these milliseconds, 1 to 10
    /// by default.
    pub queueing_ms: RangeInclusive<u64>,
    /// How long after that the handset has it: drawn from these milliseconds, 5 to 30 by default.
    pub delivery_ms: RangeInclusive<u64>,
    /// What is kept in memory at most.
    pub retained: Retained,
}

/// What a sandbox keeps in memory at most. Beyond that it forgets the oldest, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retained {
    /// Requests in the journal; 10,000 by default.
    pub requests: usize,
    /// Arrivals in the ledger; 100,000 by default.
    pub arrivals: usize,
    /// Stored messages, over all apps; 100,000 by default.
    pub messages: usize,
    /// Contacts and conversations, each; 100,000 by default.
    pub contacts: usize,
    /// Apps, over all projects; 1,000 by default. A further one is refused with 429.
    pub apps: usize,
    /// Messages of one app that wait for their channel; 500,000 by default, as on the real API. A further one is
    /// refused with 429.
    pub queue: usize,
    /// Callbacks that wait for their turn, over all targets; 100,000 by default. A further one is dropped.
    pub callbacks: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            key_id: "sandbox-key".into(),
            key_secret: "sandbox-secret".into(),
            clock: Clock::Real,
            token_lifetime: Duration::from_hours(1),
            queueing_ms: 1..=10,
            delivery_ms: 5..=30,
            retained: Retained::default(),
        }
    }
}

impl Default for Retained {
    fn default() -> Self {
        Self {
            requests: 10_000,
            arrivals: 100_000,
            messages: 100_000,
            contacts: 100_000,
            apps: 1_000,
            queue: 500_000,
            callbacks: 100_000,
        }
    }
}

impl Options {
    /// Sets the port on 127.0.0.1; 0 takes any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets what ids, nonces, delays and the strikes of faults with a share are drawn from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the access key: its id, which has no colon, and its secret.
    pub fn key(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.key_id = id.into();
        self.key_secret = secret.into();
        self
    }

    /// Sets where time comes from.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how long a token is good for. Parts of a second are cut off; a token of no seconds is expired at once.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Sets how long a message takes to its channel, and from there to its handset, in milliseconds. A slow channel
    /// leaves a test time to look at a message under way.
    pub fn delays(mut self, queueing_ms: RangeInclusive<u64>, delivery_ms: RangeInclusive<u64>) -> Self {
        self.queueing_ms = queueing_ms;
        self.delivery_ms = delivery_ms;
        self
    }

    /// Sets what is kept in memory at most.
    pub fn retained(mut self, retained: Retained) -> Self {
        self.retained = retained;
        self
    }

    /// What is wrong with the options, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.key_id.is_empty() || self.key_id.contains(':') {
            // RFC 7617: the first colon ends the user name.
            return Some("the key id must be filled and must hold no colon");
        }
        if self.key_secret.is_empty() {
            return Some("the key secret must be filled");
        }
        if self.queueing_ms.is_empty() || self.delivery_ms.is_empty() {
            return Some("the delays of receipts must be ranges that hold a value");
        }
        None
    }
}

impl Retained {
    /// Sets how many requests the journal keeps.
    pub fn requests(mut self, most: usize) -> Self {
        self.requests = most;
        self
    }

    /// Sets how many arrivals the ledger keeps.
    pub fn arrivals(mut self, most: usize) -> Self {
        self.arrivals = most;
        self
    }

    /// Sets how many messages are stored.
    pub fn messages(mut self, most: usize) -> Self {
        self.messages = most;
        self
    }

    /// Sets how many contacts and how many conversations are kept.
    pub fn contacts(mut self, most: usize) -> Self {
        self.contacts = most;
        self
    }

    /// Sets how many apps there may be.
    pub fn apps(mut self, most: usize) -> Self {
        self.apps = most;
        self
    }

    /// Sets how many messages of one app may wait for their channel.
    pub fn queue(mut self, most: usize) -> Self {
        self.queue = most;
        self
    }

    /// Sets how many callbacks may wait for their turn.
    pub fn callbacks(mut self, most: usize) -> Self {
        self.callbacks = most;
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("port", &self.port)
            .field("seed", &self.seed)
            .field("key_id", &self.key_id)
            .field("key_secret", &tidings_core::mask::SECRET)
            .field("clock", &self.clock)
            .field("token_lifetime", &self.token_lifetime)
            .field("queueing_ms", &self.queueing_ms)
            .field("delivery_ms", &self.delivery_ms)
            .field("retained", &self.retained)
            .finish()
    }
}
