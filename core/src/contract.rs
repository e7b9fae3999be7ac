//! The contract as data: every operation, and the rules that a written body must keep.
//!
//! The tables in [`crate::generated`] are made of these types. The engine reads them to build a request, to refuse a
//! bad one before the network and to judge an answer; the sandbox reads them to route and to validate.

/// One operation of the API, or one of ours.
#[derive(Debug)]
#[non_exhaustive]
pub struct Operation {
    /// `resource.method`, such as `messages.send`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The host that serves it.
    pub host: Host,
    /// Path on that host, with `{name}` for each path parameter.
    pub path: &'static str,
    /// Path when one address serves every host. It differs from `path` on the batch host only, whose paths would
    /// otherwise mean two things.
    pub shared_path: &'static str,
    /// Whether a repeated call may do its work twice.
    pub retry: RetryClass,
    /// How the call shows who it is.
    pub authentication: Authentication,
    /// Path and query parameters, `project_id` included.
    pub parameters: &'static [Parameter],
    /// The body, if the operation takes one.
    pub body: Option<Body>,
    /// What a 2xx carries.
    pub answer: Answer,
    /// How it pages, if it does.
    pub page: Option<Page>,
    /// The operation that the engine turns this one into before it goes out; `None` for those of the API.
    pub becomes: Option<&'static str>,
}

/// An HTTP method that the contract uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A host of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `{region}.conversation.api.sinch.com`
    Conversation,
    /// `{region}.template.api.sinch.com`
    Template,
    /// `{region}.conversationbatch.api.sinch.com`
    Batch,
    /// `auth.sinch.com`
    Auth,
    /// The control plane of the local sandbox; there is none on the real API.
    Sandbox,
}

/// What a repeated call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// Repeating changes nothing more than calling once.
    Safe,
    /// Repeating may send or create a second time.
    Unsafe,
}

/// How a call shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// An OAuth2 bearer token (RFC 6750), or HTTP Basic where the client is set so.
    Token,
    /// The access key by HTTP Basic; only the token endpoint.
    AccessKey,
    /// Nothing.
    None,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query string.
    Query,
}

/// A path or query parameter.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// Where it stands.
    pub location: Location,
    /// Whether a call without it is refused.
    pub required: bool,
    /// What it must keep. A [`Rule::List`] is one value joined with commas.
    pub rule: Rule,
    /// Whether it may be shown.
    pub sensitivity: Sensitivity,
}

/// A request body.
#[derive(Debug)]
#[non_exhaustive]
pub struct Body {
    /// How it is written.
    pub encoding: Encoding,
    /// What it must keep.
    pub rule: &'static ObjectRule,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

/// What a 2xx carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing that counts: an empty body or `{}`.
    Empty,
    /// A JSON object.
    Object {
        /// The property without which it is no answer, such as `message_id`.
        key: Option<&'static str>,
    },
    /// A JSON array.
    Array,
}

/// How a list operation pages.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// Property of the answer that holds the items.
    pub items: &'static str,
    /// Parameter that takes the token of the page wanted.
    pub token: &'static str,
    /// Property of the answer that holds the next token; absent or empty on the last page.
    pub next: &'static str,
    /// Whether the token is written in the body; otherwise in the query.
    pub in_body: bool,
}

/// What a written value must keep. Unknown properties, enum values and union tags always pass.
#[derive(Debug)]
pub enum Rule {
    /// Any JSON.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// Smallest value allowed.
        minimum: Option<i64>,
        /// Largest value allowed.
        maximum: Option<i64>,
    },
    /// A number.
    Number {
        /// Smallest value allowed.
        minimum: Option<f64>,
        /// Largest value allowed.
        maximum: Option<f64>,
    },
    /// A string.
    Text {
        /// Fewest characters (Unicode scalar values) allowed.
        min_length: Option<u32>,
        /// Most characters allowed.
        max_length: Option<u32>,
        /// What the characters must form.
        format: Option<Format>,
    },
    /// A value of an open enum.
    Enumeration {
        /// Name of the schema.
        name: &'static str,
        /// The values known today; others pass.
        values: &'static [&'static str],
        /// Values that are known to be wrong here.
        refused: &'static [&'static str],
    },
    /// A fixed string that tells one form from another; others pass.
    Constant(&'static str),
    /// An array.
    List {
        /// What each item must keep.
        items: &'static Rule,
        /// Fewest items allowed.
        min_items: Option<u32>,
        /// Most items allowed.
        max_items: Option<u32>,
    },
    /// An object with free keys.
    Map {
        /// What each key must keep; `None` where any does.
        keys: Option<&'static Rule>,
        /// What each value must keep.
        values: &'static Rule,
    },
    /// An object of a named schema.
    Object(&'static ObjectRule),
    /// One of several objects, told apart by a tag.
    Union(&'static UnionRule),
}

/// What the characters of a string must form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// A moment (RFC 3339).
    DateTime,
    /// A day (RFC 3339 full-date).
    Date,
    /// Seconds with the suffix `s`, such as `10s`.
    Duration {
        /// Fewest seconds allowed.
        minimum: Option<f64>,
        /// Most seconds allowed.
        maximum: Option<f64>,
    },
    /// A URI (RFC 3986).
    Uri,
    /// An E.164 phone number: `+` optional, 7 to 15 digits, the first from 1 to 9.
    PhoneNumber,
}

/// What a written object must keep.
#[derive(Debug)]
#[non_exhaustive]
pub struct ObjectRule {
    /// Name of the schema.
    pub name: &'static str,
    /// The properties known today; others pass.
    pub properties: &'static [Property],
    /// Groups of properties of which exactly one must be there.
    pub exactly_one_of: &'static [&'static [&'static str]],
    /// Groups of properties of which at most one may be there.
    pub at_most_one_of: &'static [&'static [&'static str]],
    /// A property that is a phone number, depending on another one.
    pub phone_number_when: Option<PhoneNumberWhen>,
}

/// A property of an object.
#[derive(Debug)]
#[non_exhaustive]
pub struct Property {
    /// Name on the wire.
    pub name: &'static str,
    /// Whether a written object without it is refused.
    pub required: bool,
    /// What it must keep.
    pub rule: Rule,
    /// Whether it may be shown.
    pub sensitivity: Sensitivity,
}

/// Makes `property` an E.164 number when `by` holds one of `values`.
#[derive(Debug)]
#[non_exhaustive]
pub struct PhoneNumberWhen {
    /// The property that is a number then.
    pub property: &'static str,
    /// The property that decides.
    pub by: &'static str,
    /// The values that make it one.
    pub values: &'static [&'static str],
}

/// One of several objects, told apart by a tag.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnionRule {
    /// Name of the schema.
    pub name: &'static str,
    /// The property that holds the tag.
    pub tag: &'static str,
    /// Each tag known today with its object; others pass.
    pub variants: &'static [(&'static str, &'static ObjectRule)],
}

/// Whether a value may be shown in logs and in `Debug`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// It may.
    Open,
    /// It is somebody's number, name, address or text: never in clear.
    Personal,
    /// It is a key, a token or a password: never at all.
    Secret,
}

/// A callback that the API sends to webhooks.
#[derive(Debug)]
#[non_exhaustive]
pub struct Callback {
    /// The trigger a webhook names to get it, such as `MESSAGE_DELIVERY`.
    pub trigger: &'static str,
    /// The top-level property that tells it from the others.
    pub body_key: &'static str,
}

/// The operation with this id, if there is one.
///
/// ```
/// let send = tidings_core::contract::operation("messages.send").unwrap();
/// assert_eq!(send.method.as_str(), "POST");
/// ```
pub fn operation(id: &str) -> Option<&'static Operation> {
    use crate::generated::operations::OPERATIONS;
    OPERATIONS.binary_search_by(|operation| operation.id.cmp(id)).ok().map(|at| OPERATIONS[at])
}
