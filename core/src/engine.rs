//! The door: one call, bytes in and bytes out.

mod attempts;
mod authorization;

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tracing::{Instrument, field};

use self::attempts::{Run, after};
use crate::addresses::Addresses;
use crate::call::{Call, Response};
use crate::composed::{self, Composition};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::limiter::{self, Limiter};
use crate::network::Settings;
use crate::paging::Pager;
use crate::prepare::{self, Defaults};
use crate::retry::{Budget, RetryPolicy};
use crate::statistics::{Counters, Statistics};
use crate::token::TokenCache;
use crate::transport::{Reqwest, Transport};
use crate::watch::{Interruption, Watch};

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
    /// The gate: one permit for each attempt that may be made at a time.
    places: Semaphore,
    limiter: Option<Limiter>,
    budget: Budget,
    counters: Arc<Counters>,
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
        let settings = Settings::of(&config, &addresses)?;
        Self::with_transport(config, addresses, Box::new(Reqwest::new(settings)))
    }

    fn with_transport(
        config: Config,
        addresses: Addresses,
        transport: Box<dyn Transport>,
    ) -> Result<Self, Error> {
        let fault = |message: &str| Error::new(ErrorKind::Config, message);
        let (language, version) = &config.language;
        let user_agent = format!("tidings/{} ({language}/{version})", env!("CARGO_PKG_VERSION"));
        let user_agent = HeaderValue::try_from(user_agent)
            .map_err(|_| fault("the language's name is not allowed in HTTP"))?;
        if config.max_concurrency == 0 || config.rate_limit == Some(0) {
            return Err(fault(
                "max_concurrency and rate_limit are at least 1: with 0, no call could ever be made",
            ));
        }
        let key = |requests_per_second| {
            let (origin, project_id) = (addresses.origin(), config.project_id.clone());
            limiter::Key { origin, project_id, requests_per_second }
        };
        Ok(Self {
            inner: Arc::new(Inner {
                user_agent,
                transport,
                tokens: Arc::default(),
                places: Semaphore::new(config.max_concurrency.min(Semaphore::MAX_PERMITS)),
                limiter: config.rate_limit.map(|rate| Limiter::shared(key(rate))),
                budget: Budget::new(&config.retry),
                counters: Arc::default(),
                config,
                addresses,
            }),
        })
    }

    /// The pages of a list, one call after the other. Fails with `config` if the operation has no pages.
    pub fn pager(&self, call: Call) -> Result<Pager, Error> {
        Pager::new(self.clone(), call)
    }

    /// What this client has done so far, in numbers. The clones of an engine are one client.
    pub fn statistics(&self) -> Statistics {
        self.inner.counters.read()
    }

    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.inner.counters)
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
        let under_way = UnderWay::begin(&self.inner, watch);
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
        // From here on it cannot be called off any more.
        let result = watch.ends(result);
        under_way.ends(&result);
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

/// A call between its beginning and its end. Dropped in between, it was called off.
struct UnderWay<'a> {
    inner: &'a Inner,
    watch: &'a Watch,
    ended: bool,
}

impl<'a> UnderWay<'a> {
    fn begin(inner: &'a Inner, watch: &'a Watch) -> Self {
        inner.counters.calls.add();
        Self { inner, watch, ended: false }
    }

    /// The call has ended by itself. Whoever called it off before was told what is known of it, and that counts here as well,
    /// whatever has come since.
    fn ends(mut self, result: &Result<Response, Error>) {
        self.ended = true;
        let verdict = self.watch.called_off();
        match verdict.as_ref().map_or(result.as_ref(), Err) {
            Ok(_) => self.inner.counters.accepted.add(),
            Err(error) => self.failed(error),
        }
    }

    fn failed(&self, error: &Error) {
        let counters = &self.inner.counters;
        match error.kind() {
            _ if error.evidence().is_some() => {
                counters.unknown.add();
                self.inner.config.events.unknown(error);
            }
            ErrorKind::Cancelled | ErrorKind::Closed => counters.cancelled.add(),
            _ => counters.failed.add(),
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Whoever has called it off from outside has decided already what it ends with.
        if let Some(error) = self.watch.interrupt(Interruption::Cancelled) {
            tracing::debug!(target: "tidings", %error, "the call was called off");
            self.failed(&error);
        }
    }
}

impl Inner {
    async fn call(self: &Arc<Self>, call: Call, watch: &Watch) -> Result<Response, Error> {
        let asked = call.operation.id;
        let options = &call.options;
        let run = Run {
            asked,
            deadline: after(watch.started(), options.timeout.unwrap_or(self.config.timeout)),
            policy: RetryPolicy {
                max_retries: options.max_retries.unwrap_or(self.config.retry.max_retries),
                ..self.config.retry
            },
            replay_unknown: options.replay_unknown,
        };
        let result = match composed::composition(asked) {
            // Boxed, so that the calls that are made a thousand times a second are not as large as it.
            Some(Composition::Edit(edit)) => Box::pin(self.edit(call, edit, watch, &run)).await,
            Some(Composition::Rewrite(_)) | None => match prepare::prepare(call, &self.defaults()) {
                Ok(prepared) => self.run(&prepared, watch, &run).await,
                Err(error) => Err(error),
            },
        };
        // A call that was composed fails under the name that its caller knows.
        result.map_err(|error| error.with(|record| record.operation = Some(asked)))
    }

    /// Reads, edits what came and writes it back, all within the time of one call.
    async fn edit(
        self: &Arc<Self>,
        call: Call,
        edit: &'static composed::Edit,
        watch: &Watch,
        run: &Run,
    ) -> Result<Response, Error> {
        let prepared = prepare::prepare_edit(call, edit, &self.defaults())?;
        let read = self.run(&prepared.read, watch, run).await;
        // What was only read has changed nothing.
        let read = read.map_err(|error| error.with(|record| record.sent = false))?;
        let write = prepared.write(&read, &self.defaults())?;
        let add = |attempts: u32| attempts.saturating_add(read.attempts);
        match self.run(&write, watch, run).await {
            Ok(response) => Ok(Response { attempts: add(response.attempts), ..response }),
            Err(error) => Err(error.with(|record| record.attempts = add(record.attempts))),
        }
    }

    fn defaults(&self) -> Defaults<'_> {
        Defaults {
            project_id: &self.config.project_id,
            app_id: self.config.app_id.as_deref(),
            addresses: &self.addresses,
            user_agent: &self.user_agent,
        }
    }
}

#[cfg(test)]
mod tests;
