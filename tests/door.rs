//! The door that the packages for other languages share: calls from plain threads, called off from outside, with tokens
//! of foreign code. The sandbox says what really went out.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tidings::{Error, ErrorKind, ProvidedToken};
use tidings_core::Response;
use tidings_core::door::{
    CallHandle, CallRecord, ConfigRecord, Door, ErrorRecord, ForeignFailure, Pages, Runtime, TokenTicket,
};
use tidings_sandbox::{Options, Sandbox};
use tidings_tests::{PROJECT, TEXT, TO};

/// Long enough for a busy machine; nothing here takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox with an app, and a door that nothing is wrong with.
struct World {
    sandbox: Sandbox,
    observer: Door,
    app_id: String,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let observer = open(&sandbox, None);
        let app = json!({
            "channel_credentials": [
                {"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "token"}},
            ],
            "display_name": "tests",
        });
        let app_id = made(&observer, call("apps.create", Some(app)))["id"].as_str().unwrap().to_owned();
        Self { sandbox, observer, app_id }
    }

    fn door(&self) -> Door {
        open(&self.sandbox, Some(&self.app_id))
    }

    /// Sends meet a connection on which no answer ever comes.
    fn hang(&self, stage: &str, operation: &str) {
        let fault = json!({"stage": stage, "action": "HANG", "operation": operation, "times": 0});
        made(&self.observer, call("sandbox.add_fault", Some(fault)));
    }

    fn requests(&self, operation: &str) -> Vec<Value> {
        let asked = [("operation".to_owned(), operation.to_owned())].into();
        let requests =
            made(&self.observer, CallRecord { query: asked, ..call("sandbox.list_requests", None) });
        requests["requests"].as_array().unwrap().clone()
    }

    /// Waits until the sandbox has seen that the caller of an operation closed its connection.
    fn abandoned(&self, operation: &str) {
        eventually(|| self.requests(operation).iter().any(|request| request["abandoned"] == true));
    }

    fn arrivals(&self) -> usize {
        made(&self.observer, call("sandbox.run_until_idle", None));
        let ledger = made(&self.observer, call("sandbox.ledger", None));
        ledger["arrivals"].as_array().unwrap().len()
    }
}

fn record(sandbox: &Sandbox, app_id: Option<&str>) -> ConfigRecord {
    ConfigRecord {
        project_id: Some(PROJECT.to_owned()),
        base_url: Some(sandbox.url().to_owned()),
        app_id: app_id.map(str::to_owned),
        language: "door".to_owned(),
        ..ConfigRecord::default()
    }
}

fn open(sandbox: &Sandbox, app_id: Option<&str>) -> Door {
    let key = ConfigRecord {
        key_id: Some(sandbox.key_id().to_owned()),
        key_secret: Some(sandbox.key_secret().to_owned()),
        ..record(sandbox, app_id)
    };
    Door::open(key.into_config(None).unwrap(), Runtime::shared().unwrap()).unwrap()
}

/// A door whose tokens come from `ask`.
fn open_asking(world: &World, ask: impl Fn(TokenTicket) + Send + Sync + 'static) -> Door {
    let config = record(&world.sandbox, Some(&world.app_id)).into_config(Some(TokenTicket::provider(ask)));
    Door::open(config.unwrap(), Runtime::shared().unwrap()).unwrap()
}

fn call(operation: &str, body: Option<Value>) -> CallRecord {
    let body = body.map(|body| body.to_string().into());
    CallRecord { operation: operation.to_owned(), body, ..CallRecord::default() }
}

fn send() -> CallRecord {
    call("sms.send", Some(json!({"to": TO, "text": TEXT, "correlation_id": "mine"})))
}

fn started(door: &Door, call: CallRecord) -> (Option<CallHandle>, Receiver<Result<Response, Error>>) {
    let (sender, receiver) = channel();
    (door.start(call, move |result| sender.send(result).unwrap()), receiver)
}

fn ended(door: &Door, call: CallRecord) -> Result<Response, Error> {
    started(door, call).1.recv_timeout(PATIENCE).unwrap()
}

fn made(door: &Door, call: CallRecord) -> Value {
    serde_json::from_slice(&ended(door, call).unwrap().body).unwrap()
}

fn eventually(condition: impl Fn() -> bool) {
    let patience = std::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(std::time::Instant::now() < patience, "it never came true");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_call_from_a_thread_without_a_runtime_sends_one_text() {
    let world = World::new();
    let sent = ended(&world.door(), send()).unwrap();
    assert_eq!((sent.status, sent.attempts), (200, 1));
    assert_eq!(world.arrivals(), 1);
}

#[test]
fn sixteen_threads_at_once_send_what_they_sent() {
    let world = World::new();
    let door = world.door();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..25).for_each(|_| drop(ended(&door, send()).unwrap())));
        }
    });
    assert_eq!(world.arrivals(), 400);
}

#[test]
fn a_call_that_is_wrong_in_itself_fails_on_the_spot() {
    let world = World::new();
    let before = world.requests("messages.send").len();
    for wrong in [
        call("sms.lost", None),
        CallRecord { headers: vec![("authorization".into(), "mine".into())], ..send() },
    ] {
        let (handle, ended) = started(&world.door(), wrong);
        assert!(handle.is_none());
        assert_eq!(ended.try_recv().unwrap().unwrap_err().kind(), ErrorKind::Config);
    }
    let number = call("sms.send", Some(json!({"to": "12", "text": "x"})));
    let error = ErrorRecord::from(&ended(&world.door(), number).unwrap_err());
    assert_eq!((error.kind.as_str(), error.path.as_deref()), ("invalid_request", Some("$.to")));
    assert_eq!((error.operation.as_deref(), error.sent), (Some("sms.send"), false));
    assert_eq!(world.requests("messages.send").len(), before);
}

#[test]
fn a_send_called_off_before_the_hand_over_leaves_no_trace() {
    let world = World::new();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let door = open_asking(&world, move |ticket| keep.lock().unwrap().push(ticket));
    let (handle, ended) = started(&door, send());
    eventually(|| !kept.lock().unwrap().is_empty());
    let verdict = handle.unwrap().cancel().unwrap();
    assert_eq!((verdict.kind(), verdict.sent(), verdict.attempts()), (ErrorKind::Cancelled, false, 0));
    assert!(verdict.evidence().is_none());
    assert_eq!(ended.recv_timeout(PATIENCE).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    // A token that comes too late sends nothing either.
    let token = made(&world.observer, call("auth.token", Some(json!({"grant_type": "client_credentials"}))));
    let token = token["access_token"].as_str().unwrap();
    kept.lock().unwrap().pop().unwrap().answer(Ok(ProvidedToken::new(token)));
    assert_eq!(made(&door, call("apps.list", None))["apps"].as_array().unwrap().len(), 1);
    assert!(world.requests("messages.send").is_empty());
    assert_eq!(world.arrivals(), 0);
}

#[test]
fn a_send_called_off_after_the_hand_over_tells_so_and_closes_its_socket() {
    let world = World::new();
    world.hang("AFTER_ACCEPT", "messages.send");
    let (handle, ended) = started(&world.door(), send());
    eventually(|| world.requests("messages.send").len() == 1);
    let verdict = ErrorRecord::from(&handle.unwrap().cancel().unwrap());
    assert_eq!((verdict.kind.as_str(), verdict.sent, verdict.attempts), ("cancelled", true, 1));
    let evidence = verdict.evidence.unwrap();
    assert_eq!(evidence.phase, "awaiting_answer");
    assert_eq!(evidence.correlation_id.as_deref(), Some("mine"));
    assert_eq!(ended.recv_timeout(PATIENCE).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    world.abandoned("messages.send");
    assert_eq!(world.arrivals(), 1);
}

#[test]
fn calling_off_what_has_ended_changes_nothing() {
    let world = World::new();
    let (handle, ended) = started(&world.door(), send());
    assert!(ended.recv_timeout(PATIENCE).unwrap().is_ok());
    assert!(handle.unwrap().cancel().is_none());
    assert_eq!(world.arrivals(), 1);
}

#[test]
fn a_door_that_closes_says_of_every_call_what_is_known_of_it() {
    let world = World::new();
    world.hang("AFTER_ACCEPT", "messages.send");
    world.hang("BEFORE_ACCEPT", "apps.list");
    let door = world.door();
    let (_, a_send) = started(&door, send());
    let (_, a_read) = started(&door, call("apps.list", None));
    eventually(|| world.requests("messages.send").len() == 1 && world.requests("apps.list").len() == 1);
    door.close();
    let error = a_send.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::UnknownOutcome, true));
    assert_eq!(error.evidence().unwrap().correlation_id.as_deref(), Some("mine"));
    let error = a_read.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Closed, true));
    world.abandoned("messages.send");
    world.abandoned("apps.list");

    door.close();
    let (handle, ended) = started(&door, send());
    assert!(handle.is_none());
    let error = ended.try_recv().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.operation()), (ErrorKind::Closed, false, Some("sms.send")));
    assert_eq!(world.arrivals(), 1);
}

#[test]
fn foreign_code_brings_a_token_from_its_own_thread() {
    let world = World::new();
    let token = made(&world.observer, call("auth.token", Some(json!({"grant_type": "client_credentials"}))));
    let token = token["access_token"].as_str().unwrap().to_owned();
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let door = open_asking(&world, move |ticket| {
        *counter.lock().unwrap() += 1;
        let token = token.clone();
        std::thread::spawn(move || {
            ticket.answer(Ok(ProvidedToken::new(token)));
            ticket.answer(Err(ForeignFailure::boxed("too late to count", None)));
        });
    });
    (0..3).for_each(|_| drop(ended(&door, send()).unwrap()));
    assert_eq!(*asked.lock().unwrap(), 1);
    assert_eq!(world.arrivals(), 3);
}

#[test]
fn foreign_code_that_fails_is_an_auth_error_with_its_cause() {
    let world = World::new();
    let door = open_asking(&world, |ticket| {
        ticket.answer(Err(ForeignFailure::boxed("the backend is down", Some(7))));
    });
    let error = ErrorRecord::from(&ended(&door, send()).unwrap_err());
    assert_eq!((error.kind.as_str(), error.sent, error.attempts), ("auth", false, 0));
    assert_eq!((error.cause.as_deref(), error.cause_number), (Some("the backend is down"), Some(7)));
    // The next call asks anew.
    assert_eq!(ended(&door, send()).unwrap_err().kind(), ErrorKind::Auth);
}

#[test]
fn foreign_code_that_forgets_its_ticket_or_panics_is_an_auth_error() {
    let world = World::new();
    let forgetful = open_asking(&world, drop);
    assert_eq!(ended(&forgetful, send()).unwrap_err().kind(), ErrorKind::Auth);
    let broken = open_asking(&world, |_| panic!("of the app"));
    assert_eq!(ended(&broken, send()).unwrap_err().kind(), ErrorKind::Auth);
    assert_eq!(world.arrivals(), 0);
}

/// The pages of what was sent to the handset, one message a page. The app must keep its messages.
fn pages(world: &World, door: &Door) -> Pages {
    let kept = json!({"processing_mode": "CONVERSATION"});
    let path = vec![("app_id".to_owned(), world.app_id.clone())];
    made(&world.observer, CallRecord { path, ..call("apps.update", Some(kept)) });
    (0..3).for_each(|_| drop(ended(door, send()).unwrap()));
    let query = [("app_id", world.app_id.as_str()), ("page_size", "1")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let list = CallRecord { query, ..call("messages.list", None) };
    door.pages(list.into_call().unwrap()).unwrap()
}

fn next(pages: &Pages) -> (Option<CallHandle>, Receiver<Result<Option<Response>, Error>>) {
    let (sender, receiver) = channel();
    (pages.next(move |page| sender.send(page).unwrap()), receiver)
}

fn messages(page: &Response) -> usize {
    serde_json::from_slice::<Value>(&page.body).unwrap()["messages"].as_array().unwrap().len()
}

#[test]
fn a_list_is_read_page_by_page() {
    let world = World::new();
    let door = world.door();
    let pages = pages(&world, &door);
    let mut seen = 0;
    while let Some(page) = next(&pages).1.recv_timeout(PATIENCE).unwrap().unwrap() {
        seen += messages(&page);
    }
    assert_eq!(seen, 3);
    assert!(next(&pages).1.recv_timeout(PATIENCE).unwrap().unwrap().is_none());
    assert_eq!(door.pages(send().into_call().unwrap()).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_page_that_is_called_off_is_the_next_one_again() {
    let world = World::new();
    let door = world.door();
    let pages = pages(&world, &door);
    world.hang("BEFORE_ACCEPT", "messages.list");
    let (handle, cut_off) = next(&pages);
    eventually(|| !world.requests("messages.list").is_empty());
    // One page at a time.
    let error = next(&pages).1.try_recv().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("messages.list")));
    assert!(handle.unwrap().cancel().unwrap().evidence().is_none());
    assert_eq!(cut_off.recv_timeout(PATIENCE).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    made(&world.observer, call("sandbox.clear_faults", None));
    for _ in 0..3 {
        assert_eq!(messages(&next(&pages).1.recv_timeout(PATIENCE).unwrap().unwrap().unwrap()), 1);
    }
    door.close();
    assert_eq!(next(&pages).1.recv_timeout(PATIENCE).unwrap().unwrap_err().kind(), ErrorKind::Closed);
}

#[test]
fn whoever_keeps_the_books_is_told_of_every_unknown_outcome_once() {
    let world = World::new();
    world.hang("AFTER_ACCEPT", "messages.send");
    let told = Arc::new(Mutex::new(Vec::new()));
    let books = Arc::clone(&told);
    let key = ConfigRecord {
        key_id: Some(world.sandbox.key_id().to_owned()),
        key_secret: Some(world.sandbox.key_secret().to_owned()),
        ..record(&world.sandbox, Some(&world.app_id))
    };
    let config = key.into_config(None).unwrap();
    let config = config.on_unknown(move |error| books.lock().unwrap().push(ErrorRecord::from(error)));
    let door = Door::open(config, Runtime::shared().unwrap()).unwrap();
    let (handle, called_off) = started(&door, send());
    let (_, closed) = started(&door, send());
    eventually(|| world.requests("messages.send").len() == 2);
    handle.unwrap().cancel().unwrap();
    called_off.recv_timeout(PATIENCE).unwrap().unwrap_err();
    door.close();
    closed.recv_timeout(PATIENCE).unwrap().unwrap_err();
    eventually(|| told.lock().unwrap().len() == 2);
    let kinds: Vec<String> = told.lock().unwrap().iter().map(|error| error.kind.clone()).collect();
    assert_eq!(kinds, ["cancelled", "unknown_outcome"]);
    assert!(told.lock().unwrap().iter().all(|error| error.sent && error.evidence.is_some()));
    // Calls that closing cut off are counted too.
    let seen = door.statistics();
    assert_eq!((seen.calls, seen.unknown, seen.under_way()), (2, 2, 0));
}

#[test]
fn statistics_stay_when_the_door_is_closed() {
    let world = World::new();
    let door = world.door();
    ended(&door, send()).unwrap();
    ended(&door, call("sms.send", Some(json!({"to": "12", "text": "x"})))).unwrap_err();
    door.close();
    let seen = door.statistics();
    assert_eq!((seen.calls, seen.accepted, seen.failed, seen.attempts), (2, 1, 1, 1));
}
