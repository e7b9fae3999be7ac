//! The contract as every target sees it: understood, checked, and free of any programming language.
//!
//! Names are those of the wire. What case they take, and what happens where a language has taken a name already, is for
//! each target to say.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// Everything there is to generate.
#[derive(Debug)]
pub(crate) struct Contract {
    /// What each resource is for, where the contract says it.
    pub(crate) resources: BTreeMap<String, String>,
    /// Sorted by id.
    pub(crate) operations: Vec<Operation>,
    /// In the order of the contract.
    pub(crate) schemas: IndexMap<String, Schema>,
    /// In the order of the contract.
    pub(crate) callbacks: Vec<Callback>,
}

impl Contract {
    /// The schema of this name. Every name in the contract is known to have one.
    pub(crate) fn schema(&self, name: &str) -> &Schema {
        &self.schemas[name]
    }

    /// The object of this name, if it is one.
    pub(crate) fn object(&self, name: &str) -> Option<&Object> {
        match &self.schemas.get(name)?.shape {
            Shape::Object(object) => Some(object),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// `resource.method`
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) verb: Verb,
    pub(crate) host: Host,
    pub(crate) path: String,
    /// The path where one address serves every host.
    pub(crate) shared_path: String,
    pub(crate) retry: Retry,
    pub(crate) authentication: Authentication,
    /// Those of the path first.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) answer: Answer,
    /// Names of the objects that tell what failed.
    pub(crate) errors: Vec<String>,
    pub(crate) page: Option<Page>,
    /// The operation of the API that this one, which is ours, is turned into.
    pub(crate) becomes: Option<String>,
}

impl Operation {
    pub(crate) fn resource(&self) -> &str {
        self.id.split_once('.').map_or(&*self.id, |(resource, _)| resource)
    }

    pub(crate) fn method(&self) -> &str {
        self.id.split_once('.').map_or(&*self.id, |(_, method)| method)
    }

    /// Whether it has methods in the clients; the token endpoint is the engine's own business.
    pub(crate) fn is_public(&self) -> bool {
        self.authentication != Authentication::AccessKey
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Host {
    Conversation,
    Template,
    Batch,
    Auth,
    Sandbox,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Retry {
    Safe,
    Unsafe,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Authentication {
    Token,
    AccessKey,
    None,
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) facts: Facts,
    pub(crate) kind: Type,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Location {
    Path,
    Query,
}

#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) encoding: Encoding,
    /// Name of an object.
    pub(crate) schema: String,
    /// Whether the method takes the properties one by one.
    pub(crate) flat: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encoding {
    Json,
    Form,
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Empty,
    Object {
        schema: String,
        /// The property without which it is no answer.
        key: Option<String>,
    },
    Array {
        /// What each item is: the name of an object.
        schema: String,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) items: String,
    pub(crate) token: String,
    pub(crate) next: String,
    pub(crate) in_body: bool,
}

#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) trigger: String,
    /// The area that it belongs to, as a resource is one for operations.
    pub(crate) area: String,
    pub(crate) body_key: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) unverified: bool,
    /// Name of an object.
    pub(crate) schema: String,
}

#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Of an enumeration, what the API takes where the value is left out.
    pub(crate) default: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) unverified: bool,
    pub(crate) shape: Shape,
    pub(crate) usage: Usage,
}

/// Where a schema is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// In a request, at any depth.
    pub(crate) written: bool,
    /// As a whole body.
    pub(crate) is_body: bool,
    /// The one resource whose operations or callbacks reach it, or `common`.
    pub(crate) area: String,
    /// Properties that lead back to this schema by value, so that a plain value would be endless.
    pub(crate) endless: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Object(Object),
    Enumeration(Vec<EnumerationValue>),
    Union(Union),
}

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) properties: Vec<Property>,
    /// Whether any other property may be there.
    pub(crate) additional: bool,
    pub(crate) groups: Vec<Group>,
    pub(crate) phone_number_when: Option<PhoneNumberWhen>,
}

impl Object {
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) required: bool,
    /// Set by the API, never written.
    pub(crate) read_only: bool,
    pub(crate) facts: Facts,
    pub(crate) kind: Type,
}

impl Property {
    /// Whether an object that is written must have it.
    pub(crate) fn must_be_written(&self) -> bool {
        self.required && !self.read_only
    }
}

/// What documentation and privacy need to know of a property or a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) description: String,
    /// As it stands on the wire.
    pub(crate) default: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) unverified: bool,
    pub(crate) sensitivity: Sensitivity,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sensitivity {
    Open,
    Personal,
    Secret,
}

/// Properties that exclude each other.
#[derive(Debug)]
pub(crate) struct Group {
    /// Exactly one of them must be there; otherwise at most one may.
    pub(crate) exactly_one: bool,
    pub(crate) members: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct PhoneNumberWhen {
    pub(crate) property: String,
    pub(crate) by: String,
    pub(crate) values: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct EnumerationValue {
    pub(crate) value: String,
    pub(crate) note: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Union {
    pub(crate) tag: String,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) tag: String,
    /// Name of an object.
    pub(crate) schema: String,
}

/// The type of a value.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Boolean,
    Integer {
        bits: u8,
        minimum: Option<i64>,
        maximum: Option<i64>,
    },
    Number {
        bits: u8,
        minimum: Option<f64>,
        maximum: Option<f64>,
    },
    Text {
        format: Option<Format>,
        min_length: Option<u32>,
        max_length: Option<u32>,
    },
    DateTime,
    Duration {
        minimum: Option<f64>,
        maximum: Option<f64>,
    },
    /// A string that is always the same in this release.
    Constant(String),
    Enumeration {
        schema: String,
        refused: Vec<String>,
    },
    Object(String),
    Union(String),
    List {
        items: Box<Type>,
        min_items: Option<u32>,
        max_items: Option<u32>,
    },
    Map {
        keys: Option<String>,
        values: Box<Type>,
    },
    /// An object with any content.
    JsonObject,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Format {
    Date,
    Uri,
    PhoneNumber,
}

impl Type {
    /// The schemas that this type names itself.
    pub(crate) fn schemas(&self) -> Vec<&str> {
        match self {
            Self::Enumeration { schema, .. } | Self::Object(schema) | Self::Union(schema) => vec![schema],
            Self::List { items, .. } => items.schemas(),
            Self::Map { keys, values } => keys.iter().map(String::as_str).chain(values.schemas()).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether free-form JSON is in it.
    pub(crate) fn is_free_form(&self) -> bool {
        match self {
            Self::JsonObject => true,
            Self::List { items: inner, .. } | Self::Map { values: inner, .. } => inner.is_free_form(),
            _ => false,
        }
    }
}

impl Schema {
    /// The schemas that this one names itself.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.shape {
            Shape::Object(object) => {
                object.properties.iter().flat_map(|property| property.kind.schemas()).collect()
            }
            Shape::Enumeration(_) => Vec::new(),
            Shape::Union(union) => union.variants.iter().map(|variant| &*variant.schema).collect(),
        }
    }
}
