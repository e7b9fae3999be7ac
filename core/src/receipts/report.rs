//! What one callback says about a message.

use std::fmt;

use jiff::Timestamp;

use super::Status;
use crate::json::RawObject;
use crate::mask;

/// Why a message failed, or changes channel. The codes are those of the API; a code that this release does not know is as
/// good as any other.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Reason {
    /// The kind of failure, such as `RECIPIENT_NOT_REACHABLE`.
    pub code: Option<String>,
    /// A finer kind of failure, such as `INACTIVE_SENDER`.
    pub sub_code: Option<String>,
    /// An explanation for people.
    pub description: Option<String>,
    /// The channel's own code, as it came. WhatsApp only so far.
    pub channel_code: Option<String>,
}

impl fmt::Debug for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = |text: &Option<String>| text.as_deref().map(mask::unless_number);
        formatter
            .debug_struct("Reason")
            .field("code", &open(&self.code))
            .field("sub_code", &open(&self.sub_code))
            .field("description", &open(&self.description))
            .field("channel_code", &open(&self.channel_code))
            .finish()
    }
}

/// A callback about the delivery of a message, as far as it counts here. An empty text counts as none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) status: Status,
    /// When it happened by the channel's account, or when the API heard of it.
    pub(super) moment: Option<Timestamp>,
    pub(super) channel: Option<String>,
    pub(super) identity: Option<String>,
    pub(super) contact_id: Option<String>,
    /// Boxed, for most have none and every message of a large number counts.
    pub(super) reason: Option<Box<Reason>>,
}

/// A report, and what it says about the send itself: the same in every report of a message.
pub(super) struct Told {
    pub(super) message_id: String,
    pub(super) report: Report,
    pub(super) metadata: Option<String>,
    pub(super) correlation_id: Option<String>,
}

impl Told {
    /// Reads a `MESSAGE_DELIVERY` or a `MESSAGE_SUBMIT`; any other callback is `None`.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let callback = RawObject::parse(body).ok()?;
        let delivery = callback.get("message_delivery_report");
        let content = delivery.or_else(|| callback.get("message_submit_notification"))?;
        let content = RawObject::parse(content.as_bytes()).ok()?;
        let status = match delivery {
            Some(_) => Status::from(text(&content, "status")?.as_str()),
            None => Status::Accepted,
        };
        let identity = object(&content, "channel_identity");
        let reason = object(&content, "reason").map(|reason| Reason {
            code: text(&reason, "code"),
            sub_code: text(&reason, "sub_code"),
            description: text(&reason, "description"),
            channel_code: text(&reason, "channel_code"),
        });
        let moment = |name| text(&callback, name).and_then(|moment| moment.parse().ok());
        Some(Self {
            message_id: text(&content, "message_id")?,
            report: Report {
                status,
                moment: moment("event_time").or_else(|| moment("accepted_time")),
                channel: identity.as_ref().and_then(|identity| text(identity, "channel")),
                identity: identity.as_ref().and_then(|identity| text(identity, "identity")),
                contact_id: text(&content, "contact_id"),
                reason: reason.filter(|reason| *reason != Reason::default()).map(Box::new),
            },
            metadata: text(&content, "metadata"),
            correlation_id: text(&callback, "correlation_id"),
        })
    }
}

fn object<'a>(within: &'a RawObject<'_>, name: &str) -> Option<RawObject<'a>> {
    RawObject::parse(within.get(name)?.as_bytes()).ok()
}

/// A text under a key; empty counts as absent (contract/NOTES.md).
pub(super) fn text(object: &RawObject<'_>, name: &str) -> Option<String> {
    object.text(name).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}
