//! `replay_unknown`, new connections, refusals of HTTP/2, and what is told of retries and unknown outcomes.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::script::*;
use crate::Phase;

fn replaying() -> Call {
    sms().options(CallOptions::default().replay_unknown(true))
}

#[tokio::test(start_paused = true)]
async fn whoever_prefers_doubles_to_losses_gets_an_unknown_outcome_tried_again() {
    for turn in [Turn::Drop, Turn::answer(500, ""), Turn::answer(200, "{}"), Turn::Silence] {
        let stage = stage([turn, Turn::answer(200, ACCEPTED)]);
        assert_eq!(stage.engine.execute(replaying()).await.unwrap().attempts, 2);
        assert_eq!(stage.taken(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_unknown_once_stays_unknown_whatever_comes_after_it() {
    for last in [
        Turn::answer(400, "{}"),
        Turn::answer(429, "{}"),
        Turn::with_headers(401, &[]),
        Turn::Refuse(Cause::Tls),
        Turn::Refuse(Cause::Connect),
        Turn::NoConnection,
    ] {
        let options = CallOptions::default().replay_unknown(true).max_retries(1);
        let stage = stage([Turn::Drop, last]);
        let error = stage.engine.execute(sms().options(options)).await.unwrap_err();
        assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::UnknownOutcome, true, 2));
        assert_eq!(error.evidence().unwrap().phase, Phase::AwaitingAnswer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_waits_as_long_as_the_api_asks() {
    let stage = stage([Turn::with_headers(503, &[("retry-after", "9")]), Turn::answer(200, ACCEPTED)]);
    let started = Instant::now();
    stage.engine.execute(replaying()).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn without_that_wish_the_time_that_the_api_asks_for_is_told_and_not_waited() {
    let error = stage([Turn::with_headers(503, &[("retry-after", "9")])]).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
}

#[tokio::test(start_paused = true)]
async fn a_misdirected_request_is_sent_once_more_over_a_new_connection() {
    let stage = stage([Turn::answer(421, ""), Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    assert_eq!(stage.renewals.load(Ordering::SeqCst), 1);

    let stage = self::stage([Turn::answer(421, ""), Turn::answer(421, "")]);
    let error = stage.list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(421)));
    assert_eq!((error.sent(), error.attempts()), (false, 2));
    assert_eq!(stage.renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_refused_unread_is_sent_again() {
    let stage = stage([Turn::Refuse(Cause::Refused), Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    // The stack had taken the body, and all the same the server says that it did nothing.
    let stage = self::stage([Turn::TakeAndRefuse, Turn::TakeAndRefuse, Turn::answer(200, ACCEPTED)]);
    assert_eq!(stage.send().await.unwrap().attempts, 3);
    let refusing = self::stage((0..4).map(|_| Turn::TakeAndRefuse));
    let error = refusing.send().await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Connect, false, 4));
}

#[tokio::test(start_paused = true)]
async fn every_retry_is_told_with_its_reason() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let turns = [
        Turn::with_headers(429, &[("retry-after", "3")]),
        Turn::Refuse(Cause::Connect),
        Turn::answer(421, ""),
        Turn::answer(200, ACCEPTED),
    ];
    let stage = stage_with(turns, |config| {
        config.on_retry(move |event| {
            seen.lock().unwrap().push((event.error.kind(), event.error.attempts(), event.pause));
        })
    });
    stage.send().await.unwrap();
    let told = told.lock().unwrap().clone();
    let kinds: Vec<_> = told.iter().map(|(kind, attempts, _)| (*kind, *attempts)).collect();
    assert_eq!(kinds, [(ErrorKind::RateLimited, 1), (ErrorKind::Connect, 2), (ErrorKind::Connect, 3)]);
    assert_eq!((told[0].2, told[2].2), (Duration::from_secs(3), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_changes_no_outcome() {
    let turns = [Turn::Refuse(Cause::Connect), Turn::answer(200, ACCEPTED), Turn::Drop];
    let stage = stage_with(turns, |config| {
        config.on_retry(|_| panic!("of the app")).on_unknown(|_| panic!("of the app"))
    });
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    assert_eq!(stage.send().await.unwrap_err().kind(), ErrorKind::UnknownOutcome);
}

#[tokio::test(start_paused = true)]
async fn the_statistics_account_for_every_call() {
    let turns = [
        Turn::answer(200, ACCEPTED),
        Turn::Refuse(Cause::Connect),
        Turn::answer(200, ACCEPTED),
        Turn::answer(400, "{}"),
        Turn::Drop,
        Turn::NoConnection,
        Turn::Silence,
    ];
    let stage = stage(turns);
    for _ in 0..4 {
        let _ = stage.send().await;
    }
    stage.engine.execute(Call::named("sms.send").unwrap().body("{}")).await.unwrap_err();
    for _ in 0..2 {
        assert!(tokio::time::timeout(Duration::from_secs(1), stage.send()).await.is_err());
    }
    let seen = stage.engine.statistics();
    let ended = (seen.accepted, seen.failed, seen.unknown, seen.cancelled);
    // Failed: the 400, and the body that was refused. Unknown: the drop, and the silence that was called off.
    assert_eq!((seen.calls, ended), (7, (2, 2, 2, 1)));
    assert_eq!((seen.attempts, seen.retries, seen.token_fetches), (7, 1, 1));
    assert_eq!((seen.under_way(), seen.waiting), (0, 0));
}
