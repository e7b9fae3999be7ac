//! What all callbacks about one message say together, whatever order they came in and however often.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::Receipt;
use super::report::{Report, Told};

/// What is known of one message. It depends on the set of callbacks alone: of any two that compete, a total order decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// The reports that no other one is ahead of: at most one of each channel. Mostly there is one.
    furthest: Vec<Report>,
    metadata: Option<String>,
    correlation_id: Option<String>,
    /// When the earliest event was. Earlier than a send, it cannot be one of that send.
    first: Option<Timestamp>,
}

impl History {
    /// Adds a callback. Whether that changed anything.
    pub(super) fn add(&mut self, told: Told) -> bool {
        let Told { report, metadata, correlation_id, message_id: _ } = told;
        let sooner = report.moment.filter(|moment| self.first.is_none_or(|first| *moment < first));
        self.first = sooner.or(self.first);
        // The same in every receipt, and absent from some; should they differ, the order of coming must not decide.
        let named = grow(&mut self.metadata, metadata) | grow(&mut self.correlation_id, correlation_id);
        self.advance(report) || named
    }

    fn advance(&mut self, report: Report) -> bool {
        if let Some(known) = self.furthest.first() {
            if report.status.is_behind(&known.status) {
                return false;
            }
            if known.status.is_behind(&report.status) {
                self.furthest.clear();
            }
        }
        match self.furthest.iter_mut().find(|known| known.channel == report.channel) {
            None => {
                // Room for one: a vector of its own accord takes room for four.
                self.furthest.reserve_exact(1);
                self.furthest.push(report);
            }
            Some(known) if on_one_channel(known, &report) == Ordering::Less => *known = report,
            Some(_) => return false,
        }
        true
    }

    /// The report that tells where the message is. `None` as long as nobody has reported.
    fn current(&self) -> Option<&Report> {
        self.furthest.iter().max_by(|a, b| across_channels(a, b))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.furthest.is_empty()
    }

    pub(super) fn first(&self) -> Option<Timestamp> {
        self.first
    }

    pub(super) fn metadata(&self) -> Option<&str> {
        self.metadata.as_deref()
    }

    pub(super) fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The address and the contact that it went to.
    pub(super) fn recipient(&self) -> (Option<&str>, Option<&str>) {
        let current = self.current();
        let identity = current.and_then(|report| report.identity.as_deref());
        (identity, current.and_then(|report| report.contact_id.as_deref()))
    }

    /// All of it as the outside sees it.
    pub(super) fn receipt(&self, message_id: &str) -> Option<Receipt> {
        let Report { status, moment, channel, identity, contact_id, reason } = self.current()?.clone();
        Some(Receipt {
            message_id: message_id.to_owned(),
            status,
            channel,
            identity,
            contact_id,
            reason: reason.map(|reason| *reason),
            event_time: moment,
            metadata: self.metadata.clone(),
            correlation_id: self.correlation_id.clone(),
        })
    }
}

/// Keeps the larger of two texts; any text is larger than none.
fn grow(kept: &mut Option<String>, other: Option<String>) -> bool {
    let grows = other > *kept;
    if grows {
        *kept = other;
    }
    grows
}

/// Which of two reports of one channel is the later one. At the same moment a channel is queued before it is given up.
fn on_one_channel(a: &Report, b: &Report) -> Ordering {
    a.moment.cmp(&b.moment).then_with(|| a.status.cmp(&b.status)).then_with(|| by_the_rest(a, b))
}

/// Which of two channels is the one that the message is on. At the same moment, the one that was not given up.
fn across_channels(a: &Report, b: &Report) -> Ordering {
    a.moment
        .cmp(&b.moment)
        .then_with(|| b.status.cmp(&a.status))
        .then_with(|| a.channel.cmp(&b.channel))
        .then_with(|| by_the_rest(a, b))
}

fn by_the_rest(a: &Report, b: &Report) -> Ordering {
    (&a.identity, &a.contact_id, &a.reason).cmp(&(&b.identity, &b.contact_id, &b.reason))
}
