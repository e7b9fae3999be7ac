//! No secret, no full number and no message text in what the client tells `tracing` at any level, in its errors, and in what
//! panics print. Alone in its file: the subscriber and the panic hook are those of the process.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::fmt::Write;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings::models::{AddSandboxFaultRequest, SandboxFaultAction as Action, SandboxFaultStage as Stage};
use tidings::{Client, Config, Credentials};
use tidings_tests::{PROJECT, TEXT, World};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down everything that the `tidings` targets say, at every level.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<String>>);

impl Visit for Notebook {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Notebook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tidings")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        writeln!(self.0.lock().unwrap(), "span {}", span.metadata().name()).unwrap();
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The metadata that every send carries: somebody's own reference, with a number in it.
const METADATA: &str = "order of +46709876543";

/// A number that stands in no example.
const NUMBER: &str = "+46709876543";

/// Texts that must stand nowhere.
fn forbidden(world: &World) -> Vec<String> {
    let secrets = [world.sandbox.key_secret(), "hunter2", "Bearer", "eyJ"];
    let personal = ["46709876543", "709876543", TEXT, METADATA];
    secrets.iter().chain(&personal).map(ToString::to_string).collect()
}

fn is_clean(what: &str, text: &str, forbidden: &[String]) {
    for word in forbidden {
        assert!(!text.contains(word.as_str()), "{word} in {what}: {text}");
    }
}

fn fault(stage: Stage, action: Action, operation: &str) -> AddSandboxFaultRequest {
    AddSandboxFaultRequest::new(stage, action).operation(operation)
}

/// Everything that can go wrong with a send, one after the other; what came of it, as text and as `Debug`.
async fn trouble(world: &World, client: &Client) -> Vec<String> {
    let body = format!(r#"{{"error":{{"message":"{NUMBER} is unknown","status":"{NUMBER}"}}}}"#);
    let responding = |status: i32| {
        fault(Stage::BeforeAccept, Action::Respond, "messages.send").status(status).body(body.as_str())
    };
    let faults = [
        responding(429).times(2),
        responding(400),
        responding(401),
        responding(500),
        fault(Stage::BeforeAccept, Action::ExpireToken, "messages.send"),
        fault(Stage::AfterAccept, Action::Close, "messages.send"),
        fault(Stage::AfterAccept, Action::Truncate, "messages.send"),
        fault(Stage::BeforeRead, Action::Reset, "messages.send"),
        fault(Stage::BeforeAccept, Action::Respond, "auth.token").status(403).body(body.as_str()),
    ];
    let mut told = Vec::new();
    for fault in faults {
        world.set(fault).await.unwrap();
        match client.sms().send(NUMBER, TEXT).message_metadata(METADATA).await {
            Ok(sent) => told.push(format!("{:?} {sent:?}", sent.raw().len())),
            Err(error) => told.push(format!("{error} {error:?} {:?}", error.message())),
        }
        world.observer.sandbox().clear_faults().await.unwrap();
    }
    // Refused before the network: what is wrong is named by its place, not by its value.
    for (to, text) in [("+4670987654300000", TEXT), (NUMBER, "")] {
        let error = client.sms().send(to, text).message_metadata(METADATA).await.unwrap_err();
        told.push(format!("{error} {error:?}"));
    }
    let get = client.messages().list().channel_identity(NUMBER).page_size(-1);
    told.push(format!("{:?}", get.await.unwrap_err()));
    // Called off while nobody answers.
    world.set(fault(Stage::AfterAccept, Action::Hang, "messages.send")).await.unwrap();
    let call = client.sms().send(NUMBER, TEXT).message_metadata(METADATA);
    let call = tokio::time::timeout(Duration::from_millis(200), call.into_future()).await;
    assert!(call.is_err());
    told
}

#[tokio::test]
async fn traces_errors_and_panics_tell_the_operation_and_the_status_and_nothing_personal() {
    let world = World::new().await.unwrap();
    let notebook = Notebook::default();
    tracing::subscriber::set_global_default(notebook.clone()).unwrap();
    let panics = Notebook::default();
    let seen = panics.0.clone();
    std::panic::set_hook(Box::new(move |panic| writeln!(seen.lock().unwrap(), "{panic}").unwrap()));
    let told_unknown = Arc::new(Mutex::new(Vec::new()));
    let unknown = Arc::clone(&told_unknown);
    let config = world
        .config()
        .proxy("http://user:hunter2@127.0.0.1:9")
        .on_retry(|_| panic!("of the app"))
        .on_unknown(move |error| unknown.lock().unwrap().push(format!("{error} {error:?}")));
    let shown = format!("{config:?}");
    let client = Client::new(config).unwrap();
    let told = trouble(&world, &client).await;
    let panicking = Credentials::provider(|| async { panic!("of the app") });
    let panicking = Client::new(Config::new(PROJECT, panicking).base_url(world.sandbox.url())).unwrap();
    let error = panicking.apps().list().await.unwrap_err();
    drop(std::panic::take_hook());

    let notes = notebook.0.lock().unwrap().clone();
    for expected in [
        "tidings.call",
        "tidings.attempt",
        "sms.send",
        "messages:send",
        "unknown_outcome",
        "rate_limited",
        "200",
        "called off",
        "callback of the app panicked",
    ] {
        assert!(notes.contains(expected), "{expected} in {notes}");
    }
    let told_unknown = told_unknown.lock().unwrap().join("\n");
    assert_eq!(told_unknown.lines().count(), 5, "{told_unknown}");
    let forbidden = forbidden(&world);
    is_clean("the log", &notes, &forbidden);
    is_clean("the errors", &told.join("\n"), &forbidden);
    is_clean("what on_unknown was told", &told_unknown, &forbidden);
    is_clean("the panics", &panics.0.lock().unwrap(), &forbidden);
    is_clean("the forms of clients", &format!("{shown} {client:?} {error:?}"), &forbidden);
}
