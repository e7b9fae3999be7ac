//! How models are read and written.
//!
//! **Reading is total.** Whatever JSON object arrives, a model comes out of it: `null`, a value of the wrong JSON type
//! and a malformed timestamp read as absent, an item that does not fit is left out of its list, an unknown property is
//! passed over, the last of two equal keys counts. What was passed over is still in the bytes of the answer. Only text
//! that `serde_json` takes for no JSON at all fails: broken syntax, a number beyond `f64`, half a surrogate pair, more
//! than 128 levels. No value is buffered on the way, but for tagged unions, whose tag may come last.
//!
//! Every type that can stand in a model implements [`Wire`]; it says which forms of JSON it takes, and all others are
//! absent. Generated code declares the types and hands one table per type to the macros [`object!`], [`enumeration!`]
//! and [`tagged_union!`], so that what is generated stays small.

pub(crate) mod callbacks;
pub(crate) mod containers;
mod enumerations;
mod leaves;
pub(crate) mod objects;
#[cfg(test)]
mod tests;
pub(crate) mod unions;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde::ser::{Serialize, Serializer};
use tidings_core::contract::Sensitivity;
use tidings_core::mask;

pub use callbacks::UnrecognizedEvent;
pub(crate) use callbacks::callbacks;
pub use enumerations::Unrecognized;
pub(crate) use enumerations::enumeration;
pub(crate) use objects::{from_text, object};
pub use unions::UnrecognizedVariant;
pub(crate) use unions::tagged_union;

/// A type that can stand in a model. Each function takes one form of JSON; those that a type leaves out read as absent.
pub trait Wire: Sized + fmt::Debug {
    /// From `true` or `false`.
    fn from_boolean(_value: bool) -> Option<Self> {
        None
    }

    /// From a whole number.
    fn from_integer(_value: i64) -> Option<Self> {
        None
    }

    /// From a whole number beyond `i64`.
    fn from_large_integer(_value: u64) -> Option<Self> {
        None
    }

    /// From a number with a fraction or an exponent.
    fn from_number(_value: f64) -> Option<Self> {
        None
    }

    /// From a string.
    fn from_text(_value: &str) -> Option<Self> {
        None
    }

    /// From a string that nobody else needs.
    fn from_string(value: String) -> Option<Self> {
        Self::from_text(&value)
    }

    /// From an array. Whoever implements it reads it to the end.
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// From an object. Whoever implements it reads it to the end.
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// Writes the value.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether this is a list or a map without anything in it.
    fn is_empty(&self) -> bool {
        false
    }

    /// Shows a personal value without telling it.
    fn show_masked(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(mask::SECRET)
    }
}

/// Reads a `T`, or `None` where the JSON holds something else.
pub(crate) struct Lenient<T>(PhantomData<T>);

impl<T> Lenient<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Wire> DeserializeSeed<'de> for Lenient<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Wire> de::Visitor<'de> for Lenient<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(T::from_integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(match i64::try_from(value) {
            Ok(value) => T::from_integer(value),
            Err(_) => T::from_large_integer(value),
        })
    }

    fn visit_i128<E>(self, _value: i128) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u128<E>(self, _value: u128) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(T::from_number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(T::from_string(value))
    }

    fn visit_bytes<E>(self, _value: &[u8]) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::from_object(object)
    }
}

/// Makes serde write a value the way [`Wire`] does.
pub(crate) struct Written<'a, T>(pub(crate) &'a T);

impl<T: Wire> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Makes `Debug` show a value no more openly than its sensitivity allows.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T, pub(crate) Sensitivity);

impl<T: Wire> fmt::Debug for Shown<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Sensitivity::Open => self.0.fmt(formatter),
            Sensitivity::Personal => self.0.show_masked(formatter),
            Sensitivity::Secret => formatter.write_str(mask::SECRET),
        }
    }
}
