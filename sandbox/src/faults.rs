//! Faults: what goes wrong, for which requests, and how often.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tidings_core::contract;

use crate::errors::{self, Refusal};
use crate::identifiers::bare;

/// The most faults that can be set at once.
const MOST: usize = 1_000;

/// How far the sandbox goes with a request.
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
    Respond { status: StatusCode, headers: HeaderMap, body: Bytes },
    Truncate,
    ExpireToken,
    Delay,
}

/// A fault that strikes a request.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) id: String,
    pub(crate) stage: Stage,
    pub(crate) action: Action,
    pub(crate) delay: Duration,
}

struct Fault {
    strike: Strike,
    /// As it was set.
    written: Value,
    operation: Option<String>,
    /// Without plus.
    to: Option<String>,
    skip: u64,
    /// The chance of a strike, above 0 and up to 1.
    share: f64,
    /// What the strikes are drawn from. Each fault has a stream of its own, so that what one of them strikes does not
    /// depend on the draws of another.
    chance: Rng,
    /// 0 means without end.
    times: u64,
    fired: u64,
}

/// The faults that are set, in their order.
#[derive(Default)]
pub(crate) struct Faults {
    set: Vec<Fault>,
}

impl Faults {
    /// The fault that strikes a request of which only the head is known.
    pub(crate) fn at_head(&mut self, operation: &str) -> Option<Strike> {
        self.decide(operation, |fault| fault.strike.stage == Stage::BeforeRead)
    }

    /// The fault that strikes a request that was read whole. `recipients` are the addresses it sends to, if it sends.
    pub(crate) fn after_read(&mut self, operation: &str, recipients: &[&str]) -> Option<Strike> {
        self.decide(operation, |fault| {
            fault.strike.stage != Stage::BeforeRead
                && fault
                    .to
                    .as_deref()
                    .is_none_or(|to| recipients.iter().any(|recipient| bare(recipient) == to))
        })
    }

    /// Whether any fault strikes one recipient only.
    pub(crate) fn ask_for_recipients(&self) -> bool {
        self.set.iter().any(|fault| fault.to.is_some())
    }

    /// The first fault that fits strikes. A fault that lets requests pass counts those that no earlier fault struck,
    /// so that a plan reads from top to bottom: one 429, then two that pass, then a 500. A share is drawn from what
    /// comes after those, and `times` counts what was struck.
    fn decide(&mut self, operation: &str, fits: impl Fn(&Fault) -> bool) -> Option<Strike> {
        for fault in &mut self.set {
            let used_up = fault.times != 0 && fault.fired >= fault.times;
            if used_up || fault.operation.as_ref().is_some_and(|wanted| wanted != operation) || !fits(fault) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if fault.chance.f64() >= fault.share {
                continue;
            }
            fault.fired += 1;
            return Some(fault.strike.clone());
        }
        None
    }

    /// Takes back a strike after the acceptance, since the request was refused.
    pub(crate) fn spare(&mut self, id: &str) {
        if let Some(fault) = self.set.iter_mut().find(|fault| fault.strike.id == id) {
            fault.fired = fault.fired.saturating_sub(1);
        }
    }

    pub(crate) fn list(&self) -> Value {
        json!({"faults": self.set.iter().map(read).collect::<Vec<_>>()})
    }

    pub(crate) fn clear(&mut self) {
        self.set.clear();
    }

    /// Sets a fault. Its form was checked by the table; what the table lets pass is checked here, since a fault that
    /// never fires makes a test pass that should not.
    pub(crate) fn add(&mut self, id: String, chance: Rng, written: &Value) -> Result<Value, Refusal> {
        if self.set.len() >= MOST {
            return Err(Refusal::too_many(format!("This sandbox holds {MOST} faults at most: clear them")));
        }
        let text = |name: &str| written[name].as_str().filter(|text| !text.is_empty());
        let number = |name: &str, default: u64| written[name].as_u64().unwrap_or(default);
        let stage = match text("stage") {
            Some("BEFORE_READ") => Stage::BeforeRead,
            Some("BEFORE_ACCEPT") => Stage::BeforeAccept,
            Some("AFTER_ACCEPT") => Stage::AfterAccept,
            _ => return Err(Refusal::invalid("$.stage must be BEFORE_READ, BEFORE_ACCEPT or AFTER_ACCEPT")),
        };
        let action = match text("action") {
            Some("CLOSE") => Action::Close,
            Some("RESET") => Action::Reset,
            Some("HANG") => Action::Hang,
            Some("RESPOND") => respond(written)?,
            Some("TRUNCATE") => Action::Truncate,
            Some("EXPIRE_TOKEN") => Action::ExpireToken,
            Some("DELAY") => Action::Delay,
            _ => {
                return Err(Refusal::invalid(
                    "$.action must be CLOSE, RESET, HANG, RESPOND, TRUNCATE, EXPIRE_TOKEN or DELAY",
                ));
            }
        };
        if matches!(action, Action::Truncate) && stage != Stage::AfterAccept {
            return Err(Refusal::invalid(
                "$.stage must be AFTER_ACCEPT with TRUNCATE: no other has an answer to cut",
            ));
        }
        if matches!(action, Action::ExpireToken) && stage == Stage::AfterAccept {
            return Err(Refusal::invalid(
                "$.stage must not be AFTER_ACCEPT with EXPIRE_TOKEN: a 401 says that nothing was carried out",
            ));
        }
        let to = text("to").map(|to| bare(to).to_owned());
        if to.is_some() && stage == Stage::BeforeRead {
            return Err(Refusal::invalid(
                "$.to must be left out with BEFORE_READ: the recipient is in the body",
            ));
        }
        let operation = text("operation").map(str::to_owned);
        if let Some(operation) = &operation {
            let known = contract::operation(operation).filter(|known| known.becomes.is_none());
            if known.is_none_or(|known| known.host == contract::Host::Sandbox) {
                return Err(Refusal::invalid(
                    "$.operation must be an operation of the API, such as messages.send",
                ));
            }
        }
        let share = written["share"].as_f64().unwrap_or(1.0);
        if !(share > 0.0 && share <= 1.0) {
            return Err(Refusal::invalid("$.share must be above 0 and at most 1"));
        }
        let fault = Fault {
            strike: Strike { id, stage, action, delay: Duration::from_millis(number("delay_ms", 0)) },
            written: written.clone(),
            operation,
            to,
            skip: number("skip", 0),
            share,
            chance,
            times: number("times", 1),
            fired: 0,
        };
        let read = read(&fault);
        self.set.push(fault);
        Ok(read)
    }
}

fn read(fault: &Fault) -> Value {
    json!({"id": fault.strike.id, "fault": fault.written, "fired": fault.fired})
}

fn respond(written: &Value) -> Result<Action, Refusal> {
    let status = written["status"].as_u64().unwrap_or(500);
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| Refusal::invalid("$.status must be a status from 200 to 599"))?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in written["headers"].as_object().into_iter().flatten() {
        let parsed = name
            .parse::<HeaderName>()
            .ok()
            .filter(|name| !errors::frames(name))
            .zip(value.as_str().and_then(|value| value.parse::<HeaderValue>().ok()));
        let (name, value) = parsed.ok_or_else(|| {
            Refusal::invalid(
                "$.headers must be names and values of headers, without those that frame the message",
            )
        })?;
        headers.insert(name, value);
    }
    let body = Bytes::from(written["body"].as_str().unwrap_or_default().to_owned());
    if body.is_empty() {
        headers.remove(CONTENT_TYPE);
    }
    Ok(Action::Respond { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(written: &[Value]) -> Faults {
        seeded(1, written)
    }

    fn seeded(seed: u64, written: &[Value]) -> Faults {
        let mut faults = Faults::default();
        let mut root = Rng::with_seed(seed);
        for (index, one) in written.iter().enumerate() {
            faults.add(index.to_string(), root.fork(), one).unwrap();
        }
        faults
    }

    fn plan(faults: &mut Faults, recipients: &[&str], requests: usize) -> Vec<Option<String>> {
        (0..requests)
            .map(|_| faults.after_read("messages.send", recipients).map(|strike| strike.id))
            .collect()
    }

    fn fired(ids: &[&str]) -> Vec<Option<String>> {
        ids.iter().map(|id| Some((*id).to_owned()).filter(|id| !id.is_empty())).collect()
    }

    #[test]
    fn a_plan_reads_from_top_to_bottom() {
        let mut faults = faults(&[
            json!({"stage": "BEFORE_ACCEPT", "action": "HANG"}),
            json!({"stage": "AFTER_ACCEPT", "action": "CLOSE", "skip": 1, "times": 2}),
        ]);
        assert_eq!(plan(&mut faults, &[], 5), fired(&["0", "", "1", "1", ""]));
    }

    #[test]
    fn it_strikes_only_what_it_names() {
        let mut faults = faults(&[
            json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "operation": "apps.get", "times": 0}),
            json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "to": "+46701234567", "times": 0}),
        ]);
        assert_eq!(plan(&mut faults, &["46700000000"], 1), fired(&[""]));
        assert_eq!(plan(&mut faults, &["46700000000", "46701234567"], 2), fired(&["1", "1"]));
        assert_eq!(faults.list()["faults"][1]["fired"], 2);
    }

    #[test]
    fn a_share_strikes_the_same_requests_for_the_same_seed_and_others_for_another() {
        let half = [json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "share": 0.5, "times": 0})];
        let strikes = |seed| plan(&mut seeded(seed, &half), &[], 100);
        assert_eq!(strikes(1), strikes(1));
        assert_ne!(strikes(1), strikes(2));
    }

    #[test]
    fn a_share_of_many_requests_is_about_that_many() {
        for (share, expected) in
            [(0.01, 50..200), (0.5, 4_500..5_500), (0.99, 9_800..9_950), (1.0, 10_000..10_001)]
        {
            let fault = json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "share": share, "times": 0});
            let struck = plan(&mut faults(&[fault]), &[], 10_000).iter().flatten().count();
            assert!(expected.contains(&struck), "{struck} of {share}");
        }
    }

    #[test]
    fn a_share_is_drawn_after_those_that_pass_and_ends_with_its_times() {
        let fault = json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "share": 0.5, "skip": 20, "times": 3});
        let struck = plan(&mut faults(&[fault]), &[], 200);
        assert_eq!(struck[..20], fired(&[""; 20]));
        assert_eq!(struck.iter().flatten().count(), 3);
        // A draw may miss.
        assert_ne!(struck[20..23], fired(&["0"; 3]));
    }

    #[test]
    fn what_a_share_lets_pass_meets_the_next_fault() {
        let half = json!({"stage": "BEFORE_ACCEPT", "action": "HANG", "share": 0.5, "times": 0});
        let rest = json!({"stage": "BEFORE_ACCEPT", "action": "CLOSE", "times": 0});
        let struck = plan(&mut faults(&[half, rest]), &[], 100);
        let by = |id: &str| struck.iter().flatten().filter(|struck| *struck == id).count();
        assert_eq!(by("0") + by("1"), 100);
        assert!(by("0") > 0 && by("1") > 0, "{} and {}", by("0"), by("1"));
    }

    #[test]
    fn a_fault_that_could_never_fire_or_never_be_is_refused() {
        for (wrong, path) in [
            (json!({"stage": "LATER", "action": "HANG"}), "$.stage"),
            (json!({"stage": "BEFORE_READ", "action": "EXPLODE"}), "$.action"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "to": "46701234567"}), "$.to"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "operation": "message.send"}), "$.operation"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "operation": "sandbox.reset"}), "$.operation"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "share": 0}), "$.share"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "share": -0.5}), "$.share"),
            (json!({"stage": "BEFORE_READ", "action": "HANG", "share": 1.001}), "$.share"),
            (json!({"stage": "BEFORE_ACCEPT", "action": "TRUNCATE"}), "$.stage"),
            (json!({"stage": "AFTER_ACCEPT", "action": "EXPIRE_TOKEN"}), "$.stage"),
            (
                json!({"stage": "BEFORE_READ", "action": "RESPOND", "headers": {"content-length": "3"}}),
                "$.headers",
            ),
        ] {
            let refusal =
                Faults::default().add(String::new(), Rng::with_seed(1), &wrong).unwrap_err().into_answer();
            let body: Value = serde_json::from_slice(&refusal.body).unwrap();
            assert!(body["error"]["message"].as_str().unwrap().starts_with(path), "{body}");
        }
    }
}
