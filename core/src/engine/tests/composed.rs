//! `apps.add_channel`: reading, editing, writing back.

use serde_json::{Value, json};

use super::script::*;

const APP: &str = r#"{"id":"01A","new":1.10,"channel_credentials":[{"channel":"RCS","price":1.10,"state":{"status":"ACTIVE"},"static_bearer":{"claimed_identity":"","token":"t"}}]}"#;

fn add(credentials: &Value) -> Call {
    Call::named("apps.add_channel").unwrap().path("app_id", "01A").body(credentials.to_string())
}

fn sms_channel() -> Value {
    json!({"channel": "SMS", "static_bearer": {"claimed_identity": "plan", "token": "secret"}})
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_added_and_what_was_there_stays_byte_for_byte() {
    let stage = stage([Turn::answer(200, APP), Turn::answer(200, r#"{"id":"01A"}"#)]);
    let response = stage.engine.execute(add(&sms_channel())).await.unwrap();
    assert_eq!((&response.body[..], response.attempts), (&br#"{"id":"01A"}"#[..], 2));
    let urls = stage.urls.lock().unwrap().clone();
    assert!(urls[0].0.ends_with("/apps/01A"), "{}", urls[0].0);
    assert!(urls[1].0.ends_with("/apps/01A?update_mask=channel_credentials"), "{}", urls[1].0);
    let written = stage.bodies();
    let old = r#"{"channel":"RCS","price":1.10,"state":{"status":"ACTIVE"},"static_bearer":{"claimed_identity":"","token":"t"}}"#;
    assert_eq!(written, [format!(r#"{{"channel_credentials":[{old},{}]}}"#, sms_channel())]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_told_under_the_name_that_the_caller_knows_and_a_read_changes_nothing() {
    let table = [
        (vec![Turn::answer(404, "{}")], ErrorKind::NotFound, false, 1),
        (vec![Turn::answer(200, "<html>")], ErrorKind::Decode, false, 1),
        (vec![Turn::answer(200, r#"{"channel_credentials":1}"#)], ErrorKind::Decode, false, 1),
        (vec![Turn::answer(200, APP), Turn::answer(400, "{}")], ErrorKind::InvalidRequest, false, 2),
    ];
    for (turns, kind, sent, attempts) in table {
        let error = stage(turns).engine.execute(add(&sms_channel())).await.unwrap_err();
        assert_eq!((error.kind(), error.sent(), error.attempts()), (kind, sent, attempts), "{error:?}");
        assert_eq!(error.operation(), Some("apps.add_channel"));
    }
    let options = CallOptions::default().max_retries(0);
    let error = stage([Turn::answer(200, APP), Turn::Drop])
        .engine
        .execute(add(&sms_channel()).options(options))
        .await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Connect, true, 2));
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_wrong_are_refused_before_anything_is_read() {
    let stage = stage([]);
    for wrong in [json!({}), json!({"channel": 7}), json!([])] {
        let error = stage.engine.execute(add(&wrong)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{wrong}");
    }
    let nameless = Call::named("apps.add_channel").unwrap().body(sms_channel().to_string());
    assert_eq!(stage.engine.execute(nameless).await.unwrap_err().path(), Some("$.app_id"));
}

#[tokio::test(start_paused = true)]
async fn both_calls_share_the_time_of_one() {
    let slow = Turn::slow(Duration::ZERO, Duration::from_secs(8), 200, APP);
    let stage = stage([slow, Turn::Silence]);
    let started = Instant::now();
    let options = CallOptions::default().timeout(Duration::from_secs(9));
    stage.engine.execute(add(&sms_channel()).options(options)).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(9));
}
