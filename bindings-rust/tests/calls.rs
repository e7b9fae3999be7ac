//! What a single call can be told, and what it tells.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::time::Duration;

use tidings::models::{
    AddSandboxFaultRequest, ChannelCredentialsRequest, ConversationChannel, CreateAppRequest,
    SandboxFaultAction, SandboxFaultStage, StaticBearerCredentials,
};
use tidings::{Client, Config, Credentials, ErrorKind, RetryPolicy};
use tidings_sandbox::{Options, Sandbox};

const TO: &str = "+46701234567";

/// A sandbox that loses the answer of the first send, and a client of it.
async fn that_loses_the_first_answer() -> (Sandbox, Client) {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let credentials = Credentials::access_key(sandbox.key_id(), sandbox.key_secret());
    let pauses = RetryPolicy::default().pauses(Duration::from_millis(1), Duration::from_millis(5));
    let config = Config::new("project", credentials).base_url(sandbox.url()).retry(pauses);
    let plan = StaticBearerCredentials::new("plan", "token");
    let sms = ChannelCredentialsRequest::static_bearer(ConversationChannel::Sms, plan);
    let app = Client::new(config.clone()).unwrap().apps().create(CreateAppRequest::new([sms], "x"));
    let client = Client::new(config.app_id(&app.await.unwrap().id)).unwrap();
    let lost = AddSandboxFaultRequest::new(SandboxFaultStage::AfterAccept, SandboxFaultAction::Close);
    client.sandbox().add_fault(lost.operation("messages.send")).await.unwrap();
    (sandbox, client)
}

async fn arrivals(client: &Client) -> usize {
    client.sandbox().run_until_idle().await.unwrap();
    client.sandbox().ledger().to(TO).await.unwrap().arrivals.len()
}

#[tokio::test]
async fn a_send_whose_answer_is_lost_stays_unknown_and_arrives_once() {
    let (_sandbox, client) = that_loses_the_first_answer().await;
    let error = client.sms().send(TO, "Hello").replay_unknown(false).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::UnknownOutcome, 1));
    assert_eq!(arrivals(&client).await, 1);
}

#[tokio::test]
async fn a_send_that_may_be_replayed_is_accepted_in_the_end_and_arrives_twice() {
    let (_sandbox, client) = that_loses_the_first_answer().await;
    let sent = client.sms().send(TO, "Hello").replay_unknown(true).await.unwrap();
    assert_eq!(sent.attempts(), 2);
    assert_eq!(arrivals(&client).await, 2);
}

#[tokio::test]
async fn statistics_count_the_calls_of_a_client_and_of_its_clones() {
    let (_sandbox, client) = that_loses_the_first_answer().await;
    let before = client.statistics();
    client.sms().send(TO, "Hello").await.unwrap_err();
    client.clone().sms().send(TO, "Hello").await.unwrap();
    client.sms().send("0701234567", "Hello").await.unwrap_err();
    let after = client.statistics();
    assert_eq!(after.calls - before.calls, 3);
    assert_eq!((after.accepted - before.accepted, after.unknown, after.failed), (1, 1, 1));
    assert_eq!((after.attempts - before.attempts, after.under_way()), (2, 0));
}
