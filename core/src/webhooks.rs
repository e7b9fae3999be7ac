//! Callbacks: the signature that the API puts on them, made and checked, and what kind of event each one is.
//!
//! The API signs the raw body: HMAC-SHA256 (RFC 2104) over `body.nonce.timestamp` with the webhook's secret, written in
//! base64 with padding (RFC 4648). Only the bytes as they came over the wire can be checked; JSON that was parsed and
//! written again has other bytes.
//!
//! ```
//! use tidings_core::webhooks::{self, WebhookVerifier};
//! let now = std::time::SystemTime::now();
//! let timestamp = now.duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string();
//! let body = br#"{"message":{}}"#;
//! let signature = webhooks::sign(b"secret", body, "nonce", &timestamp);
//! let headers = [
//!     ("X-Sinch-Webhook-Signature", signature.as_str()),
//!     ("X-Sinch-Webhook-Signature-Timestamp", &timestamp),
//!     ("X-Sinch-Webhook-Signature-Nonce", "nonce"),
//!     ("X-Sinch-Webhook-Signature-Algorithm", "HmacSHA256"),
//! ];
//! let event = WebhookVerifier::new("secret").verify(body, &headers)?;
//! assert_eq!(event.trigger, Some("MESSAGE_INBOUND"));
//! assert_eq!(WebhookVerifier::new("other").verify(body, &headers).unwrap_err().as_str(), "mismatch");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod headers;
mod nonces;
mod refusal;
#[cfg(test)]
mod tests;
mod verifier;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use headers::Headers;
pub use nonces::{InMemoryNonces, NonceStore, NonceStoreError};
pub use refusal::VerificationError;
pub use verifier::{VerifiedEvent, WebhookVerifier};

use crate::generated::callbacks::CALLBACKS;
use crate::json::RawObject;

/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "x-sinch-webhook-signature";
/// Header with the moment of signing, in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "x-sinch-webhook-signature-timestamp";
/// Header with a value used once.
pub const NONCE_HEADER: &str = "x-sinch-webhook-signature-nonce";
/// Header with the name of the algorithm.
pub const ALGORITHM_HEADER: &str = "x-sinch-webhook-signature-algorithm";
/// The only algorithm that is accepted, whatever a caller writes in the header.
pub const ALGORITHM: &str = "HmacSHA256";

/// The signature of a callback.
///
/// ```
/// use tidings_core::webhooks::sign;
/// let signature = sign(b"secret", br#"{"app_id":""}"#, "01FJA8B4A7BM43YGWSG9GBV067", "1634579353");
/// assert_eq!(signature.len(), 44);
/// ```
pub fn sign(secret: &[u8], body: &[u8], nonce: &str, timestamp: &str) -> String {
    BASE64_STANDARD.encode(mac(secret, body, nonce, timestamp).finalize().into_bytes())
}

fn mac(secret: &[u8], body: &[u8], nonce: &str, timestamp: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    for part in [body, b".", nonce.as_bytes(), b".", timestamp.as_bytes()] {
        mac.update(part);
    }
    mac
}

/// What kind of event the body of a callback is: the trigger that a webhook names to get it, `None` for one that this
/// release does not know.
///
/// **It does not check where the body comes from**: anybody can post such a body to a webhook's address. For bytes that
/// were verified before, such as those from a queue, and for tests; everything else goes through a [`WebhookVerifier`].
///
/// There is no field that tells the kind; the key of the payload does. Fails with [`VerificationError::NotJson`] only where
/// the body is no JSON object.
///
/// ```
/// use tidings_core::webhooks::parse_unverified;
/// assert_eq!(parse_unverified(br#"{"app_id":"01A","message_delivery_report":{}}"#)?, Some("MESSAGE_DELIVERY"));
/// assert_eq!(parse_unverified(br#"{"hologram":{}}"#)?, None);
/// assert!(parse_unverified(b"[]").is_err());
/// # Ok::<(), tidings_core::webhooks::VerificationError>(())
/// ```
pub fn parse_unverified(body: &[u8]) -> Result<Option<&'static str>, VerificationError> {
    let object = RawObject::parse(body).map_err(|_| VerificationError::NotJson)?;
    let is_payload = |key| object.get(key).is_some_and(|value| value.starts_with('{'));
    Ok(CALLBACKS.iter().find(|callback| is_payload(callback.body_key)).map(|callback| callback.trigger))
}
