//! What comes back from a client, as the records that stories speak of.

use serde_json::{Value, json};
use tidings_core::door::ErrorRecord;
use tidings_core::receipts::{Receipt, Settlement};
use tidings_core::{Error, Response, Statistics};

pub(super) fn answer(response: &Response) -> Value {
    json!({
        "status": response.status,
        "attempts": response.attempts,
        "body": serde_json::from_slice::<Value>(&response.body).ok(),
    })
}

pub(super) fn error(error: &Error) -> Value {
    let record = ErrorRecord::from(error);
    json!({
        "kind": record.kind,
        "status": record.status,
        "code": record.code,
        "operation": record.operation,
        "path": record.path,
        "attempts": record.attempts,
        "sent": record.sent,
        "retryable": record.retryable,
        "retry_after": record.retry_after.map(|wait| wait.as_secs_f64()),
        "evidence": record.evidence.map(|evidence| json!({
            "phase": evidence.phase,
            "correlation_id": evidence.correlation_id,
            "message_metadata": evidence.message_metadata,
        })),
    })
}

/// A message that no receipt is known of has nothing in its record.
pub(super) fn receipt(receipt: Option<&Receipt>) -> Value {
    let Some(receipt) = receipt else { return json!({}) };
    json!({
        "message_id": receipt.message_id,
        "status": receipt.status.as_str(),
        "channel": receipt.channel,
        "identity": receipt.identity,
        "contact_id": receipt.contact_id,
        "reason": receipt.reason.as_ref().map(|reason| json!({
            "code": reason.code,
            "sub_code": reason.sub_code,
            "description": reason.description,
            "channel_code": reason.channel_code,
        })),
        "metadata": receipt.metadata,
        "correlation_id": receipt.correlation_id,
    })
}

pub(super) fn settlement(settlement: &Settlement) -> Value {
    match settlement {
        Settlement::Found { message_id } => json!({"outcome": "found", "message_id": message_id}),
        Settlement::Ambiguous { message_ids } => json!({"outcome": "ambiguous", "message_ids": message_ids}),
        Settlement::NotFound { looked_in } => {
            let places: Vec<&str> = looked_in.iter().map(|place| place.as_str()).collect();
            json!({"outcome": "not_found", "looked_in": places})
        }
        _ => json!({"outcome": "one that this runner does not know"}),
    }
}

pub(super) fn statistics(statistics: Statistics) -> Value {
    json!({
        "calls": statistics.calls,
        "accepted": statistics.accepted,
        "failed": statistics.failed,
        "unknown": statistics.unknown,
        "cancelled": statistics.cancelled,
        "attempts": statistics.attempts,
        "retries": statistics.retries,
        "token_fetches": statistics.token_fetches,
        "waiting": statistics.waiting,
        "under_way": statistics.under_way(),
    })
}
