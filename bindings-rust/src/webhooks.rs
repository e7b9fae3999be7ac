//! Callbacks: checking that they are genuine, and reading them.
//!
//! ```
//! use tidings::webhooks::{self, Event, WebhookVerifier};
//! # let body: &[u8] = br#"{"app_id":"01H","project_id":"p","message_delivery_report":{"status":"DELIVERED"}}"#;
//! # let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
//! # let mut headers = http::HeaderMap::new();
//! # let signature = webhooks::sign(b"secret", body, "nonce", &now);
//! # headers.insert(webhooks::SIGNATURE_HEADER, signature.parse().unwrap());
//! # headers.insert(webhooks::TIMESTAMP_HEADER, now.parse().unwrap());
//! # headers.insert(webhooks::NONCE_HEADER, "nonce".parse().unwrap());
//! # headers.insert(webhooks::ALGORITHM_HEADER, webhooks::ALGORITHM.parse().unwrap());
//! let verifier = WebhookVerifier::new("secret");
//! verifier.verify(body, &headers)?;              // the bytes as they were received, never JSON written again
//! if let Event::MessageDelivery(receipt) = Event::parse(body)? {
//!     assert_eq!(receipt.message_delivery_report.status.unwrap().as_str(), "DELIVERED");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use tidings_core::webhooks::{
    ALGORITHM, ALGORITHM_HEADER, DEFAULT_TOLERANCE, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER,
    VerificationError, WebhookVerifier, sign,
};

pub use crate::generated::events::{Event, UnrecognizedEvent};
