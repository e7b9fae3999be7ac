//! A transport that plays a script, and a client that uses it.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body as _;
use tokio::time::sleep;

pub(super) use std::sync::Arc;
pub(super) use std::time::Duration;

pub(super) use tokio::time::Instant;

pub(super) use super::super::*;
pub(super) use crate::credentials::Credentials;
pub(super) use crate::exchange::{Answer, Cause, Failure, Request};
pub(super) use crate::transport::Exchange;
pub(super) use crate::{CallOptions, limits};

/// What the scripted server does with one request.
pub(super) enum Turn {
    /// Takes the body after a while, and answers after a further while.
    Answer {
        connect: Duration,
        think: Duration,
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: String,
    },
    /// Fails before the body is taken.
    Refuse(Cause),
    /// Takes the body and says that it did nothing with it.
    TakeAndRefuse,
    /// Takes the body and breaks off.
    Drop,
    /// Never comes to take the body.
    NoConnection,
    /// Takes the body and never answers.
    Silence,
}

impl Turn {
    pub(super) fn answer(status: u16, body: impl Into<String>) -> Self {
        Self::slow(Duration::ZERO, Duration::ZERO, status, body)
    }

    pub(super) fn slow(connect: Duration, think: Duration, status: u16, body: impl Into<String>) -> Self {
        Self::Answer { connect, think, status, headers: &[], body: body.into() }
    }

    pub(super) fn with_headers(status: u16, headers: &'static [(&'static str, &'static str)]) -> Self {
        let (connect, think) = (Duration::ZERO, Duration::ZERO);
        Self::Answer { connect, think, status, headers, body: "{}".to_owned() }
    }
}

#[derive(Default)]
pub(super) struct Script {
    pub(super) turns: Mutex<VecDeque<Turn>>,
    /// How many requests the server took, and their bodies.
    pub(super) taken: Arc<AtomicU32>,
    pub(super) bodies: Arc<Mutex<Vec<String>>>,
    pub(super) tokens: Arc<AtomicU32>,
    /// How often new connections were asked for.
    pub(super) renewals: Arc<AtomicU32>,
    /// How often the token endpoint still answers 429.
    pub(super) busy: AtomicU32,
    /// From when on and for how long it answers nothing else.
    pub(super) busy_for: Option<(Instant, Duration)>,
    pub(super) urls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

/// Takes the body, if there is one. `None`: it was taken back.
fn take(request: &mut Request) -> Option<Bytes> {
    let Some(body) = &mut request.body else { return Some(Bytes::new()) };
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
        _ => None,
    }
}

impl Transport for Script {
    fn renew(&self, _since: Instant) {
        self.renewals.fetch_add(1, Ordering::SeqCst);
    }

    fn exchange(&self, mut request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let answer = |status, headers: &[(&'static str, &'static str)], body: String| {
                let mut map = HeaderMap::new();
                for (name, value) in headers {
                    map.insert(*name, HeaderValue::from_static(value));
                }
                Ok(Answer { status, headers: map, body: body.into(), broken: None })
            };
            if request.url.path().ends_with("/oauth2/token") {
                self.tokens.fetch_add(1, Ordering::SeqCst);
                if self.busy_for.is_some_and(|(since, time)| since.elapsed() < time) {
                    return answer(429, &[], "{}".into());
                }
                if self.busy.load(Ordering::SeqCst) > 0 {
                    self.busy.fetch_sub(1, Ordering::SeqCst);
                    return answer(429, &[("retry-after", "0")], "{}".into());
                }
                return answer(200, &[], r#"{"access_token":"T","expires_in":3600}"#.into());
            }
            self.urls.lock().unwrap().push((request.url.to_string(), request.headers.clone()));
            let turn =
                self.turns.lock().unwrap().pop_front().expect("the script has a turn for every attempt");
            let broken = |text: &str| Err(Failure::new(Cause::Broken, text));
            match turn {
                Turn::Refuse(cause) => Err(Failure::new(cause, "scripted")),
                Turn::NoConnection => pending().await,
                Turn::TakeAndRefuse | Turn::Drop | Turn::Silence | Turn::Answer { .. } => {
                    if let Turn::Answer { connect, .. } = turn {
                        sleep(connect).await;
                    }
                    let Some(body) = take(&mut request) else { return broken("the body was taken back") };
                    if !body.is_empty() {
                        self.bodies.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
                    }
                    self.taken.fetch_add(1, Ordering::SeqCst);
                    match turn {
                        Turn::Silence => pending().await,
                        Turn::TakeAndRefuse => Err(Failure::new(Cause::Refused, "scripted")),
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
pub(super) struct Stage {
    pub(super) engine: Engine,
    pub(super) taken: Arc<AtomicU32>,
    pub(super) tokens: Arc<AtomicU32>,
    pub(super) renewals: Arc<AtomicU32>,
    bodies: Arc<Mutex<Vec<String>>>,
    pub(super) urls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

pub(super) fn stage(turns: impl IntoIterator<Item = Turn>) -> Stage {
    stage_with(turns, |config| config)
}

pub(super) fn stage_with(turns: impl IntoIterator<Item = Turn>, set: impl FnOnce(Config) -> Config) -> Stage {
    stage_of(Script { turns: Mutex::new(turns.into_iter().collect()), ..Script::default() }, set)
}

/// The rate is not limited: tests with clocks of their own would share it.
pub(super) fn stage_of(script: Script, set: impl FnOnce(Config) -> Config) -> Stage {
    let (taken, tokens, urls) = (script.taken.clone(), script.tokens.clone(), script.urls.clone());
    let (renewals, bodies) = (script.renewals.clone(), script.bodies.clone());
    let config = Config::new("project", Credentials::access_key("key", "secret"))
        .region("eu".parse().unwrap())
        .app_id("01HKWT3XRVH6RP17S8KSBC4PYR")
        .no_rate_limit();
    let config = set(config);
    let addresses = Addresses::of(&config).unwrap();
    let engine = Engine::with_transport(config, addresses, Box::new(script)).unwrap();
    Stage { engine, taken, tokens, renewals, bodies, urls }
}

impl Stage {
    /// The bodies that the server took, in their order; requests without one are left out.
    pub(super) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    pub(super) fn taken(&self) -> u32 {
        self.taken.load(Ordering::SeqCst)
    }

    pub(super) async fn send(&self) -> Result<Response, Error> {
        self.engine.execute(sms()).await
    }

    pub(super) async fn list(&self) -> Result<Response, Error> {
        self.engine.execute(Call::named("apps.list").unwrap()).await
    }
}

pub(super) fn sms() -> Call {
    let body = r#"{"to":"+46701234567","text":"Hello","message_metadata":"mine","correlation_id":"c1"}"#;
    Call::named("sms.send").unwrap().body(body)
}

pub(super) const ACCEPTED: &str = r#"{"message_id":"01M"}"#;
