//! The one error of the engine: what failed, where, and what to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

/// What kind of failure it is. The same in every language.
///
/// | kind | calling again |
/// | --- | --- |
/// | `UnknownOutcome` | only after looking for the call: it may have been carried out |
/// | `RateLimited`, `Connect`, `Timeout`, `Server`, `Auth` | later, if [`Error::is_retryable`] says so |
/// | all others | not before something was mended |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client is not set up rightly. Nothing was sent.
    Config,
    /// The API did not take the credentials, or no token could be had.
    Auth,
    /// The credentials are right and do not allow this (403), for instance a key of another project, or no credit left.
    Permission,
    /// The call is malformed: refused before the network, or by the API (400 and its like).
    InvalidRequest,
    /// There is no such thing (404). A call to the wrong region looks the same.
    NotFound,
    /// The call does not fit the present state (409, 412).
    Conflict,
    /// Too many requests (429), also after the retries. Not carried out.
    RateLimited,
    /// A fault of the API, or an answer that it should not give.
    Server,
    /// **The call may or may not have been carried out.** Nobody can know without looking: see
    /// [`Error::evidence`]. Calling again may send twice.
    UnknownOutcome,
    /// No connection could be made, or it broke.
    Connect,
    /// The server's certificate was not accepted.
    Tls,
    /// The time was up. [`Error::sent`] tells whether the request had gone out.
    Timeout,
    /// The answer of an operation that is safe to repeat could not be read.
    Decode,
    /// The caller called it off. In Rust that is dropping the future, which returns nothing.
    Cancelled,
    /// The client is closed. In Rust a client lives as long as anybody holds it.
    Closed,
    /// A fault of Tidings itself. Please report it.
    Internal,
}

impl ErrorKind {
    /// The name that stands in error records, such as `unknown_outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::InvalidRequest => "invalid_request",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Decode => "decode",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How far an exchange had come when it was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The request was handed over; no answer had come.
    AwaitingAnswer,
    /// The answer's head had come, its body had not come whole.
    ReadingAnswer,
    /// An answer came whole, and it does not tell what became of the call.
    Answered,
}

impl Phase {
    /// The name that stands in error records, such as `awaiting_answer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAnswer => "awaiting_answer",
            Self::ReadingAnswer => "reading_answer",
            Self::Answered => "answered",
        }
    }
}

/// What is known about a call whose outcome is unknown. With it the call can be looked for, in receipts or in
/// `messages.list`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// How far the exchange had come.
    pub phase: Phase,
    /// When the call began, by this machine's clock: what to give `messages.list` as `start_time`, with a margin.
    pub started_at: SystemTime,
    /// How long the call had taken until then, waiting and retries included.
    pub elapsed: Duration,
    /// The `correlation_id` of the request. It comes back in receipts, but not from an app in dispatch mode that retains
    /// nothing, which is how new apps are set up.
    pub correlation_id: Option<String>,
    /// The `message_metadata` of the request as it was written (JSON text where it is an object). It comes back in
    /// receipts, and as `metadata` of stored messages: the best thing to look for.
    pub message_metadata: Option<String>,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Evidence")
            .field("phase", &self.phase)
            .field("started_at", &self.started_at)
            .field("elapsed", &self.elapsed)
            .field("correlation_id", &self.correlation_id.as_deref().map(crate::mask::unless_number))
            .field("message_metadata", &self.message_metadata.as_ref().map(|_| crate::mask::SECRET))
            .finish()
    }
}

/// A call that failed, or a client that could not be set up.
///
/// Neither its text nor its `Debug` form holds a secret, a phone number or a message text. The body of the API's
/// answer may, and is kept apart in [`Error::body`].
#[derive(Clone)]
pub struct Error {
    record: Box<Record>,
}

/// The error as a flat record, as it crosses to other languages.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) operation: Option<&'static str>,
    pub(crate) path: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) sent: bool,
    pub(crate) retryable: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Option<Bytes>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            record: Box::new(Record {
                kind,
                message: message.into(),
                status: None,
                code: None,
                operation: None,
                path: None,
                request_id: None,
                location: None,
                attempts: 0,
                sent: false,
                retryable: false,
                retry_after: None,
                body: None,
                evidence: None,
                source: None,
            }),
        }
    }

    /// An error of a facade that could not write a value as JSON, or not read an answer the engine had accepted.
    ///
    /// For the layers above the engine; applications have no use for it.
    #[doc(hidden)]
    pub fn facade(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self::new(kind, message).with(|record| record.operation = Some(operation))
    }

    /// The same error with the answer it is about.
    #[doc(hidden)]
    pub fn about(self, response: &crate::Response) -> Self {
        self.with(|record| {
            record.status = Some(response.status);
            record.request_id = response.request_id().map(str::to_owned);
            record.attempts = response.attempts;
            record.sent = true;
            record.body = Some(response.body.clone());
        })
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Record)) -> Self {
        change(&mut self.record);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.record.kind
    }

    /// What happened and what to do, in one or two sentences, without anything personal in it.
    pub fn message(&self) -> &str {
        &self.record.message
    }

    /// The HTTP status, if an answer came.
    pub fn status(&self) -> Option<u16> {
        self.record.status
    }

    /// The API's own code, such as `INVALID_ARGUMENT` or `BILLING_CREDIT_LIMIT_BREACHED`.
    pub fn code(&self) -> Option<&str> {
        self.record.code.as_deref()
    }

    /// The operation, such as `messages.send`; absent if the client could not be set up.
    pub fn operation(&self) -> Option<&'static str> {
        self.record.operation
    }

    /// Where in the call the fault is: a JSON path such as `$.recipient.identified_by`, or the name of a parameter.
    pub fn path(&self) -> Option<&str> {
        self.record.path.as_deref()
    }

    /// The id the API gave to the request (header `x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.record.request_id.as_deref()
    }

    /// Where a redirect pointed. Redirects are never followed.
    pub fn location(&self) -> Option<&str> {
        self.record.location.as_deref()
    }

    /// How many times the request was tried; 0 if it never came so far.
    pub fn attempts(&self) -> u32 {
        self.record.attempts
    }

    /// Whether the call may have been carried out. `false` is certain: it was not, and nothing of it will be.
    pub fn sent(&self) -> bool {
        self.record.sent
    }

    /// Whether calling again later may help and cannot do the work twice.
    pub fn is_retryable(&self) -> bool {
        self.record.retryable
    }

    /// How long the API asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.record.retry_after
    }

    /// The body of the answer, as it came, also if it is not JSON. It may hold personal data.
    pub fn body(&self) -> Option<&Bytes> {
        self.record.body.as_ref()
    }

    /// What is known about a call that may have been carried out and must not be made again blindly: one of kind
    /// [`ErrorKind::UnknownOutcome`], or [`ErrorKind::Cancelled`] if it was called off after its body was handed over.
    pub fn evidence(&self) -> Option<&Evidence> {
        self.record.evidence.as_ref()
    }
}

/// Whether an id of the server may stand in a text: it looks like one, and not like what a person wrote.
fn is_plain(id: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'=');
    id.len() <= 128 && id.bytes().all(fits)
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        if let Some(operation) = record.operation {
            write!(formatter, "{operation}: ")?;
        }
        if let Some(path) = &record.path {
            write!(formatter, "{path} ")?;
        }
        write!(formatter, "{} [{}", record.message, record.kind)?;
        if let Some(status) = record.status {
            write!(formatter, ", status {status}")?;
        }
        if let Some(code) = &record.code {
            write!(formatter, " {code}")?;
        }
        if record.attempts > 1 {
            write!(formatter, ", {} attempts", record.attempts)?;
        }
        if let Some(id) = record.request_id.as_deref().filter(|id| is_plain(id)) {
            write!(formatter, ", request {id}")?;
        }
        formatter.write_str("]")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        let mut shown = formatter.debug_struct("Error");
        shown.field("kind", &record.kind).field("message", &record.message);
        if let Some(operation) = record.operation {
            shown.field("operation", &operation);
        }
        if let Some(path) = &record.path {
            shown.field("path", path);
        }
        if let Some(status) = record.status {
            shown.field("status", &status);
        }
        if let Some(code) = &record.code {
            shown.field("code", code);
        }
        if let Some(id) = record.request_id.as_deref().filter(|id| is_plain(id)) {
            shown.field("request_id", &id);
        }
        if let Some(wait) = record.retry_after {
            shown.field("retry_after", &wait);
        }
        shown
            .field("attempts", &record.attempts)
            .field("sent", &record.sent)
            .field("retryable", &record.retryable);
        if let Some(body) = &record.body {
            shown.field("body", &format_args!("{} bytes", body.len()));
        }
        if let Some(evidence) = &record.evidence {
            shown.field("evidence", evidence);
        }
        shown.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.record.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_person_might_have_written_stands_in_no_text() {
        let about = |id: &str| {
            let id = Some(id.to_owned());
            let error = Error::new(ErrorKind::NotFound, "no").with(|record| record.request_id = id);
            format!("{error} {error:?}")
        };
        assert!(about("01FJA8B4A7BM43YGWSG9GBV067").matches("01FJA8B4A7BM43YGWSG9GBV067").count() == 2);
        for id in ["to +46701234567", "+46701234567", "Your code is 4711", &"x".repeat(200)] {
            assert!(!about(id).contains(id), "{id}");
        }
    }
}
