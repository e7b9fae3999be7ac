//! Strings, numbers, moments, durations and free-form JSON.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, MapAccess, SeqAccess};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use tidings_core::mask;

use super::Wire;
use crate::JsonObject;

impl Wire for bool {
    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

/// Integers also take `5.0` and `"5"`: the first is the same number to JSON, the second is how protobuf's JSON writes
/// 64 bits.
macro_rules! integer {
    ($type:ty, $write:ident) => {
        impl Wire for $type {
            fn from_integer(value: i64) -> Option<Self> {
                value.try_into().ok()
            }

            fn from_number(value: f64) -> Option<Self> {
                // From 2^53 on a float no longer tells one integer from the next.
                const EXACT: f64 = 9_007_199_254_740_992.0;
                if value.fract() != 0.0 || value.abs() >= EXACT {
                    return None;
                }
                #[allow(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
                Self::from_integer(value as i64)
            }

            fn from_text(value: &str) -> Option<Self> {
                value.parse().ok()
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(*self)
            }
        }
    };
}

integer!(i32, serialize_i32);
integer!(i64, serialize_i64);

macro_rules! float {
    ($type:ty, $write:ident) => {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_lossless,
            reason = "a float is as near as it gets"
        )]
        impl Wire for $type {
            fn from_integer(value: i64) -> Option<Self> {
                Some(value as $type)
            }

            fn from_large_integer(value: u64) -> Option<Self> {
                Some(value as $type)
            }

            fn from_number(value: f64) -> Option<Self> {
                Some(value as $type).filter(|value| value.is_finite())
            }

            fn from_text(value: &str) -> Option<Self> {
                value.parse::<$type>().ok().filter(|value| value.is_finite())
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(*self)
            }
        }
    };
}

float!(f32, serialize_f32);
float!(f64, serialize_f64);

impl Wire for String {
    fn from_text(value: &str) -> Option<Self> {
        Some(value.to_owned())
    }

    fn from_string(value: String) -> Option<Self> {
        Some(value)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn show_masked(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&mask::personal(self), formatter)
    }
}

/// The value of a property that is always the same in this release.
impl Wire for Cow<'static, str> {
    fn from_text(value: &str) -> Option<Self> {
        Some(Self::Owned(value.to_owned()))
    }

    fn from_string(value: String) -> Option<Self> {
        Some(Self::Owned(value))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Wire for Timestamp {
    fn from_text(value: &str) -> Option<Self> {
        value.parse().ok()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Written as protobuf's JSON does: seconds, up to nine decimals, the suffix `s`.
impl Wire for Duration {
    fn from_text(value: &str) -> Option<Self> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.strip_suffix('s')?;
        let (seconds, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if !digits(seconds) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
        Some(Self::new(seconds.parse().ok()?, nanoseconds))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.as_secs();
        match self.subsec_nanos() {
            0 => serializer.collect_str(&format_args!("{seconds}s")),
            nanoseconds => {
                let fraction = format!("{nanoseconds:09}");
                serializer.collect_str(&format_args!("{seconds}.{}s", fraction.trim_end_matches('0')))
            }
        }
    }
}

impl Wire for JsonObject {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl Wire for Value {
    fn from_boolean(value: bool) -> Option<Self> {
        Some(value.into())
    }

    fn from_integer(value: i64) -> Option<Self> {
        Some(value.into())
    }

    fn from_large_integer(value: u64) -> Option<Self> {
        Some(value.into())
    }

    fn from_number(value: f64) -> Option<Self> {
        Some(value.into())
    }

    fn from_text(value: &str) -> Option<Self> {
        Some(value.into())
    }

    fn from_string(value: String) -> Option<Self> {
        Some(value.into())
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(SeqAccessDeserializer::new(list)).map(Some)
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}
