//! What an engine has done so far, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a client has done since it was made. A snapshot: the numbers are read one after the other.
///
/// Every call is counted in one of `accepted`, `failed`, `unknown`, `cancelled` once it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Calls that have begun, also those that were refused before the network.
    pub calls: u64,
    /// Calls that were accepted.
    pub accepted: u64,
    /// Calls that ended with an error, other than those of which nobody knows.
    pub failed: u64,
    /// Calls that may have been carried out and whose caller cannot know: the ones that `on_unknown` is told of.
    pub unknown: u64,
    /// Calls that were called off and are certain not to have been carried out, or do no harm if they were.
    pub cancelled: u64,
    /// Requests that went out, or were tried to; those for tokens are not counted.
    pub attempts: u64,
    /// Attempts that were not the first of their call.
    pub retries: u64,
    /// Requests for a token: to the token endpoint or to the app's own provider.
    pub token_fetches: u64,
    /// Attempts that wait for their turn, because of the concurrency or the rate.
    pub waiting: u64,
}

impl Statistics {
    /// Calls that have begun and not ended.
    pub fn under_way(&self) -> u64 {
        let ended = self.accepted + self.failed + self.unknown + self.cancelled;
        self.calls.saturating_sub(ended)
    }
}

/// The counters behind it.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) accepted: Counter,
    pub(crate) failed: Counter,
    pub(crate) unknown: Counter,
    pub(crate) cancelled: Counter,
    pub(crate) attempts: Counter,
    pub(crate) retries: Counter,
    pub(crate) token_fetches: Counter,
    waiting: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Statistics {
        // The ended ones first, so that no call is seen to end before it begins.
        let (accepted, failed) = (self.accepted.get(), self.failed.get());
        let (unknown, cancelled) = (self.unknown.get(), self.cancelled.get());
        Statistics {
            calls: self.calls.get(),
            accepted,
            failed,
            unknown,
            cancelled,
            attempts: self.attempts.get(),
            retries: self.retries.get(),
            token_fetches: self.token_fetches.get(),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Counts one that waits, for as long as the guard lives.
    pub(crate) fn waits(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }
}

#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
