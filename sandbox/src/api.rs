//! The operations that are played: from a call to its handler.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use tidings_core::contract::{Location, Operation, Rule};
use tidings_core::validation::{check_body, check_parameters};

use crate::errors::Refusal;
use crate::router::Parameters;
use crate::state::{World, apps, messages, store, webhooks};

/// A call whose parameters and body keep the contract's table.
pub(crate) struct Call {
    path: Parameters,
    pub(crate) query: Parameters,
    pub(crate) body: Value,
    pub(crate) request_id: String,
}

impl Call {
    /// Checks a call. `body` is `Null` where the operation takes none.
    pub(crate) fn check(
        operation: &Operation,
        path: Parameters,
        query: Parameters,
        body: Value,
        request_id: String,
    ) -> Result<Self, Refusal> {
        let query = joined(operation, query)?;
        check_parameters(operation, &path, &query)?;
        if operation.body.is_some() {
            check_body(operation, &body)?;
        }
        Ok(Self { path, query, body, request_id })
    }

    pub(crate) fn path(&self, name: &str) -> &str {
        find(&self.path, name).unwrap_or_default()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// A string at the top level of the body; empty without one.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// The body's properties.
    pub(crate) fn object(&self) -> &Map<String, Value> {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.body.as_object().unwrap_or(&NONE)
    }
}

fn find<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Joins the repeats of a list with commas, since public clients write lists both ways. Any other parameter that is
/// there twice is a mistake.
fn joined(operation: &Operation, query: Parameters) -> Result<Parameters, Refusal> {
    let is_list = |name: &str| {
        operation.parameters.iter().any(|parameter| {
            parameter.name == name
                && parameter.location == Location::Query
                && matches!(parameter.rule, Rule::List { .. })
        })
    };
    let mut joined = Parameters::new();
    for (name, value) in query {
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) if is_list(&name) => {
                values.push(',');
                values.push_str(&value);
            }
            Some(_) => return Err(Refusal::invalid(format!("$.{name} is there twice"))),
            None => joined.push((name, value)),
        }
    }
    Ok(joined)
}

/// Carries out a call. It happens whole or not at all, at one moment of the sandbox's clock.
pub(crate) fn carry_out(world: &mut World, operation: &Operation, call: &Call) -> Result<Value, Refusal> {
    match operation.id {
        "apps.create" => apps::create(world, call),
        "apps.get" => apps::get(world, call),
        "apps.list" => Ok(apps::list(world, call)),
        "apps.update" => apps::update(world, call),
        "apps.delete" => apps::delete(world, call),
        "messages.send" => messages::send(world, call),
        "messages.get" => store::get(world, call),
        "messages.list" => store::list(world, call),
        "messages.list_last_by_channel_identity" => store::list_last(world, call),
        "messages.update" => store::update(world, call),
        "messages.delete" => store::delete(world, call),
        "webhooks.create" => webhooks::create(world, call),
        "webhooks.get" => webhooks::get(world, call),
        "webhooks.list" => webhooks::list(world, call),
        "webhooks.update" => webhooks::update(world, call),
        "webhooks.delete" => webhooks::delete(world, call),
        id => Err(Refusal::unimplemented(format!("The sandbox does not play {id} yet"))),
    }
}

/// The addresses that a body sends to, for faults that strike one recipient only.
pub(crate) fn recipients<'a>(operation_id: &str, body: &'a Value) -> Vec<&'a str> {
    if operation_id != "messages.send" {
        return Vec::new();
    }
    let recipient = &body["recipient"];
    let identities = recipient["identified_by"]["channel_identities"].as_array();
    let identities = identities.into_iter().flatten().filter_map(|entry| entry["identity"].as_str());
    identities.chain(recipient["contact_id"].as_str()).collect()
}
