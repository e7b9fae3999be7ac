//! A body as it may be shown: only what the contract marks as open is left.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use proptest::prelude::*;
use serde_json::{Value, json};
use tidings_core::contract::operation;
use tidings_core::mask;

fn masked(id: &str, body: &Value) -> Value {
    mask::body(operation(id).unwrap().body.as_ref().unwrap().rule, body)
}

#[test]
fn ids_enums_and_settings_are_left_and_everything_else_is_masked() {
    let body = json!({
        "app_id": "01HKWT3XRVH6RP17S8KSBC4PYR",
        "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}},
        "message": {
            "text_message": {"text": "Your code is 4711"},
            "explicit_channel_message": {"SMS": "raw +46701234567"},
            "channel_specific_message": {"WHATSAPP": {"message_type": "NEW", "message": {"flow_token": "t"}}},
        },
        "message_metadata": "order of +46701234567",
        "conversation_metadata": {"name": "Ada"},
        "channel_properties": {"SMS_FLASH_MESSAGE": "true", "SMS_NEW": "anything", "+46701234567": "x"},
        "correlation_id": "46701234567",
        "callback_url": 46_701_234_567_u64,
        "ttl": "60s",
        "new": {"phone": "+46701234567"},
        "new_list": ["+46701234567", 4711],
    });
    let expected = json!({
        "app_id": "01HKWT3XRVH6RP17S8KSBC4PYR",
        "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46…67"}]}},
        "message": {
            "text_message": {"text": "…17 characters"},
            "explicit_channel_message": "***",
            "channel_specific_message": {"WHATSAPP": "***"},
        },
        "message_metadata": "…21 characters",
        "conversation_metadata": "***",
        "channel_properties": {"SMS_FLASH_MESSAGE": "true", "SMS_NEW": "…8 characters", "+46…67": "…1 characters"},
        "correlation_id": "46…67",
        "callback_url": "***",
        "ttl": "60s",
        "new": "***",
        "new_list": ["+46…67", "***"],
    });
    assert_eq!(masked("messages.send", &body), expected);
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let body = json!({
        "display_name": "app",
        "channel_credentials": [
            {"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "hunter2"}},
            {"channel": "MMS", "mms_credentials": {"account_id": "a", "api_key": "hunter2",
             "basic_auth": {"username": "u", "password": "hunter2"}}},
            {"channel": "WECHAT", "wechat_credentials": {"app_id": "a", "app_secret": "hunter2", "token": 2, "aes_key": ["hunter2"]}},
        ],
        "callback_settings": {"secret_for_overridden_callback_urls": "hunter2"},
    });
    let shown = masked("apps.create", &body).to_string();
    assert!(!shown.contains("hunter2") && shown.contains("plan"), "{shown}");
}

proptest! {
    #[test]
    fn no_value_that_is_out_of_place_comes_through(text in "[a-z]{12}", depth in 0_usize..4) {
        // The same text under properties that expect something else, at any depth.
        let mut value = json!(text);
        for _ in 0..depth {
            value = json!({"unknown": value});
        }
        let body = json!({"app_id": {"deep": value}, "recipient": value, "message": [value], "ttl": [value], "queue": {"x": value}});
        prop_assert!(!masked("messages.send", &body).to_string().contains(&text));
    }
}
