//! The web server that a story's webhooks lead to.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tidings_core::webhooks::WebhookVerifier;

use crate::loopback::Loopback;

/// A callback that was verified.
pub(super) struct Callback {
    pub(super) body: Bytes,
    trigger: Option<&'static str>,
}

impl Callback {
    /// Its record.
    pub(super) fn record(&self) -> Value {
        json!({"trigger": self.trigger, "body": serde_json::from_slice::<Value>(&self.body).ok()})
    }
}

/// What came, in the order of its coming.
#[derive(Default)]
struct Taken {
    callbacks: Vec<Callback>,
    /// Why others were refused.
    refusals: Vec<&'static str>,
}

/// Takes callbacks, answers 200 to those that are signed rightly and 401 to all others.
pub(super) struct Receiver {
    loopback: Loopback,
    taken: Arc<Mutex<Taken>>,
}

impl Receiver {
    pub(super) async fn start(secret: &str) -> io::Result<Self> {
        let taken = Arc::<Mutex<Taken>>::default();
        let verifier = WebhookVerifier::new(secret);
        let loopback = {
            let taken = Arc::clone(&taken);
            Loopback::listen(move |stream, _| {
                let (taken, verifier) = (Arc::clone(&taken), verifier.clone());
                async move {
                    let service =
                        service_fn(move |request| take(request, verifier.clone(), Arc::clone(&taken)));
                    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    served.await.map_err(io::Error::other)
                }
            })
            .await?
        };
        Ok(Self { loopback, taken })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.loopback.port())
    }

    /// Gives the callbacks that came.
    pub(super) fn callbacks<T>(&self, look: impl FnOnce(&[Callback]) -> T) -> T {
        look(&lock(&self.taken).callbacks)
    }

    /// Why callbacks were refused, if any were.
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        lock(&self.taken).refusals.clone()
    }
}

async fn take(
    request: Request<Incoming>,
    verifier: WebhookVerifier,
    taken: Arc<Mutex<Taken>>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let trigger = verifier.verify(&body, &head.headers).map(|event| event.trigger);
    let mut response = Response::new(Empty::new());
    match trigger {
        Ok(trigger) => lock(&taken).callbacks.push(Callback { body, trigger }),
        Err(reason) => {
            lock(&taken).refusals.push(reason.as_str());
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
    }
    Ok(response)
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
