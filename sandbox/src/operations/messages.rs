//! Messages: sending them, and those that are stored.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Call, Outcome};
use crate::answer::{Answer, invalid, not_found};
use crate::identifiers::{bare, is_ulid};
use crate::receipts::{self, Job};
use crate::state::{State, Stored};

pub(super) fn send(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = &call.body;
    let app_id = body["app_id"].as_str().unwrap_or_default();
    if !is_ulid(app_id) {
        return Err(invalid("app_id is no id of an app"));
    }
    let app = state.app(call.project(), app_id).ok_or_else(|| not_found("the app"))?.clone();
    let dispatched = body["processing_strategy"] == "DISPATCH_ONLY" || app["processing_mode"] == "DISPATCH";
    let identities = match body["recipient"]["contact_id"].as_str() {
        None => {
            body["recipient"]["identified_by"]["channel_identities"].as_array().cloned().unwrap_or_default()
        }
        Some(_) if dispatched => {
            return Err(invalid("an app in dispatch mode takes recipients by identified_by only"));
        }
        Some(contact_id) => identities_of(state, call.project(), contact_id),
    };
    if identities.is_empty() {
        return Err(not_found("the contact"));
    }
    let now = state.clock.now();
    let id = state.new_id();
    let chosen = choose(&app, body, &identities);
    let shown = chosen.as_ref().unwrap_or(&identities[0]);
    let channel = shown["channel"].as_str().unwrap_or_default().to_owned();
    let identity = bare(shown["identity"].as_str().unwrap_or_default()).to_owned();
    let (contact_id, conversation_id) = if dispatched {
        Default::default()
    } else {
        meet(state, call.project(), app_id, &channel, &identity)
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let retains = app["dispatch_retention_policy"]["ttl_days"].as_i64().is_some_and(|days| days > 0);
    // Dropped in dispatch mode without retention, and with DISPATCH_ONLY on an app in conversation mode.
    let correlates = !dispatched || (retains && app["processing_mode"] == "DISPATCH");
    let job = Job {
        project: call.project().to_owned(),
        app_id: app_id.to_owned(),
        message_id: id.clone(),
        request_id: call.request_id.to_owned(),
        channel_identity: json!({"channel": channel, "identity": identity, "app_id": ""}),
        contact_id: contact_id.clone(),
        conversation_id: conversation_id.clone(),
        mode: if dispatched { "DISPATCH" } else { "CONVERSATION" },
        accepted_time: now,
        metadata: text("message_metadata"),
        correlation_id: if correlates { text("correlation_id") } else { String::new() },
        written_correlation_id: text("correlation_id"),
        callback_url: body["callback_url"].as_str().filter(|url| !url.is_empty()).map(str::to_owned),
        message: body["message"].clone(),
        properties: body["channel_properties"].clone(),
    };
    if !dispatched || retains {
        store(state, &job, dispatched);
    }
    receipts::begin(state, Arc::new(job), chosen.is_some());
    Ok(Answer::ok(&json!({"message_id": id, "accepted_time": now.to_string()})))
}

/// The recipient's address that is used: by the message's own order of channels, else by that of the addresses. A
/// channel that the app does not have cannot be used.
fn choose(app: &Value, body: &Value, identities: &[Value]) -> Option<Value> {
    let has = |channel: &Value| {
        app["channel_credentials"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["channel"] == *channel))
    };
    let order = body["channel_priority_order"].as_array().filter(|order| !order.is_empty());
    let of = |channel: &Value| identities.iter().find(|identity| identity["channel"] == *channel);
    match order {
        Some(order) => order.iter().filter(|channel| has(channel)).find_map(of).cloned(),
        None => identities.iter().find(|identity| has(&identity["channel"])).cloned(),
    }
}

fn identities_of(state: &State, project: &str, contact_id: &str) -> Vec<Value> {
    let mut found: Vec<Value> = state
        .contacts
        .iter()
        .filter(|((owner, ..), id)| owner == project && *id == contact_id)
        .map(|((_, channel, identity), _)| json!({"channel": channel, "identity": identity}))
        .collect();
    found.sort_by_key(ToString::to_string);
    found
}

/// The contact and the conversation of a recipient, made at the first message.
fn meet(state: &mut State, project: &str, app_id: &str, channel: &str, identity: &str) -> (String, String) {
    let key = (project.to_owned(), channel.to_owned(), identity.to_owned());
    let new = state.new_id();
    let contact = state.contacts.entry(key).or_insert(new).clone();
    let key = (app_id.to_owned(), contact.clone());
    let new = state.new_id();
    let conversation = state.conversations.entry(key).or_insert(new).clone();
    (contact, conversation)
}

fn store(state: &mut State, job: &Job, dispatched: bool) {
    state.accepted += 1;
    let message = json!({
        "id": job.message_id,
        "direction": "TO_CONTACT",
        "app_message": job.message,
        "channel_identity": job.channel_identity,
        "conversation_id": job.conversation_id,
        "contact_id": job.contact_id,
        "metadata": job.metadata,
        "accept_time": job.accepted_time.to_string(),
        "sender_id": job.properties["SMS_SENDER"].as_str().unwrap_or_default(),
        "processing_mode": job.mode,
        "injected": false,
        "message_status": null,
    });
    let stored = Stored { project: job.project.clone(), app_id: job.app_id.clone(), dispatched, message };
    state.messages.insert(state.accepted, stored);
    state.message_numbers.insert(job.message_id.clone(), state.accepted);
    while state.messages.len() > state.options.retained {
        if let Some((_, oldest)) = state.messages.pop_first() {
            state.message_numbers.remove(oldest.message["id"].as_str().unwrap_or_default());
        }
    }
}

/// Whether a call looks at messages of dispatch mode.
fn wants_dispatched(source: Option<&str>) -> bool {
    source == Some("DISPATCH_SOURCE")
}

fn find(state: &State, call: &Call<'_>) -> Result<u64, Answer> {
    let number = state.message_numbers.get(call.id("message_id")).copied();
    let dispatched = wants_dispatched(call.query("messages_source"));
    number
        .filter(|number| {
            state
                .messages
                .get(number)
                .is_some_and(|stored| stored.project == call.project() && stored.dispatched == dispatched)
        })
        .ok_or_else(|| not_found("the message"))
}

pub(super) fn get(state: &State, call: &Call<'_>) -> Outcome {
    let number = find(state, call)?;
    state
        .messages
        .get(&number)
        .map(|stored| Answer::ok(&stored.message))
        .ok_or_else(|| not_found("the message"))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    if wants_dispatched(call.query("messages_source")) {
        return Err(invalid("messages of dispatch mode cannot be changed"));
    }
    let number = find(state, call)?;
    let stored = state.messages.get_mut(&number).ok_or_else(|| not_found("the message"))?;
    stored.message["metadata"] = call.body["metadata"].clone();
    Ok(Answer::ok(&stored.message))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let number = find(state, call)?;
    state.messages.remove(&number);
    state.message_numbers.remove(call.id("message_id"));
    Ok(Answer::done())
}

/// A property of a filter by its name, if it is filled.
type Lookup<'a> = Box<dyn Fn(&str) -> Option<&'a str> + 'a>;

/// What a list is narrowed down to. The two list operations write it in different places.
struct Filter<'a> {
    get: Lookup<'a>,
    identities: Option<Vec<&'a str>>,
    contacts: Option<Vec<&'a str>>,
}

impl Filter<'_> {
    fn fits(&self, project: &str, stored: &Stored) -> bool {
        let message = &stored.message;
        let moment = |text: &str| text.parse::<Timestamp>().ok();
        let accepted = message["accept_time"].as_str().and_then(moment);
        let equal = |name: &str, value: &Value| (self.get)(name).is_none_or(|wanted| value == wanted);
        let identity = message["channel_identity"]["identity"].as_str().unwrap_or_default();
        stored.project == project
            && stored.dispatched == wants_dispatched((self.get)("messages_source"))
            && (self.get)("app_id").is_none_or(|app| app == stored.app_id)
            && equal("conversation_id", &message["conversation_id"])
            && equal("contact_id", &message["contact_id"])
            && equal("direction", &message["direction"])
            && equal("channel", &message["channel_identity"]["channel"])
            && (self.get)("channel_identity").is_none_or(|wanted| bare(wanted) == identity)
            && (self.get)("start_time")
                .and_then(moment)
                .is_none_or(|start| accepted.is_none_or(|at| at > start))
            && (self.get)("end_time").and_then(moment).is_none_or(|end| accepted.is_none_or(|at| at < end))
            && (self.get)("only_recipient_originated") != Some("true")
            && self.identities.as_ref().is_none_or(|all| all.iter().any(|wanted| bare(wanted) == identity))
            && self
                .contacts
                .as_ref()
                .is_none_or(|all| all.iter().any(|wanted| message["contact_id"] == *wanted))
    }

    /// A fingerprint, so that a page token is not taken for another list.
    fn mark(&self) -> u64 {
        let names = [
            "app_id",
            "conversation_id",
            "contact_id",
            "channel_identity",
            "channel",
            "direction",
            "start_time",
            "end_time",
            "messages_source",
            "only_recipient_originated",
            "view",
        ];
        let mut mark: u64 = 0xcbf2_9ce4_8422_2325;
        let mut add = |text: &str| {
            for byte in text.bytes().chain([0]) {
                mark = (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for name in names {
            add((self.get)(name).unwrap_or_default());
        }
        for value in self.identities.iter().chain(&self.contacts).flatten() {
            add(value);
        }
        mark
    }
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Outcome {
    let filter = Filter { get: Box::new(|name| call.query(name)), identities: None, contacts: None };
    if wants_dispatched(call.query("messages_source"))
        && (call.query("contact_id").is_some() || call.query("conversation_id").is_some())
    {
        return Err(invalid("contact_id and conversation_id do not go with DISPATCH_SOURCE"));
    }
    let size = call.query("page_size").and_then(|size| size.parse().ok()).unwrap_or(0);
    page(state, call.project(), &filter, size, call.query("page_token"), None)
}

pub(super) fn list_last(state: &State, call: &Call<'_>) -> Outcome {
    let body = &call.body;
    let texts = |name: &str| {
        let values = body[name].as_array().filter(|values| !values.is_empty())?;
        Some(values.iter().filter_map(Value::as_str).collect())
    };
    let filter = Filter {
        get: Box::new(|name| body[name].as_str().filter(|value| !value.is_empty())),
        identities: texts("channel_identities"),
        contacts: texts("contact_ids"),
    };
    let size = body["page_size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let token = body["page_token"].as_str().filter(|token| !token.is_empty());
    page(state, call.project(), &filter, size, token, Some(HashSet::new()))
}

/// One page, newest first. With `seen`, only the newest message of each address.
fn page(
    state: &State,
    project: &str,
    filter: &Filter<'_>,
    size: usize,
    token: Option<&str>,
    mut seen: Option<HashSet<String>>,
) -> Outcome {
    let size = if size == 0 { 10 } else { size };
    let mark = filter.mark();
    let below = match token {
        None => u64::MAX,
        Some(token) => {
            read_token(token, mark).ok_or_else(|| invalid("the page token is none of this list"))?
        }
    };
    let mut messages = Vec::new();
    let mut next = String::new();
    let mut last = u64::MAX;
    for (number, stored) in state.messages.iter().rev().filter(|(_, stored)| filter.fits(project, stored)) {
        let first =
            seen.as_mut().is_none_or(|seen| seen.insert(stored.message["channel_identity"].to_string()));
        if !first || *number >= below {
            continue;
        }
        if messages.len() == size {
            next = BASE64_URL_SAFE_NO_PAD.encode(format!("{last}.{mark:x}"));
            break;
        }
        last = *number;
        let mut message = stored.message.clone();
        if (filter.get)("view") == Some("WITHOUT_METADATA") {
            message["metadata"] = "".into();
        }
        messages.push(message);
    }
    Ok(Answer::ok(&json!({"messages": messages, "next_page_token": next})))
}

fn read_token(token: &str, mark: u64) -> Option<u64> {
    let token = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (number, made_for) = token.split_once('.')?;
    if made_for == format!("{mark:x}") { number.parse().ok() } else { None }
}
