//! Lists, maps and boxes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess};
use serde::ser::Serializer;

use super::objects::Key;
use super::{Lenient, Wire, Written};

/// Items that do not fit are left out.
impl<T: Wire> Wire for Vec<T> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut items = Self::new();
        while let Some(item) = list.next_element_seed(Lenient::new())? {
            items.extend(item);
        }
        Ok(Some(items))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

/// What can be the key of a map: a string or an open enum.
pub(crate) trait MapKey: Ord + fmt::Debug {
    fn from_key(key: &str) -> Self;
    fn as_key(&self) -> &str;
}

impl MapKey for String {
    fn from_key(key: &str) -> Self {
        key.to_owned()
    }

    fn as_key(&self) -> &str {
        self
    }
}

/// Values that do not fit are left out, with their keys.
impl<K: MapKey, T: Wire> Wire for BTreeMap<K, T> {
    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut entries = Self::new();
        while let Some(Key(key)) = object.next_key()? {
            if let Some(value) = object.next_value_seed(Lenient::new())? {
                entries.insert(K::from_key(&key), value);
            }
        }
        Ok(Some(entries))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key.as_key(), Written(value))))
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

/// Types that contain themselves.
impl<T: Wire> Wire for Box<T> {
    fn from_boolean(value: bool) -> Option<Self> {
        T::from_boolean(value).map(Self::new)
    }

    fn from_integer(value: i64) -> Option<Self> {
        T::from_integer(value).map(Self::new)
    }

    fn from_large_integer(value: u64) -> Option<Self> {
        T::from_large_integer(value).map(Self::new)
    }

    fn from_number(value: f64) -> Option<Self> {
        T::from_number(value).map(Self::new)
    }

    fn from_text(value: &str) -> Option<Self> {
        T::from_text(value).map(Self::new)
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_list(list)?.map(Self::new))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_object(object)?.map(Self::new))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::write(self, serializer)
    }

    fn is_empty(&self) -> bool {
        T::is_empty(self)
    }

    fn show_masked(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::show_masked(self, formatter)
    }
}
