//! Getting a token, and what becomes of calls when there is none.

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};

use super::script::*;

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

#[tokio::test(start_paused = true)]
async fn the_token_endpoints_429_is_waited_out_without_spinning() {
    let script = Script { busy: AtomicU32::new(100), ..Script::default() };
    script.turns.lock().unwrap().push_back(Turn::answer(200, ACCEPTED));
    let stage = stage_of(script, |config| config);
    let started = Instant::now();
    stage.send().await.unwrap();
    assert!(started.elapsed() >= limits::TOKEN_BACKOFF_FLOOR * 100);
}
