//! The HTTP stack behind a trait, so that the engine's rules can be tested without one.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::contract::Method;
use crate::exchange::{Answer, Cause, Failure, Request};
use crate::limits;

pub(crate) type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// Sends one request and reads its answer. No retries, no redirects; dropping the future closes the exchange.
pub(crate) trait Transport: Send + Sync + 'static {
    fn exchange(&self, request: Request) -> Exchange<'_>;
}

/// reqwest with rustls and ring. Built at the first call, since reading the system's certificates is I/O.
pub(crate) struct Reqwest {
    client: OnceLock<Result<reqwest::Client, Failure>>,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    /// Whether TLS is needed at all.
    pub(crate) tls: bool,
    /// Whether the proxies of the environment count. Not for a server on this machine.
    pub(crate) proxies: bool,
}

impl Reqwest {
    pub(crate) fn new(settings: Settings) -> Self {
        // reqwest panics without a provider, also where no TLS is spoken. An `Err` means that the process has chosen one.
        // Here and not at the first call: a process that forks must not catch another thread half-way in it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { client: OnceLock::new(), settings }
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        self.client.get_or_init(|| build(&self.settings)).as_ref().map_err(Clone::clone)
    }
}

fn build(settings: &Settings) -> Result<reqwest::Client, Failure> {
    let builder = || {
        let builder = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(limits::IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true);
        if settings.proxies { builder } else { builder.no_proxy() }
    };
    if !settings.tls {
        return builder().tls_certs_only([]).build().map_err(|error| failure(error, Cause::BadRequest));
    }
    builder().build().or_else(|_| {
        // No certificates on this system, as in slim containers: Mozilla's list, as it was at release.
        let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter_map(|certificate| reqwest::Certificate::from_der(certificate).ok());
        builder().tls_certs_only(bundled).build().map_err(|error| failure(error, Cause::Tls))
    })
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
            let (body, broken) = read(&mut incoming).await;
            Ok(Answer { status, headers, body, broken })
        })
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

async fn read(incoming: &mut reqwest::Response) -> (Bytes, Option<Failure>) {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        match incoming.chunk().await {
            // Most answers are one piece, which needs no copy.
            Ok(Some(chunk)) if first.is_empty() && all.is_empty() => first = chunk,
            Ok(Some(chunk)) => {
                if all.is_empty() {
                    all.extend_from_slice(&std::mem::take(&mut first));
                }
                if all.len() + chunk.len() > limits::MAX_ANSWER_BYTES {
                    return (all.freeze(), Some(Failure::new(Cause::Broken, "the answer is too large")));
                }
                all.extend_from_slice(&chunk);
            }
            Ok(None) if all.is_empty() => return (first, None),
            Ok(None) => return (all.freeze(), None),
            Err(error) => {
                let came = if all.is_empty() { first } else { all.freeze() };
                return (came, Some(failure(error, Cause::Broken)));
            }
        }
    }
}

/// What an error of reqwest means. `otherwise` where the chain of causes says nothing better.
fn failure(error: reqwest::Error, otherwise: Cause) -> Failure {
    let error = error.without_url();
    let cause = if error.is_builder() {
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
        } else if chain(&error).any(|cause| cause.to_string().contains("tunnel error")) {
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

fn is_tls(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<rustls::Error>()
        || cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>)
}
