//! What a verified callback is in Rust. The reasons for refusing one are tested with the vectors of `tests/webhooks`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::time::{Duration, SystemTime};

use serde_json::json;
use tidings::models::DeliveryStatus;
use tidings::webhooks::{
    ALGORITHM, ALGORITHM_HEADER, Event, InMemoryNonces, NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER,
    VerificationError, VerifiedEvent, WebhookVerifier, sign,
};

const NOW: u64 = 1_790_000_000;

fn verified(verifier: &WebhookVerifier, body: &[u8]) -> Result<VerifiedEvent, VerificationError> {
    let signature = sign(b"secret", body, "nonce", &NOW.to_string());
    let headers = [
        (SIGNATURE_HEADER, signature.as_str()),
        (TIMESTAMP_HEADER, &NOW.to_string()),
        (NONCE_HEADER, "nonce"),
        (ALGORITHM_HEADER, ALGORITHM),
    ];
    verifier.verify_at(body, &headers, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

fn event(body: &[u8]) -> VerifiedEvent {
    verified(&WebhookVerifier::new("secret"), body).unwrap()
}

#[test]
fn a_genuine_callback_is_a_typed_event_with_its_bytes() {
    let body = br#"{"message_delivery_report" : {"status": "DELIVERED", "new": 1.10}}"#;
    let verified = event(body);
    assert_eq!(verified.raw, &body[..]);
    assert_eq!((verified.duplicate, verified.nonce.as_str()), (false, "nonce"));
    assert_eq!(verified.signed_at, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
    let Event::MessageDelivery(callback) = verified.event else { panic!("a receipt") };
    assert_eq!(callback.message_delivery_report.status, Some(DeliveryStatus::Delivered));
}

#[test]
fn a_callback_that_comes_again_is_marked_and_given() {
    let verifier = WebhookVerifier::new("secret").nonces(InMemoryNonces::new());
    let body = br#"{"opt_in_notification":{}}"#;
    let [first, again] = [(); 2].map(|()| verified(&verifier, body).unwrap());
    assert_eq!((first.duplicate, again.duplicate), (false, true));
    assert_eq!(first.event, again.event);
}

#[test]
fn what_no_model_can_hold_is_an_unknown_event_with_its_bytes() {
    let half = r#"{"app_id":"01A","message":{"id":"half: \ud83d"}}"#;
    let levels = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = format!(
        r#"{{"channel_event_notification":{{"channel_event":{{"additional_data":{{"x":{levels}}}}}}},"app_id":"01A"}}"#
    );
    for (body, key) in [(half, "message"), (&deep, "channel_event_notification")] {
        let verified = event(body.as_bytes());
        assert_eq!(verified.raw, body.as_bytes());
        let Event::Unrecognized(unknown) = verified.event else { panic!("an unknown event: {key}") };
        assert_eq!(json!(unknown.as_json()), json!({"app_id": "01A", key: null}));
    }
}

#[test]
fn debug_shows_neither_the_text_nor_the_secret() {
    let body = br#"{"message":{"contact_message":{"text_message":{"text":"Your code is 4711"}}}}"#;
    let verifier = WebhookVerifier::new("hunter2").or_secret("secret").nonces(InMemoryNonces::new());
    let shown = format!("{verifier:?} {:?}", verified(&verifier, body).unwrap());
    for forbidden in ["4711", "hunter2"] {
        assert!(!shown.contains(forbidden), "{forbidden} in {shown}");
    }
    assert!(shown.contains("MessageInbound") && shown.contains("bytes"), "{shown}");
}
