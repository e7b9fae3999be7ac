//! The operations that are ours: each is turned into one of the API before it goes out, here and nowhere else.

use bytes::Bytes;

use crate::json::{self, RawObject};

/// The body of `messages.send` that does what this body of `sms.send` asks for.
///
/// The body has passed validation; what it holds goes over byte for byte, in other places.
pub(crate) fn sms_send(body: &[u8]) -> serde_json::Result<Bytes> {
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

    use super::sms_send;

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
}
