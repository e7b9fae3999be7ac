//! The door: one call, bytes in and bytes out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, field};

use crate::call::{Call, Response};
use crate::config::{Addresses, Config, RetryPolicy};
use crate::contract::{Authentication, Host, RetryClass};
use crate::credentials::{Credentials, Secret};
use crate::error::{Error, ErrorKind};
use crate::exchange::{Cause, Ending, Failure, HandoverBody, Progress, Request};
use crate::generated::operations::AUTH_TOKEN;
use crate::judgement::{self, Judgement, Next, Situation};
use crate::prepare::{self, Defaults, Prepared};
use crate::token::{Fetch, Fetched, Token, TokenCache};
use crate::transport::{Reqwest, Settings, Transport};
use crate::watch::Watch;
use crate::{limits, retry};

/// A client without models: every call of every language goes through [`Engine::execute`].
///
/// Cheap to clone; the clones share connections and token. Made for many calls at a time.
///
/// Its connections belong to the runtime that made them. Calls from several runtimes work as long as all of these run; a
/// connection of one that stands still holds up a call until its attempt is given up, and nothing is sent.
///
/// ```no_run
/// # async fn example() -> Result<(), tidings_core::Error> {
/// use tidings_core::{Call, Config, Engine};
/// let engine = Engine::new(Config::from_env()?)?;
/// let body = r#"{"to": "+46701234567", "text": "Your code is 4711"}"#;
/// let sent = engine.execute(Call::named("sms.send")?.body(body)).await?;
/// assert_eq!(sent.status, 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    addresses: Addresses,
    user_agent: HeaderValue,
    transport: Box<dyn Transport>,
    tokens: Arc<TokenCache>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl Engine {
    /// Checks the configuration and makes a client. No I/O: connections and token come with the first call.
    pub fn new(config: Config) -> Result<Self, Error> {
        let addresses = Addresses::of(&config)?;
        let settings = Settings {
            connect_timeout: config.connect_timeout,
            tls: match &addresses {
                Addresses::Shared { url, .. } => url.scheme() == "https",
                Addresses::Regional(_) => true,
            },
            proxies: !matches!(addresses, Addresses::Shared { loopback: true, .. }),
        };
        Self::with_transport(config, addresses, Box::new(Reqwest::new(settings)))
    }

    fn with_transport(
        config: Config,
        addresses: Addresses,
        transport: Box<dyn Transport>,
    ) -> Result<Self, Error> {
        let (language, version) = &config.language;
        let user_agent = format!("tidings/{} ({language}/{version})", env!("CARGO_PKG_VERSION"));
        let user_agent = HeaderValue::try_from(user_agent)
            .map_err(|_| Error::new(ErrorKind::Config, "the language's name is not allowed in HTTP"))?;
        let tokens = Arc::default();
        Ok(Self { inner: Arc::new(Inner { config, addresses, user_agent, transport, tokens }) })
    }

    /// Makes a call. Ends accepted (`Ok`), rejected, or *unknown* ([`ErrorKind::UnknownOutcome`]), never guessed.
    ///
    /// Needs a tokio runtime with time and I/O. Dropping the future calls the request off: before the body was handed
    /// over it leaves no trace; after that nobody knows, and the connection is closed.
    pub async fn execute(&self, call: Call) -> Result<Response, Error> {
        let watch = Watch::new(call.operation);
        self.execute_watched(call, &watch).await
    }

    /// The same for a call that somebody watches, to call it off from outside.
    pub(crate) async fn execute_watched(&self, call: Call, watch: &Watch) -> Result<Response, Error> {
        let operation = call.operation.id;
        if Handle::try_current().is_err() {
            let text = "a call needs a tokio runtime: await it inside one";
            return Err(Error::new(ErrorKind::Config, text).with(|record| record.operation = Some(operation)));
        }
        let span = tracing::info_span!(
            target: "tidings",
            "tidings.call",
            otel.kind = "client",
            otel.name = operation,
            tidings.operation = operation,
            tidings.attempts = field::Empty,
            http.response.status_code = field::Empty,
            error.type = field::Empty,
        );
        let result = self.inner.call(call, watch).instrument(span.clone()).await;
        match &result {
            Ok(response) => {
                span.record("tidings.attempts", response.attempts);
                span.record("http.response.status_code", response.status);
            }
            Err(error) => {
                span.record("tidings.attempts", error.attempts());
                span.record("error.type", error.kind().as_str());
                if let Some(status) = error.status() {
                    span.record("http.response.status_code", status);
                }
                tracing::debug!(target: "tidings", parent: &span, %error, "the call failed");
            }
        }
        result
    }
}

impl Inner {
    async fn call(self: &Arc<Self>, call: Call, watch: &Watch) -> Result<Response, Error> {
        let asked = call.operation.id;
        let deadline = after(watch.started(), call.options.timeout.unwrap_or(self.config.timeout));
        let retry = RetryPolicy {
            max_retries: call.options.max_retries.unwrap_or(self.config.retry.max_retries),
            ..self.config.retry
        };
        let result = match prepare::prepare(call, &self.defaults()) {
            Ok(prepared) => self.run(&prepared, watch, deadline, &retry).await,
            Err(error) => Err(error),
        };
        // A call that was composed fails under the name that its caller knows.
        result.map_err(|error| error.with(|record| record.operation = Some(asked)))
    }

    fn defaults(&self) -> Defaults<'_> {
        Defaults {
            project_id: &self.config.project_id,
            app_id: self.config.app_id.as_deref(),
            addresses: &self.addresses,
            user_agent: &self.user_agent,
        }
    }

    /// Tries a request until it is accepted, or nothing more may be done.
    async fn run(
        self: &Arc<Self>,
        prepared: &Prepared,
        watch: &Watch,
        deadline: Instant,
        policy: &RetryPolicy,
    ) -> Result<Response, Error> {
        let mut attempts = 0;
        let mut retries = 0;
        let mut renewed = false;
        let mut unclear_before = false;
        loop {
            let proof = match timeout_at(deadline, self.proof(prepared)).await {
                Ok(Ok(proof)) => proof,
                Ok(Err(error)) => {
                    return Err(error.with(|record| {
                        record.operation = Some(prepared.operation.id);
                        record.attempts = attempts;
                        record.sent = unclear_before;
                    }));
                }
                Err(_) => return Err(too_late(prepared, attempts, unclear_before)),
            };
            if Instant::now() >= deadline {
                return Err(too_late(prepared, attempts, unclear_before));
            }
            let progress = Progress::new(prepared.body.is_some());
            watch.begins(prepared.operation, prepared.body.clone(), progress.clone())?;
            attempts += 1;
            let span = tracing::debug_span!(
                target: "tidings",
                "tidings.attempt",
                http.request.method = prepared.operation.method.as_str(),
                url.template = prepared.operation.path,
                http.request.resend_count = attempts - 1,
                http.response.status_code = field::Empty,
            );
            let ending = self.attempt(prepared, &proof, progress, deadline).instrument(span.clone()).await;
            if let Some(status) = ending.status() {
                span.record("http.response.status_code", status);
            }
            let unclear = matches!(&ending, Ending::Unclear { .. })
                || matches!(&ending, Ending::Answered(answer) if answer.status == 408 || answer.status >= 500);
            let situation = Situation {
                operation: prepared.operation,
                body: prepared.body.as_deref(),
                attempts,
                elapsed: watch.started().elapsed(),
                unclear_before,
            };
            let (error, next) = match judgement::judge(&situation, ending) {
                Judgement::Accepted(answer) => {
                    let (status, headers, body) = (answer.status, answer.headers, answer.body);
                    return Ok(Response { status, headers, body, attempts });
                }
                Judgement::Failed { error, next } => (error, next),
            };
            unclear_before |= unclear;
            // An attempt that may have been carried out stays in sight of whoever calls off until the call has ended.
            if next != Next::Stop || !error.sent() {
                watch.rests(unclear);
            }
            let pause = match next {
                Next::Stop => return Err(error),
                Next::RenewToken => match &proof {
                    Proof::Token(token) if self.renewable() && !renewed => {
                        renewed = true;
                        self.tokens.forget(token);
                        continue;
                    }
                    _ => return Err(error),
                },
                Next::Retry(_) if retries >= policy.max_retries && !waited_out(prepared, &error) => {
                    return Err(error);
                }
                Next::Retry(asked) => {
                    let pause = asked.unwrap_or_else(|| retry::backoff(policy, retries));
                    // What may be repeated without end must not spin.
                    if waited_out(prepared, &error) { pause.max(limits::TOKEN_BACKOFF_FLOOR) } else { pause }
                }
            };
            let again = after(Instant::now(), pause);
            if again >= deadline {
                // Waiting for nothing helps nobody, and this error says more than a timeout would.
                return Err(error);
            }
            retries += 1;
            tracing::debug!(target: "tidings", kind = error.kind().as_str(), ?pause, retry = retries, "trying again");
            sleep_until(again).await;
        }
    }

    /// One attempt, bounded in time. A body that was not handed over when the time is up is taken back.
    async fn attempt(
        &self,
        prepared: &Prepared,
        proof: &Proof,
        progress: Progress,
        deadline: Instant,
    ) -> Ending {
        let mut headers = prepared.headers.clone();
        if let Some(value) = proof.authorization() {
            headers.insert(AUTHORIZATION, value);
        }
        let request = Request {
            method: prepared.operation.method,
            url: prepared.url.clone(),
            headers,
            body: prepared.body.clone().map(|body| HandoverBody::new(body, progress.clone())),
            progress: progress.clone(),
        };
        let mut exchange = self.transport.exchange(request);
        // The sandbox's own operations may wait on purpose, for a message or for webhooks to answer.
        let first = match prepared.operation.host {
            Host::Sandbox => deadline,
            _ => deadline.min(after(Instant::now(), self.config.attempt_timeout)),
        };
        let mut result = timeout_at(first, &mut exchange).await;
        if result.is_err() && prepared.operation.retry == RetryClass::Unsafe && !progress.take_back() {
            // Handed over: only the call's own time counts now, for a late answer is better than an unknown outcome.
            result = timeout_at(deadline, &mut exchange).await;
        }
        let failure = match result {
            // The status of a 3xx or 4xx says what became of the call, whole body or not.
            Ok(Ok(answer)) if answer.broken.is_none() || matches!(answer.status, 300..=407 | 409..=499) => {
                return Ending::Answered(answer);
            }
            Ok(Ok(answer)) => answer.broken.unwrap_or_else(|| Failure::new(Cause::Broken, "")),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(Cause::Timeout, "the time was up"),
        };
        let certain = matches!(
            failure.cause,
            Cause::BadRequest
                | Cause::UnknownHost
                | Cause::Proxy
                | Cause::Tls
                | Cause::Connect
                | Cause::ConnectTimeout
        );
        // Taking the body back decides: either the stack never had it, or nobody knows what became of it.
        if progress.take_back() || (prepared.body.is_none() && certain) {
            return Ending::NotSent(failure);
        }
        Ending::Unclear { phase: progress.phase(), status: progress.status(), failure }
    }

    fn renewable(&self) -> bool {
        matches!(self.config.credentials, Credentials::AccessKey { .. } | Credentials::Provider(_))
    }

    async fn proof(self: &Arc<Self>, prepared: &Prepared) -> Result<Proof, Error> {
        let credentials = &self.config.credentials;
        match (prepared.operation.authentication, credentials) {
            (Authentication::None, _) => Ok(Proof::None),
            (Authentication::AccessKey, Credentials::AccessKey { key_id, key_secret })
            | (Authentication::Token, Credentials::Basic { key_id, key_secret }) => basic(key_id, key_secret),
            (Authentication::AccessKey, _) => {
                Err(Error::new(ErrorKind::Config, "this call needs an access key"))
            }
            (Authentication::Token, Credentials::Token(token)) => {
                header(format!("Bearer {}", token.reveal())).map(Proof::Fixed)
            }
            (Authentication::Token, _) => self.tokens.get(|| self.fetch()).await.map(Proof::Token),
        }
    }

    fn fetch(self: &Arc<Self>) -> Fetch {
        let inner = Arc::clone(self);
        Box::pin(async move {
            match &inner.config.credentials {
                Credentials::Provider(provider) => {
                    let failed = |message: &str| Error::new(ErrorKind::Auth, message);
                    match tokio::time::timeout(limits::PROVIDER_TIMEOUT, provider.token()).await {
                        Ok(Ok(token)) => {
                            Ok(Fetched { token: token.token.reveal().to_owned(), life: token.expires_in })
                        }
                        Ok(Err(error)) => {
                            Err(failed("the token provider failed; the cause of this error says why")
                                .with(|record| record.source = Some(Arc::from(error))))
                        }
                        Err(_) => Err(failed("the token provider took too long")),
                    }
                }
                _ => inner.fetch_by_key().await,
            }
        })
    }

    /// Trades the access key for a token.
    async fn fetch_by_key(self: &Arc<Self>) -> Result<Fetched, Error> {
        #[derive(serde::Deserialize)]
        struct AccessToken {
            access_token: String,
            #[serde(default)]
            expires_in: Option<f64>,
        }
        let body = json!({"grant_type": "client_credentials"}).to_string();
        let call = Call::new(&AUTH_TOKEN).body(body);
        let prepared = prepare::prepare(call, &self.defaults())?;
        let policy =
            RetryPolicy { cap: self.config.retry.cap.min(limits::TOKEN_BACKOFF_CAP), ..self.config.retry };
        let watch = Watch::new(&AUTH_TOKEN);
        let deadline = after(watch.started(), self.config.timeout);
        let answer = self.run(&prepared, &watch, deadline, &policy).await;
        let failed = |message: String| Error::new(ErrorKind::Auth, message);
        let response = answer.map_err(|error| {
            let why = format!("no token could be had: {}", error.message());
            // What the token endpoint said stays: its status tells a wrong key from an endpoint that is down.
            error.with(|record| {
                record.kind = ErrorKind::Auth;
                record.message = why;
            })
        })?;
        let token: AccessToken = serde_json::from_slice(&response.body)
            .map_err(|_| failed("the token endpoint's answer has no token".to_owned()).about(&response))?;
        let life = token.expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(Fetched { token: token.access_token, life: life.filter(|life| !life.is_zero()) })
    }
}

fn too_late(prepared: &Prepared, attempts: u32, sent: bool) -> Error {
    Error::new(ErrorKind::Timeout, "the time was up before the request was sent").with(|record| {
        record.operation = Some(prepared.operation.id);
        record.attempts = attempts;
        record.sent = sent;
        record.retryable = true;
    })
}

/// A moment that much later; far away where the clock cannot count so far.
fn after(start: Instant, wait: Duration) -> Instant {
    start.checked_add(wait).unwrap_or_else(|| start + Duration::from_hours(24 * 365))
}

/// Whether this refusal is waited out for as long as the call may take, however many retries that needs: the 429 of
/// the token endpoint, whose bucket refills many times a second.
fn waited_out(prepared: &Prepared, error: &Error) -> bool {
    prepared.operation.authentication == Authentication::AccessKey && error.kind() == ErrorKind::RateLimited
}

/// How one attempt shows who it is.
enum Proof {
    None,
    Fixed(HeaderValue),
    Token(Token),
}

impl Proof {
    fn authorization(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::Token(token) => Some(token.authorization.clone()),
        }
    }
}

fn basic(key_id: &str, key_secret: &Secret) -> Result<Proof, Error> {
    let pair = BASE64_STANDARD.encode(format!("{key_id}:{}", key_secret.reveal()));
    header(format!("Basic {pair}")).map(Proof::Fixed)
}

fn header(value: String) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| Error::new(ErrorKind::Config, "the credentials hold what no header may hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
