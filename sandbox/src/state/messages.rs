//! Sending: from a request to a message on its way.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::errors::Refusal;
use crate::identifiers::{bare, ulid};
use crate::scheduler::Job;
use crate::sms;
use crate::state::World;
use crate::state::apps;
use crate::state::directory::Identity;
use crate::state::store::{Source, Stored};
use crate::state::webhooks::check_address;

/// The most characters that `conversation_metadata` may have as JSON text.
const CONVERSATION_METADATA: usize = 2048;

/// A message that was accepted.
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) project_id: String,
    pub(crate) app_id: String,
    /// The request that brought it.
    pub(crate) request_id: String,
    /// The address it goes to. Where no channel can be used: one that was asked for.
    pub(crate) to: Identity,
    pub(crate) contact_id: String,
    pub(crate) conversation_id: String,
    pub(crate) mode: &'static str,
    pub(crate) metadata: String,
    /// As it was sent.
    pub(crate) correlation_id: Option<String>,
    /// Whether callbacks may carry the correlation id.
    pub(crate) keeps_correlation_id: bool,
    /// Takes the receipts instead of the webhooks.
    pub(crate) callback_url: Option<String>,
    pub(crate) message: Value,
    pub(crate) channel_properties: Map<String, Value>,
    /// What the channel says about it, as JSON text; empty where it says nothing.
    pub(crate) channel_metadata: String,
    /// Why it will not arrive: reason code and description.
    pub(crate) failure: Option<(&'static str, &'static str)>,
}

impl Sent {
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.channel_properties.get(name).and_then(Value::as_str)
    }

    /// The text as the handset shows it: that of the channel's own form of the message, else the common one. Media
    /// show as their address. Other kinds show as nothing yet.
    pub(crate) fn text(&self) -> &str {
        let own = &self.message["explicit_channel_omni_message"][&self.to.channel];
        [own, &self.message]
            .into_iter()
            .find_map(|form| {
                form["text_message"]["text"].as_str().or_else(|| form["media_message"]["url"].as_str())
            })
            .unwrap_or_default()
    }
}

/// Who is to get a message, and by which contact.
struct Recipient {
    identities: Vec<Identity>,
    contact_id: Option<String>,
}

/// Reads the recipient. Dispatch mode knows no contacts, so it refuses a contact id; an unknown contact is a 404
/// here, where the real API may also accept the message and fail it with `CONTACT_NOT_FOUND`.
fn recipient(world: &World, call: &Call, conversation: bool) -> Result<Recipient, Refusal> {
    let recipient = &call.body["recipient"];
    if let Some(contact_id) = recipient["contact_id"].as_str() {
        if !conversation {
            return Err(Refusal::invalid(
                "$.recipient.contact_id must be left out in dispatch mode: use identified_by",
            ));
        }
        let known = world.directory.identities(call.path("project_id"), contact_id);
        let identities = known.ok_or_else(|| Refusal::not_found("Contact"))?.to_vec();
        return Ok(Recipient { identities, contact_id: Some(contact_id.to_owned()) });
    }
    let given = recipient["identified_by"]["channel_identities"].as_array();
    let identities: Vec<Identity> = given
        .into_iter()
        .flatten()
        .map(|entry| Identity {
            channel: entry["channel"].as_str().unwrap_or_default().to_owned(),
            identity: bare(entry["identity"].as_str().unwrap_or_default()).to_owned(),
        })
        .collect();
    if identities.is_empty() || identities.iter().any(|identity| identity.identity.is_empty()) {
        return Err(Refusal::invalid(
            "$.recipient.identified_by.channel_identities must hold at least one filled identity",
        ));
    }
    Ok(Recipient { identities, contact_id: None })
}

/// The address to use. The message's own order counts first, then that of the recipient's identities, then, for a
/// contact, the app's. Without a usable channel: one that was asked for, and why it cannot be used. Which reason the real
/// API gives when is not published; the meanings of the codes are (contract/NOTES.md).
fn choose(
    call: &Call,
    recipient: &Recipient,
    channels: &[String],
) -> (Identity, Option<(&'static str, &'static str)>) {
    let order: Vec<&str> = call.body["channel_priority_order"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let with_identity =
        |channel: &str| recipient.identities.iter().find(|identity| identity.channel == channel).cloned();
    let reachable: Vec<Identity> = if !order.is_empty() {
        order.iter().filter_map(|channel| with_identity(channel)).collect()
    } else if recipient.contact_id.is_some() {
        channels.iter().filter_map(|channel| with_identity(channel)).collect()
    } else {
        recipient.identities.clone()
    };
    if let Some(usable) = reachable.iter().find(|identity| channels.contains(&identity.channel)) {
        return (usable.clone(), None);
    }
    let fallback = || recipient.identities.first().cloned();
    let asked = reachable.first().cloned().or_else(fallback);
    let asked = asked.unwrap_or(Identity { channel: String::new(), identity: String::new() });
    let failure = if !order.is_empty() && !reachable.is_empty() {
        ("CHANNEL_CONFIGURATION_MISSING", "The app has no setup for a channel of channel_priority_order.")
    } else if recipient.contact_id.is_some() {
        ("NO_CHANNEL_IDENTITY_FOR_CONTACT", "The contact has no identity on a channel that may be used.")
    } else {
        ("NO_CHANNELS_LEFT", "The recipient has no channel that may be used and that the app has.")
    };
    (asked, Some(failure))
}

/// Takes a message in. From here on it is on its way, whatever becomes of the answer.
pub(crate) fn send(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let project_id = call.path("project_id");
    let app_id = call.text("app_id");
    let queue = world.options.retained.queue;
    let app = apps::find(world, project_id, app_id)?;
    if app.queued >= queue {
        return Err(Refusal::too_many("The outbound queue of the app is full"));
    }
    let app_converses = app.is_in_conversation_mode();
    let keeps_dispatched = app.keeps_dispatched();
    let channels: Vec<String> = app.channels().map(str::to_owned).collect();
    let converses = app_converses && call.text("processing_strategy") != "DISPATCH_ONLY";
    let recipient = recipient(world, call, converses)?;
    let callback_url = call.body["callback_url"].as_str().filter(|address| !address.is_empty());
    if let Some(address) = callback_url {
        check_address(address, "$.callback_url")?;
    }
    let conversation_metadata = &call.body["conversation_metadata"];
    if !conversation_metadata.is_null()
        && conversation_metadata.to_string().chars().count() > CONVERSATION_METADATA
    {
        return Err(Refusal::invalid(format!(
            "$.conversation_metadata must have at most {CONVERSATION_METADATA} characters as JSON text"
        )));
    }

    // Nothing above has changed anything; nothing below can fail.
    let now = world.now();
    let (to, mut failure) = choose(call, &recipient, &channels);
    let id = world.new_id();
    let mut contact_id = String::new();
    let mut conversation_id = String::new();
    if converses {
        let mut new_id = || ulid(now, &mut world.chance.resources);
        contact_id = recipient
            .contact_id
            .unwrap_or_else(|| world.directory.contact(project_id, &recipient.identities, &mut new_id));
        if failure.is_none() {
            conversation_id = world.directory.conversation(app_id, &to, &mut new_id);
        }
    }
    let channel_metadata = match to.channel.as_str() {
        "SMS" => json!({"sms_batch_id": world.new_id()}).to_string(),
        _ => String::new(),
    };
    let mut sent = Sent {
        id: id.clone(),
        project_id: project_id.to_owned(),
        app_id: app_id.to_owned(),
        request_id: call.request_id.clone(),
        to,
        contact_id,
        conversation_id,
        mode: if converses { "CONVERSATION" } else { "DISPATCH" },
        metadata: call.text("message_metadata").to_owned(),
        correlation_id: call.body["correlation_id"].as_str().map(str::to_owned),
        // Lost in dispatch mode when nothing is retained, and where dispatch was forced on a conversation app.
        keeps_correlation_id: converses || (!app_converses && keeps_dispatched),
        callback_url: callback_url.map(str::to_owned),
        message: call.body["message"].clone(),
        channel_properties: call.body["channel_properties"].as_object().cloned().unwrap_or_default(),
        channel_metadata,
        failure,
    };
    if failure.is_none() {
        failure = too_many_parts(&sent);
        sent.failure = failure;
    }
    if converses || keeps_dispatched {
        let source = if converses { Source::Conversation } else { Source::Dispatch };
        world.store.add(Stored::outbound(&sent, source, now));
    }
    if let Ok(app) = apps::find(world, project_id, app_id) {
        app.queued += 1;
    }
    let delay = world.chance.delays.u64(world.options.queueing_ms.clone());
    let due = after(now, delay);
    world.plan(due, Job::Queue(Arc::new(sent)));
    Ok(json!({"message_id": id, "accepted_time": now.to_string()}))
}

pub(crate) fn after(now: Timestamp, milliseconds: u64) -> Timestamp {
    now.saturating_add(Duration::from_millis(milliseconds)).unwrap_or(Timestamp::MAX)
}

/// Whether an SMS needs more parts than its sender allows; such a message is not sent at all. No public source says
/// which reason its receipt gives.
fn too_many_parts(sent: &Sent) -> Option<(&'static str, &'static str)> {
    let most: usize = sent.property("SMS_MAX_NUMBER_OF_MESSAGE_PARTS")?.parse().ok()?;
    (sent.to.channel == "SMS" && sms::parts(sent.text()) > most).then_some((
        "MESSAGE_SPLIT_REQUIRED",
        "The text needs more parts than SMS_MAX_NUMBER_OF_MESSAGE_PARTS.",
    ))
}
