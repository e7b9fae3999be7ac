//! Callbacks: one object per event. Which one it is, core tells by the key that holds its payload.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::JsonObject;

/// A callback that this release does not know. It is kept whole.
#[derive(Clone, PartialEq)]
pub struct UnrecognizedEvent(JsonObject);

impl UnrecognizedEvent {
    pub(crate) fn read(raw: &[u8]) -> Self {
        Self(serde_json::from_slice(raw).unwrap_or_else(|_| readable(raw)))
    }

    /// All of it. What no JSON value can hold (half a surrogate pair, a number beyond `f64`, more than 128 levels) is
    /// `null` here; the bytes have it.
    pub fn as_json(&self) -> &JsonObject {
        &self.0
    }

    /// Its top-level keys, one of which tells what it is about.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// What can be read of an object that cannot be read as a whole.
fn readable(raw: &[u8]) -> JsonObject {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(raw).unwrap_or_default();
    let read = |value: &RawValue| serde_json::from_str(value.get()).unwrap_or(Value::Null);
    members.into_iter().map(|(key, value)| (key, read(value))).collect()
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

/// Makes an enum read the callbacks of the wire.
///
/// ```text
/// callbacks!(Event { Opened = "OPENED"; });
/// ```
macro_rules! callbacks {
    ($event:ident { $($variant:ident = $trigger:literal;)* }) => {
        impl $event {
            /// Reads a callback of this trigger; core has told which one it is.
            pub(crate) fn read(trigger: ::core::option::Option<&'static str>, raw: &[u8]) -> Self {
                let known = match trigger {
                    $(::core::option::Option::Some($trigger) => {
                        ::serde_json::from_slice(raw).ok().map(|callback| Self::$variant(::std::boxed::Box::new(callback)))
                    })*
                    _ => ::core::option::Option::None,
                };
                known.unwrap_or_else(|| Self::Unrecognized($crate::wire::UnrecognizedEvent::read(raw)))
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
