//! From a call to a request: defaults, the operations that are ours, validation, address. Nothing is sent here.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::addresses::Addresses;
use crate::call::{Call, Response};
use crate::composed::{self, Composition, Edit};
use crate::contract::{self, Encoding, Host, Location, Operation};
use crate::error::{Error, ErrorKind};
use crate::json::{self, RawObject};
use crate::limits;
use crate::tree::Tree;
use crate::validation::{self, Violation};

/// A request that may go out any number of times.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) operation: &'static Operation,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// What a client fills in.
pub(crate) struct Defaults<'a> {
    pub(crate) project_id: &'a str,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) addresses: &'a Addresses,
    pub(crate) user_agent: &'a HeaderValue,
}

/// Everything but the unreserved characters of RFC 3986 is encoded, so that no id can change the path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const APP_ID: &str = "app_id";

/// How many headers are written here and where the request goes out.
const HEADERS: usize = 4;

pub(crate) fn prepare(mut call: Call, defaults: &Defaults<'_>) -> Result<Prepared, Error> {
    let asked = call.operation;
    fill_in(&mut call, defaults)?;
    let members = check(&mut call, defaults)?;
    if let Some(becomes) = asked.becomes {
        call = compose(call, becomes)?;
        // What is composed of checked members is right as it is; what went along unknown may be known over there.
        if members == Members::SomeUnknown {
            check(&mut call, defaults)?;
        }
    }
    request(call, defaults)
}

/// An operation of ours that reads, edits and writes back.
pub(crate) struct PreparedEdit {
    pub(crate) read: Prepared,
    /// The call as the caller made it, checked.
    call: Call,
    edit: &'static Edit,
}

pub(crate) fn prepare_edit(
    mut call: Call,
    edit: &'static Edit,
    defaults: &Defaults<'_>,
) -> Result<PreparedEdit, Error> {
    fill_in(&mut call, defaults)?;
    check(&mut call, defaults)?;
    let operation = contract::operation(edit.reads).ok_or_else(|| internal(call.operation))?;
    let read = Call { operation, query: Vec::new(), body: None, ..call.clone() };
    Ok(PreparedEdit { read: request(read, defaults)?, call, edit })
}

impl PreparedEdit {
    /// The request that writes back. Its body is not checked again: what is there already must stay, whether or not it
    /// keeps the rules for what is new.
    pub(crate) fn write(self, read: &Response, defaults: &Defaults<'_>) -> Result<Prepared, Error> {
        let asked = self.call.operation;
        let operation = asked.becomes.and_then(contract::operation).ok_or_else(|| internal(asked))?;
        let given = self.call.body.as_deref().unwrap_or_default();
        let body = self.edit.body(&read.body, given).map_err(|_| {
            let text = "what was read cannot be edited: it has another form than the contract says";
            Error::facade(ErrorKind::Decode, asked.id, text).about(read).with(|record| record.sent = false)
        })?;
        let query = vec![("update_mask".to_owned(), self.edit.property.to_owned())];
        request(Call { operation, query, body: Some(body), ..self.call }, defaults)
    }
}

/// The request of a call that was checked.
fn request(call: Call, defaults: &Defaults<'_>) -> Result<Prepared, Error> {
    // The name that the caller knows stands in errors; everything else is that of the operation that goes out.
    let operation = call.operation;
    let url = address(operation, defaults, &call)?;
    let body = call.body;
    let mut headers = call.options.headers;
    headers.reserve(HEADERS);
    headers.insert(USER_AGENT, defaults.user_agent.clone());
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(body) = &operation.body {
        let encoding = match body.encoding {
            Encoding::Json => "application/json",
            Encoding::Form => "application/x-www-form-urlencoded",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(encoding));
    }
    let body = match operation.body.as_ref().map(|body| body.encoding) {
        Some(Encoding::Form) => body.as_deref().map(form).transpose().map_err(|_| internal(operation))?,
        _ => body,
    };
    Ok(Prepared { operation, url, headers, body })
}

fn internal(operation: &'static Operation) -> Error {
    Error::new(ErrorKind::Internal, "the body could not be rewritten").with(|record| {
        record.operation = Some(operation.id);
    })
}

fn refuse(operation: &'static Operation, violation: Violation) -> Error {
    Error::new(ErrorKind::InvalidRequest, violation.reason).with(|record| {
        record.operation = Some(operation.id);
        record.path = Some(violation.path);
    })
}

/// Fills in what the client knows: the project, and the app where a call needs one and names none. An `app_id` that
/// only narrows a call down is never added: it would change what the call means.
fn fill_in(call: &mut Call, defaults: &Defaults<'_>) -> Result<(), Error> {
    let operation = call.operation;
    let takes_project = operation.parameters.iter().any(|parameter| parameter.name == "project_id");
    if takes_project
        && call.path.iter().all(|(name, _)| name != "project_id")
        && operation.host != Host::Sandbox
    {
        call.path.push(("project_id".to_owned(), defaults.project_id.to_owned()));
    }
    let in_query = operation.parameters.iter().any(|parameter| {
        parameter.location == Location::Query && parameter.name == APP_ID && parameter.required
    });
    if in_query && call.query.iter().all(|(name, _)| name != APP_ID) {
        call.query.push((APP_ID.to_owned(), app_id(operation, defaults)?.to_owned()));
    }
    Ok(())
}

fn app_id<'a>(operation: &'static Operation, defaults: &Defaults<'a>) -> Result<&'a str, Error> {
    defaults.app_id.ok_or_else(|| {
        let reason = "is required: name an app in the call, or set one for the client (in its configuration, or \
                      as SINCH_APP_ID in the environment)";
        refuse(operation, Violation { path: format!("$.{APP_ID}"), reason: reason.to_owned() })
    })
}

/// Whether the table knows every member of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Members {
    AllKnown,
    SomeUnknown,
}

/// Checks a call, and fills in the app where the body needs one and names none.
fn check(call: &mut Call, defaults: &Defaults<'_>) -> Result<Members, Error> {
    let operation = call.operation;
    let refuse = |violation| refuse(operation, violation);
    validation::check_parameters(operation, &call.path, &call.query).map_err(refuse)?;
    let (rule, bytes) = match (&operation.body, &call.body) {
        (Some(body), Some(bytes)) => (body.rule, bytes),
        (Some(_), None) => {
            let reason = "is required: the call needs a body".to_owned();
            return Err(refuse(Violation { path: "$".to_owned(), reason }));
        }
        (None, Some(_)) => {
            validation::check_tree(operation, &Tree::Null).map_err(refuse)?;
            return Ok(Members::AllKnown);
        }
        (None, None) => return Ok(Members::AllKnown),
    };
    let mut body: Tree<'_> = serde_json::from_slice(bytes).map_err(|error| {
        // serde_json's own text may quote the body.
        let (line, column) = (error.line(), error.column());
        let reason = format!("is not JSON, or nested too deep (line {line}, column {column})");
        refuse(Violation { path: "$".to_owned(), reason })
    })?;
    let mut filled = None;
    let known = |name: &str| rule.properties.iter().any(|property| property.name == name);
    let mut members = Members::AllKnown;
    if let Tree::Object(entries) = &body
        && !entries.iter().all(|(name, _)| known(name))
    {
        members = Members::SomeUnknown;
    }
    if let Tree::Object(entries) = &mut body
        && rule.properties.iter().any(|property| property.name == APP_ID && property.required)
        && Tree::get(entries, APP_ID).is_none_or(|value| *value == Tree::Null)
    {
        let app_id = app_id(operation, defaults)?;
        let written = json::string(app_id);
        filled = Some(if entries.iter().any(|(name, _)| name == APP_ID) {
            let mut object = RawObject::parse(bytes).map_err(|_| internal(operation))?;
            object.set(APP_ID, written);
            object.to_text().into()
        } else {
            json::insert(bytes, APP_ID, &written)
        });
        entries.push((APP_ID.into(), Tree::Text(app_id.into())));
    }
    validation::check_tree(operation, &body).map_err(refuse)?;
    call.body = filled.or(call.body.take());
    Ok(members)
}

fn compose(call: Call, becomes: &'static str) -> Result<Call, Error> {
    let asked = call.operation;
    let unknown = || internal(asked);
    let operation = contract::operation(becomes).ok_or_else(unknown)?;
    let body = call.body.as_deref().unwrap_or_default();
    let body = match composed::composition(asked.id) {
        Some(Composition::Rewrite(rewrite)) => rewrite(body).map_err(|_| unknown())?,
        Some(Composition::Edit(_)) | None => return Err(unknown()),
    };
    Ok(Call { operation, body: Some(body), ..call })
}

fn address(operation: &'static Operation, defaults: &Defaults<'_>, call: &Call) -> Result<Url, Error> {
    let (host, template) = match (defaults.addresses, operation.host) {
        (Addresses::Shared { url, .. }, _) => (url, operation.shared_path),
        (Addresses::Regional(hosts), Host::Conversation) => (&hosts.conversation, operation.path),
        (Addresses::Regional(hosts), Host::Template) => (&hosts.template, operation.path),
        (Addresses::Regional(hosts), Host::Batch) => (&hosts.batch, operation.path),
        (Addresses::Regional(hosts), Host::Auth) => (&hosts.auth, operation.path),
        (Addresses::Regional(_), Host::Sandbox) => {
            let text = "only the sandbox has this operation: set the base URL to that of a sandbox";
            return Err(
                Error::new(ErrorKind::Config, text).with(|record| record.operation = Some(operation.id))
            );
        }
    };
    let mut path = host.path().trim_end_matches('/').to_owned();
    path.reserve(2 * template.len());
    for (index, piece) in template.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            path.push_str(piece);
            continue;
        }
        let value = call.path.iter().find(|(name, _)| name == piece).map(|(_, value)| value.as_str());
        // URL parsers resolve these two even where they are percent-encoded.
        let Some(value) = value.filter(|value| !matches!(*value, "" | "." | "..")) else {
            return Err(refuse(
                operation,
                Violation { path: format!("$.{piece}"), reason: "is no id that a path can hold".to_owned() },
            ));
        };
        path.extend(utf8_percent_encode(value, ENCODED));
    }
    let mut url = host.clone();
    url.set_path(&path);
    if !call.query.is_empty() {
        let mut query = String::new();
        for (name, value) in &call.query {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend(utf8_percent_encode(name, ENCODED));
            query.push('=');
            query.extend(utf8_percent_encode(value, ENCODED));
        }
        url.set_query(Some(&query));
    }
    if url.as_str().len() > limits::MAX_URL_BYTES {
        let reason = format!("make an address of more than {} bytes", limits::MAX_URL_BYTES);
        return Err(refuse(operation, Violation { path: "the parameters".to_owned(), reason }));
    }
    Ok(url)
}

/// A flat JSON object of strings as a form.
fn form(body: &[u8]) -> serde_json::Result<Bytes> {
    let fields: std::collections::BTreeMap<String, String> = serde_json::from_slice(body)?;
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED))
        })
        .collect();
    Ok(pairs.join("&").into())
}

#[cfg(test)]
mod tests;
