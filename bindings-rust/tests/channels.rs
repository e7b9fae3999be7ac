//! `apps.add_channel`, against the sandbox.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::time::Duration;

use serde_json::{Value, json};
use tidings::models::{
    AddSandboxFaultRequest, App, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    LineCredentials, SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, ErrorKind, RetryPolicy};
use tidings_sandbox::{Options, Sandbox};

/// A sandbox with an app in it that has the channel SMS.
struct World {
    _sandbox: Sandbox,
    client: Client,
    app_id: String,
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
        let pauses = RetryPolicy::default().pauses(Duration::from_millis(1), Duration::from_millis(5));
        let config = Config::new("project", credentials).base_url(sandbox.url()).retry(pauses);
        let client = Client::new(config).unwrap();
        let asked = CreateAppRequest::new([bearer(ConversationChannel::Sms, "first")], "Shop");
        let app_id = client.apps().create(asked).await.unwrap().id.clone();
        Self { _sandbox: sandbox, client, app_id }
    }

    async fn app(&self) -> App {
        self.client.apps().get(&self.app_id).await.unwrap().into_inner()
    }

    /// The operations that the sandbox saw since the app was made.
    async fn operations(&self) -> Vec<String> {
        let requests = self.client.sandbox().list_requests().await.unwrap().into_inner().requests;
        let operations = requests.into_iter().map(|request| request.operation);
        operations.filter(|operation| !matches!(operation.as_str(), "auth.token" | "apps.create")).collect()
    }
}

fn bearer(channel: ConversationChannel, token: &str) -> ChannelCredentialsRequest {
    ChannelCredentialsRequest::static_bearer(channel, StaticBearerCredentials::new("plan", token))
}

fn line(number: i32, token: &str) -> ChannelCredentialsRequest {
    ChannelCredentialsRequest::line(ConversationChannel::Line, LineCredentials::new(token, "secret"))
        .credential_ordinal_number(number)
}

/// Channel, number and token of each of an app's credentials, in their order.
fn credentials(app: &App) -> Vec<(&str, i32, &str)> {
    app.channel_credentials
        .iter()
        .map(|one| {
            let bearer = one.static_bearer.as_ref().map(|bearer| &*bearer.token);
            let line = one.line_credentials.as_ref().map(|line| &*line.token);
            let number = one.credential_ordinal_number.unwrap_or_default();
            (one.channel.as_str(), number, bearer.or(line).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_channel_is_added_behind_those_that_the_app_has() {
    let world = World::new().await;
    let before = world.app().await;
    let whatsapp = bearer(ConversationChannel::Whatsapp, "second");
    let after = world.client.apps().add_channel(&world.app_id, whatsapp).await.unwrap().into_inner();
    assert_eq!(credentials(&after), [("SMS", 0, "first"), ("WHATSAPP", 0, "second")]);
    assert_eq!(world.app().await, after);
    let others = |mut app: App| {
        app.channel_credentials.clear();
        app
    };
    assert_eq!(others(after), others(before));
}

#[tokio::test]
async fn a_channel_that_the_app_has_gets_new_credentials_in_its_place() {
    let world = World::new().await;
    let apps = world.client.apps();
    apps.add_channel(&world.app_id, bearer(ConversationChannel::Rcs, "second")).await.unwrap();
    let app = apps.add_channel(&world.app_id, bearer(ConversationChannel::Sms, "third")).await.unwrap();
    assert_eq!(credentials(&app), [("SMS", 0, "third"), ("RCS", 0, "second")]);
}

#[tokio::test]
async fn adding_a_channel_again_changes_nothing() {
    let world = World::new().await;
    let add = || world.client.apps().add_channel(&world.app_id, bearer(ConversationChannel::Rcs, "second"));
    let once = add().await.unwrap().into_inner();
    assert_eq!(add().await.unwrap().into_inner(), once);
}

#[tokio::test]
async fn line_accounts_stand_beside_each_other_and_are_told_apart_by_their_number() {
    let world = World::new().await;
    let apps = world.client.apps();
    for (number, token) in [(0, "one"), (7, "two"), (7, "three")] {
        apps.add_channel(&world.app_id, line(number, token)).await.unwrap();
    }
    assert_eq!(
        credentials(&world.app().await),
        [("SMS", 0, "first"), ("LINE", 0, "one"), ("LINE", 7, "three")]
    );
}

#[tokio::test]
async fn what_no_model_knows_goes_along() {
    let world = World::new().await;
    let body = json!({"channel": "RCS", "static_bearer": {"claimed_identity": "i", "token": "t"}, "later": {"a": 1}});
    world.client.apps().add_channel(&world.app_id, body).await.unwrap();
    let sms = bearer(ConversationChannel::Sms, "second");
    let app = world.client.apps().add_channel(&world.app_id, sms).await.unwrap();
    let read: Value = serde_json::from_slice(app.raw()).unwrap();
    assert_eq!(read["channel_credentials"][1]["later"], json!({"a": 1}));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_the_channel_is_there_once() {
    let world = World::new().await;
    let lost = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    world.client.sandbox().add_fault(lost.operation("apps.update")).await.unwrap();
    let rcs = bearer(ConversationChannel::Rcs, "second");
    let app = world.client.apps().add_channel(&world.app_id, rcs).await.unwrap();
    assert_eq!(credentials(&app), [("SMS", 0, "first"), ("RCS", 0, "second")]);
    assert_eq!(world.operations().await, ["apps.get", "apps.update", "apps.update"]);
}

#[tokio::test]
async fn credentials_without_a_channel_are_refused_before_the_network() {
    let world = World::new().await;
    let body = json!({"static_bearer": {"claimed_identity": "i", "token": "t"}});
    let error = world.client.apps().add_channel(&world.app_id, body).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidRequest, Some("$.channel")));
    assert_eq!((error.operation(), error.sent()), (Some("apps.add_channel"), false));
    assert_eq!(world.operations().await, [""; 0]);
}

#[tokio::test]
async fn an_app_that_is_not_there_is_not_found_and_nothing_is_changed() {
    let world = World::new().await;
    let rcs = bearer(ConversationChannel::Rcs, "second");
    let error = world.client.apps().add_channel("01HKWT3XRVH6RP17S8KSBC4PYR", rcs).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("apps.add_channel")));
    assert_eq!(world.operations().await, ["apps.get"]);
}
