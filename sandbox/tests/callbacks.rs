//! Delivery receipts: signed, in order, and repeated until somebody takes them.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

mod api;

use std::sync::{Arc, Mutex};

use api::Api;
use jiff::Timestamp;
use serde_json::{Value, json};
use tidings_core::webhooks::WebhookVerifier;
use tidings_sandbox::{Clock, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A callback as it came.
#[derive(Clone)]
struct Got {
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn status(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["message_delivery_report"]["status"].as_str().unwrap().to_owned()
    }
}

/// Reads one callback.
async fn read(stream: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    let (head, mut body, length) = loop {
        stream.read_buf(&mut bytes).await.unwrap();
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .unwrap()
                .lines()
                .next()
                .unwrap()
                .parse()
                .unwrap();
            break (head, bytes[end + 4..].to_vec(), length);
        }
    };
    while body.len() < length {
        stream.read_buf(&mut body).await.unwrap();
    }
    let mut headers = http::HeaderMap::new();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    Got { headers, body }
}

async fn answer(stream: &mut TcpStream, status: u16) {
    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

/// A webhook that answers with each status in turn, and with 200 afterwards.
async fn webhook(statuses: Vec<u16>) -> (String, Arc<Mutex<Vec<Got>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&got);
    tokio::spawn(async move {
        let mut statuses = statuses.into_iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let callback = read(&mut stream).await;
            seen.lock().unwrap().push(callback);
            let status = statuses.next().unwrap_or(200);
            answer(&mut stream, status).await;
        }
    });
    (url, got)
}

async fn subscribe(api: &Api, app_id: &str, target: &str, more: Value) {
    let mut body = json!({
        "app_id": app_id, "target": target, "target_type": "HTTP", "triggers": ["MESSAGE_DELIVERY"], "secret": "s3cret",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(api.post("/webhooks", body).await.status, 200);
}

#[tokio::test]
async fn receipts_come_in_order_and_their_signatures_hold() {
    let api = Api::start().await;
    let app_id = api.app(json!({"processing_mode": "CONVERSATION"})).await;
    let (url, got) = webhook(vec![]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    let more = json!({"message_metadata": "order 7", "correlation_id": "c1"});
    let sent = api.send(&app_id, "Hello", more).await.body;
    api.idle().await;
    let got = got.lock().unwrap().clone();
    assert_eq!(got.iter().map(Got::status).collect::<Vec<_>>(), ["QUEUED_ON_CHANNEL", "DELIVERED"]);
    for callback in &got {
        WebhookVerifier::new("s3cret").verify(&callback.body, &callback.headers).unwrap();
    }
    let body: Value = serde_json::from_slice(&got[1].body).unwrap();
    let report = &body["message_delivery_report"];
    assert_eq!((&report["message_id"], &report["metadata"]), (&sent["message_id"], &json!("order 7")));
    assert_eq!((&body["correlation_id"], &body["project_id"]), (&json!("c1"), &json!("p1")));
    assert_eq!(report["channel_identity"]["identity"], "46701234567");
}

#[tokio::test]
async fn a_new_app_loses_the_correlation_id_and_keeps_the_metadata() {
    let api = Api::start().await;
    let conversation = api.app(json!({"processing_mode": "CONVERSATION"})).await;
    let dispatch = json!({"processing_strategy": "DISPATCH_ONLY"});
    for (app_id, more) in [(api.app(json!({})).await, json!({})), (conversation, dispatch)] {
        let (url, got) = webhook(vec![]).await;
        subscribe(&api, &app_id, &url, json!({})).await;
        let mut body = json!({"message_metadata": "order 7", "correlation_id": "c1"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        api.send(&app_id, "Hello", body).await;
        api.idle().await;
        let body: Value = serde_json::from_slice(&got.lock().unwrap()[0].body).unwrap();
        let metadata = &body["message_delivery_report"]["metadata"];
        assert_eq!((&body["correlation_id"], metadata), (&json!(""), &json!("order 7")));
    }
}

#[tokio::test]
async fn a_callback_that_is_not_taken_comes_again_before_the_next_one() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let (url, got) = webhook(vec![500, 503]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    api.send(&app_id, "Hello", json!({})).await;
    api.idle().await;
    let statuses: Vec<_> = got.lock().unwrap().iter().map(Got::status).collect();
    let queued = "QUEUED_ON_CHANNEL";
    assert_eq!(statuses, [queued, queued, queued, "DELIVERED"]);
    let nonces: std::collections::HashSet<_> = got
        .lock()
        .unwrap()
        .iter()
        .map(|got| got.headers["x-sinch-webhook-signature-nonce"].clone())
        .collect();
    assert_eq!(nonces.len(), 4, "each try has a nonce of its own");
}

#[tokio::test]
async fn a_webhook_that_never_takes_anything_is_given_up() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let (url, got) = webhook(vec![500; 100]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    api.send(&app_id, "Hello", json!({})).await;
    api.idle().await;
    assert_eq!(got.lock().unwrap().len(), 12, "two receipts, six tries each");
}

#[tokio::test]
async fn a_webhook_that_dismisses_or_has_another_trigger_gets_nothing() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let (dismissing, nothing) = webhook(vec![]).await;
    subscribe(&api, &app_id, &dismissing, json!({"target_type": "DISMISS"})).await;
    let (other, nothing_either) = webhook(vec![]).await;
    subscribe(&api, &app_id, &other, json!({"triggers": ["MESSAGE_INBOUND"]})).await;
    api.send(&app_id, "Hello", json!({})).await;
    api.idle().await;
    assert!(nothing.lock().unwrap().is_empty() && nothing_either.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_message_can_have_its_receipts_sent_elsewhere() {
    let api = Api::start().await;
    let app_id =
        api.app(json!({"callback_settings": {"secret_for_overridden_callback_urls": "other"}})).await;
    let (url, nothing) = webhook(vec![]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    let (own, got) = webhook(vec![]).await;
    api.send(&app_id, "Hello", json!({"callback_url": own})).await;
    api.idle().await;
    assert!(nothing.lock().unwrap().is_empty());
    let got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 2);
    WebhookVerifier::new("other").verify(&got[0].body, &got[0].headers).unwrap();
}

#[tokio::test]
async fn a_message_that_no_channel_takes_fails_and_says_why() {
    let api = Api::start().await;
    let app_id = api.app(json!({})).await;
    let (url, got) = webhook(vec![]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    let identities = json!([{"channel": "TELEGRAM", "identity": "x"}]);
    let recipient = json!({"recipient": {"identified_by": {"channel_identities": identities}}});
    assert_eq!(api.send(&app_id, "Hello", recipient).await.status, 200);
    api.idle().await;
    let got = got.lock().unwrap().clone();
    let body: Value = serde_json::from_slice(&got[0].body).unwrap();
    let report = &body["message_delivery_report"];
    assert_eq!(
        (&report["status"], &report["reason"]["code"]),
        (&json!("FAILED"), &json!("NO_CHANNELS_LEFT"))
    );
    assert!(api.ledger().await.is_empty());
}

/// Everything a user can see of one run, byte for byte.
async fn transcript(seed: u64) -> Vec<String> {
    let start: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let api = Api::with(Options::default().seed(seed).clock(Clock::Virtual { start })).await;
    let app_id = api.app(json!({"processing_mode": "CONVERSATION"})).await;
    let (url, got) = webhook(vec![500]).await;
    subscribe(&api, &app_id, &url, json!({})).await;
    let (second, _) = webhook(vec![]).await;
    subscribe(&api, &app_id, &second, json!({})).await;
    let mut lines = vec![api.token.clone(), app_id.clone()];
    for text in ["one", "two"] {
        lines.push(api.send(&app_id, text, json!({})).await.body.to_string());
        lines.push(api.idle().await.body.to_string());
    }
    lines.push(format!("{:?}", api.ledger().await));
    lines.push(api.get("/messages").await.body.to_string());
    for callback in got.lock().unwrap().iter() {
        lines.push(String::from_utf8(callback.body.clone()).unwrap());
        lines.push(format!("{:?}", callback.headers["x-sinch-webhook-signature"]));
    }
    lines
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story_byte_for_byte() {
    let (first, second, other) = (transcript(7).await, transcript(7).await, transcript(8).await);
    assert_eq!(first, second);
    assert_ne!(first[2], other[2]);
}

#[tokio::test]
async fn a_callback_from_before_a_reset_does_not_touch_those_that_come_after() {
    let api = Api::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = json!({"callback_url": format!("http://{}/", listener.local_addr().unwrap())});
    let app_id = api.app(json!({})).await;
    api.send(&app_id, "before", own.clone()).await;
    let (mut before, _) = listener.accept().await.unwrap();
    read(&mut before).await;
    api.control(reqwest::Method::POST, "/reset", None).await;
    let app_id = api.app(json!({})).await;
    api.send(&app_id, "after", own).await;
    // The new receipt is on its way when the old one is answered; it is not taken at first.
    let (mut after, _) = listener.accept().await.unwrap();
    let mut statuses = vec![read(&mut after).await.status()];
    answer(&mut before, 200).await;
    answer(&mut after, 500).await;
    let (idle, ()) = tokio::join!(api.idle(), async {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            statuses.push(read(&mut stream).await.status());
            answer(&mut stream, 200).await;
        }
    });
    assert_eq!(idle.status, 200);
    assert_eq!(statuses, ["QUEUED_ON_CHANNEL", "QUEUED_ON_CHANNEL", "DELIVERED"]);
}

#[tokio::test]
async fn delays_that_are_given_the_wrong_way_round_still_deliver() {
    #[expect(clippy::reversed_empty_ranges, reason = "that is the point")]
    let api = Api::with(Options::default().delays(9..=1, 30..=5)).await;
    let app_id = api.app(json!({})).await;
    api.send(&app_id, "Hello", json!({})).await;
    api.idle().await;
    assert_eq!(api.ledger().await.len(), 1);
}
