//! No secret, no full number and no message text in what models, clients and errors show of themselves.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use tidings::models::{
    AppMessage, ChannelRecipientIdentity, ConversationChannel, IdentifiedBy, Recipient, SendMessageRequest,
};
use tidings_tests::{TEXT, TO, World};

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
