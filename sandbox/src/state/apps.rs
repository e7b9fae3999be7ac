//! Apps and their channels.

use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::errors::Refusal;
use crate::identifiers::is_ulid;
use crate::state::World;
use crate::state::webhooks::Webhook;

/// The read form of an app that says nothing of its own. The values are those that reads of new apps show in
/// public sources (contract/NOTES.md); the rates are 25 by the reference and 20 outbound in fixtures.
fn defaults() -> Value {
    json!({
        "display_name": "",
        "channel_credentials": [],
        "conversation_metadata_report_view": "NONE",
        "processing_mode": "DISPATCH",
        "retention_policy": {"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 180},
        "dispatch_retention_policy": {"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 0},
        "rate_limits": {"inbound": 25, "outbound": 20, "webhooks": 25},
        "smart_conversation": {"enabled": false},
        "callback_settings": {"secret_for_overridden_callback_urls": ""},
        "delivery_report_based_fallback": {"enabled": false, "delivery_report_waiting_time": 0},
        "message_retry_settings": null,
        "persist_message_status": {"enabled": false},
        "message_search": {"enabled": false},
    })
}

/// What only the API writes.
const READ_ONLY: [&str; 3] = ["id", "rate_limits", "queue_stats"];

/// An app.
pub(crate) struct App {
    pub(crate) project_id: String,
    /// The read form, without `queue_stats`.
    properties: Map<String, Value>,
    pub(crate) webhooks: Vec<Webhook>,
    /// Messages that wait for their channel.
    pub(crate) queued: usize,
}

impl App {
    fn text(&self, pointer: [&str; 2]) -> &str {
        self.properties.get(pointer[0]).and_then(|value| value[pointer[1]].as_str()).unwrap_or_default()
    }

    /// Whether the app keeps contacts and conversations.
    pub(crate) fn is_in_conversation_mode(&self) -> bool {
        self.properties.get("processing_mode").and_then(Value::as_str) == Some("CONVERSATION")
    }

    /// Whether messages of dispatch mode are stored.
    pub(crate) fn keeps_dispatched(&self) -> bool {
        let days =
            self.properties.get("dispatch_retention_policy").and_then(|value| value["ttl_days"].as_i64());
        days.is_some_and(|days| days > 0)
    }

    /// Channels that are set up, in the app's order.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &str> {
        let credentials = self.properties.get("channel_credentials").and_then(Value::as_array);
        credentials.into_iter().flatten().filter_map(|entry| entry["channel"].as_str())
    }

    /// Signs receipts that go to a message's own address; empty if they go unsigned.
    pub(crate) fn override_secret(&self) -> &str {
        self.text(["callback_settings", "secret_for_overridden_callback_urls"])
    }

    fn read(&self, limit: usize) -> Value {
        let mut read = self.properties.clone();
        read.insert("queue_stats".into(), json!({"outbound_size": self.queued, "outbound_limit": limit}));
        read.into()
    }

    /// Replaces each given property whole. With a mask, only what it names.
    fn write(&mut self, written: &Map<String, Value>, mask: Option<&str>) -> Result<(), Refusal> {
        let mut changed = written.clone();
        changed.retain(|name, value| !value.is_null() && !READ_ONLY.contains(&name.as_str()));
        if let Some(channels) = changed.get_mut("channel_credentials") {
            read_channels(channels)?;
        }
        // A policy or setting that is given in part reads back whole.
        if let Value::Object(defaults) = defaults() {
            for (name, default) in defaults {
                if let (Some(Value::Object(given)), Value::Object(default)) =
                    (changed.get_mut(&name), default)
                {
                    for (name, default) in default {
                        given.entry(name).or_insert(default);
                    }
                }
            }
        }
        apply_masked(&mut self.properties, changed, mask)
    }
}

/// Writes `changed` into `properties`; with a mask, which is names joined with commas, only what it names. A name
/// that the change does not hold changes nothing; whether the real API clears such a property is not known.
pub(crate) fn apply_masked(
    properties: &mut Map<String, Value>,
    changed: Map<String, Value>,
    mask: Option<&str>,
) -> Result<(), Refusal> {
    let Some(mask) = mask.filter(|mask| !mask.is_empty()) else {
        properties.extend(changed);
        return Ok(());
    };
    let changed = Value::Object(changed);
    for path in mask.split(',') {
        let names: Vec<&str> = path.split('.').collect();
        if names.iter().any(|name| name.is_empty()) {
            return Err(Refusal::invalid("$.update_mask must be names of properties, joined with commas"));
        }
        let mut inside = Some(&changed);
        for name in &names {
            inside = match inside {
                None => None,
                Some(Value::Object(object)) => object.get(*name),
                Some(_) => {
                    let reason =
                        "$.update_mask must lead through objects only; a list is replaced as a whole";
                    return Err(Refusal::invalid(reason));
                }
            };
        }
        if let Some(value) = inside {
            set(properties, &names, value.clone());
        }
    }
    Ok(())
}

/// Sets a property by its path. What is no object on the way there becomes one.
fn set(properties: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => drop(properties.insert((*name).to_owned(), value)),
        [name, rest @ ..] => {
            let slot = properties.entry(*name).or_insert_with(|| json!({}));
            if !slot.is_object() {
                *slot = json!({});
            }
            if let Value::Object(inner) = slot {
                set(inner, rest, value);
            }
        }
    }
}

/// Turns written credentials into their read form.
fn read_channels(channels: &mut Value) -> Result<(), Refusal> {
    let Value::Array(channels) = channels else { return Ok(()) };
    let mut seen = Vec::new();
    for (index, entry) in channels.iter_mut().enumerate() {
        let Value::Object(entry) = entry else { continue };
        entry.retain(|_, value| !value.is_null());
        entry.insert("state".into(), json!({"status": "ACTIVE", "description": ""}));
        entry.insert("channel_known_id".into(), "".into());
        entry.entry("credential_ordinal_number").or_insert_with(|| 0.into());
        entry.entry("callback_secret").or_insert_with(|| "".into());
        let key = (entry.get("channel").cloned(), entry.get("credential_ordinal_number").cloned());
        let line = key.0.as_ref().and_then(Value::as_str) == Some("LINE");
        if seen.iter().any(|(channel, ordinal)| *channel == key.0 && (!line || *ordinal == key.1)) {
            return Err(Refusal::invalid(format!(
                "$.channel_credentials[{index}].channel is there already: only LINE may come more than once, with \
                 another credential_ordinal_number"
            )));
        }
        seen.push(key);
    }
    Ok(())
}

/// The app that a call names in its body or query; 400 for what cannot be an app id, 404 for one that is not there or
/// belongs to another project.
pub(crate) fn find<'a>(world: &'a mut World, project_id: &str, app_id: &str) -> Result<&'a mut App, Refusal> {
    if !is_ulid(app_id) {
        return Err(Refusal::invalid("$.app_id must be the id of an app, which is a ULID of 26 signs"));
    }
    let app = world.apps.get_mut(app_id).filter(|app| app.project_id == project_id);
    app.ok_or_else(|| Refusal::not_found("App"))
}

pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let limit = world.options.retained.apps;
    if world.apps.len() >= limit {
        return Err(Refusal::too_many(format!(
            "This sandbox holds {limit} apps at most: delete one, or reset it"
        )));
    }
    let id = world.new_id();
    let mut app = App {
        project_id: call.path("project_id").to_owned(),
        properties: Map::new(),
        webhooks: Vec::new(),
        queued: 0,
    };
    if let Value::Object(defaults) = defaults() {
        app.properties = defaults;
    }
    app.write(call.object(), None)?;
    app.properties.insert("id".into(), id.clone().into());
    let read = app.read(world.options.retained.queue);
    world.apps.insert(id, app);
    Ok(read)
}

pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let limit = world.options.retained.queue;
    Ok(find(world, call.path("project_id"), call.path("app_id"))?.read(limit))
}

pub(crate) fn list(world: &World, call: &Call) -> Value {
    let limit = world.options.retained.queue;
    let own = world.apps.values().filter(|app| app.project_id == call.path("project_id"));
    json!({"apps": own.map(|app| app.read(limit)).collect::<Vec<_>>()})
}

pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let limit = world.options.retained.queue;
    let app = find(world, call.path("project_id"), call.path("app_id"))?;
    app.write(call.object(), call.query("update_mask"))?;
    Ok(app.read(limit))
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    find(world, call.path("project_id"), call.path("app_id"))?;
    // The order of the others is the order of lists.
    world.apps.shift_remove(call.path("app_id"));
    Ok(json!({}))
}
