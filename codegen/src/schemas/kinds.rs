//! The types of values.

use super::{Form, PREFIX, Schemas, form, only};
use crate::document::{self, Additional};
use crate::error::{Place, Result, fail};
use crate::ir::{Format, Type};

impl Schemas<'_> {
    /// The type of a property, a parameter, an item or a value. `others` are keywords that may stand beside it.
    pub(crate) fn kind(
        &self,
        schema: &document::Schema,
        others: &[&'static str],
        place: &Place,
    ) -> Result<Type> {
        let only = |form: &str, own: &[&'static str]| {
            let allowed: Vec<_> = own.iter().chain(others).copied().collect();
            only(schema, place, form, &allowed)
        };
        if schema.reference.is_some() {
            return self.reference_kind(schema, others, place);
        }
        let Some(kind) = schema.kind.as_deref() else { return fail(place, "has no type and no $ref") };
        check_limits(schema, place)?;
        match (kind, schema.format.as_deref()) {
            ("string", None) if schema.constant.is_some() => {
                only("a constant", &["type", "const"])?;
                Ok(Type::Constant(schema.constant.clone().unwrap_or_default()))
            }
            ("string", _) if schema.values.is_some() => {
                fail(place, "every enum is a schema of its own, with a name")
            }
            ("string", Some("date-time")) => {
                only("a date-time", &["type", "format"])?;
                Ok(Type::DateTime)
            }
            ("string", Some("duration")) => {
                only("a duration", &["type", "format", "minimum", "maximum"])?;
                Ok(Type::Duration { minimum: schema.minimum, maximum: schema.maximum })
            }
            ("string", format) => {
                only("a string", &["type", "format", "minLength", "maxLength", "x-phone-number"])?;
                let format = match (format, schema.phone_number) {
                    (None, Some(true)) => Some(Format::PhoneNumber),
                    (None, _) => None,
                    (Some("date"), None) => Some(Format::Date),
                    (Some("uri"), None) => Some(Format::Uri),
                    (Some(format), None) => {
                        return fail(place, format_args!("unknown format `{format}` of a string"));
                    }
                    (Some(_), Some(_)) => return fail(place, "has a format and is a phone number"),
                };
                Ok(Type::Text { format, min_length: schema.min_length, max_length: schema.max_length })
            }
            ("boolean", None) => {
                only("a boolean", &["type"])?;
                Ok(Type::Boolean)
            }
            ("integer", Some(format @ ("int32" | "int64"))) => {
                only("an integer", &["type", "format", "minimum", "maximum"])?;
                Ok(Type::Integer {
                    bits: if format == "int32" { 32 } else { 64 },
                    minimum: schema.minimum.map(|limit| whole(limit, &place.at("minimum"))).transpose()?,
                    maximum: schema.maximum.map(|limit| whole(limit, &place.at("maximum"))).transpose()?,
                })
            }
            ("number", Some(format @ ("float" | "double"))) => {
                only("a number", &["type", "format", "minimum", "maximum"])?;
                let bits = if format == "float" { 32 } else { 64 };
                Ok(Type::Number { bits, minimum: schema.minimum, maximum: schema.maximum })
            }
            ("integer", None) => fail(place, "an integer needs the format int32 or int64"),
            ("number", None) => fail(place, "a number needs the format float or double"),
            ("array", None) => {
                only("an array", &["type", "items", "minItems", "maxItems"])?;
                let Some(items) = &schema.items else { return fail(place, "an array needs items") };
                Ok(Type::List {
                    items: Box::new(self.inner_kind(items, &place.at("items"))?),
                    min_items: schema.min_items,
                    max_items: schema.max_items,
                })
            }
            ("object", None) => {
                only("a map", &["type", "additionalProperties", "propertyNames"])?;
                self.map_kind(schema, place)
            }
            (kind, Some(format)) => fail(place, format_args!("unknown format `{format}` of type `{kind}`")),
            (kind, None) => fail(place, format_args!("unknown type `{kind}`")),
        }
    }

    fn inner_kind(&self, schema: &document::Schema, place: &Place) -> Result<Type> {
        let kind = self.kind(schema, &[], place)?;
        if matches!(kind, Type::Constant(_)) {
            return fail(place, "a constant can only be a property");
        }
        Ok(kind)
    }

    fn map_kind(&self, schema: &document::Schema, place: &Place) -> Result<Type> {
        let keys = match &schema.property_names {
            None => None,
            Some(names) => {
                let place = place.at("propertyNames");
                match self.kind(names, &[], &place)? {
                    Type::Enumeration { schema, refused } if refused.is_empty() => Some(schema),
                    _ => return fail(place, "must be a $ref to an enum"),
                }
            }
        };
        match &schema.additional {
            Some(Additional::Of(values)) => {
                let values = self.inner_kind(values, &place.at("additionalProperties"))?;
                Ok(Type::Map { keys, values: Box::new(values) })
            }
            Some(Additional::Any) if keys.is_none() => Ok(Type::JsonObject),
            _ => fail(
                place,
                "an object here is a map (additionalProperties with a schema) or free-form JSON (true); \
                 one with properties is a schema of its own, with a name",
            ),
        }
    }

    fn reference_kind(
        &self,
        schema: &document::Schema,
        others: &[&'static str],
        place: &Place,
    ) -> Result<Type> {
        let name = self.reference(schema, place)?;
        let (target, target_place) = &self.0[name];
        let form = form(target, target_place)?;
        let mut allowed = others.to_vec();
        allowed.push("$ref");
        if form == Form::Enumeration {
            allowed.push("x-refused");
        }
        only(schema, place, "a $ref", &allowed)?;
        let name = name.to_owned();
        Ok(match form {
            Form::Object => Type::Object(name),
            Form::Union => Type::Union(name),
            Form::Enumeration => {
                Type::Enumeration { schema: name, refused: schema.refused.clone().unwrap_or_default() }
            }
        })
    }

    /// The name that a `$ref` leads to.
    fn reference<'s>(&self, schema: &'s document::Schema, place: &Place) -> Result<&'s str> {
        let reference = schema.reference.as_deref().unwrap_or_default();
        self.resolve(reference, place)
    }

    pub(super) fn resolve<'s>(&self, reference: &'s str, place: &Place) -> Result<&'s str> {
        match reference.strip_prefix(PREFIX) {
            Some(name) if self.0.contains_key(name) => Ok(name),
            _ => fail(place, format_args!("the $ref `{reference}` leads to nothing")),
        }
    }

    /// The name of the object that a body or an answer is.
    pub(crate) fn object_name(&self, schema: &document::Schema, place: &Place) -> Result<String> {
        match self.kind(schema, &[], place)? {
            Type::Object(name) => Ok(name),
            _ => fail(place, "must be a $ref to an object"),
        }
    }
}

/// No limit is beyond its counterpart.
fn check_limits(schema: &document::Schema, place: &Place) -> Result<()> {
    let pairs = [
        ("minLength", schema.min_length.map(f64::from), schema.max_length.map(f64::from)),
        ("minItems", schema.min_items.map(f64::from), schema.max_items.map(f64::from)),
        ("minimum", schema.minimum, schema.maximum),
    ];
    for (keyword, least, most) in pairs {
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            return fail(place.at(keyword), format_args!("{least} is more than the maximum, {most}"));
        }
    }
    Ok(())
}

fn whole(limit: f64, place: &Place) -> Result<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "checked on the next line")]
    let number = limit as i64;
    #[allow(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "the same number, or it was none of these"
    )]
    if number as f64 == limit { Ok(number) } else { fail(place, "must be a whole number") }
}
