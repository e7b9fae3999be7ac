//! What becomes of a message: a state machine, each step of which tells the app.
//!
//! Accepted, then `QUEUED_ON_CHANNEL`, then `DELIVERED`; or `FAILED`, where no channel can take it. An SMS is never
//! READ. For the acceptance itself there is no receipt.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::callbacks;
use crate::scheduler::Job;
use crate::state::World;
use crate::state::ledger::Arrival;
use crate::state::messages::{Sent, after};

/// The message leaves the app's queue for its channel.
pub(crate) fn queue(world: &mut World, sent: &Arc<Sent>) {
    let app = world.apps.get_mut(&sent.app_id);
    let failure = match app {
        Some(app) => {
            app.queued = app.queued.saturating_sub(1);
            sent.failure
        }
        None => Some(("UNKNOWN_APP", "The app was deleted.")),
    };
    if let Some((code, description)) = failure {
        report(world, sent, "FAILED", Some(json!({"code": code, "description": description})));
        return;
    }
    submit(world, sent);
    report(world, sent, "QUEUED_ON_CHANNEL", None);
    let delay = world.chance.delays.u64(world.options.delivery_ms.clone());
    let due = after(world.now(), delay);
    world.plan(due, Job::Deliver(sent.clone()));
}

/// The handset gets the message.
pub(crate) fn deliver(world: &mut World, sent: &Sent) {
    let arrival = Arrival {
        to: sent.to.identity.clone(),
        channel: sent.to.channel.clone(),
        text: sent.text().to_owned(),
        sender: sent.property("SMS_SENDER").filter(|_| sent.to.channel == "SMS").map(str::to_owned),
        flash: sent.to.channel == "SMS" && sent.property("SMS_FLASH_MESSAGE") == Some("true"),
        message_id: sent.id.clone(),
        app_id: sent.app_id.clone(),
        project_id: sent.project_id.clone(),
        request_id: sent.request_id.clone(),
        correlation_id: sent.correlation_id.clone(),
        received_at: world.now(),
    };
    world.ledger.add(arrival);
    world.signals.arrived.send_replace(());
    report(world, sent, "DELIVERED", None);
}

fn report(world: &mut World, sent: &Sent, status: &str, reason: Option<Value>) {
    let mut report = json!({
        "message_id": sent.id,
        "conversation_id": sent.conversation_id,
        "status": status,
        "channel_identity": identity(sent),
        "contact_id": sent.contact_id,
        "metadata": sent.metadata,
        "processing_mode": sent.mode,
    });
    if let Some(reason) = reason {
        report["reason"] = reason;
    }
    callbacks::tell(world, sent, "MESSAGE_DELIVERY", "message_delivery_report", report);
}

fn submit(world: &mut World, sent: &Sent) {
    let notification = json!({
        "message_id": sent.id,
        "conversation_id": sent.conversation_id,
        "channel_identity": identity(sent),
        "contact_id": sent.contact_id,
        "submitted_message": sent.message,
        "metadata": sent.metadata,
        "processing_mode": sent.mode,
    });
    callbacks::tell(world, sent, "MESSAGE_SUBMIT", "message_submit_notification", notification);
}

fn identity(sent: &Sent) -> Value {
    json!({"channel": sent.to.channel, "identity": sent.to.identity, "app_id": ""})
}
