//! Callbacks: one object per event, told apart by the key that holds its payload.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess};
use serde::ser::Serializer;
use serde_json::Value;

use super::objects::Key;
use super::{Lenient, Wire};
use crate::JsonObject;

/// A callback that this release does not know. It is kept whole.
#[derive(Clone, PartialEq)]
pub struct UnrecognizedEvent(JsonObject);

impl UnrecognizedEvent {
    pub(crate) fn new(json: JsonObject) -> Self {
        Self(json)
    }

    /// All of it.
    pub fn as_json(&self) -> &JsonObject {
        &self.0
    }

    /// Its top-level keys, one of which tells what it is about.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Shows the keys only: nobody knows what else is in it.
impl fmt::Debug for UnrecognizedEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UnrecognizedEvent")
            .field("keys", &self.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Which of `keys` the object holds, as its place among them; the first one if there are several. Only one whose value
/// is an object counts. Fails where the text is no JSON, or no object.
pub(crate) fn find(raw: &[u8], keys: &[&str]) -> Result<Option<usize>, serde_json::Error> {
    struct Visitor<'k>(&'k [&'k str]);

    impl<'de> de::Visitor<'de> for Visitor<'_> {
        type Value = Option<usize>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object (a callback)")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(Key(key)) = object.next_key()? {
                let Some(place) = self.0.iter().position(|known| *known == key) else {
                    object.next_value::<IgnoredAny>()?;
                    continue;
                };
                if object.next_value_seed(Lenient::<AnyObject>(PhantomData))?.is_some() {
                    found = Some(found.map_or(place, |before: usize| before.min(place)));
                }
            }
            Ok(found)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_slice(raw);
    let found = deserializer.deserialize_map(Visitor(keys))?;
    deserializer.end()?;
    Ok(found)
}

/// An object, whatever is in it.
#[derive(Debug)]
struct AnyObject;

impl Wire for AnyObject {
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Self))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::write(&Value::Null, serializer)
    }
}

/// Makes an enum read the callbacks of the wire.
///
/// ```text
/// callbacks!(Event { Opened = "OPENED", "opened_notification"; });
/// ```
macro_rules! callbacks {
    ($event:ident { $($variant:ident = $trigger:literal, $key:literal;)* }) => {
        impl $event {
            /// Reads the body of a callback.
            ///
            /// Fails only where `raw` is no JSON object. Whether it is genuine is not checked here; see
            /// [`WebhookVerifier`](crate::webhooks::WebhookVerifier).
            pub fn parse(raw: &[u8]) -> ::core::result::Result<Self, ::serde_json::Error> {
                let found = $crate::wire::callbacks::find(raw, &[$($key),*])?;
                let trigger = found.map(|place| [$($trigger),*][place]);
                ::core::result::Result::Ok(match trigger {
                    $(::core::option::Option::Some($trigger) => {
                        Self::$variant(::std::boxed::Box::new(::serde_json::from_slice(raw)?))
                    })*
                    _ => Self::Unrecognized($crate::wire::UnrecognizedEvent::new(::serde_json::from_slice(raw)?)),
                })
            }

            /// The trigger that a webhook names to get this callback; `None` for an unknown one.
            pub fn trigger(&self) -> ::core::option::Option<&'static str> {
                match self {
                    $(Self::$variant(_) => ::core::option::Option::Some($trigger),)*
                    Self::Unrecognized(_) => ::core::option::Option::None,
                }
            }
        }
    };
}
pub(crate) use callbacks;
