//! The contract as it is written: the part of `OpenAPI` 3.1 and the extensions that `contract/README.md` names, and
//! nothing else. A keyword that is not here stops the reading.

mod forms;
mod schema;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

pub(crate) use forms::{Additional, Groups, Unique};
pub(crate) use schema::{PhoneNumberWhen, Schema};

/// `conversation.yaml` or `extensions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) openapi: String,
    #[serde(rename = "info")]
    _info: Info,
    /// The resources, each in a sentence.
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
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
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) description: String,
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
