//! How far a message has come, and where it can go from there.

use std::fmt;
use std::mem::discriminant;

/// How far a message has come. [`TRANSITIONS`] tells what can follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The API has handed it to a channel, says a `MESSAGE_SUBMIT` callback. No receipt has come.
    Accepted,
    /// A channel has it.
    QueuedOnChannel,
    /// A channel has failed, and the next one is tried.
    SwitchingChannel,
    /// A status that this release does not know, by its name. It is taken for one on the way.
    Unrecognized(String),
    /// It was not delivered; the reason says why.
    Failed,
    /// It has reached the recipient's device.
    Delivered,
    /// The recipient has opened it. Only some channels tell.
    Read,
}

/// A row of [`TRANSITIONS`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Transition {
    /// Where the message is. [`Status::Unrecognized`] stands for any status that has no row.
    pub from: Status,
    /// What a later look may find.
    pub to: &'static [Status],
    /// Whether the API is done with the message. [`Receipts::wait_for`](super::Receipts::wait_for) waits no longer then.
    pub is_final: bool,
}

const ANY_OTHER: Status = Status::Unrecognized(String::new());

/// Every status with what a later look may find instead, however many receipts were missed in between.
///
#[doc = include_str!("transitions.md")]
///
/// A receipt that leads nowhere from here came late or twice and changes nothing. Statuses that lead to each other are told
/// apart by the time of the event. `FAILED` is final and can still turn out as `DELIVERED`: with
/// `delivery_report_based_fallback` the first channel may deliver after the last one has failed. That a text has arrived is
/// never taken back, so that nobody sends it again for a failure elsewhere.
pub static TRANSITIONS: &[Transition] = {
    use Status::{Accepted, Delivered, Failed, QueuedOnChannel, Read, SwitchingChannel};
    &[
        Transition {
            from: Accepted,
            to: &[QueuedOnChannel, SwitchingChannel, ANY_OTHER, Failed, Delivered, Read],
            is_final: false,
        },
        Transition {
            from: QueuedOnChannel,
            to: &[SwitchingChannel, ANY_OTHER, Failed, Delivered, Read],
            is_final: false,
        },
        Transition {
            from: SwitchingChannel,
            to: &[QueuedOnChannel, ANY_OTHER, Failed, Delivered, Read],
            is_final: false,
        },
        Transition {
            from: ANY_OTHER,
            to: &[QueuedOnChannel, SwitchingChannel, ANY_OTHER, Failed, Delivered, Read],
            is_final: false,
        },
        Transition { from: Failed, to: &[Delivered, Read], is_final: true },
        Transition { from: Delivered, to: &[Read], is_final: false },
        Transition { from: Read, to: &[], is_final: true },
    ]
};

impl Status {
    /// The name on the wire, such as `QUEUED_ON_CHANNEL`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::QueuedOnChannel => "QUEUED_ON_CHANNEL",
            Self::SwitchingChannel => "SWITCHING_CHANNEL",
            Self::Unrecognized(name) => name,
            Self::Failed => "FAILED",
            Self::Delivered => "DELIVERED",
            Self::Read => "READ",
        }
    }

    /// Whether the API is done with the message: `FAILED` and `READ`.
    pub fn is_final(&self) -> bool {
        self.row().is_some_and(|row| row.is_final)
    }

    /// Whether a message that was here once can be found there later, by [`TRANSITIONS`].
    pub fn leads_to(&self, other: &Self) -> bool {
        self.row().is_some_and(|row| row.to.iter().any(|to| discriminant(to) == discriminant(other)))
    }

    /// Whether `other` is farther: it can follow, and there is no way back.
    pub(super) fn is_behind(&self, other: &Self) -> bool {
        self.leads_to(other) && !other.leads_to(self)
    }

    fn row(&self) -> Option<&'static Transition> {
        TRANSITIONS.iter().find(|row| discriminant(&row.from) == discriminant(self))
    }
}

impl From<&str> for Status {
    fn from(name: &str) -> Self {
        let known = TRANSITIONS.iter().find(|row| row.from.as_str() == name && !name.is_empty());
        known.map_or_else(|| Self::Unrecognized(name.to_owned()), |row| row.from.clone())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
