//! Callbacks: the signature that the API puts on them, made and checked.
//!
//! The API signs the raw body: HMAC-SHA256 (RFC 2104) over `body.nonce.timestamp` with the webhook's secret, written in
//! base64 with padding (RFC 4648). Only the bytes as they came over the wire can be checked; JSON that was parsed and
//! written again has other bytes.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

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

/// How far from now a callback's timestamp may lie, unless set otherwise. The API names no window of its own.
pub const DEFAULT_TOLERANCE: Duration = Duration::from_mins(5);

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

/// Checks that callbacks come from the API and are fresh.
///
/// ```
/// use tidings_core::webhooks::{self, WebhookVerifier};
/// let now = std::time::SystemTime::now();
/// let timestamp = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
/// let body = br#"{"message":{}}"#;
/// let mut headers = http::HeaderMap::new();
/// let signature = webhooks::sign(b"secret", body, "nonce", &timestamp);
/// headers.insert(webhooks::SIGNATURE_HEADER, signature.parse().unwrap());
/// headers.insert(webhooks::TIMESTAMP_HEADER, timestamp.parse().unwrap());
/// headers.insert(webhooks::NONCE_HEADER, "nonce".parse().unwrap());
/// headers.insert(webhooks::ALGORITHM_HEADER, webhooks::ALGORITHM.parse().unwrap());
/// assert!(WebhookVerifier::new("secret").verify(body, &headers).is_ok());
/// assert!(WebhookVerifier::new("other").verify(body, &headers).is_err());
/// ```
#[derive(Clone)]
pub struct WebhookVerifier {
    secrets: Vec<Vec<u8>>,
    tolerance: Duration,
}

impl WebhookVerifier {
    /// A verifier for one secret, with a window of [`DEFAULT_TOLERANCE`]. An empty secret accepts nothing.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self { secrets: vec![secret.as_ref().to_vec()], tolerance: DEFAULT_TOLERANCE }
    }

    /// Accepts a further secret, so that one can be replaced without a gap.
    pub fn or_secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.secrets.push(secret.as_ref().to_vec());
        self
    }

    /// How far from now the timestamp may lie, before or after.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks the bytes of a callback as they were received, with their headers, against the clock of this machine.
    pub fn verify(&self, body: &[u8], headers: &HeaderMap) -> Result<(), VerificationError> {
        self.verify_at(body, headers, SystemTime::now())
    }

    /// The same with another moment as now.
    pub fn verify_at(
        &self,
        body: &[u8],
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Result<(), VerificationError> {
        let header = |name: &'static str| {
            headers
                .get(name)
                .ok_or(VerificationError::MissingHeader { name })?
                .to_str()
                .map_err(|_| VerificationError::MalformedHeader { name })
        };
        let signature = header(SIGNATURE_HEADER)?;
        let timestamp = header(TIMESTAMP_HEADER)?;
        let nonce = header(NONCE_HEADER)?;
        if header(ALGORITHM_HEADER)? != ALGORITHM {
            return Err(VerificationError::Algorithm);
        }
        let seconds: u64 =
            timestamp.parse().map_err(|_| VerificationError::MalformedHeader { name: TIMESTAMP_HEADER })?;
        let signature = BASE64_STANDARD
            .decode(signature)
            .map_err(|_| VerificationError::MalformedHeader { name: SIGNATURE_HEADER })?;
        let genuine = self
            .secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .any(|secret| mac(secret, body, nonce, timestamp).verify_slice(&signature).is_ok());
        if !genuine {
            return Err(VerificationError::Signature);
        }
        // Only a genuine callback is called stale, so that the answer tells a stranger nothing.
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        if now.abs_diff(seconds) > self.tolerance.as_secs() {
            return Err(VerificationError::Stale);
        }
        Ok(())
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebhookVerifier")
            .field("secrets", &self.secrets.len())
            .field("tolerance", &self.tolerance)
            .finish()
    }
}

/// Why a callback was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationError {
    /// A header of the signature is not there. Is the webhook's secret set, and does a proxy drop headers?
    MissingHeader {
        /// The header.
        name: &'static str,
    },
    /// A header of the signature cannot be read.
    MalformedHeader {
        /// The header.
        name: &'static str,
    },
    /// The header names another algorithm than [`ALGORITHM`].
    Algorithm,
    /// The signature fits none of the secrets, or the body is not the one that was signed.
    Signature,
    /// The signature is right and the timestamp is too far from now: a repeat, or a clock that is wrong.
    Stale,
}

impl fmt::Display for VerificationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { name } => write!(formatter, "the callback has no header {name}"),
            Self::MalformedHeader { name } => write!(formatter, "the callback's header {name} cannot be read"),
            Self::Algorithm => write!(formatter, "the callback is not signed with {ALGORITHM}"),
            Self::Signature => formatter.write_str(
                "the signature does not fit: check the secret, and pass the body's bytes as they were received",
            ),
            Self::Stale => formatter.write_str("the callback is genuine but too old, or too far in the future"),
        }
    }
}

impl std::error::Error for VerificationError {}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"message":{}}"#;
    const NOW: u64 = 1_790_000_000;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn signed(secret: &str, timestamp: u64) -> HeaderMap {
        let timestamp = timestamp.to_string();
        let mut headers = HeaderMap::new();
        let signature = sign(secret.as_bytes(), BODY, "nonce", &timestamp);
        headers.insert(SIGNATURE_HEADER, signature.parse().unwrap());
        headers.insert(TIMESTAMP_HEADER, timestamp.parse().unwrap());
        headers.insert(NONCE_HEADER, "nonce".parse().unwrap());
        headers.insert(ALGORITHM_HEADER, ALGORITHM.parse().unwrap());
        headers
    }

    #[test]
    fn a_signature_equals_one_computed_with_openssl() {
        // printf '%s' '{"message":{}}.nonce.1790000000' | openssl dgst -sha256 -hmac secret -binary | base64
        let expected = "LW7NYo9sd2ptGeKAI8fdz0ARU5rhKxdfehnI3tLqLco=";
        assert_eq!(sign(b"secret", BODY, "nonce", "1790000000"), expected);
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let headers = signed("secret", NOW);
        let verifier = WebhookVerifier::new("secret");
        assert_eq!(verifier.verify_at(BODY, &headers, at(NOW)), Ok(()));
        assert_eq!(
            verifier.verify_at(b"{\"message\":{ }}", &headers, at(NOW)),
            Err(VerificationError::Signature)
        );
    }

    #[test]
    fn an_old_timestamp_is_stale_and_a_forged_one_is_not() {
        let verifier = WebhookVerifier::new("secret");
        let headers = signed("secret", NOW);
        assert_eq!(verifier.verify_at(BODY, &headers, at(NOW + 301)), Err(VerificationError::Stale));
        assert_eq!(verifier.verify_at(BODY, &headers, at(NOW - 301)), Err(VerificationError::Stale));
        let forged = signed("other", NOW);
        assert_eq!(verifier.verify_at(BODY, &forged, at(NOW + 301)), Err(VerificationError::Signature));
    }

    #[test]
    fn a_second_secret_works_and_an_empty_one_never_does() {
        let headers = signed("new", NOW);
        let rotating = WebhookVerifier::new("old").or_secret("new");
        assert_eq!(rotating.verify_at(BODY, &headers, at(NOW)), Ok(()));
        let empty = WebhookVerifier::new("");
        assert_eq!(empty.verify_at(BODY, &signed("", NOW), at(NOW)), Err(VerificationError::Signature));
    }

    #[test]
    fn every_missing_or_unreadable_header_is_named() {
        let verifier = WebhookVerifier::new("secret");
        for name in [SIGNATURE_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, ALGORITHM_HEADER] {
            let mut headers = signed("secret", NOW);
            headers.remove(name);
            assert_eq!(
                verifier.verify_at(BODY, &headers, at(NOW)),
                Err(VerificationError::MissingHeader { name })
            );
            headers.insert(name, http::HeaderValue::from_bytes(b"\xff\xfe").unwrap());
            assert_eq!(
                verifier.verify_at(BODY, &headers, at(NOW)),
                Err(VerificationError::MalformedHeader { name })
            );
        }
        let mut headers = signed("secret", NOW);
        headers.insert(ALGORITHM_HEADER, "HmacMD5".parse().unwrap());
        assert_eq!(verifier.verify_at(BODY, &headers, at(NOW)), Err(VerificationError::Algorithm));
    }
}
