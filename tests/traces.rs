//! No secret, no full number and no message text in what the client tells `tracing`. Alone in its file: the subscriber
//! is that of the process.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use tidings::models::{SandboxFaultAction, SandboxFaultStage};
use tidings_tests::{TEXT, TO, World};
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

#[tokio::test]
async fn traces_tell_the_operation_and_the_status_and_nothing_personal() {
    let world = World::new().await.unwrap();
    let client = world.client().unwrap();
    world.fault(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close).await.unwrap();
    let notebook = Notebook::default();
    tracing::subscriber::set_global_default(notebook.clone()).unwrap();
    client.sms().send(TO, TEXT).message_metadata("order of +46701234567").await.unwrap_err();
    client.sms().send(TO, TEXT).await.unwrap();
    let notes = notebook.0.lock().unwrap().clone();
    for expected in ["tidings.call", "tidings.attempt", "sms.send", "messages:send", "unknown_outcome", "200"]
    {
        assert!(notes.contains(expected), "{expected} in {notes}");
    }
    for forbidden in ["701234567", TEXT, world.sandbox.key_secret(), "Bearer", "eyJ"] {
        assert!(!notes.contains(forbidden), "{forbidden} in {notes}");
    }
}
