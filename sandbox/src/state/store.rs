//! Stored messages: reading, listing, changing, deleting.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::Call;
use crate::errors::Refusal;
use crate::identifiers::bare;
use crate::shelf::Shelf;
use crate::state::World;
use crate::state::directory::Identity;
use crate::state::messages::Sent;

/// Which mode a message was handled in, and so where it is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Conversation,
    Dispatch,
}

impl Source {
    /// The source a caller names; conversation mode's without a name.
    fn of(name: Option<&str>) -> Result<Self, Refusal> {
        match name {
            None | Some("" | "CONVERSATION_SOURCE") => Ok(Self::Conversation),
            Some("DISPATCH_SOURCE") => Ok(Self::Dispatch),
            Some(_) => {
                Err(Refusal::invalid("$.messages_source must be CONVERSATION_SOURCE or DISPATCH_SOURCE"))
            }
        }
    }
}

/// A message that can be read back.
pub(crate) struct Stored {
    /// Grows from message to message; the order of lists.
    number: u64,
    project_id: String,
    app_id: String,
    source: Source,
    contact: Identity,
    contact_id: String,
    conversation_id: String,
    accepted: Timestamp,
    direction: &'static str,
    /// The message as the API shows it.
    read: Value,
}

impl Stored {
    pub(crate) fn outbound(sent: &Sent, source: Source, accepted: Timestamp) -> Self {
        let read = json!({
            "id": sent.id,
            "direction": "TO_CONTACT",
            "app_message": sent.message,
            "channel_identity": {"channel": sent.to.channel, "identity": sent.to.identity, "app_id": ""},
            "conversation_id": sent.conversation_id,
            "contact_id": sent.contact_id,
            "metadata": sent.metadata,
            "accept_time": accepted.to_string(),
            "sender_id": "",
            "processing_mode": sent.mode,
            "injected": false,
            "message_status": null,
        });
        Self {
            number: 0,
            project_id: sent.project_id.clone(),
            app_id: sent.app_id.clone(),
            source,
            contact: sent.to.clone(),
            contact_id: sent.contact_id.clone(),
            conversation_id: sent.conversation_id.clone(),
            accepted,
            direction: "TO_CONTACT",
            read,
        }
    }
}

/// The stored messages, over all projects.
pub(crate) struct Store {
    messages: Shelf<String, Stored>,
    count: u64,
}

impl Store {
    pub(crate) fn new(limit: usize) -> Self {
        Self { messages: Shelf::new(limit), count: 0 }
    }

    pub(crate) fn add(&mut self, mut message: Stored) {
        self.count += 1;
        message.number = self.count;
        let id = message.read["id"].as_str().unwrap_or_default().to_owned();
        self.messages.put(id, message);
    }

    fn find(&mut self, call: &Call, source: Source) -> Result<&mut Stored, Refusal> {
        let message = self.messages.get_mut(call.path("message_id"));
        message
            .filter(|message| message.source == source && message.project_id == call.path("project_id"))
            .ok_or_else(|| Refusal::not_found("Message"))
    }
}

/// What a list is to hold.
struct Filter<'a> {
    project_id: &'a str,
    source: Source,
    app_id: Option<&'a str>,
    conversation_id: Option<&'a str>,
    contact_id: Option<&'a str>,
    /// With or without plus; whether the real API takes both forms is not known.
    channel_identity: Option<&'a str>,
    channel: Option<&'a str>,
    direction: Option<&'a str>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    from_recipients_only: bool,
}

impl<'a> Filter<'a> {
    /// Reads a filter by its parts' names, which are the same in queries and in bodies.
    fn read(project_id: &'a str, part: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Refusal> {
        let part = |name: &str| part(name).filter(|text| !text.is_empty());
        let time = |name: &str| part(name).and_then(|text| text.parse::<Timestamp>().ok());
        let filter = Self {
            project_id,
            source: Source::of(part("messages_source"))?,
            app_id: part("app_id"),
            conversation_id: part("conversation_id"),
            contact_id: part("contact_id"),
            channel_identity: part("channel_identity").map(bare),
            channel: part("channel"),
            direction: part("direction"),
            start: time("start_time"),
            end: time("end_time"),
            from_recipients_only: part("only_recipient_originated") == Some("true"),
        };
        if filter.start.zip(filter.end).is_some_and(|(start, end)| start >= end) {
            return Err(Refusal::invalid("$.start_time must lie before end_time"));
        }
        match filter.source {
            Source::Dispatch if filter.conversation_id.or(filter.contact_id).is_some() => {
                Err(Refusal::invalid(
                    "$.messages_source must be CONVERSATION_SOURCE with a conversation_id or a contact_id",
                ))
            }
            Source::Conversation if filter.from_recipients_only => {
                Err(Refusal::invalid("$.only_recipient_originated works with DISPATCH_SOURCE only"))
            }
            _ => Ok(filter),
        }
    }

    fn fits(&self, message: &Stored) -> bool {
        let is = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
        message.project_id == self.project_id
            && message.source == self.source
            && is(self.app_id, &message.app_id)
            && is(self.conversation_id, &message.conversation_id)
            && is(self.contact_id, &message.contact_id)
            && is(self.channel_identity, &message.contact.identity)
            && is(self.channel, &message.contact.channel)
            && is(self.direction, message.direction)
            && self.start.is_none_or(|start| message.accepted > start)
            && self.end.is_none_or(|end| message.accepted < end)
            && (!self.from_recipients_only || message.direction == "TO_APP")
    }
}

/// A page of messages: how many, from where, and whether with metadata.
struct Page {
    size: usize,
    /// Only messages with a lower number.
    below: u64,
    /// Stands for everything that must be the same from page to page.
    fingerprint: [u8; 8],
    with_metadata: bool,
}

impl Page {
    fn read(
        size: Option<i64>,
        token: Option<&str>,
        view: Option<&str>,
        asked: &str,
    ) -> Result<Self, Refusal> {
        let size = match size.unwrap_or(0) {
            // Zero is what an unset number looks like in protocol buffers.
            0 => 10,
            size => usize::try_from(size).map_err(|_| Refusal::invalid("$.page_size must be at least 1"))?,
        };
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&Sha256::digest(asked)[..8]);
        let below = match token.filter(|token| !token.is_empty()) {
            None => u64::MAX,
            Some(token) => position(token, fingerprint).ok_or_else(|| {
                Refusal::invalid(
                    "$.page_token must be the token of the previous page, with the same parameters",
                )
            })?,
        };
        Ok(Self { size, below, fingerprint, with_metadata: view != Some("WITHOUT_METADATA") })
    }

    fn answer<'a>(&self, messages: impl Iterator<Item = &'a Stored>) -> Value {
        let mut rest = messages.filter(|message| message.number < self.below);
        let mut last = 0;
        let mut shown = Vec::new();
        for message in rest.by_ref().take(self.size) {
            let mut read = message.read.clone();
            if !self.with_metadata {
                read["metadata"] = "".into();
            }
            shown.push(read);
            last = message.number;
        }
        let next = match rest.next() {
            Some(_) => BASE64_URL_SAFE_NO_PAD.encode([last.to_be_bytes(), self.fingerprint].concat()),
            None => String::new(),
        };
        json!({"messages": shown, "next_page_token": next})
    }
}

fn position(token: &str, fingerprint: [u8; 8]) -> Option<u64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (position, print) = bytes.split_first_chunk::<8>()?;
    (print == fingerprint.as_slice()).then(|| u64::from_be_bytes(*position))
}

pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Refusal> {
    let filter = Filter::read(call.path("project_id"), |name| call.query(name))?;
    let mut asked: Vec<&(String, String)> =
        call.query.iter().filter(|(name, _)| name != "page_token" && name != "page_size").collect();
    asked.sort();
    let page = Page::read(
        call.query("page_size").and_then(|size| size.parse().ok()),
        call.query("page_token"),
        call.query("view"),
        &format!("{} {asked:?}", call.path("project_id")),
    )?;
    Ok(page.answer(world.store.messages.newest_first().filter(|message| filter.fits(message))))
}

/// The latest message of each identity or contact; of every identity when none is given. The default source is
/// conversation mode's; public sources name both.
pub(crate) fn list_last(world: &World, call: &Call) -> Result<Value, Refusal> {
    let filter = Filter::read(call.path("project_id"), |name| call.body[name].as_str())?;
    let listed = |name: &str| {
        let values = call.body[name].as_array().filter(|values| !values.is_empty())?;
        Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>())
    };
    let identities = listed("channel_identities");
    let contacts = listed("contact_ids");
    if contacts.is_some() && filter.source == Source::Dispatch {
        return Err(Refusal::invalid("$.contact_ids works with CONVERSATION_SOURCE only"));
    }
    let mut asked = call.object().clone();
    asked.retain(|name, _| name != "page_token" && name != "page_size");
    let page = Page::read(
        call.body["page_size"].as_i64(),
        call.body["page_token"].as_str(),
        call.body["view"].as_str(),
        &format!("{} {}", call.path("project_id"), Value::from(asked)),
    )?;
    let mut seen = std::collections::HashSet::new();
    let last = world.store.messages.newest_first().filter(|message| {
        let wanted =
            identities.as_ref().is_none_or(|all| all.iter().any(|one| bare(one) == message.contact.identity))
                && contacts.as_ref().is_none_or(|all| all.contains(&message.contact_id.as_str()));
        let key = if contacts.is_some() { &message.contact_id } else { &message.contact.identity };
        wanted && filter.fits(message) && seen.insert(key.as_str())
    });
    Ok(page.answer(last))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let source = Source::of(call.query("messages_source"))?;
    Ok(world.store.find(call, source)?.read.clone())
}

pub(crate) fn update(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    if Source::of(call.query("messages_source"))? == Source::Dispatch {
        return Err(Refusal::invalid(
            "$.messages_source must be CONVERSATION_SOURCE: nothing else can be updated",
        ));
    }
    let message = world.store.find(call, Source::Conversation)?;
    message.read["metadata"] = call.body["metadata"].clone();
    Ok(message.read.clone())
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let source = Source::of(call.query("messages_source"))?;
    world.store.find(call, source)?;
    world.store.messages.take(call.path("message_id"));
    Ok(json!({}))
}
