//! What the end of an attempt means: the table of the design.

use super::script::*;

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_again() {
    let stage =
        stage([Turn::Refuse(Cause::Connect), Turn::Refuse(Cause::Broken), Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 3);
    assert_eq!(stage.taken(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_end_and_the_error_says_that_nothing_was_sent() {
    let stage = stage((0..4).map(|_| Turn::Refuse(Cause::Connect)));
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::Connect, 4, false));
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_heal_fails_at_once() {
    let table = [
        (Cause::Tls, ErrorKind::Tls),
        (Cause::UnknownHost, ErrorKind::Connect),
        (Cause::Proxy, ErrorKind::Connect),
        (Cause::BadRequest, ErrorKind::Config),
    ];
    for (cause, kind) in table {
        let error = stage([Turn::Refuse(cause)]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.sent()), (kind, 1, false), "{cause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_without_an_answer_is_unknown_and_never_repeated() {
    let stage = stage([Turn::Drop]);
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.sent()), (ErrorKind::UnknownOutcome, 1, true));
    assert!(!error.is_retryable());
    let evidence = error.evidence().unwrap();
    assert_eq!(evidence.phase, crate::Phase::AwaitingAnswer);
    assert_eq!(evidence.correlation_id.as_deref(), Some("c1"));
    assert_eq!(evidence.message_metadata.as_deref(), Some("mine"));
    assert_eq!(error.operation(), Some("sms.send"));
    assert_eq!(stage.taken(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_without_an_answer_is_repeated() {
    let stage = stage([Turn::Drop, Turn::Drop, Turn::answer(200, "{}")]);
    assert_eq!(stage.list().await.unwrap().attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_api_are_unknown_for_a_send_and_repeated_for_a_read() {
    for status in [408, 500, 502, 503, 504, 599] {
        let error = stage([Turn::answer(status, "<html>")]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnknownOutcome, Some(status)));
        assert_eq!(error.body().unwrap(), "<html>");
        assert_eq!(error.evidence().unwrap().phase, crate::Phase::Answered);
        let stage = stage([Turn::answer(status, ""), Turn::answer(200, "{}")]);
        assert_eq!(stage.list().await.unwrap().attempts, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_are_final_for_both() {
    let table = [
        (307, ErrorKind::Server),
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Auth),
        (403, ErrorKind::Permission),
        (404, ErrorKind::NotFound),
        (407, ErrorKind::Connect),
        (409, ErrorKind::Conflict),
        (422, ErrorKind::InvalidRequest),
        (501, ErrorKind::Server),
    ];
    for (status, kind) in table {
        let body = r#"{"error":{"code":1,"message":"about +46701234567","status":"SOME_CODE"}}"#;
        let send = stage([Turn::answer(status, body)]).send().await.unwrap_err();
        let list = stage([Turn::answer(status, body)]).list().await.unwrap_err();
        for error in [send, list] {
            assert_eq!((error.kind(), error.status(), error.attempts()), (kind, Some(status), 1));
            assert_eq!(error.code(), Some("SOME_CODE"));
            assert_eq!(error.body().unwrap(), body);
            assert!(!format!("{error} {error:?}").contains("46701234567"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_is_no_answer_is_unknown_for_a_send_and_a_decode_error_for_a_read() {
    for body in
        ["", "{}", "null", "<html>", r#"{"message_id":""}"#, r#"{"message_id":null}"#, r#"{"message_id":"#]
    {
        let error = stage([Turn::answer(200, body)]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnknownOutcome, Some(200)), "{body}");
        assert_eq!(error.body().unwrap(), body);
    }
    let error = stage([Turn::answer(200, "<html>")]).list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
}

#[tokio::test(start_paused = true)]
async fn a_404_to_a_delete_repeated_after_an_unclear_attempt_is_success() {
    let delete = || Call::named("apps.delete").unwrap().path("app_id", "01A");
    let stage = stage([Turn::Drop, Turn::answer(404, "{}")]);
    assert_eq!(stage.engine.execute(delete()).await.unwrap().status, 404);
    let stage = self::stage([Turn::answer(404, "{}")]);
    assert_eq!(stage.engine.execute(delete()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn only_a_refusal_says_for_certain_that_nothing_was_done() {
    for (status, sent) in [(400, false), (404, false), (429, false), (501, false), (307, false), (308, false)]
    {
        let options = CallOptions::default().max_retries(0);
        let stage = stage([Turn::answer(status, "{}")]);
        let error = stage.engine.execute(sms().options(options)).await.unwrap_err();
        assert_eq!((error.status(), error.sent()), (Some(status), sent));
    }
    for status in [101, 300, 301, 302, 303, 304, 600, 999] {
        let error = stage([Turn::answer(status, "{}")]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.sent()), (ErrorKind::UnknownOutcome, true), "{status}");
    }
}
