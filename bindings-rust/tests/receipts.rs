//! Receipts and lost sends, typed, with a sandbox that says what became of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by unwrapping it")]

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName};
use tidings::models::{
    self, AddSandboxFaultRequest, ChannelCredentialsRequest, ChannelRecipientIdentity, ConversationChannel,
    CreateAppRequest, CreateWebhookRequest, DispatchRetentionPolicy, IdentifiedBy, ProcessingMode,
    SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials, WebhookTargetType, WebhookTrigger,
};
use tidings::receipts::{Place, Receipts, Settlement, Status};
use tidings::webhooks::WebhookVerifier;
use tidings::{Client, Config, Credentials, ErrorKind, Evidence, limits};
use tidings_sandbox::{Options, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TO: &str = "+46701234567";
const MINUTE: Duration = Duration::from_mins(1);

/// A server on this machine that answers every request 200 with what `answer` makes of it. Its address.
async fn server(answer: impl Fn(HeaderMap, &[u8]) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let (headers, body) = request(&mut stream).await;
                let body = answer(headers, &body);
                let head =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            });
        }
    });
    url
}

async fn request(stream: &mut TcpStream) -> (HeaderMap, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "a whole request");
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let headers: HeaderMap = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let length =
            headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return (headers, bytes.split_off(end + 4));
        }
    }
}

/// A sandbox with an app, and a client of it.
struct World {
    _sandbox: Sandbox,
    client: Client,
}

impl World {
    async fn with(app: impl FnOnce(CreateAppRequest) -> CreateAppRequest) -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
        let config = Config::new("sandbox-project", credentials).base_url(sandbox.url());
        let plan = StaticBearerCredentials::new("plan", "token");
        let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
        let client = Client::new(config.clone()).unwrap();
        let app_id =
            client.apps().create(app(CreateAppRequest::new([sms], "tests"))).await.unwrap().id.clone();
        Self { _sandbox: sandbox, client: Client::new(config.app_id(app_id)).unwrap() }
    }

    async fn in_conversation_mode() -> Self {
        Self::with(|app| app.processing_mode(ProcessingMode::Conversation)).await
    }

    async fn send(&self, to: &str, metadata: &str) -> String {
        let send = self.client.sms().send(to, "Your code is 4711").message_metadata(metadata);
        send.await.unwrap().message_id.clone()
    }

    /// Sends to [`TO`]. The message is accepted and the answer is lost.
    async fn lose(&self, metadata: &str) -> Evidence {
        let fault = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
        self.client.sandbox().add_fault(fault.operation("messages.send")).await.unwrap();
        let send = self.client.sms().send(TO, "Your code is 4711").message_metadata(metadata);
        let error = send.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
        error.evidence().unwrap().clone()
    }

    /// A webhook with both triggers that count, which verifies what comes and feeds it.
    async fn webhook(&self) -> Receipts {
        let (receipts, verifier) = (Receipts::new(), WebhookVerifier::new("hush"));
        let fed = receipts.clone();
        let target = server(move |headers, body| {
            fed.feed(&verifier.verify(body, &headers).unwrap());
            String::new()
        });
        let webhook = CreateWebhookRequest::new(target.await)
            .target_type(WebhookTargetType::Http)
            .triggers([WebhookTrigger::MessageDelivery, WebhookTrigger::MessageSubmit])
            .secret("hush");
        self.client.webhooks().create(webhook).await.unwrap();
        receipts
    }

    /// What the search in receipts and store says.
    async fn settle(&self, evidence: &Evidence) -> Settlement {
        Receipts::new().settle(evidence, TO, Some(&self.client)).await.unwrap()
    }

    /// The one message that the handset got.
    async fn arrived(&self) -> String {
        self.client.sandbox().run_until_idle().await.unwrap();
        let ledger = self.client.sandbox().ledger().to(TO).await.unwrap().into_inner();
        let [arrival] = &ledger.arrivals[..] else { panic!("one arrival, not {}", ledger.arrivals.len()) };
        arrival.message_id.clone()
    }
}

fn found(message_id: String) -> Settlement {
    Settlement::Found { message_id }
}

#[tokio::test]
async fn a_message_is_waited_for_until_it_is_delivered() {
    let world = World::with(|app| app).await;
    let receipts = world.webhook().await;
    let id = world.send(TO, "order 7").await;
    let told = receipts.wait_for(&id, Status::Delivered, MINUTE).await.unwrap();
    assert_eq!(told.status, Status::Delivered);
    assert_eq!(
        [&told.channel, &told.identity, &told.metadata].map(|text| text.as_deref().unwrap()),
        ["SMS", "46701234567", "order 7"]
    );
    assert_eq!(receipts.statuses().len(), 1);
}

#[tokio::test]
async fn a_lost_send_is_settled_by_its_receipt() {
    let world = World::with(|app| app).await;
    let receipts = world.webhook().await;
    let evidence = world.lose("order 7").await;
    let arrived = world.arrived().await;
    let settled = receipts.settle(&evidence, TO, None).await.unwrap();
    assert_eq!(settled, found(arrived.clone()));
    let told = receipts.wait_for(&arrived, Status::Delivered, MINUTE).await.unwrap();
    assert_eq!(told.status, Status::Delivered);
}

#[tokio::test]
async fn a_lost_send_is_found_among_the_messages_of_conversation_mode() {
    let world = World::in_conversation_mode().await;
    world.send(TO, "order 6").await;
    world.send("+46700000000", "order 7").await;
    let evidence = world.lose("order 7").await;
    let messages = world.client.messages().list().channel_identity("46701234567").await.unwrap();
    let newest = messages.messages[0].id.clone().unwrap();
    assert_eq!(world.settle(&evidence).await, found(newest));
}

#[tokio::test]
async fn a_lost_send_is_found_among_the_messages_of_dispatch_mode() {
    let kept = |app: CreateAppRequest| {
        let policy: DispatchRetentionPolicy = serde_json::from_value(
            serde_json::json!({"retention_type": "MESSAGE_EXPIRE_POLICY", "ttl_days": 1}),
        )
        .unwrap();
        app.dispatch_retention_policy(policy)
    };
    let world = World::with(kept).await;
    let evidence = world.lose("order 7").await;
    assert_eq!(world.settle(&evidence).await, found(world.arrived().await));
}

#[tokio::test]
async fn where_nothing_is_stored_the_answer_is_no_more_than_not_found() {
    let world = World::with(|app| app).await;
    let evidence = world.lose("order 7").await;
    let looked_in = vec![Place::Receipts, Place::ConversationSource, Place::DispatchSource];
    assert_eq!(world.settle(&evidence).await, Settlement::NotFound { looked_in });
    world.arrived().await;
    assert_eq!(world.client.statistics().unknown, 1, "and nothing was sent by looking");
}

#[tokio::test]
async fn of_stored_messages_that_are_alike_none_is_chosen() {
    let world = World::in_conversation_mode().await;
    let known = world.send(TO, "campaign").await;
    let Settlement::Ambiguous { message_ids } = world.settle(&world.lose("campaign").await).await else {
        panic!("two messages fit")
    };
    assert!(message_ids.len() == 2 && message_ids.contains(&known), "{message_ids:?}");
}

#[tokio::test]
async fn a_lost_send_to_a_contact_is_found() {
    let world = World::in_conversation_mode().await;
    let first = world.send(TO, "hello").await;
    let contact_id = world.client.messages().get(&first).await.unwrap().contact_id.clone().unwrap();
    let evidence = world.lose("order 7").await;
    let recipient = models::Recipient::contact_id(&contact_id);
    let settled = Receipts::new().settle(&evidence, &recipient, Some(&world.client)).await.unwrap();
    let messages = world.client.messages().list().contact_id(&contact_id).await.unwrap();
    assert_eq!(settled, found(messages.messages[0].id.clone().unwrap()));
}

#[tokio::test]
async fn a_recipient_with_several_addresses_is_found_by_each() {
    let world = World::in_conversation_mode().await;
    let evidence = world.lose("order 7").await;
    let identity = |channel, identity: &str| ChannelRecipientIdentity::new(channel, identity);
    let recipient = models::Recipient::identified_by(IdentifiedBy::new([
        identity(ConversationChannel::Messenger, "7746490198930851"),
        identity(ConversationChannel::Sms, TO),
    ]));
    let settled = Receipts::new().settle(&evidence, &recipient, Some(&world.client)).await.unwrap();
    assert!(matches!(settled, Settlement::Found { .. }), "{settled:?}");
}

#[tokio::test]
async fn an_error_of_the_list_is_told() {
    let world = World::in_conversation_mode().await;
    let evidence = world.lose("order 7").await;
    let fault = AddSandboxFaultRequest::new(SandboxFaultStage::BeforeAccept, SandboxFaultAction::Respond);
    world.client.sandbox().add_fault(fault.operation("messages.list").status(403)).await.unwrap();
    let error = Receipts::new().settle(&evidence, TO, Some(&world.client)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Permission, Some("messages.list")));
}

#[tokio::test]
async fn a_list_without_end_is_not_told_as_looked_through() {
    let world = World::with(|app| app).await;
    let evidence = world.lose("order 7").await;
    let pages = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let asked = Arc::clone(&pages);
    let endless = server(move |_, _| {
        let page = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!(r#"{{"messages":[{{"id":"01M{page}","metadata":"other"}}],"next_page_token":"{page}"}}"#)
    });
    let config = Config::new("project", Credentials::token("token")).base_url(endless.await);
    let client = Client::new(config).unwrap();
    let settled = Receipts::new().settle(&evidence, TO, Some(&client)).await.unwrap();
    assert_eq!(settled, Settlement::NotFound { looked_in: vec![Place::Receipts] });
    assert_eq!(pages.load(std::sync::atomic::Ordering::Relaxed), 2 * limits::SETTLE_PAGES);
}
