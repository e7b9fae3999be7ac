//! The engine's rules against a scripted transport, in virtual time. The same rules over real sockets are in `tests/`.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body as _;
use tokio::time::sleep;

use super::*;
use crate::CallOptions;
use crate::exchange::Answer;
use crate::transport::Exchange;

/// What the scripted server does with one request.
enum Turn {
    /// Takes the body after a while, and answers after a further while.
    Answer {
        connect: Duration,
        think: Duration,
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
    },
    /// Fails before the body is taken.
    Refuse(Cause),
    /// Takes the body and breaks off.
    Drop,
    /// Never comes to take the body.
    NoConnection,
    /// Takes the body and never answers.
    Silence,
}

impl Turn {
    fn answer(status: u16, body: &'static str) -> Self {
        Self::Answer { connect: Duration::ZERO, think: Duration::ZERO, status, headers: &[], body }
    }

    fn with_headers(status: u16, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self::Answer { connect: Duration::ZERO, think: Duration::ZERO, status, headers, body: "{}" }
    }
}

#[derive(Default)]
struct Script {
    turns: Mutex<VecDeque<Turn>>,
    /// Bodies that the server took.
    taken: Arc<AtomicU32>,
    tokens: Arc<AtomicU32>,
    /// How often the token endpoint still answers 429.
    busy: AtomicU32,
    urls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

fn take(request: &mut Request) -> bool {
    let Some(body) = &mut request.body else { return true };
    let mut context = Context::from_waker(Waker::noop());
    matches!(Pin::new(body).poll_frame(&mut context), std::task::Poll::Ready(Some(Ok(_))))
}

impl Transport for Script {
    fn exchange(&self, mut request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let answer = |status, headers: &[(&'static str, &'static str)], body: &'static str| {
                let mut map = HeaderMap::new();
                for (name, value) in headers {
                    map.insert(*name, HeaderValue::from_static(value));
                }
                Ok(Answer { status, headers: map, body: Bytes::from_static(body.as_bytes()), broken: None })
            };
            if request.url.path().ends_with("/oauth2/token") {
                self.tokens.fetch_add(1, Ordering::SeqCst);
                if self.busy.load(Ordering::SeqCst) > 0 {
                    self.busy.fetch_sub(1, Ordering::SeqCst);
                    return answer(429, &[("retry-after", "0")], "{}");
                }
                return answer(200, &[], r#"{"access_token":"T","expires_in":3600}"#);
            }
            self.urls.lock().unwrap().push((request.url.to_string(), request.headers.clone()));
            let turn =
                self.turns.lock().unwrap().pop_front().expect("the script has a turn for every attempt");
            let broken = |text: &str| Err(Failure::new(Cause::Broken, text));
            match turn {
                Turn::Refuse(cause) => Err(Failure::new(cause, "scripted")),
                Turn::NoConnection => pending().await,
                Turn::Drop | Turn::Silence | Turn::Answer { .. } => {
                    if let Turn::Answer { connect, .. } = turn {
                        sleep(connect).await;
                    }
                    if !take(&mut request) {
                        return broken("the body was taken back");
                    }
                    self.taken.fetch_add(1, Ordering::SeqCst);
                    match turn {
                        Turn::Silence => pending().await,
                        Turn::Answer { think, status, headers, body, .. } => {
                            sleep(think).await;
                            answer(status, headers, body)
                        }
                        _ => broken("connection reset"),
                    }
                }
            }
        })
    }
}

/// A client with a script, and what the script saw.
struct Stage {
    engine: Engine,
    taken: Arc<AtomicU32>,
    tokens: Arc<AtomicU32>,
    urls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

fn stage(turns: impl IntoIterator<Item = Turn>) -> Stage {
    stage_with(turns, |config| config)
}

fn stage_with(turns: impl IntoIterator<Item = Turn>, set: impl FnOnce(Config) -> Config) -> Stage {
    let script = Script { turns: Mutex::new(turns.into_iter().collect()), ..Script::default() };
    let (taken, tokens, urls) = (script.taken.clone(), script.tokens.clone(), script.urls.clone());
    let config = Config::new("project", Credentials::access_key("key", "secret"))
        .region("eu".parse().unwrap())
        .app_id("01HKWT3XRVH6RP17S8KSBC4PYR");
    let config = set(config);
    let addresses = Addresses::of(&config).unwrap();
    Stage {
        engine: Engine::with_transport(config, addresses, Box::new(script)).unwrap(),
        taken,
        tokens,
        urls,
    }
}

impl Stage {
    fn taken(&self) -> u32 {
        self.taken.load(Ordering::SeqCst)
    }

    async fn send(&self) -> Result<Response, Error> {
        self.engine.execute(sms()).await
    }

    async fn list(&self) -> Result<Response, Error> {
        self.engine.execute(Call::named("apps.list").unwrap()).await
    }
}

fn sms() -> Call {
    let body = r#"{"to":"+46701234567","text":"Hello","message_metadata":"mine","correlation_id":"c1"}"#;
    Call::named("sms.send").unwrap().body(body)
}

const ACCEPTED: &str = r#"{"message_id":"01M"}"#;

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
        (302, ErrorKind::Server),
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

const EXPIRED: &[(&str, &str)] =
    &[("www-authenticate", "Bearer error=\"invalid_token\", error_description=\"Jwt expired at x\"")];

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_renewed_once() {
    let stage = stage([Turn::with_headers(401, EXPIRED), Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    assert_eq!(stage.tokens.load(Ordering::SeqCst), 2);

    let stage = self::stage([Turn::with_headers(401, EXPIRED), Turn::with_headers(401, EXPIRED)]);
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 2));
}

#[tokio::test(start_paused = true)]
async fn a_401_that_does_not_say_expired_does_not_heal() {
    let stage = stage([Turn::with_headers(401, &[("www-authenticate", "Bearer error=\"invalid_token\"")])]);
    assert_eq!(stage.send().await.unwrap_err().kind(), ErrorKind::Auth);
    assert_eq!(stage.tokens.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_is_never_replayed() {
    let stage = stage_with([Turn::with_headers(401, EXPIRED)], |mut config| {
        config.credentials = Credentials::token("fixed");
        config
    });
    assert_eq!(stage.send().await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test(start_paused = true)]
async fn a_slow_acceptance_of_a_send_is_accepted() {
    let slow = Turn::Answer {
        connect: Duration::from_secs(3),
        think: Duration::from_secs(20),
        status: 200,
        headers: &[],
        body: ACCEPTED,
    };
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
async fn a_404_to_a_delete_repeated_after_an_unclear_attempt_is_success() {
    let delete = || Call::named("apps.delete").unwrap().path("app_id", "01A");
    let stage = stage([Turn::Drop, Turn::answer(404, "{}")]);
    assert_eq!(stage.engine.execute(delete()).await.unwrap().status, 404);
    let stage = self::stage([Turn::answer(404, "{}")]);
    assert_eq!(stage.engine.execute(delete()).await.unwrap_err().kind(), ErrorKind::NotFound);
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
async fn a_call_that_is_dropped_before_the_hand_over_leaves_no_trace() {
    let stage = stage([Turn::NoConnection]);
    assert!(tokio::time::timeout(Duration::from_secs(1), stage.send()).await.is_err());
    assert_eq!(stage.taken(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_or_fails_ends_in_auth() {
    let hanging = stage_with([], |mut config| {
        config.credentials =
            Credentials::provider(pending::<Result<crate::ProvidedToken, crate::ProviderError>>);
        config
    });
    assert_eq!(hanging.send().await.unwrap_err().kind(), ErrorKind::Auth);
    let failing = stage_with([], |mut config| {
        config.credentials = Credentials::provider(|| async { Err("backend is down".into()) });
        config
    });
    let error = failing.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "backend is down");
}

#[test]
fn without_a_runtime_a_call_says_so() {
    let stage = stage([]);
    let mut call = Box::pin(stage.engine.execute(sms()));
    let mut context = Context::from_waker(Waker::noop());
    let std::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut context) else {
        panic!("must end at once")
    };
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
async fn only_a_refusal_says_for_certain_that_nothing_was_done() {
    for (status, sent) in [(400, false), (404, false), (429, false), (501, false), (302, true), (303, true)] {
        let options = CallOptions::default().max_retries(0);
        let stage = stage([Turn::answer(status, "{}")]);
        let error = stage.engine.execute(sms().options(options)).await.unwrap_err();
        assert_eq!((error.status(), error.sent()), (Some(status), sent));
    }
    for status in [101, 600, 999] {
        let error = stage([Turn::answer(status, "{}")]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.sent()), (ErrorKind::UnknownOutcome, true), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoints_429_is_waited_out_without_spinning() {
    let script = Script { busy: AtomicU32::new(100), ..Script::default() };
    script.turns.lock().unwrap().push_back(Turn::answer(200, ACCEPTED));
    let config =
        Config::new("project", Credentials::access_key("key", "secret")).region("eu".parse().unwrap());
    let config = config.app_id("01HKWT3XRVH6RP17S8KSBC4PYR");
    let addresses = Addresses::of(&config).unwrap();
    let engine = Engine::with_transport(config, addresses, Box::new(script)).unwrap();
    let started = Instant::now();
    engine.execute(sms()).await.unwrap();
    assert!(started.elapsed() >= limits::TOKEN_BACKOFF_FLOOR * 100);
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
async fn waiting_for_a_message_in_the_sandbox_is_one_attempt_however_long() {
    let slow = Turn::Answer {
        connect: Duration::ZERO,
        think: limits::ATTEMPT_TIMEOUT * 2,
        status: 200,
        headers: &[],
        body: "{}",
    };
    let stage = stage_with([slow], |config| config.base_url("http://127.0.0.1:1"));
    let wait = Call::named("sandbox.wait_for_message").unwrap().query("to", "+46701234567");
    assert_eq!(stage.engine.execute(wait).await.unwrap().attempts, 1);
}

/// Runs a send to its end, and calls it off before anybody was told of the end.
async fn called_off_at_the_end(turn: Turn) -> (Result<Response, Error>, Error) {
    let stage = stage([turn]);
    let call = sms();
    let watch = Watch::new(call.operation);
    let result = stage.engine.execute_watched(call, &watch).await;
    let verdict = watch.interrupt(crate::watch::Interruption::Cancelled).unwrap();
    (result, verdict)
}

#[tokio::test(start_paused = true)]
async fn a_send_called_off_while_its_end_is_told_never_counts_as_not_sent() {
    for turn in [Turn::answer(200, ACCEPTED), Turn::answer(200, "{}"), Turn::answer(500, ""), Turn::Drop] {
        let (_, verdict) = called_off_at_the_end(turn).await;
        assert_eq!((verdict.kind(), verdict.sent(), verdict.attempts()), (ErrorKind::Cancelled, true, 1));
        assert_eq!(verdict.evidence().unwrap().message_metadata.as_deref(), Some("mine"));
    }
    let (result, verdict) = called_off_at_the_end(Turn::answer(400, "")).await;
    assert!(!result.unwrap_err().sent() && !verdict.sent() && verdict.evidence().is_none());
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
