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

#[tokio::test]
async fn while_the_token_endpoint_is_down_calls_end_in_auth_and_the_next_call_tries_anew() {
    let world = World::new().await.unwrap();
    let down = AddSandboxFaultRequest::new(Stage::BeforeAccept, Action::Respond).operation("auth.token");
    world.set(down.status(503).times(0)).await.unwrap();
    let client = world.client().unwrap();
    for _ in 0..2 {
        let error = client.sms().send(TO, TEXT).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.sent()), (ErrorKind::Auth, Some(503), false));
        assert_eq!(error.operation(), Some("sms.send"));
    }
    world.observer.sandbox().clear_faults().await.unwrap();
    client.sms().send(TO, TEXT).await.unwrap();
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn a_token_endpoint_that_never_answers_ends_calls_within_their_deadline() {
    let world = World::new().await.unwrap();
    let silent = AddSandboxFaultRequest::new(Stage::BeforeAccept, Action::Hang).operation("auth.token");
    world.set(silent.times(0)).await.unwrap();
    let config = world.config().attempt_timeout(Duration::from_millis(50)).timeout(Duration::from_secs(10));
    let client = Client::new(config).unwrap();
    let error = client.sms().send(TO, TEXT).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Auth, false));
    world.observer.sandbox().clear_faults().await.unwrap();
    client.sms().send(TO, TEXT).await.unwrap();
    assert_eq!(world.arrivals().await.unwrap(), 1);
}

#[tokio::test]
async fn one_caller_is_cancelled_and_the_others_get_the_token_that_it_had_begun_to_fetch() {
    let world = World::new().await.unwrap();
    let before = world.requests("auth.token").await.unwrap().len();
    let slow = AddSandboxFaultRequest::new(Stage::AfterAccept, Action::Delay).operation("auth.token");
    world.set(slow.delay_ms(300)).await.unwrap();
    let client = world.client().unwrap();
    let first = tokio::spawn(client.sms().send(TO, TEXT).into_future());
    while world.observer.sandbox().list_faults().await.unwrap().faults[0].fired == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..5).map(|_| tokio::spawn(client.sms().send(TO, TEXT).into_future())).collect();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(world.requests("auth.token").await.unwrap().len() - before, 1);
    // The one that was cancelled before its body went out has left no trace.
    assert_eq!(world.arrivals().await.unwrap(), 5);
}

#[tokio::test]
async fn a_provider_that_fails_panics_or_brings_nothing_ends_in_auth() {
    let world = World::new().await.unwrap();
    let providers = [
        Credentials::provider(|| async { Err("the backend is down".into()) }),
        Credentials::provider(|| async { panic!("of the app") }),
        Credentials::provider(|| async { Ok(ProvidedToken::new("")) }),
        Credentials::provider(|| async { Ok(ProvidedToken::new("line\nbreak")) }),
    ];
    for credentials in providers {
        let config = Config::new(PROJECT, credentials).base_url(world.sandbox.url()).app_id(&world.app_id);
        let client = Client::new(config).unwrap();
        let error = client.sms().send(TO, TEXT).await.unwrap_err();
        assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Auth, false, 0));
    }
    assert_eq!(world.arrivals().await.unwrap(), 0);
}
