//! Looking for a send whose outcome is unknown.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::Receipts;
use super::history::History;
use super::report::text;
use crate::call::Call;
use crate::engine::Engine;
use crate::error::{Error, Evidence};
use crate::json::RawObject;
use crate::{limits, mask};

/// Who a lost send was for, as its request said.
///
/// ```
/// use tidings_core::receipts::Recipient;
/// let one = Recipient::from("+46701234567");
/// let several = Recipient::Identities(vec!["+46701234567".into(), "anna@example.com".into()]);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recipient {
    /// Addresses on channels, such as a phone number: all that the send named. `+` makes no difference.
    Identities(Vec<String>),
    /// A contact by its id.
    Contact(String),
}

impl From<&str> for Recipient {
    fn from(identity: &str) -> Self {
        Self::Identities(vec![identity.to_owned()])
    }
}

impl From<String> for Recipient {
    fn from(identity: String) -> Self {
        Self::Identities(vec![identity])
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identities(identities) => {
                let masked = identities.iter().map(|identity| mask::personal(identity).to_string());
                formatter.debug_tuple("Identities").field(&masked.collect::<Vec<_>>()).finish()
            }
            Self::Contact(contact_id) => {
                formatter.debug_tuple("Contact").field(&mask::unless_number(contact_id)).finish()
            }
        }
    }
}

impl Recipient {
    /// Whether a message went to this recipient, as far as can be known. In receipts and lists phone numbers have no `+`.
    fn fits(&self, identity: Option<&str>, contact_id: Option<&str>) -> bool {
        match self {
            Self::Identities(identities) => {
                identity.is_none_or(|found| identities.iter().any(|identity| bare(identity) == bare(found)))
            }
            Self::Contact(contact) => contact_id.is_none_or(|found| found == contact),
        }
    }
}

fn bare(identity: &str) -> &str {
    identity.strip_prefix('+').unwrap_or(identity)
}

/// Where a lost send is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The receipts that came.
    Receipts,
    /// The messages that the API has stored in conversation mode.
    ConversationSource,
    /// The messages that the API has stored in dispatch mode.
    DispatchSource,
}

impl Place {
    /// The name that other languages use, such as `conversation_source`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipts => "receipts",
            Self::ConversationSource => "conversation_source",
            Self::DispatchSource => "dispatch_source",
        }
    }
}

/// What became of the search for a lost send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The send was accepted as this message.
    Found {
        /// The message.
        message_id: String,
    },
    /// Several messages fit, so nobody can say which of them it is. That happens when sends do not have a
    /// `message_metadata` of their own each.
    Ambiguous {
        /// The messages, in the order of their ids.
        message_ids: Vec<String>,
    },
    /// No message fits. **That does not mean that it was not sent**: receipts may come late or never, and an app in its
    /// default settings stores no messages.
    NotFound {
        /// The places that were looked through to their ends. Empty if the send had neither a `message_metadata` nor a
        /// `correlation_id` to look for.
        looked_in: Vec<Place>,
    },
}

impl Receipts {
    /// Looks for a send that ended with [`ErrorKind::UnknownOutcome`](crate::ErrorKind::UnknownOutcome): among the receipts
    /// that came, and then, with an engine, among the messages that the API has stored. It never sends anything.
    ///
    /// A message fits if it went to this recipient and carries the send's `message_metadata` and `correlation_id`, as far as
    /// both sides have them and at least one of the two, and if it is no older than the send, give or take
    /// [`limits::SETTLE_MARGIN`] for clocks that differ. **Two sends that are alike in all that cannot be told apart**, also
    /// where only one of them is known yet: give each send a `message_metadata` of its own.
    ///
    /// Stored messages do not carry the `correlation_id`, so without a `message_metadata` only receipts are looked through.
    /// Of each place [`limits::SETTLE_PAGES`] pages are read at most. Fails as `messages.list` does. For single sends, not
    /// for batches.
    pub async fn settle(
        &self,
        evidence: &Evidence,
        recipient: &Recipient,
        engine: Option<&Engine>,
    ) -> Result<Settlement, Error> {
        let lost = Lost {
            metadata: filled(evidence.message_metadata.as_deref()),
            correlation_id: filled(evidence.correlation_id.as_deref()),
            since: since(evidence),
            recipient,
        };
        let mut looked_in = Vec::new();
        if lost.metadata.or(lost.correlation_id).is_none() {
            return Ok(Settlement::NotFound { looked_in });
        }
        if let Some(found) = told(self.matching(&lost)) {
            return Ok(found);
        }
        looked_in.push(Place::Receipts);
        if let (Some(engine), Some(metadata)) = (engine, lost.metadata) {
            // A message is in one of the two, and nobody here knows which.
            let mut found = BTreeSet::new();
            for (place, source) in SOURCES {
                // Dispatch mode knows no contacts.
                if place == Place::DispatchSource && matches!(recipient, Recipient::Contact(_)) {
                    continue;
                }
                if lost.stored(engine, source, metadata, &mut found).await? {
                    looked_in.push(place);
                }
            }
            if let Some(found) = told(found) {
                return Ok(found);
            }
        }
        Ok(Settlement::NotFound { looked_in })
    }

    fn matching(&self, lost: &Lost<'_>) -> BTreeSet<String> {
        let mut kept = self.shelf();
        kept.trim();
        kept.iter().filter(|(_, history)| lost.fits(history)).map(|(id, _)| id.to_owned()).collect()
    }
}

/// The places that can be listed, with their names on the wire.
const SOURCES: [(Place, &str); 2] =
    [(Place::ConversationSource, "CONVERSATION_SOURCE"), (Place::DispatchSource, "DISPATCH_SOURCE")];

/// What is looked for.
struct Lost<'a> {
    metadata: Option<&'a str>,
    correlation_id: Option<&'a str>,
    /// `None` where the send began before any moment that can be written.
    since: Option<Timestamp>,
    recipient: &'a Recipient,
}

impl Lost<'_> {
    fn fits(&self, history: &History) -> bool {
        let pairs =
            [self.metadata.zip(history.metadata()), self.correlation_id.zip(history.correlation_id())];
        let (identity, contact_id) = history.recipient();
        pairs.iter().any(Option::is_some)
            && pairs.iter().flatten().all(|(wanted, found)| wanted == found)
            && history.first().zip(self.since).is_none_or(|(first, since)| first >= since)
            && self.recipient.fits(identity, contact_id)
    }

    /// Adds the stored messages that fit. Whether all that could fit was read.
    async fn stored(
        &self,
        engine: &Engine,
        source: &str,
        metadata: &str,
        found: &mut BTreeSet<String>,
    ) -> Result<bool, Error> {
        let (filter, values) = match self.recipient {
            Recipient::Identities(identities) => {
                ("channel_identity", identities.iter().map(|identity| bare(identity)).collect())
            }
            Recipient::Contact(contact_id) => ("contact_id", vec![contact_id.as_str()]),
        };
        let mut to_the_end = true;
        for value in values {
            let mut call = Call::named("messages.list")?
                .query("messages_source", source)
                .query("view", "WITH_METADATA")
                .query("direction", "TO_CONTACT")
                .query("page_size", limits::SETTLE_PAGE_SIZE.to_string())
                .query(filter, value);
            if let Some(since) = self.since {
                call = call.query("start_time", since.to_string());
            }
            let mut pages = engine.pager(call)?;
            for read in 1..=limits::SETTLE_PAGES {
                let Some(page) = pages.next().await? else { break };
                let Ok(content) = RawObject::parse(&page.body) else { break };
                found.extend(sent_with(metadata, &content));
                to_the_end &= read < limits::SETTLE_PAGES || text(&content, "next_page_token").is_none();
            }
        }
        Ok(to_the_end)
    }
}

/// The ids of the messages on a page that the app has sent with this metadata.
fn sent_with(metadata: &str, page: &RawObject<'_>) -> Vec<String> {
    let messages: Vec<&RawValue> =
        page.get("messages").and_then(|messages| serde_json::from_str(messages).ok()).unwrap_or_default();
    let ids = messages.into_iter().filter_map(|message| {
        let message = RawObject::parse(message.get().as_bytes()).ok()?;
        // A reply to a choice carries the metadata of the message that offered it.
        let inbound = text(&message, "direction").is_some_and(|direction| direction != "TO_CONTACT");
        let ours = !inbound && text(&message, "metadata").as_deref() == Some(metadata);
        text(&message, "id").filter(|_| ours)
    });
    ids.collect()
}

fn told(found: BTreeSet<String>) -> Option<Settlement> {
    let mut message_ids: Vec<String> = found.into_iter().collect();
    match message_ids.len() {
        0 => None,
        1 => message_ids.pop().map(|message_id| Settlement::Found { message_id }),
        _ => Some(Settlement::Ambiguous { message_ids }),
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn since(evidence: &Evidence) -> Option<Timestamp> {
    let margin = SignedDuration::try_from(limits::SETTLE_MARGIN).ok()?;
    Timestamp::try_from(evidence.started_at).ok()?.checked_sub(margin).ok()
}
