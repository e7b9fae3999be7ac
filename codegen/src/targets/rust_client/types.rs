//! How the contract's types look in the models: as fields, as arguments and as parts of a choice.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::ir::{Contract, Object, Property, Schema, Shape, Type};
use crate::targets::rust::names;

/// The property that a client fills in by itself where a body leaves it out.
const FILLED_IN: &str = "app_id";

/// The contract, with what all of its Rust types have in common.
pub(super) struct Types<'c> {
    pub(super) contract: &'c Contract,
    /// Objects whose only property is a string, which stands for them.
    texts: BTreeSet<&'c str>,
}

/// An argument: its type, and what makes the field's value of it.
pub(super) struct Argument {
    pub(super) kind: String,
    pub(super) value: String,
}

impl<'c> Types<'c> {
    pub(super) fn new(contract: &'c Contract) -> Result<Self> {
        let names: Vec<_> =
            contract.schemas.keys().map(|name| Ok((&**name, type_name(name)?))).collect::<Result<_>>()?;
        names::distinct("components.schemas", names.iter().map(|(wire, rust)| (*wire, &**rust)))?;
        let texts = contract
            .schemas
            .values()
            .filter(|schema| matches!(&schema.shape, Shape::Object(object) if is_text(object)))
            .map(|schema| &*schema.name)
            .collect();
        Ok(Self { contract, texts })
    }

    /// Whether a string can stand for this schema.
    pub(super) fn is_text(&self, schema: &str) -> bool {
        self.texts.contains(schema)
    }

    /// The type without regard to whether it must be there.
    pub(super) fn plain(kind: &Type) -> Result<String> {
        Ok(match kind {
            Type::Boolean => "bool".to_owned(),
            Type::Integer { bits, .. } => format!("i{bits}"),
            Type::Number { bits, .. } => format!("f{bits}"),
            Type::Text { .. } => "String".to_owned(),
            Type::DateTime => "Timestamp".to_owned(),
            Type::Duration { .. } => "Duration".to_owned(),
            Type::Constant(_) => "Cow<'static, str>".to_owned(),
            Type::Enumeration { schema, .. } | Type::Object(schema) | Type::Union(schema) => {
                type_name(schema)?
            }
            Type::List { items, .. } => format!("Vec<{}>", Self::plain(items)?),
            Type::Map { keys, values } => {
                let keys = keys.as_deref().map_or_else(|| Ok("String".to_owned()), type_name)?;
                format!("BTreeMap<{keys}, {}>", Self::plain(values)?)
            }
            Type::JsonObject => "JsonObject".to_owned(),
        })
    }

    /// The type of a property's field.
    pub(super) fn field(schema: &Schema, property: &Property) -> Result<String> {
        let mut kind = Self::plain(&property.kind)?;
        if schema.usage.endless.contains(&property.name) {
            kind = format!("Box<{kind}>");
        }
        Ok(if is_optional(schema, property) { format!("Option<{kind}>") } else { kind })
    }

    /// What an argument for a property looks like, and the value that its field gets, `Some` included.
    pub(super) fn argument(&self, schema: &Schema, property: &Property, name: &str) -> Result<Argument> {
        let Argument { kind, mut value } = self.value_argument(&property.kind, name)?;
        if schema.usage.endless.contains(&property.name) {
            value = format!("Box::new({value})");
        }
        if is_optional(schema, property) {
            value = format!("Some({value})");
        }
        Ok(Argument { kind, value })
    }

    /// What an argument of a type looks like, and the value that is made of it.
    pub(super) fn value_argument(&self, kind: &Type, name: &str) -> Result<Argument> {
        let plain = Self::plain(kind)?;
        let (kind, value) = match kind {
            kind if self.is_converted(kind) => (format!("impl Into<{plain}>"), format!("{name}.into()")),
            Type::List { items, .. } => {
                let item = Self::plain(items)?;
                if self.is_converted(items) {
                    let value = format!("{name}.into_iter().map(Into::into).collect()");
                    (format!("impl IntoIterator<Item = impl Into<{item}>>"), value)
                } else {
                    (format!("impl IntoIterator<Item = {item}>"), format!("{name}.into_iter().collect()"))
                }
            }
            Type::Map { keys, values } => {
                let value_kind = Self::plain(values)?;
                let (key, key_value) = match keys {
                    None => ("impl Into<String>".to_owned(), "key.into()"),
                    Some(schema) => (type_name(schema)?, "key"),
                };
                let (value, value_value) = if self.is_converted(values) {
                    (format!("impl Into<{value_kind}>"), "value.into()")
                } else {
                    (value_kind, "value")
                };
                let map = match (key_value, value_value) {
                    ("key", "value") => String::new(),
                    (key, value) => format!(".map(|(key, value)| ({key}, {value}))"),
                };
                (
                    format!("impl IntoIterator<Item = ({key}, {value})>"),
                    format!("{name}.into_iter(){map}.collect()"),
                )
            }
            _ => (plain, name.to_owned()),
        };
        Ok(Argument { kind, value })
    }

    /// Whether other types stand for this one.
    fn is_converted(&self, kind: &Type) -> bool {
        match kind {
            Type::Text { .. } | Type::Union(_) => true,
            Type::Object(schema) => self.is_text(schema),
            _ => false,
        }
    }

    /// How a choice shows the value of a member, and the expression that borrows it from the field behind `value`.
    pub(super) fn borrowed(kind: &Type) -> Result<(String, &'static str)> {
        Ok(match kind {
            Type::Text { .. } => ("&'a str".to_owned(), "value"),
            Type::List { items, .. } => (format!("&'a [{}]", Self::plain(items)?), "value"),
            Type::Boolean
            | Type::Integer { .. }
            | Type::Number { .. }
            | Type::DateTime
            | Type::Duration { .. } => (Self::plain(kind)?, "*value"),
            _ => (format!("&'a {}", Self::plain(kind)?), "value"),
        })
    }

    /// The names that the generated types use from elsewhere, as `use` lines want them.
    pub(super) fn schema_types(kinds: &[&Type]) -> Result<BTreeSet<String>> {
        kinds.iter().flat_map(|kind| kind.schemas()).map(type_name).collect()
    }
}

/// Whether the field is an `Option`.
pub(super) fn is_optional(schema: &Schema, property: &Property) -> bool {
    match &property.kind {
        // There is no moment and no time span that could stand for none.
        Type::DateTime | Type::Duration { .. } => true,
        Type::Constant(_) => false,
        _ if is_filled_in(schema, property) => true,
        _ if property.required => false,
        // Absent and empty differ where something is changed; where it is only read, they are the same.
        Type::List { .. } | Type::Map { .. } | Type::JsonObject => schema.usage.written,
        _ => true,
    }
}

/// Whether the client fills in the property where a body leaves it out.
pub(super) fn is_filled_in(schema: &Schema, property: &Property) -> bool {
    schema.usage.is_body && property.name == FILLED_IN && property.required
}

/// The same for a parameter of the query.
pub(super) fn is_filled_in_parameter(name: &str) -> bool {
    name == FILLED_IN
}

/// The Rust type of a schema.
pub(super) fn type_name(schema: &str) -> Result<String> {
    names::type_name(format_args!("components.schemas.{schema}"), schema)
}

fn is_text(object: &Object) -> bool {
    match object.properties.as_slice() {
        [property] => property.required && !object.additional && matches!(property.kind, Type::Text { .. }),
        _ => false,
    }
}
