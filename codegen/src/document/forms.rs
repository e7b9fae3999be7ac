//! Forms of YAML that serde has no derive for.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess};

use super::Schema;

/// A map whose keys keep their order and must differ.
#[derive(Clone, Debug)]
pub(crate) struct Unique<K, V>(pub(crate) IndexMap<K, V>);

impl<K, V> Default for Unique<K, V> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<'de, K: Deserialize<'de> + Eq + Hash + fmt::Display, V: Deserialize<'de>> Deserialize<'de>
    for Unique<K, V>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de> + Eq + Hash + fmt::Display, V: Deserialize<'de>> de::Visitor<'de>
            for Visitor<K, V>
        {
            type Value = Unique<K, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut entries = IndexMap::new();
                while let Some(key) = map.next_key::<K>()? {
                    if entries.contains_key(&key) {
                        return Err(de::Error::custom(format_args!("`{key}` stands here twice")));
                    }
                    let value = map.next_value()?;
                    entries.insert(key, value);
                }
                Ok(Unique(entries))
            }
        }

        deserializer.deserialize_map(Visitor(PhantomData))
    }
}

/// `additionalProperties`: `true`, `false` or a schema.
#[derive(Clone, Debug)]
pub(crate) enum Additional {
    Any,
    None,
    Of(Box<Schema>),
}

impl<'de> Deserialize<'de> for Additional {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Additional;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true, false or a schema")
            }

            fn visit_bool<E>(self, any: bool) -> std::result::Result<Self::Value, E> {
                Ok(if any { Additional::Any } else { Additional::None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Self::Value, A::Error> {
                Schema::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(Box::new)
                    .map(Additional::Of)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// `x-one-of` and `x-at-most-one-of`: a list of names, or a list of such lists.
#[derive(Clone, Debug)]
pub(crate) struct Groups(pub(crate) Vec<Vec<String>>);

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Groups;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of names or a list of lists of names")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                let mut groups = Vec::new();
                while let Some(entry) = list.next_element::<NameOrNames>()? {
                    match entry {
                        NameOrNames::Name(name) => names.push(name),
                        NameOrNames::Names(group) => groups.push(group),
                    }
                }
                match (names.is_empty(), groups.is_empty()) {
                    (false, true) => Ok(Groups(vec![names])),
                    (true, false) => Ok(Groups(groups)),
                    (true, true) => Err(de::Error::custom("the list is empty")),
                    (false, false) => Err(de::Error::custom("the list mixes names and lists of names")),
                }
            }
        }

        deserializer.deserialize_seq(Visitor)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrNames {
    Name(String),
    Names(Vec<String>),
}
