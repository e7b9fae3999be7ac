//! An error as plain values.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Evidence};

use super::ForeignFailure;

/// An [`Error`] as plain values: what crosses to another language, where it becomes an exception of that language.
///
/// `message` and `text` are for people and hold nothing personal; `body` may. No `Debug`, for that reason.
#[derive(Clone)]
#[allow(clippy::exhaustive_structs, reason = "every field must reach every language")]
pub struct ErrorRecord {
    /// The kind's name, such as `unknown_outcome`; see [`crate::ErrorKind`].
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// All of it in one line, with operation, path, kind, status and request: the text of the language's exception.
    pub text: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The API's own code, such as `INVALID_ARGUMENT`.
    pub code: Option<String>,
    /// The operation, such as `messages.send`.
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
    pub body: Option<Bytes>,
    /// What is known about a call whose outcome is unknown.
    pub evidence: Option<EvidenceRecord>,
    /// What the app's own token provider failed with, as text.
    pub cause: Option<String>,
    /// The number under which the language keeps the exception of its token provider.
    pub cause_number: Option<u64>,
}

/// [`Evidence`] as plain values.
#[derive(Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "every field must reach every language")]
pub struct EvidenceRecord {
    /// How far the exchange had come: `awaiting_answer`, `reading_answer` or `answered`.
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

impl ErrorRecord {
    /// A failure of the shim itself, such as a part that its build does not have.
    pub fn new(kind: ErrorKind, message: &str) -> Self {
        Self::from(&Error::new(kind, message))
    }
}

impl From<&Error> for ErrorRecord {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind().as_str().to_owned(),
            message: error.message().to_owned(),
            text: error.to_string(),
            status: error.status(),
            code: error.code().map(str::to_owned),
            operation: error.operation().map(str::to_owned),
            path: error.path().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            location: error.location().map(str::to_owned),
            attempts: error.attempts(),
            sent: error.sent(),
            retryable: error.is_retryable(),
            retry_after: error.retry_after(),
            body: error.body().cloned(),
            evidence: error.evidence().map(EvidenceRecord::from),
            cause: error.source().map(ToString::to_string),
            cause_number: error
                .source()
                .and_then(|source| source.downcast_ref::<ForeignFailure>())
                .and_then(ForeignFailure::number),
        }
    }
}

impl From<&Evidence> for EvidenceRecord {
    fn from(evidence: &Evidence) -> Self {
        Self {
            phase: evidence.phase.as_str().to_owned(),
            started_at: evidence.started_at,
            elapsed: evidence.elapsed,
            correlation_id: evidence.correlation_id.clone(),
            message_metadata: evidence.message_metadata.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_shim_reads_like_any_other() {
        let record = ErrorRecord::new(ErrorKind::Config, "this build has no sandbox");
        assert_eq!((record.kind.as_str(), record.message.as_str()), ("config", "this build has no sandbox"));
        assert!(record.text.contains("config") && record.text.contains("no sandbox"), "{}", record.text);
        assert!(!record.sent && record.attempts == 0);
    }
}
