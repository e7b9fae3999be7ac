//! The operations that are ours: each is turned into calls of the API before it goes out, here and nowhere else.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::json::{self, RawObject};

/// How an operation of ours is carried out.
pub(crate) enum Composition {
    /// Its body is written in another form.
    Rewrite(fn(&[u8]) -> serde_json::Result<Bytes>),
    /// What is there is read, edited and written back.
    Edit(&'static Edit),
}

/// Reading, editing and writing back.
pub(crate) struct Edit {
    /// The operation that reads.
    pub(crate) reads: &'static str,
    /// The one property that is written back.
    pub(crate) property: &'static str,
    /// From what was read and the body that the caller gave to the property's new value.
    edited: fn(read: &[u8], given: &[u8]) -> serde_json::Result<String>,
}

impl Edit {
    /// The body that writes the edited property.
    pub(crate) fn body(&self, read: &[u8], given: &[u8]) -> serde_json::Result<Bytes> {
        let mut body = RawObject::new();
        body.set(self.property, (self.edited)(read, given)?);
        Ok(body.to_text().into())
    }
}

/// How an operation is carried out, if it is one of ours.
pub(crate) fn composition(operation: &str) -> Option<Composition> {
    match operation {
        "sms.send" => Some(Composition::Rewrite(sms_send)),
        "apps.add_channel" => {
            Some(Composition::Edit(&Edit { reads: "apps.get", property: CHANNELS, edited: with_channel }))
        }
        _ => None,
    }
}

const CHANNELS: &str = "channel_credentials";

/// The credentials of an app with one more among them, or with one in the place of the channel's old one. Every other one stays
/// byte for byte: also what no client knows.
fn with_channel(app: &[u8], given: &[u8]) -> serde_json::Result<String> {
    let app = RawObject::parse(app)?;
    let present: Vec<&RawValue> = serde_json::from_str(app.get(CHANNELS).unwrap_or("[]"))?;
    let new = Channel::of(given);
    let mut credentials: Vec<&str> = present.into_iter().map(RawValue::get).collect();
    let given = std::str::from_utf8(given).map_err(serde::de::Error::custom)?;
    match credentials.iter().position(|old| Channel::of(old.as_bytes()) == new) {
        Some(place) => credentials[place] = given,
        None => credentials.push(given),
    }
    Ok(format!("[{}]", credentials.join(",")))
}

/// What tells the credentials of an app apart: the channel, and a number where a channel may have several (LINE). Reads give the
/// number 0 where none was written.
#[derive(PartialEq, Eq)]
struct Channel {
    name: Option<String>,
    number: i64,
}

impl Channel {
    fn of(credentials: &[u8]) -> Self {
        let Ok(credentials) = RawObject::parse(credentials) else { return Self { name: None, number: 0 } };
        let number = credentials.get("credential_ordinal_number").and_then(|number| number.parse().ok());
        let name = credentials.text("channel").map(std::borrow::Cow::into_owned);
        Self { name, number: number.unwrap_or(0) }
    }
}

/// The body of `messages.send` that does what this body of `sms.send` asks for.
///
/// The body has passed validation; what it holds goes over byte for byte, in other places.
fn sms_send(body: &[u8]) -> serde_json::Result<Bytes> {
    /// Properties that are written in another form; every other one goes over as it is.
    const TURNED: [&str; 6] = ["to", "text", "sender", "flash", "max_parts", "channel_properties"];
    let sms = RawObject::parse(body)?;
    let mut send = RawObject::new();
    for (name, value) in sms.entries().filter(|(name, _)| !TURNED.contains(name)) {
        send.set(name, value);
    }
    let written = |name| sms.get(name).unwrap_or("null");
    let identity = format!(r#"{{"channel":"SMS","identity":{}}}"#, written("to"));
    send.set("recipient", format!(r#"{{"identified_by":{{"channel_identities":[{identity}]}}}}"#));
    send.set("message", format!(r#"{{"text_message":{{"text":{}}}}}"#, written("text")));
    let given = sms.get("channel_properties").unwrap_or("{}");
    let mut properties = RawObject::parse(given.as_bytes())?;
    if let Some(sender) = sms.get("sender") {
        properties.set("SMS_SENDER", sender);
    }
    // The API takes flags and numbers as strings here.
    for (name, key) in [("flash", "SMS_FLASH_MESSAGE"), ("max_parts", "SMS_MAX_NUMBER_OF_MESSAGE_PARTS")] {
        if let Some(value) = sms.get(name) {
            properties.set(key, json::string(value));
        }
    }
    if properties.entries().next().is_some() {
        send.set("channel_properties", properties.to_text());
    }
    Ok(send.to_text().into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{sms_send, with_channel};

    fn sent(body: &Value) -> Value {
        serde_json::from_slice(&sms_send(body.to_string().as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_text_becomes_a_text_message_to_one_sms_recipient() {
        let expected = json!({
            "recipient": {"identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46701234567"}]}},
            "message": {"text_message": {"text": "Hello \"you\""}},
            "app_id": "A",
        });
        assert_eq!(sent(&json!({"to": "+46701234567", "text": "Hello \"you\"", "app_id": "A"})), expected);
    }

    #[test]
    fn options_become_channel_properties_as_strings() {
        let body = json!({"to": "+46701234567", "text": "x", "sender": "Acme", "flash": true, "max_parts": 2,
                          "ttl": "60s", "flash_not": null});
        let send = sent(&body);
        let expected = json!({"SMS_SENDER": "Acme", "SMS_FLASH_MESSAGE": "true", "SMS_MAX_NUMBER_OF_MESSAGE_PARTS": "2"});
        assert_eq!(send["channel_properties"], expected);
        assert_eq!(send["ttl"], "60s");
    }

    #[test]
    fn what_is_not_known_goes_along_and_changes_neither_recipient_nor_text() {
        let body = json!({"to": "+46701234567", "text": "x", "sender": "Acme", "new": {"price": 1.5}, "message": "no",
                          "channel_properties": {"SMS_SENDER": "Other", "SMS_NEW": "1"}});
        let send = sent(&body);
        assert_eq!(
            (&send["new"]["price"], &send["message"]["text_message"]["text"]),
            (&json!(1.5), &json!("x"))
        );
        assert_eq!(send["channel_properties"], json!({"SMS_SENDER": "Acme", "SMS_NEW": "1"}));
    }

    #[test]
    fn a_channel_is_added_and_every_other_byte_stays() {
        let app = br#"{"id":"A","channel_credentials":[{"channel" : "RCS","new":1.10,"static_bearer":{"token":"t"}}]}"#;
        let sms = br#"{"channel":"SMS","static_bearer":{"claimed_identity":"plan","token":"x"}}"#;
        let both = with_channel(app, sms).unwrap();
        let expected = r#"[{"channel" : "RCS","new":1.10,"static_bearer":{"token":"t"}},{"channel":"SMS","static_bearer":{"claimed_identity":"plan","token":"x"}}]"#;
        assert_eq!(both, expected);
        for none in ["{}", r#"{"channel_credentials":null}"#, r#"{"channel_credentials":[]}"#] {
            assert_eq!(
                with_channel(none.as_bytes(), br#"{"channel":"SMS"}"#).unwrap(),
                r#"[{"channel":"SMS"}]"#
            );
        }
        assert!(with_channel(b"[]", sms).is_err());
    }

    #[test]
    fn the_credentials_of_a_channel_are_replaced_in_their_place() {
        let app = br#"{"channel_credentials":[{"channel":"SMS","a":1},{"channel":"LINE","credential_ordinal_number":1},{"channel":"LINE","credential_ordinal_number":2}]}"#;
        let read = br#"{"channel_credentials":[{"channel":"SMS","credential_ordinal_number":0}]}"#;
        assert_eq!(with_channel(read, br#"{"channel":"SMS"}"#).unwrap(), r#"[{"channel":"SMS"}]"#);
        let replaced = with_channel(app, br#"{"channel":"SMS","a":2}"#).unwrap();
        assert!(replaced.starts_with(r#"[{"channel":"SMS","a":2},{"channel":"LINE""#), "{replaced}");
        let second = with_channel(app, br#"{"channel":"LINE","credential_ordinal_number":2,"b":3}"#).unwrap();
        assert!(
            second.ends_with(r#"number":1},{"channel":"LINE","credential_ordinal_number":2,"b":3}]"#),
            "{second}"
        );
    }
}
