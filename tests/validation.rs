//! Bad calls are refused before the network, with operation and place, and without showing what was written.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeMap;

use serde_json::json;
use tidings::models::{
    AppMessage, ChannelPropertyKey, ChannelRecipientIdentity, ConversationChannel, IdentifiedBy, Recipient,
    SendMessageRequest,
};
use tidings::{Error, ErrorKind};
use tidings_tests::{TEXT, TO, World};

/// Asserts that the error came before the network, and where it points.
async fn refused(world: &World, error: Error, operation: &str, path: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error:?}");
    assert_eq!((error.operation(), error.path()), (Some(operation), Some(path)));
    assert_eq!((error.attempts(), error.sent(), error.status()), (0, false, None));
    let text = format!("{error} {error:?}");
    assert!(text.contains(path) && text.contains(operation), "{text}");
    assert!(!text.contains("070") && !text.contains(TEXT), "{text}");
    assert!(world.requests("messages.send").await.unwrap().is_empty());
    assert!(world.requests("auth.token").await.unwrap().len() <= 1, "only the observer has a token");
}

fn sms_to(number: &str) -> Recipient {
    let identity = ChannelRecipientIdentity::new(ConversationChannel::Sms, number);
    Recipient::identified_by(IdentifiedBy::new(vec![identity]))
}

async fn send(world: &World, request: SendMessageRequest) -> Error {
    world.client().unwrap().messages().send(request).await.unwrap_err()
}

async fn send_json(world: &World, request: serde_json::Value) -> Error {
    world.client().unwrap().messages().send(request).await.unwrap_err()
}

#[tokio::test]
async fn a_channel_property_of_more_than_1024_characters() {
    let world = World::new().await.unwrap();
    let mut properties = BTreeMap::new();
    properties.insert(ChannelPropertyKey::SmsSender, "å".repeat(1025));
    let request = SendMessageRequest::new(sms_to(TO), AppMessage::text(TEXT)).channel_properties(properties);
    let error = send(&world, request).await;
    refused(&world, error, "messages.send", "$.channel_properties.SMS_SENDER").await;
}

#[tokio::test]
async fn a_channel_property_of_1024_characters_passes() {
    let world = World::new().await.unwrap();
    let properties = BTreeMap::from([(ChannelPropertyKey::SmsSender, "å".repeat(1024))]);
    let request = SendMessageRequest::new(sms_to(TO), AppMessage::text(TEXT)).channel_properties(properties);
    world.client().unwrap().messages().send(request).await.unwrap();
}

#[tokio::test]
async fn a_recipient_of_an_unknown_form() {
    let world = World::new().await.unwrap();
    let request = json!({"recipient": {"phone": TO}, "message": {"text_message": {"text": TEXT}}});
    refused(&world, send_json(&world, request).await, "messages.send", "$.recipient").await;
}

#[tokio::test]
async fn two_of_a_one_of() {
    let world = World::new().await.unwrap();
    let mut recipient = sms_to(TO);
    recipient.contact_id = Some("01HKWT3XRVH6RP17S8KSBC4PYR".to_owned());
    let request = SendMessageRequest::new(recipient, AppMessage::text(TEXT));
    refused(&world, send(&world, request).await, "messages.send", "$.recipient").await;
}

#[tokio::test]
async fn a_missing_required_property() {
    let world = World::new().await.unwrap();
    let request = json!({"recipient": {"contact_id": "01H"}});
    refused(&world, send_json(&world, request).await, "messages.send", "$.message").await;
    let request = json!({"recipient": {"contact_id": "01H"}, "message": {"text_message": {"text": null}}});
    refused(&world, send_json(&world, request).await, "messages.send", "$.message.text_message.text").await;
}

#[tokio::test]
async fn a_bad_number() {
    let world = World::new().await.unwrap();
    for number in ["0701234567", "+46 70 123 45 67", "+460", "4670123456789012", "", "+", "+46７01234567"] {
        let error = world.client().unwrap().sms().send(number, TEXT).await.unwrap_err();
        refused(&world, error, "sms.send", "$.to").await;
        let path = "$.recipient.identified_by.channel_identities[0].identity";
        let request = SendMessageRequest::new(sms_to(number), AppMessage::text(TEXT));
        refused(&world, send(&world, request).await, "messages.send", path).await;
    }
}

#[tokio::test]
async fn a_number_is_only_asked_of_channels_that_have_numbers() {
    let world = World::new().await.unwrap();
    let identity = ChannelRecipientIdentity::new(ConversationChannel::Telegram, "an-opaque-id");
    let recipient = Recipient::identified_by(IdentifiedBy::new(vec![identity]));
    let request = SendMessageRequest::new(recipient, AppMessage::text(TEXT));
    world.client().unwrap().messages().send(request).await.unwrap();
}

#[tokio::test]
async fn a_channel_that_is_none() {
    let world = World::new().await.unwrap();
    let request = SendMessageRequest::new(sms_to(TO), AppMessage::text(TEXT))
        .channel_priority_order(vec![ConversationChannel::Sms, "CHANNEL_UNSPECIFIED".into()]);
    refused(&world, send(&world, request).await, "messages.send", "$.channel_priority_order[1]").await;
}

#[tokio::test]
async fn a_channel_that_is_new_passes() {
    let world = World::new().await.unwrap();
    let request = SendMessageRequest::new(sms_to(TO), AppMessage::text(TEXT))
        .channel_priority_order(vec![ConversationChannel::Sms, "PIGEON".into()]);
    world.client().unwrap().messages().send(request).await.unwrap();
}

#[tokio::test]
async fn a_time_to_live_out_of_range() {
    let world = World::new().await.unwrap();
    let request =
        SendMessageRequest::new(sms_to(TO), AppMessage::text(TEXT)).ttl(std::time::Duration::from_secs(2));
    refused(&world, send(&world, request).await, "messages.send", "$.ttl").await;
}

#[tokio::test]
async fn a_body_that_is_no_object() {
    let world = World::new().await.unwrap();
    refused(&world, send_json(&world, json!([1, 2])).await, "messages.send", "$").await;
}

#[tokio::test]
async fn a_page_size_out_of_range() {
    let world = World::new().await.unwrap();
    let error = world.client().unwrap().messages().list().page_size(1001).await.unwrap_err();
    refused(&world, error, "messages.list", "$.page_size").await;
}

#[tokio::test]
async fn a_header_that_the_client_writes_itself() {
    let world = World::new().await.unwrap();
    let call = world.client().unwrap().apps().list().header("Authorization", "Bearer x");
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Config);
}
