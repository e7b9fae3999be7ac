//! Webhooks of an app.

use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::errors::Refusal;
use crate::state::World;
use crate::state::apps::{self, App};

/// The most webhooks an app may have.
const PER_APP: usize = 5;

/// A webhook, in its read form.
pub(crate) struct Webhook {
    properties: Map<String, Value>,
}

impl Webhook {
    fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("id")
    }

    pub(crate) fn target(&self) -> &str {
        self.text("target")
    }

    /// Signs its callbacks; empty if they go unsigned.
    pub(crate) fn secret(&self) -> &str {
        self.text("secret")
    }

    /// Whether a callback with this trigger is posted to it. The default target type drops everything.
    pub(crate) fn wants(&self, trigger: &str) -> bool {
        let triggers = self.properties.get("triggers").and_then(Value::as_array);
        self.text("target_type") == "HTTP" && triggers.is_some_and(|all| all.iter().any(|one| one == trigger))
    }

    fn read(&self) -> Value {
        self.properties.clone().into()
    }
}

/// Checks what the table cannot: that a callback can be posted to this address.
pub(crate) fn check_address(address: &str, path: &str) -> Result<(), Refusal> {
    let url = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(host) = url.as_ref().and_then(url::Url::host_str) else {
        return Err(Refusal::invalid(format!(
            "{path} must be an address such as https://example.com/callbacks"
        )));
    };
    if host == "api.sinch.com" || host.ends_with(".api.sinch.com") {
        return Err(Refusal::invalid(format!("{path} must not be a host of the API itself")));
    }
    Ok(())
}

fn check_unique(app: &App, target: &str, own_id: &str) -> Result<(), Refusal> {
    if app.webhooks.iter().any(|other| other.target() == target && other.id() != own_id) {
        return Err(Refusal::invalid("$.target is the target of another webhook of the app"));
    }
    Ok(())
}

/// The webhook with this id, and its app's.
fn find<'a>(world: &'a mut World, call: &Call) -> Result<(&'a mut App, usize), Refusal> {
    let id = call.path("webhook_id");
    world
        .apps
        .values_mut()
        .filter(|app| app.project_id == call.path("project_id"))
        .find_map(|app| {
            let index = app.webhooks.iter().position(|webhook| webhook.id() == id)?;
            Some((app, index))
        })
        .ok_or_else(|| Refusal::not_found("Webhook"))
}

pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let target = call.text("target");
    check_address(target, "$.target")?;
    let app = apps::find(world, call.path("project_id"), call.text("app_id"))?;
    if app.webhooks.len() >= PER_APP {
        return Err(Refusal::invalid(format!("An app has {PER_APP} webhooks at most")));
    }
    check_unique(app, target, "")?;
    let id = world.new_id();
    let Value::Object(mut properties) = json!({
        "target_type": "DISMISS",
        "triggers": [],
        "secret": "",
        "client_credentials": null,
    }) else {
        return Err(Refusal::invalid("$ must be an object"));
    };
    properties.extend(given(call));
    properties.insert("id".into(), id.into());
    let webhook = Webhook { properties };
    let read = webhook.read();
    apps::find(world, call.path("project_id"), call.text("app_id"))?.webhooks.push(webhook);
    Ok(read)
}

pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let (app, index) = find(world, call)?;
    Ok(app.webhooks[index].read())
}

pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app = apps::find(world, call.path("project_id"), call.path("app_id"))?;
    Ok(json!({"webhooks": app.webhooks.iter().map(Webhook::read).collect::<Vec<_>>()}))
}

/// Changes what is given. A webhook stays with its app; whether the real API would move it is not known, so an
/// `app_id` of another app is refused.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let target = call.text("target");
    check_address(target, "$.target")?;
    let (app, index) = find(world, call)?;
    let own = &app.webhooks[index];
    let (own_id, own_app) = (own.id().to_owned(), own.text("app_id").to_owned());
    check_unique(app, target, &own_id)?;
    let changed = given(call);
    if changed.get("app_id").is_some_and(|app_id| *app_id != *own_app) {
        return Err(Refusal::invalid("$.app_id must be the app of the webhook"));
    }
    let webhook = &mut app.webhooks[index];
    apps::apply_masked(&mut webhook.properties, changed, call.query("update_mask"))?;
    Ok(webhook.read())
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let (app, index) = find(world, call)?;
    app.webhooks.remove(index);
    Ok(json!({}))
}

/// What a caller wrote, without what only the API writes.
fn given(call: &Call) -> Map<String, Value> {
    let mut given = call.object().clone();
    given.retain(|name, value| name != "id" && !value.is_null());
    given
}
