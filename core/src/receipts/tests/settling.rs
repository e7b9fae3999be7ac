//! Looking for a lost send among receipts. Looking among stored messages is tested in `bindings-rust/tests/receipts.rs`,
//! where there is a sandbox that stores some.

use std::time::SystemTime;

use super::*;
use crate::error::{Evidence, Phase};

const TO: &str = "+46701234567";

/// The evidence of a send that began now.
fn lost(metadata: Option<&str>, correlation_id: Option<&str>) -> Evidence {
    Evidence {
        phase: Phase::AwaitingAnswer,
        started_at: SystemTime::now(),
        elapsed: Duration::from_secs(1),
        correlation_id: correlation_id.map(str::to_owned),
        message_metadata: metadata.map(str::to_owned),
    }
}

/// Receipts of some messages: id, number, metadata, correlation id.
fn told(messages: &[(&str, &str, &str, &str)]) -> Receipts {
    let receipts = Receipts::new();
    for (id, number, metadata, correlation_id) in messages {
        let with = json!({"metadata": metadata, "correlation_id": correlation_id,
                          "channel_identity": {"channel": "SMS", "identity": number}});
        receipts.feed(&receipt(id, "QUEUED_ON_CHANNEL", with));
    }
    receipts
}

async fn settle(receipts: &Receipts, evidence: &Evidence, recipient: &str) -> Settlement {
    receipts.settle(evidence, &recipient.into(), None).await.unwrap()
}

fn found(message_id: &str) -> Settlement {
    Settlement::Found { message_id: message_id.to_owned() }
}

const NOT_FOUND: fn() -> Settlement = || Settlement::NotFound { looked_in: vec![Place::Receipts] };

#[tokio::test]
async fn a_send_is_found_by_its_metadata_or_its_correlation_id() {
    let receipts = told(&[
        ("01A", "46701234567", "order-1", ""),
        ("01B", "46701234567", "", "order-2"),
        ("01C", "46701234567", "order-3", "c"),
    ]);
    assert_eq!(settle(&receipts, &lost(Some("order-1"), None), TO).await, found("01A"));
    assert_eq!(settle(&receipts, &lost(Some("order-1"), Some("lost on the way")), TO).await, found("01A"));
    assert_eq!(settle(&receipts, &lost(None, Some("order-2")), TO).await, found("01B"));
    assert_eq!(settle(&receipts, &lost(Some("order-3"), Some("c")), TO).await, found("01C"));
    assert_eq!(settle(&receipts, &lost(Some("order-4"), None), TO).await, NOT_FOUND());
}

#[tokio::test]
async fn what_contradicts_the_evidence_is_another_message() {
    let receipts =
        told(&[("01A", "46701234567", "campaign", "anna"), ("01B", "46701234567", "campaign", "bert")]);
    assert_eq!(settle(&receipts, &lost(Some("campaign"), Some("bert")), TO).await, found("01B"));
    assert_eq!(settle(&receipts, &lost(Some("campaign"), Some("carl")), TO).await, NOT_FOUND());
    assert_eq!(settle(&receipts, &lost(Some("other"), Some("bert")), TO).await, NOT_FOUND());
}

#[tokio::test]
async fn a_message_to_somebody_else_is_another_message() {
    let receipts = told(&[("01A", "46700000000", "campaign", ""), ("01B", "46701234567", "campaign", "")]);
    let evidence = lost(Some("campaign"), None);
    assert_eq!(settle(&receipts, &evidence, "+46701234567").await, found("01B"));
    assert_eq!(settle(&receipts, &evidence, "46701234567").await, found("01B"));
    assert_eq!(settle(&receipts, &evidence, "+46709999999").await, NOT_FOUND());
    let several = Recipient::Identities(vec!["anna@example.com".into(), "+46700000000".into()]);
    assert_eq!(receipts.settle(&evidence, &several, None).await.unwrap(), found("01A"));
}

#[tokio::test]
async fn a_contact_is_told_by_its_id() {
    let receipts = Receipts::new();
    for (id, contact_id) in [("01A", "anna"), ("01B", "bert")] {
        receipts.feed(&receipt(id, "DELIVERED", json!({"metadata": "campaign", "contact_id": contact_id})));
    }
    let settle = async |contact: &str| {
        let contact = Recipient::Contact(contact.to_owned());
        receipts.settle(&lost(Some("campaign"), None), &contact, None).await.unwrap()
    };
    assert_eq!(settle("bert").await, found("01B"));
    assert_eq!(settle("carl").await, NOT_FOUND());
}

#[tokio::test]
async fn of_several_that_fit_none_is_chosen() {
    let receipts = told(&[("01B", "46701234567", "campaign", ""), ("01A", "46701234567", "campaign", "")]);
    let ambiguous = Settlement::Ambiguous { message_ids: vec!["01A".into(), "01B".into()] };
    assert_eq!(settle(&receipts, &lost(Some("campaign"), None), TO).await, ambiguous);
}

#[tokio::test]
async fn a_message_from_before_the_send_is_another_message() {
    let evidence = lost(Some("reminder"), None);
    let began = Timestamp::try_from(evidence.started_at).unwrap();
    let seconds_before = async |seconds: i64| {
        let receipts = Receipts::new();
        let event_time = began - jiff::SignedDuration::from_secs(seconds);
        for (status, event_time) in [("QUEUED_ON_CHANNEL", event_time), ("DELIVERED", began)] {
            let with = json!({"metadata": "reminder", "event_time": event_time.to_string()});
            receipts.feed(&receipt("01M", status, with));
        }
        settle(&receipts, &evidence, TO).await
    };
    // Clocks differ a little.
    assert_eq!(seconds_before(300).await, found("01M"));
    assert_eq!(seconds_before(301).await, NOT_FOUND());
}

#[tokio::test]
async fn without_anything_to_look_for_nothing_is_looked_through() {
    let receipts = told(&[("01A", "46701234567", "", "")]);
    for evidence in [lost(None, None), lost(Some(""), Some(""))] {
        let nowhere = Settlement::NotFound { looked_in: Vec::new() };
        assert_eq!(settle(&receipts, &evidence, TO).await, nowhere);
    }
}
