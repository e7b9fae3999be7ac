//! From acceptance to the handset: each message's way, and the receipts it leaves.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::callbacks;
use crate::identifiers::bare;
use crate::state::{Shared, State};

/// A message on its way.
pub(crate) struct Job {
    pub(crate) project: String,
    pub(crate) app_id: String,
    pub(crate) message_id: String,
    pub(crate) request_id: String,
    pub(crate) channel_identity: Value,
    pub(crate) contact_id: String,
    pub(crate) conversation_id: String,
    pub(crate) mode: &'static str,
    pub(crate) accepted_time: Timestamp,
    pub(crate) metadata: String,
    /// As it comes back in callbacks.
    pub(crate) correlation_id: String,
    /// As it was written, for the ledger.
    pub(crate) written_correlation_id: String,
    pub(crate) callback_url: Option<String>,
    pub(crate) message: Value,
    pub(crate) properties: Value,
}

/// Something that is planned.
pub(crate) enum Event {
    /// A message reaches its channel's queue.
    Queued(Arc<Job>),
    /// A message reaches the handset.
    Delivered(Arc<Job>),
    /// A message has no channel to go by.
    Failed(Arc<Job>),
    /// A callback that was not taken is tried again.
    CallAgain(String),
}

/// Starts a message on its way.
pub(crate) fn begin(state: &mut State, job: Arc<Job>, has_channel: bool) {
    let moment = state.soon(state.options.queueing_ms.clone());
    state.agenda.plan(moment, if has_channel { Event::Queued(job) } else { Event::Failed(job) });
}

/// Lets happen what is planned, at its time, as long as the sandbox runs.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let planned = shared.planned.notified();
        let wait = {
            let mut state = shared.lock();
            happen(&shared, &mut state);
            state.agenda.next_moment().and_then(|moment| state.clock.until(moment))
        };
        match wait {
            None => planned.await,
            Some(wait) => tokio::select! {
                () = planned => {}
                () = sleep(wait) => {}
            },
        }
    }
}

/// Lets everything happen whose time has come.
pub(crate) fn happen(shared: &Arc<Shared>, state: &mut State) {
    let now = state.clock.now();
    while let Some(event) = state.agenda.take_due(now) {
        match event {
            Event::Queued(job) => {
                report(shared, state, &job, "QUEUED_ON_CHANNEL", None, now);
                let moment = state.soon(state.options.delivery_ms.clone());
                state.agenda.plan(moment, Event::Delivered(job));
            }
            Event::Delivered(job) => {
                arrive(state, &job, now);
                shared.arrived.notify_waiters();
                report(shared, state, &job, "DELIVERED", None, now);
            }
            Event::Failed(job) => {
                let reason = json!({
                    "code": "NO_CHANNELS_LEFT",
                    "description": "the app has none of the recipient's channels",
                    "sub_code": "UNSPECIFIED_SUB_CODE",
                    "channel_code": "",
                });
                report(shared, state, &job, "FAILED", Some(reason), now);
            }
            Event::CallAgain(outbox) => callbacks::call_again(shared, state, &outbox),
        }
    }
}

fn arrive(state: &mut State, job: &Job, now: Timestamp) {
    while state.ledger.len() >= state.options.retained.max(1) {
        state.ledger.pop_front();
    }
    state.ledger.push_back(json!({
        "to": bare(job.channel_identity["identity"].as_str().unwrap_or_default()),
        "channel": job.channel_identity["channel"],
        "text": job.message["text_message"]["text"].as_str().unwrap_or_default(),
        "sender": job.properties["SMS_SENDER"].as_str().unwrap_or_default(),
        "flash": job.properties["SMS_FLASH_MESSAGE"] == "true",
        "message_id": job.message_id,
        "app_id": job.app_id,
        "project_id": job.project,
        "request_id": job.request_id,
        "correlation_id": job.written_correlation_id,
        "received_at": now.to_string(),
    }));
}

fn report(
    shared: &Arc<Shared>,
    state: &mut State,
    job: &Job,
    status: &str,
    reason: Option<Value>,
    now: Timestamp,
) {
    let mut report = json!({
        "message_id": job.message_id,
        "conversation_id": job.conversation_id,
        "status": status,
        "channel_identity": job.channel_identity,
        "contact_id": job.contact_id,
        "metadata": job.metadata,
        "processing_mode": job.mode,
    });
    if let Some(reason) = reason {
        report["reason"] = reason;
    }
    let body = json!({
        "app_id": job.app_id,
        "project_id": job.project,
        "accepted_time": job.accepted_time.to_string(),
        "event_time": now.to_string(),
        "message_metadata": "",
        "correlation_id": job.correlation_id,
        "message_delivery_report": report,
    });
    callbacks::send(
        shared,
        state,
        &job.app_id,
        "MESSAGE_DELIVERY",
        job.callback_url.as_deref(),
        &body.to_string(),
    );
}
