//! Open enums: strings of which some are known today.

use std::fmt;

/// A value of an enum that this release does not know.
///
/// It cannot be made and not be matched on by its text: a value that becomes known in a later release turns into a
/// variant of its own, and a match on the text of this one would silently stop to fit. Compare with `as_str()` of the
/// enum instead, which goes on to work then.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Unrecognized(Box<str>);

impl Unrecognized {
    pub(crate) fn new(value: &str) -> Self {
        Self(value.into())
    }

    /// The value as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unrecognized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes an enum an open enum of the wire.
///
/// ```text
/// enumeration!(Channel { Sms = "SMS", Rcs = "RCS" });
/// ```
macro_rules! enumeration {
    ($enumeration:ident { $($variant:ident = $value:literal),* $(,)? }) => {
        impl $enumeration {
            /// The value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unrecognized(value) => value.as_str(),
                }
            }
        }

        impl ::core::convert::From<&str> for $enumeration {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Unrecognized($crate::wire::Unrecognized::new(other)),
                }
            }
        }

        impl ::core::convert::From<::std::string::String> for $enumeration {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::core::str::FromStr for $enumeration {
            type Err = ::core::convert::Infallible;

            fn from_str(value: &str) -> ::core::result::Result<Self, Self::Err> {
                ::core::result::Result::Ok(Self::from(value))
            }
        }

        /// The empty value, which no API knows.
        impl ::core::default::Default for $enumeration {
            fn default() -> Self {
                Self::Unrecognized(::core::default::Default::default())
            }
        }

        impl ::core::fmt::Display for $enumeration {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl ::core::fmt::Debug for $enumeration {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl $crate::wire::Wire for $enumeration {
            fn from_text(value: &str) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self::from(value))
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl $crate::wire::containers::MapKey for $enumeration {
            fn from_key(key: &str) -> Self {
                Self::from(key)
            }

            fn as_key(&self) -> &str {
                self.as_str()
            }
        }

        impl ::serde::Serialize for $enumeration {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $enumeration {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }
    };
}
pub(crate) use enumeration;
