//! A schema as it is written.

use serde::Deserialize;

use super::{Additional, Groups, Unique};

/// A schema with every keyword it may have; which of them go together is checked when it is understood.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Schema {
    #[serde(rename = "$ref")]
    pub(crate) reference: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<yaml_serde::Value>,
    pub(crate) deprecated: Option<bool>,
    #[serde(rename = "readOnly")]
    pub(crate) read_only: Option<bool>,
    pub(crate) properties: Option<Unique<String, Schema>>,
    pub(crate) required: Option<Vec<String>>,
    #[serde(rename = "additionalProperties")]
    pub(crate) additional: Option<Additional>,
    #[serde(rename = "propertyNames")]
    pub(crate) property_names: Option<Box<Schema>>,
    pub(crate) items: Option<Box<Schema>>,
    #[serde(rename = "enum")]
    pub(crate) values: Option<Vec<String>>,
    #[serde(rename = "const")]
    pub(crate) constant: Option<String>,
    #[serde(rename = "oneOf")]
    pub(crate) one_of: Option<Vec<Schema>>,
    pub(crate) discriminator: Option<Discriminator>,
    #[serde(rename = "minLength")]
    pub(crate) min_length: Option<u32>,
    #[serde(rename = "maxLength")]
    pub(crate) max_length: Option<u32>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    #[serde(rename = "minItems")]
    pub(crate) min_items: Option<u32>,
    #[serde(rename = "maxItems")]
    pub(crate) max_items: Option<u32>,
    #[serde(rename = "x-values")]
    pub(crate) notes: Option<Unique<String, String>>,
    #[serde(rename = "x-one-of")]
    pub(crate) exactly_one_of: Option<Groups>,
    #[serde(rename = "x-at-most-one-of")]
    pub(crate) at_most_one_of: Option<Groups>,
    #[serde(rename = "x-secret")]
    pub(crate) secret: Option<bool>,
    #[serde(rename = "x-personal")]
    pub(crate) personal: Option<bool>,
    #[serde(rename = "x-refused")]
    pub(crate) refused: Option<Vec<String>>,
    #[serde(rename = "x-phone-number")]
    pub(crate) phone_number: Option<bool>,
    #[serde(rename = "x-phone-number-when")]
    pub(crate) phone_number_when: Option<PhoneNumberWhen>,
    #[serde(rename = "x-unverified")]
    pub(crate) unverified: Option<bool>,
}

impl Schema {
    /// The keywords that are there, by their names.
    pub(crate) fn keywords(&self) -> Vec<&'static str> {
        // Taken apart field by field, so that a new keyword cannot be forgotten here.
        let Self {
            reference,
            kind,
            format,
            description,
            default,
            deprecated,
            read_only,
            properties,
            required,
            additional,
            property_names,
            items,
            values,
            constant,
            one_of,
            discriminator,
            min_length,
            max_length,
            minimum,
            maximum,
            min_items,
            max_items,
            notes,
            exactly_one_of,
            at_most_one_of,
            secret,
            personal,
            refused,
            phone_number,
            phone_number_when,
            unverified,
        } = self;
        [
            ("$ref", reference.is_some()),
            ("type", kind.is_some()),
            ("format", format.is_some()),
            ("description", description.is_some()),
            ("default", default.is_some()),
            ("deprecated", deprecated.is_some()),
            ("readOnly", read_only.is_some()),
            ("properties", properties.is_some()),
            ("required", required.is_some()),
            ("additionalProperties", additional.is_some()),
            ("propertyNames", property_names.is_some()),
            ("items", items.is_some()),
            ("enum", values.is_some()),
            ("const", constant.is_some()),
            ("oneOf", one_of.is_some()),
            ("discriminator", discriminator.is_some()),
            ("minLength", min_length.is_some()),
            ("maxLength", max_length.is_some()),
            ("minimum", minimum.is_some()),
            ("maximum", maximum.is_some()),
            ("minItems", min_items.is_some()),
            ("maxItems", max_items.is_some()),
            ("x-values", notes.is_some()),
            ("x-one-of", exactly_one_of.is_some()),
            ("x-at-most-one-of", at_most_one_of.is_some()),
            ("x-secret", secret.is_some()),
            ("x-personal", personal.is_some()),
            ("x-refused", refused.is_some()),
            ("x-phone-number", phone_number.is_some()),
            ("x-phone-number-when", phone_number_when.is_some()),
            ("x-unverified", unverified.is_some()),
        ]
        .into_iter()
        .filter_map(|(keyword, is_there)| is_there.then_some(keyword))
        .collect()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discriminator {
    #[serde(rename = "propertyName")]
    pub(crate) property: String,
    pub(crate) mapping: Unique<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneNumberWhen {
    pub(crate) property: String,
    pub(crate) by: String,
    #[serde(rename = "in")]
    pub(crate) values: Vec<String>,
}
