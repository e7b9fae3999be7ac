//! The gate, the rate and the retry budget.

use super::script::*;

fn no_retries() -> CallOptions {
    CallOptions::default().max_retries(0)
}

/// An engine of its own project, so that no other test shares its rate.
fn limited(project: &str, turns: usize, rate: u32) -> Stage {
    let turns = (0..turns).map(|_| Turn::answer(200, ACCEPTED));
    stage_with(turns, |mut config| {
        project.clone_into(&mut config.project_id);
        config.rate_limit(rate).timeout(Duration::from_mins(1))
    })
}

/// Sends from many tasks, and says after how long each send was taken.
async fn send_all(stages: &[Stage], each: usize) -> Vec<Duration> {
    let started = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..each {
        for stage in stages {
            let engine = stage.engine.clone();
            calls.spawn(async move {
                engine.execute(sms()).await.unwrap();
                started.elapsed()
            });
        }
    }
    let mut moments = calls.join_all().await;
    moments.sort();
    moments
}

#[tokio::test(start_paused = true)]
async fn three_clients_of_one_project_keep_its_rate_together() {
    let (seconds, rate) = (5, limits::REQUESTS_PER_SECOND);
    let each = (seconds * rate / 3) as usize;
    let stages: Vec<Stage> = (0..3).map(|_| limited("three clients", each, rate)).collect();
    let moments = send_all(&stages, each).await;
    let within = |from: u64, to: u64| {
        moments
            .iter()
            .filter(|moment| (from..to).contains(&u64::try_from(moment.as_millis()).unwrap()))
            .count()
    };
    for from in (0..4_000).step_by(100) {
        // Timers of the runtime are whole milliseconds, so one request may be counted on the other side of an edge.
        let sent = within(from, from + 1_000);
        assert!((799..=801).contains(&sent), "{sent} in the second from {from} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_429_of_one_app_slows_nobody_else() {
    let full = stage_with((0..4).map(|_| Turn::with_headers(429, &[("retry-after", "5")])), |config| {
        config.rate_limit(800)
    });
    let others = limited("another", 100, 800);
    let started = Instant::now();
    let refused = tokio::spawn({
        let engine = full.engine.clone();
        async move { engine.execute(sms()).await.unwrap_err() }
    });
    let moments = send_all(&[others], 100).await;
    assert!(*moments.last().unwrap() < Duration::from_millis(200), "{moments:?}");
    assert_eq!(refused.await.unwrap().kind(), ErrorKind::RateLimited);
    assert!(started.elapsed() >= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn within_one_client_too_a_429_slows_nobody_else() {
    let turns = [Turn::with_headers(429, &[("retry-after", "5")])];
    let accepted = (0..50).map(|_| Turn::answer(200, ACCEPTED));
    let stage = stage(turns.into_iter().chain(accepted));
    let full = tokio::spawn({
        let engine = stage.engine.clone();
        async move { engine.execute(sms()).await.unwrap() }
    });
    while stage.engine.statistics().attempts == 0 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    for _ in 0..49 {
        stage.send().await.unwrap();
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(full.await.unwrap().attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_too_late_is_a_timeout_and_nothing_was_sent() {
    let stage = limited("too late", 2, 1);
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    let options = CallOptions::default().timeout(Duration::from_millis(500));
    let started = Instant::now();
    let error = stage.engine.execute(sms().options(options)).await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Timeout, false, 0));
    assert!(error.is_retryable() && error.message().contains("rate_limit"), "{error}");
    assert_eq!(started.elapsed(), Duration::ZERO, "waiting would have been for nothing");
}

#[tokio::test(start_paused = true)]
async fn no_more_attempts_than_places_are_under_way() {
    let slow = || Turn::slow(Duration::ZERO, Duration::from_secs(1), 200, ACCEPTED);
    let stage = stage_with((0..6).map(|_| slow()), |config| config.max_concurrency(2));
    let moments = send_all(std::slice::from_ref(&stage), 6).await;
    assert_eq!(moments, [1, 1, 2, 2, 3, 3].map(Duration::from_secs));
    assert_eq!(stage.engine.statistics().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_place_has_an_end_of_its_own() {
    let stage =
        stage_with([Turn::Silence], |config| config.max_concurrency(1).queue_timeout(Duration::from_secs(2)));
    let engine = stage.engine.clone();
    let _hanging = tokio::spawn(async move { engine.execute(sms()).await });
    while stage.taken() == 0 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    let error = stage.send().await.unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts()), (ErrorKind::Timeout, false, 0));
    assert!(error.message().contains("max_concurrency"), "{error}");
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_retry_holds_no_place() {
    let turns = [
        Turn::with_headers(429, &[("retry-after", "5")]),
        Turn::answer(200, ACCEPTED),
        Turn::answer(200, ACCEPTED),
    ];
    let stage = stage_with(turns, |config| config.max_concurrency(1));
    let engine = stage.engine.clone();
    let first = tokio::spawn(async move { engine.execute(sms()).await.unwrap() });
    while stage.taken() == 0 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    stage.send().await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(first.await.unwrap().attempts, 2);
}

#[test]
fn limits_that_let_nothing_through_are_refused() {
    let config = || Config::new("project", Credentials::token("token")).base_url("http://127.0.0.1:9");
    for wrong in [config().max_concurrency(0), config().rate_limit(0)] {
        assert_eq!(Engine::new(wrong).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let calls = 40;
    let policy = RetryPolicy::default().budget(20).pauses(Duration::ZERO, Duration::ZERO);
    let down =
        stage_with((0..calls * 4).map(|_| Turn::Refuse(Cause::Connect)), |config| config.retry(policy));
    for _ in 0..calls {
        let error = down.send().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Connect && error.is_retryable() && !error.sent());
    }
    let seen = down.engine.statistics();
    assert_eq!((seen.attempts, seen.retries), (calls + 20, 20));
}

#[tokio::test(start_paused = true)]
async fn what_the_api_asks_for_itself_does_not_count_as_a_retry_of_an_outage() {
    let policy = RetryPolicy::default().budget(0);
    let turns = [Turn::answer(429, "{}"), Turn::answer(200, ACCEPTED), Turn::Refuse(Cause::Connect)];
    let stage = stage_with(turns, |config| config.retry(policy));
    assert_eq!(stage.send().await.unwrap().attempts, 2);
    assert_eq!(stage.send().await.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_switched_off() {
    let stage = stage([Turn::answer(429, "{}")]);
    let error = stage.engine.execute(sms().options(no_retries())).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
}

#[tokio::test(start_paused = true)]
async fn calls_that_give_up_while_they_wait_for_their_turn_cost_the_others_none() {
    let stage = limited("giving up", 1_000, 10);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..600 {
        let engine = stage.engine.clone();
        calls.spawn(async move { tokio::time::timeout(Duration::from_secs(1), engine.execute(sms())).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let accepted = calls.join_all().await.into_iter().filter(|call| matches!(call, Ok(Ok(_)))).count();
    // Twice as many calls as turns, for half a minute.
    assert!((200..=301).contains(&accepted), "{accepted}");
}
