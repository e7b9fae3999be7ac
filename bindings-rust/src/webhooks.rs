//! Callbacks: checking that they are genuine, and reading them.
//!
//! ```
//! use tidings::webhooks::{self, Event, WebhookVerifier};
//! # let body: &[u8] = br#"{"app_id":"01H","project_id":"p","message_delivery_report":{"status":"DELIVERED"}}"#;
//! # let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string();
//! # let mut headers = http::HeaderMap::new();
//! # let signature = webhooks::sign(b"secret", body, "nonce", &now);
//! # headers.insert(webhooks::SIGNATURE_HEADER, signature.parse()?);
//! # headers.insert(webhooks::TIMESTAMP_HEADER, now.parse()?);
//! # headers.insert(webhooks::NONCE_HEADER, "nonce".parse()?);
//! # headers.insert(webhooks::ALGORITHM_HEADER, webhooks::ALGORITHM.parse()?);
//! let verifier = WebhookVerifier::new("secret");
//! // The bytes as they were received, never JSON written again.
//! let verified = verifier.verify(body, &headers)?;
//! match verified.event {
//!     Event::MessageDelivery(callback) => {
//!         let status = callback.message_delivery_report.status.unwrap();
//!         assert_eq!(status.as_str(), "DELIVERED");
//!     }
//!     Event::Unrecognized(_) => println!("newer than this release: {} bytes", verified.raw.len()),
//!     _ => {}
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tidings_core::webhooks as core;

pub use tidings_core::webhooks::{
    ALGORITHM, ALGORITHM_HEADER, Headers, InMemoryNonces, NONCE_HEADER, NonceStore, NonceStoreError,
    SIGNATURE_HEADER, TIMESTAMP_HEADER, VerificationError, sign,
};

pub use crate::generated::events::{Event, UnrecognizedEvent};

/// A callback that comes from the API and is fresh.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct VerifiedEvent {
    /// What it tells.
    pub event: Event,
    /// The body, byte for byte as it came, with everything that the event does not know.
    pub raw: Bytes,
    /// Whether a callback with this nonce came before. Always `false` without a [`NonceStore`].
    ///
    /// The event is given all the same: whoever answered the first one with an error wants to see it again. Callbacks can
    /// also come again under a new nonce, so what must not happen twice is told apart by the event's own ids.
    pub duplicate: bool,
    /// The value that the API used once.
    pub nonce: String,
    /// When the API signed it, to the second.
    pub signed_at: SystemTime,
}

/// Shows the event as its own `Debug` does, without anything personal.
impl fmt::Debug for VerifiedEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedEvent")
            .field("event", &self.event)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("duplicate", &self.duplicate)
            .field("nonce", &self.nonce)
            .field("signed_at", &self.signed_at)
            .finish()
    }
}

/// Checks that callbacks come from the API and are fresh, and reads them. Cheap to clone; the clones share the store of
/// nonces.
///
/// The example is [the module's](self).
#[derive(Clone, Debug)]
pub struct WebhookVerifier {
    verifier: core::WebhookVerifier,
}

impl WebhookVerifier {
    /// A verifier for one secret, with a window of [`limits::WEBHOOK_TOLERANCE`](crate::limits::WEBHOOK_TOLERANCE) and no
    /// store of nonces. With an empty secret every callback fails with [`VerificationError::NoSecret`].
    ///
    /// The secret is that of the webhook; for receipts that go to a message's own `callback_url` it is the app's
    /// `secret_for_overridden_callback_urls`.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self { verifier: core::WebhookVerifier::new(secret) }
    }

    /// Accepts a further secret, so that one can be replaced without a gap. An empty one is left out.
    pub fn or_secret(self, secret: impl AsRef<[u8]>) -> Self {
        Self { verifier: self.verifier.or_secret(secret) }
    }

    /// How far from now the timestamp may lie, before or after.
    pub fn tolerance(self, tolerance: Duration) -> Self {
        Self { verifier: self.verifier.tolerance(tolerance) }
    }

    /// Marks callbacks whose nonce came before. Only the nonces of genuine and fresh callbacks are stored.
    ///
    /// ```
    /// use tidings::webhooks::{InMemoryNonces, WebhookVerifier};
    /// let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
    /// ```
    pub fn nonces(self, store: impl NonceStore + 'static) -> Self {
        Self { verifier: self.verifier.nonces(store) }
    }

    /// Checks the bytes of a callback as they were received, with their headers, against the clock of this machine.
    ///
    /// A genuine callback is always an event: one that this release does not know, or cannot read, is
    /// [`Event::Unrecognized`], and its bytes are in `raw`. The body may be of any size; how much of it is read from the
    /// network is for the web server to limit.
    pub fn verify(
        &self,
        body: &[u8],
        headers: &(impl Headers + ?Sized),
    ) -> Result<VerifiedEvent, VerificationError> {
        self.verify_at(body, headers, SystemTime::now())
    }

    /// The same with another moment as now, for tests.
    pub fn verify_at(
        &self,
        body: &[u8],
        headers: &(impl Headers + ?Sized),
        now: SystemTime,
    ) -> Result<VerifiedEvent, VerificationError> {
        let verified = self.verifier.verify_at(body, headers, now)?;
        Ok(VerifiedEvent {
            event: Event::read(verified.trigger, body),
            raw: Bytes::copy_from_slice(body),
            duplicate: verified.duplicate,
            nonce: verified.nonce,
            signed_at: verified.signed_at,
        })
    }
}

/// Reads the body of a callback **without checking where it comes from**: anybody can post such a body to a webhook's
/// address. For bytes that were verified before, such as those from a queue, and for tests; everything else goes through a
/// [`WebhookVerifier`].
///
/// Fails with [`VerificationError::NotJson`] only where the body is no JSON object.
///
/// ```
/// use tidings::webhooks::parse_unverified;
/// let event = parse_unverified(br#"{"app_id":"01A","message_delivery_report":{"status":"READ"}}"#)?;
/// assert_eq!(event.trigger(), Some("MESSAGE_DELIVERY"));
/// # Ok::<(), tidings::webhooks::VerificationError>(())
/// ```
pub fn parse_unverified(body: &[u8]) -> Result<Event, VerificationError> {
    core::parse_unverified(body).map(|trigger| Event::read(trigger, body))
}
