//! The token of a client, in virtual time.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;

fn counting(life: Duration) -> (Arc<AtomicU32>, impl Fn() -> Fetch) {
    let count = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&count);
    let fetch = move || -> Fetch {
        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move {
            tokio::task::yield_now().await;
            Ok(Fetched { token: format!("token-{number}"), life: Some(life) })
        })
    };
    (count, fetch)
}

fn bearer(token: &Token) -> &str {
    token.authorization.to_str().unwrap()
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_thousand_first_callers_share_one_fetch() {
    let cache = Arc::new(TokenCache::default());
    let (count, fetch) = counting(HOUR);
    let fetch = Arc::new(fetch);
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (cache, fetch) = (Arc::clone(&cache), Arc::clone(&fetch));
            tokio::spawn(async move { cache.get(|| fetch()).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(bearer(&caller.await.unwrap().unwrap()), "Bearer token-1");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_caller_who_gives_up_takes_the_fetch_from_nobody() {
    let cache = Arc::new(TokenCache::default());
    let (release, gate) = tokio::sync::oneshot::channel::<()>();
    let gate = Mutex::new(Some(gate));
    let fetch = || -> Fetch {
        let gate = gate.lock().unwrap().take().expect("one fetch only");
        Box::pin(async move {
            gate.await.unwrap();
            Ok(Fetched { token: "shared".to_owned(), life: Some(HOUR) })
        })
    };
    let mut first = Box::pin(cache.get(fetch));
    assert!(
        std::future::poll_fn(|context| std::task::Poll::Ready(first.as_mut().poll(context).is_pending()))
            .await
    );
    drop(first);
    release.send(()).unwrap();
    assert_eq!(bearer(&cache.get(fetch).await.unwrap()), "Bearer shared");
}

#[tokio::test]
async fn a_failed_fetch_answers_its_waiters_and_is_not_kept() {
    let cache = Arc::new(TokenCache::default());
    let failing = || -> Fetch { Box::pin(async { Err(Error::new(ErrorKind::Auth, "no")) }) };
    assert_eq!(cache.get(failing).await.unwrap_err().kind(), ErrorKind::Auth);
    let (_, fetch) = counting(HOUR);
    assert_eq!(bearer(&cache.get(fetch).await.unwrap()), "Bearer token-1");
}

#[tokio::test]
async fn a_panic_of_the_provider_is_an_error_of_its_waiters() {
    let cache = Arc::new(TokenCache::default());
    let fetch = || -> Fetch { Box::pin(async { panic!("of the app") }) };
    assert_eq!(cache.get(fetch).await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn only_the_token_that_failed_is_forgotten() {
    let cache = Arc::new(TokenCache::default());
    let (count, fetch) = counting(HOUR);
    let old = cache.get(&fetch).await.unwrap();
    cache.forget(&old);
    let new = cache.get(&fetch).await.unwrap();
    cache.forget(&old);
    assert_eq!(cache.get(&fetch).await.unwrap().generation, new.generation);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn a_runtime_that_stands_still_holds_up_nobody_else() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (still, running) = (runtime(), runtime());
    let cache = Arc::new(TokenCache::default());
    let (_, fetch) = counting(HOUR);
    still.block_on(async {
        let mut call = Box::pin(cache.get(&fetch));
        let began = |context: &mut std::task::Context<'_>| call.as_mut().poll(context).is_pending();
        let mut began = began;
        assert!(std::future::poll_fn(|context| std::task::Poll::Ready(began(context))).await);
    });
    assert_eq!(bearer(&running.block_on(cache.get(&fetch)).unwrap()), "Bearer token-2");
}

#[test]
fn each_runtime_fetches_once_however_many_callers_it_has() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = Arc::new(TokenCache::default());
    let (count, fetch) = counting(HOUR);
    let fetch = Arc::new(fetch);
    let begun = Arc::new(std::sync::Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (cache, fetch, begun) = (Arc::clone(&cache), Arc::clone(&fetch), Arc::clone(&begun));
            std::thread::spawn(move || {
                runtime().block_on(async {
                    begun.wait();
                    let mut callers = tokio::task::JoinSet::new();
                    for _ in 0..50 {
                        let (cache, fetch) = (Arc::clone(&cache), Arc::clone(&fetch));
                        callers.spawn(async move { cache.get(|| fetch()).await.unwrap() });
                    }
                    callers.join_all().await;
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(count.load(Ordering::SeqCst) <= 4, "{count:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_joins_a_fetch_that_fails_has_one_of_their_own_if_that_may_help() {
    for (retryable, fetches) in [(true, 2), (false, 1)] {
        let cache = Arc::new(TokenCache::default());
        let count = AtomicU32::new(0);
        let fetch = || -> Fetch {
            let number = count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let busy = Error::new(ErrorKind::Auth, "busy").with(|record| record.retryable = retryable);
                if number == 0 { Err(busy) } else { Ok(Fetched { token: "late".to_owned(), life: None }) }
            })
        };
        let (first, second) = tokio::join!(cache.get(fetch), cache.get(fetch));
        assert!(first.is_err());
        assert_eq!(second.is_ok(), retryable);
        assert_eq!(count.load(Ordering::SeqCst), fetches);
    }
}

#[tokio::test]
async fn a_token_near_its_end_serves_while_the_next_is_fetched() {
    let cache = Arc::new(TokenCache::default());
    let (count, fetch) = counting(HOUR);
    cache.get(&fetch).await.unwrap();
    let back = HOUR.mul_f64(0.81);
    cache.lock().held.as_mut().unwrap().since.1 -= back;
    assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-1");
    let mut under_way = cache.lock().fetching.first().cloned().expect("a refresh is under way");
    under_way.result.wait_for(Option::is_some).await.unwrap();
    assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-2");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_that_ended_while_the_machine_slept_is_not_used() {
    let cache = Arc::new(TokenCache::default());
    let (_, fetch) = counting(HOUR);
    cache.get(&fetch).await.unwrap();
    cache.lock().held.as_mut().unwrap().since.1 -= HOUR;
    assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_by_the_monotonic_clock_when_the_wall_clock_was_set_back() {
    let cache = Arc::new(TokenCache::default());
    let (_, fetch) = counting(HOUR);
    cache.get(&fetch).await.unwrap();
    cache.lock().held.as_mut().unwrap().since.1 += 24 * HOUR;
    assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-1");
    tokio::time::advance(HOUR).await;
    assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-2");
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_was_set_ahead_costs_one_fetch_and_no_call() {
    let cache = Arc::new(TokenCache::default());
    let (count, fetch) = counting(HOUR);
    cache.get(&fetch).await.unwrap();
    cache.lock().held.as_mut().unwrap().since.1 -= 24 * HOUR;
    for _ in 0..100 {
        assert_eq!(bearer(&cache.get(&fetch).await.unwrap()), "Bearer token-2");
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn while_a_refresh_fails_the_old_token_serves_to_its_end() {
    let cache = Arc::new(TokenCache::default());
    let (_, fetch) = counting(HOUR);
    cache.get(&fetch).await.unwrap();
    tokio::time::advance(HOUR.mul_f64(0.9)).await;
    let asked = AtomicU32::new(0);
    let failing = || -> Fetch {
        asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Err(Error::new(ErrorKind::Auth, "down")) })
    };
    for seconds in 0..10 {
        assert_eq!(bearer(&cache.get(failing).await.unwrap()), "Bearer token-1");
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Not with every call.
        assert_eq!(asked.load(Ordering::SeqCst), 1 + seconds / 5);
    }
    tokio::time::advance(HOUR.mul_f64(0.1)).await;
    assert_eq!(cache.get(failing).await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn an_empty_token_is_an_auth_error() {
    let cache = Arc::new(TokenCache::default());
    let fetch = || -> Fetch { Box::pin(async { Ok(Fetched { token: String::new(), life: None }) }) };
    assert_eq!(cache.get(fetch).await.unwrap_err().kind(), ErrorKind::Auth);
}

#[test]
fn the_life_of_a_jwt_is_read_from_exp() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let jwt = |claims: String| format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims));
    let life = jwt_life(&jwt(format!("{{\"exp\":{}}}", now + 100))).unwrap();
    assert!(life <= Duration::from_secs(100) && life > Duration::from_secs(90));
    assert_eq!(jwt_life(&jwt("{\"exp\":1}".to_owned())), Some(Duration::ZERO));
    assert_eq!(jwt_life(&jwt("{}".to_owned())), None);
    assert_eq!(jwt_life("opaque"), None);
}

proptest! {
    #[test]
    fn no_token_makes_the_jwt_reader_panic(token in ".{0,80}", claims in ".{0,40}", exp in any::<f64>()) {
        let _ = jwt_life(&token);
        let _ = jwt_life(&format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims)));
        let _ = jwt_life(&format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}"))));
    }
}
