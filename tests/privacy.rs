//! No secret, no full number and no message text in what the client writes for people.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use tidings::models::{
    AppMessage, ChannelRecipientIdentity, ConversationChannel, IdentifiedBy, Recipient, SandboxFaultAction,
    SandboxFaultStage, SendMessageRequest,
};
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
    let guard = tracing::subscriber::set_default(notebook.clone());
    client.sms().send(TO, TEXT).message_metadata("order of +46701234567").await.unwrap_err();
    client.sms().send(TO, TEXT).await.unwrap();
    drop(guard);
    let notes = notebook.0.lock().unwrap().clone();
    for expected in ["tidings.call", "tidings.attempt", "sms.send", "messages:send", "unknown_outcome", "200"]
    {
        assert!(notes.contains(expected), "{expected} in {notes}");
    }
    for forbidden in ["701234567", TEXT, world.sandbox.key_secret(), "Bearer", "eyJ"] {
        assert!(!notes.contains(forbidden), "{forbidden} in {notes}");
    }
}

#[tokio::test]
async fn debug_forms_show_no_number_no_text_and_no_secret() {
    let world = World::new().await.unwrap();
    let identity = ChannelRecipientIdentity::new(ConversationChannel::Sms, TO);
    let recipient = Recipient::identified_by(IdentifiedBy::new(vec![identity]));
    let request = SendMessageRequest::new(recipient, AppMessage::text(TEXT)).message_metadata("order 7");
    let app = world.observer.apps().get(&world.app_id).await.unwrap();
    let webhook = serde_json::json!({"id": "01W", "target": "http://x", "secret": "hunter2"});
    let webhook: tidings::models::Webhook = serde_json::from_value(webhook).unwrap();
    let shown = format!("{request:?} {app:?} {webhook:?} {:?} {:?}", world.client().unwrap(), world.config());
    for forbidden in
        ["701234567", TEXT, "order 7", "\"token\": \"token\"", "hunter2", world.sandbox.key_secret()]
    {
        assert!(!shown.contains(forbidden), "{forbidden} in {shown}");
    }
    assert!(shown.contains("+46…67") && shown.contains("SMS"), "{shown}");
}
