//! This language's values to the door's records and back. Times are in milliseconds here.

use std::time::{Duration, SystemTime};

use napi::Either;
use napi::bindgen_prelude::{Buffer, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;
use tidings_core::door::{self, CallRecord, ConfigRecord, ErrorRecord, EvidenceRecord};
use tidings_core::{Error, Response, Statistics as CoreStatistics};

const MILLISECONDS: f64 = 1000.0;

/// How a client is set up, none of it checked.
#[napi(object, object_to_js = false)]
pub struct Config {
    pub project_id: Option<String>,
    pub key_id: Option<String>,
    pub key_secret: Option<String>,
    pub basic_authentication: Option<bool>,
    pub token: Option<String>,
    pub region: Option<String>,
    pub base_url: Option<String>,
    pub app_id: Option<String>,
    pub timeout: Option<f64>,
    pub connect_timeout: Option<f64>,
    pub attempt_timeout: Option<f64>,
    pub max_retries: Option<f64>,
    pub backoff_base: Option<f64>,
    pub backoff_cap: Option<f64>,
    pub retry_budget: Option<f64>,
    pub max_concurrency: Option<f64>,
    pub queue_timeout: Option<f64>,
    pub rate_limit: Option<f64>,
    pub no_rate_limit: Option<bool>,
    pub ca_certs: Option<Either<String, Uint8Array>>,
    pub client_certificate: Option<Either<String, Uint8Array>>,
    pub proxy: Option<String>,
    pub no_proxy: Option<bool>,
    pub allow_insecure: Option<bool>,
    pub language_version: String,
}

impl Config {
    pub(crate) fn into_record(self, from_environment: bool) -> Result<ConfigRecord, Error> {
        Ok(ConfigRecord {
            from_environment,
            project_id: self.project_id,
            key_id: self.key_id,
            key_secret: self.key_secret,
            basic_authentication: self.basic_authentication.unwrap_or_default(),
            token: self.token,
            region: self.region,
            base_url: self.base_url,
            app_id: self.app_id,
            timeout: duration("timeout", self.timeout)?,
            connect_timeout: duration("connectTimeout", self.connect_timeout)?,
            attempt_timeout: duration("attemptTimeout", self.attempt_timeout)?,
            max_retries: count("maxRetries", self.max_retries)?,
            backoff_base: duration("backoffBase", self.backoff_base)?,
            backoff_cap: duration("backoffCap", self.backoff_cap)?,
            retry_budget: count("retryBudget", self.retry_budget)?,
            max_concurrency: count("maxConcurrency", self.max_concurrency)?,
            queue_timeout: duration("queueTimeout", self.queue_timeout)?,
            rate_limit: count("rateLimit", self.rate_limit)?,
            no_rate_limit: self.no_rate_limit.unwrap_or_default(),
            ca_certs: self.ca_certs.map(pem),
            client_certificate: self.client_certificate.map(pem),
            proxy: self.proxy,
            no_proxy: self.no_proxy.unwrap_or_default(),
            allow_insecure: self.allow_insecure.unwrap_or_default(),
            language: "node".to_owned(),
            language_version: self.language_version,
        })
    }
}

/// Names and values in turn.
pub type Pairs = Option<Vec<String>>;

/// A call as JavaScript gives it, argument by argument: an object would cost a look-up per field.
pub(crate) struct Arguments<'a> {
    pub(crate) operation: String,
    pub(crate) path: Pairs,
    pub(crate) query: Pairs,
    pub(crate) body: Option<Either<String, Uint8ArraySlice<'a>>>,
    pub(crate) timeout: Option<f64>,
    pub(crate) max_retries: Option<f64>,
    pub(crate) replay_unknown: Option<bool>,
    pub(crate) headers: Pairs,
}

impl Arguments<'_> {
    pub(crate) fn into_record(self) -> Result<CallRecord, Error> {
        Ok(CallRecord {
            operation: self.operation,
            path: pairs(self.path),
            query: pairs(self.query),
            body: self.body.map(|body| match body {
                Either::A(text) => text.into(),
                // The array stays JavaScript's, which may write to it while the call runs.
                Either::B(bytes) => bytes.to_vec().into(),
            }),
            timeout: duration("timeout", self.timeout)?,
            max_retries: count("maxRetries", self.max_retries)?,
            replay_unknown: self.replay_unknown.unwrap_or_default(),
            headers: pairs(self.headers),
        })
    }
}

/// The headers of an answer, each as `name: value` on a line of its own, every byte one character, as in `fetch`.
pub(crate) fn headers(response: &Response) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    for (name, value) in &response.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    text
}

/// The door's error record.
#[napi(object, object_from_js = false)]
pub struct Failure {
    pub kind: String,
    pub message: String,
    pub text: String,
    pub status: Option<u32>,
    pub code: Option<String>,
    pub operation: Option<String>,
    pub path: Option<String>,
    pub request_id: Option<String>,
    pub location: Option<String>,
    pub attempts: u32,
    pub sent: bool,
    pub retryable: bool,
    pub retry_after: Option<f64>,
    pub body: Option<Buffer>,
    pub evidence: Option<Evidence>,
    pub cause: Option<String>,
    pub cause_number: Option<f64>,
}

/// The door's record of what is known about a call whose outcome is unknown.
#[napi(object, object_from_js = false)]
pub struct Evidence {
    pub phase: String,
    pub started_at: f64,
    pub elapsed: f64,
    pub correlation_id: Option<String>,
    pub message_metadata: Option<String>,
}

impl From<ErrorRecord> for Failure {
    fn from(record: ErrorRecord) -> Self {
        Self {
            kind: record.kind,
            message: record.message,
            text: record.text,
            status: record.status.map(u32::from),
            code: record.code,
            operation: record.operation,
            path: record.path,
            request_id: record.request_id,
            location: record.location,
            attempts: record.attempts,
            sent: record.sent,
            retryable: record.retryable,
            retry_after: record.retry_after.map(milliseconds),
            body: record.body.map(|body| body.to_vec().into()),
            evidence: record.evidence.map(Evidence::from),
            cause: record.cause,
            cause_number: record.cause_number.map(number),
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        ErrorRecord::from(error).into()
    }
}

impl From<EvidenceRecord> for Evidence {
    fn from(record: EvidenceRecord) -> Self {
        let since_1970 = record.started_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            phase: record.phase,
            started_at: milliseconds(since_1970),
            elapsed: milliseconds(record.elapsed),
            correlation_id: record.correlation_id,
            message_metadata: record.message_metadata,
        }
    }
}

/// What an engine has done, in numbers.
#[napi(object, object_from_js = false)]
pub struct Statistics {
    pub calls: f64,
    pub accepted: f64,
    pub failed: f64,
    pub unknown: f64,
    pub cancelled: f64,
    pub attempts: f64,
    pub retries: f64,
    pub token_fetches: f64,
    pub waiting: f64,
    pub under_way: f64,
}

impl From<CoreStatistics> for Statistics {
    fn from(statistics: CoreStatistics) -> Self {
        Self {
            calls: number(statistics.calls),
            accepted: number(statistics.accepted),
            failed: number(statistics.failed),
            unknown: number(statistics.unknown),
            cancelled: number(statistics.cancelled),
            attempts: number(statistics.attempts),
            retries: number(statistics.retries),
            token_fetches: number(statistics.token_fetches),
            waiting: number(statistics.waiting),
            under_way: number(statistics.under_way()),
        }
    }
}

fn pem(given: Either<String, Uint8Array>) -> Vec<u8> {
    match given {
        Either::A(text) => text.into_bytes(),
        Either::B(bytes) => bytes.to_vec(),
    }
}

pub(crate) fn duration(name: &str, value: Option<f64>) -> Result<Option<Duration>, Error> {
    value.map(|value| door::seconds(name, value / MILLISECONDS)).transpose()
}

fn count(name: &str, value: Option<f64>) -> Result<Option<u32>, Error> {
    value.map(|value| door::count(name, value)).transpose()
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * MILLISECONDS
}

/// A count as JavaScript has it.
#[allow(clippy::cast_precision_loss, reason = "JavaScript has no whole numbers beyond those")]
fn number(value: u64) -> f64 {
    value as f64
}

fn pairs(flat: Pairs) -> Vec<(String, String)> {
    let mut flat = flat.unwrap_or_default().into_iter();
    let mut pairs = Vec::with_capacity(flat.len() / 2);
    while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
        pairs.push((name, value));
    }
    pairs
}
