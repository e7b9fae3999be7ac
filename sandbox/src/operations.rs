//! What each operation does, and what every one of them asks first: who calls, and whether the call keeps the contract.

mod apps;
mod messages;
mod webhooks;

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Map, Value};
use tidings_core::contract::{Authentication, Encoding, Operation};
use tidings_core::validation;
use url::form_urlencoded;

use crate::answer::{Answer, unimplemented, violated};
use crate::control;
use crate::state::{Shared, State};

/// A request that was read whole.
pub(crate) struct Incoming<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) path: &'a [(String, String)],
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Value,
    pub(crate) request_id: &'a str,
}

/// A call that keeps the contract.
pub(crate) struct Call<'a> {
    path: &'a [(String, String)],
    query: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) request_id: &'a str,
}

impl Call<'_> {
    /// A path parameter.
    fn id(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn project(&self) -> &str {
        self.id("project_id")
    }

    /// A query parameter that is filled.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

type Outcome = Result<Answer, Answer>;

/// Carries a request out.
pub(crate) fn answer(shared: &Arc<Shared>, incoming: Incoming<'_>) -> Answer {
    let mut state = shared.lock();
    let result = carry_out(&mut state, incoming);
    drop(state);
    // What was planned may be due before anything that was planned so far.
    shared.planned.notify_one();
    result.unwrap_or_else(|refusal| refusal)
}

fn carry_out(state: &mut State, incoming: Incoming<'_>) -> Outcome {
    let operation = incoming.operation;
    let now = state.clock.now();
    if operation.authentication == Authentication::Token {
        state.accounts.check(incoming.headers, operation.host, now)?;
    }
    if operation.id == "auth.token" {
        let form = incoming.body.as_str().unwrap_or_default().as_bytes();
        let grant =
            form_urlencoded::parse(form).find(|(name, _)| name == "grant_type").map(|(_, value)| value);
        let id = state.new_id();
        return Ok(state.accounts.token(incoming.headers, grant.as_deref(), now, &id));
    }
    let call = checked(operation, incoming.path, incoming.query, incoming.body, incoming.request_id)?;
    match operation.id {
        "apps.create" => Ok(apps::create(state, &call)),
        "apps.get" => apps::get(state, &call),
        "apps.list" => Ok(apps::list(state, &call)),
        "apps.update" => apps::update(state, &call),
        "apps.delete" => apps::delete(state, &call),
        "webhooks.create" => webhooks::create(state, &call),
        "webhooks.get" => webhooks::get(state, &call),
        "webhooks.list" => webhooks::list(state, &call),
        "webhooks.update" => webhooks::update(state, &call),
        "webhooks.delete" => webhooks::delete(state, &call),
        "messages.send" => messages::send(state, &call),
        "messages.get" => messages::get(state, &call),
        "messages.list" => messages::list(state, &call),
        "messages.list_last_by_channel_identity" => messages::list_last(state, &call),
        "messages.update" => messages::update(state, &call),
        "messages.delete" => messages::delete(state, &call),
        _ => Err(unimplemented()),
    }
}

/// The control plane, which may wait and therefore takes the lock itself.
pub(crate) async fn control(
    shared: &Arc<Shared>,
    operation: &'static Operation,
    path: &[(String, String)],
    query: Option<&str>,
    body: Value,
) -> Answer {
    match checked(operation, path, query, body, "") {
        Ok(call) => control::answer(shared, operation, &call).await,
        Err(refusal) => refusal,
    }
}

fn checked<'a>(
    operation: &'static Operation,
    path: &'a [(String, String)],
    query: Option<&str>,
    body: Value,
    request_id: &'a str,
) -> Result<Call<'a>, Answer> {
    // A parameter that the contract does not know is passed over: the real API does not complain about one either.
    let query: Vec<(String, String)> = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .into_owned()
        .filter(|(name, _)| operation.parameters.iter().any(|known| known.name == name))
        .collect();
    validation::check_parameters(operation, path, &query).map_err(|violation| violated(&violation))?;
    if operation.body.as_ref().is_some_and(|body| body.encoding == Encoding::Json) {
        validation::check_body(operation, &body).map_err(|violation| violated(&violation))?;
    }
    Ok(Call { path, query, body, request_id })
}

/// The properties of a body that may change something: those that are given, or of those the ones a mask names.
fn changes(call: &Call<'_>) -> Map<String, Value> {
    let mask: Option<Vec<&str>> = call.query("update_mask").map(|mask| mask.split(',').collect());
    // A mask names a path; what it replaces here is the property that the path begins with.
    let named = |name: &str| {
        mask.as_ref().is_none_or(|mask| mask.iter().any(|path| path.split('.').next() == Some(name)))
    };
    let given = call.body.as_object().into_iter().flatten().filter(|(name, _)| *name != "id");
    given.filter(|(name, _)| named(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
