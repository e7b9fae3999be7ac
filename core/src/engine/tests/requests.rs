//! What goes out: addresses, ids, defaults.

use std::task::{Context, Poll, Waker};

use super::script::*;

#[tokio::test(start_paused = true)]
async fn a_send_is_accepted_and_its_bytes_are_kept() {
    let stage = stage([Turn::answer(200, ACCEPTED)]);
    let response = stage.send().await.unwrap();
    assert_eq!((response.status, response.attempts, &response.body[..]), (200, 1, ACCEPTED.as_bytes()));
    let urls = stage.urls.lock().unwrap();
    assert_eq!(urls[0].0, "https://eu.conversation.api.sinch.com/v1/projects/project/messages:send");
    assert_eq!(urls[0].1["authorization"], "Bearer T");
    assert!(urls[0].1["authorization"].is_sensitive());
    assert!(urls[0].1["user-agent"].to_str().unwrap().starts_with("tidings/"));
}

#[test]
fn without_a_runtime_a_call_says_so() {
    let stage = stage([]);
    let mut call = Box::pin(stage.engine.execute(sms()));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = call.as_mut().poll(&mut context) else { panic!("must end at once") };
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn the_default_app_completes_a_call_and_never_changes_one() {
    let stage = stage([Turn::answer(200, "{}"), Turn::answer(200, "{}")]);
    let recent = Call::named("conversations.list_recent").unwrap();
    stage.engine.execute(recent).await.unwrap();
    stage.engine.execute(Call::named("messages.list").unwrap()).await.unwrap();
    let urls = stage.urls.lock().unwrap().clone();
    assert!(urls[0].0.ends_with("conversations:recent?app_id=01HKWT3XRVH6RP17S8KSBC4PYR"), "{}", urls[0].0);
    assert!(urls[1].0.ends_with("/messages"), "{}", urls[1].0);
    let error = stage.engine.execute(Call::named("apps.delete").unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidRequest, Some("$.app_id")));
}

#[tokio::test(start_paused = true)]
async fn no_id_can_change_the_path() {
    let stage = stage([Turn::answer(200, "{}")]);
    let get = |id: &str| Call::named("messages.get").unwrap().path("message_id", id);
    stage.engine.execute(get("a/../b?x=1#y+ å")).await.unwrap();
    assert!(stage.urls.lock().unwrap()[0].0.ends_with("/messages/a%2F..%2Fb%3Fx%3D1%23y%2B%20%C3%A5"));
    for id in ["", ".", ".."] {
        let error = stage.engine.execute(get(id)).await.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidRequest, Some("$.message_id")));
    }
}

#[tokio::test(start_paused = true)]
async fn one_address_for_all_hosts_keeps_the_batch_paths_apart() {
    let shared =
        stage_with([Turn::answer(200, "{}")], |config| config.base_url("http://127.0.0.1:1/prefix/"));
    shared.engine.execute(Call::named("batches.get").unwrap().path("batch_id", "b")).await.unwrap();
    assert_eq!(
        shared.urls.lock().unwrap()[0].0,
        "http://127.0.0.1:1/prefix/batch/v1/projects/project/messages/b"
    );
    let regional = stage([Turn::answer(200, "{}")]);
    regional.engine.execute(Call::named("batches.get").unwrap().path("batch_id", "b")).await.unwrap();
    let expected = "https://eu.conversationbatch.api.sinch.com/v1/projects/project/messages/b";
    assert_eq!(regional.urls.lock().unwrap()[0].0, expected);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_needs_an_app_says_how_to_name_one() {
    let nameless = stage_with([], |mut config| {
        config.app_id = None;
        config
    });
    let error = nameless.send().await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidRequest, Some("$.app_id")));
    assert!(error.message().contains("SINCH_APP_ID"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_address_without_end_is_refused_before_the_network() {
    let stage = stage([]);
    let id = "x".repeat(20 * 1024 * 1024);
    let get = Call::named("messages.get").unwrap().path("message_id", id.as_str());
    let list = Call::named("contacts.list").unwrap().query("page_token", id);
    for call in [get, list] {
        let error = stage.engine.execute(call).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0));
        assert!(error.to_string().len() < 200, "{error}");
    }
}
