//! Webhooks: at most five an app, each with its own target.

use serde_json::{Value, json};

use super::{Call, Outcome, changes};
use crate::answer::{Answer, invalid, not_found};
use crate::state::State;

/// The most webhooks of one app.
const MOST: usize = 5;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let app_id = call.body["app_id"].as_str().unwrap_or_default();
    if state.app(call.project(), app_id).is_none() {
        return Err(not_found("the app"));
    }
    let siblings = of_app(state, app_id);
    if siblings.len() >= MOST {
        return Err(invalid("an app has at most 5 webhooks"));
    }
    if siblings.iter().any(|webhook| webhook["target"] == call.body["target"]) {
        return Err(invalid("the app has a webhook with this target already"));
    }
    let id = state.new_id();
    let mut webhook = json!({
        "app_id": app_id,
        "client_credentials": null,
        "secret": "",
        // Drops everything, unless asked otherwise.
        "target_type": "DISMISS",
        "triggers": [],
    });
    for (name, value) in call.body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        webhook[name] = value.clone();
    }
    webhook["id"] = id.clone().into();
    state.webhooks.insert(id, (call.project().to_owned(), webhook.clone()));
    Ok(Answer::ok(&webhook))
}

fn of_app<'a>(state: &'a State, app_id: &str) -> Vec<&'a Value> {
    state
        .webhooks
        .values()
        .map(|(_, webhook)| webhook)
        .filter(|webhook| webhook["app_id"] == app_id)
        .collect()
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Value, Answer> {
    let found = state.webhooks.get(call.id("webhook_id")).filter(|(project, _)| project == call.project());
    found.map(|(_, webhook)| webhook).ok_or_else(|| not_found("the webhook"))
}

pub(super) fn get(state: &State, call: &Call<'_>) -> Outcome {
    find(state, call).map(Answer::ok)
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Outcome {
    let app_id = call.id("app_id");
    if state.app(call.project(), app_id).is_none() {
        return Err(not_found("the app"));
    }
    Ok(Answer::ok(&json!({ "webhooks": of_app(state, app_id) })))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let mut webhook = find(state, call)?.clone();
    for (name, value) in changes(call).into_iter().filter(|(_, value)| !value.is_null()) {
        webhook[name] = value;
    }
    let app_id = webhook["app_id"].as_str().unwrap_or_default();
    if state.app(call.project(), app_id).is_none() {
        return Err(not_found("the app"));
    }
    let moved =
        state.webhooks.get(call.id("webhook_id")).is_some_and(|(_, old)| old["app_id"] != webhook["app_id"]);
    if moved && of_app(state, app_id).len() >= MOST {
        return Err(invalid("an app has at most 5 webhooks"));
    }
    let same = |other: &&Value| other["target"] == webhook["target"] && other["id"] != webhook["id"];
    if of_app(state, app_id).iter().any(same) {
        return Err(invalid("the app has a webhook with this target already"));
    }
    if let Some((_, stored)) = state.webhooks.get_mut(call.id("webhook_id")) {
        *stored = webhook.clone();
    }
    Ok(Answer::ok(&webhook))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    find(state, call)?;
    state.webhooks.remove(call.id("webhook_id"));
    Ok(Answer::done())
}
