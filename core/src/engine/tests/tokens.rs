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

#[tokio::test(start_paused = true)]
async fn while_the_token_endpoint_answers_429_for_five_seconds_no_call_fails() {
    let calls = 500;
    let script = Script { busy_for: Some((Instant::now(), Duration::from_secs(5))), ..Script::default() };
    script.turns.lock().unwrap().extend((0..calls).map(|_| Turn::answer(200, ACCEPTED)));
    let stage = stage_of(script, |config| config);
    let mut sends = tokio::task::JoinSet::new();
    for _ in 0..calls {
        let engine = stage.engine.clone();
        sends.spawn(async move { engine.execute(sms()).await });
    }
    for sent in sends.join_all().await {
        assert_eq!(sent.unwrap().attempts, 1);
    }
    // One caller asks for all of them, and not without pause.
    assert!(stage.tokens.load(Ordering::SeqCst) < 40, "{:?}", stage.tokens);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends_and_no_call_waits_for_that() {
    let calls = 5_000;
    let script = Script::default();
    script.turns.lock().unwrap().extend((0..calls).map(|_| Turn::answer(200, ACCEPTED)));
    let stage = stage_of(script, |config| config);
    for _ in 0..calls {
        stage.send().await.unwrap();
        tokio::time::advance(Duration::from_secs(3)).await;
    }
    // 15,000 seconds with tokens of 3,600 that are renewed at 80 %: the first, and five more.
    assert_eq!(stage.tokens.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_calls_its_own_client_is_told_so_at_once() {
    let mine: Arc<std::sync::OnceLock<Engine>> = Arc::default();
    let own = Arc::clone(&mine);
    let stage = stage_with([], |mut config| {
        config.credentials = Credentials::provider(move || {
            let engine = own.get().unwrap().clone();
            async move {
                engine.execute(Call::named("apps.list").unwrap()).await?;
                Ok(crate::ProvidedToken::new("never"))
            }
        });
        config
    });
    assert!(mine.set(stage.engine.clone()).is_ok());
    let started = Instant::now();
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Auth, Duration::ZERO));
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("a client of its own"), "{cause}");
}
