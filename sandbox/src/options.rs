use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::clock::Clock;

/// How a sandbox is set up.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The port; 0, the default, takes a free one.
    pub port: u16,
    /// Seed of every id, nonce and delay. Default 1.
    pub seed: u64,
    /// Id of the access key. Default `sandbox-key`.
    pub key_id: String,
    /// Secret of the access key. Default `sandbox-secret`.
    pub key_secret: String,
    /// The clock. Default [`Clock::Real`].
    pub clock: Clock,
    /// How long a token is good. Default one hour.
    pub token_lifetime: Duration,
    /// Milliseconds from acceptance to the channel's queue. Default 1 to 10.
    pub queueing_ms: RangeInclusive<u64>,
    /// Milliseconds from the channel's queue to the handset. Default 5 to 30.
    pub delivery_ms: RangeInclusive<u64>,
    /// The most messages, arrivals and callbacks that are kept, each; the oldest go first. Default 100,000.
    pub retained: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            key_id: "sandbox-key".to_owned(),
            key_secret: "sandbox-secret".to_owned(),
            clock: Clock::Real,
            token_lifetime: Duration::from_hours(1),
            queueing_ms: 1..=10,
            delivery_ms: 5..=30,
            retained: 100_000,
        }
    }
}

impl Options {
    /// Sets the port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the access key.
    pub fn key(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        (self.key_id, self.key_secret) = (id.into(), secret.into());
        self
    }

    /// Sets the milliseconds from acceptance to the channel's queue, and from there to the handset.
    pub fn delays(mut self, queueing_ms: RangeInclusive<u64>, delivery_ms: RangeInclusive<u64>) -> Self {
        (self.queueing_ms, self.delivery_ms) = (queueing_ms, delivery_ms);
        self
    }

    /// Sets how many messages, arrivals and callbacks are kept, each.
    pub fn retained(mut self, most: usize) -> Self {
        self.retained = most;
        self
    }

    /// Sets how long a token is good.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("port", &self.port)
            .field("seed", &self.seed)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
