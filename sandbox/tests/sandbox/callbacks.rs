//! Delivery receipts and the callbacks that carry them.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tidings_core::webhooks::WebhookVerifier;
use tidings_sandbox::{Options, Retained};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::desk::{Desk, PROJECT, sms, sms_credentials, virtual_clock};
use crate::receiver::Receiver;

async fn webhook(desk: &Desk, app_id: &str, target: &str, more: Value) {
    let mut webhook = json!({"app_id": app_id, "target": target, "target_type": "HTTP",
                             "triggers": ["MESSAGE_DELIVERY"], "secret": "hush"});
    for (name, value) in more.as_object().unwrap() {
        webhook[name] = value.clone();
    }
    desk.post(&format!("{PROJECT}/webhooks"), &webhook).await.ok();
}

fn genuine(headers: &HeaderMap, body: &[u8], secret: &str) -> bool {
    let seconds = headers["x-sinch-webhook-signature-timestamp"].to_str().unwrap().parse().unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(seconds);
    WebhookVerifier::new(secret).verify_at(body, headers, now).is_ok()
}

#[tokio::test]
async fn the_receipts_of_a_message_are_queued_and_delivered_signed_and_in_order() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let app = desk.conversation_app().await;
    webhook(&desk, &app, &receiver.url, json!({})).await;
    let mut message = sms(&app, "Hello");
    message["message_metadata"] = "mine".into();
    message["correlation_id"] = "order-1".into();
    let id = desk.send(&message).await.ok()["message_id"].clone();
    let stored = desk.get(&format!("{PROJECT}/messages/{}", id.as_str().unwrap())).await.ok();
    let end = desk.run().await;

    assert_eq!(receiver.statuses(), ["QUEUED_ON_CHANNEL", "DELIVERED"]);
    let delivered = &receiver.taken()[1];
    let mut body = delivered.body();
    let channel: Value = serde_json::from_str(body["message_metadata"].take().as_str().unwrap()).unwrap();
    assert_eq!(channel["sms_batch_id"].as_str().unwrap().len(), 26);
    assert_eq!(
        body,
        json!({
            "app_id": app,
            "project_id": "project-1",
            "accepted_time": end,
            "event_time": end,
            "message_metadata": null,
            "correlation_id": "order-1",
            "message_delivery_report": {
                "message_id": id,
                "conversation_id": stored["conversation_id"],
                "status": "DELIVERED",
                "channel_identity": {"channel": "SMS", "identity": "46701234567", "app_id": ""},
                "contact_id": stored["contact_id"],
                "metadata": "mine",
                "processing_mode": "CONVERSATION",
            },
        })
    );
    assert_eq!(delivered.header("content-type"), "application/json");
    for taken in receiver.taken() {
        assert!(genuine(&taken.headers, &taken.bytes, "hush"));
        assert!(!genuine(&taken.headers, &taken.bytes, "other"));
        assert_eq!(taken.header("x-sinch-webhook-signature-timestamp"), "1769851800");
    }
}

#[tokio::test]
async fn with_the_real_clock_receipts_come_by_themselves() {
    let desk = Desk::with(Options::default()).await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    webhook(&desk, &app, &receiver.url, json!({})).await;
    desk.sent(&app, "Hello").await;
    receiver.wait_for(2).await;
    assert_eq!(receiver.statuses(), ["QUEUED_ON_CHANNEL", "DELIVERED"]);
    assert_eq!(desk.texts().await, ["Hello"]);
}

#[tokio::test]
async fn each_webhook_gets_what_it_asked_for_and_dismissing_ones_nothing() {
    let desk = Desk::new().await;
    let (receipts, submits, nothing) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let app = desk.app().await;
    webhook(&desk, &app, &receipts.url, json!({"secret": ""})).await;
    webhook(&desk, &app, &submits.url, json!({"triggers": ["MESSAGE_SUBMIT", "MESSAGE_INBOUND"]})).await;
    webhook(&desk, &app, &nothing.url, json!({"target_type": "DISMISS"})).await;
    let id = desk.sent(&app, "Hello").await;
    desk.run().await;
    assert_eq!(receipts.taken().len(), 2);
    assert!(
        !receipts.taken()[0].headers.contains_key("x-sinch-webhook-signature"),
        "no secret, no signature"
    );
    let [submit] = &submits.taken()[..] else { panic!("one MESSAGE_SUBMIT") };
    let notification = &submit.body()["message_submit_notification"];
    assert_eq!(notification["message_id"], *id);
    assert_eq!(notification["submitted_message"]["text_message"]["text"], "Hello");
    assert!(nothing.taken().is_empty());
}

#[tokio::test]
async fn a_message_s_own_address_takes_its_receipts_away_from_the_webhooks() {
    let desk = Desk::new().await;
    let (hook, own) = (Receiver::start().await, Receiver::start().await);
    let settings = json!({"callback_settings": {"secret_for_overridden_callback_urls": "own-secret"}});
    let (signed, unsigned) = (desk.app_with(settings).await, desk.app().await);
    for app in [&signed, &unsigned] {
        webhook(&desk, app, &hook.url, json!({})).await;
        let mut message = sms(app, "Hello");
        message["callback_url"] = format!("{}/own", own.url).into();
        desk.send(&message).await.ok();
        desk.run().await;
    }
    assert!(hook.taken().is_empty());
    let taken = own.taken();
    assert_eq!(taken.len(), 4);
    assert!(taken.iter().all(|one| one.path == "/own"));
    assert!(genuine(&taken[0].headers, &taken[0].bytes, "own-secret"));
    assert!(!taken[2].headers.contains_key("x-sinch-webhook-signature"));
}

#[tokio::test]
async fn a_callback_that_is_not_taken_comes_again_later_and_holds_up_the_next() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    webhook(&desk, &app, &receiver.url, json!({})).await;
    receiver.answer_next(&[500, 302, 0]);
    desk.sent(&app, "Hello").await;
    desk.run().await;
    assert_eq!(
        receiver.statuses(),
        ["QUEUED_ON_CHANNEL", "QUEUED_ON_CHANNEL", "QUEUED_ON_CHANNEL", "QUEUED_ON_CHANNEL", "DELIVERED"]
    );
    let taken = receiver.taken();
    assert!(taken[..4].iter().all(|again| again.bytes == taken[0].bytes));
    let seconds =
        |index: usize| -> i64 { taken[index].header("x-sinch-webhook-signature-timestamp").parse().unwrap() };
    assert_eq!([1, 2, 3].map(|index| seconds(index) - seconds(index - 1)), [1, 2, 4]);
    assert_ne!(
        taken[0].header("x-sinch-webhook-signature-nonce"),
        taken[1].header("x-sinch-webhook-signature-nonce")
    );
}

#[tokio::test]
async fn after_six_tries_a_callback_is_given_up() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    webhook(&desk, &app, &receiver.url, json!({})).await;
    receiver.answer_next(&[503; 6]);
    desk.sent(&app, "Hello").await;
    desk.run().await;
    let statuses = receiver.statuses();
    assert_eq!(statuses.iter().filter(|status| *status == "QUEUED_ON_CHANNEL").count(), 6);
    assert_eq!(statuses.last().unwrap(), "DELIVERED");
}

#[tokio::test]
async fn nobody_listening_is_no_reason_to_stop() {
    let desk = Desk::new().await;
    let app = desk.app().await;
    // A port that was just free.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    webhook(&desk, &app, &format!("http://{closed}/"), json!({})).await;
    desk.sent(&app, "Hello").await;
    desk.run().await;
    assert_eq!(desk.texts().await, ["Hello"]);
}

#[tokio::test]
async fn a_message_that_no_channel_can_take_fails_with_its_reason() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    let converses = desk.conversation_app().await;
    let contact = {
        let id = desk.sent(&converses, "Hello").await;
        desk.get(&format!("{PROJECT}/messages/{id}")).await.ok()["contact_id"].clone()
    };
    desk.run().await;
    for app in [&app, &converses] {
        webhook(&desk, app, &receiver.url, json!({})).await;
    }
    let on = |channel: &str| {
        let mut message = sms(&app, "Hello");
        message["recipient"]["identified_by"]["channel_identities"][0]["channel"] = channel.into();
        message
    };
    let with = |name: &str, value: Value| {
        let mut message = sms(&app, &"a".repeat(161));
        message[name] = value;
        message
    };
    let mut ordered = on("WHATSAPP");
    ordered["channel_priority_order"] = json!(["WHATSAPP", "SMS"]);
    let to_contact = json!({"app_id": converses, "recipient": {"contact_id": contact},
        "channel_priority_order": ["WHATSAPP"], "message": {"text_message": {"text": "x"}}});
    for (message, reason) in [
        (on("WHATSAPP"), "NO_CHANNELS_LEFT"),
        (ordered, "CHANNEL_CONFIGURATION_MISSING"),
        (with("channel_priority_order", json!(["RCS"])), "NO_CHANNELS_LEFT"),
        (to_contact, "NO_CHANNEL_IDENTITY_FOR_CONTACT"),
        (
            with("channel_properties", json!({"SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "1"})),
            "MESSAGE_SPLIT_REQUIRED",
        ),
    ] {
        let before = receiver.taken().len();
        desk.send(&message).await.ok();
        desk.run().await;
        let taken = receiver.taken();
        let [failed] = &taken[before..] else { panic!("one receipt for {reason}") };
        let report = &failed.body()["message_delivery_report"];
        assert_eq!((&report["status"], &report["reason"]["code"]), (&json!("FAILED"), &json!(reason)));
    }
    assert_eq!(desk.texts().await, ["Hello"], "what failed does not arrive");
}

#[tokio::test]
async fn an_app_deleted_meanwhile_fails_its_messages() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    let mut message = sms(&app, "Hello");
    message["callback_url"] = receiver.url.clone().into();
    desk.send(&message).await.ok();
    desk.delete(&format!("{PROJECT}/apps/{app}")).await.ok();
    desk.run().await;
    assert_eq!(receiver.taken()[0].body()["message_delivery_report"]["reason"]["code"], "UNKNOWN_APP");
    assert!(desk.texts().await.is_empty());
}

#[tokio::test]
async fn a_correlation_id_is_lost_where_nothing_is_kept() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let keeps = json!({"dispatch_retention_policy": {"ttl_days": 1}});
    let conversation = json!({"processing_mode": "CONVERSATION"});
    for (app, strategy, told) in [
        (json!({}), "DEFAULT", ""),
        (keeps, "DEFAULT", "order-1"),
        (conversation.clone(), "DEFAULT", "order-1"),
        (conversation, "DISPATCH_ONLY", ""),
    ] {
        let app = desk.app_with(app).await;
        let mut message = sms(&app, "Hello");
        message["callback_url"] = receiver.url.clone().into();
        message["correlation_id"] = "order-1".into();
        message["processing_strategy"] = strategy.into();
        desk.send(&message).await.ok();
        desk.run().await;
        assert_eq!(receiver.taken().last().unwrap().body()["correlation_id"], told);
    }
}

#[tokio::test]
async fn callbacks_beyond_the_limit_are_dropped() {
    let desk = Desk::with(virtual_clock().retained(Retained::default().callbacks(1))).await;
    let receiver = Receiver::start().await;
    let app = desk.app().await;
    webhook(&desk, &app, &receiver.url, json!({})).await;
    receiver.answer_next(&[500]);
    desk.sent(&app, "Hello").await;
    desk.run().await;
    // While the first is tried again, there is no room for the second.
    assert_eq!(receiver.statuses(), ["QUEUED_ON_CHANNEL", "QUEUED_ON_CHANNEL"]);
    assert_eq!(desk.texts().await, ["Hello"]);
}

#[tokio::test]
async fn receipts_of_other_channels_carry_no_metadata_of_the_sms_channel() {
    let desk = Desk::new().await;
    let receiver = Receiver::start().await;
    let rcs = json!({"channel": "RCS", "static_bearer": {"claimed_identity": "agent", "token": "t"}});
    let app = desk.app_with(json!({"channel_credentials": [rcs, sms_credentials()]})).await;
    let mut message = sms(&app, "Hello");
    message["callback_url"] = receiver.url.clone().into();
    message["recipient"]["identified_by"]["channel_identities"][0]["channel"] = "RCS".into();
    desk.send(&message).await.ok();
    desk.run().await;
    assert_eq!(receiver.taken()[1].body()["message_metadata"], "");
}

/// Takes one callback from a connection and leaves it unanswered.
async fn take(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = String::new();
    while !text.ends_with('}') {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    let body: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    let status = body["message_delivery_report"]["status"].as_str().unwrap().to_owned();
    (stream, status)
}

async fn answer(mut stream: TcpStream, status: u16) {
    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_callback_from_before_a_reset_does_not_touch_those_after_it() {
    let desk = Desk::with(Options::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let send = async || {
        let mut message = sms(&desk.app().await, "Hello");
        message["callback_url"] = url.as_str().into();
        desk.send(&message).await.ok();
    };
    send().await;
    let (before, _) = take(&listener).await;
    desk.post("/_sandbox/reset", &json!({})).await.ok();
    send().await;
    // The new receipt is on its way when the old one is answered; it is not taken at first.
    let (after, first) = take(&listener).await;
    answer(before, 200).await;
    answer(after, 500).await;
    let (_, rest) = tokio::join!(desk.run(), async {
        let mut rest = Vec::new();
        for _ in 0..2 {
            let (stream, status) = take(&listener).await;
            rest.push(status);
            answer(stream, 200).await;
        }
        rest
    });
    assert_eq!(
        (first.as_str(), rest),
        ("QUEUED_ON_CHANNEL", vec!["QUEUED_ON_CHANNEL".into(), "DELIVERED".into()])
    );
}
