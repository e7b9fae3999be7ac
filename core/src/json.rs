//! A JSON object whose top level can be edited while every other byte stays as it is.
//!
//! Bodies are never parsed and written again as a whole: numbers and text would not come out as the caller wrote them.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::tree::Key;

/// The top level of an object: keys in their order, values as JSON text.
pub(crate) struct RawObject<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> RawObject<'a> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// The last value under a key, as JSON text; `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().rev().find(|(key, _)| key == name)?;
        Some(value.as_ref()).filter(|value| *value != "null")
    }

    /// Every key with its value as JSON text; `null` counts as absent.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()));
        entries.filter(|(_, value)| *value != "null")
    }

    /// The last value under a key, if it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        serde_json::from_str(self.get(name)?).ok().map(|Key(text)| text)
    }

    /// Sets a key to a value that is JSON text, in the place of the old one or at the end.
    pub(crate) fn set(&mut self, name: &'a str, value: impl Into<Cow<'a, str>>) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((Cow::Borrowed(name), value.into()));
    }

    pub(crate) fn to_text(&self) -> String {
        let length: usize = self.0.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
        let mut text = String::with_capacity(length + 2);
        for (key, value) in &self.0 {
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(&string(key));
            text.push(':');
            text.push_str(value);
        }
        if text.is_empty() {
            text.push('{');
        }
        text.push('}');
        text
    }
}

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawObject<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    let value: &'de RawValue = map.next_value()?;
                    entries.push((key, Cow::Borrowed(value.get())));
                }
                Ok(RawObject(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A string as JSON text.
pub(crate) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Adds a member to the front of an object, as JSON text, and changes no other byte. The object must have none of this
/// name.
pub(crate) fn insert(object: &[u8], name: &str, value: &str) -> Bytes {
    let start = object.iter().position(|byte| *byte == b'{').map_or(0, |brace| brace + 1);
    let (head, members) = object.split_at(start);
    let is_empty = members.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
    let comma: &[u8] = if is_empty { b"" } else { b"," };
    [head, string(name).as_bytes(), b":", value.as_bytes(), comma, members].concat().into()
}

/// Whether this is JSON whose top level is an array.
pub(crate) fn is_array(text: &[u8]) -> bool {
    serde_json::from_slice::<Vec<IgnoredAny>>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_leaves_every_other_byte_as_it_is() {
        let text = br#"{"price":1.10,"big":123456789012345678901234567890,"text":"\u00e5 \/","app_id":null}"#;
        let mut object = RawObject::parse(text).unwrap();
        assert!(object.get("app_id").is_none());
        object.set("app_id", r#""A""#);
        let expected =
            r#"{"price":1.10,"big":123456789012345678901234567890,"text":"\u00e5 \/","app_id":"A"}"#;
        assert_eq!(object.to_text(), expected);
        assert_eq!(RawObject::new().to_text(), "{}");
    }

    #[test]
    fn a_member_goes_in_front_and_every_byte_stays() {
        assert_eq!(
            insert(br#" { "n" : 1.10 } "#, "app_id", r#""A""#),
            &br#" {"app_id":"A", "n" : 1.10 } "#[..]
        );
        assert_eq!(insert(b"{ }", "app_id", r#""A""#), &br#"{"app_id":"A" }"#[..]);
        assert_eq!(insert(b"{}", "a\"b", "1"), &br#"{"a\"b":1}"#[..]);
    }

    #[test]
    fn only_objects_and_arrays_are_taken_for_what_they_are() {
        assert!(RawObject::parse(b"[]").is_err() && RawObject::parse(b"").is_err());
        assert!(is_array(b"[1, {}]") && !is_array(b"{}") && !is_array(b"[1"));
    }
}
