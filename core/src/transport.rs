//! The HTTP stack behind a trait, so that the engine's rules can be tested without one.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use tokio::time::Instant;

use crate::contract::Method;
use crate::exchange::{Answer, Cause, Failure, Request};
use crate::limits;
use crate::network::Settings;

pub(crate) type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// Sends one request and reads its answer. No retries, no redirects; dropping the future closes the exchange.
pub(crate) trait Transport: Send + Sync + 'static {
    fn exchange(&self, request: Request) -> Exchange<'_>;

    /// Makes new connections from now on, unless that was done since this moment.
    fn renew(&self, since: Instant);
}

/// reqwest with rustls and ring. Built at the first call, since reading the system's certificates is I/O.
pub(crate) struct Reqwest {
    built: Mutex<Built>,
    settings: Settings,
}

struct Built {
    client: Option<Result<reqwest::Client, Failure>>,
    /// From when on connections are made anew; not when the client is built, which the first request waits for.
    since: Instant,
}

impl Reqwest {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { built: Mutex::new(Built { client: None, since: Instant::now() }), settings }
    }

    fn client(&self) -> Result<reqwest::Client, Failure> {
        self.lock().client.get_or_insert_with(|| self.settings.build()).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Built> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Reqwest {
    fn exchange(&self, request: Request) -> Exchange<'_> {
        Box::pin(async move {
            let client = self.client()?;
            let mut outgoing = reqwest::Request::new(method(request.method), request.url);
            *outgoing.headers_mut() = request.headers;
            if let Some(body) = request.body {
                *outgoing.body_mut() = Some(reqwest::Body::wrap(body));
            }
            let mut incoming =
                client.execute(outgoing).await.map_err(|error| failure(error, Cause::Broken))?;
            let status = incoming.status().as_u16();
            request.progress.head_came(status);
            let headers = std::mem::take(incoming.headers_mut());
            let mut came = BytesMut::new();
            let broken = if Answer::is_refusal(status) {
                let late = || Failure::new(Cause::Timeout, "the rest of the answer did not come");
                let read = tokio::time::timeout(limits::REFUSAL_BODY_TIMEOUT, read(&mut incoming, &mut came));
                read.await.unwrap_or_else(|_| Some(late()))
            } else {
                read(&mut incoming, &mut came).await
            };
            Ok(Answer { status, headers, body: came.freeze(), broken })
        })
    }

    fn renew(&self, since: Instant) {
        let mut built = self.lock();
        if built.since <= since {
            *built = Built { client: None, since: Instant::now() };
        }
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// Reads the body. What came is in `came` also where the rest does not; the failure says why.
async fn read(incoming: &mut reqwest::Response, came: &mut BytesMut) -> Option<Failure> {
    loop {
        match incoming.chunk().await {
            Ok(Some(chunk)) if came.len() + chunk.len() > limits::MAX_ANSWER_BYTES => {
                return Some(Failure::new(Cause::TooLarge, "the answer is too large"));
            }
            // Most answers are one piece, which needs no copy.
            Ok(Some(chunk)) if came.is_empty() => *came = chunk.into(),
            Ok(Some(chunk)) => came.extend_from_slice(&chunk),
            Ok(None) => return None,
            Err(error) => return Some(failure(error, Cause::Broken)),
        }
    }
}

/// What an error of reqwest means. `otherwise` where the chain of causes says nothing better.
pub(crate) fn failure(error: reqwest::Error, otherwise: Cause) -> Failure {
    let error = error.without_url();
    let cause = if chain(&error).filter_map(|cause| cause.downcast_ref::<h2::Error>()).any(is_refusal) {
        Cause::Refused
    } else if error.is_builder() {
        Cause::BadRequest
    } else if error.is_timeout() {
        if error.is_connect() { Cause::ConnectTimeout } else { Cause::Timeout }
    } else if error.is_dns() {
        // "Temporary failure in name resolution" heals; "Name or service not known" does not.
        if chain(&error).any(|cause| cause.to_string().contains("emporary failure")) {
            Cause::Connect
        } else {
            Cause::UnknownHost
        }
    } else if error.is_connect() {
        // A fault of TLS later on breaks an exchange that has begun, and is nothing else than a broken connection.
        if chain(&error).any(is_tls) {
            Cause::Tls
        } else if chain(&error).any(is_refused_by_proxy) {
            Cause::Proxy
        } else {
            Cause::Connect
        }
    } else {
        otherwise
    };
    // The innermost cause says most: "connection refused", "invalid peer certificate: Expired".
    let text = chain(&error).last().map_or_else(|| error.to_string(), ToString::to_string);
    Failure::new(cause, text)
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (**cause).source())
}

/// Whether the server says that it did nothing with the request. `h2` gives the error of a `GOAWAY` to those streams only
/// that it excludes, whatever its code; those that it includes go on, and end with an error of their own.
fn is_refusal(error: &h2::Error) -> bool {
    error.is_remote()
        && (error.is_go_away() || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)))
}

fn is_tls(cause: &(dyn StdError + 'static)) -> bool {
    // The connector wraps an I/O error in another one.
    let inner = || cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<rustls::Error>() || inner().is_some_and(|inner| is_tls(inner))
}

/// Not a proxy that cannot be reached, which fails under the name of a tunnel as well.
fn is_refused_by_proxy(cause: &(dyn StdError + 'static)) -> bool {
    ["tunnel error: proxy authorization required", "tunnel error: unsuccessful"]
        .contains(&cause.to_string().as_str())
}
