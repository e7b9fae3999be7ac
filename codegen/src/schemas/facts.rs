//! What stands beside a type: description, default and marks.

use super::Schemas;
use crate::document;
use crate::error::{Place, Result, fail};
use crate::ir::{Facts, Sensitivity, Type};

/// Keywords that say something about a property, whatever its type is.
pub(super) const FACTS: [&str; 6] =
    ["description", "default", "deprecated", "x-personal", "x-secret", "x-unverified"];

/// Reads the keywords in [`FACTS`].
pub(super) fn facts(schema: &document::Schema, place: &Place) -> Result<Facts> {
    let sensitivity = match (schema.secret, schema.personal) {
        (Some(true), Some(true)) => return fail(place, "is x-secret and x-personal; secret is enough"),
        (Some(true), _) => Sensitivity::Secret,
        (_, Some(true)) => Sensitivity::Personal,
        _ => Sensitivity::Open,
    };
    let default = match &schema.default {
        None => None,
        Some(yaml_serde::Value::String(text)) => Some(text.clone()),
        Some(yaml_serde::Value::Bool(value)) => Some(value.to_string()),
        Some(yaml_serde::Value::Number(number)) => Some(number.to_string()),
        Some(_) => return fail(place.at("default"), "must be a string, a number or a boolean"),
    };
    Ok(Facts {
        description: schema.description.clone().unwrap_or_default().trim().to_owned(),
        default,
        deprecated: schema.deprecated == Some(true),
        unverified: schema.unverified == Some(true),
        sensitivity,
    })
}

/// The facts of a parameter, some of which stand beside its schema and some in it.
pub(crate) fn parameter_facts(
    parameter: &document::Parameter,
    schemas: &Schemas<'_>,
    place: &Place,
) -> Result<Facts> {
    let schema = &parameter.schema;
    let kind = schemas.kind(schema, &["default", "x-personal"], &place.at("schema"))?;
    let mut facts = facts(schema, &place.at("schema"))?;
    check_default(facts.default.as_deref(), schema, &kind, schemas, &place.at("schema"))?;
    if parameter.personal {
        facts.sensitivity = Sensitivity::Personal;
    }
    parameter.description.trim().clone_into(&mut facts.description);
    Ok(facts)
}

pub(super) fn check_default(
    default: Option<&str>,
    schema: &document::Schema,
    kind: &Type,
    schemas: &Schemas<'_>,
    place: &Place,
) -> Result<()> {
    let Some(default) = default else { return Ok(()) };
    let is_text = matches!(schema.default, Some(yaml_serde::Value::String(_)));
    let fits = match kind {
        Type::Boolean => matches!(schema.default, Some(yaml_serde::Value::Bool(_))),
        Type::Integer { .. } => !is_text && default.parse::<i64>().is_ok(),
        Type::Number { .. } => !is_text && default.parse::<f64>().is_ok(),
        Type::Text { .. } | Type::Duration { .. } => is_text,
        Type::Enumeration { schema, .. } => {
            let values = schemas.0[&**schema].0.values.as_deref().unwrap_or_default();
            is_text && values.iter().any(|value| value == default)
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        fail(place.at("default"), format_args!("`{default}` is no value of this type"))
    }
}
