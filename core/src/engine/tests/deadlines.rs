//! How long things may take.

use super::script::*;

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out() {
    let started = Instant::now();
    let stage = stage([Turn::with_headers(429, &[("retry-after", "7")]), Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_429_that_points_beyond_the_deadline_fails_at_once() {
    let started = Instant::now();
    let stage = stage([Turn::with_headers(429, &[("retry-after", "31")])]);
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(31))));
    assert!(error.is_retryable() && !error.sent());
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_acceptance_of_a_send_is_accepted() {
    let slow = Turn::slow(Duration::from_secs(3), Duration::from_secs(20), 200, ACCEPTED);
    assert_eq!(stage([slow]).send().await.unwrap().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_read_is_given_up_and_tried_again() {
    let stage = stage([Turn::Silence, Turn::answer(200, "{}")]);
    let started = Instant::now();
    assert_eq!(stage.list().await.unwrap().attempts, 2);
    assert!(started.elapsed() >= limits::ATTEMPT_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_comes_is_certain_not_to_have_sent() {
    let stage = stage((0..3).map(|_| Turn::NoConnection));
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Timeout, false));
    assert_eq!(stage.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_hand_over_is_unknown_at_the_deadline() {
    let started = Instant::now();
    let stage = stage([Turn::Silence]);
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::UnknownOutcome, true));
    assert_eq!(started.elapsed(), limits::CALL_TIMEOUT);
    assert_eq!(error.evidence().unwrap().elapsed, limits::CALL_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_have_its_own_limits() {
    let options = CallOptions::default().max_retries(0).timeout(Duration::from_secs(2));
    let refused = stage([Turn::Refuse(Cause::Connect)]);
    let error = refused.engine.execute(sms().options(options.clone())).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    let started = Instant::now();
    let silent = stage([Turn::Silence]);
    silent.engine.execute(sms().options(options)).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn no_wait_is_too_long_to_count() {
    let stage = stage_with([Turn::with_headers(429, &[("retry-after", "18446744073709551615")])], |config| {
        config.timeout(Duration::MAX).attempt_timeout(Duration::MAX)
    });
    assert_eq!(stage.send().await.unwrap_err().kind(), ErrorKind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_not_made_in_time_is_certain_not_to_have_sent_without_a_body_too() {
    let late = || Turn::Refuse(Cause::ConnectTimeout);
    let error = stage((0..4).map(|_| late())).list().await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Timeout, false, 4));
    let delete = Call::named("apps.delete").unwrap().path("app_id", "01A");
    let error = stage([late(), late(), Turn::answer(404, "{}")]).engine.execute(delete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "no DELETE had gone out before");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_message_in_the_sandbox_is_one_attempt_however_long() {
    let slow = Turn::slow(Duration::ZERO, limits::ATTEMPT_TIMEOUT * 2, 200, "{}");
    let stage = stage_with([slow], |config| config.base_url("http://127.0.0.1:1"));
    let wait = Call::named("sandbox.wait_for_message").unwrap().query("to", "+46701234567");
    assert_eq!(stage.engine.execute(wait).await.unwrap().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_time_sends_nothing() {
    let stage = stage([Turn::answer(200, ACCEPTED)]);
    stage.list().await.unwrap();
    let before = stage.taken();
    let options = crate::CallOptions::default().timeout(Duration::ZERO);
    let error = stage.engine.execute(sms().options(options)).await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Timeout, false, 0));
    assert_eq!(stage.taken(), before);
}
