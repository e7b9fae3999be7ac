//! The token, over real sockets.
#![allow(clippy::unwrap_used, reason = "tests say what they expect by unwrapping it")]

use std::future::IntoFuture;
use std::time::Duration;

use tidings::models::{AddSandboxFaultRequest, SandboxFaultAction as Action, SandboxFaultStage as Stage};
use tidings::{Client, Config, Credentials, ErrorKind, ProvidedToken};
use tidings_tests::{PROJECT, TEXT, TO, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_first_calls_make_one_token_call() {
    let world = World::new().await.unwrap();
    let before = world.requests("auth.token").await.unwrap().len();
    let client = world.client().unwrap();
    let calls: Vec<_> = (0..1000).map(|_| tokio::spawn(client.apps().list().into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(world.requests("auth.token").await.unwrap().len() - before, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_dies_under_many_calls_is_renewed_once_and_no_text_goes_out_twice() {
    let world = World::new().await.unwrap();
    let client = world.client().unwrap();
    client.apps().list().await.unwrap();
    let before = world.requests("auth.token").await.unwrap().len();
    world.fault(Stage::BeforeAccept, Action::ExpireToken).await.unwrap();
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(client.sms().send(TO, TEXT).into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(world.requests("auth.token").await.unwrap().len() - before, 1);
    assert_eq!(world.arrivals().await.unwrap(), 100);
}

#[tokio::test]
async fn a_wrong_key_is_an_auth_error_at_once() {
    let world = World::new().await.unwrap();
    let credentials = Credentials::access_key(world.sandbox.key_id(), "wrong");
    let client = Client::new(Config::new(PROJECT, credentials).base_url(world.sandbox.url())).unwrap();
    let error = client.apps().list().await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.sent()), (ErrorKind::Auth, Some(401), false));
    assert_eq!(error.operation(), Some("apps.list"));
}

#[tokio::test]
async fn the_token_endpoints_429_is_waited_out() {
    let world = World::new().await.unwrap();
    let busy = AddSandboxFaultRequest::new(Stage::BeforeAccept, Action::Respond).operation("auth.token");
    world.set(busy.status(429).times(5)).await.unwrap();
    assert_eq!(world.client().unwrap().apps().list().await.unwrap().attempts(), 1);
}

#[tokio::test]
async fn a_caller_whose_time_is_up_waits_no_longer_and_the_fetch_goes_on() {
    let world = World::new().await.unwrap();
    let before = world.requests("auth.token").await.unwrap().len();
    let slow = AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Delay).operation("auth.token");
    world.set(slow.delay_ms(400)).await.unwrap();
    let client = world.client().unwrap();
    let patient = tokio::spawn(client.apps().list().into_future());
    let error = client.apps().list().timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Timeout, false, 0));
    patient.await.unwrap().unwrap();
    assert_eq!(world.requests("auth.token").await.unwrap().len() - before, 1);
}

#[tokio::test]
async fn the_apps_own_code_can_bring_the_token() {
    let world = World::new().await.unwrap();
    let credentials = Credentials::provider(|| async { Ok(ProvidedToken::new("not a token of this API")) });
    let client = Client::new(Config::new(PROJECT, credentials).base_url(world.sandbox.url())).unwrap();
    assert_eq!(client.apps().list().await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn basic_authentication_serves_for_tests() {
    let world = World::new().await.unwrap();
    let before = world.requests("auth.token").await.unwrap().len();
    let credentials = Credentials::basic(world.sandbox.key_id(), world.sandbox.key_secret());
    let client = Client::new(Config::new(PROJECT, credentials).base_url(world.sandbox.url())).unwrap();
    assert_eq!(client.apps().list().await.unwrap().apps.len(), 1);
    assert_eq!(world.requests("auth.token").await.unwrap().len(), before);
}
