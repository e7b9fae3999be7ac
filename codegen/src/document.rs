//! The contract as it is written: the part of `OpenAPI` 3.1 and the extensions that `contract/README.md` names, and
//! nothing else. A keyword that is not here stops the reading.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess};

use crate::error::{Error, Result};

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

/// `conversation.yaml` or `extensions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) openapi: String,
    #[serde(rename = "info")]
    _info: Info,
    #[serde(default, rename = "servers")]
    _servers: Vec<Server>,
    #[serde(default, rename = "security")]
    _security: Vec<BTreeMap<String, Vec<String>>>,
    #[serde(default, rename = "x-composed")]
    pub(crate) composed: Unique<String, Composed>,
    #[serde(default)]
    pub(crate) paths: Unique<String, PathItem>,
    #[serde(default)]
    pub(crate) components: Components,
    #[serde(default)]
    pub(crate) webhooks: Unique<String, Webhook>,
}

impl Document {
    /// Reads the text of a file; `name` is what errors call it.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let document: Self = parse(name, text)?;
        if !document.openapi.starts_with("3.1.") {
            return Err(Error::new(format_args!("{name}: openapi"), "must be 3.1"));
        }
        Ok(document)
    }
}

fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    yaml_serde::from_str(text).map_err(|error| Error::new(name, error))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(default, rename = "description")]
    _description: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    #[serde(rename = "url")]
    _url: String,
    #[serde(default, rename = "variables")]
    _variables: BTreeMap<String, ServerVariable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerVariable {
    #[serde(rename = "default")]
    _default: String,
    #[serde(default, rename = "enum")]
    _values: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Components {
    #[serde(default, rename = "securitySchemes")]
    _security_schemes: BTreeMap<String, SecurityScheme>,
    #[serde(default)]
    pub(crate) schemas: Unique<String, Schema>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecurityScheme {
    #[serde(rename = "type")]
    _type: String,
    #[serde(rename = "scheme")]
    _scheme: String,
}

/// The operations of one path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathItem {
    #[serde(default)]
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) get: Option<Operation>,
    pub(crate) post: Option<Operation>,
    pub(crate) put: Option<Operation>,
    pub(crate) patch: Option<Operation>,
    pub(crate) delete: Option<Operation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    #[serde(rename = "operationId")]
    pub(crate) id: String,
    pub(crate) tags: Vec<String>,
    pub(crate) summary: String,
    pub(crate) description: String,
    #[serde(rename = "x-host")]
    pub(crate) host: Host,
    #[serde(rename = "x-retry")]
    pub(crate) retry: Retry,
    #[serde(rename = "x-auth")]
    pub(crate) authentication: Option<Authentication>,
    #[serde(rename = "x-path")]
    pub(crate) path: Option<String>,
    #[serde(rename = "x-page")]
    pub(crate) page: Option<Page>,
    #[serde(rename = "x-result-key")]
    pub(crate) result_key: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Vec<Parameter>,
    #[serde(rename = "requestBody")]
    pub(crate) body: Option<Body>,
    pub(crate) responses: Unique<String, Response>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Host {
    Conversation,
    Template,
    Batch,
    Auth,
    Sandbox,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retry {
    Safe,
    Unsafe,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Authentication {
    None,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) items: String,
    pub(crate) token: String,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "in")]
    pub(crate) location: Location,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) description: String,
    pub(crate) style: Option<Style>,
    pub(crate) explode: Option<bool>,
    #[serde(default, rename = "x-personal")]
    pub(crate) personal: bool,
    pub(crate) schema: Schema,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Location {
    Path,
    Query,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Style {
    Form,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) required: bool,
    pub(crate) content: Unique<String, MediaType>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaType {
    pub(crate) schema: Schema,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    #[serde(rename = "description")]
    _description: String,
    #[serde(default)]
    pub(crate) content: Unique<String, MediaType>,
}

/// An operation of ours that the engine turns into another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Composed {
    pub(crate) becomes: String,
    pub(crate) tags: Vec<String>,
    pub(crate) summary: String,
    pub(crate) description: String,
    #[serde(default, rename = "x-flat")]
    pub(crate) flat: bool,
    #[serde(rename = "requestBody")]
    pub(crate) body: Option<Body>,
}

/// A callback, under the name of the trigger that a webhook lists to get it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    pub(crate) post: Callback,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callback {
    pub(crate) tags: Vec<String>,
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(rename = "x-body-key")]
    pub(crate) body_key: String,
    #[serde(default, rename = "x-unverified")]
    pub(crate) unverified: bool,
    #[serde(rename = "requestBody")]
    pub(crate) body: Body,
    #[serde(rename = "responses")]
    _responses: Unique<String, Response>,
}

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
