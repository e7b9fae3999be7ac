//! One static for each schema that a request holds.

use serde::Serialize;

use super::sensitivity;
use crate::error::Result;
use crate::ir::{Contract, Format, Object, Schema, Shape, Type, Union};
use crate::targets::rust::{docs, limit, literal, literals, names};

/// A schema as the template wants it.
#[derive(Serialize)]
pub(super) struct RuleView {
    name: String,
    docs: String,
    schema: String,
    #[serde(flatten)]
    shape: ShapeView,
}

#[derive(Serialize)]
#[serde(tag = "shape", rename_all = "lowercase")]
enum ShapeView {
    Object {
        properties: Vec<PropertyView>,
        exactly_one_of: Vec<String>,
        at_most_one_of: Vec<String>,
        phone_number_when: String,
    },
    Union {
        tag: String,
        variants: Vec<(String, String)>,
    },
    Enumeration {
        values: String,
    },
}

#[derive(Serialize)]
struct PropertyView {
    name: String,
    required: String,
    rule: String,
    sensitivity: String,
}

pub(super) fn rules(contract: &Contract) -> Result<Vec<RuleView>> {
    let written = contract.schemas.values().filter(|schema| schema.usage.written);
    let rules: Vec<_> = written.clone().map(rule).collect::<Result<_>>()?;
    names::distinct(
        "components.schemas",
        written.map(|schema| &*schema.name).zip(rules.iter().map(|rule: &RuleView| &*rule.name)),
    )?;
    Ok(rules)
}

/// The static of a schema.
pub(super) fn name(schema: &str) -> Result<String> {
    names::constant(format_args!("components.schemas.{schema}"), schema)
}

fn rule(schema: &Schema) -> Result<RuleView> {
    Ok(RuleView {
        name: name(&schema.name)?,
        docs: docs::comment([format!("`{}`", schema.name)]),
        schema: literal(&schema.name),
        shape: match &schema.shape {
            Shape::Object(object) => object_view(object)?,
            Shape::Union(union) => union_view(union)?,
            Shape::Enumeration(values) => {
                let values: Vec<_> = values.iter().map(|value| value.value.clone()).collect();
                ShapeView::Enumeration { values: literals(&values) }
            }
        },
    })
}

fn object_view(object: &Object) -> Result<ShapeView> {
    let groups = |exactly_one| {
        let groups = object.groups.iter().filter(move |group| group.exactly_one == exactly_one);
        groups.map(|group| literals(&group.members)).collect()
    };
    let properties = object.properties.iter().map(|property| {
        Ok(PropertyView {
            name: literal(&property.name),
            required: property.must_be_written().to_string(),
            rule: expression(&property.kind, "")?,
            sensitivity: sensitivity(property.facts.sensitivity),
        })
    });
    Ok(ShapeView::Object {
        properties: properties.collect::<Result<_>>()?,
        exactly_one_of: groups(true),
        at_most_one_of: groups(false),
        phone_number_when: object.phone_number_when.as_ref().map_or_else(
            || "None".to_owned(),
            |when| {
                let (property, by, values) =
                    (literal(&when.property), literal(&when.by), literals(&when.values));
                format!("Some(PhoneNumberWhen {{ property: {property}, by: {by}, values: {values} }})")
            },
        ),
    })
}

fn union_view(union: &Union) -> Result<ShapeView> {
    let variants = union.variants.iter().map(|variant| Ok((literal(&variant.tag), name(&variant.schema)?)));
    Ok(ShapeView::Union { tag: literal(&union.tag), variants: variants.collect::<Result<_>>()? })
}

/// The rule of a type; `module` is the path to the statics.
pub(super) fn expression(kind: &Type, module: &str) -> Result<String> {
    Ok(match kind {
        Type::Boolean => "Rule::Boolean".to_owned(),
        Type::Integer { minimum, maximum, .. } => {
            format!("Rule::Integer {{ minimum: {}, maximum: {} }}", limit(*minimum), limit(*maximum))
        }
        Type::Number { minimum, maximum, .. } => {
            format!("Rule::Number {{ minimum: {}, maximum: {} }}", limit(*minimum), limit(*maximum))
        }
        Type::Text { format, min_length, max_length } => {
            let format = match format {
                None => "None",
                Some(Format::Date) => "Some(Format::Date)",
                Some(Format::Uri) => "Some(Format::Uri)",
                Some(Format::PhoneNumber) => "Some(Format::PhoneNumber)",
            };
            text(*min_length, *max_length, format)
        }
        Type::DateTime => text(None, None, "Some(Format::DateTime)"),
        Type::Duration { minimum, maximum } => {
            let (minimum, maximum) = (limit(*minimum), limit(*maximum));
            text(None, None, &format!("Some(Format::Duration {{ minimum: {minimum}, maximum: {maximum} }})"))
        }
        Type::Constant(value) => format!("Rule::Constant({})", literal(value)),
        Type::Enumeration { schema, refused } => format!(
            "Rule::Enumeration {{ name: {}, values: {module}{}, refused: {} }}",
            literal(schema),
            name(schema)?,
            literals(refused)
        ),
        Type::Object(schema) => format!("Rule::Object(&{module}{})", name(schema)?),
        Type::Union(schema) => format!("Rule::Union(&{module}{})", name(schema)?),
        Type::List { items, min_items, max_items } => format!(
            "Rule::List {{ items: &{}, min_items: {}, max_items: {} }}",
            expression(items, module)?,
            limit(*min_items),
            limit(*max_items)
        ),
        Type::Map { keys, values } => {
            let keys = match keys {
                None => "None".to_owned(),
                Some(schema) => {
                    let keys = Type::Enumeration { schema: schema.clone(), refused: Vec::new() };
                    format!("Some(&{})", expression(&keys, module)?)
                }
            };
            format!("Rule::Map {{ keys: {keys}, values: &{} }}", expression(values, module)?)
        }
        Type::JsonObject => "Rule::Map { keys: None, values: &Rule::Any }".to_owned(),
    })
}

fn text(min_length: Option<u32>, max_length: Option<u32>, format: &str) -> String {
    let (min_length, max_length) = (limit(min_length), limit(max_length));
    format!("Rule::Text {{ min_length: {min_length}, max_length: {max_length}, format: {format} }}")
}
