//! The vectors of `tests/webhooks`, which every language runs, in Rust.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tidings::webhooks::{Event, InMemoryNonces, VerificationError, VerifiedEvent, WebhookVerifier};
use tidings_core::generated::callbacks::CALLBACKS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("webhooks")
}

fn vectors() -> Vec<Value> {
    serde_json::from_slice(&fs::read(folder().join("vectors.json")).unwrap()).unwrap()
}

fn body(vector: &Value) -> Vec<u8> {
    fs::read(folder().join(vector["body"].as_str().unwrap())).unwrap()
}

/// The last of the times that the callback comes.
fn verified(vector: &Value) -> Result<VerifiedEvent, VerificationError> {
    let secrets = vector["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap());
    let mut verifier =
        secrets.fold(WebhookVerifier::new(""), WebhookVerifier::or_secret).nonces(InMemoryNonces::new());
    if let Some(seconds) = vector["tolerance"].as_u64() {
        verifier = verifier.tolerance(Duration::from_secs(seconds));
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(vector["now"].as_u64().unwrap());
    let headers: Vec<(String, String)> = serde_json::from_value(vector["headers"].clone()).unwrap();
    let body = body(vector);
    let earlier = vector["times"].as_u64().unwrap_or(1) - 1;
    for _ in 0..earlier {
        verifier.verify_at(&body, &headers, now).unwrap();
    }
    verifier.verify_at(&body, &headers, now)
}

/// What came of it, in the form that vectors write it.
fn outcome(result: &Result<VerifiedEvent, VerificationError>) -> Value {
    match result {
        Ok(verified) => json!({"event": verified.event.trigger(), "duplicate": verified.duplicate}),
        Err(error) => match error.header() {
            Some(header) => json!({"reason": error.as_str(), "header": header}),
            None => json!({"reason": error.as_str()}),
        },
    }
}

/// The bodies that a typed event, written again, is not equal to.
const BEYOND_MODELS: [&str; 3] =
    ["bodies/written_another_way.json", "bodies/half_a_character.json", "bodies/two_keys.json"];

#[test]
fn every_vector_has_the_outcome_that_it_expects() {
    for vector in vectors() {
        let (name, result) = (&vector["name"], verified(&vector));
        let mut expected = vector["expected"].clone();
        if vector["body"] == "bodies/half_a_character.json" {
            // Half a surrogate pair is no text in Rust: the event is one that cannot be read.
            expected["event"] = Value::Null;
        }
        assert_eq!(outcome(&result), expected, "{name}");
        if let Ok(verified) = result {
            assert_eq!(verified.raw, body(&vector), "{name}");
        }
    }
}

/// A typed event as JSON again.
fn written(event: &Event) -> Value {
    macro_rules! written {
        ($($variant:ident),* $(,)?) => {
            match event {
                $(Event::$variant(callback) => serde_json::to_value(callback).unwrap(),)*
                Event::Unrecognized(unknown) => Value::from(unknown.as_json().clone()),
                other => panic!("an event without a line here: {other:?}"),
            }
        };
    }
    written!(
        MessageInbound,
        MessageInboundSmartConversationRedaction,
        MessageSubmit,
        MessageDelivery,
        EventInbound,
        EventDelivery,
        ConversationStart,
        ConversationStop,
        ConversationDelete,
        ContactCreate,
        ContactDelete,
        ContactMerge,
        ContactUpdate,
        ContactIdentitiesDuplication,
        Capability,
        OptIn,
        OptOut,
        ChannelEvent,
        SmartConversation,
        RecordNotification,
        Unsupported,
        BatchStatusUpdate,
    )
}

#[test]
fn the_typed_event_holds_all_that_came() {
    for vector in vectors() {
        let Ok(verified) = verified(&vector) else { continue };
        if BEYOND_MODELS.iter().any(|body| vector["body"] == *body) {
            continue;
        }
        let came: Value = serde_json::from_slice(&verified.raw).unwrap();
        assert_eq!(written(&verified.event), came, "{}", vector["name"]);
    }
}

#[test]
fn the_vectors_cover_every_trigger_and_every_reason() {
    let vectors = vectors();
    assert!(vectors.len() >= 40);
    let names: BTreeSet<&str> = vectors.iter().map(|vector| vector["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), vectors.len(), "no two vectors have the same name");
    let told = |member: &str| -> BTreeSet<&str> {
        vectors.iter().filter_map(|vector| vector["expected"][member].as_str()).collect()
    };
    assert_eq!(told("event"), CALLBACKS.iter().map(|callback| callback.trigger).collect());
    let reasons =
        ["missing_header", "malformed_header", "algorithm", "no_secret", "mismatch", "stale", "not_json"];
    assert_eq!(told("reason"), BTreeSet::from(reasons));
    let bodies: BTreeSet<&str> = vectors.iter().filter_map(|vector| vector["body"].as_str()).collect();
    let files = fs::read_dir(folder().join("bodies")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| format!("bodies/{}", file.unwrap().file_name().display())).collect();
    assert_eq!(files, bodies.into_iter().map(str::to_owned).collect(), "every body is used");
}
