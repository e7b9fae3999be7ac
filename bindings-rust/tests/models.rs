//! What models promise whoever builds, writes and reads them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tidings::models::{
    AppMessage, AppMessageKind, CardMessage, ChannelCredentialsRequest, ChannelPropertyKey,
    ChannelRecipientIdentity, ChannelSpecificMessage, Choice, ContactMessage, ContactMessageKind,
    ConversationChannel, ConversationMessage, Coordinates, DeliveryStatus, ErrorResponse, IdentifiedBy,
    ListMessagesResponse, LocationMessage, MediaMessage, RateLimits, Recipient, RecipientKind,
    SendMessageRequest, SendMessageResponse, StaticBearerCredentials, TextMessage, UpdateAppRequest,
    WhatsAppFlow, WhatsAppFlowsMessage,
};
use tidings::webhooks::{Event, parse_unverified};

fn read<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_str(&json.to_string()).unwrap()
}

fn written(model: &impl serde::Serialize) -> Value {
    serde_json::to_value(model).unwrap()
}

fn sms(number: &str) -> Recipient {
    Recipient::identified_by(IdentifiedBy::new([ChannelRecipientIdentity::new(
        ConversationChannel::Sms,
        number,
    )]))
}

mod building {
    use super::*;

    #[test]
    fn a_message_is_written_as_the_api_wants_it() {
        let request = SendMessageRequest::new(sms("+46701234567"), AppMessage::text("Hello"))
            .channel_priority_order([ConversationChannel::Sms])
            .channel_properties([(ChannelPropertyKey::SmsSender, "Acme")])
            .ttl(Duration::from_mins(1))
            .correlation_id("order-7");
        let expected = json!({
            "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}},
            "message": {"text_message": {"text": "Hello"}},
            "channel_priority_order": ["SMS"],
            "channel_properties": {"SMS_SENDER": "Acme"},
            "ttl": "60s",
            "correlation_id": "order-7",
        });
        assert_eq!(written(&request), expected);
    }

    #[test]
    fn the_app_is_left_to_the_client_unless_it_is_named() {
        let request = SendMessageRequest::new(Recipient::contact_id("01H"), AppMessage::text("Hello"));
        assert!(written(&request).get("app_id").is_none());
        assert_eq!(written(&request.app_id("01A"))["app_id"], "01A");
    }

    #[test]
    fn each_member_of_a_choice_has_a_constructor_and_what_else_is_required_comes_first() {
        let place = LocationMessage::new(Coordinates::new(59.3, 18.1), "Stockholm");
        assert_eq!(
            written(&Choice::location(place)),
            json!({"location_message": {"coordinates": {"latitude": 59.3, "longitude": 18.1}, "title": "Stockholm"}})
        );
        let bearer = StaticBearerCredentials::new("plan", "token");
        assert_eq!(
            written(&ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, bearer)),
            json!({"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}})
        );
    }

    #[test]
    fn text_stands_for_an_object_that_holds_nothing_else() {
        assert_eq!(TextMessage::from("Hello"), TextMessage::new("Hello"));
        let card = CardMessage::new().title("Title").choices([Choice::text("Yes"), Choice::text("No")]);
        assert_eq!(written(&card)["choices"][1], json!({"text_message": {"text": "No"}}));
    }

    #[test]
    fn a_form_of_a_union_stands_for_the_union_and_brings_its_tag() {
        let flow = WhatsAppFlowsMessage::new(WhatsAppFlow::new("7", "Book"));
        let message = AppMessage::new().channel_specific_message([(ConversationChannel::Whatsapp, flow)]);
        assert_eq!(
            written(&message),
            json!({"channel_specific_message": {"WHATSAPP": {
                "message_type": "FLOWS",
                "message": {"flow_id": "7", "flow_cta": "Book"},
            }}})
        );
    }

    #[test]
    fn an_empty_list_is_written_and_an_absent_one_is_not() {
        assert_eq!(written(&UpdateAppRequest::new()), json!({}));
        let none: [ChannelCredentialsRequest; 0] = [];
        assert_eq!(
            written(&UpdateAppRequest::new().channel_credentials(none)),
            json!({"channel_credentials": []})
        );
    }

    #[test]
    fn a_duration_is_written_in_seconds_with_no_more_decimals_than_it_has() {
        for (duration, text) in [
            (Duration::from_secs(10), "10s"),
            (Duration::from_millis(1500), "1.5s"),
            (Duration::new(3, 1), "3.000000001s"),
            (Duration::ZERO, "0s"),
        ] {
            let request =
                SendMessageRequest::new(Recipient::contact_id("01H"), AppMessage::new()).ttl(duration);
            assert_eq!(written(&request)["ttl"], text);
            assert_eq!(read::<SendMessageRequest>(json!({"ttl": text})).ttl, Some(duration));
        }
    }
}

mod reading {
    use super::*;

    #[test]
    fn null_reads_as_absent() {
        let message: ConversationMessage = read(
            json!({"id": null, "message_status": null, "app_message": null, "accept_time": null, "injected": null}),
        );
        assert_eq!(message, ConversationMessage::default());
    }

    #[test]
    fn a_value_of_another_type_reads_as_absent() {
        let response: SendMessageResponse = read(json!({"message_id": 7, "accepted_time": {"seconds": 1}}));
        assert_eq!(response, SendMessageResponse::default());
        let request: SendMessageRequest =
            read(json!({"recipient": [], "ttl": 10, "channel_priority_order": "SMS"}));
        assert_eq!(request, SendMessageRequest::default());
    }

    #[test]
    fn only_what_is_no_object_at_all_fails() {
        for text in ["[]", "null", "7", "\"text\"", "", "{", "{} {}"] {
            assert!(serde_json::from_str::<SendMessageResponse>(text).is_err(), "{text}");
        }
        let error = serde_json::from_str::<SendMessageResponse>("[]").unwrap_err().to_string();
        assert!(error.contains("expected an object (SendMessageResponse)"), "{error}");
    }

    #[test]
    fn items_that_do_not_fit_are_left_out() {
        let page: ListMessagesResponse = read(json!({"messages": [null, {"id": "1"}, 7, {"id": "2"}, []]}));
        let ids: Vec<_> = page.messages.iter().map(|message| message.id.as_deref()).collect();
        assert_eq!(ids, [Some("1"), Some("2")]);
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let read = |text| serde_json::from_str::<SendMessageResponse>(text).unwrap().message_id;
        assert_eq!(read(r#"{"message_id":"first","message_id":"last"}"#), "last");
        assert_eq!(read(r#"{"message_id":"first","message_id":null}"#), "");
    }

    #[test]
    fn keys_may_be_written_with_escapes() {
        let text = r#"{"mess\u0061ge_id":"01H"}"#;
        assert_eq!(serde_json::from_str::<SendMessageResponse>(text).unwrap().message_id, "01H");
    }

    #[test]
    fn whole_numbers_may_come_as_floats_and_as_strings() {
        let limits: RateLimits =
            read(json!({"inbound": "9007199254740993", "outbound": 20.0, "webhooks": 20.5}));
        assert_eq!(
            (limits.inbound, limits.outbound, limits.webhooks),
            (Some(9_007_199_254_740_993), Some(20), None)
        );
        let code = |json| read::<ErrorResponse>(json!({"error": {"code": json}})).error.unwrap().code;
        assert_eq!(code(json!(404)), Some(404));
        assert_eq!(code(json!(2_147_483_648_u32)), None, "more than 32 bits hold");
        assert_eq!(code(json!(true)), None);
    }

    #[test]
    fn moments_keep_their_nanoseconds_and_malformed_ones_are_absent() {
        let time = |text: &str| read::<SendMessageResponse>(json!({"accepted_time": text})).accepted_time;
        for text in ["2024-06-06T12:42:09Z", "2024-06-06T12:42:09.123456789Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(time(text).unwrap().to_string(), text);
        }
        assert_eq!(time("2024-06-06T14:42:09+02:00"), time("2024-06-06T12:42:09Z"));
        for text in ["", "yesterday", "2024-06-06", "2024-02-30T00:00:00Z"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn malformed_durations_are_absent() {
        for text in
            ["", "s", "10", "-1s", "1.s", ".5s", "1.0000000001s", "1e3s", " 1s", "99999999999999999999s"]
        {
            assert_eq!(read::<SendMessageRequest>(json!({"ttl": text})).ttl, None, "{text}");
        }
    }

    #[test]
    fn unknown_values_of_enums_survive_a_round_trip() {
        let json = json!({"channel": "PIGEON", "identity": "loft 7"});
        let identity: ChannelRecipientIdentity = read(json.clone());
        assert!(matches!(identity.channel, ConversationChannel::Unrecognized(_)));
        assert_eq!(identity.channel.as_str(), "PIGEON");
        assert_eq!(written(&identity), json);
        let keyed: AppMessage = read(json!({"explicit_channel_message": {"PIGEON": "coo"}}));
        assert_eq!(written(&keyed), json!({"explicit_channel_message": {"PIGEON": "coo"}}));
    }

    #[test]
    fn unknown_forms_of_unions_survive_a_round_trip() {
        let form = json!({"message": {"deep": [1, {"er": null}]}, "message_type": "HOLOGRAM"});
        let json = json!({"channel_specific_message": {"WHATSAPP": form}});
        let message: AppMessage = read(json.clone());
        let forms: BTreeMap<ConversationChannel, ChannelSpecificMessage> =
            message.channel_specific_message.clone().unwrap();
        match &forms[&ConversationChannel::Whatsapp] {
            ChannelSpecificMessage::Unrecognized(unknown) => {
                assert_eq!((unknown.tag(), unknown.as_json()), (Some("HOLOGRAM"), &form));
            }
            known => panic!("{known:?}"),
        }
        assert_eq!(written(&message), json);
    }

    #[test]
    fn kind_tells_what_is_set() {
        assert!(matches!(Recipient::contact_id("01H").kind(), Some(RecipientKind::ContactId("01H"))));
        let message: AppMessage = read(json!({"card_message": {"title": "T"}, "agent": {}}));
        assert!(
            matches!(message.kind(), Some(AppMessageKind::Card(card)) if card.title.as_deref() == Some("T"))
        );
        let reply: ContactMessage =
            read(json!({"text_message": {"text": "Hi"}, "reply_to": {"message_id": "01H"}}));
        assert!(matches!(reply.kind(), Some(ContactMessageKind::Text(text)) if text.text == "Hi"));
        assert_eq!(read::<AppMessage>(json!({"hologram_message": {}})).kind(), None);
    }
}

mod enums {
    use super::*;

    #[test]
    fn a_value_is_its_text_in_every_form() {
        let status = DeliveryStatus::QueuedOnChannel;
        assert_eq!(status.as_str(), "QUEUED_ON_CHANNEL");
        assert_eq!(status.to_string(), "QUEUED_ON_CHANNEL");
        assert_eq!(format!("{status:?}"), "QUEUED_ON_CHANNEL");
        assert_eq!(DeliveryStatus::from("QUEUED_ON_CHANNEL"), status);
        assert_eq!("QUEUED_ON_CHANNEL".parse::<DeliveryStatus>(), Ok(status));
        assert_eq!(DeliveryStatus::default().as_str(), "");
    }
}

mod privacy {
    use super::*;

    #[test]
    fn debug_shows_neither_numbers_nor_texts_nor_secrets() {
        let mut message = AppMessage::text("Your code is 4711");
        message.media_message = Some(MediaMessage::new("https://example.com/4711.png"));
        let request = SendMessageRequest::new(sms("+46701234567"), message)
            .message_metadata("order 4711")
            .conversation_metadata(read(json!({"code": 4711})));
        let shown = format!("{request:?}");
        assert!(!shown.contains("4711") && !shown.contains("01234"), "{shown}");
        assert!(shown.contains("text: …17 characters") && shown.contains("identity: +46…67"), "{shown}");

        let bearer = StaticBearerCredentials::new("plan", "hush");
        let shown =
            format!("{:?}", ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, bearer));
        let expected = "ChannelCredentialsRequest { channel: SMS, \
                        static_bearer: StaticBearerCredentials { claimed_identity: \"plan\", token: *** } }";
        assert_eq!(shown, expected);
    }

    #[test]
    fn debug_shows_of_an_unknown_form_its_tag_only() {
        let message: AppMessage = read(json!({"channel_specific_message": {
            "WHATSAPP": {"message_type": "HOLOGRAM", "text": "hush"},
        }}));
        assert_eq!(
            format!("{message:?}"),
            r#"AppMessage { channel_specific_message: {WHATSAPP: UnrecognizedVariant { tag: Some("HOLOGRAM"), .. }} }"#
        );
    }

    #[test]
    fn debug_shows_of_an_unknown_event_its_keys_only() {
        let event = parse_unverified(br#"{"app_id": "hush", "hologram": {"text": "hush"}}"#).unwrap();
        assert_eq!(
            format!("{event:?}"),
            r#"Unrecognized(UnrecognizedEvent { keys: ["app_id", "hologram"], .. })"#
        );
    }
}

mod events {
    use super::*;

    fn parse(json: Value) -> Event {
        parse_unverified(json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_key_of_the_payload_tells_the_event() {
        let event = parse(json!({"app_id": "01A", "message_delivery_report": {"status": "DELIVERED"}}));
        assert_eq!(event.trigger(), Some("MESSAGE_DELIVERY"));
        match event {
            Event::MessageDelivery(receipt) => {
                assert_eq!(receipt.app_id, "01A");
                assert_eq!(receipt.message_delivery_report.status, Some(DeliveryStatus::Delivered));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_callback_of_the_contract_has_its_event() {
        for callback in tidings_core::generated::callbacks::CALLBACKS {
            let event = parse(json!({"message_metadata": "", callback.body_key: {}}));
            assert_eq!(event.trigger(), Some(callback.trigger));
        }
    }

    #[test]
    fn a_key_without_a_payload_is_no_event() {
        let event = parse(json!({"message": null, "opt_in_notification": {"status": "OPT_IN_SUCCEEDED"}}));
        assert_eq!(event.trigger(), Some("OPT_IN"));
        assert_eq!(parse(json!({"message": "text"})).trigger(), None);
    }

    #[test]
    fn an_unknown_event_is_kept_whole() {
        let json = json!({"app_id": "01A", "hologram": {"shape": [1, null]}});
        match parse(json.clone()) {
            Event::Unrecognized(unknown) => {
                assert_eq!(Value::from(unknown.as_json().clone()), json);
                assert_eq!(unknown.keys().collect::<Vec<_>>(), ["app_id", "hologram"]);
            }
            known => panic!("{known:?}"),
        }
    }

    #[test]
    fn what_is_no_json_object_is_no_callback() {
        for body in ["", "[]", "null", "{", "{} trailing"] {
            assert!(parse_unverified(body.as_bytes()).is_err(), "{body}");
        }
    }
}
