//! The engine's tables: operations, what written bodies must keep, callbacks.

mod rules;

use serde::Serialize;
use serde_json::json;

use super::rust::{HEADER, literal, names};
use super::{Draft, templates};
use crate::error::Result;
use crate::ir::{
    Answer, Authentication, Contract, Encoding, Host, Location, Operation, Page, Retry, Sensitivity,
};

const FOLDER: &str = "core/src/generated";

pub(super) fn drafts(contract: &Contract) -> Result<Vec<Draft>> {
    let operations = operations(contract)?;
    let rules = rules::rules(contract)?;
    let callbacks: Vec<_> = contract
        .callbacks
        .iter()
        .map(|callback| (literal(&callback.trigger), literal(&callback.body_key)))
        .collect();
    let draft = |name: &str, context| {
        let text = templates::render(&format!("rust_core/{name}.rs.jinja"), HEADER, context)?;
        Ok(Draft { path: format!("{FOLDER}/{name}.rs"), text })
    };
    Ok(vec![
        draft("mod", json!({}))?,
        draft("operations", json!({ "operations": operations }))?,
        draft("rules", json!({ "rules": rules }))?,
        draft("callbacks", json!({ "callbacks": callbacks }))?,
    ])
}

/// An operation as its template wants it: every field a Rust expression.
#[derive(Serialize)]
struct OperationView {
    name: String,
    docs: String,
    id: String,
    verb: String,
    host: String,
    path: String,
    shared_path: String,
    retry: String,
    authentication: String,
    parameters: Vec<ParameterView>,
    body: String,
    answer: String,
    page: String,
    becomes: String,
}

#[derive(Serialize)]
struct ParameterView {
    name: String,
    location: String,
    required: String,
    rule: String,
    sensitivity: String,
}

fn operations(contract: &Contract) -> Result<Vec<OperationView>> {
    let views: Vec<_> = contract.operations.iter().map(view).collect::<Result<_>>()?;
    names::distinct(
        "operations",
        contract.operations.iter().map(|operation| &*operation.id).zip(views.iter().map(|view| &*view.name)),
    )?;
    Ok(views)
}

fn view(operation: &Operation) -> Result<OperationView> {
    let parameters = operation.parameters.iter().map(|parameter| {
        Ok(ParameterView {
            name: literal(&parameter.name),
            location: match parameter.location {
                Location::Path => "Location::Path",
                Location::Query => "Location::Query",
            }
            .to_owned(),
            required: parameter.required.to_string(),
            rule: rules::expression(&parameter.kind, "rules::")?,
            sensitivity: sensitivity(parameter.facts.sensitivity),
        })
    });
    let body = match &operation.body {
        None => "None".to_owned(),
        Some(body) => format!(
            "Some(Body {{ encoding: Encoding::{}, rule: &rules::{} }})",
            match body.encoding {
                Encoding::Json => "Json",
                Encoding::Form => "Form",
            },
            rules::name(&body.schema)?
        ),
    };
    Ok(OperationView {
        name: names::constant(&operation.id, &operation.id)?,
        docs: super::rust::docs::comment([format!(
            "{}: `{} {}`",
            operation.summary,
            operation.verb.name(),
            operation.path
        )]),
        id: literal(&operation.id),
        verb: format!("Method::{:?}", operation.verb),
        host: match operation.host {
            Host::Conversation => "Host::Conversation",
            Host::Template => "Host::Template",
            Host::Batch => "Host::Batch",
            Host::Auth => "Host::Auth",
            Host::Sandbox => "Host::Sandbox",
        }
        .to_owned(),
        path: literal(&operation.path),
        shared_path: literal(&operation.shared_path),
        retry: match operation.retry {
            Retry::Safe => "RetryClass::Safe",
            Retry::Unsafe => "RetryClass::Unsafe",
        }
        .to_owned(),
        authentication: match operation.authentication {
            Authentication::Token => "Authentication::Token",
            Authentication::AccessKey => "Authentication::AccessKey",
            Authentication::None => "Authentication::None",
        }
        .to_owned(),
        parameters: parameters.collect::<Result<_>>()?,
        body,
        answer: match &operation.answer {
            Answer::Empty => "Answer::Empty".to_owned(),
            Answer::Object { key, .. } => format!("Answer::Object {{ key: {} }}", option(key.as_deref())),
            Answer::Array { .. } => "Answer::Array".to_owned(),
        },
        page: operation.page.as_ref().map_or_else(|| "None".to_owned(), page),
        becomes: option(operation.becomes.as_deref()),
    })
}

fn page(page: &Page) -> String {
    let Page { items, token, next, in_body } = page;
    format!("Some(Page {{ items: {items:?}, token: {token:?}, next: {next:?}, in_body: {in_body} }})")
}

fn option(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({})", literal(text)))
}

fn sensitivity(sensitivity: Sensitivity) -> String {
    match sensitivity {
        Sensitivity::Open => "Sensitivity::Open",
        Sensitivity::Personal => "Sensitivity::Personal",
        Sensitivity::Secret => "Sensitivity::Secret",
    }
    .to_owned()
}
