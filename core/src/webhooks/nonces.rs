//! Which nonces came before.

use std::collections::{HashSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits;

/// Why a store could not tell. The verifier goes on without it.
pub type NonceStoreError = Box<dyn Error + Send + Sync>;

/// Remembers which nonces came before, so that a callback that comes again can be marked as a duplicate.
///
/// [`InMemoryNonces`] knows what this process has seen. A service of several processes keeps its nonces where all of them
/// look, such as in a database with a unique key. It is asked on the thread that verifies, and only for callbacks that are
/// genuine. A store that can only be asked asynchronously is asked after verifying, with the event's `nonce`.
///
/// A store that fails or panics never costs an event: it then counts as no duplicate, and the log says so.
///
/// ```
/// use std::collections::HashSet;
/// use std::sync::Mutex;
/// use std::time::Duration;
/// use tidings_core::webhooks::{NonceStore, NonceStoreError};
///
/// struct Everything(Mutex<HashSet<String>>);
///
/// impl NonceStore for Everything {
///     fn first_use(&self, nonce: &str, _keep_for: Duration) -> Result<bool, NonceStoreError> {
///         Ok(self.0.lock().map_err(|_| "the lock is broken")?.insert(nonce.to_owned()))
///     }
/// }
/// ```
pub trait NonceStore: Send + Sync {
    /// Notes a nonce, and tells whether it was not there before. Of two calls at the same time with one nonce, only one
    /// may get `true`.
    ///
    /// After `keep_for` it may be forgotten: a callback with it is stale then.
    fn first_use(&self, nonce: &str, keep_for: Duration) -> Result<bool, NonceStoreError>;
}

/// Several verifiers can share one store.
impl<S: NonceStore + ?Sized> NonceStore for Arc<S> {
    fn first_use(&self, nonce: &str, keep_for: Duration) -> Result<bool, NonceStoreError> {
        (**self).first_use(nonce, keep_for)
    }
}

/// The nonces that this process has seen: [`limits::NONCES`] of them unless set otherwise, each for as long as a callback
/// with it could pass. If there are more, the oldest are forgotten first.
///
/// ```
/// use tidings_core::webhooks::{InMemoryNonces, WebhookVerifier};
/// let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
/// ```
pub struct InMemoryNonces {
    limit: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    nonces: HashSet<Arc<str>>,
    /// The same in the order they came, with the moment from which each may be forgotten.
    order: VecDeque<(Instant, Arc<str>)>,
}

impl InMemoryNonces {
    /// A store for [`limits::NONCES`] nonces.
    pub fn new() -> Self {
        Self::at_most(limits::NONCES)
    }

    /// A store for this many nonces. With 0 it remembers nothing.
    pub fn at_most(limit: usize) -> Self {
        Self { limit, seen: Mutex::default() }
    }
}

impl Default for InMemoryNonces {
    fn default() -> Self {
        Self::new()
    }
}

impl NonceStore for InMemoryNonces {
    fn first_use(&self, nonce: &str, keep_for: Duration) -> Result<bool, NonceStoreError> {
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_until(now);
        if seen.nonces.contains(nonce) {
            return Ok(false);
        }
        // Where the clock cannot count so far, the number of nonces is the only bound.
        let end = now.checked_add(keep_for).unwrap_or_else(|| now + Duration::from_hours(24 * 365));
        let nonce: Arc<str> = nonce.into();
        seen.nonces.insert(Arc::clone(&nonce));
        seen.order.push_back((end, nonce));
        while seen.order.len() > self.limit {
            seen.forget_oldest();
        }
        Ok(true)
    }
}

impl Seen {
    /// Callbacks come roughly in the order they were signed: one that may go waits at most for the few before it.
    fn forget_until(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(end, _)| *end < now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, nonce)) = self.order.pop_front() {
            self.nonces.remove(&nonce);
        }
    }
}

impl fmt::Debug for InMemoryNonces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).order.len();
        formatter.debug_struct("InMemoryNonces").field("seen", &seen).field("limit", &self.limit).finish()
    }
}
