//! The bearer token: fetched once however many wait for it, renewed before it ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderValue;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::limits;

/// A token as it goes out, with the number of the fetch it came from.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) authorization: HeaderValue,
    pub(crate) generation: u64,
}

/// A token as it came in.
#[derive(Clone)]
pub(crate) struct Fetched {
    pub(crate) token: String,
    pub(crate) life: Option<Duration>,
}

pub(crate) type Fetch = Pin<Box<dyn Future<Output = Result<Fetched, Error>> + Send>>;

/// The token of one client.
#[derive(Default)]
pub(crate) struct TokenCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The fetches under way, at most one for each runtime: one that stands still must not hold up another. The result reaches
    /// everyone who waits there.
    fetching: Vec<Fetching>,
    generation: u64,
    fetches: u64,
    /// No refresh is begun before that, after one has failed.
    refresh_from: Option<Instant>,
}

#[derive(Clone)]
struct Fetching {
    number: u64,
    runtime: tokio::runtime::Id,
    result: watch::Receiver<Option<Result<Token, Error>>>,
}

struct Held {
    token: Token,
    life: Duration,
    since: (Instant, SystemTime),
}

impl Held {
    /// The monotonic clock stops while a phone sleeps, and the wall clock may be set back: the longer time counts.
    fn age(&self) -> Duration {
        self.since.0.elapsed().max(self.since.1.elapsed().unwrap_or_default())
    }
}

impl TokenCache {
    /// A token that is good now. `fetch` starts getting a new one; it runs in a task of its own, so that a caller who
    /// gives up takes it away from nobody.
    pub(crate) async fn get(self: &Arc<Self>, fetch: impl Fn() -> Fetch) -> Result<Token, Error> {
        let runtime = tokio::runtime::Handle::current().id();
        let mut joined_late = true;
        loop {
            let mut result = {
                let mut state = self.lock();
                let now = Instant::now();
                let age = state.held.as_ref().map(|held| (held.age(), held.life));
                let (usable, ageing) = match age {
                    Some((age, life)) => (age < life, age >= life.mul_f64(limits::TOKEN_REFRESH_AT)),
                    None => (false, true),
                };
                // A fetch whose task is gone, with the runtime it ran on, answers nobody.
                state.fetching.retain(|fetch| fetch.result.has_changed().is_ok());
                let here = |fetch: &&Fetching| fetch.runtime == runtime;
                let wanted = if usable {
                    let rests = state.refresh_from.is_some_and(|from| now < from);
                    ageing && !rests && state.fetching.is_empty()
                } else {
                    !state.fetching.iter().any(|fetch| here(&fetch))
                };
                if wanted {
                    state.fetches += 1;
                    let number = state.fetches;
                    let result = self.start(number, fetch());
                    state.fetching.push(Fetching { number, runtime, result });
                    joined_late = false;
                }
                match (&state.held, state.fetching.iter().find(here)) {
                    (Some(held), _) if usable => return Ok(held.token.clone()),
                    (_, Some(fetch)) => fetch.result.clone(),
                    (_, None) => return Err(Error::new(ErrorKind::Internal, "no token is being fetched")),
                }
            };
            if let Ok(answer) = result.wait_for(Option::is_some).await
                && let Some(answer) = answer.clone()
            {
                match answer {
                    // It was begun before this call, whose time may not be over yet.
                    Err(error) if joined_late && error.is_retryable() => joined_late = false,
                    answer => return answer,
                }
            }
        }
    }

    /// Forgets a token that the API did not take any more, unless it was replaced meanwhile.
    pub(crate) fn forget(&self, failed: &Token) {
        let mut state = self.lock();
        if state.held.as_ref().is_some_and(|held| held.token.generation == failed.generation) {
            state.held = None;
        }
    }

    fn start(self: &Arc<Self>, number: u64, fetch: Fetch) -> watch::Receiver<Option<Result<Token, Error>>> {
        let (sender, receiver) = watch::channel(None);
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            // A task of its own again: a provider that panics must answer its waiters too.
            let result = match tokio::spawn(fetch).await {
                Ok(result) => result,
                Err(fault) if fault.is_panic() => {
                    Err(Error::new(ErrorKind::Auth, "no token could be had: whatever gets it panicked"))
                }
                Err(_) => return,
            };
            let _ = sender.send(Some(cache.settle(number, result)));
        });
        receiver
    }

    fn settle(&self, number: u64, result: Result<Fetched, Error>) -> Result<Token, Error> {
        let mut state = self.lock();
        state.fetching.retain(|fetch| fetch.number != number);
        let fetched = match result {
            Ok(fetched) => fetched,
            Err(error) => {
                state.refresh_from = Instant::now().checked_add(limits::TOKEN_REFRESH_PAUSE);
                return Err(error);
            }
        };
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", fetched.token))
            .ok()
            .filter(|_| !fetched.token.is_empty())
            .ok_or_else(|| {
                Error::new(ErrorKind::Auth, "the token is empty, or holds what no header may hold")
            })?;
        authorization.set_sensitive(true);
        state.generation += 1;
        let token = Token { authorization, generation: state.generation };
        let life = fetched.life.or_else(|| jwt_life(&fetched.token)).unwrap_or(limits::TOKEN_DEFAULT_LIFE);
        state.held = Some(Held { token: token.clone(), life, since: (Instant::now(), SystemTime::now()) });
        Ok(token)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is left of a JWT's life by its `exp` claim (RFC 7519, section 4.1.4). The signature is the API's business.
pub(crate) fn jwt_life(token: &str) -> Option<Duration> {
    #[derive(serde::Deserialize)]
    struct Claims {
        exp: f64,
    }
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Duration::try_from_secs_f64((claims.exp - now.as_secs_f64()).max(0.0)).ok()
}

#[cfg(test)]
mod tests;
