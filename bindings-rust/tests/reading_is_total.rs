//! Reading is total: whatever JSON object comes, a model comes out of it, and written and read again it is the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::{fs, path::Path};

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings::models::{
    App, Batch, CapabilityCallback, ChannelEventCallback, ConsentsListType, ContactMergeCallback,
    ConversationEvent, ConversationMessage, CreateAppRequest, ErrorResponse, EventInboundCallback,
    ListMessagesResponse, ListTemplatesResponse, MessageDeliveryCallback, MessageInboundCallback,
    SandboxFaults, SendBatchRequest, SendEventRequest, SendMessageRequest, SendSmsRequest,
    SmartConversationCallback, Template, Webhook,
};
use tidings::webhooks::parse_unverified;
use tidings_core::contract::{ObjectRule, Rule, operation};

/// Numbers that decide what is built; a shorter list with smaller ones builds something simpler, so that proptest can
/// shrink what fails.
struct Choices<'a>(std::slice::Iter<'a, u16>);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        self.0.next().copied().unwrap_or(0).into()
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.next() % texts.len()]
    }
}

const TEXTS: [&str; 16] = [
    "",
    "text",
    "SMS",
    "FLOWS",
    "WL",
    "2024-02-30T00:00:00Z",
    "2024-02-29T23:59:59.123456789Z",
    "10s",
    "0.000000001s",
    "1.0000000001s",
    "-1s",
    "99999999999999999999s",
    "5",
    "1e3",
    "NaN",
    "\u{0}\u{1F600}\"\\",
];

/// Numbers in every form, up to the largest that `f64` holds.
const NUMBERS: [&str; 14] = [
    "0",
    "-0.0",
    "1",
    "5.0",
    "1.5",
    "-1",
    "2147483648",
    "-2147483649",
    "9223372036854775808",
    "18446744073709551615",
    "1e19",
    "1.7976931348623157e308",
    "5e-324",
    "4e38",
];

/// Any JSON; the keys of its objects are `names`.
fn anything(json: &mut String, choices: &mut Choices<'_>, names: &[&str], depth: usize) {
    match choices.next() % if depth == 0 { 5 } else { 7 } {
        0 => json.push_str("null"),
        1 => json.push_str("true"),
        2 => json.push_str(choices.of(&NUMBERS)),
        3 | 4 => text(json, choices.of(&TEXTS)),
        5 => {
            let length = choices.next() % 4;
            list(json, length, |json| anything(json, choices, names, depth - 1));
        }
        _ => object(json, choices, names, depth - 1),
    }
}

/// An object with any values. The same key may come again.
fn object(json: &mut String, choices: &mut Choices<'_>, names: &[&str], depth: usize) {
    json.push('{');
    for at in 0..choices.next() % 12 {
        json.push_str(if at == 0 { "" } else { "," });
        text(json, choices.of(names));
        json.push(':');
        anything(json, choices, names, depth);
    }
    json.push('}');
}

/// An object that looks like what `rule` describes, with something else here and there.
fn described(json: &mut String, choices: &mut Choices<'_>, rule: &ObjectRule, depth: usize) {
    json.push('{');
    let length = if rule.properties.is_empty() { 0 } else { choices.next() % 8 };
    for at in 0..length {
        let property = &rule.properties[choices.next() % rule.properties.len()];
        json.push_str(if at == 0 { "" } else { "," });
        text(json, property.name);
        json.push(':');
        value(json, choices, &property.rule, depth);
    }
    json.push('}');
}

fn value(json: &mut String, choices: &mut Choices<'_>, rule: &Rule, depth: usize) {
    if depth == 0 || choices.next().is_multiple_of(5) {
        return anything(json, choices, &["type", "text", "unknown"], depth);
    }
    match rule {
        Rule::Constant(constant) => text(json, constant),
        Rule::Enumeration { values, .. } => text(json, choices.of(values)),
        Rule::Object(rule) => described(json, choices, rule, depth - 1),
        Rule::Union(union) => {
            let (tag, rule) = union.variants[choices.next() % union.variants.len()];
            // The tag last, so that it is not known when the rest is read.
            described(json, choices, rule, depth - 1);
            json.pop();
            json.push_str(if json.ends_with('{') { "" } else { "," });
            let _ = write!(json, "{:?}:{tag:?}}}", union.tag);
        }
        Rule::List { items, .. } => {
            let length = choices.next() % 3;
            list(json, length, |json| value(json, choices, items, depth - 1));
        }
        Rule::Map { values, .. } => {
            let length = choices.next() % 3;
            json.push('{');
            for at in 0..length {
                json.push_str(if at == 0 { "" } else { "," });
                text(json, choices.of(&TEXTS));
                json.push(':');
                value(json, choices, values, depth - 1);
            }
            json.push('}');
        }
        _ => anything(json, choices, &["key"], depth),
    }
}

fn text(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).unwrap());
}

fn list(json: &mut String, length: usize, mut item: impl FnMut(&mut String)) {
    json.push('[');
    for at in 0..length {
        json.push_str(if at == 0 { "" } else { "," });
        item(json);
    }
    json.push(']');
}

/// Every name that a property has in any model.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated/models");
    let mut names = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let keys = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
        names.extend(keys.map(|(key, _)| key.to_owned()));
    }
    assert!(names.len() > 100, "the tables of the models were not found");
    names.into_iter().collect()
}

fn read_and_write<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(json: &str) {
    let read: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let written = serde_json::to_string(&read).unwrap();
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(again == read, "{json} was read, written as {written}, and read as {again:?}");
}

macro_rules! read_and_write {
    ($json:expr, $($model:ty),* $(,)?) => {
        $(read_and_write::<$model>($json);)*
    };
}

fn choices() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(any::<u16>(), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_object_reads_as_any_model(choices in choices()) {
        thread_local!(static NAMES: Vec<String> = names());
        let json = NAMES.with(|names| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut json = String::new();
            object(&mut json, &mut Choices(choices.iter()), &names, 5);
            json
        });
        read_and_write!(
            &json, App, Batch, CapabilityCallback, ChannelEventCallback, ContactMergeCallback, ConversationEvent,
            ConversationMessage, ErrorResponse, EventInboundCallback, ListMessagesResponse, ListTemplatesResponse,
            MessageDeliveryCallback, MessageInboundCallback, SandboxFaults, SmartConversationCallback, Template, Webhook,
        );
        prop_assert!(parse_unverified(json.as_bytes()).is_ok());
    }

    #[test]
    fn what_looks_like_a_message_reads_as_one(choices in choices()) {
        read_and_write::<SendMessageRequest>(&like("messages.send", &choices));
    }

    #[test]
    fn what_looks_like_an_app_reads_as_one(choices in choices()) {
        let json = like("apps.create", &choices);
        read_and_write!(&json, CreateAppRequest, App);
    }

    #[test]
    fn what_looks_like_a_template_reads_as_one(choices in choices()) {
        read_and_write::<Template>(&like("templates.create", &choices));
    }

    #[test]
    fn what_looks_like_any_other_request_reads_as_one(choices in choices()) {
        read_and_write::<SendBatchRequest>(&like("batches.send", &choices));
        read_and_write::<SendEventRequest>(&like("events.send", &choices));
        read_and_write::<SendSmsRequest>(&like("sms.send", &choices));
    }

    #[test]
    fn any_string_is_a_value_of_an_enum(value in ".*") {
        let read: ConsentsListType = serde_json::from_value(value.clone().into()).unwrap();
        prop_assert_eq!(read.as_str(), &*value);
    }

    #[test]
    fn any_bytes_are_an_event_or_no_json(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let is_object = serde_json::from_slice::<tidings::JsonObject>(&bytes).is_ok();
        prop_assert_eq!(parse_unverified(&bytes).is_ok(), is_object);
    }
}

fn like(id: &str, choices: &[u16]) -> String {
    let rule = operation(id).unwrap().body.as_ref().unwrap().rule;
    let mut json = String::new();
    described(&mut json, &mut Choices(choices.iter()), rule, 7);
    json
}
