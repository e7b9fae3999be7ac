//! Tagged unions: one of several objects, told apart by a property.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::JsonObject;

/// A form of a union that this release does not know. It is kept whole and written back as it was read.
#[derive(Clone, PartialEq, Default)]
pub struct UnrecognizedVariant {
    json: Value,
    tag: Option<Box<str>>,
}

impl UnrecognizedVariant {
    pub(crate) fn new(json: Value, tag: &str) -> Self {
        let tag = json.get(tag).and_then(Value::as_str).map(Box::from);
        Self { json, tag }
    }

    /// The tag, if there is one that is a string.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// All of it.
    pub fn as_json(&self) -> &Value {
        &self.json
    }
}

/// Shows the tag only: nobody knows what else is in it.
impl fmt::Debug for UnrecognizedVariant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UnrecognizedVariant").field("tag", &self.tag()).finish_non_exhaustive()
    }
}

impl Serialize for UnrecognizedVariant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// The variant, if `json` holds its tag.
pub(crate) fn variant<T: DeserializeOwned>(json: &Value) -> Option<Box<T>> {
    T::deserialize(json).ok().map(Box::new)
}

/// The tag that `json` holds.
pub(crate) fn tag<'a>(json: &'a JsonObject, name: &str) -> &'a str {
    json.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Makes an enum a tagged union of the wire.
///
/// ```text
/// tagged_union!(Button, "type" { Link(LinkButton) = "LINK", Call(CallButton) = "CALL" });
/// ```
macro_rules! tagged_union {
    ($union:ident, $tag:literal { $($variant:ident($model:ident) = $value:literal),* $(,)? }) => {
        impl $union {
            /// The tag that tells which form this is; `None` for an unknown form without one.
            pub fn tag(&self) -> ::core::option::Option<&str> {
                match self {
                    $(Self::$variant(_) => ::core::option::Option::Some($value),)*
                    Self::Unrecognized(variant) => variant.tag(),
                }
            }

            fn from_json(json: $crate::JsonObject) -> Self {
                let tag = $crate::wire::unions::tag(&json, $tag).to_owned();
                let json = ::serde_json::Value::Object(json);
                let known = match tag.as_str() {
                    $($value => $crate::wire::unions::variant(&json).map(Self::$variant),)*
                    _ => ::core::option::Option::None,
                };
                known.unwrap_or_else(|| Self::Unrecognized($crate::wire::UnrecognizedVariant::new(json, $tag)))
            }
        }

        $(impl ::core::convert::From<$model> for $union {
            fn from(variant: $model) -> Self {
                Self::$variant(::std::boxed::Box::new(variant))
            }
        })*

        /// `null`, which is no form at all.
        impl ::core::default::Default for $union {
            fn default() -> Self {
                Self::Unrecognized(::core::default::Default::default())
            }
        }

        impl ::core::fmt::Debug for $union {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $(Self::$variant(variant) => variant.fmt(formatter),)*
                    Self::Unrecognized(variant) => variant.fmt(formatter),
                }
            }
        }

        impl $crate::wire::Wire for $union {
            fn from_object<'de, A: ::serde::de::MapAccess<'de>>(
                object: A,
            ) -> ::core::result::Result<::core::option::Option<Self>, A::Error> {
                let json = <$crate::JsonObject as $crate::wire::Wire>::from_object(object)?;
                ::core::result::Result::Ok(json.map(Self::from_json))
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(variant) => ::serde::Serialize::serialize(variant, serializer),)*
                    Self::Unrecognized(variant) => ::serde::Serialize::serialize(variant, serializer),
                }
            }
        }

        impl ::serde::Serialize for $union {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::Wire::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $union {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <$crate::JsonObject as ::serde::Deserialize>::deserialize(deserializer).map(Self::from_json)
            }
        }
    };
}
pub(crate) use tagged_union;
