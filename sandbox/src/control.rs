//! The control plane under `/_sandbox/`: contract/extensions.yaml, played.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidings_core::contract::Operation;

use crate::answer::Answer;
use crate::api::Call;
use crate::errors::Refusal;
use crate::identifiers::ulid;
use crate::scheduler;
use crate::server::Shared;

/// How long `ledger:wait` waits unless told otherwise, in milliseconds.
const WAIT_MS: u64 = 5_000;

pub(crate) async fn answer(shared: &Arc<Shared>, operation: &Operation, call: &Call) -> Answer {
    carry_out(shared, operation, call).await.map_or_else(Refusal::into_answer, |body| Answer::ok(&body))
}

async fn carry_out(shared: &Arc<Shared>, operation: &Operation, call: &Call) -> Result<Value, Refusal> {
    // A plus that was not encoded reaches us as a blank; numbers are meant all the same.
    let to = call.query("to").map(str::trim).filter(|to| !to.is_empty());
    match operation.id {
        "sandbox.reset" => {
            shared.world().reset();
            Ok(json!({}))
        }
        "sandbox.ledger" => Ok(shared.world().ledger.list(to, call.query("project_id"))),
        "sandbox.wait_for_message" => {
            let within = call.query("within_ms").and_then(|text| text.parse().ok()).unwrap_or(WAIT_MS);
            let contains = call.query("contains").unwrap_or_default();
            let within = Duration::from_millis(within);
            scheduler::wait_for_arrival(shared, to.unwrap_or_default(), contains, within)
                .await
                .ok_or_else(|| Refusal::not_found("A message that fits, within the time, was"))
        }
        "sandbox.run_until_idle" => {
            let now = scheduler::run_until_idle(shared).await;
            Ok(json!({"now": now.to_string()}))
        }
        "sandbox.list_requests" => Ok(shared.world().journal.list(call.query("operation"))),
        "sandbox.list_faults" => Ok(shared.world().faults.list()),
        "sandbox.add_fault" => {
            let mut world = shared.world();
            let now = world.now();
            let id = ulid(now, &mut world.chance.requests);
            let chance = world.chance.faults.fork();
            world.faults.add(id, chance, &call.body)
        }
        "sandbox.clear_faults" => {
            shared.world().faults.clear();
            Ok(json!({}))
        }
        id => Err(Refusal::unimplemented(format!("The sandbox has no control {id} yet"))),
    }
}
