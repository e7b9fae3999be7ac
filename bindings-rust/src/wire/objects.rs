//! Objects: structs whose fields are the properties on the wire.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};
use serde::ser::{SerializeMap, Serializer};
use tidings_core::contract::Sensitivity;

use super::{Lenient, Shown, Wire, Written};

/// A struct whose table [`object!`] was given.
pub(crate) trait Object: Default {
    const NAME: &'static str;

    /// The properties known today, by their names on the wire.
    const PROPERTIES: &'static [&'static str];

    /// Reads the value of one property; `false` if there is none of this name, and then nothing was read.
    fn read_property<'de, A: MapAccess<'de>>(&mut self, name: &str, object: &mut A)
    -> Result<bool, A::Error>;

    fn write_properties<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error>;

    /// Adds what is set to the output of `Debug`.
    fn show(&self, shown: &mut fmt::DebugStruct<'_, '_>);
}

/// A key of an object, borrowed from the text where that is possible.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }

            fn visit_string<E>(self, key: String) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(key)))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

/// Reads an object; anything else is an error.
pub(crate) fn read<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Visitor<T>(PhantomData<T>);

    impl<'de, T: Object> de::Visitor<'de> for Visitor<T> {
        type Value = T;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "an object ({})", T::NAME)
        }

        fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
            read_properties(object)
        }
    }

    deserializer.deserialize_map(Visitor(PhantomData))
}

pub(crate) fn read_properties<'de, T: Object, A: MapAccess<'de>>(mut object: A) -> Result<T, A::Error> {
    let mut model = T::default();
    while let Some(Key(name)) = object.next_key()? {
        if !model.read_property(&name, &mut object)? {
            object.next_value::<IgnoredAny>()?;
        }
    }
    Ok(model)
}

pub(crate) fn write<T: Object, S: Serializer>(model: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(None)?;
    model.write_properties(&mut object)?;
    object.end()
}

pub(crate) fn show<T: Object>(model: &T, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown = formatter.debug_struct(T::NAME);
    model.show(&mut shown);
    shown.finish()
}

/// How a field stands for its property.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Presence {
    /// Always written; an absent one reads as the type's default.
    Required,
    /// Written if it is set, or, where the field is a plain list or map, if there is something in it.
    Optional,
    /// Always written; an absent one leaves the value that is always the same.
    Constant,
}

/// The field of a property: a plain type or an `Option` of one.
pub(crate) trait Field {
    fn read<'de, A: MapAccess<'de>>(&mut self, presence: Presence, object: &mut A) -> Result<(), A::Error>;

    fn write<M: SerializeMap>(
        &self,
        presence: Presence,
        name: &'static str,
        object: &mut M,
    ) -> Result<(), M::Error>;

    fn show(
        &self,
        presence: Presence,
        name: &'static str,
        sensitivity: Sensitivity,
        shown: &mut fmt::DebugStruct<'_, '_>,
    );
}

impl<T: Wire + Default> Field for T {
    fn read<'de, A: MapAccess<'de>>(&mut self, presence: Presence, object: &mut A) -> Result<(), A::Error> {
        match object.next_value_seed(Lenient::new())? {
            Some(value) => *self = value,
            None if presence == Presence::Constant => {}
            None => *self = T::default(),
        }
        Ok(())
    }

    fn write<M: SerializeMap>(
        &self,
        presence: Presence,
        name: &'static str,
        object: &mut M,
    ) -> Result<(), M::Error> {
        if presence == Presence::Optional && self.is_empty() {
            return Ok(());
        }
        object.serialize_entry(name, &Written(self))
    }

    fn show(
        &self,
        presence: Presence,
        name: &'static str,
        sensitivity: Sensitivity,
        shown: &mut fmt::DebugStruct<'_, '_>,
    ) {
        if presence != Presence::Optional || !self.is_empty() {
            shown.field(name, &Shown(self, sensitivity));
        }
    }
}

impl<T: Wire> Field for Option<T> {
    fn read<'de, A: MapAccess<'de>>(&mut self, _presence: Presence, object: &mut A) -> Result<(), A::Error> {
        *self = object.next_value_seed(Lenient::new())?;
        Ok(())
    }

    fn write<M: SerializeMap>(
        &self,
        _presence: Presence,
        name: &'static str,
        object: &mut M,
    ) -> Result<(), M::Error> {
        match self {
            Some(value) => object.serialize_entry(name, &Written(value)),
            None => Ok(()),
        }
    }

    fn show(
        &self,
        _presence: Presence,
        name: &'static str,
        sensitivity: Sensitivity,
        shown: &mut fmt::DebugStruct<'_, '_>,
    ) {
        if let Some(value) = self {
            shown.field(name, &Shown(value, sensitivity));
        }
    }
}

/// Makes a struct an object of the wire: one line per property, in the order they are written.
///
/// ```text
/// object!(TextMessage {
///     "text" => text: Required, Personal;
///     "language" => language: Optional, Open;
///     .. => additional            // takes every other property
/// });
/// ```
macro_rules! object {
    ($model:ident {
        $($name:literal => $field:ident: $presence:ident, $sensitivity:ident;)*
        $(.. => $additional:ident)?
    }) => {
        impl $crate::wire::objects::Object for $model {
            const NAME: &'static str = stringify!($model);
            const PROPERTIES: &'static [&'static str] = &[$($name),*];

            fn read_property<'de, A: ::serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                object: &mut A,
            ) -> ::core::result::Result<bool, A::Error> {
                let _ = &object;
                match name {
                    $($name => $crate::wire::objects::Field::read(
                        &mut self.$field,
                        $crate::wire::objects::Presence::$presence,
                        object,
                    )
                    .map(|()| true),)*
                    $(other => {
                        self.$additional.insert(other.into(), object.next_value()?);
                        ::core::result::Result::Ok(true)
                    })?
                    #[allow(unreachable_patterns, reason = "an object may take every property")]
                    _ => ::core::result::Result::Ok(false),
                }
            }

            fn write_properties<M: ::serde::ser::SerializeMap>(
                &self,
                object: &mut M,
            ) -> ::core::result::Result<(), M::Error> {
                let _ = &object;
                $($crate::wire::objects::Field::write(
                    &self.$field,
                    $crate::wire::objects::Presence::$presence,
                    $name,
                    object,
                )?;)*
                $(for (name, value) in &self.$additional {
                    // A key twice would leave it to the reader which one counts.
                    if !Self::PROPERTIES.contains(&name.as_str()) {
                        object.serialize_entry(name, value)?;
                    }
                })?
                ::core::result::Result::Ok(())
            }

            fn show(&self, shown: &mut ::core::fmt::DebugStruct<'_, '_>) {
                let _ = &shown;
                $($crate::wire::objects::Field::show(
                    &self.$field,
                    $crate::wire::objects::Presence::$presence,
                    $name,
                    ::tidings_core::contract::Sensitivity::$sensitivity,
                    shown,
                );)*
                $($crate::wire::objects::Field::show(
                    &self.$additional,
                    $crate::wire::objects::Presence::Optional,
                    stringify!($additional),
                    ::tidings_core::contract::Sensitivity::Personal,
                    shown,
                );)?
            }
        }

        impl $crate::wire::Wire for $model {
            fn from_object<'de, A: ::serde::de::MapAccess<'de>>(
                object: A,
            ) -> ::core::result::Result<::core::option::Option<Self>, A::Error> {
                $crate::wire::objects::read_properties(object).map(::core::option::Option::Some)
            }

            fn write<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::objects::write(self, serializer)
            }
        }

        impl ::serde::Serialize for $model {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::wire::objects::write(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $model {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::objects::read(deserializer)
            }
        }

        impl ::core::fmt::Debug for $model {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::wire::objects::show(self, formatter)
            }
        }
    };
}
pub(crate) use object;

/// Makes a text stand for an object whose only property is that text.
macro_rules! from_text {
    ($model:ident { $field:ident }) => {
        impl ::core::convert::From<&str> for $model {
            fn from($field: &str) -> Self {
                Self { $field: $field.into() }
            }
        }

        impl ::core::convert::From<::std::string::String> for $model {
            fn from($field: ::std::string::String) -> Self {
                Self { $field }
            }
        }
    };
}
pub(crate) use from_text;
