//! Receipts: from the callbacks about a message to what became of it.
//!
//! Callbacks come in any order, more than once, or not at all, and some come before the send that they are about has
//! returned. [`Receipts`] is fed with all of them and tells the status of each message: the furthest one, by
//! [`TRANSITIONS`], whatever order they came in.
//!
//! ```
//! use tidings_core::receipts::{Receipts, Status};
//! let receipts = Receipts::new();
//! // Bytes that a WebhookVerifier has accepted; the later event comes first.
//! receipts.feed(br#"{"message_delivery_report":{"message_id":"01M","status":"DELIVERED"}}"#);
//! receipts.feed(br#"{"message_delivery_report":{"message_id":"01M","status":"QUEUED_ON_CHANNEL"}}"#);
//! assert_eq!(receipts.status("01M").unwrap().status, Status::Delivered);
//! ```

mod history;
mod report;
mod settle;
mod shelf;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Notify;

pub use report::Reason;
pub use settle::{Place, Recipient, Settlement};
pub use status::{Status, TRANSITIONS, Transition};

use self::report::Told;
use self::shelf::Shelf;
use crate::error::{Error, ErrorKind};
use crate::{limits, mask};

/// What is known of a message from its receipts.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The message.
    pub message_id: String,
    /// How far it has come.
    pub status: Status,
    /// The channel that reported so, such as `SMS`.
    pub channel: Option<String>,
    /// The recipient's address there. Phone numbers come without `+`.
    pub identity: Option<String>,
    /// The contact. None in dispatch mode.
    pub contact_id: Option<String>,
    /// Why it failed or changes channel.
    pub reason: Option<Reason>,
    /// When it came so far by the channel's account, or when the API heard of it.
    pub event_time: Option<Timestamp>,
    /// The `message_metadata` of the send.
    pub metadata: Option<String>,
    /// The `correlation_id` of the send.
    pub correlation_id: Option<String>,
}

/// Shows neither the recipient nor the metadata.
impl fmt::Debug for Receipt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = |text: &Option<String>| text.as_deref().map(mask::unless_number);
        let personal = |text: &Option<String>| text.as_deref().map(|text| mask::personal(text).to_string());
        formatter
            .debug_struct("Receipt")
            .field("message_id", &self.message_id)
            .field("status", &self.status)
            .field("channel", &self.channel)
            .field("identity", &personal(&self.identity))
            .field("contact_id", &open(&self.contact_id))
            .field("reason", &self.reason)
            .field("event_time", &self.event_time)
            .field("metadata", &self.metadata.as_ref().map(|_| mask::SECRET))
            .field("correlation_id", &open(&self.correlation_id))
            .finish()
    }
}

/// The receipts of many messages. Cheap to clone; the clones are one. Made to be fed and asked from many threads.
///
/// It keeps [`limits::RECEIPTS`] messages, each for [`limits::RECEIPTS_AGE`] after its last receipt, unless made with
/// [`Receipts::bounded`]; beyond that the one whose last receipt is the longest ago goes first. A message that somebody waits
/// for stays, in addition if need be. Feeding takes the same time however many there are.
#[derive(Clone)]
pub struct Receipts {
    /// Held for some instructions, never across an await.
    shelf: Arc<Mutex<Shelf>>,
}

impl Receipts {
    /// Receipts within the default bounds.
    pub fn new() -> Self {
        Self::bounded(limits::RECEIPTS, limits::RECEIPTS_AGE)
    }

    /// Receipts of at most this many messages, each for this long after its last one.
    pub fn bounded(messages: usize, age: Duration) -> Self {
        Self { shelf: Arc::new(Mutex::new(Shelf::new(messages, age))) }
    }

    /// Takes in the body of a callback. Whether it told anything new about a message.
    ///
    /// Only what a [`WebhookVerifier`](crate::webhooks::WebhookVerifier) has accepted, for nothing is checked here. The
    /// callbacks `MESSAGE_DELIVERY` and `MESSAGE_SUBMIT` count; every other one changes nothing.
    pub fn feed(&self, body: &[u8]) -> bool {
        let Some(told) = Told::read(body) else { return false };
        let message_id = told.message_id.clone();
        self.shelf().change(&message_id, |history| history.add(told))
    }

    /// What is known of a message; `None` if no receipt has come, or not lately.
    pub fn status(&self, message_id: &str) -> Option<Receipt> {
        let mut kept = self.shelf();
        kept.trim();
        kept.get(message_id)?.receipt(message_id)
    }

    /// What is known of every message that is kept, in no order. It copies them all.
    pub fn statuses(&self) -> Vec<Receipt> {
        let mut kept = self.shelf();
        kept.trim();
        kept.iter().filter_map(|(id, history)| history.receipt(id)).collect()
    }

    /// Waits until a message has come so far. Answers at once if it has, or is farther already, and also when it ends in
    /// another way: waiting for `DELIVERED` answers with `FAILED` too, so look at the status.
    ///
    /// Receipts that came before the call count. Fails with [`ErrorKind::Timeout`] when the time is up, which says nothing
    /// about the message: some carriers send no receipts. Any number of callers may wait for one message, and dropping the
    /// future is all it takes to stop. Needs a tokio runtime with time, else it fails with [`ErrorKind::Config`].
    ///
    /// ```
    /// # async fn example() -> Result<(), tidings_core::Error> {
    /// use std::time::Duration;
    /// use tidings_core::receipts::{Receipts, Status};
    /// # let receipts = Receipts::new();
    /// let receipt = receipts.wait_for("01M", Status::Delivered, Duration::from_mins(1)).await?;
    /// if receipt.status == Status::Failed {
    ///     println!("{:?}", receipt.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for(
        &self,
        message_id: &str,
        status: Status,
        timeout: Duration,
    ) -> Result<Receipt, Error> {
        if Handle::try_current().is_err() {
            let text = "waiting for a receipt needs a tokio runtime: await it inside one";
            return Err(Error::new(ErrorKind::Config, text));
        }
        let waiter = Waiter::new(self, message_id);
        let reached = async {
            loop {
                // Enabled before looking, so that nothing that comes in between is missed.
                let mut changed = pin!(waiter.changed.notified());
                changed.as_mut().enable();
                let receipt = self.status(message_id);
                if let Some(receipt) = receipt.filter(|receipt| reached(&receipt.status, &status)) {
                    return receipt;
                }
                changed.await;
            }
        };
        tokio::time::timeout(timeout, reached).await.map_err(|_| {
            let text =
                format!("the message did not come to {} in time", mask::unless_number(status.as_str()));
            Error::new(ErrorKind::Timeout, text).with(|record| record.retryable = true)
        })
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether whoever waits for `wanted` gets an answer.
fn reached(status: &Status, wanted: &Status) -> bool {
    status == wanted || wanted.is_behind(status) || status.is_final()
}

impl Default for Receipts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Receipts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Receipts").field("messages", &self.shelf().len()).finish_non_exhaustive()
    }
}

/// Somebody who waits for a message. As long as there is one, the message stays.
struct Waiter<'a> {
    receipts: &'a Receipts,
    message_id: &'a str,
    changed: Arc<Notify>,
}

impl<'a> Waiter<'a> {
    fn new(receipts: &'a Receipts, message_id: &'a str) -> Self {
        let changed = receipts.shelf().hold(message_id);
        Self { receipts, message_id, changed }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.receipts.shelf().release(self.message_id);
    }
}
