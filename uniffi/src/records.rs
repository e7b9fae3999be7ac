//! Values that cross to Kotlin and Swift, to the door's records and back.
//!
//! Times come in as seconds and numbers with their sign, so that what makes no sense is refused by the engine, in the same
//! words in every language, and not by generated code.

use std::fmt;
use std::time::{Duration, SystemTime};

use tidings_core::door::{self, header_pairs};
use tidings_core::{Error, ErrorKind, Response, Statistics};
use uniffi::UnexpectedUniFFICallbackError;

use crate::panics::fault;

/// How an engine is set up, none of it checked. What is absent keeps its default.
#[derive(uniffi::Record)]
pub struct ConfigRecord {
    /// Whether the variables of the environment count where nothing is given.
    pub from_environment: bool,
    /// The project's id.
    pub project_id: Option<String>,
    /// The access key's id.
    pub key_id: Option<String>,
    /// The access key's secret.
    pub key_secret: Option<String>,
    /// Send the access key itself with every call. For tests only.
    pub basic_authentication: bool,
    /// One fixed bearer token.
    pub token: Option<String>,
    /// The region's name.
    pub region: Option<String>,
    /// One address for every host.
    pub base_url: Option<String>,
    /// The app that is meant where a call needs one and names none.
    pub app_id: Option<String>,
    /// How long a call may take, in seconds.
    pub timeout: Option<f64>,
    /// How long a connection may take to come up, in seconds.
    pub connect_timeout: Option<f64>,
    /// How long one attempt may take, in seconds.
    pub attempt_timeout: Option<f64>,
    /// The most retries of one call.
    pub max_retries: Option<i64>,
    /// Bound of the first pause before a retry, in seconds.
    pub backoff_base: Option<f64>,
    /// Bound of every pause before a retry, in seconds.
    pub backoff_cap: Option<f64>,
    /// The retries in reserve for all calls together.
    pub retry_budget: Option<i64>,
    /// The most attempts at a time.
    pub max_concurrency: Option<i64>,
    /// How long an attempt may wait for its turn among them, in seconds.
    pub queue_timeout: Option<f64>,
    /// The most requests a second.
    pub rate_limit: Option<i64>,
    /// Send without a limit of our own.
    pub no_rate_limit: bool,
    /// Certificates that are trusted beside the system's, in PEM.
    pub ca_certs: Option<Vec<u8>>,
    /// The certificate to show the server, with its private key, in PEM.
    pub client_certificate: Option<Vec<u8>>,
    /// The proxy, instead of one of the environment.
    pub proxy: Option<String>,
    /// Send directly, whatever proxy the environment names.
    pub no_proxy: bool,
    /// Take a plain `http://` base URL for another machine.
    pub allow_insecure: bool,
    /// The language that uses the engine.
    pub language: String,
    /// That language's version.
    pub language_version: String,
}

impl ConfigRecord {
    pub(crate) fn into_door(self) -> Result<door::ConfigRecord, Error> {
        Ok(door::ConfigRecord {
            from_environment: self.from_environment,
            project_id: self.project_id,
            key_id: self.key_id,
            key_secret: self.key_secret,
            basic_authentication: self.basic_authentication,
            token: self.token,
            region: self.region,
            base_url: self.base_url,
            app_id: self.app_id,
            timeout: seconds("timeout", self.timeout)?,
            connect_timeout: seconds("connectTimeout", self.connect_timeout)?,
            attempt_timeout: seconds("attemptTimeout", self.attempt_timeout)?,
            max_retries: count("maxRetries", self.max_retries)?,
            backoff_base: seconds("backoffBase", self.backoff_base)?,
            backoff_cap: seconds("backoffCap", self.backoff_cap)?,
            retry_budget: count("retryBudget", self.retry_budget)?,
            max_concurrency: count("maxConcurrency", self.max_concurrency)?,
            queue_timeout: seconds("queueTimeout", self.queue_timeout)?,
            rate_limit: count("rateLimit", self.rate_limit)?,
            no_rate_limit: self.no_rate_limit,
            ca_certs: self.ca_certs,
            client_certificate: self.client_certificate,
            proxy: self.proxy,
            no_proxy: self.no_proxy,
            allow_insecure: self.allow_insecure,
            language: self.language,
            language_version: self.language_version,
        })
    }
}

/// A name and its value, where a name may come more than once.
#[derive(uniffi::Record)]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A call, none of it checked.
#[derive(uniffi::Record)]
pub struct CallRecord {
    /// The operation's id, such as `messages.send`.
    pub operation: String,
    /// Parameters of the path.
    pub path: Vec<NamedValue>,
    /// Parameters of the query.
    pub query: Vec<NamedValue>,
    /// The body, as JSON text.
    pub body: Option<Vec<u8>>,
    /// How long this call may take, in seconds.
    pub timeout: Option<f64>,
    /// The most retries of this call.
    pub max_retries: Option<i64>,
    /// Whether an unknown outcome is tried again, at the risk of doubles.
    pub replay_unknown: bool,
    /// Further headers.
    pub headers: Vec<NamedValue>,
}

impl CallRecord {
    pub(crate) fn into_door(self) -> Result<door::CallRecord, Error> {
        Ok(door::CallRecord {
            operation: self.operation,
            path: pairs(self.path),
            query: pairs(self.query),
            body: self.body.map(Into::into),
            timeout: seconds("timeout", self.timeout)?,
            max_retries: count("maxRetries", self.max_retries)?,
            replay_unknown: self.replay_unknown,
            headers: pairs(self.headers),
        })
    }
}

/// The answer to an accepted call.
#[derive(uniffi::Record)]
pub struct ResponseRecord {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<NamedValue>,
    /// The body, as it came.
    pub body: Vec<u8>,
    /// How many times the request was tried.
    pub attempts: u32,
    /// The id the API gave to the request.
    pub request_id: Option<String>,
}

impl From<Response> for ResponseRecord {
    fn from(response: Response) -> Self {
        let header = |(name, value): (&str, std::borrow::Cow<'_, str>)| NamedValue {
            name: name.to_owned(),
            value: value.into_owned(),
        };
        Self {
            status: response.status,
            headers: header_pairs(&response.headers).map(header).collect(),
            attempts: response.attempts,
            request_id: response.request_id().map(str::to_owned),
            body: response.body.into(),
        }
    }
}

/// The door's error record.
#[derive(uniffi::Record)]
pub struct ErrorRecord {
    /// The kind's name, such as `unknown_outcome`.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// All of it in one line.
    pub text: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The API's own code.
    pub code: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// Where in the call the fault is, as a JSON path.
    pub path: Option<String>,
    /// The id the API gave to the request.
    pub request_id: Option<String>,
    /// Where a redirect pointed.
    pub location: Option<String>,
    /// How many times the request was tried.
    pub attempts: u32,
    /// Whether the call may have been carried out. `false` is certain: it was not.
    pub sent: bool,
    /// Whether calling again later may help and cannot do the work twice.
    pub retryable: bool,
    /// How long the API asked to wait.
    pub retry_after: Option<Duration>,
    /// The body of the answer, as it came.
    pub body: Option<Vec<u8>>,
    /// What is known about a call whose outcome is unknown.
    pub evidence: Option<EvidenceRecord>,
    /// What the app's own token provider failed with, as text.
    pub cause: Option<String>,
    /// The number under which the package keeps the exception of its token provider.
    pub cause_number: Option<u64>,
}

impl From<door::ErrorRecord> for ErrorRecord {
    fn from(record: door::ErrorRecord) -> Self {
        Self {
            kind: record.kind,
            message: record.message,
            text: record.text,
            status: record.status,
            code: record.code,
            operation: record.operation,
            path: record.path,
            request_id: record.request_id,
            location: record.location,
            attempts: record.attempts,
            sent: record.sent,
            retryable: record.retryable,
            retry_after: record.retry_after,
            body: record.body.map(Into::into),
            evidence: record.evidence.map(Into::into),
            cause: record.cause,
            cause_number: record.cause_number,
        }
    }
}

impl From<&Error> for ErrorRecord {
    fn from(error: &Error) -> Self {
        door::ErrorRecord::from(error).into()
    }
}

/// The door's record of what is known about a call whose outcome is unknown.
#[derive(uniffi::Record)]
pub struct EvidenceRecord {
    /// How far the exchange had come.
    pub phase: String,
    /// When the call began, by this machine's clock.
    pub started_at: SystemTime,
    /// How long the call had taken.
    pub elapsed: Duration,
    /// The `correlation_id` of the request.
    pub correlation_id: Option<String>,
    /// The `message_metadata` of the request as it was written.
    pub message_metadata: Option<String>,
}

impl From<door::EvidenceRecord> for EvidenceRecord {
    fn from(record: door::EvidenceRecord) -> Self {
        Self {
            phase: record.phase,
            started_at: record.started_at,
            elapsed: record.elapsed,
            correlation_id: record.correlation_id,
            message_metadata: record.message_metadata,
        }
    }
}

/// What an engine has done since it was made.
#[derive(uniffi::Record)]
pub struct StatisticsRecord {
    /// Calls that have begun.
    pub calls: u64,
    /// Calls that were accepted.
    pub accepted: u64,
    /// Calls that ended with an error, other than those of which nobody knows.
    pub failed: u64,
    /// Calls that may have been carried out and whose caller cannot know.
    pub unknown: u64,
    /// Calls that were called off, and did nothing or no harm.
    pub cancelled: u64,
    /// Requests that went out, or were tried to.
    pub attempts: u64,
    /// Attempts that were not the first of their call.
    pub retries: u64,
    /// Requests for a token.
    pub token_fetches: u64,
    /// Attempts that wait for their turn.
    pub waiting: u64,
    /// Calls that have begun and not ended.
    pub under_way: u64,
}

impl From<Statistics> for StatisticsRecord {
    fn from(statistics: Statistics) -> Self {
        Self {
            calls: statistics.calls,
            accepted: statistics.accepted,
            failed: statistics.failed,
            unknown: statistics.unknown,
            cancelled: statistics.cancelled,
            attempts: statistics.attempts,
            retries: statistics.retries,
            token_fetches: statistics.token_fetches,
            waiting: statistics.waiting,
            under_way: statistics.under_way(),
        }
    }
}

/// What everything here fails with. The packages make their own exception of the record.
#[derive(uniffi::Error)]
pub enum NativeError {
    /// There is one variant, for what counts is in the record.
    Failed {
        /// What went wrong.
        record: Box<ErrorRecord>,
    },
}

impl NativeError {
    pub(crate) fn new(kind: ErrorKind, message: &str) -> Self {
        Self::Failed { record: Box::new(door::ErrorRecord::new(kind, message).into()) }
    }
}

impl From<NativeError> for ErrorRecord {
    fn from(error: NativeError) -> Self {
        let NativeError::Failed { record } = error;
        *record
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed { record } = self;
        formatter.write_str(&record.text)
    }
}

/// The text alone: the record may hold what is personal.
impl fmt::Debug for NativeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for NativeError {}

impl From<Error> for NativeError {
    fn from(error: Error) -> Self {
        Self::Failed { record: Box::new(ErrorRecord::from(&error)) }
    }
}

/// A foreign function threw what it must not throw.
impl From<UnexpectedUniFFICallbackError> for NativeError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        fault()
    }
}

pub(crate) fn seconds(name: &str, value: Option<f64>) -> Result<Option<Duration>, Error> {
    value.map(|value| door::seconds(name, value)).transpose()
}

pub(crate) fn count(name: &str, value: Option<i64>) -> Result<Option<u32>, Error> {
    #[allow(clippy::cast_precision_loss, reason = "what is so large that it loses some is refused")]
    value.map(|value| door::count(name, value as f64)).transpose()
}

fn pairs(values: Vec<NamedValue>) -> Vec<(String, String)> {
    values.into_iter().map(|named| (named.name, named.value)).collect()
}
