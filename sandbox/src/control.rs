//! The control plane.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidings_core::contract::Operation;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, invalid, not_found, unimplemented};
use crate::identifiers::bare;
use crate::operations::Call;
use crate::receipts;
use crate::state::{Shared, State};

/// How long `wait_for_message` waits unless told otherwise.
const PATIENCE_MS: u64 = 5000;

pub(crate) async fn answer(shared: &Arc<Shared>, operation: &'static Operation, call: &Call<'_>) -> Answer {
    match operation.id {
        "sandbox.reset" => {
            shared.lock().reset();
            Answer::done()
        }
        "sandbox.ledger" => ledger(&shared.lock(), call),
        "sandbox.wait_for_message" => wait_for_message(shared, call).await,
        "sandbox.run_until_idle" => run_until_idle(shared).await,
        "sandbox.list_requests" => Answer::ok(&shared.lock().journal.list(call.query("operation"))),
        "sandbox.list_faults" => Answer::ok(&shared.lock().faults.list()),
        "sandbox.add_fault" => {
            let mut state = shared.lock();
            let id = state.new_id();
            match state.faults.add(id, call.body.clone()) {
                Ok(fault) => Answer::ok(&fault),
                Err(reason) => invalid(&reason),
            }
        }
        "sandbox.clear_faults" => {
            shared.lock().faults.clear();
            Answer::done()
        }
        _ => unimplemented(),
    }
}

fn ledger(state: &State, call: &Call<'_>) -> Answer {
    let to = call.query("to").map(bare);
    let project = call.query("project_id");
    let arrivals: Vec<&Value> = state
        .ledger
        .iter()
        .filter(|arrival| to.is_none_or(|to| arrival["to"] == to))
        .filter(|arrival| project.is_none_or(|project| arrival["project_id"] == project))
        .collect();
    Answer::ok(&json!({ "arrivals": arrivals }))
}

async fn wait_for_message(shared: &Shared, call: &Call<'_>) -> Answer {
    let patience = call.query("within_ms").and_then(|text| text.parse().ok()).unwrap_or(PATIENCE_MS);
    let deadline = Instant::now() + Duration::from_millis(patience);
    let to = call.query("to").map(bare).unwrap_or_default();
    let part = call.query("contains").unwrap_or_default();
    loop {
        let arrived = shared.arrived.notified();
        tokio::pin!(arrived);
        // Listens from here on, so that no arrival between the look and the wait is missed.
        arrived.as_mut().enable();
        let found = {
            let state = shared.lock();
            let fits = |arrival: &&Value| {
                arrival["to"] == to && arrival["text"].as_str().is_some_and(|text| text.contains(part))
            };
            state.ledger.iter().find(fits).map(Answer::ok)
        };
        if let Some(answer) = found {
            return answer;
        }
        if timeout_at(deadline, arrived).await.is_err() {
            return not_found("a message to this handset");
        }
    }
}

/// Moves the clock from event to event until nothing is planned. Answers of webhooks are waited for in between, so that
/// what they cause comes in its order.
async fn run_until_idle(shared: &Arc<Shared>) -> Answer {
    loop {
        let called = shared.called.notified();
        tokio::pin!(called);
        called.as_mut().enable();
        let calling = {
            let mut state = shared.lock();
            receipts::happen(shared, &mut state);
            if state.calling == 0 {
                match state.agenda.next_moment() {
                    None => return Answer::ok(&json!({"now": state.clock.now().to_string()})),
                    Some(moment) => state.clock.move_to(moment),
                }
            }
            state.calling > 0
        };
        if calling {
            called.await;
        }
    }
}
