//! Faults on demand: when a request meets one, and which.

use std::collections::HashMap;
use std::time::Duration;

use http::StatusCode;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use serde_json::{Value, json};
use tidings_core::contract::{self, Operation};

use crate::answer::Answer;
use crate::identifiers::bare;

/// How far the sandbox goes with a request before the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    BeforeRead,
    BeforeAccept,
    AfterAccept,
}

/// What happens instead of the answer.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Close,
    Reset,
    Hang,
    Respond(Answer),
    Truncate,
    ExpireToken,
    Delay,
}

/// A fault that strikes one request.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) fault: String,
    pub(crate) stage: Stage,
    pub(crate) action: Action,
    pub(crate) delay: Duration,
}

#[derive(Debug)]
struct Fault {
    id: String,
    /// The fault as it was set; it has passed validation.
    set: Value,
    stage: Stage,
    action: Action,
    seen: u64,
    fired: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
}

impl Faults {
    /// Sets a fault; says what is wrong with one that could never strike.
    pub(crate) fn add(&mut self, id: String, set: Value) -> Result<Value, String> {
        if let Some(name) = set["operation"].as_str().filter(|name| !name.is_empty()) {
            match contract::operation(name) {
                None => {
                    return Err(format!("$.operation {name} is no operation; ids look like messages.send"));
                }
                Some(Operation { becomes: Some(real), .. }) => {
                    return Err(format!("$.operation {name} goes out as {real}: name that one"));
                }
                Some(_) => {}
            }
        }
        self.known(id, set).ok_or_else(|| "the sandbox does not know this stage, action or header".to_owned())
    }

    fn known(&mut self, id: String, set: Value) -> Option<Value> {
        let stage = match set["stage"].as_str()? {
            "BEFORE_READ" => Stage::BeforeRead,
            "BEFORE_ACCEPT" => Stage::BeforeAccept,
            "AFTER_ACCEPT" => Stage::AfterAccept,
            _ => return None,
        };
        let action = match set["action"].as_str()? {
            "CLOSE" => Action::Close,
            "RESET" => Action::Reset,
            "HANG" => Action::Hang,
            "RESPOND" => Action::Respond(response(&set)?),
            "TRUNCATE" => Action::Truncate,
            "EXPIRE_TOKEN" => Action::ExpireToken,
            "DELAY" => Action::Delay,
            _ => return None,
        };
        let fault = Fault { id, set, stage, action, seen: 0, fired: 0 };
        let shown = shown(&fault);
        self.faults.push(fault);
        Some(shown)
    }

    pub(crate) fn list(&self) -> Value {
        json!({ "faults": self.faults.iter().map(shown).collect::<Vec<_>>() })
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The fault that a request meets, if any. `body` is there once the request was read.
    pub(crate) fn strike(&mut self, operation: &str, body: Option<&Value>) -> Option<Strike> {
        for fault in &mut self.faults {
            if (fault.stage == Stage::BeforeRead) != body.is_none() {
                continue;
            }
            let set = &fault.set;
            let fits_operation =
                set["operation"].as_str().is_none_or(|wanted| wanted.is_empty() || wanted == operation);
            let fits_recipient = set["to"].as_str().is_none_or(|wanted| {
                body.is_some_and(|body| recipients(body).any(|to| bare(to) == bare(wanted)))
            });
            if !fits_operation || !fits_recipient {
                continue;
            }
            fault.seen += 1;
            let times = set["times"].as_u64().unwrap_or(1);
            if fault.seen <= set["skip"].as_u64().unwrap_or(0) || (times != 0 && fault.fired >= times) {
                continue;
            }
            fault.fired += 1;
            return Some(Strike {
                fault: fault.id.clone(),
                stage: fault.stage,
                action: fault.action.clone(),
                delay: Duration::from_millis(set["delay_ms"].as_u64().unwrap_or(0)),
            });
        }
        None
    }
}

fn shown(fault: &Fault) -> Value {
    json!({"id": fault.id, "fault": fault.set, "fired": fault.fired})
}

/// The recipients that a send names.
fn recipients(body: &Value) -> impl Iterator<Item = &str> {
    let identities = body["recipient"]["identified_by"]["channel_identities"].as_array();
    identities.into_iter().flatten().filter_map(|identity| identity["identity"].as_str())
}

fn response(set: &Value) -> Option<Answer> {
    let status = u16::try_from(set["status"].as_u64().unwrap_or(500)).ok()?;
    let mut headers = Box::new(HeaderMap::new());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let given: HashMap<String, String> = serde_json::from_value(set["headers"].clone()).unwrap_or_default();
    for (name, value) in given {
        let name = HeaderName::try_from(name).ok()?;
        // The server frames its answers itself.
        if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            return None;
        }
        headers.insert(name, HeaderValue::try_from(value).ok()?);
    }
    let body = set["body"].as_str().unwrap_or_default().to_owned().into();
    Some(Answer { status: StatusCode::from_u16(status).ok()?, headers, body })
}
