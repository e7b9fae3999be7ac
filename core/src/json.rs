//! A JSON object whose top level can be edited while every other byte stays as it is.
//!
//! Bodies are never parsed and written again as a whole: numbers and text would not come out as the caller wrote them.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The top level of an object: keys in their order, values as raw text.
pub(crate) struct RawObject<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> RawObject<'a> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// The last value under a key, as JSON text; `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
            .filter(|value| value.get() != "null")
    }

    /// Every key with its value; `null` counts as absent.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        let entries = self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()));
        entries.filter(|(_, value)| value.get() != "null")
    }

    /// The last value under a key, if it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Sets a key, in its place or at the end.
    pub(crate) fn set(&mut self, name: &'a str, value: &impl Serialize) -> serde_json::Result<()> {
        let value = serde_json::value::to_raw_value(value)?;
        self.0.retain(|(key, _)| key != name);
        self.0.push((Cow::Borrowed(name), Cow::Owned(value)));
        Ok(())
    }

    pub(crate) fn to_bytes(&self) -> serde_json::Result<Bytes> {
        serde_json::to_vec(self).map(Bytes::from)
    }
}

impl Serialize for RawObject<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
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
                while let Some(key) = map.next_key::<String>()? {
                    let value: &'de RawValue = map.next_value()?;
                    entries.push((Cow::Owned(key), Cow::Borrowed(value)));
                }
                Ok(RawObject(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
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
        object.set("app_id", &"A").unwrap();
        let written = object.to_bytes().unwrap();
        let expected: &[u8] =
            br#"{"price":1.10,"big":123456789012345678901234567890,"text":"\u00e5 \/","app_id":"A"}"#;
        assert_eq!(written, expected);
    }

    #[test]
    fn only_objects_and_arrays_are_taken_for_what_they_are() {
        assert!(RawObject::parse(b"[]").is_err() && RawObject::parse(b"").is_err());
        assert!(is_array(b"[1, {}]") && !is_array(b"{}") && !is_array(b"[1"));
    }
}
