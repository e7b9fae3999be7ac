//! A JSON value that borrows its text, for looking at bodies: read once, never written again.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value that borrows its text where it can.
///
/// From bytes with `serde_json::from_slice`, or from a [`Value`]. Under a key that stands twice in an object, the last
/// value counts.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "JSON has no more kinds (RFC 8259)")]
pub enum Tree<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A string, without its escapes.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Self>),
    /// An object: keys in their order.
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Tree<'a> {
    /// The value under a key of an object.
    pub(crate) fn get<'b>(object: &'b [(Cow<'a, str>, Self)], name: &str) -> Option<&'b Self> {
        object.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl<'a> From<&'a Value> for Tree<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Boolean(*boolean),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(entries) => Self::Object(
                entries.iter().map(|(key, value)| (Cow::Borrowed(key.as_str()), value.into())).collect(),
            ),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Tree<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = Tree<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any JSON value")
            }

            fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
                Ok(Tree::Boolean(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
                Ok(Tree::Number(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Tree<'de>, E> {
                Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
                Ok(Tree::Text(Cow::Owned(value.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree<'de>, A::Error> {
                let mut object = Vec::new();
                while let Some(Key(key)) = entries.next_key()? {
                    object.push((key, entries.next_value()?));
                }
                Ok(Tree::Object(object))
            }
        }
        deserializer.deserialize_any(AnyValue)
    }
}

/// A key, borrowed unless it has escapes.
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl<'de> Visitor<'de> for AnyText {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(AnyText)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_borrowed_unless_it_has_escapes() {
        let Tree::Object(entries) = serde_json::from_str(r#"{"a":"plain","b":"\u00e5"}"#).unwrap() else {
            panic!("an object")
        };
        assert!(matches!(&entries[0], (Cow::Borrowed("a"), Tree::Text(Cow::Borrowed("plain")))));
        assert!(matches!(&entries[1], (_, Tree::Text(Cow::Owned(text))) if text == "å"));
    }

    #[test]
    fn the_last_value_under_a_key_counts() {
        let Tree::Object(entries) = serde_json::from_str(r#"{"a":1,"a":2}"#).unwrap() else {
            panic!("an object")
        };
        assert_eq!(Tree::get(&entries, "a"), Some(&Tree::from(&json!(2))));
        assert_eq!(Tree::get(&entries, "b"), None);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_a_text_gives_what_its_value_gives(value in any_value()) {
            let text = value.to_string();
            let value = serde_json::from_str::<Value>(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<Tree<'_>>(&text).unwrap(), Tree::from(&value));
        }
    }
}
