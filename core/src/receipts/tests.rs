mod bounds;
mod order;
mod settling;
mod waiting;

use serde_json::{Value, json};

use super::*;

/// The body of a delivery receipt. Of `with`, `event_time` and what else stands at the top is written there, everything
/// else into the report.
fn receipt(message_id: &str, status: &str, with: Value) -> Vec<u8> {
    let mut body =
        json!({"app_id": "01A", "message_delivery_report": {"message_id": message_id, "status": status}});
    for (name, value) in with.as_object().unwrap() {
        match name.as_str() {
            "event_time" | "accepted_time" | "correlation_id" => body[name] = value.clone(),
            _ => body["message_delivery_report"][name] = value.clone(),
        }
    }
    body.to_string().into_bytes()
}

fn status_of(receipts: &Receipts, message_id: &str) -> Option<Status> {
    receipts.status(message_id).map(|receipt| receipt.status)
}

#[test]
fn all_that_a_receipt_says_is_kept() {
    let receipts = Receipts::new();
    let failed = json!({
        "event_time": "2026-11-25T10:00:00.123456789Z",
        "correlation_id": "order-7",
        "contact_id": "01C",
        "metadata": "mine",
        "channel_identity": {"channel": "SMS", "identity": "46701234567", "app_id": ""},
        "reason": {"code": "RECIPIENT_NOT_REACHABLE", "sub_code": "INACTIVE_SENDER", "description": "Off.", "channel_code": "470"},
    });
    assert!(receipts.feed(&receipt("01M", "FAILED", failed)));
    let told = receipts.status("01M").unwrap();
    let reason = told.reason.clone().unwrap();
    assert_eq!(
        [&told.channel, &told.identity, &told.contact_id, &told.metadata, &told.correlation_id]
            .map(|text| text.as_deref().unwrap()),
        ["SMS", "46701234567", "01C", "mine", "order-7"]
    );
    assert_eq!(
        [&reason.code, &reason.sub_code, &reason.description, &reason.channel_code]
            .map(|text| text.as_deref().unwrap()),
        ["RECIPIENT_NOT_REACHABLE", "INACTIVE_SENDER", "Off.", "470"]
    );
    assert_eq!(told.event_time.unwrap().to_string(), "2026-11-25T10:00:00.123456789Z");
    assert_eq!((told.message_id.as_str(), told.status), ("01M", Status::Failed));
    assert_eq!(receipts.status("01X"), None);
}

#[test]
fn what_is_empty_or_of_another_type_counts_as_absent() {
    let receipts = Receipts::new();
    let odd = json!({"event_time": "yesterday", "correlation_id": "", "metadata": "", "contact_id": 7,
                     "channel_identity": [], "reason": {}});
    receipts.feed(&receipt("01M", "DELIVERED", odd));
    let told = receipts.status("01M").unwrap();
    assert_eq!(format!("{told:?}").matches("None").count(), 7, "{told:?}");
}

#[test]
fn only_callbacks_about_messages_count() {
    let receipts = Receipts::new();
    for body in [
        "",
        "[]",
        "{}",
        r#"{"message_delivery_report":null}"#,
        r#"{"message_delivery_report":"text"}"#,
        r#"{"message_delivery_report":{"status":"DELIVERED"}}"#,
        r#"{"message_delivery_report":{"message_id":"","status":"DELIVERED"}}"#,
        r#"{"message_delivery_report":{"message_id":"01M"}}"#,
        r#"{"message_delivery_report":{"message_id":7,"status":"DELIVERED"}}"#,
        r#"{"event_delivery_report":{"event_id":"01E","status":"DELIVERED"}}"#,
        r#"{"message":{"id":"01M"}}"#,
    ] {
        assert!(!receipts.feed(body.as_bytes()), "{body}");
    }
    assert_eq!(receipts.statuses(), []);
    assert!(receipts.feed(br#"{"message_submit_notification":{"message_id":"01M","metadata":"mine"}}"#));
    let told = receipts.status("01M").unwrap();
    assert_eq!((told.status, told.metadata.as_deref()), (Status::Accepted, Some("mine")));
}

#[test]
fn feeding_tells_whether_it_was_news() {
    let receipts = Receipts::new();
    let feed = |status, with| receipts.feed(&receipt("01M", status, with));
    assert!(feed("QUEUED_ON_CHANNEL", json!({"event_time": "2026-11-25T10:00:00Z"})));
    assert!(!feed("QUEUED_ON_CHANNEL", json!({"event_time": "2026-11-25T10:00:00Z"})));
    assert!(feed("DELIVERED", json!({"event_time": "2026-11-25T10:00:01Z"})));
    assert!(!feed("QUEUED_ON_CHANNEL", json!({"event_time": "2026-11-25T10:00:02Z"})));
    assert!(feed("QUEUED_ON_CHANNEL", json!({"metadata": "mine"})));
}

#[test]
fn debug_forms_show_neither_the_recipient_nor_the_metadata() {
    let receipts = Receipts::new();
    let number = "+46701234567";
    let reason = json!({"code": "UNKNOWN", "description": number});
    let personal = json!({"metadata": "for Anna", "correlation_id": number, "contact_id": number, "reason": reason,
                          "channel_identity": {"channel": "SMS", "identity": "46701234567"}});
    receipts.feed(&receipt("01M", "DELIVERED", personal));
    let recipients =
        [number.into(), "anna@example.com".to_owned().into(), Recipient::Contact(number.to_owned())];
    let shown = format!("{receipts:?} {:?} {recipients:?}", receipts.statuses());
    for forbidden in ["701234567", "Anna", "anna"] {
        assert!(!shown.contains(forbidden), "{forbidden} in {shown}");
    }
    assert!(shown.contains("Receipts { messages: 1, .. }") && shown.contains("46…67"), "{shown}");
}
