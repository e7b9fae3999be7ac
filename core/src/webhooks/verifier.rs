//! Checking that a callback comes from the API, and is fresh.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::Mac;

use super::headers::Signed;
use super::{
    ALGORITHM, Headers, NonceStore, SIGNATURE_HEADER, TIMESTAMP_HEADER, VerificationError, mac,
    parse_unverified,
};
use crate::limits;

/// A callback that comes from the API and is fresh.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedEvent<'a> {
    /// The trigger that a webhook names to get this event, such as `MESSAGE_DELIVERY`; `None` for one that this release
    /// does not know.
    pub trigger: Option<&'static str>,
    /// The body, byte for byte as it came.
    pub raw: &'a [u8],
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

/// Shows everything but the body.
impl fmt::Debug for VerifiedEvent<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedEvent")
            .field("trigger", &self.trigger)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("duplicate", &self.duplicate)
            .field("nonce", &self.nonce)
            .field("signed_at", &self.signed_at)
            .finish()
    }
}

/// Checks that callbacks come from the API and are fresh. Cheap to clone; the clones share the store of nonces.
///
/// The example is [the module's](super).
#[derive(Clone)]
pub struct WebhookVerifier {
    /// No empty ones: with an empty key everybody could sign.
    secrets: Vec<Vec<u8>>,
    tolerance: Duration,
    nonces: Option<Arc<dyn NonceStore>>,
}

impl WebhookVerifier {
    /// A verifier for one secret, with a window of [`limits::WEBHOOK_TOLERANCE`] and no store of nonces. With an empty
    /// secret every callback fails with [`VerificationError::NoSecret`].
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        let verifier = Self { secrets: Vec::new(), tolerance: limits::WEBHOOK_TOLERANCE, nonces: None };
        verifier.or_secret(secret)
    }

    /// Accepts a further secret, so that one can be replaced without a gap. An empty one is left out.
    pub fn or_secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        if !secret.is_empty() {
            self.secrets.push(secret.to_vec());
        }
        self
    }

    /// How far from now the timestamp may lie, before or after.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Marks callbacks whose nonce came before. Only the nonces of genuine and fresh callbacks are stored.
    pub fn nonces(mut self, store: impl NonceStore + 'static) -> Self {
        self.nonces = Some(Arc::new(store));
        self
    }

    /// Checks the bytes of a callback as they were received, with their headers, against the clock of this machine.
    ///
    /// The body may be of any size; how much of it is read from the network is for the web server to limit.
    pub fn verify<'a>(
        &self,
        body: &'a [u8],
        headers: &(impl Headers + ?Sized),
    ) -> Result<VerifiedEvent<'a>, VerificationError> {
        self.verify_at(body, headers, SystemTime::now())
    }

    /// The same with another moment as now, for tests.
    pub fn verify_at<'a>(
        &self,
        body: &'a [u8],
        headers: &(impl Headers + ?Sized),
        now: SystemTime,
    ) -> Result<VerifiedEvent<'a>, VerificationError> {
        if self.secrets.is_empty() {
            return Err(VerificationError::NoSecret);
        }
        let Signed { signature, timestamp, nonce, algorithm } = Signed::read(headers)?;
        if algorithm != ALGORITHM {
            return Err(VerificationError::Algorithm);
        }
        let signed_at =
            moment(&timestamp).ok_or(VerificationError::MalformedHeader { name: TIMESTAMP_HEADER })?;
        let signature = BASE64_STANDARD
            .decode(signature)
            .map_err(|_| VerificationError::MalformedHeader { name: SIGNATURE_HEADER })?;
        let genuine = self
            .secrets
            .iter()
            .any(|secret| mac(secret, body, &nonce, &timestamp).verify_slice(&signature).is_ok());
        if !genuine {
            return Err(VerificationError::Mismatch);
        }
        // What follows is told of genuine callbacks only, so that the answer tells a stranger nothing.
        let (now, signed) = (since_epoch(now), since_epoch(signed_at));
        if now.abs_diff(signed) > self.tolerance {
            return Err(VerificationError::Stale);
        }
        let trigger = parse_unverified(body)?;
        let stale_in = signed.saturating_add(self.tolerance).saturating_sub(now);
        let duplicate = self.came_before(&nonce, stale_in);
        Ok(VerifiedEvent { trigger, raw: body, duplicate, nonce, signed_at })
    }

    /// The store is the app's own code: whatever it does, the event is given.
    fn came_before(&self, nonce: &str, keep_for: Duration) -> bool {
        let Some(store) = &self.nonces else { return false };
        match catch_unwind(AssertUnwindSafe(|| store.first_use(nonce, keep_for))) {
            Ok(Ok(first)) => !first,
            // Its text may hold anything, such as the address and the password of a database.
            Ok(Err(_)) => {
                tracing::error!(target: "tidings", "the store of nonces failed; the event is given as no duplicate");
                false
            }
            Err(_) => {
                tracing::error!(target: "tidings", "the store of nonces panicked; the event is given as no duplicate");
                false
            }
        }
    }
}

/// Unix seconds as a moment; `None` where they are not digits alone, or beyond what a clock can show.
fn moment(timestamp: &str) -> Option<SystemTime> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    jiff::Timestamp::from_second(timestamp.parse().ok()?).ok()?.try_into().ok()
}

fn since_epoch(moment: SystemTime) -> Duration {
    moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Shows how many secrets there are, and none of them.
impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebhookVerifier")
            .field("secrets", &self.secrets.len())
            .field("tolerance", &self.tolerance)
            .field("nonces", &self.nonces.is_some())
            .finish()
    }
}
