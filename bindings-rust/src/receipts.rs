//! Receipts: from the callbacks about a message to what became of it, and from a send whose outcome is unknown to its
//! message.
//!
//! ```
//! use tidings::receipts::{Receipts, Status};
//! # use tidings::webhooks::{self, WebhookVerifier};
//! # let body: &[u8] = br#"{"message_delivery_report":{"message_id":"01M","status":"DELIVERED"}}"#;
//! # let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string();
//! # let signature = webhooks::sign(b"secret", body, "nonce", &now);
//! # let headers = [(webhooks::SIGNATURE_HEADER, signature.as_str()), (webhooks::TIMESTAMP_HEADER, &now),
//! #     (webhooks::NONCE_HEADER, "nonce"), (webhooks::ALGORITHM_HEADER, webhooks::ALGORITHM)];
//! # let verifier = WebhookVerifier::new("secret");
//! let receipts = Receipts::new();
//! let event = verifier.verify(body, &headers)?;   // in the webhook's server
//! receipts.feed(&event);
//! assert_eq!(receipts.status("01M").unwrap().status, Status::Delivered);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use tidings_core::receipts as core;

pub use tidings_core::receipts::{
    Place, Reason, Receipt, Recipient, Settlement, Status, TRANSITIONS, Transition,
};

use crate::models::{self, RecipientKind};
use crate::webhooks::VerifiedEvent;
use crate::{Client, Error, Evidence};

/// The receipts of many messages. Cheap to clone; the clones are one. Made to be fed and asked from many threads.
///
/// Callbacks may come in any order, more than once, or before the send that they are about has returned: the status of a
/// message is always the furthest one, by [`TRANSITIONS`].
///
/// It keeps [`limits::RECEIPTS`](crate::limits::RECEIPTS) messages, each for
/// [`limits::RECEIPTS_AGE`](crate::limits::RECEIPTS_AGE) after its last receipt, unless made with [`Receipts::bounded`];
/// beyond that the one whose last receipt is the longest ago goes first. A message that somebody waits for stays.
#[derive(Clone, Debug, Default)]
pub struct Receipts {
    receipts: core::Receipts,
}

impl Receipts {
    /// Receipts within the default bounds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Receipts of at most this many messages, each for this long after its last one.
    pub fn bounded(messages: usize, age: Duration) -> Self {
        Self { receipts: core::Receipts::bounded(messages, age) }
    }

    /// Takes in an event. Whether it told anything new about a message.
    ///
    /// Feed all events: `MESSAGE_DELIVERY` and `MESSAGE_SUBMIT` count, every other one changes nothing.
    pub fn feed(&self, event: &VerifiedEvent) -> bool {
        self.feed_bytes(&event.raw)
    }

    /// The same with the body of a callback that was verified before, such as one from a queue. Nothing is checked here.
    pub fn feed_bytes(&self, body: &[u8]) -> bool {
        self.receipts.feed(body)
    }

    /// What is known of a message; `None` if no receipt has come, or not lately.
    pub fn status(&self, message_id: &str) -> Option<Receipt> {
        self.receipts.status(message_id)
    }

    /// What is known of every message that is kept, in no order. It copies them all.
    pub fn statuses(&self) -> Vec<Receipt> {
        self.receipts.statuses()
    }

    /// Waits until a message has come so far. Answers at once if it has, or is farther already, and also when it ends in
    /// another way: waiting for `DELIVERED` answers with `FAILED` too, so look at the status.
    ///
    /// Receipts that came before the call count. Fails with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when the time
    /// is up, which says nothing about the message: some carriers send no receipts. Any number of callers may wait for one
    /// message, and dropping the future is all it takes to stop.
    ///
    /// ```no_run
    /// # async fn example(client: tidings::Client) -> Result<(), tidings::Error> {
    /// use std::time::Duration;
    /// use tidings::receipts::{Receipts, Status};
    /// # let receipts = Receipts::new();
    /// let sent = client.sms().send("+46701234567", "Your code is 4711").await?;
    /// let receipt = receipts.wait_for(&sent.message_id, Status::Delivered, Duration::from_mins(1)).await?;
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
        self.receipts.wait_for(message_id, status, timeout).await
    }

    /// Looks for a send whose outcome is unknown: among the receipts that came, and then, with a client, among the messages
    /// that the API has stored. It never sends anything.
    ///
    /// The recipient is that of the send: its phone number, or its [`models::Recipient`]. A message fits if it went there
    /// and carries the send's `message_metadata` and `correlation_id`, as far as both sides have them and at least one of
    /// the two, and if it is no older than the send, give or take
    /// [`limits::SETTLE_MARGIN`](crate::limits::SETTLE_MARGIN) for clocks that differ. **Two sends that are alike in all that
    /// cannot be told apart**, also where only one of them is known yet: give each send a `message_metadata` of its own.
    ///
    /// Stored messages do not carry the `correlation_id`, so without a `message_metadata` only receipts are looked through.
    /// Of each place [`limits::SETTLE_PAGES`](crate::limits::SETTLE_PAGES) pages are read at most. Fails as `messages.list`
    /// does. For single sends, not for batches.
    ///
    /// ```no_run
    /// # async fn example(client: tidings::Client, receipts: tidings::receipts::Receipts) -> Result<(), tidings::Error> {
    /// use tidings::receipts::Settlement;
    /// let to = "+46701234567";
    /// let send = client.sms().send(to, "Your code is 4711").message_metadata("order 7");
    /// if let Err(error) = send.await
    ///     && let Some(evidence) = error.evidence()
    /// {
    ///     match receipts.settle(evidence, to, Some(&client)).await? {
    ///         Settlement::Found { message_id } => println!("it was accepted as {message_id}"),
    ///         Settlement::NotFound { .. } => println!("no sign of it yet; it may still come"),
    ///         several => println!("nobody can say: {several:?}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn settle(
        &self,
        evidence: &Evidence,
        recipient: impl Into<Recipient>,
        client: Option<&Client>,
    ) -> Result<Settlement, Error> {
        let engine = client.map(|client| &client.way.engine);
        self.receipts.settle(evidence, &recipient.into(), engine).await
    }
}

/// All that the send named. One without an address or a contact fits no message.
impl From<&models::Recipient> for Recipient {
    fn from(recipient: &models::Recipient) -> Self {
        match recipient.kind() {
            Some(RecipientKind::ContactId(contact_id)) => Self::Contact(contact_id.to_owned()),
            Some(RecipientKind::IdentifiedBy(identified)) => Self::Identities(
                identified.channel_identities.iter().map(|identity| identity.identity.clone()).collect(),
            ),
            None => Self::Identities(Vec::new()),
        }
    }
}
